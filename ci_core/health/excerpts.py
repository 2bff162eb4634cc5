"""The code around an issue as the check saw it, read from git by the hash of the content and never from the disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.health.git import HASH, Git, GitFailed
from ci_core.health.issues import Issue, get_issue
from ci_core.health.masking import without_secrets

CONTEXT_LINES = 4
LONGEST_LINE = 240
LARGEST_BYTES = 2 * 1024 * 1024
BLOB = text("SELECT blob FROM ci_health_files WHERE repository_id = :repository AND path = :path")
# Around a credential, or where nobody has looked for one, nothing is shown that may be one.
MAY_HOLD_SECRETS = text("""
    SELECT EXISTS (
        SELECT FROM ci_health_issues
        WHERE repository_id = :repository AND file_path = :path AND checker LIKE '%credentials%'
    ) OR NOT EXISTS (
        SELECT FROM ci_health_checkers k JOIN ci_health_checks c ON c.id = k.check_id
        WHERE c.repository_id = :repository AND k.name = 'credentials' AND k.status IN ('completed', 'partial')
    )
""")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a file.

    Attributes:
        first_line: the number of the first of them; None where it is not known.
        marked: the places in `lines` of those that the issue is about.
    """

    first_line: int | None
    lines: tuple[str, ...]
    marked: range


def excerpt(session: Session, issue_id: int, repo_path: Path) -> Excerpt | None:
    """The issue's own lines with some before and after; without those where git does not hold what was looked at.

    Args:
        repo_path: where the repository is checked out.

    Raises:
        NotFound: there is no such issue.
    """
    issue = get_issue(session, issue_id)
    if not issue.snippet:
        return None
    own = tuple(issue.snippet.split("\n"))
    content = _content(session, issue, repo_path)
    around = None if content is None or issue.line_number is None else _around(content, issue.line_number, own)
    if around is None:
        return Excerpt(issue.line_number, own, range(len(own)))
    if session.scalar(MAY_HOLD_SECRETS, {"repository": issue.repository_id, "path": issue.file_path}):
        return _with_masked_context(around, own)
    return around


def _content(session: Session, issue: Issue, repo_path: Path) -> str | None:
    """What the file held when it was looked at; None where git does not have it, or it is very large."""
    blob = session.scalar(BLOB, {"repository": issue.repository_id, "path": issue.file_path})
    if not blob or not HASH.match(blob):
        return None
    git = Git(repo_path)
    try:
        size = git.ask("cat-file", "-s", blob)
        if int(size) > LARGEST_BYTES:
            return None
        return git.ask("cat-file", "blob", blob).decode("utf-8", "replace")
    except (GitFailed, ValueError):
        return None


def _around(content: str, line: int, own: tuple[str, ...]) -> Excerpt | None:
    """The lines around; None where the issue's own lines are not there, because the file is another one by now."""
    lines = [one[:LONGEST_LINE] for one in content.splitlines()]
    first, last = line - 1, line - 1 + len(own)
    # What stood in a credential's place was hidden when it was stored.
    if len(lines) < last or not any(lines[first + place] == one for place, one in enumerate(own)):
        return None
    begin, end = max(0, first - CONTEXT_LINES), min(len(lines), last + CONTEXT_LINES)
    shown = (*lines[begin:first], *own, *lines[last:end])
    return Excerpt(begin + 1, shown, range(first - begin, last - begin))


def _with_masked_context(found: Excerpt, own: tuple[str, ...]) -> Excerpt:
    before, after = found.lines[: found.marked.start], found.lines[found.marked.stop :]
    hidden = [without_secrets("\n".join(some)).split("\n") if some else [] for some in (before, after)]
    return Excerpt(found.first_line, (*hidden[0], *own, *hidden[1]), found.marked)
