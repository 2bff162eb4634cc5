"""The rules of the house, so that they stay true."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PYTHON = [PROJECT / "app.py", PROJECT / "run.py"]
LONGEST_FILE = 400
TEXT = {".py", ".js", ".css", ".html", ".toml", ".sh", ".md"}
# Names of drawers that everything ends up in.
DRAWERS = {"utils", "util", "helpers", "helper", "misc", "common", "manager"}
LEFT_OVER = ("TO" + "DO", "FIX" + "ME", "XX" + "X")


def tracked(suffixes: set[str], *folders: str) -> list[Path]:
    """Files that belong to the project: those git knows or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        paths = [PROJECT / name for name in listed.stdout.splitlines()]
    else:  # an unpacked archive without git
        paths = [path for folder in folders or (".",) for path in (PROJECT / folder).rglob("*")]
    hidden = {".venv", ".magnus", "node_modules", "__pycache__"}
    return sorted(
        path for path in paths if path.suffix in suffixes and path.is_file() and not hidden.intersection(path.parts)
    )


def imported(path: Path) -> Iterator[str]:
    """Every module that a file names in an import, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def shown(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(PROJECT)) for path in paths]


def test_imports_go_downward_only() -> None:
    # In a process of its own: it configures logging anew, which switches off every logger that there is.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"

    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_part_of_the_library_has_its_layer() -> None:
    contracts = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    layers = " ".join(contracts["contracts"][0]["layers"])
    named = {word.strip("()") for word in layers.replace("|", " ").replace(":", " ").split()}

    parts = {f"ci_core.{path.stem}" for path in (PROJECT / "ci_core").glob("*.py") if path.stem != "__init__"}
    parts |= {f"ci_core.{path.parent.name}" for path in (PROJECT / "ci_core").glob("*/__init__.py")}
    assert parts <= named


def test_no_file_is_longer_than_one_can_keep_in_mind() -> None:
    long = {
        str(path.relative_to(PROJECT)): lines
        for path in tracked(TEXT - {".md"})
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }

    assert long == {}


def test_app_opens_no_table_either() -> None:
    if not PYTHON[0].exists():
        pytest.skip("no app here")
    forbidden = ("sqlalchemy", "psycopg", "alembic", "db.tables", "db.migrate", "ci_core.cli")

    assert [name for name in imported(PYTHON[0]) if name.startswith(forbidden)] == []


def test_transactions_end_at_the_doors_only() -> None:
    below = [path for path in tracked({".py"}, "ci_core", "pages") if "cli" not in path.parts]

    assert shown([path for path in below if ".commit(" in path.read_text(encoding="utf-8")]) == []


def test_no_drawer_for_everything() -> None:
    assert shown([path for path in tracked({".py"}) if path.stem in DRAWERS or path.parent.name in DRAWERS]) == []


def test_nothing_is_left_for_later() -> None:
    unfinished = [path for path in tracked(TEXT) if any(mark in path.read_text(encoding="utf-8") for mark in LEFT_OVER)]

    assert shown(unfinished) == []


def test_no_error_is_swallowed_whatever_it_is() -> None:
    silent = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in tracked({".py"}, "ci_core", "db", "pages", "app.py", "run.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node.type) and _does_nothing(node.body)
    ]

    assert silent == []


def _catches_everything(caught: ast.expr | None) -> bool:
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


def _does_nothing(body: list[ast.stmt]) -> bool:
    return all(isinstance(statement, ast.Pass | ast.Continue) for statement in body)
