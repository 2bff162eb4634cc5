"""A field to write a comment in: suggests people after an @, keeps drafts in the browser, and sends each text once."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ci_core.backlog.mentions import written

_HERE = Path(__file__).parent
_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST = 100_000
MOST_PEOPLE = 500
_log = logging.getLogger(__name__)
_mount = st.components.v2.component(
    "magnus_composer",
    html=(_HERE / "composer.html").read_text(encoding="utf-8"),
    css=(_HERE / "composer.css").read_text(encoding="utf-8"),
    js=(_HERE / "composer.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A text that the person sent; the browser repeats it under the same id until that is answered."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a text: None for a problem when it was stored."""

    id: str
    problem: str | None


def composer(
    *,
    key: str,
    draft: str,
    label: str,
    send_label: str,
    people: Sequence[str],
    answered: Answered | None,
    on_send: Callable[[Sent], None],
    on_cancel: Callable[[], None] | None = None,
    text: str = "",
    placeholder: str = "Say something (markdown)",
    focus: bool = False,
) -> None:
    """Draw the field; `on_send` and `on_cancel` run as Streamlit callbacks.

    Args:
        draft: under which name the browser keeps what is written and not sent.
        people: whom it suggests after an @; the first 500.
        answered: what became of the last text that was sent.
        text: what stands in the field when there is no draft.
    """

    def sent() -> None:
        received = parse_sent(_value(key, "send"))
        if received is not None:
            on_send(received)

    def cancelled() -> None:
        if on_cancel is not None and _value(key, "cancel") is not None:
            on_cancel()

    _mount(
        key=key,
        data={
            "draft": draft,
            "label": label,
            "placeholder": placeholder,
            "send_label": send_label,
            "people": [{"name": name, "written": written(name)} for name in people[:MOST_PEOPLE]],
            "answered": {"id": answered.id, "problem": answered.problem} if answered else None,
            "text": text,
            "cancellable": on_cancel is not None,
            "focus": focus,
        },
        on_send_change=sent,
        on_cancel_change=cancelled,
    )


def parse_sent(raw: object) -> Sent | None:
    """What the browser sent; None (and a line in the log) when it cannot be understood."""
    if isinstance(raw, Mapping):
        name, text = raw.get("id"), raw.get("text")
        if isinstance(name, str) and _ID.fullmatch(name) and isinstance(text, str) and len(text) <= _LONGEST:
            return Sent(name, text)
    if raw is not None:
        _log.warning("composer_message_malformed")
    return None


def _value(key: str, event: str) -> object:
    state: Any = st.session_state.get(key)
    return state.get(event) if isinstance(state, dict) else None
