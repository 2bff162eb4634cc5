"""A click does not take back what the click before it wrote into the address. Used by `reruns`, which tells why.

The browser sends the address with all that it says, and the server believes it. A click that is made before the browser
has heard of the last change of the address names the address of before, and the change would be lost: of two settings
that are clicked quickly one after the other only the second would stay.
"""

from __future__ import annotations

import functools
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner import ScriptRunner, get_script_run_ctx
from streamlit.runtime.state.query_params import QueryParams

if TYPE_CHECKING:
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

# So long a browser may take to hear of a change, over a slow line and when it is busy.
BELIEVED_SECONDS = 10.0
_WRITTEN = "_written_by_callbacks"


class Written:
    """What the server wrote last into the address of one session, and what the browser may still take it for."""

    def __init__(self) -> None:
        self._newest = ""
        self._before: dict[str, float] = {}

    def note(self, before: str, after: str, now: float) -> None:
        """The address was `before` and is `after` from `now`, in seconds of a steady clock."""
        if before != after:
            believed = {text: until for text, until in self._before.items() if until > now}
            believed[before] = now + BELIEVED_SECONDS
            believed.pop(after, None)
            self._newest, self._before = after, believed

    def meant(self, said: str, now: float) -> str:
        """The address that a browser means that says `said`: the newest one, if it may not know of it yet."""
        return self._newest if self._before.get(said, 0.0) > now else said

    def forget(self) -> None:
        """The browser went somewhere by itself: what it says now is so."""
        self._before = {}


def keep_written_addresses() -> None:
    """Mend Streamlit so; to be called once in a process."""
    send, run = QueryParams._send_query_param_msg, ScriptRunner._run_script

    @functools.wraps(send)
    def note_and_send(params: QueryParams) -> None:
        context = get_script_run_ctx()
        before = context.query_string if context else ""
        send(params)
        if context:
            _written(params).note(before, context.query_string, time.monotonic())

    @functools.wraps(run)
    def run_script(runner: ScriptRunner, data: RerunData) -> None:
        written = _written(runner._session_state._state.query_params)
        if data.is_history_navigation or data.page_script_hash != runner._pages_manager.current_page_script_hash:
            written.forget()
        meant = written.meant(data.query_string, time.monotonic())
        if meant != data.query_string:
            # What the last run had to say may have been dropped when this one began; it is harmless when said twice.
            message = ForwardMsg()
            message.page_info_changed.query_string = meant
            runner._enqueue_forward_msg(message)
            data = replace(data, query_string=meant)
        run(runner, data)

    QueryParams._send_query_param_msg = note_and_send  # type: ignore[method-assign]
    ScriptRunner._run_script = run_script  # type: ignore[method-assign]


def _written(params: QueryParams) -> Written:
    if not hasattr(params, _WRITTEN):
        setattr(params, _WRITTEN, Written())
    found: Written = getattr(params, _WRITTEN)
    return found
