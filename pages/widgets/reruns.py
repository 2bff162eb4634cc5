"""Repairs of how Streamlit 1.67 reruns fragments by a timer (`run_every`), found by tests that failed now and then.

Four faults lose, double or hide what a person does while such a timer runs, as the header's does on every page:

* **A click is carried out twice.** The browser keeps a click until its next turn of the event loop and then sends it.
  If the timer fires in between, as it does when the page was busy, the timer's own message carries the click too. Such
  a message is never the only one, so what it carries is taken out.
* **The answer to a click is lost.** A script thread announces that it takes no more requests before the server has
  passed on what it drew. If the timer's message arrives in between, the server starts another thread and drops all
  that is still on its way from the first, for example a dialog with its buttons enabled again. What a thread that
  ended by itself has drawn is passed on.

* **The page stays as it was.** What happens in two fragments in one turn of the browser's event loop, as when a dialog
  closes over a field that was just edited, goes out in one message, which names only one of the fragments. All
  callbacks run, but the rest is not drawn. Such a message asks for the whole page instead.

* **A setting is taken back.** A click that is made before the browser knows what the click before it wrote into the
  address brings the old address with it. It means the new one: see `rerun_address`.

All are repaired where the server takes the message, since the browser's part comes ready-made with Streamlit.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import ScriptRunnerEvent

from pages.widgets.rerun_address import keep_written_addresses

if TYPE_CHECKING:
    from streamlit.proto.ClientState_pb2 import ClientState
    from streamlit.runtime.scriptrunner import ScriptRunner
    from streamlit.runtime.scriptrunner_utils.script_requests import RerunData

TRIGGERS = frozenset({"trigger_value", "string_trigger_value", "chat_input_value", "json_trigger_value"})
_ENDED = "_ended_by_itself"
_REPAIRED = "_reruns_are_repaired"


def repair_reruns() -> None:
    """Mend Streamlit's handling of timed fragments, once in a process; further calls change nothing."""
    if not hasattr(AppSession, _REPAIRED):
        setattr(AppSession, _REPAIRED, True)
        _read_messages_well()
        _pass_on_what_was_drawn()
        keep_written_addresses()


def _read_messages_well() -> None:
    original = AppSession.request_rerun

    @functools.wraps(original)
    def request_rerun(session: AppSession, client_state: ClientState | None) -> None:
        if client_state is not None and client_state.fragment_id:
            if client_state.is_auto_rerun:
                _take_clicks_out(client_state)
            elif _clicked_elsewhere(session, client_state):
                client_state.fragment_id = ""
        original(session, client_state)

    AppSession.request_rerun = request_rerun  # type: ignore[method-assign]


def _take_clicks_out(client_state: ClientState) -> None:
    widgets = client_state.widget_states.widgets
    kept = [widget for widget in widgets if widget.WhichOneof("value") not in TRIGGERS]
    del widgets[:]
    widgets.extend(kept)


def _clicked_elsewhere(session: AppSession, client_state: ClientState) -> bool:
    """Whether the message carries a click of another fragment than the one that it names, or of the page around it."""
    known = session.session_state._new_widget_state.widget_metadata
    clicked = (
        known.get(widget.id) for widget in client_state.widget_states.widgets if widget.WhichOneof("value") in TRIGGERS
    )
    return any(one is not None and one.fragment_id != client_state.fragment_id for one in clicked)


def _pass_on_what_was_drawn() -> None:
    create = AppSession._create_scriptrunner
    handle = AppSession._handle_scriptrunner_event_on_event_loop

    @functools.wraps(create)
    def create_scriptrunner(session: AppSession, initial_rerun_data: RerunData) -> None:
        # A thread that was told to stop has been forgotten by now; one that is still known has ended by itself.
        if session._scriptrunner is not None:
            setattr(session, _ENDED, session._scriptrunner)
        create(session, initial_rerun_data)

    @functools.wraps(handle)
    def handle_event(session: AppSession, sender: ScriptRunner | None, event: ScriptRunnerEvent, *payload: Any) -> None:
        if sender is None or sender is not getattr(session, _ENDED, None):
            handle(session, sender, event, *payload)
        elif event is ScriptRunnerEvent.SHUTDOWN:
            delattr(session, _ENDED)  # its place is taken already
        else:
            # All its events were queued before its successor's first, so their order is right.
            successor = session._scriptrunner
            session._scriptrunner = sender
            try:
                handle(session, sender, event, *payload)
            finally:
                session._scriptrunner = successor

    AppSession._create_scriptrunner = create_scriptrunner  # type: ignore[method-assign]
    AppSession._handle_scriptrunner_event_on_event_loop = handle_event  # type: ignore[method-assign]
