"""Credentials, bandit's few tests and our own rules as a check runs them: in programs apart, over a repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from ci_core.health.checkers import bandit, code_bugs, credentials
from ci_core.health.checkers.flows import checker as flows
from ci_core.health.checkers.programs.each_file import Entries, each_file
from ci_core.health.values import Report, Sighting, SourceFile
from tests.ci_core.health.targets import target_of, workbench_in

# Put together here, so that no one takes these for real ones.
AWS = "AKIA" + "IOSFODNN7QWERTYU"
GITHUB = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
PASSWORD = "Tr0ub4dor" + "-and-3"


class Remembering:
    """Keeps what was found, as a database would."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[Sighting, ...]] = {}

    def get(self, version: str, files: Iterable[SourceFile]) -> Mapping[str, tuple[Sighting, ...]]:
        return {file.path: self.kept[version, file.blob] for file in files if (version, file.blob) in self.kept}

    def put(self, version: str, found: Mapping[str, tuple[Sighting, ...]]) -> None:
        for path, sightings in found.items():
            self.kept[version, path] = sightings


def rules(report: Report) -> list[tuple[str, str | None, int | None]]:
    return [(one.rule, one.path, one.line) for one in report.sightings]


def test_credentials_are_found_and_never_told(tmp_path: Path) -> None:
    target = target_of(
        tmp_path / "repo",
        {
            "a.py": f'import os\nKEY = "{AWS}"\npassword = "{PASSWORD}"\n',
            ".env": f"GITHUB_TOKEN={GITHUB}\n",
            "conf.yml": f"database:\n  password: {PASSWORD}\n  url: postgres://me:{PASSWORD}@db.example.org/x\n",
            "key.txt": "-----BEGIN RSA PRIVATE " + "KEY-----\nabc\n",
            "odd.bin": b"\0\1password = 'abcdefgh1'\n",
        },
    )

    report = credentials.check(target, workbench_in(tmp_path))

    assert {(one.path, one.line) for one in report.sightings} == {
        ("a.py", 2), ("a.py", 3), (".env", 1), ("conf.yml", 2), ("conf.yml", 3), ("key.txt", 1),
    }  # fmt: skip
    assert report.seen == {"a.py", ".env", "conf.yml", "key.txt", "odd.bin"}
    # Nor a hash of one, by which it could be guessed.
    assert {frozenset(one.details) for one in report.sightings} == {frozenset({"kind", "severity"})}
    told = repr(report)
    assert not any(secret in told for secret in (AWS, GITHUB, PASSWORD))


def test_what_stands_where_a_credential_will_be_is_left_alone(tmp_path: Path) -> None:
    lines = [
        'password = "changeme"', 'password = os.environ["PASSWORD"]', 'api_key = "<your key>"', 'token = ""',
        'password = get_password("x")', 'api_key = "${API_KEY}"', 'token_name = "API_TOKEN"', 'secret = "xxxxxxxx"',
        'password = self.password', 'header = "password"', 'api_key = "demo"', 'token = "your-token-here"',
    ]  # fmt: skip
    target = target_of(tmp_path / "repo", {"a.py": "\n".join(lines) + "\n"})

    report = credentials.check(target, workbench_in(tmp_path))

    assert rules(report) == []


def test_an_address_of_an_example_is_none_in_prose_and_hardly_one_elsewhere(tmp_path: Path) -> None:
    example, real = "postgres://user:password@host/db\n", f"postgres://me:{PASSWORD}@db.example.org/x\n"
    target = target_of(tmp_path / "repo", {"README.md": example, "run.sh": example, "SETUP.md": real})

    report = credentials.check(target, workbench_in(tmp_path))

    assert {(one.path, one.details["severity"]) for one in report.sightings} == {
        ("run.sh", "low"),
        ("SETUP.md", "high"),
    }


def test_large_and_generated_files_are_not_searched_for_credentials() -> None:
    file = SourceFile("a.py", "", 100, 3)

    assert credentials.looks_at(file)
    assert not credentials.looks_at(replace(file, size=2_000_000))
    assert not credentials.looks_at(replace(file, lines=0))
    assert not credentials.looks_at(replace(file, path="web/package-lock.json"))


def test_bandit_reads_newer_syntax_and_says_what_it_could_not_read(tmp_path: Path) -> None:
    newer = "import torch\nname = {'a': 1}\nprint(f'{name['a']}')\ntorch.load('m.pt')\n"
    target = target_of(
        tmp_path / "repo",
        {
            "new.py": newer,
            "broken.py": "import torch\ntorch.load(\n",
            "plain.py": "x = 1\n",
            "bidi.py": "x = 1  # \u202e\n",
        },
    )

    report = bandit.check(target, workbench_in(tmp_path))

    assert rules(report) == [("B613", "bidi.py", 1), ("B614", "new.py", 4)]
    assert [(one.path, "line 2" in one.reason) for one in report.unseen] == [("broken.py", True)]
    assert report.seen == {"new.py", "plain.py", "bidi.py"}


def test_bandit_is_not_silenced_by_the_checked_file(tmp_path: Path) -> None:
    source = "import torch\ntorch.load('m.pt')  # nosec\n"
    target = target_of(tmp_path / "repo", {"a.py": source, ".bandit": "[bandit]\nskips: B614\n"})

    assert rules(bandit.check(target, workbench_in(tmp_path))) == [("B614", "a.py", 2)]


@pytest.mark.parametrize("check", [flows.check, code_bugs.check])
def test_every_file_is_seen_or_named(check: object, tmp_path: Path) -> None:
    assert callable(check)
    target = target_of(
        tmp_path / "repo",
        {"a.py": "x = 1\n", "b.py": "def f(:\n", "c.py": b"# coding: nope\n", "caf\udce9.py": "x = 1\n"},
    )

    report = check(target, workbench_in(tmp_path))

    assert report.seen == {"a.py", "caf\udce9.py"}
    assert [one.path for one in report.unseen] == ["b.py", "c.py"]


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    target = target_of(tmp_path / "repo", {"a.py": "x = 1\n"})
    (target.root / "a.py").unlink()

    report = flows.check(target, workbench_in(tmp_path))

    assert [one.path for one in report.unseen] == ["a.py"]
    assert report.seen == frozenset()


def test_a_flow_is_told_with_its_severity_weakness_and_steps(tmp_path: Path) -> None:
    source = (
        "from flask import request\n\ndef f():\n    a = request.args['a']\n    cur.execute('SELECT b FROM t' + a)\n"
    )
    target = target_of(tmp_path / "repo", {"a.py": source})

    (sighting,) = flows.check(target, workbench_in(tmp_path)).sightings

    assert (sighting.rule, sighting.line, sighting.end_line, sighting.column) == ("sql-injection", 5, 5, 5)
    assert sighting.message == "SQL is put together from the request's args: pass it as a parameter instead."
    assert sighting.details == {
        "severity": "critical",
        "origin": "outside",
        "cwe": "CWE-89",
        "steps": [{"line": 4, "label": "the request's args"}],
    }


def test_a_file_whose_content_is_known_is_not_read_again(tmp_path: Path) -> None:
    target = target_of(tmp_path / "repo", {"a.py": "eval(input())\n"})
    file = target.files["a.py"]
    workbench = replace(workbench_in(tmp_path), cache=Remembering())
    first = flows.check(target, workbench)
    assert isinstance(workbench.cache, Remembering)
    workbench.cache.kept = {(version, file.blob): kept for (version, _), kept in workbench.cache.kept.items()}
    (target.root / "a.py").unlink()

    second = flows.check(target, workbench)

    assert second.sightings == first.sightings
    assert second.seen == {"a.py"}


def test_one_file_that_its_reader_breaks_down_over_keeps_no_other_from_being_read(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text(name, encoding="utf-8")

    def read(source: bytes, _: str) -> Entries:
        if source == b"a.py":
            raise KeyError("a slip of ours")
        return [{"rule": "x"}]

    said = each_file({"root": str(tmp_path), "paths": ["a.py", "b.py"]}, read)

    assert said == {"a.py": "its reader broke down over it (KeyError)", "b.py": [{"rule": "x"}]}
