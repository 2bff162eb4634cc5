"""What kinds of jobs there are: for each, who carries it out, how long it may take, what of it may run at once."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ci_core.errors import NotFound

if TYPE_CHECKING:
    from ci_core.jobs.context import JobContext

Parameters = Mapping[str, Any]
Work = Callable[["JobContext"], Mapping[str, Any] | None]

# What a person clicked goes before what the clock started.
CLICKED, SCHEDULED = 10, 0


class Isolation(StrEnum):
    """Where a job is carried out.

    A process of its own can be cancelled and ended at any moment, may need much memory, and can take nobody with it;
    a thread of the worker starts at once, and suits what is short and our own.
    """

    PROCESS = "process"
    THREAD = "thread"


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed job is tried again, and when: the wait doubles from the first to the longest.

    Attributes:
        attempts: how many attempts there are in all; 1 for none but the first.
        first_wait_seconds, longest_wait_seconds: between attempts, where the error itself does not say how long.
    """

    attempts: int = 5
    first_wait_seconds: float = 10.0
    longest_wait_seconds: float = 3600.0


def _no_key(_parameters: Parameters) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class JobKind:
    """One kind of job; a new one is one entry of a registry.

    Attributes:
        name: as in `ci_automation_runs.run_type`, for example "research_scan".
        agent: who carries it out: figures are summed up by agent, and it acts as "agent:<agent>".
        title: what people call it.
        queue: which workers take it.
        work: the function that does it, as "package.module:function"; loaded where it is needed.
        key: of the jobs with the same key, at most one is open (waiting or running); None for no such limit.
        time_limit_seconds: it is ended after this, and counts as failed.
        most_at_once: so many of this kind run at once on all machines together; None for no limit.
        memory_limit_mib: its process is ended above this; None for no limit. Only for `Isolation.PROCESS`.
    """

    name: str
    agent: str
    title: str
    queue: str
    work: str
    key: Callable[[Parameters], str | None] = _no_key
    time_limit_seconds: float = 600.0
    priority: int = SCHEDULED
    most_at_once: int | None = None
    memory_limit_mib: int | None = None
    isolation: Isolation = Isolation.PROCESS
    retry: Retry = field(default_factory=Retry)

    def load(self) -> Work:
        """The function that does it. Raises ImportError or AttributeError where the entry is wrong."""
        module, _, name = self.work.partition(":")
        found: Work = getattr(importlib.import_module(module), name)
        return found


class Kinds(Mapping[str, JobKind]):
    """The kinds that a program knows, by name."""

    def __init__(self, kinds: Iterable[JobKind]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def __getitem__(self, name: str) -> JobKind:
        """The kind of this name. Raises NotFound."""
        try:
            return self._kinds[name]
        except KeyError:
            known = ", ".join(sorted(self._kinds)) or "none"
            raise NotFound(f"There is no kind of job “{name}”. There are: {known}.") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def __contains__(self, name: object) -> bool:
        return name in self._kinds

    @property
    def queues(self) -> tuple[str, ...]:
        """Every queue that a kind names."""
        return tuple(sorted({kind.queue for kind in self._kinds.values()}))


def load_kinds(path: str) -> Kinds:
    """The kinds at "package.module:name". Raises ImportError or AttributeError where there are none."""
    module, _, name = path.partition(":")
    found: Kinds = getattr(importlib.import_module(module), name)
    return found
