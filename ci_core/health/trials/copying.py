"""A copy of a repository to run things in, so that nothing that they leave behind or spoil is in the original."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ci_core.health.checkers.kinds import CheckerFailed
from ci_core.health.git import SUBMODULE, Git, GitFailed
from ci_core.health.values import Target

MOST_BYTES = 4 * 2**30
# Folders that a copy is not the place for; the repository's own environment is used where it stands.
LEFT_OUT = frozenset({".git", ".hg", ".venv", "venv", "node_modules", "site-packages", "__pycache__", ".tox", ".nox"})


def copy_repository(target: Target, into: Path) -> None:
    """Copy what git knows or would take, vendored and generated files too; ignored files, such as `.env`, are not.

    A link is copied where it leads to somewhere in the repository.

    Raises:
        CheckerFailed: it is too large, or cannot be copied.
    """
    size = 0
    root = target.root.resolve()
    try:
        for path in _paths(target):
            if LEFT_OUT & set(PurePosixPath(path).parts):
                continue
            source, place = target.root / path, into / path
            if source.is_symlink():
                if not source.resolve().is_relative_to(root):
                    continue
            elif not source.is_file():
                continue
            size += source.lstat().st_size
            if size > MOST_BYTES:
                raise CheckerFailed(f"The repository is larger than {MOST_BYTES // 2**30} GiB and was not copied.")
            place.parent.mkdir(parents=True, exist_ok=True)
            if not place.parent.resolve().is_relative_to(into.resolve()):
                continue  # below a link that leads out
            shutil.copy2(source, place, follow_symlinks=False)
    except OSError as error:
        raise CheckerFailed(f"The repository cannot be copied: {error.strerror or error}.") from error


def _paths(target: Target) -> Iterator[str]:
    git = Git(target.root)
    try:
        yield from (path for path, entry in git.tracked().items() if entry.mode != SUBMODULE)
        yield from git.untracked()
    except GitFailed:
        for folder, folders, names in os.walk(target.root):
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            yield from (Path(folder, name).relative_to(target.root).as_posix() for name in names)
