"""Credentials are sent to their site and stand nowhere else: in no log, no message, no table."""

from __future__ import annotations

import base64
import logging

import pytest
from sqlalchemy import text

from ci_core.research.source_reading import read_source
from db.engine import Database
from tests.ci_core.research.sources.reading import EACH
from tests.sites import Sites

KEYS = {
    "reddit_client_id": "stand-in-id",
    "reddit_client_secret": "stand-in-secret",
    "github_token": "stand-in-token",
    "stackexchange_key": "stand-in-key",
}
SHOWN = [*KEYS.values(), base64.b64encode(b"stand-in-id:stand-in-secret").decode(), "token-of-the-stand-in"]


@pytest.mark.parametrize("fault", [None, "401", "500", "hang"])
def test_no_log_has_them(database: Database, sites: Sites, caplog: pytest.LogCaptureFixture, fault: str | None) -> None:
    caplog.set_level(logging.DEBUG)

    for kind in ("reddit", "github", "stack_overflow"):  # the others have none
        if fault is not None:
            sites.break_site(kind, fault)
        reading = read_source(database, sites.settings(**KEYS, site_timeout_seconds=0.3), EACH[kind])
        assert not any(secret in (reading.message or "") for secret in SHOWN)

    assert caplog.records
    assert [secret for secret in SHOWN if secret in caplog.text] == []
    with database.reading() as session:
        stored = str(session.execute(text("SELECT to_jsonb(s) FROM ci_research_sites s")).all())
    assert [secret for secret in SHOWN if secret in stored] == []
