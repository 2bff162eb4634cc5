"""The doctor sees what is wrong and names the remedy; what is well is OK."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from ci_core import doctor
from ci_core.cli.app import main
from ci_core.doctor import Check, Outcome
from ci_core.jobs.checks import NAMES as SIDECAR
from ci_core.settings import Settings, load_settings
from db.engine import Database

NAMES = [
    "python",
    "settings",
    "data folder",
    "logs",
    "disk",
    "embedding model",
    "chat models",
    "backups",
    "health tools",
    "health repository",
    "health advisories",
    "database",
    "pgvector",
    "tables",
    "search index",
    "research sources",
    "research credentials",
    "research sites",
    "research vectors",
]


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Settings]:
    """Settings with this database and a data folder of the test's own."""

    def settings(url: str) -> Settings:
        for name in ("DB_HOST", "DB_USER", "DB_PASSWORD", "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET"):
            monkeypatch.setenv(name, "")
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("CI_DATA_DIR", str(tmp_path))
        return load_settings()

    return settings


def by_name(checks: tuple[Check, ...] | list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_every_part_is_looked_at_in_an_order_to_repair(
    configured: Callable[[str], Settings], database: Database
) -> None:
    configured(database.url)

    checks = doctor.examine()

    assert [check.name for check in checks] == NAMES
    found = by_name(checks)
    for name in ("python", "settings", "data folder", "logs", "disk", "database", "pgvector", "tables", "search index"):
        assert found[name].outcome is Outcome.OK, found[name]
        assert found[name].remedy is None
    assert "PostgreSQL" in found["database"].detail


def test_backups_of_the_embedded_database_are_told_when_they_are_old(tmp_path: Path) -> None:
    values = {"DATABASE_URL": None, "DB_HOST": None, "CI_DATA_DIR": tmp_path}
    settings = Settings(_env_file=None, **values)  # type: ignore[arg-type]
    now = datetime.now(UTC)
    assert doctor.check_backups(settings, now).detail.startswith("none yet")
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "magnus-20261125-021500.dump").write_text("")

    assert doctor.check_backups(settings, now + timedelta(days=2)).outcome is Outcome.OK
    old = doctor.check_backups(settings, now + timedelta(days=5))

    assert old.outcome is Outcome.WARNING
    assert "ci db backup" in str(old.remedy)
    elsewhere = Settings(_env_file=None, **{**values, "DATABASE_URL": "postgresql://elsewhere/x"})  # type: ignore[arg-type]
    assert doctor.check_backups(elsewhere, now).detail == "those of your own server"


def test_missing_model_fails_with_the_command_that_prepares_it(
    configured: Callable[[str], Settings], database: Database
) -> None:
    check = doctor.check_model(configured(database.url).models_dir)

    assert check.outcome is Outcome.FAILED
    assert check.remedy == "Prepare it with: ci setup"


def test_setting_with_a_mistake_ends_the_examination_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PORT", "five")

    checks = doctor.examine()

    assert [(check.name, check.outcome) for check in checks] == [
        ("python", Outcome.OK),
        ("settings", Outcome.FAILED),
    ]
    assert "DB_PORT" in checks[-1].detail


@pytest.mark.parametrize(("version", "outcome"), [((3, 10, 14), Outcome.FAILED), ((3, 11, 0), Outcome.OK)])
def test_old_python_is_noticed(version: tuple[int, ...], outcome: Outcome) -> None:
    assert doctor.check_python(version).outcome is outcome


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_log_of_another_account_is_told(tmp_path: Path) -> None:
    (tmp_path / "ci.log").touch(mode=0o400)

    check = doctor.check_logs(tmp_path)

    assert (check.outcome, check.detail) == (Outcome.WARNING, f"{tmp_path / 'ci.log'} cannot be written")


@pytest.mark.parametrize(("free_mib", "outcome"), [(100, Outcome.FAILED), (500, Outcome.WARNING), (2_000, Outcome.OK)])
def test_room_on_the_disk_is_judged(tmp_path: Path, free_mib: int, outcome: Outcome) -> None:
    check = doctor.check_disk(tmp_path / "not" / "there", free_mib * 1024 * 1024)

    assert check.outcome is outcome
    assert str(tmp_path) in check.detail


def test_data_folder_that_is_a_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="utf-8")

    check = doctor.check_data_folder(tmp_path / "data")

    assert check.outcome is Outcome.FAILED
    assert "CI_DATA_DIR" in (check.remedy or "")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_data_folder_that_is_closed_is_noticed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)

    assert doctor.check_data_folder(closed).outcome is Outcome.FAILED


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    doctor.check_data_folder(tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_unreachable_database_fails_and_its_parts_are_skipped(configured: Callable[[str], Settings]) -> None:
    checks = doctor.check_database(configured("postgresql://user:secret@127.0.0.1:1/none"))

    assert [(check.name, check.outcome) for check in checks] == [
        ("database", Outcome.FAILED),
        ("pgvector", Outcome.SKIPPED),
        ("tables", Outcome.SKIPPED),
        ("search index", Outcome.SKIPPED),
        ("research sources", Outcome.SKIPPED),
        ("research credentials", Outcome.SKIPPED),
        ("research sites", Outcome.SKIPPED),
        ("research vectors", Outcome.SKIPPED),
    ]
    assert "DATABASE_URL" in (checks[0].remedy or "")
    assert not any("secret" in str(check) for check in checks)


def test_missing_tables_name_the_command(
    configured: Callable[[str], Settings], new_database: Callable[..., str]
) -> None:
    found = by_name(doctor.check_database(configured(new_database())))

    assert found["tables"].outcome is Outcome.FAILED
    assert found["tables"].remedy == "Run: ci db upgrade"
    assert found["search index"].outcome is Outcome.SKIPPED


def test_waiting_vectors_are_a_warning_that_fails_nothing(
    configured: Callable[[str], Settings], database: Database
) -> None:
    with database.transaction("tess") as session:
        session.execute(text("INSERT INTO ci_enhancements (title) VALUES ('A'), ('B')"))

    found = by_name(doctor.check_database(configured(database.url)))

    assert found["search index"].outcome is Outcome.WARNING
    assert found["search index"].detail == "0 of 2 enhancements can be found by meaning"
    assert found["search index"].remedy == "Catch up with: ci embeddings refresh"


def test_research_is_well_where_nothing_speaks_against_it(
    configured: Callable[[str], Settings], database: Database
) -> None:
    with database.transaction("tess") as session:
        session.execute(
            text("INSERT INTO ci_research_sources (source_type, source_name) VALUES ('reddit', 'r/options')")
        )
    settings = configured(database.url).model_copy(update={"reddit_client_id": "id", "reddit_client_secret": "secret"})

    found = by_name(doctor.check_database(settings))

    assert (found["research sources"].outcome, found["research sources"].detail) == (
        Outcome.OK,
        "1 enabled, 0 scanned so far, 0 findings",
    )
    assert {found[name].outcome for name in doctor.RESEARCH_CHECKS} == {Outcome.OK}


def test_what_keeps_research_from_working_is_told_with_the_remedy(
    configured: Callable[[str], Settings], database: Database
) -> None:
    with database.transaction("tess") as session:
        session.execute(
            text("""
                INSERT INTO ci_research_sources (source_type, source_name, last_status, last_error, last_scan_at)
                VALUES ('reddit', 'r/options', 'failed', 'Reddit: 401', now()), ('arxiv', 'q-fin', 'ok', NULL, now());
                INSERT INTO ci_research_sites (site, circuit, failures, last_error, retry_at)
                VALUES ('reddit', 'open', 5, 'Reddit: 401', '2999-01-01 14:05Z'), ('arxiv', 'closed', 0, NULL, NULL);
                INSERT INTO ci_research_findings (source_type, source_url, source_title, content_hash)
                VALUES ('arxiv', '', 'Rolling', 'h');
                INSERT INTO ci_research_embeddings (finding_id, model, embedding, appeared_at)
                SELECT id, 'old model', array_fill(0.05, ARRAY[384])::vector, now() FROM ci_research_findings
            """)
        )

    found = by_name(doctor.check_database(configured(database.url)))

    sources, credentials, sites, vectors = (found[name] for name in doctor.RESEARCH_CHECKS)
    assert (sources.outcome, sources.detail) == (
        Outcome.WARNING,
        "2 enabled, 2 scanned so far, 1 findings; 1 failed: r/options: Reddit: 401",
    )
    assert (credentials.outcome, credentials.detail) == (
        Outcome.WARNING,
        "Reddit needs REDDIT_CLIENT_ID and REDDIT_CLIENT_SECRET",
    )
    assert "docs/sites.md" in (credentials.remedy or "")
    assert (sites.outcome, sites.detail) == (
        Outcome.WARNING,
        "not asked at this moment: reddit until 14:05 UTC. reddit: Reddit: 401",
    )
    assert (vectors.outcome, vectors.remedy) == (Outcome.WARNING, "Catch up with: ci research reembed")


def test_state_of_the_database_holds_no_password(configured: Callable[[str], Settings], database: Database) -> None:
    from psycopg.conninfo import make_conninfo

    url = make_conninfo(database.url, password="secret-word")  # ignored by a server that trusts
    settings = configured(url)

    opened = Database(url)
    state = doctor.database_state(settings, opened)
    opened.dispose()

    assert "secret-word" not in repr(state)
    assert (state.kind, state.up_to_date, state.enhancements) == ("external", True, 0)


def test_status_of_the_command_is_1_when_something_fails(
    configured: Callable[[str], Settings], database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    configured(database.url)

    status = main(["doctor"])

    shown = capsys.readouterr().out
    assert status == 1  # the model is missing in this folder
    assert "embedding model: Prepare it with: ci setup" in shown
    assert main(["doctor", "--json"]) == 1


def test_document_has_stable_keys(
    configured: Callable[[str], Settings], database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    import json

    configured(database.url)
    main(["doctor", "--json"])

    document = json.loads(capsys.readouterr().out)
    assert list(document) == ["ok", "checks"]
    assert document["ok"] is False
    assert [check["name"] for check in document["checks"]] == [*NAMES, *SIDECAR]
    assert {tuple(check) for check in document["checks"]} == {("name", "outcome", "detail", "remedy")}


@pytest.mark.parametrize(
    ("settings", "outcome", "words"),
    [
        ({}, Outcome.OK, "none; findings are scored on this machine"),
        ({"openai_api_key": "k"}, Outcome.OK, "openai:gpt-4.1-mini; at most $5 a day"),
        ({"llm_model": "openai:gpt-5"}, Outcome.WARNING, "there is no key"),
        ({"llm_model": "openai:gpt-99", "openai_api_key": "k"}, Outcome.WARNING, "a price is not known"),
        ({"use_local_llm": True}, Outcome.OK, "ollama:llama3.1"),
    ],
)
def test_chat_models_are_judged_by_their_settings(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, object], outcome: Outcome, words: str
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "USE_LOCAL_LLM", "CI_LLM_MODEL", "CI_LLM_PRICES"):
        monkeypatch.setenv(name, "")

    check = doctor.check_chat_models(Settings(**settings))  # type: ignore[arg-type]

    assert check.outcome is outcome
    assert words in check.detail
    assert (check.remedy is None) is (outcome is Outcome.OK)
