"""What git tells of a repository that may be hostile: read only, and nothing that its configuration names is run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ci_core.errors import CiError

TIMEOUT_SECONDS = 120.0
# Programs that a repository's own .git/config may name: a file watcher, hooks, a pager. Filters and external diffs are
# kept out by asking only what compares objects, never contents of files.
HARMLESS = (
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.pager=cat",
    "-c", "core.quotePath=false",
    "-c", "core.alternateRefsCommand=",
    "-c", "protocol.allow=never",
    "-c", "safe.directory=*",
)  # fmt: skip
# No question to a person, no object fetched from elsewhere, no pattern in a path.
ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "GIT_NO_LAZY_FETCH": "1", "GIT_LITERAL_PATHSPECS": "1",
    "LC_ALL": "C",
}  # fmt: skip
# Renamed files whose contents changed are searched for among this many; equal contents are found among any number.
RENAME_LIMIT = "2000"
LINK, SUBMODULE = "120000", "160000"
SCP_LIKE = re.compile(r"^(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9][A-Za-z0-9.-]+):(?!/?/)(?P<path>[^\s]+)$")
HASH = re.compile(r"^[0-9a-f]{40,64}$")


class GitFailed(CiError):
    """Git could not answer; the text says what it was asked and what it said."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file that git knows: its mode ("100644", "120000" for a link, …) and the hash of what git holds of it."""

    mode: str
    blob: str


class Git:
    """The git repository that a folder stands in.

    Args:
        folder: where git is asked; paths in answers are relative to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ask(self, *arguments: str, ok: tuple[int, ...] = (0,)) -> bytes:
        """What git answers.

        Raises:
            GitFailed: git is not installed, ended with another status than `ok`, or took too long.
        """
        program = shutil.which("git")
        if program is None:
            raise GitFailed("git is not installed here.")
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and arguments of ours only
                [program, "--no-optional-locks", *HARMLESS, *arguments],
                cwd=self._folder,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                env=_environment(),
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise GitFailed(f"git {arguments[0]} did not answer within {TIMEOUT_SECONDS:.0f} s.") from error
        except OSError as error:
            raise GitFailed(f"git {arguments[0]} could not be started: {error.strerror}.") from error
        if done.returncode not in ok:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise GitFailed(f"git {arguments[0]} failed: {said[-1][:300] if said else f'status {done.returncode}'}.")
        return done.stdout

    def text(self, *arguments: str) -> str | None:
        """One line that git answers; None where it has none."""
        try:
            return os.fsdecode(self.ask(*arguments)).strip() or None
        except GitFailed:
            return None

    def top(self) -> Path | None:
        """The folder of the whole checkout; None outside git."""
        found = self.text("rev-parse", "--show-toplevel")
        return Path(found) if found else None

    def hash_of_commit(self, revision: str = "HEAD") -> str | None:
        """The full hash of a revision; None where there is no such commit."""
        found = self.text("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        return found if found and HASH.match(found) else None

    def branch(self) -> str | None:
        """The branch that is checked out; None where none is."""
        return self.text("symbolic-ref", "--quiet", "--short", "HEAD")

    def tracked(self) -> dict[str, Entry]:
        """All files of the index, by path; of a file in conflict the last of its versions."""
        found: dict[str, Entry] = {}
        for line in _parts(self.ask("ls-files", "-z", "--stage")):
            about, _, path = line.partition("\t")
            mode, blob, _stage = about.split(" ")
            found[path] = Entry(mode, blob)
        return found

    def untracked(self) -> list[str]:
        """Files that git does not know and would take."""
        return list(_parts(self.ask("ls-files", "-z", "--others", "--exclude-standard")))

    def tree(self, commit: str) -> dict[str, Entry]:
        """All files of a commit, by path."""
        found: dict[str, Entry] = {}
        for line in _parts(self.ask("ls-tree", "-r", "-z", commit)):
            about, _, path = line.partition("\t")
            mode, _kind, blob = about.split(" ")
            found[path] = Entry(mode, blob)
        return found

    def renames(self, commit: str) -> dict[str, str]:
        """What was renamed between a commit and the index: path then → path now."""
        said = self.ask(
            "diff-index", "--cached", "-r", "-z", f"-l{RENAME_LIMIT}", "--find-renames", "--diff-filter=R",
            "--name-status", "--no-ext-diff", "--no-textconv", "--relative", commit, "--",
        )  # fmt: skip
        parts = list(_parts(said))
        return {parts[place + 1]: parts[place + 2] for place in range(0, len(parts) - 2, 3)}

    def remote(self) -> str | None:
        """The address that the repository comes from; None where it has none."""
        found = self.text("config", "--get", "remote.origin.url")
        if found:
            return found
        names = (self.text("remote") or "").splitlines()
        return self.text("config", "--get", f"remote.{names[0]}.url") if names else None

    def first_commit(self) -> str | None:
        """The hash of the oldest commit; None before it, and in a checkout without its whole history."""
        if self.text("rev-parse", "--is-shallow-repository") != "false":
            return None
        found = self.text("rev-list", "--max-parents=0", "HEAD", "--")
        return sorted(found.split())[0] if found else None


def normalised_remote(address: str) -> str | None:
    """ "host/owner/name" of a remote's address, without credentials; None for a folder on this machine.

    >>> normalised_remote("https://user:word@GitHub.com/owner/name.git")
    'github.com/owner/name'
    >>> normalised_remote("git@github.com:owner/name.git")
    'github.com/owner/name'
    >>> normalised_remote("/srv/git/name.git") is None
    True
    """
    scp = SCP_LIKE.match(address)
    if "://" in address:
        try:
            parts = urlsplit(address)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return None
        if parts.scheme == "file":
            return None
    elif scp and not re.match(r"^[A-Za-z]:", address):  # "C:\\…" is a folder
        host, path = scp["host"].lower(), scp["path"]
    else:
        return None
    path = path.strip("/").removesuffix(".git").strip("/")
    return f"{host}/{path}" if host and path else None


def _parts(answer: bytes) -> Iterator[str]:
    """What stands between zero bytes; bytes that are not UTF-8 as surrogate escapes."""
    return (part.decode("utf-8", "surrogateescape") for part in answer.split(b"\0") if part)


def _environment() -> Mapping[str, str]:
    """The environment without what would send git to another repository, or let it ask a person."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return {**kept, **ENVIRONMENT}
