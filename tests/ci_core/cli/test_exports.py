"""Exports at a shell: the same document that the pages give."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci_core.backlog.export import ENHANCEMENT_COLUMNS
from tests.ci_core.cli.conftest import Ci

Add = Callable[..., dict[str, Any]]


def test_what_a_query_finds_is_written_with_stable_keys(ci: Ci, add: Add) -> None:
    add("Second", "--area", "Exporting", "--hours", "8")
    add("=First", "--area", "Exporting", "--hours", "2.5")

    outcome = ci("enhancements", "export", "--query", "area:Exporting", "--format", "json", "--sort", "estimate")

    assert [item["title"] for item in outcome.document] == ["=First", "Second"]
    assert list(outcome.document[0]) == [column.key for column in ENHANCEMENT_COLUMNS]
    written = ci("enhancements", "export", "-q", "area:Exporting", "-f", "csv", "--sort", "-estimate").out
    assert [row["Title"] for row in csv.DictReader(io.StringIO(written))] == ["Second", "'=First"]


@pytest.mark.parametrize("suffix", ["md", "csv", "json", "xlsx"])
def test_the_files_name_says_the_format(ci: Ci, add: Add, tmp_path: Path, suffix: str) -> None:
    add("Grüße", "--area", f"Suffix {suffix}")
    path = tmp_path / f"rows.{suffix}"

    outcome = ci("enhancements", "export", "-q", f'area:"Suffix {suffix}"', "-o", path)

    assert (outcome.status, outcome.out) == (0, "")
    assert "1 enhancement was written" in outcome.err
    if suffix == "xlsx":
        with zipfile.ZipFile(path) as book:
            assert "Grüße" in book.read("xl/sharedStrings.xml").decode()
    else:
        assert "Grüße" in path.read_text(encoding="utf-8")
    if suffix == "json":
        assert len(json.loads(path.read_text(encoding="utf-8"))) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--format", "pdf"), "md, csv, json, xlsx"),
        (("--format", "xlsx"), "-o FILE.xlsx"),
        (("--sort", "colour"), "no order"),
        (("--format", "csv", "-o", "/nowhere/at/all.csv"), "cannot be written"),
        (("--query", "priority:soon"), "soon"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(ci: Ci, arguments: tuple[str, ...], words: str) -> None:
    outcome = ci("enhancements", "export", *arguments)

    assert outcome.status in (1, 2)
    assert (outcome.out, outcome.err.count("\n")) == ("", 1)
    assert words in outcome.err
