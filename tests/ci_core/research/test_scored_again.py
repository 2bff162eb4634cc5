"""What no chat model answered about is asked about again with the next scan, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ci_core.research.pipeline import score_again, take_in
from ci_core.research.values import NormalItem, Score, Vector
from db.engine import Database
from tests.ci_core.research.standins import NOW, Marks, an_intake, an_item, as_person, findings


@dataclass
class Chat:
    """A chat model that may be down, or refuses titles with a word; then this machine's score of 30 counts."""

    down: bool = False
    refuses: str = "never"
    name: str = "chat"
    asked: list[str] = field(default_factory=list)

    def score(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Score]:
        """One score each."""
        self.asked += [item.title for item in items]
        found = Marks().score(items, vectors)
        return [
            replace(one, relevance=30.0, details={"chat_failed": {"chat": "429"}})
            if self.down or self.refuses in item.title
            else replace(one, relevance=90.0, scored_by="chat")
            for item, one in zip(items, found, strict=True)
        ]


@pytest.fixture(scope="module")
def kept_database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """A database of this file: a new one for each test would take longer than the tests."""
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def database(kept_database: Database) -> Database:
    as_person(kept_database, "DELETE FROM ci_research_findings")
    return kept_database


def take_while_down(database: Database, *titles: str) -> None:
    items = [an_item(number, title) for number, title in enumerate(titles, start=1)]
    take_in(an_intake(database, scorer=Chat(down=True)), items)
    assert {one["status"] for one in findings(database)} == {"rejected"}


def again(database: Database, chat: Chat, **given: object) -> int:
    return score_again(an_intake(database, scorer=chat, clock=lambda: NOW + timedelta(hours=12)), **given)  # type: ignore[arg-type]


def test_a_model_that_is_back_scores_what_it_missed_once(database: Database) -> None:
    take_while_down(database, "Rolling puts", "Gamma scalping", "Zebra herds", "Yield curves")
    chat = Chat()

    assert (again(database, chat), again(database, chat)) == (4, 0)

    stored = findings(database)
    assert {(one["status"], one["relevance_score"], one["scored_by"]) for one in stored} == {
        ("analyzed", Decimal(90), "chat")
    }
    assert len(chat.asked) == 4


def test_a_model_that_is_still_down_is_asked_about_one_batch_and_nothing_changes(database: Database) -> None:
    take_while_down(database, "Rolling puts", "Gamma scalping", "Zebra herds", "Yield curves")
    before, chat = findings(database), Chat(down=True)

    assert again(database, chat) == 0

    assert len(chat.asked) == 3  # a batch
    assert findings(database) == before


def test_what_a_model_refuses_while_it_answers_others_is_not_asked_about_for_ever(database: Database) -> None:
    take_while_down(database, "Rolling puts", "A forbidden thing")
    chat = Chat(refuses="forbidden")

    assert (again(database, chat), again(database, chat)) == (1, 0)

    assert sorted(chat.asked) == ["A forbidden thing", "Rolling puts"]
    refused = findings(database, where="source_title LIKE '%forbidden%'")[0]
    assert (refused["status"], refused["score_details"]["chat_gave_up"]) == ("rejected", {"chat": "429"})


def test_no_more_are_asked_about_than_is_allowed(database: Database) -> None:
    take_while_down(database, "Rolling puts", "Gamma scalping", "Zebra herds", "Yield curves", "Wheel", "Charts")
    chat = Chat()

    assert again(database, chat, most=4) == 4

    assert len(chat.asked) == 4


def test_what_a_person_decided_and_what_is_old_is_left_alone(database: Database) -> None:
    take_while_down(database, "Rolling puts", "Gamma scalping", "Zebra herds")
    as_person(
        database,
        "UPDATE ci_research_findings SET decided_by = 'tess', decided_at = now() WHERE source_title = 'Rolling puts'",
    )
    as_person(
        database,
        "UPDATE ci_research_findings SET discovered_at = discovered_at - interval '8 days'"
        " WHERE source_title = 'Gamma scalping'",
    )
    chat = Chat()

    assert again(database, chat) == 1

    assert chat.asked == ["Zebra herds"]


def test_without_a_chat_model_nothing_is_scored_again(database: Database) -> None:
    take_while_down(database, "Rolling puts")
    chat = Chat()

    assert score_again(an_intake(database, scorer=chat, spares_scores=False)) == 0

    assert chat.asked == []
