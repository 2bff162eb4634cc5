"""What a model gave back, or why it gave nothing."""

from __future__ import annotations

from dataclasses import dataclass

from db.enums import LlmCallStatus


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; `cached` of the ones read came from its cache."""

    tokens_in: int
    tokens_out: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer; `usage` is None where the provider did not count."""

    text: str
    usage: Usage | None


class CallFailed(Exception):
    """A call gave no answer that can be used.

    Attributes:
        status: what the ledger says of it.
        reason: for people; may still hold what the provider said, so it is cleaned before it is shown.
        usage: what it used all the same.
        retry_after: seconds for which the provider asked to be left alone.
        free: the provider certainly bills nothing, because it refused the request or was not reached.
        hopeless: another attempt would fail as well.
    """

    def __init__(
        self,
        status: LlmCallStatus,
        reason: str,
        *,
        usage: Usage | None = None,
        retry_after: float | None = None,
        free: bool = False,
        hopeless: bool = False,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.usage = usage
        self.retry_after = retry_after
        self.free = free
        self.hopeless = hopeless
