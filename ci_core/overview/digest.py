"""The overview in the form of an e-mail: what it says, and then as HTML, as plain text, or as markdown.

Rendering only; nothing is sent.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from ci_core.overview.digest_html import document
from ci_core.overview.digest_text import markdown, plain_text
from ci_core.overview.reading import overview_of
from ci_core.overview.values import Overview, Period
from ci_core.overview.words import counted


@dataclass(frozen=True, slots=True)
class Digest:
    """An e-mail to be: its subject, and the overview that it tells."""

    subject: str
    overview: Overview


def digest(session: Session, person: str, period: Period, now: datetime) -> Digest:
    """What the overview of `person` would say at `now`, for whoever does not open it."""
    return digest_of(overview_of(session, person, period, now))


def digest_of(overview: Overview) -> Digest:
    """The digest of an overview that was read already."""
    # A block with a page of its own (the inbox) counts as one thing to do, however much waits there.
    waiting = sum(1 if block.key == "inbox" else block.total for block in overview.needs)
    changed = overview.people.total + overview.agents.total
    day = f"{overview.now.day} {overview.now:%b %Y}"
    needs = f"{counted(waiting, 'thing')} {'need' if waiting != 1 else 'needs'} you" if waiting else "nothing needs you"
    return Digest(f"Magnus, {day}: {needs}, {counted(changed, 'enhancement')} changed", overview)


def as_html(digest: Digest, app_url: str) -> str:
    """The digest as a whole HTML document: tables and inline styles only, every text escaped, links to `app_url`."""
    return document(digest.subject, digest.overview, app_url)


def as_text(digest: Digest, app_url: str) -> str:
    """The digest as plain text, with addresses written out."""
    return plain_text(digest.subject, digest.overview, app_url)


def as_markdown(digest: Digest, app_url: str) -> str:
    """The digest as markdown, for a wiki or a chat."""
    return markdown(digest.subject, digest.overview, app_url)


def as_json(digest: Digest) -> str:
    """Everything that the overview shows, for programs: fields as in `Overview`, times in ISO 8601."""
    return json.dumps(asdict(digest), default=datetime.isoformat, ensure_ascii=False, indent=2)
