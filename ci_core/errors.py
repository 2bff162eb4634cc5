"""The errors that a caller of `ci_core` may catch. Each message says what happened, to what, and what to do."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any


class CiError(Exception):
    """Base of every expected failure: its text is one clear line for a person."""


class InvalidInput(CiError):
    """A value that was given is not usable. `field` names the input it belongs to."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class SettingsError(CiError):
    """A setting has a value that cannot be used; the text names the setting and the remedy."""


class NotFound(CiError):
    """The named thing does not exist (any more)."""


class NotAllowed(CiError):
    """The rules of the lifecycle forbid this change; the text names the rule."""


class AlreadyUnderWay(CiError):
    """The same is being done by somebody else at this moment, and only one may; the text says who and since when."""


class DependencyCycle(NotAllowed):
    """Something would wait for itself. `path` holds the ids around the circle, first and last the same; `titles` by id.

    `snoozed` holds those of them that wait for the next one because they are snoozed until it is done.
    """

    def __init__(
        self, path: list[int], titles: Mapping[int, str] | None = None, snoozed: Collection[int] = frozenset()
    ) -> None:
        self.path = path
        self.titles = dict(titles or {})
        self.snoozed = frozenset(snoozed)
        way = " → ".join(
            f"#{item} {self.titles.get(item, '')}".rstrip() + (" (snoozed until)" if item in snoozed else "")
            for item in path[:-1]
        )
        way += f" → #{path[-1]} {self.titles.get(path[-1], '')}".rstrip()
        asleep = " or ".join(f"#{item}" for item in path[:-1] if item in snoozed)
        super().__init__(
            f"This would make a circle of blockers and snoozes: {way}. "
            f"Bring {asleep} back from its snooze, or remove one of these dependencies first."
            if asleep
            else f"This would make a circle of blockers: {way}. Remove one of these dependencies first."
        )


class EditConflict(CiError):
    """Somebody else changed the same fields in between. Carries both versions so that a person can choose.

    Attributes:
        fields: names of the fields that both sides changed.
        yours: the values that were to be written, by field.
        theirs: the values that are stored now, by field.
        current_version: the version to send with the next attempt.
        changed_by: the actor of the newest change to one of these fields.
    """

    def __init__(
        self,
        enhancement_id: int,
        *,
        yours: dict[str, Any],
        theirs: dict[str, Any],
        current_version: int,
        changed_by: str,
    ) -> None:
        self.enhancement_id = enhancement_id
        self.fields = sorted(theirs)
        self.yours = yours
        self.theirs = theirs
        self.current_version = current_version
        self.changed_by = changed_by
        names = ", ".join(name.replace("_", " ") for name in self.fields)
        super().__init__(f"#{enhancement_id}: {changed_by} changed {names} in the meantime; nothing was overwritten.")


class DecidedMeanwhile(EditConflict):
    """Somebody else decided a finding after the version that a person saw; the text names who and what."""

    def __init__(self, finding_id: int, decision: str, *, current_version: int, changed_by: str) -> None:
        super().__init__(finding_id, yours={}, theirs={}, current_version=current_version, changed_by=changed_by)
        self.finding_id = finding_id
        self.args = (f"{changed_by} {decision} in the meantime; nothing was overwritten.",)


class UndoRefused(NotAllowed):
    """A change cannot be undone (any more); the text says what stands in the way."""


class QueryError(CiError):
    """A search query has a part that means nothing; the text names the part and what is allowed."""


class WishlistUnreadable(CiError):
    """A wishlist file cannot be read as text; the text names the file and the reason."""


class EmbeddingModelMissing(CiError):
    """The embedding model has not been prepared on this machine; the text names the command that does it."""


class SiteError(CiError):
    """Another web site did not give what was asked of it.

    Attributes:
        site: its name for people, for example "Reddit".
        status: the HTTP status that it answered with; None where it did not answer, or the status was well.
        retry_at: when to ask again at the earliest, in UTC; None where nothing is known about that.
    """

    def __init__(
        self, site: str, what: str, *, status: int | None = None, retry_at: datetime | None = None, prefix: str = ": "
    ) -> None:
        super().__init__(f"{site}{prefix}{what}")
        self.site = site
        self.status = status
        self.retry_at = retry_at


class SiteUnreachable(SiteError):
    """The site gives no answer (in time), the connection breaks, or it says that it is broken itself (5xx)."""


class SiteRefused(SiteError):
    """The site wants credentials, or other ones; the text names the settings and where to get them."""


class SiteLimited(SiteError):
    """The site wants fewer requests, or has none left for us; `retry_at` says until when."""


class SiteNotFound(SiteError):
    """The site does not have what was asked for (any more); the text names it."""


class SiteAnswerUnusable(SiteError):
    """The site answered, but with something that cannot be used: too large, cut off, malformed, or elsewhere."""


class ChatModelError(CiError):
    """No chat model gave a usable answer; whoever asked goes on without one."""


class NoChatModel(ChatModelError):
    """No chat model is configured; the text names the settings that do it."""


class NoModelAnswered(ChatModelError):
    """Every configured chat model was tried or passed over. `said` has each one's name with the reason, in order."""

    def __init__(self, purpose: str, said: Sequence[tuple[str, str]]) -> None:
        self.said = tuple(said)
        reasons = "; ".join(f"{model}: {reason}" for model, reason in self.said)
        super().__init__(f"No chat model answered ({purpose}). {reasons}. `ci llm status --reach` tells more.")
