"""One call of one model, through LangChain. Nothing is retried in here, traced, or sent anywhere but to the model."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ci_core.llm.failures import failure_of
from ci_core.llm.http_bounds import client_options
from ci_core.llm.models import OLLAMA, ChatModel
from ci_core.llm.prompts.rendering import Rendered
from ci_core.llm.replies import CallFailed, Reply, Usage, believable
from ci_core.settings import Settings
from db.enums import LlmCallStatus

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from pydantic import BaseModel

NO_KEY = "none"
# Servers that speak OpenAI's protocol but take no schema (address and model): they get it in words.
_PLAIN_JSON: set[tuple[str, str]] = set()
AS_JSON = "Answer with one JSON object, and nothing else, that follows this JSON schema: "
# Ollama reads only as much as its context holds, and drops the beginning, which is where we say what is data.
SMALLEST_CONTEXT_TOKENS = 8_192
CHARACTERS_PER_TOKEN = 2
# What stands around the messages, and what introduces a schema in words.
FRAME_TOKENS = 256


@dataclass(frozen=True, slots=True)
class _Wiring:
    """All that makes a client; two calls with the same wiring share one, with its open connections."""

    provider: str
    name: str
    url: str = field(repr=False)
    address: str
    login: tuple[str, str] | None = field(repr=False)
    key: str = field(repr=False)
    temperature: float
    max_tokens: int
    timeout_seconds: float
    context_tokens: int


def schema_of(schema: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema that a model is told to follow."""
    from langchain_core.utils.function_calling import convert_to_openai_function

    function = convert_to_openai_function(schema, strict=True)
    return {
        "title": function["name"],
        "description": function["description"] or function["name"],
        **function["parameters"],
    }


def most_tokens_in(rendered: Rendered, schema: dict[str, Any]) -> int:
    """No fewer tokens than the model will read.

    Byte-level tokenizers never make more tokens than there are bytes, so no table of a tokenizer is needed, which
    would have to be fetched. Some are added for what stands around them.
    """
    texts = (rendered.system, rendered.user, json.dumps(schema))
    return sum(len(text.encode("utf-8", "replace")) for text in texts) + FRAME_TOKENS


def call(model: ChatModel, rendered: Rendered, schema: dict[str, Any], settings: Settings) -> Reply:
    """Ask once.

    The schema is handed over as JSON and not as a class: given a class, the OpenAI client checks the answer itself and
    throws away, with an answer that does not fit, how many tokens it has cost.

    Raises:
        CallFailed: no answer came; says what it was and what it may have cost.
    """
    from langsmith import tracing_context

    plain = (model.url, model.name) in _PLAIN_JSON
    system = f"{rendered.system}\n\n{AS_JSON}{json.dumps(schema)}" if plain else rendered.system
    try:
        client = _client(_wiring(model, rendered, settings))
        structured = client.with_structured_output(schema, include_raw=True, **_method(model, plain))
        with tracing_context(enabled=False):
            answer: Any = structured.invoke([("system", system), ("human", rendered.user)])
    except Exception as error:  # noqa: BLE001 - whatever a provider's library throws is that provider's failure
        failure = failure_of(error)
        if failure.knows_no_schema and not plain:
            _PLAIN_JSON.add((model.url, model.name))
            failure.ask_again = True
        raise failure from None
    return _reply(answer["raw"])


def forget_clients() -> None:
    """Close every connection that is kept open, and forget what was found out about servers."""
    for close in _CLOSERS:
        close()
    _CLOSERS.clear()
    _PLAIN_JSON.clear()
    _client.cache_clear()


def _method(model: ChatModel, plain: bool) -> dict[str, Any]:
    if plain:
        return {"method": "json_mode"}
    return {"method": "json_schema"} if model.provider == OLLAMA else {"method": "json_schema", "strict": True}


def _wiring(model: ChatModel, rendered: Rendered, settings: Settings) -> _Wiring:
    context = 0
    if model.provider == OLLAMA:
        needed = (len(rendered.system) + len(rendered.user)) // CHARACTERS_PER_TOKEN + settings.llm_max_tokens
        # A power of two, because each other size makes the server load the model again.
        context = max(SMALLEST_CONTEXT_TOKENS, 1 << (needed - 1).bit_length())
    return _Wiring(
        model.provider,
        model.name,
        model.url,
        model.address,
        model.login,
        settings.openai_api_key or NO_KEY,
        settings.llm_temperature,
        settings.llm_max_tokens,
        settings.llm_timeout_seconds,
        context,
    )


_CLOSERS: list[Any] = []


@lru_cache(maxsize=64)
def _client(wiring: _Wiring) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    if wiring.provider == OLLAMA:
        import httpx

        local: BaseChatModel = init_chat_model(
            wiring.name,
            model_provider="ollama",
            base_url=wiring.url,
            temperature=wiring.temperature,
            num_predict=wiring.max_tokens,
            num_ctx=wiring.context_tokens,
            client_kwargs={"trust_env": False},
            sync_client_kwargs=client_options(httpx, wiring.timeout_seconds),
        )
        return local
    import httpx2

    # Not within the address, which is logged with each request.
    auth = httpx2.BasicAuth(*wiring.login) if wiring.login else None
    client = httpx2.Client(auth=auth, **client_options(httpx2, wiring.timeout_seconds))
    _CLOSERS.append(client.close)
    remote: BaseChatModel = init_chat_model(
        wiring.name,
        model_provider="openai",
        base_url=wiring.address,
        api_key=wiring.key,
        temperature=wiring.temperature,
        max_tokens=wiring.max_tokens,
        timeout=client.timeout,
        max_retries=0,
        http_client=client,
    )
    return remote


def _reply(raw: Any) -> Reply:
    usage = _usage(raw)
    refusal = raw.additional_kwargs.get("refusal")
    if refusal:
        raise CallFailed(LlmCallStatus.REFUSED, f"refused: {refusal}", usage=usage)
    text = str(raw.text).strip()
    reason = raw.response_metadata.get("finish_reason") or raw.response_metadata.get("done_reason")
    if reason == "content_filter":
        raise CallFailed(LlmCallStatus.REFUSED, "refused: stopped by the provider's content filter", usage=usage)
    if reason == "length":
        raise CallFailed(LlmCallStatus.UNUSABLE, "answer cut off: longer than CI_LLM_MAX_TOKENS", usage=usage)
    if not text:
        raise CallFailed(LlmCallStatus.UNUSABLE, "empty answer", usage=usage)
    return Reply(text, usage)


def _usage(raw: Any) -> Usage | None:
    counted = raw.usage_metadata
    if not counted:
        return None
    cached = (counted.get("input_token_details") or {}).get("cache_read") or 0
    return believable(Usage(counted["input_tokens"], counted["output_tokens"], cached))
