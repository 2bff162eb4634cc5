"""The first part of the page: the score and its parts, what changed them, and how it went over time."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from ci_core.health.causes import Cause
from ci_core.health.history import Trend, trend
from ci_core.health.issues import STANDING, IssueFilter, Issues, find_issues
from ci_core.health.standing import Part, Standing
from db.enums import HealthChange, Severity
from pages.widgets.chart_style import draw_chart, draw_clickable
from pages.widgets.health import acts
from pages.widgets.health.score_charts import gauge, trend_chart, trend_sentence
from pages.widgets.health.source import read
from pages.widgets.health.words import (
    CHANGES,
    CHECK_TITLES,
    SEVERITY_MARKS,
    counted,
    look_of_score,
    severity_words,
    signed,
)
from pages.widgets.period import draw_period
from pages.widgets.session import Backend
from pages.widgets.text import ago, as_text, label, shortened

PERIODS = ("30 days", "90 days", "365 days")
DEFAULT_PERIOD = PERIODS[1]
MOST_CAUSES_SHOWN, MOST_REMARKS, MOST_WORST = 8, 4, 6
DISMISSED = ("–", "dismissed")
# Less than this is nothing that a person would see in a score.
LEAST_POINTS = 0.05


def draw_score(shared: Backend, stands: Standing, now: datetime) -> None:
    """Draw the part; `stands` has a check with a score.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    least = shared.settings.health.min_score
    left, right = st.columns([5, 7], gap="medium")
    with left, st.container(border=True, key="health-gauge", height="stretch", gap="small"):
        _draw_gauge(stands, least, now)
    with right, st.container(border=True, key="health-parts", height="stretch", gap=None):
        for part in stands.parts:
            _draw_part(part, least)
    left, right = st.columns([5, 6], gap="medium")
    with left, st.container(border=True, key="health-changed", height="stretch", gap="xsmall"):
        _draw_changed(shared, stands)
    with right, st.container(border=True, key="health-trend", height="stretch", gap="small"):
        _draw_trend(shared, stands, least, now)


def _draw_gauge(stands: Standing, least: int, now: datetime) -> None:
    check = stands.check
    assert check is not None  # noqa: S101 - the caller has looked
    st.markdown("**Health of the platform**")
    draw_chart(
        *gauge(check, least),
        key="chart-gauge",
        alt=f"Health score {check.overall_health_score} of 100; {least} is wanted.",
    )
    st.html(verdict_html(stands, least, now))
    with st.container(horizontal=True, gap="small", key="health-severities"):
        for severity in Severity:
            if number := stands.open.get(severity):
                st.button(
                    f"{severity_words(severity)} {number:,}",
                    key=f"go-severity-{severity}",
                    type="tertiary",
                    help=f"The {counted(number, 'open issue')} of this severity",
                    on_click=partial(acts.show_issues, severity=[severity.value]),
                )


def verdict_html(stands: Standing, least: int, now: datetime) -> str:
    """What the score means, as safe HTML: the change, whether it is enough, the gate, and what it is based on."""
    check = stands.check
    if check is None or check.overall_health_score is None:
        return ""
    look = look_of_score(check.overall_health_score, least)
    enough = (
        f"at least {least} are wanted"
        if look == "well"
        else f"{least - check.overall_health_score} below the {least} that are wanted"
    )
    change = "the first check" if check.delta is None else change_words(check.delta)
    facts = [f"<b class='{look}'>{escape(change)}</b> · {escape(enough)}"]
    if check.gate.get("passed") is not None:
        reasons = "; ".join(map(str, check.gate.get("reasons", ())))
        facts.append(
            "✓ New code passes the gate"
            if check.gate.get("passed")
            else f"✕ New code fails the gate: {escape(reasons)}"
        )
    based = "" if check.confidence is None else f"Based on {check.confidence:.0f} % of what was to be looked at. "
    when = f"{CHECK_TITLES[check.check_type]} {ago(check.started_at, now)}, {counted(check.files, 'file')}"
    facts.append(f"<small>{escape(based + when)}.</small>")
    return f'<div class="verdict">{"".join(f"<p>{fact}</p>" for fact in facts)}</div>'


def change_words(change: int) -> str:
    """How the score moved, with its mark."""
    return f"{signed(change)} since the check before" if change else "as at the check before"


def _draw_part(part: Part, least: int) -> None:
    number = sum(part.open.values())
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", wrap=False, key=f"health-part-{part.part}"
    ):
        st.html(part_html(part, least), width="stretch")
        st.button(
            counted(number, "issue"),
            key=f"go-part-{part.part}",
            type="tertiary",
            help=f"Open issues of {label(part.part).lower()}",
            disabled=not number,
            on_click=partial(acts.show_issues, type=[part.part.value]),
        )


def part_html(part: Part, least: int) -> str:
    """One dimension as safe HTML: its name, a bar with the wanted line, the score, its change, and why it is so."""
    look = look_of_score(part.score, least)
    score = "–" if part.score is None else str(part.score)
    width = 0 if part.score is None else part.score
    change = signed(part.delta)
    return (
        f'<div class="part-row {look}"><b>{escape(label(part.part))}</b>'
        f'<div class="part-track" role="img" aria-label="{escape(label(part.part))}: {score} of 100">'
        f'<i style="width: {width}%"></i><u style="left: {least}%"></u></div>'
        f'<strong>{score}</strong><em role="img" aria-label="{escape(_change_words(part.delta))}">{escape(change)}</em>'
        f"<span>{escape(part_words(part))}</span></div>"
    )


def _change_words(change: int | None) -> str:
    if change is None:
        return "change not known"
    return f"{'up' if change > 0 else 'down'} by {abs(change)}" if change else "unchanged"


def part_words(part: Part) -> str:
    """Why a part's score is what it is, in a few words."""
    if part.score is None:
        return f"not known: {part.unknown_because or 'nothing looked at it'}"
    told = []
    if part.capped_by is not None:
        told.append(f"held down by open {part.capped_by} ones")
    order = (HealthChange.REGRESSED, HealthChange.NEW, HealthChange.RESOLVED, HealthChange.WITHDRAWN)
    told += [f"{part.changes[change]:,} {CHANGES[change][1]}" for change in order if part.changes.get(change)]
    if part.based_on is not None and part.based_on < 99.5:
        told.append(f"based on {part.based_on:.0f} %")
    return " · ".join(told) or "no change"


def _draw_changed(shared: Backend, stands: Standing) -> None:
    found = stands.causes
    assert found is not None  # noqa: S101 - the caller has looked
    told = change_sentence(stands)
    st.markdown("**What moved it**" + (f" — {told}" if told else ""))
    for one in found.issues[:MOST_CAUSES_SHOWN]:
        st.button(
            cause_words(one),
            key=f"go-cause-{one.issue_id}-{one.change}",
            type="tertiary",
            width="stretch",
            help=f"{severity_words(one.severity)}, {label(one.part).lower()}",
            on_click=partial(acts.open_issue, one.issue_id),
        )
    if found.total > MOST_CAUSES_SHOWN:
        st.button(
            f"All {found.total:,}",
            key="go-all-causes",
            type="tertiary",
            on_click=partial(acts.show_issues, changed=[str(found.check_id)], show=["All"]),
        )
    for remark in found.remarks[:MOST_REMARKS]:
        st.caption(as_text(remark))
    if not found.issues and not found.remarks:
        st.caption("Nothing: no issue came or went, and every tool is the same as before.")
    if not found.issues and stands.open:
        _draw_worst(shared, stands)


def _draw_worst(shared: Backend, stands: Standing) -> None:
    """Where nothing moved the score, what holds it down."""
    worst = read(shared, _worst, stands.repository.id)
    st.markdown("**The worst that is open**")
    for one in worst.issues:
        st.button(
            f"{SEVERITY_MARKS[one.severity]} {as_text(shortened(one.title, 70))} "
            f":gray[{as_text(shortened(one.place, 60))}]",
            key=f"go-worst-{one.id}",
            type="tertiary",
            width="stretch",
            help=f"{severity_words(one.severity)}, {label(one.issue_type).lower()}",
            on_click=partial(acts.open_issue, one.id),
        )


def _worst(session: Any, repository_id: int) -> Issues:
    return find_issues(session, repository_id, IssueFilter(statuses=STANDING), limit=MOST_WORST)


def change_sentence(stands: Standing) -> str:
    """How many issues the newest check found new, back and fixed."""
    numbers = {change: sum(part.changes.get(change, 0) for part in stands.parts) for change in HealthChange}
    order = tuple(change for change in HealthChange if change is not HealthChange.SEVERITY)
    return ", ".join(f"{numbers[change]:,} {CHANGES[change][1]}" for change in order if numbers[change])


def cause_words(one: Cause) -> str:
    """What one issue did to the score, as markdown that shows it letter for letter."""
    mark, word = CHANGES[HealthChange(one.change)] if one.change in set(HealthChange) else DISMISSED
    colour = "green" if one.points > 0 else "red" if one.points < 0 else "gray"
    points = f" {one.points:+.1f}".replace("-", "−") if abs(one.points) >= LEAST_POINTS else ""
    place = shortened(one.file_path or "", 50) + (f":{one.line_number}" if one.file_path and one.line_number else "")
    told = f"{SEVERITY_MARKS[one.severity]} {shortened(one.title, 70)}"
    return f":{colour}[{mark} {word}{points}] {as_text(told)} :gray[{as_text(place)}]"


def _draw_trend(shared: Backend, stands: Standing, least: int, now: datetime) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        period = draw_period(PERIODS, DEFAULT_PERIOD)
    days = int(period.split()[0])
    # The whole hour, so that what was read is asked for again a moment later.
    until = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    shown = read(shared, _trend, stands.repository.id, days, until)
    st.markdown(f"**Trend** — {trend_sentence(shown.points, days)}")
    if not shown.points:
        return
    draw_clickable(
        *trend_chart(shown, since=until - timedelta(days=days), now=until, least=least),
        key="chart-trend",
        alt="The score of every check over time, with releases and fixes; the part Checks lists them.",
        on_click=_opened,
    )


def _trend(session: Any, repository_id: int, days: int, until: datetime) -> Trend:
    return trend(session, repository_id, days=days, now=until)


def _opened(check_id: int | None) -> None:
    """Show the check behind a point; a release has none."""
    if check_id is not None:
        acts.open_check(int(check_id))
