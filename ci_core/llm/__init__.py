"""Chat models: asked in order until one answers, within a budget for the day, with every call in a ledger."""

from ci_core.llm.asking import Answer, ask
from ci_core.llm.fencing import Fetched
from ci_core.llm.injection import speaks_to_a_model
from ci_core.llm.ledger import Call, list_calls
from ci_core.llm.models import HOW_TO_CONFIGURE, ChatModel, configured_models
from ci_core.llm.prompts import register_prompts
from ci_core.llm.resting import RESTING, Resting
from ci_core.llm.usage import LlmUsage, ModelCalls, llm_usage

__all__ = [
    "HOW_TO_CONFIGURE",
    "RESTING",
    "Answer",
    "Call",
    "ChatModel",
    "Fetched",
    "LlmUsage",
    "ModelCalls",
    "Resting",
    "ask",
    "configured_models",
    "list_calls",
    "llm_usage",
    "register_prompts",
    "speaks_to_a_model",
]
