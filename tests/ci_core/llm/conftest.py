"""Chat models at a stand-in server, asked through the product's own door."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from pydantic import BaseModel, Field
from sqlalchemy import text

from ci_core.llm import Answer, Fetched, Resting, ask
from ci_core.settings import Settings
from db.engine import Database
from tests.sites.openai import ChatSite, chat_server, chat_site  # noqa: F401 - fixtures

KEY = "sk-test-4f7a9c2e81d05b36"
MakeSettings = Callable[..., Settings]


class Verdict(BaseModel):
    """A small schema of the tests, answered by the stand-in's usual answer."""

    relevance: int = Field(ge=0, le=100)
    reason: str


class Ask(Protocol):
    """Asks with the settings given, and gives the answer."""

    def __call__(self, settings: Settings, **options: Any) -> Answer[Verdict]: ...


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the environment nor the developer's own .env counts."""
    for name in list(os.environ):
        if name.startswith(("CI_LLM", "OPENAI", "OLLAMA", "USE_LOCAL", "LANGSMITH", "LANGCHAIN")):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")


@pytest.fixture(scope="module")
def _ledger(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def database(_ledger: Database) -> Iterator[Database]:
    """A database that commits, with an empty ledger and no prompt; the tests of a file have it one after another."""
    yield _ledger
    with _ledger.transaction("tess") as session:
        session.execute(text("DELETE FROM ci_llm_calls"))
        session.execute(text("DELETE FROM ci_prompts"))


@pytest.fixture
def settings_for(chat_site: ChatSite) -> MakeSettings:  # noqa: F811
    """Settings by which models at the stand-in are asked; names are those of the environment, in lower case."""

    def make(**values: Any) -> Settings:
        usual = {
            "openai_api_key": KEY,
            "openai_base_url": chat_site.openai_url,
            "ollama_host": chat_site.ollama_url,
            "llm_model": "openai:gpt-4.1-mini",
            "llm_timeout_seconds": 10,
        }
        return Settings(**{**usual, **values})

    return make


@pytest.fixture
def resting() -> Resting:
    """Which models rest, for this test alone."""
    return Resting()


@pytest.fixture
def put(database: Database, resting: Resting) -> Ask:
    """Asks for a verdict on a text from a stranger."""

    def call(settings: Settings, **options: Any) -> Answer[Verdict]:
        given = {
            "purpose": "test",
            "prompt_name": "research.score",
            "variables": {"interests": "options", "history": "none", "item": Fetched("Rolling covered calls")},
            "schema": Verdict,
            "actor": "tess",
            "resting": resting,
        }
        return ask(database, settings, **{**given, **options})

    return call
