"""Every kind of the registry can be carried out, and says with what it may not be started twice."""

from __future__ import annotations

import inspect

import pytest

from ci_core.jobs import KINDS, Isolation, JobKind
from ci_core.jobs.default_schedules import DEFAULT_SCHEDULES

EVERY = [pytest.param(kind, id=kind.name) for kind in KINDS.values()]


@pytest.mark.parametrize("kind", EVERY)
def test_its_work_takes_a_context_alone(kind: JobKind) -> None:
    first, *rest = inspect.signature(kind.load()).parameters.values()

    assert first.name == "context"
    assert all(parameter.default is not inspect.Parameter.empty for parameter in rest)


@pytest.mark.parametrize("kind", EVERY)
def test_one_key_stands_for_the_same_work(kind: JobKind) -> None:
    one, other = {"source_id": 1}, {"source_id": 2}

    assert kind.key(one) == kind.key(dict(one))
    assert (kind.key(one) != kind.key(other)) == (kind.name == "research_scan")
    assert kind.key(one) is not None


@pytest.mark.parametrize("kind", EVERY)
def test_it_ends_some_day_and_is_not_tried_for_ever(kind: JobKind) -> None:
    assert 60 <= kind.time_limit_seconds <= 2 * 3600
    assert 1 <= kind.retry.attempts <= 5
    assert kind.memory_limit_mib is None or kind.isolation is Isolation.PROCESS


def test_no_two_kinds_share_a_key() -> None:
    keys = [kind.key({"source_id": 1}) for kind in KINDS.values()]

    assert len(set(keys)) == len(keys)


def test_every_default_schedule_has_its_kind() -> None:
    assert {schedule.kind for schedule in DEFAULT_SCHEDULES} <= set(KINDS)
