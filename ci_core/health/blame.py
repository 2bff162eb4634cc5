"""Which commit brought an issue in: who wrote its line, and when, as git tells.

Only committed contents are asked about: to look at files of the working tree, git would run the filters that a
repository's own configuration names. A line that was not committed yet has no introduction.
"""

from __future__ import annotations

import difflib
import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.health.git import Entry, Git, GitFailed
from ci_core.health.life_queries import as_json, storable
from ci_core.health.values import Target
from db.engine import Database

MOST_AT_ONCE = 20_000
MOST_LINES = 20_000
NAME_MAX = 200
AT_ONCE = 4
HEADER = re.compile(rb"^([0-9a-f]{40,64}) \d+ (\d+)")
EARLIEST, LATEST = 0, 253_402_300_799  # what a moment of the database can be, in seconds since 1970

UNBLAMED = text("""
    SELECT id, file_path, line_number FROM ci_health_issues
    WHERE repository_id = :repository_id AND introduced_commit IS NULL AND line_number IS NOT NULL
        AND status IN ('open', 'acknowledged', 'fixing') AND last_check_id = :check_id
    ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], severity), id DESC LIMIT :most
""")
STORE = text("""
    UPDATE ci_health_issues i
    SET introduced_commit = n.commit, introduced_at = n.at, introduced_by = n.by
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id bigint, commit text, at timestamptz, by text)
    WHERE i.id = n.id
""")


@dataclass(frozen=True, slots=True)
class Introduction:
    """The commit that a line comes from, its author's name, and when it was written."""

    commit: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Unblamed:
    """An issue of which it is not known who brought it in; `path` as it is stored."""

    issue_id: int
    path: str
    line: int


def unblamed(session: Session, repository_id: int, check_id: int, *, most: int = MOST_AT_ONCE) -> list[Unblamed]:
    """Issues that a check saw and nobody has asked git about with success, the worst first."""
    values = {"repository_id": repository_id, "check_id": check_id, "most": most}
    return [Unblamed(row.id, row.file_path, row.line_number) for row in session.execute(UNBLAMED, values)]


def introductions(target: Target, wanted: Collection[Unblamed], *, seconds: float = 20.0) -> dict[int, Introduction]:
    """Who brought issues in, by their ids, as far as it is found in time; those of the first files first.

    A repository without git, or without a commit, tells nothing.
    """
    if target.commit is None or not wanted:
        return {}
    git, until = Git(target.root), monotonic() + seconds
    try:
        committed = git.tree(target.commit)
    except GitFailed:
        return {}
    paths = {storable(path): path for path in target.files}
    by_path: dict[str, list[Unblamed]] = defaultdict(list)
    for one in wanted:
        if (path := paths.get(one.path)) is not None and path in committed:
            by_path[path].append(one)

    def ask(path: str) -> dict[int, Introduction]:
        if monotonic() > until:
            return {}
        return _of_file(git, target, path, by_path[path], committed[path])

    with ThreadPoolExecutor(min(AT_ONCE, os.cpu_count() or 1), thread_name_prefix="blame") as pool:
        answers = pool.map(ask, by_path)
        return {issue: found for answer in answers for issue, found in answer.items()}


def store_introductions(session: Session, found: Mapping[int, Introduction]) -> None:
    """Keep who brought issues in."""
    rows = [
        {"id": issue, "commit": one.commit, "at": one.at.isoformat(), "by": one.by}
        for issue, one in sorted(found.items())
    ]
    if rows:
        session.execute(STORE, {"rows": as_json(rows)})


def tell_introductions(
    database: Database, target: Target, repository_id: int, check_id: int, *, actor: str, seconds: float = 20.0
) -> int:
    """Find out who brought in what a check saw, and keep it; says of how many issues.

    Git is asked between two transactions, because it may take its time.
    """
    with database.reading() as session:
        wanted = unblamed(session, repository_id, check_id)
    found = introductions(target, wanted, seconds=seconds)
    if found:
        with database.transaction(actor) as session:
            store_introductions(session, found)
    return len(found)


def _of_file(git: Git, target: Target, path: str, some: Iterable[Unblamed], entry: Entry) -> dict[int, Introduction]:
    try:
        then = _lines_as_committed(git, target, path, entry)
        lines = {one.issue_id: one.line if then is None else then.get(one.line) for one in some}
        asked = {line for line in lines.values() if line is not None}
        told = _blamed(git, target, path, asked) if asked else {}
    except (GitFailed, OSError):  # it is simply not known then, and asked again with the next check
        return {}
    return {issue: told[line] for issue, line in lines.items() if line in told}


def _lines_as_committed(git: Git, target: Target, path: str, entry: Entry) -> dict[int, int] | None:
    """Lines of the file as it is → the same ones as they were committed; None where nothing differs."""
    file = target.files[path]
    if file.blob == entry.blob:
        return None
    if file.lines > MOST_LINES:
        return {}
    old = git.ask("cat-file", "blob", entry.blob).splitlines()
    new = (target.root / path).read_bytes().splitlines()
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return {block.b + step + 1: block.a + step + 1 for block in blocks for step in range(block.size)}


def _blamed(git: Git, target: Target, path: str, lines: Collection[int]) -> dict[int, Introduction]:
    ranges = [part for first, last in _ranges(sorted(lines)) for part in ("-L", f"{first},{last}")]
    said = git.ask(
        "blame", "--porcelain", "--no-textconv", "--ignore-revs-file=", *ranges, target.commit or "HEAD", "--", path
    )
    commits: dict[str, dict[str, str]] = {}
    where: dict[int, str] = {}
    commit = ""
    for row in said.split(b"\n"):
        if row.startswith(b"\t"):
            continue
        if header := HEADER.match(row):
            commit = header[1].decode()
            where[int(header[2])] = commit
            commits.setdefault(commit, {})
        elif commit:
            name, _, value = row.partition(b" ")
            commits[commit].setdefault(name.decode("ascii", "replace"), value.decode("utf-8", "replace"))
    known = {commit: _introduction(commit, about) for commit, about in commits.items()}
    return {line: found for line, commit in where.items() if (found := known[commit]) is not None}


def _introduction(commit: str, about: Mapping[str, str]) -> Introduction | None:
    seconds = about.get("author-time", "")
    if not commit.strip("0") or not re.fullmatch(r"\d{1,12}", seconds):
        return None
    at = datetime.fromtimestamp(min(max(int(seconds), EARLIEST), LATEST), UTC)
    name = "".join(sign for sign in about.get("author", "") if sign.isprintable())
    return Introduction(commit, at, name[:NAME_MAX])


def _ranges(lines: list[int]) -> Iterator[tuple[int, int]]:
    """Lines as first and last of each run of neighbours."""
    first = last = 0
    for line in lines:
        if line == last + 1:
            last = line
            continue
        if first:
            yield first, last
        first = last = line
    if first:
        yield first, last
