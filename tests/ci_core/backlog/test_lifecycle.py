from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci_core.backlog import TRANSITIONS, allowed_transitions, check_transition
from ci_core.errors import NotAllowed
from db.enums import Status

statuses = st.sampled_from(Status)


def test_the_straight_way_from_proposal_to_completion_is_open() -> None:
    way = [Status.PROPOSED, Status.APPROVED, Status.IN_PROGRESS, Status.COMPLETED, Status.ARCHIVED]

    for old, new in pairwise(way):
        check_transition(old, new)


@pytest.mark.parametrize("closed", [Status.COMPLETED, Status.REJECTED, Status.DEFERRED, Status.ARCHIVED])
def test_what_is_closed_can_be_reopened(closed: Status) -> None:
    assert set(allowed_transitions(closed)) & {Status.PROPOSED, Status.APPROVED, Status.IN_PROGRESS}


@pytest.mark.parametrize("old", [Status.PROPOSED, Status.DEFERRED, Status.REJECTED, Status.ARCHIVED])
def test_what_nobody_has_accepted_cannot_be_completed(old: Status) -> None:
    with pytest.raises(NotAllowed):
        check_transition(old, Status.COMPLETED)


def test_a_refused_step_names_both_columns_and_the_way_out() -> None:
    with pytest.raises(NotAllowed, match=r"Rejected cannot become Completed directly.* Proposed, Approved, Archived"):
        check_transition(Status.REJECTED, Status.COMPLETED)


@given(statuses)
def test_staying_is_no_step(status: Status) -> None:
    check_transition(status, status)

    assert status not in TRANSITIONS[status]


@given(statuses, statuses)
def test_the_table_and_the_check_agree(old: Status, new: Status) -> None:
    try:
        check_transition(old, new)
        accepted = True
    except NotAllowed:
        accepted = False

    assert accepted is (new == old or new in allowed_transitions(old))


def test_every_status_can_be_reached_and_left() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert set().union(*TRANSITIONS.values()) == set(Status)
    assert all(TRANSITIONS.values())
