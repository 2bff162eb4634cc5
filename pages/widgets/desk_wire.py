"""What a list-and-item component and its page say to each other, in either direction: JSON out, checked messages in."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st

from pages.widgets.messages import MalformedMessage

T = TypeVar("T")
log = logging.getLogger(__name__)


def encoded(around: Mapping[str, Any], base: bytes | None) -> bytes:
    """One JSON document; the list, which is the same for everybody, was written out once."""
    outside = json.dumps(around, separators=(",", ":")).encode()
    return outside[:-1] + b',"base":' + (base or b"null") + b"}"


def heard(key: str, event: str, parse: Callable[[object], T], then: Callable[[T], None]) -> Callable[[], None]:
    """A callback that hands what the browser sent with `event` to `then`.

    What cannot be understood is logged and dropped; it changes nothing.
    """

    def callback() -> None:
        state: Any = st.session_state.get(key)
        raw = state.get(event) if isinstance(state, dict) else None
        if raw is None:
            return
        try:
            value = parse(raw)
        except MalformedMessage as error:
            log.warning(
                "message_malformed component=%s event=%s where=%s problem=%s", key, event, error.where, error.problem
            )
            return
        then(value)

    return callback
