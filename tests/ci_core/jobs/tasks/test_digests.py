"""Digests: one for each person who was here lately, once, in a file of their own and at the bell."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ci_core.backlog.notifications import notifications_for
from ci_core.errors import CiError
from ci_core.jobs.tasks import digests
from ci_core.jobs.tasks.digests import daily, file_of, weekly
from ci_core.overview import touch_visit
from ci_core.settings import Settings
from db.engine import Database
from db.enums import NotificationKind
from tests.ci_core.jobs.tasks.conftest import Begin
from tests.ci_core.research.standins import NOW, as_person


@pytest.fixture
def people(database: Database) -> Database:
    with database.transaction("Ada") as session:
        touch_visit(session, "Ada", NOW - timedelta(hours=30))
        touch_visit(session, "Bo <b>", NOW - timedelta(days=20))
        touch_visit(session, "Cy", NOW - timedelta(days=200))
        touch_visit(session, "agent:research", NOW)
    as_person(database, "INSERT INTO ci_enhancements (title) VALUES ('<script>alert(1)</script> cache')")
    return database


def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, **{"CI_DATA_DIR": tmp_path})  # type: ignore[arg-type]


def test_everybody_who_was_here_lately_is_told_once(people: Database, begin: Begin, tmp_path: Path) -> None:
    first = begin("digest_daily", settings=settings(tmp_path))

    counts = daily(first)
    again = daily(begin(again=first))

    assert (counts, again) == ({"people": 2, "told": 2, "deleted": 0}, {"people": 2, "told": 2, "deleted": 0})
    with people.reading() as session:
        (told,) = notifications_for(session, "Ada")
        assert len(notifications_for(session, "Bo <b>")) == 1
        assert notifications_for(session, "Cy") == ()
    assert (told.kind, told.actor) == (NotificationKind.DIGEST, "agent:digest")
    assert told.summary.startswith("wrote your daily digest: ")
    files = sorted((tmp_path / "digests").iterdir())
    assert files == sorted([file_of(tmp_path, "Ada", "daily", NOW), file_of(tmp_path, "Bo <b>", "daily", NOW)])
    html = files[0].read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<script>" not in html
    if os.name == "posix":
        assert files[0].stat().st_mode & 0o077 == 0


def test_what_was_told_is_not_told_again_when_somebody_else_fails(
    people: Database, begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = digests._write

    def fail_for_bo(path: Path, html: str) -> None:
        if "bo" in path.name:
            raise CiError("cannot be written")
        write(path, html)

    monkeypatch.setattr(digests, "_write", fail_for_bo)
    first = begin("digest_weekly", settings=settings(tmp_path))
    with pytest.raises(CiError):
        weekly(first)
    monkeypatch.setattr(digests, "_write", write)

    weekly(begin(again=first))

    with people.reading() as session:
        count = text("SELECT person, count(*) FROM ci_notifications GROUP BY person ORDER BY person")
        assert [tuple(row) for row in session.execute(count)] == [("Ada", 1), ("Bo <b>", 1)]


def test_nothing_is_said_where_nothing_happened(database: Database, begin: Begin, tmp_path: Path) -> None:
    with database.transaction("Ada") as session:
        touch_visit(session, "Ada", NOW)

    assert daily(begin("digest_daily", settings=settings(tmp_path)))["told"] == 0
    assert not (tmp_path / "digests").exists()


def test_old_files_go(people: Database, begin: Begin, tmp_path: Path) -> None:
    old = file_of(tmp_path, "Ada", "daily", NOW - timedelta(days=61))
    old.parent.mkdir()
    old.write_text("")
    (tmp_path / "digests" / "notes.html").write_text("mine")

    assert daily(begin("digest_daily", settings=settings(tmp_path)))["deleted"] == 1
    assert (tmp_path / "digests" / "notes.html").exists()


def test_names_become_files_that_are_safe_and_differ(tmp_path: Path) -> None:
    names: list[Any] = ["Ada", "ada", "../../etc/passwd", "Ärzte", "Arzte", "🙂", "x" * 200]

    files = [file_of(tmp_path, name, "daily", NOW) for name in names]

    assert len(set(files)) == len(names)
    assert {path.parent for path in files} == {tmp_path / "digests"}
    assert max(len(path.name) for path in files) < 100


def test_a_folder_that_cannot_be_written_is_told(people: Database, begin: Begin, tmp_path: Path) -> None:
    (tmp_path / "digests").write_text("a file")

    with pytest.raises(CiError, match="Make the folder writable"):
        daily(begin("digest_daily", settings=settings(tmp_path)))
