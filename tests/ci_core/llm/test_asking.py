"""A question goes to the first model that can answer it, and says what was with those before."""

from __future__ import annotations

import pytest

from ci_core.errors import NoChatModel, NoModelAnswered
from ci_core.llm import Resting, list_calls
from ci_core.settings import Settings
from db.engine import Database
from db.enums import LlmCallStatus
from tests.ci_core.llm.conftest import KEY, Ask, MakeSettings
from tests.sites import openai as site
from tests.sites.openai import ChatSite

TWO = "openai:gpt-4.1-mini,ollama:llama3.1"


def statuses(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(call.model, call.status.value) for call in reversed(list_calls(session))]


def test_good_answer_comes_typed_with_its_model_prompt_and_cost(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database
) -> None:
    answer = put(settings_for())

    assert (answer.value.relevance, answer.model, answer.prompt) == (72, "openai:gpt-4.1-mini", "research.score 1")
    assert answer.passed_over == ()
    with database.reading() as session:
        (call,) = list_calls(session)
    assert call.status is LlmCallStatus.COMPLETED
    assert (call.tokens_in, call.tokens_out) == (1_000, 100)
    assert float(call.cost_usd) == pytest.approx(1_000 * 0.40e-6 + 100 * 1.60e-6) == float(answer.cost_usd or 0)
    assert (call.id, call.prompt, call.purpose) == (answer.call_id, "research.score 1", "test")
    assert call.latency_ms is not None
    assert chat_site.asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_model_is_told_the_schema_and_the_longest_answer(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask
) -> None:
    put(settings_for(llm_max_tokens=300, llm_temperature=0.5))

    body = chat_site.asked[0].body
    assert body["response_format"]["json_schema"]["strict"] is True
    assert set(body["response_format"]["json_schema"]["schema"]["properties"]) == {"relevance", "reason"}
    assert (body["max_completion_tokens"], body["temperature"]) == (300, 0.5)


def test_ollama_is_asked_by_its_own_protocol_and_costs_nothing(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask
) -> None:
    answer = put(settings_for(use_local_llm=True, llm_model=None))

    assert (answer.model, answer.value.relevance, answer.cost_usd) == ("ollama:llama3.1", 72, 0)
    (asked,) = chat_site.asked
    assert asked.protocol == "ollama"
    assert asked.body["options"]["num_ctx"] >= 8_192
    assert asked.body["options"]["num_predict"] == 1_000
    assert set(asked.body["format"]["properties"]) == {"relevance", "reason"}


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        (site.failing(429, Retry_After="20"), "rate_limited"),
        (site.failing(500), "failed"),
        (site.failing(503), "failed"),
        (site.failing(401), "failed"),
        (site.failing(404), "failed"),
        (site.failing(400), "failed"),
        (site.refusal, "refused"),
        (site.text("{}", finish="content_filter"), "refused"),
        (site.failing(400, "The response was filtered (content_filter)"), "refused"),
        (site.text('{"relevance": 72, "reason": "cut o', finish="length"), "unusable"),
        (site.text('{"relevance": 72, "reason"'), "unusable"),
        (site.text("I think it is quite relevant."), "unusable"),
        (site.text('{"relevance": 720, "reason": "x"}'), "unusable"),
        (site.text('{"score": 72}'), "unusable"),
        (site.text("[]"), "unusable"),
        (site.text(""), "unusable"),
        (site.raw("<html>Bad gateway</html>", "text/html"), "unusable"),
        (site.raw("{"), "unusable"),
        (site.raw('{"object": "chat.completion"}'), "unusable"),
        (site.raw('{"choices": []}'), "unusable"),
    ],
)
def test_trouble_of_the_first_model_leads_to_the_second(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database, trouble: site.Respond, status: str
) -> None:
    chat_site.then(trouble)

    answer = put(settings_for(llm_model=TWO))

    assert answer.model == "ollama:llama3.1"
    assert [model for model, _ in answer.passed_over] == ["openai:gpt-4.1-mini"]
    assert statuses(database) == [("gpt-4.1-mini", status), ("llama3.1", "completed")]


@pytest.mark.parametrize("trouble", [site.hanging, site.dripping])
@pytest.mark.parametrize("model", ["openai:gpt-4.1-mini", "ollama:llama3.1"])
def test_answer_that_does_not_come_in_time_is_given_up(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database, trouble: site.Respond, model: str
) -> None:
    chat_site.then(trouble)

    answer = put(settings_for(llm_model=f"{model},openai:gpt-4.1-nano", llm_timeout_seconds=0.4))

    assert answer.model == "openai:gpt-4.1-nano"
    assert "CI_LLM_TIMEOUT_SECONDS" in answer.passed_over[0][1]
    assert statuses(database)[0][1] == "timed_out"


def test_endless_answer_is_not_read_to_its_end(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database
) -> None:
    chat_site.then(site.raw(b" " * 5_000_000))

    assert put(settings_for(llm_model=TWO)).model == "ollama:llama3.1"


def test_server_that_is_not_there_leads_on_and_costs_nothing(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database
) -> None:
    settings = settings_for(openai_base_url="http://127.0.0.1:9/v1", llm_model=TWO)

    assert "cannot be reached" in put(settings).passed_over[0][1]
    settings = settings_for(ollama_host="http://127.0.0.1:9", llm_model="ollama:llama3.1,openai:gpt-4.1-nano")
    assert "cannot be reached" in put(settings).passed_over[0][1]
    with database.reading() as session:
        assert [call.cost_usd for call in list_calls(session) if call.status is LlmCallStatus.FAILED] == [0, 0]


def test_redirect_is_not_followed(chat_site: ChatSite, settings_for: MakeSettings, put: Ask) -> None:
    chat_site.then(site.failing(307, Location=chat_site.ollama_url + "/api/chat"))

    put(settings_for(llm_model=TWO))

    assert [asked.protocol for asked in chat_site.asked] == ["openai", "ollama"]


def test_nothing_is_asked_twice_within_a_question(chat_site: ChatSite, settings_for: MakeSettings, put: Ask) -> None:
    chat_site.always(site.failing(500))

    with pytest.raises(NoModelAnswered) as caught:
        put(settings_for(llm_model=TWO))

    assert [model for model, _ in caught.value.said] == ["openai:gpt-4.1-mini", "ollama:llama3.1"]
    assert len(chat_site.asked) == 2
    assert "openai:gpt-4.1-mini: the server failed (500): it went wrong; ollama:" in str(caught.value)


def test_without_a_model_the_settings_that_make_one_are_named(put: Ask) -> None:
    with pytest.raises(NoChatModel, match=r"OPENAI_API_KEY.*USE_LOCAL_LLM"):
        put(Settings())


def test_block_of_markdown_around_the_answer_is_taken_off(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask
) -> None:
    chat_site.then(site.text('```json\n{"relevance": 5, "reason": "x"}\n```'))

    assert put(settings_for()).value.relevance == 5


def test_rate_limited_model_rests_as_long_as_it_asked(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask
) -> None:
    now = 0.0
    resting = Resting(clock=lambda: now)
    settings = settings_for(llm_model=TWO)
    chat_site.then(site.failing(429, Retry_After="20"))

    answers = [put(settings, resting=resting) for _ in range(3)]
    now = 21.0
    answers.append(put(settings, resting=resting))

    assert [answer.model.split(":")[0] for answer in answers] == ["ollama", "ollama", "ollama", "openai"]
    assert len(chat_site.to("gpt-4.1-mini")) == 2
    assert "rests for 20 s after: rate limited" in answers[1].passed_over[0][1]


def test_model_that_fails_again_and_again_rests(chat_site: ChatSite, settings_for: MakeSettings, put: Ask) -> None:
    chat_site.always(site.failing(500))
    settings = settings_for()

    for _ in range(5):
        with pytest.raises(NoModelAnswered):
            put(settings)

    assert len(chat_site.asked) == 3


def test_wrong_key_is_tried_once(chat_site: ChatSite, settings_for: MakeSettings, put: Ask) -> None:
    chat_site.always(site.failing(401, "Incorrect API key provided: sk-test***5b36"))

    for _ in range(2):
        with pytest.raises(NoModelAnswered, match="check OPENAI_API_KEY"):
            put(settings_for())

    assert len(chat_site.asked) == 1


def test_spent_credit_rests_for_an_hour_whatever_the_header_says(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask
) -> None:
    chat_site.then(site.failing(429, "You exceeded your current quota (insufficient_quota)", Retry_After="1"))
    resting = Resting(clock=lambda: 0.0)

    with pytest.raises(NoModelAnswered):
        put(settings_for(), resting=resting)

    assert "3600 s" in (resting.reason("openai:gpt-4.1-mini") or "")


def test_refusals_concern_the_item_and_not_the_model(chat_site: ChatSite, settings_for: MakeSettings, put: Ask) -> None:
    chat_site.then(*[site.refusal] * 4)

    for _ in range(4):
        with pytest.raises(NoModelAnswered):
            put(settings_for())

    assert put(settings_for()).model == "openai:gpt-4.1-mini"


def test_request_that_is_not_accepted_does_not_keep_the_next_one_from_being_made(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask
) -> None:
    chat_site.then(site.failing(400, "string too long"), site.failing(422))

    for _ in range(2):
        with pytest.raises(NoModelAnswered):
            put(settings_for())

    assert put(settings_for()).value.relevance == 72


def test_server_that_takes_no_schema_gets_it_in_words(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, database: Database
) -> None:
    def picky(server: ChatSite, asked: site.Asked) -> site.Response:
        if asked.body["response_format"]["type"] == "json_schema":
            return site.failing(400, "This response_format type is unavailable now")(server, asked)
        return site.well(server, asked)

    chat_site.always(picky)

    answers = [put(settings_for()) for _ in range(2)]

    assert [answer.value.relevance for answer in answers] == [72, 72]
    assert [asked.body["response_format"]["type"] for asked in chat_site.asked] == [
        "json_schema",
        "json_object",
        "json_object",
    ]
    assert '"relevance"' in chat_site.asked[-1].system
    assert [status for _, status in statuses(database)] == ["failed", "completed", "completed"]


def test_server_that_takes_no_json_at_all_is_not_asked_for_ever(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask
) -> None:
    chat_site.always(site.failing(400, "unknown field response_format"))

    with pytest.raises(NoModelAnswered):
        put(settings_for())

    assert len(chat_site.asked) == 2


def test_model_without_a_known_price_is_not_asked(chat_site: ChatSite, settings_for: MakeSettings, put: Ask) -> None:
    with pytest.raises(NoModelAnswered, match=r"price is not known.*CI_LLM_PRICES"):
        put(settings_for(llm_model="openai:gpt-99"))
    assert chat_site.asked == []

    answer = put(settings_for(llm_model="openai:gpt-99", llm_prices='{"gpt-99": {"input": 1, "output": 2}}'))
    assert answer.cost_usd is not None
    assert float(answer.cost_usd) == pytest.approx(0.0012)


def test_nothing_is_sent_to_a_tracing_service(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "LANGSMITH_TRACING": "true",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGSMITH_ENDPOINT": chat_site.ollama_url,
        "LANGSMITH_API_KEY": "ls-1",
    }.items():
        monkeypatch.setenv(name, value)

    put(settings_for())

    from langchain_core.tracers.langchain import wait_for_all_tracers

    wait_for_all_tracers()
    assert {request.path for request, _ in chat_site.server.log} <= {"/v1/chat/completions", "/api/chat"}
    assert len(chat_site.asked) == 1
