"""What a model gave back, or why it gave nothing."""

from __future__ import annotations

from dataclasses import dataclass

from db.enums import LlmCallStatus

# No model reads or writes so much at once.
MOST_TOKENS = 20_000_000


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; `cached` of the ones read came from its cache."""

    tokens_in: int
    tokens_out: int
    cached: int = 0


def believable(usage: Usage) -> Usage | None:
    """The count, unless it cannot be right: then the call is as one that nobody counted."""
    if 0 < usage.tokens_in <= MOST_TOKENS and 0 <= usage.tokens_out <= MOST_TOKENS:
        return usage
    return None


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
        knows_no_schema: the server does not take a schema for the answer.
        ask_again: the same model is to be asked once more, in another way.
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
        knows_no_schema: bool = False,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.usage = usage
        self.retry_after = retry_after
        self.free = free
        self.hopeless = hopeless
        self.knows_no_schema = knows_no_schema
        self.ask_again = False
