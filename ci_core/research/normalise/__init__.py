"""From an item as a site gave it to the form in which it is compared, scored and stored."""

from ci_core.research.normalise.address import canonical_url
from ci_core.research.normalise.identity import identities, subject_address
from ci_core.research.normalise.item import normalise
from ci_core.research.normalise.language import language
from ci_core.research.normalise.text import one_line, plain_text

__all__ = ["canonical_url", "identities", "language", "normalise", "one_line", "plain_text", "subject_address"]
