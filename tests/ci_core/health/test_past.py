"""What the history of a repository tells: how often files change, releases, and which lines are new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ci_core.health.churn import Churn, _churn, _names, _numbers, churn_of, releases_of
from ci_core.health.git import GitFailed
from ci_core.health.new_lines import ALL, NewLines, changed_spans, new_lines
from tests.ci_core.health.repositories import Repository

NOW = datetime(2026, 1, 2, tzinfo=UTC)  # the repositories of tests are committed on the day before


def test_commits_and_lines_are_counted_by_the_present_name(repository: Repository) -> None:
    repository.write({"old.py": "a\nb\nc\n", "odd name\n.py": "x\n"}).commit()
    repository.write({"old.py": "a\nB\nc\n"}).commit()
    repository.git("mv", "old.py", "new.py")
    repository.commit()
    repository.write({"new.py": "a\nB\nC\n"}).commit()

    churn = churn_of(repository.root, now=NOW)

    assert churn == {"new.py": Churn(4, 3 + 2 + 0 + 2), "odd name\n.py": Churn(1, 1)}


def test_what_is_long_ago_does_not_count(repository: Repository) -> None:
    repository.write({"a.py": "a\n"}).commit()

    assert churn_of(repository.root, now=NOW - timedelta(days=3), days=1) == {"a.py": Churn(1, 1)}  # the newest counts
    assert churn_of(repository.root, now=NOW, days=0) == {"a.py": Churn(1, 1)}


def test_without_a_history_there_is_none(repository: Repository) -> None:
    repository.write({"a.py": "a\n"})

    assert churn_of(repository.root, now=NOW) == {}
    assert releases_of(repository.root, now=NOW) == ()


def test_names_alone_do_where_contents_are_missing() -> None:
    told = iter(["M", "new.py", "R100", "old.py", "new.py", "A", "old.py"])

    assert _churn(_names(told)) == {"new.py": Churn(3, 0)}


def test_a_file_that_is_no_text_has_no_lines() -> None:
    assert _churn(_numbers(iter(["-\t-\tlogo.png", "2\t1\ta.py"]))) == {
        "logo.png": Churn(1, 0),
        "a.py": Churn(1, 3),
    }


def test_releases_are_the_tags_of_the_last_year(repository: Repository) -> None:
    first = repository.write({"a.py": "a\n"}).commit()
    repository.git("tag", "v1.0")
    repository.git("tag", "-a", "-m", "Second", "v1.1")

    found = releases_of(repository.root, now=NOW)

    assert [(one.name, one.commit) for one in found] == [("v1.0", first), ("v1.1", first)]
    assert found[0].at == datetime(2026, 1, 1, tzinfo=UTC)
    assert releases_of(repository.root, now=NOW + timedelta(days=500)) == ()


@pytest.mark.parametrize(
    ("old", "new", "spans"),
    [
        (b"a\nb\n", b"a\nb\n", ()),
        (b"a\nb\n", b"a\nX\nb\n", ((2, 2),)),
        (b"a\nb\nc\n", b"X\nb\nY\nZ\n", ((1, 1), (3, 4))),
        (b"a\nb\n", b"a\n", ()),
        (b"", b"a\nb\n", ((1, 2),)),
        (b"a\n" * 6_000, b"b\n", ALL),
    ],
)
def test_spans_are_the_lines_that_are_new(old: bytes, new: bytes, spans: object) -> None:
    assert changed_spans(old, new) == spans


def test_new_lines_are_those_since_the_commit(repository: Repository) -> None:
    base = repository.write({"a.py": "one\ntwo\n", "b.py": "x\n"}).commit()
    repository.write({"a.py": "one\nnew\ntwo\n", "c.py": "all\nnew\n"}).commit()

    found = new_lines(repository.root, base, ["a.py", "c.py"])

    assert found.spans == {"a.py": ((2, 2),), "c.py": ALL}
    assert found.since == datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(GitFailed, match="does not know the commit"):
        new_lines(repository.root, "nowhere", [])


def test_what_reaches_into_a_new_line_touches_it() -> None:
    lines = NewLines(NOW, {"a.py": ((5, 6),)})

    assert lines.touch("a.py", 5)
    assert lines.touch("a.py", 2, 5)
    assert not lines.touch("a.py", 7, 9)
    assert not lines.touch("b.py", 5)
    assert lines.touch("a.py", None)
    assert lines.touch(None, None)
