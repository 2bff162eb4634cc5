"""The code around an issue, as the check saw it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from ci_core.health.excerpts import excerpt
from db.tables import HealthChecker, HealthFile, HealthIssue
from tests.ci_core.health.seeds import Seeded

SOURCE = [f"line_{number} = {number}" for number in range(1, 31)]
SECRET = "hunter2-hunter2"


@pytest.fixture
def issue_id(session: Session, seeded: Seeded) -> int:
    """An issue in line 10 of a file; credentials were looked for."""
    found = seeded.issues["F821"][0]
    session.execute(
        update(HealthIssue)
        .where(HealthIssue.id == found)
        .values(file_path="a.py", line_number=10, end_line=11, snippet="line_10 = 10\nline_11 = 11")
    )
    return found


def committed(session: Session, seeded: Seeded, folder: Path, lines: list[str]) -> None:
    """The file as git holds it, and as the check noted it."""
    (folder / "a.py").write_text("\n".join(lines) + "\n")
    for command in (["init", "-q"], ["add", "a.py"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True)
    asked = ["git", "-C", str(folder), "hash-object", "a.py"]
    blob = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    session.execute(insert(HealthFile).values(repository_id=seeded.repository_id, path="a.py", blob=blob, lines=30))


def test_the_lines_stand_among_those_around_them(
    session: Session, seeded: Seeded, issue_id: int, tmp_path: Path
) -> None:
    committed(session, seeded, tmp_path, SOURCE)
    (tmp_path / "a.py").write_text("something else by now")

    found = excerpt(session, issue_id, tmp_path)

    assert found is not None
    assert found.first_line == 6
    assert found.lines == tuple(SOURCE[5:15])
    assert [found.lines[place] for place in found.marked] == ["line_10 = 10", "line_11 = 11"]


def test_without_what_was_looked_at_the_lines_stand_alone(
    session: Session, seeded: Seeded, issue_id: int, tmp_path: Path
) -> None:
    own = excerpt(session, issue_id, tmp_path)
    committed(session, seeded, tmp_path, ["# other", *SOURCE])
    moved = excerpt(session, issue_id, tmp_path)

    assert own == moved
    assert own is not None
    assert (own.first_line, own.lines, own.marked) == (10, ("line_10 = 10", "line_11 = 11"), range(2))
    session.execute(update(HealthIssue).where(HealthIssue.id == issue_id).values(snippet=""))
    assert excerpt(session, issue_id, tmp_path) is None


@pytest.mark.parametrize("reason", ["a credential is there", "nobody looked for one"])
def test_no_credential_is_shown_beside_an_issue(
    session: Session, seeded: Seeded, issue_id: int, tmp_path: Path, reason: str
) -> None:
    lines = SOURCE.copy()
    lines[7] = f'password = "{SECRET}"'
    committed(session, seeded, tmp_path, lines)
    if reason == "a credential is there":
        other = seeded.issues["S602"][0]
        session.execute(
            update(HealthIssue).where(HealthIssue.id == other).values(file_path="a.py", checker="credentials")
        )
    else:
        session.execute(update(HealthChecker).where(HealthChecker.name == "credentials").values(status="missing"))

    found = excerpt(session, issue_id, tmp_path)

    assert found is not None
    assert len(found.lines) == 10
    assert SECRET not in "\n".join(found.lines)
    assert found.lines[2] == 'password = "•••"'


def test_the_beginning_and_the_end_of_a_file_are_no_obstacle(
    session: Session, seeded: Seeded, issue_id: int, tmp_path: Path
) -> None:
    committed(session, seeded, tmp_path, SOURCE[9:11])
    session.execute(update(HealthIssue).where(HealthIssue.id == issue_id).values(line_number=1, end_line=2))

    found = excerpt(session, issue_id, tmp_path)

    assert found is not None
    assert (found.first_line, found.lines) == (1, ("line_10 = 10", "line_11 = 11"))
