"""Jobs: what agents do by themselves. Procrastinate is the queue, our own tables say when and what came of it."""

from ci_core.jobs.context import Cancelled, JobContext, RunTaken
from ci_core.jobs.enqueue import Enqueued, NotOpen, cancel_run, enqueue, retry_run
from ci_core.jobs.kinds import Isolation, JobKind, Kinds, Retry
from ci_core.jobs.registry import KINDS

__all__ = [
    "KINDS",
    "Cancelled",
    "Enqueued",
    "Isolation",
    "JobContext",
    "JobKind",
    "Kinds",
    "NotOpen",
    "Retry",
    "RunTaken",
    "cancel_run",
    "enqueue",
    "retry_run",
]
