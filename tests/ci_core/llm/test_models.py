"""Which models are asked, in which order, and at which price."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ci_core.errors import SettingsError
from ci_core.llm import configured_models
from ci_core.llm.models import ollama_url
from ci_core.llm.prices import PRICES, cost_usd, price_of
from ci_core.settings import Settings, TokenPrice, load_settings


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ({}, []),
        ({"openai_api_key": "k"}, ["openai:gpt-4.1-mini"]),
        ({"openai_base_url": "http://gate/v1"}, ["openai:gpt-4.1-mini"]),
        ({"use_local_llm": True}, ["ollama:llama3.1"]),
        ({"use_local_llm": True, "openai_api_key": "k"}, ["ollama:llama3.1"]),
        ({"llm_model": "gpt-5-mini"}, ["openai:gpt-5-mini"]),
        ({"llm_model": "qwen3", "use_local_llm": True}, ["ollama:qwen3"]),
        ({"llm_model": "ollama:llama3.1:8b"}, ["ollama:llama3.1:8b"]),
        ({"llm_model": "openai:ft:gpt-4o-mini:org::id"}, ["openai:ft:gpt-4o-mini:org::id"]),
        ({"llm_model": "openai:a, ollama:b ,openai:a"}, ["openai:a", "ollama:b"]),
        ({"llm_model": "openai:a,ollama:b", "use_local_llm": True}, ["ollama:b"]),
    ],
)
def test_settings_make_a_chain_of_models(values: dict[str, Any], labels: list[str]) -> None:
    assert [model.label for model in configured_models(Settings(**values))] == labels


def test_model_of_openai_without_a_key_is_listed_but_not_ready() -> None:
    (model,) = configured_models(Settings(llm_model="openai:gpt-5"))

    assert not model.ready


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("CI_LLM_MODEL", "anthropic:claude", "openai:NAME or ollama:NAME"),
        ("CI_LLM_MODEL", "openai:", "openai:NAME or ollama:NAME"),
        ("CI_LLM_MODEL", "a,,b", "openai:NAME or ollama:NAME"),
        ("CI_LLM_PRICES", "cheap", "Write it as JSON"),
        ("CI_LLM_PRICES", '{"a": {"input": 1}}', "CI_LLM_PRICES"),
        ("CI_LLM_PRICES", '{"a": {"input": -1, "output": 1}}', "CI_LLM_PRICES"),
        ("CI_LLM_DAILY_MAX_COST_USD", "-1", "CI_LLM_DAILY_MAX_COST_USD"),
        ("CI_LLM_DAILY_MAX_COST_USD", "nan", "CI_LLM_DAILY_MAX_COST_USD"),
        ("OPENAI_BASE_URL", "gate/v1", "OPENAI_BASE_URL"),
    ],
)
def test_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=problem) as caught:
        load_settings()

    assert name in str(caught.value)


def test_local_only_without_a_local_model_is_a_contradiction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("USE_LOCAL_LLM", "true")
    monkeypatch.setenv("CI_LLM_MODEL", "openai:gpt-5")

    with pytest.raises(SettingsError, match=r"CI_LLM_MODEL.*no Ollama model"):
        load_settings()


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:11434"),
        ("0.0.0.0", "http://127.0.0.1:11434"),  # noqa: S104 - what Ollama itself listens on
        ("0.0.0.0:80", "http://127.0.0.1:80"),
        ("box:1234", "http://box:1234"),
        ("http://box:1234/", "http://box:1234"),
        ("https://ollama.example.org/api-gate/", "https://ollama.example.org/api-gate"),
        ("http://me:pw@box", "http://me:pw@box"),
        ("[::1]", "http://[::1]:11434"),
        ("[::1]:9", "http://[::1]:9"),
    ],
)
def test_address_of_ollama_is_read_as_ollama_reads_it(host: str, url: str) -> None:
    assert ollama_url(host) == url


def test_dated_state_of_a_model_costs_what_the_model_costs() -> None:
    assert price_of("openai", "gpt-4.1-mini-2025-04-14", {}) == PRICES["gpt-4.1-mini"]


def test_unknown_model_has_no_price_and_a_local_one_is_free() -> None:
    assert price_of("openai", "gpt-99", {}) is None
    assert price_of("openai", "gpt-4.1-minimal", {}) is None
    local = price_of("ollama", "anything", {})
    assert local is not None
    assert cost_usd(local, 10**6, 10**6) == 0


def test_own_price_wins() -> None:
    own = TokenPrice(input=Decimal(7), output=Decimal(8))

    assert price_of("openai", "gpt-4.1", {"gpt-4.1": own}) == own
    assert price_of("ollama", "hosted", {"hosted": own}) == own


def test_cost_is_rounded_up_and_what_came_from_the_cache_costs_less() -> None:
    price = PRICES["gpt-4.1-mini"]

    assert cost_usd(price, 1, 0) == Decimal("0.000001")
    assert cost_usd(price, 1_000_000, 1_000_000) == Decimal("2.0")
    assert cost_usd(price, 1_000_000, 0, cached=1_000_000) == Decimal("0.1")
    assert cost_usd(price, 100, 0, cached=999) == cost_usd(price, 100, 0, cached=100)
    assert cost_usd(TokenPrice(input=Decimal(1), output=Decimal(1)), 10**6, 0, cached=10**6) == 1
