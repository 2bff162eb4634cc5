"""The filters above the issues. The address alone holds them, so that a link shows a colleague the same issues."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import streamlit as st

from ci_core.health.issues import STANDING, GroupBy, IssueFilter, Narrowings
from db.enums import IssueStatus, IssueType, Severity
from pages.widgets.address import LARGEST_ID
from pages.widgets.health.words import severity_words
from pages.widgets.search_field import LONGEST, TEXT
from pages.widgets.text import as_text, label, shortened

SHOW, GROUP, SEVERITY, TYPE, RULE, AREA, PATH, FIXABLE, CHANGED = (
    "show", "group", "severity", "type", "rule", "area", "path", "fixable", "changed",
)  # fmt: skip
NARROWING = (SEVERITY, TYPE, RULE, AREA, PATH, FIXABLE, CHANGED)
OPEN, NEW, BACK, DISMISSED, FIXED, ALL = SHOWN = ("Open", "New this week", "Back again", "Dismissed", "Fixed", "All")
STATUSES: Mapping[str, tuple[IssueStatus, ...]] = MappingProxyType(
    {
        OPEN: STANDING,
        NEW: STANDING,
        BACK: STANDING,
        DISMISSED: (IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE),
        FIXED: (IssueStatus.FIXED,),
        ALL: (),
    }
)
LIST = "List"
GROUPS: Mapping[str, GroupBy | None] = MappingProxyType(
    {"By rule": GroupBy.RULE, "By file": GroupBy.FILE, "By area": GroupBy.AREA, LIST: None}
)
BY_RULE = "By rule"
DEFAULTS = MappingProxyType({SHOW: OPEN, GROUP: BY_RULE})
WEEK = timedelta(days=7)
MOST_RULES = 60


def wanted_now(now: datetime) -> IssueFilter:
    """What the address asks for."""
    show = _one(SHOW, SHOWN)
    changed = st.query_params.get(CHANGED, "")
    check_id = int(changed) if changed.isascii() and changed.isdigit() and 0 < int(changed[:12]) <= LARGEST_ID else None
    return IssueFilter(
        severities=tuple(Severity(one) for one in _known(SEVERITY, set(Severity))),
        statuses=STATUSES[show],
        types=tuple(IssueType(one) for one in _known(TYPE, set(IssueType))),
        rules=_several(RULE),
        path=st.query_params.get(PATH, "")[:LONGEST],
        areas=_several(AREA),
        words=st.query_params.get(TEXT, "")[:LONGEST],
        # The whole hour, so that what was read is asked for again a moment later.
        since=(now - WEEK).replace(minute=0, second=0, microsecond=0) if show == NEW else None,
        regressed=show == BACK,
        fixable=st.query_params.get(FIXABLE) == "1",
        check_id=check_id,
    )


def grouping() -> GroupBy | None:
    """What the address groups by; None for a plain list."""
    return GROUPS[_one(GROUP, tuple(GROUPS))]


def is_narrowed() -> bool:
    """Whether the filters leave out more than what is not open."""
    return any(name in st.query_params for name in (*NARROWING, TEXT)) or _one(SHOW, SHOWN) != OPEN


def clear_filters() -> None:
    """Show every open issue again; for a callback."""
    for name in (*NARROWING, SHOW):
        st.query_params.pop(name, None)
    st.session_state[TEXT] = ""


def draw_filters(offered: Narrowings, counts: Mapping[Severity, int]) -> None:
    """Draw the bar; `counts`: how many issues of each severity there are without that filter."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="issues-bar"):
        _segments("Which issues", SHOW, SHOWN)
        _segments("Grouped", GROUP, tuple(GROUPS))
        st.text_input(
            "Search the issues",
            key=TEXT,
            type="search",
            placeholder="Words, rule, path …",
            label_visibility="collapsed",
            live=True,
            max_chars=LONGEST,
            width=200,
            bind="query-params",
        )
        count = sum(name in st.query_params for name in NARROWING if name != SEVERITY)
        popover = st.popover(
            f"Filters ({count})" if count else "Filters", icon=":material/filter_list:", key="issue-filters",
            on_change="rerun",
        )  # fmt: skip
        if popover.open:
            with popover:
                _draw_more(offered)
        if is_narrowed():
            st.button("Clear", on_click=clear_filters, type="tertiary", icon=":material/close:", key="clear-issues")
    if counts:
        _draw_severities(counts)
    _draw_chips()


def _draw_severities(counts: Mapping[Severity, int]) -> None:
    key = _key(SEVERITY)
    chosen = _known(SEVERITY, set(Severity))
    offered = [one.value for one in Severity if one in counts or one.value in chosen]
    st.session_state[key] = list(chosen)
    st.pills(
        "Severity",
        offered,
        selection_mode="multi",
        format_func=lambda one: f"{severity_words(Severity(one))} {counts.get(Severity(one), 0):,}",
        key=key,
        label_visibility="collapsed",
        on_change=_remember,
        args=(SEVERITY,),
    )


def _draw_more(offered: Narrowings) -> None:
    _list("Part of the score", TYPE, [one.value for one in IssueType], label)
    _list("Rule", RULE, list(dict.fromkeys([*_several(RULE), *offered.rules[:MOST_RULES]])), str)
    _list("Area", AREA, list(dict.fromkeys([*_several(AREA), *offered.areas])), str)
    st.session_state[_key(PATH)] = st.query_params.get(PATH, "")
    st.text_input(
        "File or folder",
        key=_key(PATH),
        placeholder="src/options",
        max_chars=LONGEST,
        on_change=_remember,
        args=(PATH,),
    )
    st.session_state[_key(FIXABLE)] = st.query_params.get(FIXABLE) == "1"
    st.toggle("Only what can be fixed automatically", key=_key(FIXABLE), on_change=_remember, args=(FIXABLE,))


def _draw_chips() -> None:
    """What narrows and stands in no other place of the bar, to be taken away with a click."""
    chips = [(PATH, f"In {shortened(st.query_params[PATH], 60)}")] if st.query_params.get(PATH) else []
    if st.query_params.get(CHANGED):
        chips.append((CHANGED, f"Changed by check {shortened(st.query_params[CHANGED], 12)}"))
    chips += [(name, f"{label(name)}: {shortened(', '.join(_several(name)), 60)}") for name in (RULE, TYPE, AREA)
              if name in st.query_params]  # fmt: skip
    if not chips:
        return
    with st.container(horizontal=True, gap="small", key="issue-chips"):
        for name, words in chips:
            st.button(
                as_text(words),
                key=f"chip-{name}",
                icon=":material/close:",
                help="Take this filter away",
                on_click=_forget,
                args=(name,),
            )


def _forget(name: str) -> None:
    st.query_params.pop(name, None)


def _segments(title: str, name: str, options: tuple[str, ...]) -> None:
    key = _key(name)
    st.session_state[key] = _one(name, options)
    st.segmented_control(
        title, options, required=True, key=key, label_visibility="collapsed", on_change=_remember, args=(name,)
    )


def _list(title: str, name: str, options: list[str], words: Any) -> None:
    key = _key(name)
    st.session_state[key] = [one for one in _several(name) if one in options]
    st.multiselect(title, options, format_func=words, placeholder="Any", key=key, on_change=_remember, args=(name,))


def _remember(name: str) -> None:
    value = st.session_state[_key(name)]
    if not value or DEFAULTS.get(name) == value:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = "1" if value is True else value


def _one(name: str, options: tuple[str, ...]) -> str:
    asked = st.query_params.get(name, "")
    return asked if asked in options else str(DEFAULTS[name])


def _several(name: str) -> tuple[str, ...]:
    if name not in st.query_params:
        return ()
    return tuple(value[:LONGEST] for value in dict.fromkeys(st.query_params.get_all(name)))


def _known(name: str, known: Collection[str]) -> tuple[str, ...]:
    return tuple(value for value in _several(name) if value in known)


def _key(name: str) -> str:
    return f"issues-{name}"
