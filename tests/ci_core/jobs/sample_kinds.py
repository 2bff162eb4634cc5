"""Kinds of jobs for tests of the engine: each does one thing that goes well, wrong, or on for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from ci_core.errors import SiteLimited, SiteRefused, SiteUnreachable
from ci_core.jobs import Cancelled, Isolation, JobContext, JobKind, Kinds, Retry
from ci_core.jobs.context import utc_now

HERE = __name__


def nothing(_context: JobContext) -> None:
    """Does nothing."""


def add(context: JobContext) -> Mapping[str, Any]:
    """Adds up its numbers, once."""
    counts = context.once("add", lambda _session: {"sum": sum(context.parameters["numbers"])})
    return {**counts, "pid": os.getpid(), "asked_by": context.asked_by, "attempt": context.attempt}


def fail(context: JobContext) -> None:
    """Fails in the way that it is told, until an attempt of the number that it is told."""
    if context.attempt >= context.parameters.get("until", 1_000):
        return
    how = context.parameters["how"]
    if how == "limited":
        raise SiteLimited("Reddit", "wait", status=429, retry_at=utc_now() + timedelta(seconds=3600))
    if how == "refused":
        raise SiteRefused("Reddit", "wrong key", status=401)
    if how == "unreachable":
        raise SiteUnreachable("Reddit", "no answer")
    raise RuntimeError("a bug")


def die(context: JobContext) -> Mapping[str, Any]:
    """Kills its own process, until an attempt of the number that it is told."""
    if context.attempt < context.parameters.get("until", 1_000):
        os.kill(os.getpid(), signal.SIGKILL)
    return {"attempt": context.attempt}


def sleep(context: JobContext) -> Mapping[str, Any]:
    """Sleeps, in its process or thread, and says when it began; tells when it is interrupted."""
    note(context, "began")
    try:
        deadline = time.monotonic() + context.parameters.get("seconds", 60)
        while time.monotonic() < deadline:
            time.sleep(0.02)
            context.check()
    except Cancelled:
        note(context, "interrupted")
        raise
    note(context, "slept")
    return {"slept": 1}


def stubborn(context: JobContext) -> None:
    """Does not end when it is told to, and has a child of its own that does not either."""
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    note(context, f"child {sleeper.pid}")
    while True:
        try:
            time.sleep(300)
        except Cancelled:
            note(context, "heard")


def eat(context: JobContext) -> None:
    """Takes more memory than it may."""
    note(context, "began")
    eaten = bytearray(400 * 2**20)
    time.sleep(60)
    del eaten


def effect(context: JobContext) -> Mapping[str, Any]:
    """Has one effect, which a second attempt would double if it were not held back; takes a moment."""

    def work(session: Any) -> Mapping[str, Any]:
        session.execute(text("INSERT INTO effects (run_id, attempt) VALUES (:r, :a)"), {"r": context.run_id, "a": 1})
        return {"done": 1}

    time.sleep(context.parameters.get("seconds", 0))
    return context.once("effect", work)


def odd(_context: JobContext) -> Mapping[str, Any]:
    """Gives what no JSON can hold."""
    return {"number": float("nan")}


def note(context: JobContext, what: str) -> None:
    """Write a line into the file that a test reads."""
    if "notes" in context.parameters:
        with Path(context.parameters["notes"]).open("a") as file:
            file.write(f"{what} {context.run_id} {context.attempt} {os.getpid()}\n")


QUICK = Retry(attempts=3, first_wait_seconds=0.1, longest_wait_seconds=0.2)


# No two lines alike, so that nothing is compressed away.
FILL = {
    "table": "CREATE UNLOGGED TABLE filled AS SELECT string_agg(md5(random()::text), '') AS line "
    "FROM generate_series(1, :mib * 32768) n GROUP BY n % 400",
    "log": "SELECT pg_logical_emit_message(true, 'tests', repeat('x', 1048576)) FROM generate_series(1, :mib)",
}


def fill(context: JobContext) -> None:
    """Writes so many MiB, once: into a table alone, or into the log that the database writes ahead of its tables."""
    statement, values = text(FILL[context.parameters["how"]]), {"mib": context.parameters["mib"]}
    context.once("fill", lambda session: {"rows": session.execute(statement, values).rowcount})


def kind(name: str, work: str = "", **options: Any) -> JobKind:
    options = {"isolation": Isolation.THREAD, "retry": QUICK, "queue": "samples", **options}
    return JobKind(name=name, agent="tests", title=name, work=f"{HERE}:{work or name}", **options)


KINDS = Kinds(
    [
        kind("nothing"),
        kind("add"),
        kind("add_apart", "add", isolation=Isolation.PROCESS),
        kind("fail"),
        kind("keyed", "fail", key=lambda parameters: parameters["key"]),
        kind("fail_apart", "fail", isolation=Isolation.PROCESS),
        kind("die", isolation=Isolation.PROCESS),
        kind("die_with_worker", "die"),
        kind("sleep"),
        kind("sleep_apart", "sleep", isolation=Isolation.PROCESS),
        kind("hang", "sleep", time_limit_seconds=0.5, retry=Retry(attempts=1)),
        kind("hang_apart", "sleep", time_limit_seconds=1.0, retry=Retry(attempts=1), isolation=Isolation.PROCESS),
        kind("stubborn", isolation=Isolation.PROCESS),
        kind("eat", isolation=Isolation.PROCESS, memory_limit_mib=300),
        kind("odd"),
        kind("two_at_once", "sleep", most_at_once=2),
        kind("effect"),
        kind("effect_apart", "effect", isolation=Isolation.PROCESS),
        kind("fill"),
        kind("other_queue", "nothing", queue="others"),
    ]
)
PATH = f"{HERE}:KINDS"
