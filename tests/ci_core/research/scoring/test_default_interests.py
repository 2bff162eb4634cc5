"""A new installation knows what an options team wants; what people decide about it stays."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from ci_core.research.scoring import ensure_default_interests
from ci_core.research.scoring.default_interests import INTERESTS, UNWANTED, default_keywords
from ci_core.research.scoring.words import phrase_of
from db.enums import InterestKind
from db.tables import Interest


def test_interests_keywords_and_unwanted_texts_are_filled_in(session: Session) -> None:
    added = ensure_default_interests(session, "tess")

    counted = dict(map(tuple, session.execute(select(Interest.kind, func.count()).group_by(Interest.kind))))
    assert counted == {
        InterestKind.INTEREST: len(INTERESTS),
        InterestKind.KEYWORD: len(default_keywords()),
        InterestKind.UNWANTED: len(UNWANTED),
    }
    assert added == sum(counted.values())
    assert session.scalar(select(Interest.created_by).limit(1)) == "tess"


def test_second_time_adds_nothing_and_changes_nothing(session: Session) -> None:
    ensure_default_interests(session, "tess")
    session.execute(update(Interest).values(enabled=False, weight=0.5))

    assert ensure_default_interests(session, "tess") == 0
    assert session.scalar(select(func.count()).where(Interest.enabled)) == 0


def test_deleted_interests_do_not_come_back(session: Session) -> None:
    ensure_default_interests(session, "tess")
    session.execute(delete(Interest))

    assert ensure_default_interests(session, "tess") == 0


def test_every_default_keyword_can_be_found_and_none_is_there_twice() -> None:
    phrases = [phrase_of(word) for word in default_keywords()]

    assert all(phrases)
    assert len(set(phrases)) == len(phrases), [phrase for phrase in set(phrases) if phrases.count(phrase) > 1]
