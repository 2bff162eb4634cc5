"""Which files a check looks at: the team's own, as git knows them, and of those what changed where that is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ci_core.errors import InvalidInput, NotFound
from ci_core.health.contents import Content, Unreadable, leads_outside, read_content, walk
from ci_core.health.foreign import Foreign, written_by_a_program
from ci_core.health.git import LINK, SUBMODULE, Git, GitFailed, normalised_remote
from ci_core.health.values import CheckRequest, Excluded, SourceFile, Target
from ci_core.settings.health import HealthSettings
from db.enums import CheckType

NO_GIT = (
    "This folder is no git checkout, so that all its files were looked at, whatever made them, and neither history nor "
    "authors are known. Run `git init` and commit, or set CI_REPO_PATH to a checkout."
)
NO_COMMIT = "Nothing was committed yet, so that there is no history."
EMPTY = "There is no file to look at: the repository is empty, or all that it has is somebody else's."
# More single files than this are told of by their folder.
MOST_TOLD = 50


@dataclass(frozen=True, slots=True)
class Known:
    """What the last check of a repository saw: its commit, and the hash of each file by path."""

    commit: str | None = None
    blobs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a repository from others wherever it is checked out, and what people call it."""

    identity: str
    name: str


def identify(repo_path: Path) -> Identity:
    """Which repository stands in a folder: by the address it comes from, else its first commit, else the folder.

    Raises:
        NotFound: there is no such folder.
    """
    root = _existing(repo_path)
    git = Git(root)
    top = git.top()
    if top is None:
        return Identity(f"folder:{root}", root.name or str(root))
    inside = root.relative_to(top).as_posix() if root.is_relative_to(top) else "."
    below = "" if inside == "." else f"//{inside}"
    remote = normalised_remote(git.remote() or "")
    if remote:
        return Identity(f"git:{remote}{below}", remote.split("/", 1)[1] + below)
    first = git.first_commit()
    if first:
        return Identity(f"commit:{first}{below}", root.name or str(root))
    return Identity(f"folder:{root}", root.name or str(root))


def read_target(request: CheckRequest, *, settings: HealthSettings, known: Known | None = None) -> Target:
    """The files of a repository, and which of them this check looks at.

    A quick scan looks at what changed since `known`, the last check; every check with `since` at what changed since
    that commit. Files that are not committed, or that git ignores although they are committed, are looked at too.

    Raises:
        NotFound: there is no such folder.
        InvalidInput: the folder is no checkout but git's own, `since` names no commit, or `paths` no file.
        GitFailed: git knows the folder but could not answer.
    """
    root = _existing(request.repo_path)
    listing = _list(root)
    files, excluded, gone = _own_files(root, listing, settings)
    known = known or Known()
    here = _Here(listing, files, gone)
    within = _within(files, request.paths)
    changed = _changed(request, here, known)
    identity = identify(root)
    return Target(
        root=root,
        identity=identity.identity,
        name=identity.name,
        files={path: file for path, (file, _) in files.items()},
        selected=frozenset(path for path in within if changed is None or path in changed),
        excluded=excluded,
        commit=listing.commit,
        branch=listing.branch,
        dirty=here.dirty(),
        renames=here.renames(known),
        remarks=listing.remarks if files else (*listing.remarks, EMPTY),
    )


@dataclass(frozen=True, slots=True)
class _Listing:
    """The paths of a folder, before anything was read; `git` is None outside git, `tree` is what was committed."""

    paths: tuple[str, ...]
    git: Git | None = None
    special: Mapping[str, str] = field(default_factory=dict)
    tree: Mapping[str, str] = field(default_factory=dict)
    commit: str | None = None
    branch: str | None = None
    remarks: tuple[str, ...] = ()


def _existing(path: Path) -> Path:
    root = path.expanduser()
    if not root.is_dir():
        raise NotFound(f"There is no folder {root}: set CI_REPO_PATH, or name another with --repo.")
    return root.resolve()


def _list(root: Path) -> _Listing:
    git = Git(root)
    top = git.top()
    if top is None:
        if git.text("rev-parse", "--is-inside-git-dir") == "true":
            raise InvalidInput(
                "repo_path", f"{root} is where git keeps its own files: name a folder that is checked out."
            )
        return _Listing(tuple(walk(root)), remarks=(NO_GIT,))
    tracked = git.tracked()
    untracked = git.untracked()
    if not tracked and top != root and not untracked and any(walk(root)):
        # It stands in somebody's checkout that ignores it: it is none of that.
        return _Listing(tuple(walk(root)), remarks=(NO_GIT,))
    kinds = {LINK: "a link, which is not followed", SUBMODULE: "a submodule: a repository of its own"}
    commit = git.hash_of_commit()
    return _Listing(
        paths=(*tracked, *untracked),
        git=git,
        special={path: kinds[entry.mode] for path, entry in tracked.items() if entry.mode in kinds},
        tree={path: entry.blob for path, entry in git.tree(commit).items()} if commit else {},
        commit=commit,
        branch=git.branch(),
        remarks=() if commit else (NO_COMMIT,),
    )


_Files = Mapping[str, tuple[SourceFile, Content]]


def _own_files(
    root: Path, listing: _Listing, settings: HealthSettings
) -> tuple[_Files, tuple[Excluded, ...], frozenset[str]]:
    """The files to look at, what is left out, and the paths that git knows and where nothing is."""
    foreign = Foreign(listing.paths, settings.exclude.split(","))
    files: dict[str, tuple[SourceFile, Content]] = {}
    left_out: Counter[tuple[str, str]] = Counter()
    gone: set[str] = set()
    links: dict[str, bool] = {}
    for path in sorted(listing.paths):
        place = foreign.place(path)
        reason = listing.special.get(path)
        if place is None and reason is None and leads_outside(root, path, links):
            reason = "below a link, which is not followed"
        if place is None and reason is None:
            try:
                content = read_content(root / path)
            except Unreadable as error:
                reason = str(error)
            else:
                if content is None:
                    gone.add(path)
                    continue
                reason = written_by_a_program(path, content.size, content.beginning, content.lines)
                if reason is None:
                    files[path] = SourceFile(path, content.blob, content.size, content.lines), content
        if place is not None or reason is not None:
            left_out[place or (path, reason or "")] += 1
    return files, _told(left_out), frozenset(gone)


def _told(left_out: Mapping[tuple[str, str], int]) -> tuple[Excluded, ...]:
    """What is left out, and why; many single files of one reason by their folders."""
    per_reason = Counter(reason for _, reason in left_out)
    told: Counter[tuple[str, str]] = Counter()
    for (path, reason), count in left_out.items():
        short = per_reason[reason] <= MOST_TOLD
        told[path if short else str(PurePosixPath(path).parent), reason] += count
    return tuple(Excluded(path, reason, count) for (path, reason), count in sorted(told.items()))


def _within(files: Iterable[str], paths: tuple[str, ...]) -> list[str]:
    if not paths:
        return list(files)
    wanted = [PurePosixPath(path.replace("\\", "/")).as_posix().strip("/") for path in paths]
    for given, path in zip(paths, wanted, strict=True):
        if path != "." and not any(_is_in(name, path) for name in files):
            raise InvalidInput("paths", f"There is no file of the repository at {given}: name a folder or file in it.")
    return [name for name in files if any(path == "." or _is_in(name, path) for path in wanted)]


def _is_in(name: str, path: str) -> bool:
    return name == path or name.startswith(f"{path}/")


def _changed(request: CheckRequest, here: _Here, known: Known) -> frozenset[str] | None:
    """The paths that changed; None where all are to be looked at."""
    if request.since is not None:
        return here.changed_since(request.since)
    if request.check_type is CheckType.QUICK_SCAN and known.blobs:
        return frozenset(path for path, (file, _) in here.files.items() if known.blobs.get(path) != file.blob)
    return None


@dataclass(frozen=True, slots=True)
class _Here:
    """The files as they are, beside what git holds."""

    listing: _Listing
    files: _Files
    gone: frozenset[str]

    def changed_since(self, revision: str) -> frozenset[str]:
        git = self.listing.git
        commit = git.hash_of_commit(revision) if git else None
        if git is None or commit is None:
            raise InvalidInput(
                "since",
                f"{revision} is no commit of this repository: name one that `git log` shows, or fetch it first.",
            )
        then = {path: entry.blob for path, entry in git.tree(commit).items()}
        return frozenset(path for path in self.files if not self._is_as_in(then, path))

    def dirty(self) -> bool:
        """Whether what is looked at differs from what was committed."""
        if self.listing.commit is None:
            return False
        listed, tree = set(self.listing.paths), self.listing.tree
        return bool(self.gone or tree.keys() - listed) or any(not self._is_as_in(tree, path) for path in self.files)

    def _is_as_in(self, tree: Mapping[str, str], path: str) -> bool:
        content = self.files[path][1]
        return tree.get(path) in (content.blob, content.blob_with_newlines)

    def renames(self, known: Known) -> dict[str, str]:
        """Path then → path now: what git tells, and files that only changed their place since."""
        found: dict[str, str] = {}
        git = self.listing.git
        if git is not None and known.commit and git.hash_of_commit(known.commit):
            try:
                told = git.renames(known.commit)
            except GitFailed:  # objects of that time are not here, as in a shallow clone
                told = {}
            found = {old: new for old, new in told.items() if new in self.files}
        return {**self._same_elsewhere(known, set(found.values())), **found}

    def _same_elsewhere(self, known: Known, taken: set[str]) -> dict[str, str]:
        gone: dict[str, list[str]] = {}
        for path, blob in known.blobs.items():
            if path not in self.files:
                gone.setdefault(blob, []).append(path)
        new: dict[str, list[str]] = {}
        for path, (file, _) in self.files.items():
            if path not in known.blobs and path not in taken and file.size:
                new.setdefault(file.blob, []).append(path)
        pairs = ((olds, new.get(blob, [])) for blob, olds in gone.items())
        return {olds[0]: news[0] for olds, news in pairs if len(olds) == len(news) == 1}


def printable(path: str) -> str:
    """A path as it can be stored and shown: bytes that are not UTF-8 as "\\\\xff"."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
