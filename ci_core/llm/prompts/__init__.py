"""The texts that chat models are asked with: shipped as files here, versioned in the table, rendered once per call."""

from ci_core.llm.prompts.rendering import Rendered, check_template, render, variables_of
from ci_core.llm.prompts.shipped import shipped_prompts
from ci_core.llm.prompts.versions import (
    PromptVersion,
    activate_prompt,
    active_prompt,
    add_prompt,
    list_prompts,
    read_prompt,
    register_prompts,
)

__all__ = [
    "PromptVersion",
    "Rendered",
    "activate_prompt",
    "active_prompt",
    "add_prompt",
    "check_template",
    "list_prompts",
    "read_prompt",
    "register_prompts",
    "render",
    "shipped_prompts",
    "variables_of",
]
