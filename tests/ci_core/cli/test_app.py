"""What every command has in common: exit statuses, one line per error, and a quick start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci_core.cli import enhancements
from ci_core.cli.app import main
from ci_core.cli.output import clean
from tests.ci_core.cli.conftest import Ci

PROJECT = Path(__file__).resolve().parents[3]
LIMIT_SECONDS = 0.5


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["enhancements", "list", "--frobnicate"],
        ["enhancements", "list", "--limit", "many"],
        ["enhancements", "list", "--limit", "-1"],
        ["enhancements", "list", "--sort", "colour"],
        ["enhancements", "show"],
        ["enhancements", "show", "first"],
        ["enhancements", "undo", "1", "--transaction", "2"],
        ["wishlist", "import"],
    ],
)
def test_wrong_usage_is_status_2_and_one_line_with_the_help_to_read(ci: Ci, arguments: list[str]) -> None:
    outcome = ci(*arguments)

    assert (outcome.status, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert "--help" in outcome.err


@pytest.mark.parametrize("arguments", [[], ["db"], ["enhancements"], ["wishlist"], ["embeddings"]])
def test_no_command_shows_the_help(ci: Ci, arguments: list[str]) -> None:
    outcome = ci(*arguments)

    assert outcome.status == 2
    assert outcome.err.startswith("Usage: ci")
    assert "Commands:" in outcome.err


def all_commands() -> list[list[str]]:
    found = [["setup"], ["doctor"], ["db"], ["wishlist"], ["enhancements"], ["embeddings"]]
    found += [["db", name] for name in ("upgrade", "downgrade", "status", "url")]
    found += [["wishlist", name] for name in ("import", "export")]
    found += [["embeddings", name] for name in ("run", "refresh", "status")]
    looking, changing = ["list", "show", "history", "search"], ["add", "move", "edit", "score", "comment", "undo"]
    names = [*looking, *changing, "depend", "merge", "unmerge"]
    return found + [["enhancements", name] for name in names]


@pytest.mark.parametrize("command", all_commands(), ids=" ".join)
def test_every_command_has_help(ci: Ci, command: list[str]) -> None:
    outcome = ci(*command, "--help")

    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.startswith(f"Usage: ci {' '.join(command)}")


def test_setting_with_a_mistake_is_one_line_that_names_it(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_POOL_SIZE", "plenty")

    outcome = ci("enhancements", "list")

    assert outcome.status == 1
    assert outcome.err.startswith("error: Setting DB_POOL_SIZE: ")
    assert outcome.err.count("\n") == 1


def test_unexpected_error_is_one_line_and_the_rest_is_in_a_file(
    ci: Ci, monkeypatch: pytest.MonkeyPatch, environment: Path
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug\nof ours")

    monkeypatch.setattr(enhancements, "query_of", broken)

    outcome = ci("enhancements", "list")

    assert (outcome.status, outcome.out) == (1, "")
    assert outcome.err.startswith("error: unexpected KeyError: ")
    assert outcome.err.count("\n") == 1
    (log,) = (environment / "data" / "logs").iterdir()
    assert str(log) in outcome.err
    assert "Traceback" in log.read_text(encoding="utf-8")


def test_interrupt_is_one_line_and_no_traceback(ci: Ci, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(enhancements, "query_of", interrupted)

    outcome = ci("enhancements", "list")

    assert (outcome.status, outcome.out, outcome.err) == (130, "", "error: interrupted\n")


def test_reader_that_has_seen_enough_is_no_error(ci: Ci, environment: Path) -> None:
    command = f"{sys.executable} -m ci_core enhancements --help; echo $? >&2"

    done = subprocess.run(
        ["bash", "-c", f"({command}) | true"], cwd=PROJECT, capture_output=True, text=True, check=False
    )

    assert done.stderr.strip() == "0"


def test_terminal_without_unicode_gets_replacements_and_no_error(ci: Ci) -> None:
    item = ci("enhancements", "add", "--title", "Größe 🚀", "--json").document["id"]
    command = [sys.executable, "-m", "ci_core", "enhancements", "show", str(item)]
    environment = {"PYTHONIOENCODING": "ascii"}

    shown = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False, env={**os.environ, **environment})
    document = subprocess.run(
        [*command, "--json"], cwd=PROJECT, capture_output=True, check=False, env={**os.environ, **environment}
    )

    assert shown.returncode == 0, shown.stderr
    assert b"Gr??e ?" in shown.stdout
    assert b"Gr\\u00f6\\u00dfe" in document.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="no processor time of children")
def test_help_comes_at_once() -> None:
    before = os.times()

    subprocess.run([sys.executable, "-m", "ci_core", "--help"], cwd=PROJECT, capture_output=True, check=True)

    # Processor time, which a busy machine does not change.
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < LIMIT_SECONDS


def test_help_loads_neither_database_nor_model() -> None:
    code = (
        "import sys; from ci_core.cli.app import main; main(['--help']);"
        "print([name for name in ('sqlalchemy', 'psycopg', 'pydantic_settings', 'onnxruntime', 'alembic', 'rich') "
        "if name in sys.modules], file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


def test_list_loads_no_model_and_no_migrations(ci: Ci) -> None:
    code = (
        "import sys; from ci_core.cli.app import main; main(['enhancements', 'list']);"
        "print([name for name in ('onnxruntime', 'numpy', 'alembic', 'torch', 'streamlit', 'markdown_it') "
        "if name in sys.modules], file=sys.stderr)"
    )
    ci("db", "status")

    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert done.stderr.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("text", "safe"),
    [("a\x1b[31mb", "a\ufffd[31mb"), ("a\rb\x9bc", "a\ufffdb\ufffdc"), ("tab\there\n", "tab\there\n"), ("ü日", "ü日")],
)
def test_control_characters_are_made_visible(text: str, safe: str) -> None:
    assert clean(text) == safe


def test_main_gives_the_status_instead_of_ending_the_process(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "Usage: ci" in capsys.readouterr().out
