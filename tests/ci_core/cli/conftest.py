"""The `ci` command as a person calls it, on a database of the tests."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ci_core.cli.app import main
from db.engine import Database


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit status, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        assert self.out, self.err
        return json.loads(self.out)


class Typed(io.StringIO):
    """What a person types at a terminal."""

    def isatty(self) -> bool:
        return True


Ci = Callable[..., Outcome]


@pytest.fixture(scope="module")
def backlog(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """A migrated database that the tests of a file share: each adds what it needs and looks at nothing else."""
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Settings that touch nothing outside the test's own folder, which this is."""
    for name in ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD", "DB_NAME"):
        monkeypatch.setenv(name, "" if name != "DB_PORT" else "5432")
    monkeypatch.setenv("CI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("CI_REPO_PATH", str(tmp_path))
    monkeypatch.setenv("CI_ACTOR", "tess")
    return tmp_path


@pytest.fixture
def run(environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ci:
    """Runs `ci` in this process with the address of a database."""

    def call(url: str, *arguments: object, stdin: str | io.StringIO = "") -> Outcome:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin) if isinstance(stdin, str) else stdin)
        capsys.readouterr()
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return call


@pytest.fixture
def ci(run: Ci, backlog: Database) -> Ci:
    """Runs `ci` on the database of this file."""
    return lambda *arguments, stdin="": run(backlog.url, *arguments, stdin=stdin)


@pytest.fixture
def add(ci: Ci) -> Callable[..., dict[str, Any]]:
    """Adds an enhancement and gives its document."""

    def added(title: str, *options: object) -> dict[str, Any]:
        outcome = ci("enhancements", "add", "--title", title, *options, "--json")
        assert outcome.status == 0, outcome.err
        return outcome.document

    return added
