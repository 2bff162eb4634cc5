"""The steps and the log of a run as tables of safe HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Any

from ci_core.runs import Step
from ci_core.runs.history import LogLine
from db.enums import LogLevel, StepStatus
from pages.widgets.agents.words import lasting
from pages.widgets.text import shortened

STEP_STATES = {
    StepStatus.WAITING: ("○", "waits", "calm"),
    StepStatus.RUNNING: ("▶", "runs", "busy"),
    StepStatus.COMPLETED: ("✓", "done", "well"),
    StepStatus.DEGRADED: ("◐", "in part", "odd"),
    StepStatus.FAILED: ("✕", "failed", "bad"),
    StepStatus.SKIPPED: ("»", "left out", "calm"),
    StepStatus.CANCELLED: ("–", "cancelled", "calm"),
}
COMMAND = re.compile(r"`([^`]+)`")
LOG_LOOKS = {LogLevel.WARNING: "odd", LogLevel.ERROR: "bad", LogLevel.CRITICAL: "bad"}


def told_html(words: str) -> str:
    """A sentence of our own as safe HTML, with what stands between backticks as a command."""
    return COMMAND.sub(r"<code>\1</code>", escape(words))


def counts_in_words(counts: Mapping[str, Any]) -> str:
    """What was done: "12 new, 3 duplicate"; what is neither number nor word is left out, and so is a 0 beside more."""
    numbers = {
        name: value for name, value in counts.items() if isinstance(value, int | float) and not isinstance(value, bool)
    }
    some = {name: value for name, value in numbers.items() if value} or numbers
    told = [f"{value:,} {name.replace('_', ' ')}" for name, value in some.items()]
    told += [
        f"{name.replace('_', ' ')} {shortened(value, 60)}" for name, value in counts.items() if isinstance(value, str)
    ]
    return ", ".join(told)


def steps_html(steps: Sequence[Step], now: datetime) -> str:
    """The steps, in the order in which they began."""
    rows = "".join(_step_row(step, now) for step in steps)
    return (
        '<div class="agents-table"><table><caption>Steps</caption><thead><tr><th scope="col">Step</th>'
        '<th scope="col">State</th><th scope="col">Took</th><th scope="col">Did</th><th scope="col">Says</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _step_row(step: Step, now: datetime) -> str:
    mark, word, look = STEP_STATES[step.status]
    took = "–" if step.status is StepStatus.WAITING else lasting((step.ended_at or now) - step.started_at)
    return (
        f'<tr><th scope="row">{escape(step.name)}</th>'
        f'<td><span class="state {look}"><i aria-hidden="true">{mark}</i> {word}</span></td>'
        f"<td>{escape(took)}</td><td>{escape(counts_in_words(step.counts) or '–')}</td>"
        f"<td>{escape(step.message or '–')}</td></tr>"
    )


def log_html(lines: Sequence[LogLine], zone: tzinfo) -> str:
    """What a run said, oldest line first."""
    rows = "".join(_log_row(line, zone) for line in lines)
    return (
        '<div class="agents-table log"><table><thead><tr><th scope="col">Time</th><th scope="col">Level</th>'
        f'<th scope="col">Event</th><th scope="col">With</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _log_row(line: LogLine, zone: tzinfo) -> str:
    fields = " ".join(f"{name}={value}" for name, value in line.fields.items())
    look = LOG_LOOKS.get(line.level, "calm")
    attempt = f" <small>attempt {line.attempt}</small>" if line.attempt > 1 else ""
    return (
        f"<tr><td>{line.logged_at.astimezone(zone):%H:%M:%S}{attempt}</td>"
        f'<td><span class="state {look}">{line.level.value}</span></td>'
        f'<th scope="row">{escape(line.event)}</th><td>{escape(shortened(fields, 600))}</td></tr>'
    )
