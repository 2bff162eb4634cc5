"""`ci llm`: models with their state, the cost of today, calls, and versions of prompts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.llm.prompts import shipped_prompts
from ci_core.setup import ACTOR
from db.engine import Database
from tests.ci_core.cli.conftest import Ci
from tests.sites.openai import ChatSite, chat_server, chat_site  # noqa: F401 - fixtures

NAME = "research.score"


@pytest.fixture(autouse=True)
def registered(backlog: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from ci_core.llm import register_prompts

    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OLLAMA_HOST", "USE_LOCAL_LLM", "CI_LLM_MODEL", "CI_LLM_PRICES"):
        monkeypatch.setenv(name, "")
    with backlog.transaction("tess") as session:
        session.execute(text("DELETE FROM ci_llm_calls"))
        session.execute(text("DELETE FROM ci_prompts"))
        register_prompts(session, actor=ACTOR)


def enter(backlog: Database, **values: Any) -> None:
    row = {"status": "completed", "cost": "0.002", "tokens_in": 1000, "tokens_out": 100, "ms": 800, **values}
    with backlog.transaction("tess") as session:
        session.execute(
            text("""
                INSERT INTO ci_llm_calls (purpose, provider, model, status, cost_usd, tokens_in, tokens_out, latency_ms)
                VALUES ('score a finding', 'openai', 'gpt-4.1-mini', :status, CAST(:cost AS numeric), :tokens_in,
                        :tokens_out, :ms)
            """),
            row,
        )


def test_without_a_model_the_way_to_one_is_told(ci: Ci) -> None:
    outcome = ci("llm", "status")

    assert outcome.status == 0
    assert "OPENAI_API_KEY" in outcome.out
    assert "$0.0000 of $5" in outcome.out


def test_status_has_models_in_order_and_what_today_cost(
    ci: Ci, backlog: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_LLM_MODEL", "openai:gpt-4.1-mini,openai:gpt-99,ollama:llama3.1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-shown-1234")
    enter(backlog)
    enter(backlog, status="reserved", cost="0.003", tokens_in=None, tokens_out=None, ms=None)

    document = ci("llm", "status", "--json").document
    shown = ci("llm", "status").out

    assert [(m["model"], m["usable"]) for m in document["models"]] == [
        ("openai:gpt-4.1-mini", True),
        ("openai:gpt-99", False),
        ("ollama:llama3.1", True),
    ]
    assert (document["today"]["spent_usd"], document["today"]["reserved_usd"]) == (0.005, 0.003)
    assert document["left_usd"] == 4.995
    assert {entry["status"]: entry["calls"] for entry in document["today"]["calls"]} == {"completed": 1, "reserved": 1}
    assert "CI_LLM_PRICES" in shown
    assert "sk-never" not in shown + str(document)


def test_reach_says_which_model_is_there(
    ci: Ci,
    monkeypatch: pytest.MonkeyPatch,
    chat_site: ChatSite,  # noqa: F811
) -> None:
    monkeypatch.setenv("CI_LLM_MODEL", "openai:gpt-4.1-mini,openai:gpt-5,ollama:llama3.1,ollama:qwen3")
    monkeypatch.setenv("OPENAI_BASE_URL", chat_site.openai_url)
    monkeypatch.setenv("OLLAMA_HOST", chat_site.ollama_url)

    models = ci("llm", "status", "--reach", "--json").document["models"]

    assert [model["reachable"] for model in models] == [True, False, True, False]
    assert "check CI_LLM_MODEL" in models[1]["detail"]
    assert "ollama pull qwen3" in models[3]["detail"]
    assert chat_site.asked == []


def test_reach_of_a_server_that_is_not_there_is_told(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:hidden@127.0.0.1:9/v1")

    (model,) = ci("llm", "status", "--reach", "--json").document["models"]

    assert model["reachable"] is False
    assert "http://127.0.0.1:9/v1 cannot be used" in model["detail"]
    assert "hidden" not in str(model)


def test_calls_are_listed_newest_first_and_by_outcome(ci: Ci, backlog: Database) -> None:
    enter(backlog)
    enter(backlog, status="rate_limited", cost="0")

    every = ci("llm", "calls", "--json").document["calls"]
    limited = ci("llm", "calls", "--status", "rate_limited", "--json").document["calls"]

    assert [call["status"] for call in every] == ["rate_limited", "completed"]
    assert [call["status"] for call in limited] == ["rate_limited"]
    assert "openai:gpt-4.1-mini" in ci("llm", "calls").out


def test_prompt_is_shown_added_and_activated(ci: Ci, tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text(shipped_prompts()[NAME] + "\nThink of traders.", encoding="utf-8")

    assert ci("llm", "prompts", "show", NAME).out.strip() == shipped_prompts()[NAME]
    added = ci("llm", "prompts", "add", NAME, mine, "--json").document
    assert (added["version"], added["active"]) == (2, False)
    assert ci("llm", "prompts", "activate", NAME, 2).out.strip() == "research.score 2 is active."
    assert ci("llm", "prompts", "show", NAME).out.strip().endswith("Think of traders.")
    listed = ci("llm", "prompts", "list", "--json").document["prompts"]
    assert [item["active"] for item in listed if item["name"] == NAME] == [True, False]
    assert "research.score" in ci("llm", "prompts", "list").out


def test_prompt_may_come_from_stdin_and_be_active_at_once(ci: Ci) -> None:
    outcome = ci("llm", "prompts", "add", NAME, "-", "--activate", stdin=shipped_prompts()[NAME] + "\nBe brief.")

    assert outcome.out.strip() == "research.score 2 is active."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "research.soup"), "no active version"),
        (("activate", NAME, "9"), "no version 9"),
        (("add", NAME, "/nowhere/x.txt"), "cannot be read"),
        (("add", NAME, "-"), "leaves out ${history}, ${interests}, ${item}"),
    ],
)
def test_what_cannot_be_done_is_one_line(ci: Ci, arguments: tuple[str, ...], said: str) -> None:
    outcome = ci("llm", "prompts", *arguments, stdin="[system]\n${boundary}\n[user]\nx")

    assert outcome.status == 1
    assert said in outcome.err
    assert outcome.err.count("\n") == 1
