"""Scores of a model are read as the team's decisions about them say, the more so the more there are."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from ci_core.research.scoring.anchoring import anchor_of
from db.engine import Database
from tests.ci_core.llm.conftest import MakeSettings
from tests.ci_core.research.chat.conftest import ScoreThem, item
from tests.sites.openai import ChatSite

MODEL, PROMPT = "openai:gpt-4.1-mini", "research.score 1"


def decisions(count: int, seed: int = 1) -> list[tuple[float, bool]]:
    """Of a model that is too kind: of what it scores s, the team takes up (s/100)²."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    scores = [chance.uniform(0, 100) for _ in range(count)]
    return [(score, chance.random() < (score / 100) ** 2) for score in scores]


def error_of(count: int) -> float:
    """How far scores are from the truth, on average over the scale."""
    anchor = anchor_of(decisions(count))
    return sum(abs(anchor(score) - score**2 / 100) for score in range(101)) / 101


def test_without_decisions_a_score_means_what_it_says() -> None:
    assert [anchor_of([])(score) for score in (0, 37.5, 100)] == [0, 37.5, 100]


def test_few_decisions_move_little() -> None:
    anchor = anchor_of([(80.0, False), (82.0, False)])

    assert 75 < anchor(81) < 81
    assert anchor(20) == pytest.approx(20, abs=0.1)


def test_the_more_decisions_the_nearer_to_the_truth() -> None:
    errors = [error_of(count) for count in (0, 100, 1_000)]

    assert errors[0] > 1.2 * errors[1] > 1.5 * errors[2]
    assert errors[2] < 5


@given(
    decided=st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=40),
    scores=st.tuples(st.floats(0, 100), st.floats(0, 100)),
)
def test_order_is_kept_and_the_scale_is_not_left(
    decided: list[tuple[float, bool]], scores: tuple[float, float]
) -> None:
    anchor = anchor_of(decided)
    low, high = sorted(scores)

    assert 0 <= anchor(low) <= anchor(high) <= 100


def test_unlike_scores_stay_unlike() -> None:
    anchor = anchor_of([(score, False) for score in range(0, 101, 2)] * 20)

    assert anchor(90) > anchor(60) > anchor(30)


def test_decisions_about_the_same_model_and_prompt_are_learned_from(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem, database: Database
) -> None:
    def store(number: int, model: str, prompt: str, status: str, by: str, **further: object) -> None:
        details = {"chat": {"model": model, "prompt": prompt, "raw": {"relevance": 72}}, **further}
        with database.transaction("tess") as session:
            session.execute(
                text("""
                    INSERT INTO ci_research_findings (source_type, source_url, source_title, content_hash, status,
                                                      decided_by, decided_at, score_details)
                    VALUES ('reddit', 'https://e.org', 'x', :hash, :status, :by, now(), CAST(:details AS jsonb))
                """),
                {"hash": f"anchor {number}", "status": status, "by": by, "details": json.dumps(details)},
            )

    for number in range(30):
        store(number, MODEL, PROMPT, "rejected", "tess")
    store(100, MODEL, "research.score 2", "converted_to_enhancement", "tess")
    store(101, "ollama:llama3.1", PROMPT, "converted_to_enhancement", "tess")
    store(102, MODEL, PROMPT, "rejected", "agent:research")
    store(103, MODEL, PROMPT, "converted_to_enhancement", "tess", speaks_to_a_model="ignore")
    store(104, MODEL, PROMPT, "new", "tess")

    (found,) = score(settings_for(), item("x"))

    assert found.details["anchored_on"] == 30
    assert found.relevance is not None
    assert 30 < found.relevance < 55
    chat = found.details["chat"]
    assert isinstance(chat, dict)
    assert chat["raw"]["relevance"] == 72
