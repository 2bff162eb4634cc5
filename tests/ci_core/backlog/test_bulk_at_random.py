"""Whatever is changed of many at once comes out as if it had been changed of one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import NewEnhancement, add_dependency, create_enhancements, update_enhancement
from ci_core.backlog.bulk import change_many
from ci_core.errors import CiError

# Scores that follow from others' steps may be written once instead of step by step.
STATE = (
    "SELECT to_jsonb(e) - '{version,search_vector}'::text[] FROM ci_enhancements e WHERE id = ANY (:ids) ORDER BY id"
)
ENDED = {"completed", "archived", "rejected"}
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["Crash", "Data loss"]),
        "status": st.sampled_from(["proposed", "approved", "completed", "blocked", "archived", "rejected"]),
        "priority": st.sampled_from(["critical", "low"]),
        "complexity": st.sampled_from([None, "epic"]),
        "estimated_hours": st.sampled_from([None, 0.25, 1000]),
        "completion_percentage": st.sampled_from([0, 50, 100]),
        "assignee": st.sampled_from([None, "Ada"]),
        "tags": st.lists(st.sampled_from("abc"), max_size=3),
        "predicted_impact": st.sampled_from([None, {"a": [1, 2.5, None]}]),
    },
).filter(bool)
CARDS = st.lists(
    st.tuples(
        st.sampled_from(["proposed", "approved", "in_progress", "blocked", "completed", "rejected"]),
        st.sampled_from(["critical", "medium", "low"]),
        st.one_of(st.none(), st.fixed_dictionaries({"assignee": st.sampled_from(["Ada", "Bob"])}), CHANGES),
        st.booleans(),  # whether the version that was seen is named
        st.booleans(),  # whether it waits for the card before
    ),
    min_size=1,
    max_size=6,
)


@given(cards=CARDS, changes=CHANGES, reason=st.sampled_from([None, "Done by hand"]))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_many_at_once_equal_one_after_the_other(
    session: Session, cards: list[tuple[Any, ...]], changes: Mapping[str, Any], reason: str | None
) -> None:
    with session.begin_nested() as whole:
        news = [NewEnhancement(title="Wish", status=status, priority=priority) for status, priority, *_ in cards]
        made = create_enhancements(session, news, actor="tess")
        for before, after, card in zip(made, made[1:], cards[1:], strict=False):
            # What ends together with its blocker does not come up first, as it would step by step.
            if card[4] and changes.get("status") not in ENDED:
                add_dependency(session, after.id, before.id, "blocked_by", actor="tess")
        seen = [(one.id, one.version if card[3] else None) for one, card in zip(made, cards, strict=True)]
        for one, card in zip(made, cards, strict=True):
            if card[2]:
                _try(session, one.id, card[2], None, "bob", "Because")
        session.execute(text("SELECT set_config('ci.reason', '', true)"))

        with session.begin_nested() as apart:
            one_by_one = [_try(session, item, changes, version, "tess", reason) for item, version in seen]
            expected = _state(session, seen)
            apart.rollback()
        with session.begin_nested() as together:
            result = change_many(session, seen, changes, actor="tess", reason=reason)
            found = _state(session, seen)
            together.rollback()
        whole.rollback()

    assert [problem.message for problem in result.problems] == [told for told in one_by_one if told]
    assert found == expected


def _try(
    session: Session, item: int, changes: Mapping[str, Any], version: int | None, actor: str, reason: str | None
) -> str | None:
    try:
        with session.begin_nested():
            update_enhancement(session, item, changes, expected_version=version, actor=actor, reason=reason)
    except CiError as problem:
        return str(problem)
    return None


def _state(session: Session, seen: list[tuple[int, int | None]]) -> list[Any]:
    return list(session.scalars(text(STATE), {"ids": [item for item, _ in seen]}).all())
