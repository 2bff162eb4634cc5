"""The part of the page about checks: each with its score, what changed, and what every checker looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from ci_core.errors import NotFound
from ci_core.health.check_result import CheckerResult, CheckResult
from ci_core.health.history import check as get_check
from ci_core.health.history import checks
from ci_core.health.standing import Standing
from db.enums import CheckerStatus, CheckStatus, HealthChange
from pages.widgets.agents.acts import RUN
from pages.widgets.agents.words import at, lasting
from pages.widgets.flow_source import reader_zone
from pages.widgets.health import acts
from pages.widgets.health.acts import CHECK
from pages.widgets.health.source import read
from pages.widgets.health.words import CHANGES, CHECK_STATES, CHECK_TITLES, CHECKER_STATES, counted, signed
from pages.widgets.page_links import page_link
from pages.widgets.session import Backend
from pages.widgets.text import as_text, label, shortened

PAGE, MOST_LISTED = 25, 500
LISTED = "health-checks-listed"
MOST_UNSEEN = 200
# What did not look at all it was to look at comes first.
TOLD_FIRST = {
    CheckerStatus.FAILED: 0,
    CheckerStatus.TIMED_OUT: 1,
    CheckerStatus.MISSING: 2,
    CheckerStatus.PARTIAL: 3,
    CheckerStatus.RUNNING: 4,
    CheckerStatus.WAITING: 5,
    CheckerStatus.SKIPPED: 10,
}
COUNTED = (("new", HealthChange.NEW), ("regressed", HealthChange.REGRESSED), ("resolved", HealthChange.RESOLVED))


def draw_checks(shared: Backend, stands: Standing, now: datetime) -> None:
    """Draw one check where the address names one, or the list of all.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    check_id = acts.named(CHECK)
    if check_id is not None:
        _draw_one(shared, check_id, now)
        return
    listed = min(int(st.session_state.get(LISTED, PAGE)), MOST_LISTED)
    found = read(shared, _checks, stands.repository.id, listed + 1)
    st.markdown("**Checks** — newest first")
    with st.container(key="health-checks", gap=None):
        for check in found[:listed]:
            with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"check-{check.id}"):
                st.html(check_html(check, now), width="stretch")
                st.button(
                    "Details",
                    key=f"open-check-{check.id}",
                    type="tertiary",
                    help=f"What each checker looked at in check {check.id}",
                    on_click=partial(acts.open_check, check.id),
                )
    if listed < min(len(found), MOST_LISTED):
        st.button("Show older ones", on_click=_list_more, key="older-checks", type="tertiary")


def _checks(session: Any, repository_id: int, limit: int) -> tuple[CheckResult, ...]:
    return checks(session, repository_id, limit=limit)


def _list_more() -> None:
    st.session_state[LISTED] = int(st.session_state.get(LISTED, PAGE)) + PAGE


def check_html(check: CheckResult, now: datetime) -> str:
    """A check as one line of safe HTML: its state, its score with the change, what it changed, when and how long."""
    mark, word, look = CHECK_STATES[check.status]
    score = "" if check.overall_health_score is None else f"{check.overall_health_score} {signed(check.delta)}".strip()
    took = "" if check.duration_seconds is None else f" · took {_lasts(check.duration_seconds)}"
    result = shortened(check.error, 160) if check.error else changes_in_words(check)
    when = at(check.started_at, now, reader_zone())
    by = f" · by {check.actor}" if not check.actor.startswith("agent:") else ""
    return (
        f'<div class="waits"><span class="state {look}"><i aria-hidden="true">{mark}</i> {word}</span> '
        f"<b>{escape(CHECK_TITLES[check.check_type])}</b> <strong>{escape(score)}</strong> "
        f"<span>{escape(f'{when}{took} · {result}{by}')}</span></div>"
    )


def changes_in_words(check: CheckResult) -> str:
    """What a check changed: "3 new, 2 fixed"."""
    told = [f"{check.issues[name]:,} {CHANGES[change][1]}" for name, change in COUNTED if check.issues.get(name)]
    if check.status is CheckStatus.RUNNING:
        return "under way"
    return ", ".join(told) or "nothing changed"


def _draw_one(shared: Backend, check_id: int, now: datetime) -> None:
    st.button("Back", on_click=acts.close_check, icon=":material/arrow_back:", type="tertiary", key="check-back")
    try:
        check = read(shared, get_check, check_id)
    except NotFound as gone:
        st.info(as_text(str(gone)), icon=":material/search_off:")
        return
    st.html(head_html(check, now))
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="check-links"):
        if sum(check.issues.get(name, 0) for name, _ in COUNTED):
            st.button(
                f"What it changed: {changes_in_words(check)}",
                key="check-changed",
                icon=":material/difference:",
                on_click=partial(acts.show_issues, changed=[str(check.id)], show=["All"]),
            )
        if check.run_id is not None:
            page_link("agents", f"Run {check.run_id}", **{RUN: str(check.run_id)})
    if check.error:
        st.error(as_text(check.error), icon=":material/error:")
    _draw_gate(check)
    lines = sorted(check.checkers, key=lambda line: (TOLD_FIRST.get(line.status, 9), line.name))
    st.html(checkers_html(lines))
    _draw_unseen(lines)
    _draw_excluded(check)


def head_html(check: CheckResult, now: datetime) -> str:
    """The kind, state, score and facts of a check as safe HTML."""
    mark, word, look = CHECK_STATES[check.status]
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts_of(check, now)
    )
    return (
        f'<section class="run whole" aria-label="Check {check.id}"><div class="run-head">'
        f"<h2>{escape(CHECK_TITLES[check.check_type])}</h2>"
        f'<span class="state {look}"><i aria-hidden="true">{mark}</i> {escape(word)}</span></div>'
        f'<p class="run-note">Check {check.id} · {escape(f"asked for by {check.actor}")}</p><dl>{facts}</dl></section>'
    )


def facts_of(check: CheckResult, now: datetime) -> list[tuple[str, str]]:
    """What there is to know of a check beside its state, each with its name."""
    facts = []
    if check.overall_health_score is not None:
        facts.append(("Score", f"{check.overall_health_score} {signed(check.delta)}".strip()))
    if check.confidence is not None:
        facts.append(("Based on", f"{check.confidence:.0f} % of what was to be looked at"))
    facts.append(("Began", at(check.started_at, now, reader_zone())))
    if check.duration_seconds is not None:
        facts.append(("Took", _lasts(check.duration_seconds)))
    facts.append(("Looked at", f"{counted(check.files, 'file')}, {check.lines:,} lines"))
    if check.paths:
        facts.append(("Limited to", ", ".join(check.paths)))
    if check.commit_sha:
        changed = " with changes on top" if check.dirty else ""
        branch = f" on {check.branch}" if check.branch else ""
        facts.append(("Commit", f"{check.commit_sha[:12]}{branch}{changed}"))
    return [(name, shortened(value, 300)) for name, value in facts]


def _draw_gate(check: CheckResult) -> None:
    if check.gate.get("passed") is True:
        st.success("New code passes the gate.", icon=":material/verified:")
    elif check.gate.get("passed") is False:
        reasons = "  \n".join(f"- {as_text(str(reason))}" for reason in check.gate.get("reasons", ()))
        st.warning(f"New code fails the gate:\n\n{reasons}", icon=":material/gpp_bad:")


def checkers_html(lines: Sequence[CheckerResult]) -> str:
    """What each checker did, as a table of safe HTML."""
    heads = ("Checker", "", "Looked at", "Found", "Took", "What stood in its way")
    rows = "".join(_checker_html(line) for line in lines)
    return (
        '<div class="agents-table"><table><caption>What each checker looked at</caption><thead><tr>'
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _checker_html(line: CheckerResult) -> str:
    mark, word, look = CHECKER_STATES[line.status]
    seen = "the whole" if not line.files_expected else f"{line.files_seen:,} of {line.files_expected:,} files"
    problem = escape(shortened(line.error or "", 300))
    if line.remedy:
        problem += f"<br><small>{escape(shortened(line.remedy, 300))}</small>"
    took = "" if line.seconds is None else _lasts(line.seconds)
    version = f" <small>{escape(shortened(line.version, 30))}</small>" if line.version else ""
    return (
        f'<tr><th scope="row">{escape(label(line.name))}{version}</th>'
        f'<td><span class="state {look}"><i aria-hidden="true">{mark}</i> {escape(word)}</span></td>'
        f"<td>{escape(seen)}</td><td>{line.findings:,}</td><td>{escape(took)}</td><td>{problem}</td></tr>"
    )


def _draw_unseen(lines: Sequence[CheckerResult]) -> None:
    unseen = [(line.name, one) for line in lines for one in line.unseen]
    if not unseen:
        return
    with st.expander(f"Files that could not be read ({len(unseen):,})", icon=":material/visibility_off:"):
        rows = "".join(
            f"<tr><th scope='row'>{escape(str(one.get('path', '')))}</th><td>{escape(label(name))}</td>"
            f"<td>{escape(str(one.get('reason', '')))}</td></tr>"
            for name, one in unseen[:MOST_UNSEEN]
        )
        st.html(f'<div class="agents-table"><table><tbody>{rows}</tbody></table></div>')


def _draw_excluded(check: CheckResult) -> None:
    if not check.excluded:
        return
    files = sum(int(one.get("files", 0)) for one in check.excluded)
    with st.expander(f"Left out, because it is not the team's own ({counted(files, 'file')})", icon=":material/block:"):
        rows = "".join(
            f"<tr><th scope='row'>{escape(str(one.get('path', '')))}</th><td>{escape(str(one.get('reason', '')))}</td>"
            f"<td>{int(one.get('files', 0)):,}</td></tr>"
            for one in check.excluded[:MOST_UNSEEN]
        )
        st.html(f'<div class="agents-table"><table><tbody>{rows}</tbody></table></div>')


def _lasts(seconds: float) -> str:
    return lasting(timedelta(seconds=seconds))
