"""Settings come from the environment, typed and with defaults; a wrong one is named and never quoted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ci_core.errors import SettingsError
from ci_core.settings import PROJECT, Settings, load_settings, setting_names
from db.address import checked_url


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the environment nor the developer's own .env counts."""
    for name in list(os.environ):
        if name.startswith(("CI_", "DB_", "DATABASE_", "REDDIT_", "GITHUB_", "STACKEXCHANGE_")):
            monkeypatch.delenv(name)
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")


def test_nothing_configured_means_the_embedded_server_in_the_project() -> None:
    settings = load_settings()

    assert settings.external_database_url is None
    assert settings.data_dir == PROJECT / ".magnus"
    assert settings.models_dir == PROJECT / ".magnus" / "models"
    assert settings.repo_path == PROJECT
    assert settings.actor


def test_empty_values_count_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DB_HOST", "DB_USER", "DB_PASSWORD"):
        monkeypatch.setenv(name, "")

    assert load_settings().external_database_url is None


def test_whole_address_wins_over_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a@one/db")
    monkeypatch.setenv("DB_HOST", "two")

    assert load_settings().external_database_url == "postgresql://a@one/db"


@pytest.mark.parametrize("host", ["db.example.org", "127.0.0.1", "/run/postgresql"])
@pytest.mark.parametrize("password", ["plain", "p@ss:w/rd?#% ü"])
def test_parts_make_an_address_that_libpq_takes_apart_again(
    monkeypatch: pytest.MonkeyPatch, host: str, password: str
) -> None:
    from psycopg.conninfo import conninfo_to_dict

    for name, value in {"HOST": host, "PORT": "5433", "NAME": "my db", "USER": "a@b", "PASSWORD": password}.items():
        monkeypatch.setenv(f"DB_{name}", value)

    parts = conninfo_to_dict(checked_url(load_settings().external_database_url or ""))

    assert (parts["host"], parts["port"], parts["dbname"], parts["user"], parts["password"]) == (
        host,
        "5433",
        "my db",
        "a@b",
        password,
    )


def test_values_come_from_the_file_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DB_POOL_SIZE=7\nCI_ACTOR=lena\nUNKNOWN=1\n", encoding="utf-8")
    monkeypatch.setenv("CI_ACTOR", "ada")

    settings = load_settings()

    assert (settings.db_pool_size, settings.actor) == (7, "ada")


def test_the_apps_address_gets_no_second_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_APP_URL", "https://magnus.example.org/ci/")

    assert load_settings().app_url == "https://magnus.example.org/ci"


def test_folders_become_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CI_DATA_DIR", "data")
    monkeypatch.setenv("CI_REPO_PATH", "~")

    settings = load_settings()

    assert settings.data_dir == tmp_path / "data"
    assert settings.repo_path == Path.home()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PORT", "secret"),
        ("DB_PORT", "70000"),
        ("DB_POOL_SIZE", "0"),
        ("DB_POOL_TIMEOUT_SECONDS", "-1"),
        ("CI_WEIGHT_USER_IMPACT", "secret"),
        ("CI_WEIGHT_USER_IMPACT", "-0.1"),
        ("CI_APP_URL", "javascript:alert(1)"),
        ("CI_APP_URL", 'https://x.example/"><script>'),
    ],
)
def test_wrong_value_is_refused_by_the_name_of_its_setting_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=f"^Setting {name}: .*Correct it in the environment or in .env.$") as caught:
        load_settings()

    assert "secret" not in str(caught.value)


def test_secrets_are_not_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://a:secret@one/db")
    monkeypatch.setenv("DB_PASSWORD", "secret")

    settings = load_settings()

    assert "secret" not in f"{settings!r} {settings!s}"


@pytest.mark.parametrize("name", setting_names())
def test_every_setting_is_explained_in_the_example(name: str) -> None:
    assert f"#{name}=" in (PROJECT / ".env.example").read_text(encoding="utf-8")


def test_thresholds_of_health_are_read_from_the_same_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("CI_HEALTH_MAX_COMPLEXITY=17\n", encoding="utf-8")
    monkeypatch.setenv("CI_HEALTH_MIN_SCORE", "55")

    health = load_settings().health

    assert (health.min_score, health.max_complexity, health.max_line_length) == (55, 17, 120)
    assert health.weights["security"] == 0.25
    assert health.thresholds["coverage_total_percent"] == 60


def test_a_wrong_threshold_of_health_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_HEALTH_MIN_SCORE", "101")

    with pytest.raises(SettingsError, match="CI_HEALTH_MIN_SCORE"):
        load_settings()


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_DATA_DIR", "")
    monkeypatch.setenv("DB_POOL_SIZE", "")

    settings = load_settings()

    assert settings.data_dir == PROJECT / ".magnus"
    assert settings.db_pool_size == 10


def test_working_days_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().weekdays == frozenset(range(5))

    monkeypatch.setenv("CI_WORKING_DAYS", "Saturday, mon")

    assert load_settings().weekdays == {0, 5}


@pytest.mark.parametrize("days", ["someday", "mon,xyz", ","])
def test_unknown_working_days_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, days: str) -> None:
    monkeypatch.setenv("CI_WORKING_DAYS", days)

    with pytest.raises(SettingsError, match="CI_WORKING_DAYS"):
        load_settings()


SECRETS = ("REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET", "GITHUB_TOKEN", "STACKEXCHANGE_KEY")


@pytest.mark.parametrize("name", SECRETS)
def test_credentials_of_sites_are_never_printed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "s3cret-of-a-site")

    settings = load_settings()

    assert getattr(settings, name.lower()) == "s3cret-of-a-site"
    assert "s3cret-of-a-site" not in repr(settings)


def test_addresses_of_sites_end_without_a_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI_GITHUB_API_URL", "https://github.example.org/api/v3/")

    assert load_settings().github_api_url == "https://github.example.org/api/v3"


@pytest.mark.parametrize("value", ["ftp://example.org", "example.org", "https://a b"])
def test_an_address_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("CI_REDDIT_URL", value)

    with pytest.raises(SettingsError, match="CI_REDDIT_URL"):
        load_settings()


def test_time_zone_is_the_configured_one_or_the_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tzlocal.get_localzone_name", lambda: "Asia/Tokyo")
    assert load_settings().time_zone == "Asia/Tokyo"

    monkeypatch.setenv("CI_TIME_ZONE", "Europe/Berlin")
    assert load_settings().time_zone == "Europe/Berlin"


def test_machine_that_knows_no_time_zone_is_taken_for_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (None, "Etc/UTC", "Mars/Olympus_Mons"):
        monkeypatch.setattr("tzlocal.get_localzone_name", lambda name=name: name)

        assert load_settings().time_zone == "UTC"


@pytest.mark.parametrize("name", ["Europe/Atlantis", "Europe", "../../etc/passwd"])
def test_unknown_time_zone_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("CI_TIME_ZONE", name)

    with pytest.raises(SettingsError, match=r"CI_TIME_ZONE: .*such as Europe/Berlin"):
        load_settings()
