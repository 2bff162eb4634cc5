"""A key is sent to its provider and gets nowhere else: no log, no table, no error, no representation."""

from __future__ import annotations

import logging
from base64 import b64encode

import pytest
from sqlalchemy import text

from ci_core.errors import NoModelAnswered
from ci_core.llm import configured_models
from ci_core.llm.redaction import one_line, without_secrets
from ci_core.settings import Settings
from db.engine import Database
from tests.ci_core.llm.conftest import KEY, Ask, MakeSettings
from tests.sites import openai as site
from tests.sites.openai import ChatSite

PASSWORD = "pw-of-the-gateway"


@pytest.mark.parametrize(
    "trouble",
    [
        site.failing(401, f"Incorrect API key provided: {KEY}. Authorization: Bearer {KEY}"),
        site.failing(401, "Incorrect API key provided: sk-test-4f7a***5b36."),
        site.failing(500, f"upstream http://user:{PASSWORD}@inside failed"),
        site.text(f'{{"relevance": "{KEY}"}}'),
        site.raw(f"<html>{KEY}</html>", "text/html"),
    ],
)
def test_provider_that_says_the_key_aloud_does_not_get_it_anywhere(
    chat_site: ChatSite,
    settings_for: MakeSettings,
    put: Ask,
    database: Database,
    caplog: pytest.LogCaptureFixture,
    trouble: site.Respond,
) -> None:
    caplog.set_level(logging.DEBUG)
    chat_site.then(trouble)
    url = chat_site.openai_url.replace("http://", f"http://user:{PASSWORD}@")

    with pytest.raises(NoModelAnswered) as caught:
        put(settings_for(openai_base_url=url))

    with database.reading() as session:
        stored = session.scalars(text("SELECT ci_llm_calls::text FROM ci_llm_calls")).all()
    assert len(stored) == 1
    for shown in (str(caught.value), repr(caught.value.said), *stored, caplog.text):
        assert KEY not in shown
        assert "5b36" not in shown
        assert PASSWORD not in shown


def test_login_in_the_address_reaches_the_gateway(
    chat_site: ChatSite, settings_for: MakeSettings, put: Ask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    for protocol in ("openai", "ollama"):
        urls = {
            "openai_base_url": chat_site.openai_url.replace("http://", f"http://user:{PASSWORD}@"),
            "ollama_host": chat_site.ollama_url.replace("http://", f"http://user:{PASSWORD}@"),
        }
        put(settings_for(**urls, llm_model=f"{protocol}:gpt-4.1-mini"))

    basic = "Basic " + b64encode(f"user:{PASSWORD}".encode()).decode()
    assert [asked.headers["Authorization"] for asked in chat_site.asked] == [basic, basic]
    assert PASSWORD not in caplog.text


def test_settings_and_models_show_no_key_and_no_password() -> None:
    settings = Settings(
        openai_api_key=KEY, openai_base_url=f"https://u:{PASSWORD}@gate/v1", llm_model="ollama:x,openai:y"
    )

    shown = f"{settings!r} {configured_models(settings)!r} {[m.address for m in configured_models(settings)]}"

    assert KEY not in shown
    assert PASSWORD not in shown
    assert "https://gate/v1" in shown


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("key sk-proj-abc_DEF-123 is wrong", "key [secret] is wrong"),
        ("Authorization: Bearer abc.def", "Authorization: [secret]"),
        ("http://me:pw@host/v1 failed", "http://[secret]@host/v1 failed"),
        ("nothing to hide in task-force", "nothing to hide in task-force"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(said: str, left: str) -> None:
    assert without_secrets(said, Settings()) == left


def test_what_a_provider_says_is_one_short_line() -> None:
    assert one_line("a\n\x1b[31mb\u202e  c") == "a [31mb c"
    assert len(one_line("word " * 200)) <= 200
