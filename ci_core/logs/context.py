"""What every line says beside its own fields: of which run it is, and of which attempt."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_bound: ContextVar[Mapping[str, Any] | None] = ContextVar("ci_log_context", default=None)


def context() -> Mapping[str, Any]:
    """The fields that lines get here and now."""
    return _bound.get() or {}


@contextmanager
def bound(**fields: object) -> Iterator[None]:
    """While the block runs, every line of this thread (or task) has these fields too."""
    before = _bound.set({**context(), **fields})
    try:
        yield
    finally:
        _bound.reset(before)


@contextmanager
def run_context(run_id: int, attempt: int = 0) -> Iterator[None]:
    """While the block runs, every line says that it is this run's, and goes to its log as well."""
    with bound(run_id=run_id, attempt=attempt):
        yield


def in_context(function: Callable[P, R]) -> Callable[P, R]:
    """The function as a thread can call it with the fields of here and now; each result is for one call at a time."""
    here = copy_context()

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        return here.run(function, *args, **kwargs)

    return call
