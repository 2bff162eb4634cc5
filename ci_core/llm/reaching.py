"""Whether a configured model answers at its address, found out without asking it anything that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ci_core.llm.models import OLLAMA, ChatModel
from ci_core.llm.redaction import one_line, without_secrets
from ci_core.settings import Settings

SECONDS = 10.0
LATEST = ":latest"


@dataclass(frozen=True, slots=True)
class Reached:
    """What a model's server said; `detail` has the remedy where it is not `ok`."""

    ok: bool
    detail: str


def reach(model: ChatModel, settings: Settings) -> Reached:
    """Look into the server's list of models."""
    import httpx

    path = "/api/tags" if model.provider == OLLAMA else "/models"
    with_key = model.provider != OLLAMA and settings.openai_api_key and not model.login
    headers = {"Authorization": f"Bearer {settings.openai_api_key}"} if with_key else {}
    try:
        answer = httpx.get(model.address + path, headers=headers, auth=model.login, timeout=SECONDS)
        answer.raise_for_status()
        names = _names(model, answer.json())
    except httpx.HTTPStatusError as error:
        status = error.response.status_code
        remedy = "the key was not accepted; check OPENAI_API_KEY" if status in {401, 403} else "not a chat server?"
        return Reached(False, f"{model.address} answered {status}: {remedy}")
    except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = one_line(without_secrets(str(error), settings)) or type(error).__name__
        return Reached(False, f"{model.address} cannot be used: {reason}")
    if model.name not in names and model.name + LATEST not in names:
        remedy = f"fetch it with: ollama pull {model.name}" if model.provider == OLLAMA else "check CI_LLM_MODEL"
        return Reached(False, f"{model.address} has no {model.name}; {remedy}")
    return Reached(True, f"{model.address} has it")


def _names(model: ChatModel, document: Any) -> set[str]:
    if model.provider == OLLAMA:
        return {str(entry["name"]) for entry in document["models"]}
    return {str(entry["id"]) for entry in document["data"]}
