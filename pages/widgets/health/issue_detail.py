"""One issue: where it is, its code, why it matters and what helps, what is known of it, and what became of it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from html import escape

import streamlit as st

from ci_core.errors import NotFound
from ci_core.health.excerpts import Excerpt, excerpt
from ci_core.health.issues import Issue, get_issue
from ci_core.health.rules.catalogue import Explanation, catalogue
from db.enums import IssueStatus
from pages.widgets.address import open_item_page
from pages.widgets.health import acts
from pages.widgets.health.issue_decisions import Asked, draw_decisions
from pages.widgets.health.source import read
from pages.widgets.health.words import SEVERITY_MARKS, STATUS_WORDS, counted, effort
from pages.widgets.session import Backend
from pages.widgets.text import ago, as_text, label, shortened

LONGEST_MESSAGE = 2_000
DECIDED = (IssueStatus.ACKNOWLEDGED, IssueStatus.WONT_FIX, IssueStatus.FALSE_POSITIVE)


def draw_issue(shared: Backend, issue_id: int, now: datetime) -> None:
    """Draw one issue beside the list.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    with st.container(border=True, gap="small", key="issue-detail"):
        try:
            issue = read(shared, get_issue, issue_id)
        except NotFound as gone:
            st.info(as_text(str(gone)), icon=":material/search_off:")
            st.button("Close", key="close-issue", on_click=acts.close_issue, icon=":material/close:", type="tertiary")
            return
        with st.container(horizontal=True, vertical_alignment="top", gap="small", wrap=False):
            st.html(head_html(issue), width="stretch")
            st.button(
                "", key="close-issue", on_click=acts.close_issue, icon=":material/close:", type="tertiary",
                help="Close",
            )  # fmt: skip
        draw_decisions(
            shared,
            Asked(
                1,
                lambda: {issue.id: issue.version},
                "one",
                standing=issue.is_standing,
                decided=issue.status in DECIDED,
                behind=issue.enhancement_id is not None,
            ),
        )
        if issue.enhancement_id is not None:
            st.button(
                f"Behind enhancement #{issue.enhancement_id}",
                key=f"go-enhancement-{issue.enhancement_id}",
                icon=":material/link:",
                type="tertiary",
                on_click=partial(open_item_page, issue.enhancement_id),
            )
        code = read(shared, excerpt, issue_id, shared.settings.repo_path)
        if code is not None:
            st.html(excerpt_html(code, issue.scope))
        st.html(body_html(issue, catalogue().explain(issue.rule), now))
        _draw_ways_on(issue)


def _draw_ways_on(issue: Issue) -> None:
    with st.container(horizontal=True, gap="small", key="issue-ways"):
        st.button(
            f"All of the rule {shortened(issue.rule, 40)}",
            key="go-same-rule",
            type="tertiary",
            on_click=partial(acts.show_issues, rule=[issue.rule], group=["List"]),
        )
        if issue.file_path:
            st.button(
                "All in this file",
                key="go-same-file",
                type="tertiary",
                on_click=partial(acts.show_issues, path=[issue.file_path], group=["List"]),
            )


def head_html(issue: Issue) -> str:
    """What it is and where, as safe HTML."""
    marks = [f"{SEVERITY_MARKS[issue.severity]} {label(issue.severity)}", label(issue.issue_type)]
    if issue.regressed:
        marks.append("↩ Back again")
    if issue.status is not IssueStatus.OPEN:
        marks.append(STATUS_WORDS[issue.status])
    told = "".join(f'<span class="state sev-{issue.severity}">{escape(marks[0])}</span>' if not place else
                   f'<span class="state">{escape(mark)}</span>' for place, mark in enumerate(marks))  # fmt: skip
    place = f'<p class="issue-place">{escape(issue.place)}</p>' if issue.place else ""
    return (
        f'<section class="issue" aria-label="Issue {issue.id}"><p class="issue-marks">{told}</p>'
        f"<h3>{escape(issue.title)}</h3>{place}</section>"
    )


def excerpt_html(found: Excerpt, scope: str) -> str:
    """Lines of code with their numbers, as safe HTML; those that the issue is about are marked."""
    first = found.first_line
    rows = "".join(
        f"<li{' class=marked' if place in found.marked else ''}>"
        f'<span aria-hidden="true">{"" if first is None else first + place}</span>'
        f"<code>{escape(line) or ' '}</code></li>"
        for place, line in enumerate(found.lines)
    )
    told = f"<figcaption>in {escape(shortened(scope, 120))}</figcaption>" if scope else ""
    return f'<figure class="excerpt" tabindex="0" aria-label="Code"><ol>{rows}</ol>{told}</figure>'


def body_html(issue: Issue, said: Explanation | None, now: datetime) -> str:
    """What the tool said, what the rule means and what helps, and the facts, as safe HTML."""
    parts = []
    if issue.message and issue.message != issue.title:
        parts.append(f"<p>{escape(shortened(issue.message, LONGEST_MESSAGE))}</p>")
    if said is not None and said.why:
        parts.append(f"<h4>Why it matters</h4><p>{escape(said.why)}</p>")
    if said is not None and said.remedy:
        parts.append(f"<h4>What helps</h4><p>{escape(said.remedy)}</p>")
    facts = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts_of(issue, now)
    )
    return f'<section class="issue">{"".join(parts)}<dl>{facts}</dl></section>'


def facts_of(issue: Issue, now: datetime) -> list[tuple[str, str]]:
    """What is known of an issue beside its code, each with its name."""
    facts = [("Rule", f"{issue.rule}, by {label(issue.checker).lower()}")]
    if issue.cwe:
        facts.append(("Weakness", issue.cwe))
    if issue.effort_minutes is not None:
        facts.append(("Repair", f"about {effort(issue.effort_minutes)}"))
    if issue.auto_fixable:
        facts.append(("Automatic fix", "possible"))
    seen = f"{ago(issue.first_detected_at, now)}, seen by {counted(issue.occurrence_count, 'check')}"
    facts.append(("Found first", seen))
    if issue.introduced_commit:
        when = f", {ago(issue.introduced_at, now)}" if issue.introduced_at else ""
        by = f" by {issue.introduced_by}" if issue.introduced_by else ""
        facts.append(("Came with", f"commit {issue.introduced_commit[:10]}{by}{when}"))
    if issue.resolved_at is not None:
        facts.append(("Gone since", ago(issue.resolved_at, now)))
    if issue.regressions:
        facts.append(("Came back", f"{issue.regressions}×" if issue.regressions > 1 else "once"))
    if issue.status_by is not None and issue.status in DECIDED:
        when = f", {ago(issue.status_at, now)}" if issue.status_at else ""
        until = f", until {issue.status_until.day} {issue.status_until:%b %Y}" if issue.status_until else ""
        facts.append((STATUS_WORDS[issue.status], f"by {issue.status_by}{when}{until}"))
    if issue.status_reason:
        facts.append(("Because", issue.status_reason))
    if issue.feature_area:
        facts.append(("Area", issue.feature_area))
    return [(name, shortened(value, 400)) for name, value in facts]
