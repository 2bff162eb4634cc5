"""The filters above the research feed. The address alone holds them, so that a link shows a colleague the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import streamlit as st

from ci_core.research.feed import FeedFilter, FeedSource, Shelf
from ci_core.research.finding_history import site_name
from pages.widgets.text import label

TEXT, SHELF, SITE, LEAST, MOST, FROM, TO, NEW = "q", "show", "site", "min", "max", "from", "to", "new"
NAMES = {
    Shelf.WAITING: "To decide",
}


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the filters ask for; `narrows` says whether they leave anything out."""

    wanted: FeedFilter
    narrows: bool


def draw_filters(sites: Sequence[FeedSource], since: datetime | None) -> Narrowed:
    """Draw the search field, the shelf and the popover with the other filters; give what they are set to.

    Args:
        since: when this person was here last; None: never, and all is new.
    """
    text = st.text_input(
        "Search the findings",
        key=TEXT,
        type="search",
        placeholder="Search the findings …",
        label_visibility="collapsed",
        live=True,
        max_chars=200,
        width=240,
        bind="query-params",
    )
    shelf = shelf_now()
    st.session_state[_key(SHELF)] = shelf
    st.selectbox(
        "Which findings",
        list(Shelf),
        key=_key(SHELF),
        format_func=lambda one: NAMES.get(one, label(one)),
        label_visibility="collapsed",
        on_change=_remember_shelf,
        width=190,
    )
    popover = st.popover("Filters", icon=":material/filter_list:", key="research-filters", on_change="rerun")
    if popover.open:
        with popover:
            _draw_rest(sorted({one.source_type for one in sites}))
    wanted = FeedFilter(
        shelf=shelf,
        text=(text or "").strip()[:200],
        source_types=tuple(dict.fromkeys(st.query_params.get_all(SITE)))[:20],
        least=_number(LEAST),
        most=_number(MOST),
        found_after=_after(since),
        found_before=_day(TO, later=1),
    )
    return Narrowed(wanted, wanted != FeedFilter(shelf=shelf))


def shelf_now() -> Shelf:
    """Which findings the address says are looked at."""
    raw = st.query_params.get(SHELF, "")
    return Shelf(raw) if raw in set(Shelf) else Shelf.WAITING


def clear_filters() -> None:
    """Show everything that waits again; for a callback."""
    st.session_state[TEXT] = ""
    for name in (SHELF, SITE, LEAST, MOST, FROM, TO, NEW):
        st.query_params.pop(name, None)


def _draw_rest(sites: Sequence[str]) -> None:
    st.session_state[_key(SITE)] = [site for site in sites if site in st.query_params.get_all(SITE)]
    st.pills(
        "Site",
        sites,
        selection_mode="multi",
        format_func=site_name,
        key=_key(SITE),
        on_change=_remember_sites,
    )
    st.session_state[_key("score")] = (int(_number(LEAST) or 0), int(100 if (most := _number(MOST)) is None else most))
    st.slider("Relevance", 0, 100, key=_key("score"), on_change=_remember_scores)
    with st.container(horizontal=True, gap="small", key="research-days"):
        for name, words in ((FROM, "Found from"), (TO, "Found until")):
            st.session_state[_key(name)] = _date(name)
            st.date_input(words, key=_key(name), on_change=_remember_day, args=(name,), format="YYYY-MM-DD")
    st.session_state[_key(NEW)] = st.query_params.get(NEW) == "1"
    st.toggle("Only what is new since I was here", key=_key(NEW), on_change=_remember_new)
    st.button("Clear all", on_click=clear_filters, key="clear-research-filters", type="tertiary")


def _remember_shelf() -> None:
    chosen = st.session_state[_key(SHELF)]
    _put(SHELF, "" if chosen is Shelf.WAITING else str(chosen.value))


def _remember_sites() -> None:
    st.query_params[SITE] = st.session_state[_key(SITE)]


def _remember_scores() -> None:
    least, most = st.session_state[_key("score")]
    _put(LEAST, str(least) if least > 0 else "")
    _put(MOST, str(most) if most < 100 else "")


def _remember_day(name: str) -> None:
    day = st.session_state[_key(name)]
    _put(name, day.isoformat() if day else "")


def _remember_new() -> None:
    _put(NEW, "1" if st.session_state[_key(NEW)] else "")


def _put(name: str, value: str) -> None:
    if value:
        st.query_params[name] = value
    else:
        st.query_params.pop(name, None)


def _number(name: str) -> float | None:
    raw = st.query_params.get(name, "")
    return float(raw) if raw.isascii() and raw.isdigit() and int(raw[:4]) <= 100 else None


def _date(name: str) -> date | None:
    try:
        return date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        return None


def _day(name: str, *, later: int = 0) -> datetime | None:
    day = _date(name)
    return None if day is None else datetime.combine(day, time(0), UTC) + timedelta(days=later)


def _after(since: datetime | None) -> datetime | None:
    moments = [_day(FROM), since if st.query_params.get(NEW) == "1" else None]
    return max((moment for moment in moments if moment is not None), default=None)


def _key(name: str) -> str:
    return f"research-{name}"
