"""Ask the configured chat models, one after the other, until one gives an answer that fits."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from ci_core.errors import NoChatModel, NoModelAnswered
from ci_core.llm import ledger
from ci_core.llm.clients import call, most_tokens_in, schema_of
from ci_core.llm.fencing import Fetched
from ci_core.llm.models import HOW_TO_CONFIGURE, ChatModel, configured_models
from ci_core.llm.prices import cost_usd
from ci_core.llm.prompts import PromptVersion, active_prompt, register_prompts, render
from ci_core.llm.prompts.rendering import Rendered
from ci_core.llm.redaction import one_line, without_secrets
from ci_core.llm.replies import CallFailed, Reply, Usage
from ci_core.llm.resting import RESTING, Resting
from ci_core.logs import get_logger
from ci_core.settings import Settings, TokenPrice
from db.engine import Database
from db.enums import LlmCallStatus

log = get_logger(__name__)
SETUP = "agent:setup"
LONGEST_ERROR = 500
# Small models like to put JSON into a block of markdown.
CODE_BLOCK = re.compile(r"\A```(?:json)?\s*\n(.*?)\n?```\Z", re.DOTALL)

Schema = TypeVar("Schema", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Answer(Generic[Schema]):
    """An answer that fits its schema.

    Attributes:
        value: the answer.
        model: which one gave it, as "openai:gpt-4.1-mini".
        prompt: the prompt it was asked with, as "research.score 1".
        call_id: its entry in the ledger.
        cost_usd: what it cost; None where the provider did not count.
        passed_over: the models before it, each with why it did not answer.
    """

    value: Schema
    model: str
    prompt: str
    call_id: int
    cost_usd: Decimal | None
    passed_over: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Question(Generic[Schema]):
    """What is asked of each model in turn."""

    database: Database
    settings: Settings
    purpose: str
    prompt: PromptVersion
    rendered: Rendered
    schema: type[Schema]
    json_schema: dict[str, Any]
    run_id: int | None
    actor: str


def ask(
    database: Database,
    settings: Settings,
    *,
    purpose: str,
    prompt_name: str,
    variables: Mapping[str, str | Fetched],
    schema: type[Schema],
    run_id: int | None = None,
    actor: str,
    resting: Resting = RESTING,
) -> Answer[Schema]:
    """The first usable answer of the configured models, in their order.

    A model that rests, has no known price, or could pass the limit of the day is passed over without a call. A rate
    limit, a time-out, a refusal, an answer that is empty or does not fit, each lead on to the next one. Every call is
    in the ledger before it is made. No transaction of the caller should be open: this may take minutes.

    Args:
        purpose: what it is for, in the ledger; at most 80 characters.
        prompt_name: a prompt whose active version is used.
        variables: what the prompt is filled in with; text from strangers as `Fetched`.
        schema: what the answer has to be.
        run_id: the run that the cost belongs to.
        resting: which models are left alone; the process's own by default.

    Raises:
        NoChatModel: none is configured.
        NoModelAnswered: none gave a usable answer; says what was with each of them.
        InvalidInput: the prompt cannot be filled in with these variables.
        db.errors.DatabaseError: the ledger cannot be kept; then nothing is asked.
    """
    models = configured_models(settings)
    if not models:
        raise NoChatModel(f"No chat model is configured. {HOW_TO_CONFIGURE}")
    prompt = _prompt(database, prompt_name)
    rendered = render(prompt.template, variables)
    question = _Question(database, settings, purpose, prompt, rendered, schema, schema_of(schema), run_id, actor)
    said: list[tuple[str, str]] = []
    for model in models:
        reason = _obstacle(model, resting)
        if reason is None:
            answer = _try(question, model, resting, tuple(said))
            if isinstance(answer, Answer):
                return answer
            reason = answer
        said.append((model.label, reason))
    raise NoModelAnswered(purpose, said)


def _prompt(database: Database, name: str) -> PromptVersion:
    with database.reading() as session:
        found = active_prompt(session, name)
    if found is None:  # the tables were migrated without a set-up
        with database.transaction(SETUP, reason="Prompts that came with the product") as session:
            register_prompts(session, actor=SETUP)
            found = active_prompt(session, name)
    if found is None:
        raise ValueError(f"nothing is asked by the name {name!r}")
    return found


def _obstacle(model: ChatModel, resting: Resting) -> str | None:
    """Why a model is passed over without a call."""
    if not model.ready:
        return "OPENAI_API_KEY is not set"
    if model.price is None:
        return f"its price is not known, so it is not asked; say it in CI_LLM_PRICES for {model.name}"
    return resting.reason(model.label)


def _try(
    question: _Question[Schema], model: ChatModel, resting: Resting, passed_over: tuple[tuple[str, str], ...]
) -> Answer[Schema] | str:
    """The model's answer, or why there is none."""
    settings, price = question.settings, model.price
    if price is None:
        raise AssertionError("asked without a price")
    reserved = ledger.reserve(
        question.database,
        model,
        purpose=question.purpose,
        most_usd=cost_usd(price, most_tokens_in(question.rendered, question.json_schema), settings.llm_max_tokens),
        limit_usd=settings.llm_daily_max_cost_usd,
        prompt_id=question.prompt.id,
        run_id=question.run_id,
        actor=question.actor,
    )
    if isinstance(reserved, ledger.Refused):
        return str(reserved)
    began = time.monotonic()
    try:
        reply = call(model, question.rendered, question.json_schema, settings)
        value = _fitting(question.schema, reply)
    except CallFailed as failure:
        reason = one_line(without_secrets(failure.reason, settings))
        _enter(question, reserved, failure.status, price, failure.usage, began, free=failure.free, error=reason)
        if failure.ask_again:
            return _try(question, model, resting, passed_over)
        resting.failed(model.label, failure.status, reason, retry_after=failure.retry_after, hopeless=failure.hopeless)
        say = log.warning if failure.status is LlmCallStatus.RATE_LIMITED else log.error
        say("chat_call_failed", model=model.label, status=failure.status, reason=reason)
        return reason
    cost = _enter(question, reserved, LlmCallStatus.COMPLETED, price, reply.usage, began)
    resting.answered(model.label)
    return Answer(value, model.label, question.prompt.label, reserved, cost, passed_over)


def _fitting(schema: type[Schema], reply: Reply) -> Schema:
    block = CODE_BLOCK.match(reply.text)
    try:
        return schema.model_validate_json(block.group(1) if block else reply.text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        reason = f"the answer does not fit: {place}: {first['msg']}"
        raise CallFailed(LlmCallStatus.UNUSABLE, reason, usage=reply.usage) from None


def _enter(
    question: _Question[Schema],
    call_id: int,
    status: LlmCallStatus,
    price: TokenPrice,
    usage: Usage | None,
    began: float,
    *,
    free: bool = False,
    error: str | None = None,
) -> Decimal | None:
    """Enter the outcome, and give the cost: of what was used, nothing, or (None) all that was reserved."""
    cost = cost_usd(price, usage.tokens_in, usage.tokens_out, usage.cached) if usage else Decimal(0) if free else None
    ledger.complete(
        question.database,
        call_id,
        status,
        cost_usd=cost,
        latency_ms=int((time.monotonic() - began) * 1_000),
        tokens_in=usage.tokens_in if usage else None,
        tokens_out=usage.tokens_out if usage else None,
        error=error[:LONGEST_ERROR] if error else None,
        actor=question.actor,
    )
    return cost
