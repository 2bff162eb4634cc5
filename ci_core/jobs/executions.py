"""Carrying out the work of one attempt: in a thread of the worker, or watching over a process of its own."""

from __future__ import annotations

import contextvars
import ctypes
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ci_core.jobs.context import Cancelled, JobContext, RunTaken
from ci_core.jobs.failures import Failure, classify
from ci_core.logs import get_logger, run_context

# How long a job has to end by itself once it was told to.
GRACE_SECONDS = 5.0

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How the work ended: exactly one of these is so.

    Attributes:
        counts: what it gave, as JSON text; it is done.
        failure: what went wrong.
        killed: how its process died, in words.
        cancelled: it was told to end, and did.
        taken: the run is somebody else's; nothing is to be said about it.
    """

    counts: str | None = None
    failure: Failure | None = None
    killed: str | None = None
    cancelled: bool = False
    taken: bool = False


class Execution(Protocol):
    """The work of one attempt, under way."""

    def run(self) -> Ended:
        """Do it; blocks until it has ended. Raises nothing."""
        ...

    def end(self) -> None:
        """Tell it to end, from another thread; what does not obey is ended by force as far as that can be done."""
        ...


def as_json(counts: Mapping[str, Any] | None) -> str:
    """What a job gave, as the run keeps it."""
    return json.dumps(dict(counts or {}), default=str, allow_nan=False).replace("\\u0000", "")


def carry_out(context: JobContext) -> Ended:
    """Call the work of the kind with its context, here and now; tell how it ended. Raises nothing."""
    with run_context(context.run_id, context.attempt):
        try:
            return Ended(counts=as_json(context.kind.load()(context)))
        except Cancelled:
            return Ended(cancelled=True)
        except RunTaken:
            return Ended(taken=True)
        except Exception as error:  # noqa: BLE001 - whatever a job raises is told as its failure
            failure = classify(error)
            level = _log.error if failure.counted else _log.warning
            level("job_failed", kind=context.kind.name, error_kind=failure.kind, exc_info=failure.kind == "code")
            return Ended(failure=failure)


class InThread:
    """Work in a thread of the worker. It is told to end by its context; one that does not look is interrupted."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._thread: int | None = None
        self._over = threading.Lock()

    def run(self) -> Ended:
        """See `Execution.run`."""
        self._thread = threading.get_ident()
        try:
            ended = contextvars.copy_context().run(carry_out, self._context)
            with self._over:
                self._thread = None
            return ended
        except Cancelled:  # the interruption came when the work had just ended
            return Ended(cancelled=True)

    def end(self) -> None:
        """See `Execution.end`; Python code is interrupted after the grace, a call into C when it comes back."""
        self._context.cancelled.set()
        deadline = time.monotonic() + GRACE_SECONDS
        while self._thread is not None and time.monotonic() < deadline:
            time.sleep(0.05)
        with self._over:
            if self._thread is not None:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(Cancelled))


def in_background(work: Callable[[], Any], name: str) -> threading.Thread:
    """Do it in a thread that keeps no process alive."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread
