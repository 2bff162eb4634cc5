"""An item, normalised: the one form in which it is compared, scored and stored."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata

from ci_core.research.normalise.identity import identities, subject_address
from ci_core.research.normalise.language import language
from ci_core.research.normalise.text import one_line, plain_text
from ci_core.research.values import Item, NormalItem

_WORDS = re.compile(r"[^\W_]+(?:[.'’][^\W_]+)*(?:\+\+|#)?")
# What sites and posters put around a title without changing what it says.
_PREFIX = re.compile(r"^(?:\[(?:crosspost|x-?post|oc|d|p|r|n|discussion|project|news|research)\]\s*)+", re.IGNORECASE)


def normalise(item: Item) -> NormalItem:
    """The item as plain text with its canonical address, the names of what it is about, its language and hashes.

    The title is never empty: an item without one is called by the beginning of its text, or by its address.
    """
    # Some sites send a title with its signs as entities; none sends markup: a title about "<details>" keeps its word.
    title = one_line(html.unescape(item.title))
    text = plain_text(item.text, item.markup)
    title = title or one_line(text, most=120) or item.url[:120]
    address = subject_address(item)
    return NormalItem(
        item=item,
        title=title,
        text=text,
        canonical_url=address,
        identities=identities(item, title=title, text=text, address=address),
        language=language(f"{title}\n{text}"),
        text_hash=_sha256(_wording(title), _wording(text)),
        content_hash=_sha256(item.source_type, item.external_id, text),
    )


def _wording(text: str) -> str:
    """Only the words and numbers of a text, in one case and one form of each letter."""
    return " ".join(_WORDS.findall(_PREFIX.sub("", unicodedata.normalize("NFKC", text)).casefold()))


def _sha256(*parts: str) -> str:
    # The separator occurs in no part, so that no two different lists give the same bytes.
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "replace")).hexdigest()
