"""Who may ask a site, and when: the client asks its gate before each request and tells it how that went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ci_core.errors import SiteError


@dataclass(frozen=True, slots=True)
class News:
    """What a site says about its limits.

    Attributes:
        quota_remaining: requests that are left until `quota_resets_at`.
        quota_resets_at: in UTC.
        hold_seconds: how long nobody may ask.
    """

    quota_remaining: int | None = None
    quota_resets_at: datetime | None = None
    hold_seconds: float = 0


class Gate(Protocol):
    """Keeps requests to a site at the rate that it allows.

    Attributes:
        requests: how many it let through.
    """

    requests: int

    def enter(self) -> None:
        """Return as soon as one request may leave.

        Raises:
            SiteLimited, SiteUnreachable: not soon enough to wait for it; `retry_at` says when.
        """

    def leave(self, error: SiteError | None) -> None:
        """Learn how it went: None is well."""

    def heard(self, news: News) -> None:
        """Learn what the site said about its limits."""


class OpenGate:
    """A gate that lets everything through, for a site without a limit."""

    def __init__(self) -> None:
        self.requests = 0

    def enter(self) -> None:
        """Return at once."""
        self.requests += 1

    def leave(self, error: SiteError | None) -> None:
        """Forget it."""

    def heard(self, news: News) -> None:
        """Forget it."""
