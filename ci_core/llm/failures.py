"""What a provider's exception means: a rate limit, a time-out, a refusal, a breakage; and whether it is billed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from ci_core.llm.replies import CallFailed, Usage, believable
from db.enums import LlmCallStatus

# Answers after which nothing was worked out, so nothing is billed. Behind a 502 or 504 a model may have answered.
CERTAINLY_FREE = frozenset({*range(300, 500), 500, 501, 503, 529}) - {408, 499}
# Not 400: it may be about this one item, and the next one must not suffer for it.
HOPELESS = frozenset({401, 403, 404})
# How gateways say, with status 400, that they do not want to work on a text.
UNWANTED = ("content_filter", "content management policy", "content_policy_violation", "invalid_prompt")
STATUS_SAID = re.compile(r"^Error code: \d{3} - ")
SCHEMA = ("response_format", "json_schema")
NO_CREDIT = "insufficient_quota"
NO_CREDIT_SECONDS = 3_600.0
WORDS = {
    400: "the request was not accepted",
    401: "the key was not accepted; check OPENAI_API_KEY",
    403: "access denied for this key",
    404: "no such model there",
}


def failure_of(error: Exception) -> CallFailed:
    """The exception of a provider's library as one that says what to do with it."""
    if isinstance(error, CallFailed):
        return error
    name = type(error).__name__
    causes = _chain(error)
    if any("Refusal" in type(cause).__name__ or "ContentFilter" in type(cause).__name__ for cause in causes):
        return CallFailed(LlmCallStatus.REFUSED, f"refused: {error}", usage=_usage_in(error))
    if "LengthFinishReason" in name:
        reason = "answer cut off: longer than CI_LLM_MAX_TOKENS"
        return CallFailed(LlmCallStatus.UNUSABLE, reason, usage=_usage_in(error))
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status > 0:
        return _answered(status, error)
    return _unanswered(causes)


def _answered(status: int, error: Exception) -> CallFailed:
    """The server answered with an error."""
    said = STATUS_SAID.sub("", str(getattr(error, "message", None) or getattr(error, "error", None) or error))
    free = status in CERTAINLY_FREE
    if status == 429:
        wait = NO_CREDIT_SECONDS if NO_CREDIT in f"{said}{getattr(error, 'code', '')}" else retry_after(error)
        return CallFailed(LlmCallStatus.RATE_LIMITED, f"rate limited (429): {said}", retry_after=wait, free=free)
    if status == 400 and any(word in f"{said}{getattr(error, 'code', '')}" for word in UNWANTED):
        return CallFailed(LlmCallStatus.REFUSED, f"refused: {said}", free=free)
    if status == 408:
        return CallFailed(LlmCallStatus.TIMED_OUT, "the server gave up waiting (408)")
    reason = f"{WORDS.get(status, 'the server failed')} ({status}): {said}"
    return CallFailed(
        LlmCallStatus.FAILED,
        reason,
        free=free,
        hopeless=status in HOPELESS,
        retry_after=retry_after(error),
        knows_no_schema=status in {400, 422} and any(word in said for word in SCHEMA),
    )


def _unanswered(causes: list[BaseException]) -> CallFailed:
    """No answer, or none that can be read."""
    names = {type(cause).__name__ for cause in causes}
    # Not a byte of the question was sent.
    if names & {"ConnectError", "ConnectTimeout", "ProxyError", "UnsupportedProtocol", "LocalProtocolError"} or any(
        type(cause) is ConnectionError for cause in causes
    ):
        return CallFailed(LlmCallStatus.FAILED, "cannot be reached", free=True)
    if any("Timeout" in name for name in names):
        return CallFailed(LlmCallStatus.TIMED_OUT, "no whole answer within CI_LLM_TIMEOUT_SECONDS")
    if names & {"ReadError", "RemoteProtocolError", "WriteError", "APIConnectionError"}:
        return CallFailed(LlmCallStatus.FAILED, "the connection broke off")
    return CallFailed(LlmCallStatus.UNUSABLE, f"not an answer of a chat model ({type(causes[0]).__name__})")


def retry_after(error: Exception, now: datetime | None = None) -> float | None:
    """How many seconds the server asked to be left alone, by `retry-after-ms` or `Retry-After` (seconds or a date)."""
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    milliseconds, value = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if milliseconds:
            return max(float(milliseconds) / 1_000, 0.0)
        return max(float(value), 0.0) if value else None
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(str(value))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max((moment - (now or datetime.now(UTC))).total_seconds(), 0.0)


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in found:
        found.append(current)
        current = current.__cause__ or current.__context__
    return found


def _usage_in(error: Any) -> Usage | None:
    """What a completion that the OpenAI client threw away has used."""
    usage = getattr(getattr(error, "completion", None), "usage", None)
    if usage is None:
        return None
    cached = getattr(getattr(usage, "prompt_tokens_details", None), "cached_tokens", None) or 0
    return believable(Usage(usage.prompt_tokens, usage.completion_tokens, cached))
