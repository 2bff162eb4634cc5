"""Who carries jobs out, and what waits for them, queue by queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape

import streamlit as st

from ci_core.jobs import KINDS
from ci_core.jobs.overview import JobsOverview, QueueNow, WorkerNow
from db.enums import WorkerState
from pages.widgets.agents.state_line import START
from pages.widgets.agents.words import kind_title, lasting

MORE = "python -m ci_core worker --queues research --concurrency 4"


def draw_workers(seen: JobsOverview, now: datetime) -> None:
    """Draw the workers and the queues as tables."""
    if not seen.workers:
        with st.container(border=True, width=640, key="nothing-yet"):
            st.markdown("##### No worker yet")
            st.markdown("The sidecar brings one, and a clock. `python run.py` starts it by itself; alone, it is:")
            st.code(START, language=None)
    else:
        st.html(workers_html(seen.workers, now))
    st.html(queues_html(all_queues(seen), seen.workers, now))
    with st.expander("More workers, on more machines", icon=":material/add:"):
        st.markdown("Start as many as you like, on any machine that reaches this database (`DATABASE_URL`):")
        st.code(MORE, language=None)
        st.markdown("They share the work by themselves. One that dies loses nothing: its jobs begin again elsewhere.")


def all_queues(seen: JobsOverview) -> list[QueueNow]:
    """Every queue that a kind of job names, also those in which nothing is open."""
    known = {queue.name: queue for queue in seen.queues}
    names = sorted({*KINDS.queues, *known})
    return [known.get(name, QueueNow(name, 0, 0, 0, None)) for name in names]


def workers_html(workers: Sequence[WorkerNow], now: datetime) -> str:
    """The workers as a table of safe HTML."""
    rows = "".join(_worker_row(worker, now) for worker in workers)
    return (
        '<div class="agents-table"><table><caption>Workers</caption><thead><tr><th scope="col">Machine</th>'
        '<th scope="col">State</th><th scope="col">Jobs now</th><th scope="col">Takes</th><th scope="col">Clock</th>'
        f'<th scope="col">Since</th><th scope="col">Version</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _worker_row(worker: WorkerNow, now: datetime) -> str:
    mark, word, look = state_of(worker)
    takes = "every queue" if worker.queues is None else ", ".join(worker.queues)
    cells = (
        f'<th scope="row">{escape(worker.host)} <small>process {worker.pid}</small></th>',
        f'<td><span class="state {look}"><i aria-hidden="true">{mark}</i> {escape(word)}</span></td>',
        f"<td>{worker.running} of {worker.concurrency}</td>",
        f"<td>{escape(takes)}</td>",
        f"<td>{'ticks' if worker.has_clock and worker.is_alive else '–'}</td>",
        f"<td>{escape(lasting(now - worker.started_at))}</td>",
        f"<td>{escape(worker.version or '–')}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"


def state_of(worker: WorkerNow) -> tuple[str, str, str]:
    """Mark, word and look of how a worker does."""
    if not worker.is_alive:
        return "✕", f"silent for {lasting(timedelta(seconds=worker.silent_seconds))}", "bad"
    if worker.state is WorkerState.STOPPING:
        return "◐", "ends after its jobs", "odd"
    return "✓", "alive", "well"


def queues_html(queues: Sequence[QueueNow], workers: Sequence[WorkerNow], now: datetime) -> str:
    """The queues as a table of safe HTML."""
    rows = "".join(_queue_row(queue, workers, now) for queue in queues)
    return (
        '<div class="agents-table"><table><caption>Queues</caption><thead><tr><th scope="col">Queue</th>'
        '<th scope="col">Running</th><th scope="col">Waiting</th><th scope="col">Later</th>'
        '<th scope="col">Oldest waits</th><th scope="col">Workers</th><th scope="col">Its jobs</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _queue_row(queue: QueueNow, workers: Sequence[WorkerNow], now: datetime) -> str:
    takers = sum(worker.takes(queue.name) for worker in workers)
    kinds = ", ".join(kind_title(kind.name) for kind in KINDS.values() if kind.queue == queue.name)
    nobody = '<span class="state bad"><i aria-hidden="true">✕</i> none</span>'
    cells = (
        f'<th scope="row">{escape(queue.name)}</th>',
        f"<td>{queue.running:,}</td><td>{queue.waiting:,}</td><td>{queue.later:,}</td>",
        f"<td>{'–' if queue.oldest_at is None else escape(lasting(now - queue.oldest_at))}</td>",
        f"<td>{takers or (nobody if queue.waiting else 'none')}</td>",
        f"<td>{escape(kinds or '–')}</td>",
    )
    return f"<tr>{''.join(cells)}</tr>"
