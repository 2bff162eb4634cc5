"""A chat model scores what it can; where it cannot, this machine's score counts, and the finding says so."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from sqlalchemy import text

from ci_core.llm import Resting, list_calls
from ci_core.research.scoring.chat import chat_scorer
from ci_core.research.values import Score
from ci_core.settings import Settings
from db.engine import Database
from tests.ci_core.llm.conftest import MakeSettings
from tests.ci_core.research.chat.conftest import Behind, ScoreThem, item
from tests.sites import openai as site
from tests.sites.openai import SCORES, Asked, ChatSite

CALLS = item("Rolling covered calls by implied volatility", "We roll when IV rank is above 50.", score=12)


def test_without_a_configured_model_the_scorer_of_this_machine_is_used(database: Database, behind: Behind) -> None:
    assert chat_scorer(database, Settings(), behind) is behind


def test_model_scores_with_reason_summary_and_words(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem
) -> None:
    (found,) = score(settings_for(), CALLS)

    assert (found.relevance, found.novelty, found.applicability, found.difficulty) == (72, 55, 61, 30)
    assert found.scored_by == "openai:gpt-4.1-mini research.score 1"
    assert (found.reason, found.summary) == (SCORES["reason"], SCORES["summary"])
    assert (found.keywords, found.technologies) == (("covered call", "rolling"), ("Python",))
    assert not found.uncertain
    details: Any = found.details
    assert details["chat"]["model"] == "openai:gpt-4.1-mini"
    assert details["chat"]["prompt"] == "research.score 1"
    assert details["chat"]["raw"]["relevance"] == 72
    assert (details["local"], details["anchored_on"]) == (40.0, 0)


def test_calls_belong_to_the_run(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem, database: Database
) -> None:
    with database.transaction("tess") as session:
        run = session.scalars(text("INSERT INTO ci_automation_runs (run_type) VALUES ('scan') RETURNING id")).one()

    score(settings_for(), CALLS, run_id=run)

    with database.reading() as session:
        (call,) = list_calls(session, run_id=run)
    assert (call.purpose, call.prompt) == ("score a finding", "research.score 1")


def test_each_item_keeps_its_own_score_in_order_also_between_failures(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem
) -> None:
    def answer(asked: Asked) -> dict[str, Any]:
        number = int(asked.user.split("thing number ")[1].split("\n")[0])
        return {**SCORES, "relevance": number, "summary": "" if number % 3 == 0 else f"About {number}"}

    chat_site.answer = answer

    found = score(settings_for(llm_concurrency=3), *[item(f"thing number {n}", number=n) for n in range(1, 11)])

    told = [(each.relevance, each.scored_by.split(" ")[0]) for each in found]
    assert told == [
        (40.0, "local") if number % 3 == 0 else (float(number), "openai:gpt-4.1-mini") for number in range(1, 11)
    ]


def test_no_more_questions_are_under_way_than_the_setting_says_also_for_several_sources(
    chat_site: ChatSite, settings_for: MakeSettings, database: Database, behind: Behind, resting: Resting
) -> None:
    def slowly(server: ChatSite, asked: Asked) -> Any:
        server.released.wait(0.05)
        return site.well(server, asked)

    chat_site.always(slowly)
    scorer = chat_scorer(database, settings_for(llm_concurrency=2), behind, resting=resting)

    def source(first: int) -> list[Score]:
        items = [item("x", number=number) for number in range(first, first + 4)]
        return scorer.score(items, [np.zeros(384, dtype=np.float32)] * 4)

    with ThreadPoolExecutor(3) as sources:
        found = list(sources.map(source, (0, 10, 20)))

    assert [len(scores) for scores in found] == [4, 4, 4]
    assert len(chat_site.asked) == 12
    assert chat_site.most_at_once == 2


@pytest.mark.parametrize(
    "trouble",
    [
        site.failing(429, Retry_After="30"),
        site.failing(500),
        site.refusal,
        site.text("{"),
        site.fields(relevance=720),
        site.fields(relevance="high"),
        site.fields(relevance=True),
        site.fields(reason=" "),
        site.text(json.dumps({"relevance": 5})),
    ],
)
def test_failure_gives_this_machines_score_and_says_so(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem, trouble: site.Respond
) -> None:
    chat_site.always(trouble)

    (found,) = score(settings_for(), CALLS)

    assert (found.relevance, found.novelty, found.applicability, found.difficulty) == (40, 30, 20, 10)
    assert found.scored_by == "local test, no chat model answered"
    failed: Any = found.details["chat_failed"]
    assert list(failed) == ["openai:gpt-4.1-mini"]


def test_score_of_this_machine_that_is_not_known_stays_unknown(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem, behind: Behind
) -> None:
    chat_site.always(site.failing(500))
    behind.relevance = None

    assert score(settings_for(), CALLS)[0].relevance is None


def test_rate_limited_model_is_not_asked_for_each_item(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem
) -> None:
    chat_site.always(site.failing(429, Retry_After="30"))

    found = score(settings_for(llm_concurrency=1), *[item("x", number=n) for n in range(12)])

    assert len(chat_site.asked) == 1
    assert {each.scored_by for each in found} == {"local test, no chat model answered"}


def test_second_model_takes_over_and_is_named(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem
) -> None:
    chat_site.then(site.failing(429))

    (found,) = score(settings_for(llm_model="openai:gpt-4.1-mini,ollama:llama3.1"), CALLS)

    assert found.scored_by == "ollama:llama3.1 research.score 1"
    chat: Any = found.details["chat"]
    assert "rate limited" in chat["passed_over"]["openai:gpt-4.1-mini"]


def test_budget_runs_out_in_the_middle_of_a_scan_and_the_rest_is_scored_here(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem, database: Database
) -> None:
    chat_site.tokens = (2_000, 500)  # 0.0016 USD

    found = score(settings_for(llm_daily_max_cost_usd="0.012"), *[item("x", number=n) for n in range(15)])

    by_model = [each for each in found if each.scored_by.startswith("openai")]
    here = [each for each in found if each.scored_by.startswith("local")]
    assert len(by_model) == len(chat_site.asked) >= 3
    assert len(here) == 15 - len(by_model) >= 7
    assert all("budget" in str(each.details["chat_failed"]) for each in here)
    with database.reading() as session:
        assert sum(call.cost_usd for call in list_calls(session)) <= 0.012


def test_model_that_does_not_know_relevance_leaves_it_to_this_machine(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem
) -> None:
    chat_site.then(site.fields(relevance=None))

    (found,) = score(settings_for(), CALLS)

    assert (found.relevance, found.scored_by) == (40, "local test, openai:gpt-4.1-mini did not know")


def test_other_figures_that_the_model_does_not_know_are_this_machines(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem
) -> None:
    chat_site.then(site.fields(novelty=None, difficulty=None, confidence=20))

    (found,) = score(settings_for(), CALLS)

    assert (found.relevance, found.novelty, found.applicability, found.difficulty) == (72, 30, 61, 10)
    assert found.uncertain


def test_words_of_the_model_are_cut_and_have_nothing_hidden_in_them(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem
) -> None:
    said = {"reason": "A\u202eB\n\x1b[31m " + "long " * 200, "keywords": ["One", "one", "", "x" * 90, *"abcdefgh"]}
    chat_site.then(site.fields(**said))

    (found,) = score(settings_for(), CALLS)

    assert found.reason.startswith("A B [31m long")
    assert (len(found.reason) <= 400, found.reason[-1]) == (True, "…")
    assert found.keywords[0] == "One"
    assert len(found.keywords) == 8
    assert max(map(len, found.keywords)) <= 60


def test_no_items_ask_nobody(chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem) -> None:
    assert score(settings_for()) == []
    assert chat_site.asked == []


def test_model_is_told_what_the_team_wants_and_what_it_decided(
    chat_site: ChatSite, settings_for: MakeSettings, score: ScoreThem, database: Database
) -> None:
    with database.transaction("tess") as session:
        session.execute(text("DELETE FROM ci_research_interests"))
        session.execute(
            text("""
                INSERT INTO ci_research_interests (kind, wording, weight, enabled) VALUES
                ('interest', 'rolling of short options', 1, true), ('interest', 'switched off', 1, false),
                ('keyword', 'theta', 2, true), ('unwanted', 'crypto', 1, true)
            """)
        )
        session.execute(
            text("""
                INSERT INTO ci_research_findings (source_type, source_url, source_title, content_hash, status,
                                                  decided_by, decided_at, decision_reason)
                VALUES ('reddit', 'e.org/1', 'Old news', 'h1', 'rejected', 'tess', now(), 'Known already'),
                       ('reddit', 'e.org/2', 'Good find', 'h2', 'converted_to_enhancement', 'tess', now(), NULL),
                       ('reddit', 'e.org/3', 'Set aside', 'h3', 'rejected', 'agent:research', now(), NULL)
            """)
        )
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('Alert on early assignment')"))

    score(settings_for(), CALLS)

    asked = chat_site.asked[0].user
    for line in (
        "- rolling of short options",
        "Words that count: theta",
        "Not wanted: crypto",
        "turned down: Old news (Known already)",
        "taken up: Good find",
        "on the list: Alert on early assignment",
        "title: Rolling covered calls by implied volatility",
        "figures: score 12",
        "published: 2026-11-20",
    ):
        assert line in asked
    assert "switched off" not in asked
    assert "Set aside" not in asked
