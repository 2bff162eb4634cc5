"""A schedule being added or edited in plain words, with its next times beside them while one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cache, partial
from html import escape
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import streamlit as st

from ci_core.backlog.undo import present_transaction
from ci_core.errors import CiError, InvalidInput, NotFound
from ci_core.jobs import KINDS
from ci_core.jobs.plain_times import EXAMPLES
from ci_core.jobs.schedules import (
    LONGEST_DESCRIPTION,
    NewSchedule,
    Schedule,
    add_schedule,
    delete_schedule,
    edit_schedule,
    find_schedule,
)
from db.errors import DatabaseError
from pages.widgets.agents.schedule_form import (
    FIELD_OF,
    FIELDS,
    LABELS,
    MISSED,
    changes_of,
    next_times,
    typed_of,
    values_of,
)
from pages.widgets.agents.snapshot import show_own_change
from pages.widgets.agents.words import at, kind_title
from pages.widgets.flow_source import reader_zone
from pages.widgets.outage import outage_shown
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import offer_undo_of_all, tell
from pages.widgets.text import as_text, shortened

OPEN, TO_FILL, ERRORS, REMOVING = "schedule-open", "schedule-to-fill", "schedule-errors", "schedule-removing"
NEW = 0
LONGEST_TIMES = 200
MOST_JITTER_MINUTES = 1_440.0


def ask_to_add() -> None:
    """Open the dialog for a schedule that is not there yet; for a callback."""
    _open(NEW)


def ask_to_edit(schedule_id: int) -> None:
    """Open the dialog for a schedule; for a callback."""
    _open(schedule_id)


def is_open() -> bool:
    """Whether somebody types in it."""
    return st.session_state.get(OPEN) is not None


def _open(schedule_id: int) -> None:
    st.session_state[OPEN] = schedule_id
    st.session_state[TO_FILL] = True
    _clear()
    st.rerun()


def _clear() -> None:
    st.session_state[ERRORS] = {}
    st.session_state.pop(REMOVING, None)


def _close() -> None:
    st.session_state.pop(OPEN, None)
    _clear()


def draw_schedule_dialog(shared: Backend) -> None:
    """Show the dialog if it is open; the last thing of the page."""
    schedule_id = st.session_state.get(OPEN)
    if schedule_id is None:
        return
    try:
        stored = None if schedule_id == NEW else _stored(shared, schedule_id)
    except NotFound as gone:
        _close()
        tell(str(gone))
        return
    title = "Add a schedule" if stored is None else stored.name

    @st.dialog(as_text(title), width=640, on_dismiss=_close)
    def dialog() -> None:
        with outage_shown(inside="schedule"):
            _draw(shared, stored)

    dialog()


def _stored(shared: Backend, schedule_id: int) -> Schedule:
    with shared.database.reading() as session:
        return find_schedule(session, schedule_id)


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones() - {"localtime", "Factory"}))


def _draw(shared: Backend, stored: Schedule | None) -> None:
    if st.session_state.get(TO_FILL):
        kind = min(KINDS, key=kind_title)
        for name, value in typed_of(stored, str(reader_zone()), kind).items():
            st.session_state[_key(name)] = value
        st.session_state["schedule-seen"] = stored
        st.session_state[TO_FILL] = False
    seen: Schedule | None = st.session_state.get("schedule-seen")
    if stored is None:
        _draw_what()
    _draw_when(seen)
    _draw_rest(stored)
    if problem := st.session_state[ERRORS].get(""):
        st.error(as_text(problem), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="schedule-bar"):
        save = "Add" if stored is None else "Save"
        st.button(save, key="schedule-save", type="primary", on_click=partial(_save, shared, seen))
        if stored is not None and not stored.built_in:
            st.space("stretch")
            st.button("Delete", key="schedule-delete", type="tertiary", on_click=partial(_remove, shared, stored))


def _draw_what() -> None:
    left, right = st.columns(2, gap="small")
    with left:
        st.text_input(LABELS["name"], key=_key("name"), max_chars=100, placeholder="nightly-upkeep")
        _message("name")
    with right:
        st.selectbox(LABELS["kind"], sorted(KINDS, key=kind_title), key=_key("kind"), format_func=kind_title)
        _message("kind")


def _draw_when(seen: Schedule | None) -> None:
    left, right = st.columns([3, 2], gap="small")
    with left:
        st.text_input(LABELS["times"], key=_key("times"), live=True, max_chars=LONGEST_TIMES, help=EXAMPLES)
    with right:
        chosen = st.session_state.get(_key("time_zone"))
        zones = _zones() if chosen in _zones() or not chosen else (chosen, *_zones())
        st.selectbox(LABELS["time_zone"], zones, key=_key("time_zone"))
        _message("time_zone")
    _draw_times(seen)


def _draw_times(seen: Schedule | None) -> None:
    """The next times of what stands in the fields, or why there are none."""
    now = datetime.now(UTC)
    with st.container(key="schedule-times", gap=None):
        try:
            coming = next_times(_typed(), seen, now)
        except InvalidInput as invalid:
            st.markdown(f":red[:material/error: {as_text(str(invalid))}]")
            return
        zone = ZoneInfo(st.session_state[_key("time_zone")])
        st.html(times_html(coming, now, zone, reader_zone()))


def times_html(coming: Sequence[datetime], now: datetime, zone: tzinfo, mine: tzinfo) -> str:
    """The next times on the clock that the schedule means, and on the reader's where that is another one."""
    if not coming:
        return '<p class="next-times">It never comes round again.</p>'
    lines = []
    for moment in coming:
        there, here = at(moment, now, zone), at(moment, now, mine)
        told = f" <small>{escape(here)} your time</small>" if here != there else ""
        lines.append(f"<li>{escape(there)}{told}</li>")
    return f'<ol class="next-times" aria-label="The next times">{"".join(lines)}</ol>'


def _draw_rest(stored: Schedule | None) -> None:
    st.text_input(LABELS["description"], key=_key("description"), max_chars=LONGEST_DESCRIPTION)
    _message("description")
    st.selectbox(LABELS["missed"], list(MISSED), key=_key("missed"), format_func=MISSED.__getitem__)
    st.toggle(LABELS["enabled"], key=_key("enabled"))
    with st.expander("More", key="schedule-more", expanded=bool(st.session_state[ERRORS])):
        left, right = st.columns(2, gap="small")
        with left:
            st.number_input(
                LABELS["jitter_minutes"],
                0.0,
                MOST_JITTER_MINUTES,
                key=_key("jitter_minutes"),
                format="%g",
                help="Spreads load: one slot always comes later by the same part of it.",
            )
            _message("jitter_minutes")
        with right:
            st.number_input(LABELS["priority"], -100, 100, key=_key("priority"), help="Higher goes first.")
            _message("priority")
        st.text_area(LABELS["parameters"], key=_key("parameters"), height=90, placeholder="source_id: 3")
        _message("parameters")
        if stored is not None:
            by = "comes with the product" if stored.built_in else f"made by {stored.created_by}"
            st.caption(as_text(f"Starts: {stored.title}. This schedule {by}."))


def _typed() -> dict[str, Any]:
    return {name: st.session_state.get(_key(name)) for name in FIELDS}


def _tried(change: Callable[[], None]) -> bool:
    """Whether it went well; what stands in the way is kept for beside its field."""
    st.session_state[ERRORS] = errors = {}
    try:
        change()
    except InvalidInput as invalid:
        field = FIELD_OF.get(invalid.field, invalid.field)
        errors[field if field in FIELDS and field != "times" else ""] = str(invalid)
    except (CiError, DatabaseError) as failure:
        errors[""] = str(failure)
    return not errors


def _save(shared: Backend, seen: Schedule | None) -> None:
    if not is_open():
        return  # a click that comes twice: it was saved, and the dialog closed

    def change() -> None:
        typed = _typed()
        with shared.database.transaction(actor()) as session:
            if seen is None:
                name = add_schedule(session, NewSchedule(**values_of(typed)), actor=actor()).name
            else:
                changes = changes_of(typed, seen)
                edit_schedule(session, seen.id, changes, actor=actor(), expected_version=seen.version)
                name = seen.name
            number = present_transaction(session)
        done = "Added" if seen is None else "Changed"
        offer_undo_of_all(f"{done} the schedule “{shortened(name, 48)}”", number)

    if _tried(change):
        show_own_change(shared)
        _close()
        st.rerun()


def _remove(shared: Backend, stored: Schedule) -> None:
    if not is_open():
        return

    def change() -> None:
        with shared.database.transaction(actor()) as session:
            delete_schedule(session, stored.id, actor=actor())
            number = present_transaction(session)
        offer_undo_of_all(f"Deleted the schedule “{shortened(stored.name, 48)}”", number)

    if _tried(change):
        show_own_change(shared)
        _close()
        st.rerun()


def _key(name: str) -> str:
    return f"schedule-field-{name}"


def _message(name: str) -> None:
    if message := st.session_state.get(ERRORS, {}).get(name):
        st.markdown(f":red[:material/error: {as_text(message)}]")
