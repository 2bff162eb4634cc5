"""The first line of the page: is the sidecar alive, how much runs and waits, what is due next, and what is wrong."""

from __future__ import annotations

from datetime import datetime
from html import escape

import streamlit as st

from ci_core.jobs.overview import JobsOverview
from pages.widgets.agents.words import from_now, lasting
from pages.widgets.text import as_text, shortened

START = "python -m ci_core scheduler start"
MOST_HOSTS = 3


def draw_state(seen: JobsOverview, now: datetime) -> None:
    """Draw the line, and below it what stands in the way, with the remedy."""
    st.html(state_html(seen, now))
    if not seen.living:
        _draw_problem(
            "Nothing carries out jobs: no sidecar runs. What is due waits for it, and nothing is lost. Start it with:",
            START,
        )
        return
    if seen.late_since is not None:
        _draw_problem(
            f"Nothing starts what is due: no clock ticks, for {lasting(now - seen.late_since)} now. Start one with:",
            START,
        )
    for queue in seen.unserved:
        _draw_problem(
            f"No worker takes the queue “{as_text(queue.name)}”, in which {queue.waiting:,} wait. Start one with:",
            f"python -m ci_core worker --queues {queue.name}",
        )


def _draw_problem(words: str, command: str) -> None:
    with st.container(key=f"agents-problem-{command.replace(' ', '-')}", gap="xsmall"):
        st.warning(words, icon=":material/power_off:")
        st.code(command, language=None)


def state_html(seen: JobsOverview, now: datetime) -> str:
    """The line as safe HTML: a list of facts, each a number and its word."""
    facts = [
        _alive(seen),
        ("", f"{seen.running_count:,}", "running" if seen.running_count else "runs"),
        ("", f"{seen.waiting_count:,}", "waiting"),
    ]
    if seen.running_count == 0:
        facts[1] = ("", "Nothing", "runs")
    if seen.waiting_count == 0:
        facts.pop()
    if seen.next_due is not None:
        facts.append(("", "Next", f"{shortened(seen.next_due.name, 40)} {from_now(seen.next_due.due_at, now)}"))
    if seen.failed:
        facts.append(("bad", f"✕ {seen.failed:,}", "failed today"))
    items = "".join(f'<li class="{look}"><b>{escape(lead)}</b> {escape(rest)}</li>' for look, lead, rest in facts)
    return f'<ul class="agents-line" aria-label="State of the sidecar">{items}</ul>'


def _alive(seen: JobsOverview) -> tuple[str, str, str]:
    if not seen.living:
        return "bad", "✕ Stopped", ""
    hosts = [shortened(host, 30) for host in seen.hosts[:MOST_HOSTS]]
    more = len(seen.hosts) - len(hosts)
    named = ", ".join(hosts) + (f" and {more} more" if more else "")
    troubled = seen.late_since is not None or bool(seen.unserved)
    return ("odd", "◐ In part", f"on {named}") if troubled else ("well", "✓ Alive", f"on {named}")
