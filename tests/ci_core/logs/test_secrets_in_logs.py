"""The attack on the whole: settings full of secrets, logged by everybody in every way, must stand in neither log."""

from __future__ import annotations

import base64
import logging
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text

from ci_core.logs import configure_logging, get_logger, run_context
from ci_core.runs.log_writer import kept_run_logs
from ci_core.settings import Settings
from db.engine import Database
from tests.ci_core.runs.runs_made import made

PASSWORDS = {
    "db_password": "pa ss/of&db",
    "openai_api_key": "plain-openai-key",
    "github_token": "plain_github_token",
    "reddit_client_secret": "plain-reddit-secret",
    "stackexchange_key": 'odd"key\\of((stack',
}


def attack(settings: Settings) -> None:
    """Says every secret in every way that programs do by mistake."""
    log, foreign = get_logger("ci_core.attack"), logging.getLogger("foreign")
    log.info("whole", settings=settings, dumped=settings.model_dump(), url=settings.external_database_url)
    for name, secret in PASSWORDS.items():
        encoded = base64.b64encode(f"user:{secret}".encode()).decode()
        log.info("bare", value=secret, listed=[secret], named={name: secret}, **{name: secret})
        log.warning("odd_places", **{"headers": {"Authorization": f"Basic {encoded}"}, "by_value": {secret: "x"}})
        log.error(f"in the event: {secret}", body=f'{{"a": "{secret}"}}'.encode(), error=OSError(2, secret, secret))
        foreign.warning("%s of %r at %s", secret, {name: secret}, httpx.URL("https://x/", params={"key": secret}))
        foreign.error("extra", extra={"request": httpx.Request("GET", f"https://u:{quote(secret, safe='')}@x.org/")})
        try:
            try:
                raise ValueError(secret)
            except ValueError as error:
                raise KeyError(f"?token={quote(secret)}&x") from error
        except KeyError:
            log.exception("failed")
            foreign.exception("failed too")


def spellings(secret: str) -> set[str]:
    return {secret, quote(secret), quote(secret, safe=""), repr(secret)[1:-1], secret.replace("\\", "\\\\")}


@pytest.mark.parametrize("terminal", [True, False])
def test_no_log_has_a_secret(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, log_level="DEBUG", db_host="db.example.org", db_user="u", **PASSWORDS
    )
    with database.transaction("tess") as session:
        run_id = made(session, "running")

    with (
        configure_logging(settings, process="test", terminal=terminal),
        kept_run_logs(database, settings),
        run_context(run_id),
    ):
        attack(settings)

    with database.reading() as session:
        stored = [str(row) for row in session.execute(text("SELECT to_jsonb(l)::text FROM ci_run_log l"))]
    written = (tmp_path / "logs" / "ci.log").read_text()
    shown = capsys.readouterr().err
    assert len(stored) == written.count("\n") == 1 + 7 * len(PASSWORDS)
    assert bool(shown) is terminal
    for secret in PASSWORDS.values():
        for spelling in spellings(secret):
            for place in (written, shown, *stored):
                assert spelling not in place
