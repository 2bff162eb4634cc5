"""The limit of a day is never passed, however many workers ask at once, and whatever becomes of them."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import text

from ci_core.errors import ChatModelError, NoModelAnswered
from ci_core.llm import LlmUsage, list_calls, llm_usage, register_prompts
from ci_core.llm.clients import most_tokens_in
from ci_core.llm.ledger import Refused, complete, reserve
from ci_core.llm.models import ChatModel
from ci_core.llm.prices import FREE, price_of
from ci_core.llm.prompts import Rendered
from db.engine import Database
from db.enums import LlmCallStatus
from tests.ci_core.llm.conftest import Ask, MakeSettings
from tests.sites import openai as site
from tests.sites.openai import ChatSite

PROJECT = Path(__file__).resolve().parents[3]
MODEL = ChatModel("openai", "gpt-4.1-mini", "http://127.0.0.1:9/v1", price_of("openai", "gpt-4.1-mini", {}))
LIMIT = Decimal("0.10")
# Reserves until it is refused, with pauses as real calls make them, and completes half of what it reserved.
WORKER = """
import sys, time, random
from decimal import Decimal
from ci_core.llm.ledger import Refused, complete, reserve
from ci_core.llm.models import ChatModel
from db.engine import Database
from db.enums import LlmCallStatus

database = Database(sys.argv[1], application_name="worker")
model = ChatModel("openai", "gpt-4.1-mini", "http://nowhere", None)
sys.stdin.readline()
while True:
    got = reserve(database, model, purpose="test", most_usd=Decimal("0.004"), limit_usd=Decimal(sys.argv[2]),
                  prompt_id=None, run_id=None, actor="worker")
    if isinstance(got, Refused):
        break
    time.sleep(random.random() / 100)
    if got % 2:
        complete(database, got, LlmCallStatus.COMPLETED, cost_usd=Decimal("0.003"), latency_ms=1, actor="worker")
"""

ASKER = """
import sys
from pydantic import BaseModel
from ci_core.llm import Fetched, ask
from ci_core.settings import Settings
from db.engine import Database

class Verdict(BaseModel):
    relevance: int
    reason: str

settings = Settings(openai_base_url=sys.argv[2], openai_api_key="k", llm_model="openai:gpt-4.1-mini")
variables = {"interests": "options", "history": "none", "item": Fetched("Rolling covered calls")}
ask(Database(sys.argv[1]), settings, purpose="test", prompt_name="research.score", variables=variables,
    schema=Verdict, actor="worker")
"""


def take(database: Database, usd: str, limit: Decimal = LIMIT, model: ChatModel = MODEL) -> int | Refused:
    return reserve(
        database,
        model,
        purpose="test",
        most_usd=Decimal(usd),
        limit_usd=limit,
        prompt_id=None,
        run_id=None,
        actor="tess",
    )


def today(database: Database, limit: Decimal = LIMIT) -> LlmUsage:
    with database.reading() as session:
        return llm_usage(session, limit, datetime.now(UTC))


def test_call_that_could_pass_the_limit_is_refused_before_it_is_made(database: Database) -> None:
    assert isinstance(take(database, "0.06"), int)

    refused = take(database, "0.05")

    assert isinstance(refused, Refused)
    assert "$0.0600 of $0.10" in str(refused)
    assert "CI_LLM_DAILY_MAX_COST_USD" in str(refused)
    assert isinstance(take(database, "0.04"), int)
    assert today(database).spent_usd == LIMIT


def test_what_a_call_really_cost_makes_room_for_others(database: Database) -> None:
    first = take(database, "0.09")
    assert isinstance(first, int)
    complete(database, first, LlmCallStatus.COMPLETED, cost_usd=Decimal("0.01"), latency_ms=5, actor="tess")

    assert isinstance(take(database, "0.09"), int)


def test_reservation_of_a_worker_that_died_stays_counted(database: Database) -> None:
    take(database, "0.09")

    assert isinstance(take(database, "0.02"), Refused)
    usage = today(database)
    assert (usage.reserved_usd, usage.left_usd) == (Decimal("0.09"), Decimal("0.01"))


def test_new_day_begins_anew_at_midnight_utc(database: Database) -> None:
    call = take(database, "0.09")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    with database.transaction("tess") as session:
        moved = {"id": call, "at": midnight - timedelta(microseconds=1)}
        session.execute(text("UPDATE ci_llm_calls SET created_at = :at WHERE id = :id"), moved)

    assert today(database).spent_usd == 0
    assert isinstance(take(database, "0.09"), int)
    with database.transaction("tess") as session:
        session.execute(text("UPDATE ci_llm_calls SET created_at = :at WHERE id = :id"), {**moved, "at": midnight})
    assert isinstance(take(database, "0.01"), Refused)


def test_what_costs_nothing_is_never_refused_and_still_in_the_ledger(database: Database) -> None:
    take(database, "0.10")

    assert isinstance(take(database, "0", limit=Decimal(0), model=ChatModel("ollama", "l", "http://x", FREE)), int)
    assert sum(entry.calls for entry in today(database).calls) == 2


def test_outcome_is_entered_once(database: Database) -> None:
    call = take(database, "0.05")
    assert isinstance(call, int)
    complete(database, call, LlmCallStatus.COMPLETED, cost_usd=Decimal("0.02"), latency_ms=5, actor="tess")

    complete(database, call, LlmCallStatus.FAILED, cost_usd=Decimal(0), latency_ms=5, actor="tess")

    assert today(database).spent_usd == Decimal("0.02")


def test_limit_holds_with_many_threads_asking_a_real_server(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database
) -> None:
    settings = settings_for(llm_daily_max_cost_usd="0.02", llm_max_tokens=500)
    chat_site.tokens = (3_000, 400)  # 0.00184 USD
    seen: list[Decimal] = []

    def worker(_: int) -> int:
        try:
            put(settings)
        except ChatModelError:
            return 0
        seen.append(today(database, settings.llm_daily_max_cost_usd).spent_usd)
        return 1

    with ThreadPoolExecutor(6) as pool:
        answered = sum(pool.map(worker, range(24)))

    assert 5 <= answered <= 10
    assert len(chat_site.asked) == answered
    assert max(seen) <= settings.llm_daily_max_cost_usd


def test_limit_holds_with_several_processes(database: Database) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, database.url, str(LIMIT)], stdin=subprocess.PIPE, cwd=PROJECT, text=True
        )
        for _ in range(3)
    ]
    spent: list[Decimal] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            spent.append(today(database).spent_usd)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.close()
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    ended.set()
    watcher.join()

    usage = today(database)
    assert max(spent) <= LIMIT
    assert LIMIT - Decimal("0.004") < usage.spent_usd <= LIMIT
    assert sum(entry.calls for entry in usage.calls) >= 25


def test_worker_killed_during_a_call_leaves_its_reservation(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database
) -> None:
    with database.transaction("tess") as session:
        register_prompts(session, actor="tess")
    chat_site.then(site.hanging)
    worker = subprocess.Popen([sys.executable, "-c", ASKER, database.url, chat_site.openai_url], cwd=PROJECT)
    end = time.monotonic() + 120
    while not chat_site.asked and worker.poll() is None and time.monotonic() < end:
        time.sleep(0.05)

    worker.kill()
    assert worker.wait(10) == -signal.SIGKILL

    with database.reading() as session:
        (call,) = list_calls(session)
    assert (call.status, call.tokens_in) == (LlmCallStatus.RESERVED, None)
    assert call.cost_usd > Decimal("0.0016")
    chat_site.released.set()
    limit = call.cost_usd * 2 - Decimal("0.000001")
    with pytest.raises(NoModelAnswered, match="budget"):
        put(settings_for(llm_daily_max_cost_usd=limit))


def test_spent_budget_leads_to_the_model_that_costs_nothing(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask
) -> None:
    settings = settings_for(llm_model="openai:gpt-4.1-mini,ollama:llama3.1", llm_daily_max_cost_usd=0)

    answer = put(settings)

    assert answer.model == "ollama:llama3.1"
    assert "budget" in answer.passed_over[0][1]
    assert [asked.protocol for asked in chat_site.asked] == ["ollama"]


def test_budget_is_spent_by_what_the_server_counts(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database
) -> None:
    settings = settings_for(llm_daily_max_cost_usd="0.02")
    chat_site.tokens = (10_000, 1_000)  # 0.0056 USD

    answered = 0
    with pytest.raises(NoModelAnswered, match="budget"):
        while answered < 10:
            put(settings)
            answered += 1

    assert answered == 3
    assert today(database).spent_usd == Decimal("0.0168")


@pytest.mark.parametrize(
    ("trouble", "part"),
    [
        (site.failing(429), 0),
        (site.failing(401), 0),
        (site.failing(500), 0),
        (site.failing(504), 1),
        (site.hanging, 1),
        (site.raw("<html>"), 1),
    ],
)
def test_call_whose_cost_is_not_known_counts_in_full_unless_it_was_certainly_free(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database, trouble: site.Respond, part: int
) -> None:
    chat_site.then(trouble)

    with pytest.raises(NoModelAnswered):
        put(settings_for(llm_timeout_seconds=0.4))

    assert (today(database).spent_usd > 0) is bool(part)


@pytest.mark.parametrize(
    "trouble", [site.refusal, site.text("nonsense"), site.text('{"a', finish="length"), site.text("", finish="stop")]
)
def test_answer_that_cannot_be_used_is_paid_as_it_was_counted(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database, trouble: site.Respond
) -> None:
    chat_site.then(trouble)

    with pytest.raises(NoModelAnswered):
        put(settings_for())

    assert today(database).spent_usd == Decimal("0.00056")


@pytest.mark.parametrize("counted", [None, (0, 0), (-5, 100), (1_000, -1), (10**12, 5)])
def test_answer_without_a_count_that_can_be_believed_costs_what_was_reserved(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database, counted: tuple[int, int] | None
) -> None:
    chat_site.tokens = counted

    assert put(settings_for()).cost_usd is None

    with database.reading() as session:
        (call,) = list_calls(session)
    assert (call.tokens_in, call.status) == (None, LlmCallStatus.COMPLETED)
    assert call.cost_usd > Decimal("0.0016")


@pytest.mark.parametrize("words", ["plain English words", "日本語のテキスト", "🙂🙃" * 20, "a" * 500, "\t\n  {}[]"])
def test_bound_on_tokens_is_no_less_than_a_token_for_each_byte(words: str) -> None:
    rendered = Rendered("system", words, "b")

    assert most_tokens_in(rendered, {"type": "object"}) >= len(words.encode()) + len("system")


def test_calls_of_a_run_are_told_apart(
    settings_for: MakeSettings, put: Ask, database: Database, chat_site: ChatSite
) -> None:
    with database.transaction("tess") as session:
        run = session.scalars(text("INSERT INTO ci_automation_runs (run_type) VALUES ('scan') RETURNING id")).one()

    for _ in range(2):
        put(settings_for(), run_id=run)
    put(settings_for())

    with database.reading() as session:
        assert [call.cost_usd for call in list_calls(session, run_id=run)] == [Decimal("0.00056")] * 2
