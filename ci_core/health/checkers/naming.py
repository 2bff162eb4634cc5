"""Which path of the repository a tool means by the name of a file in what it wrote."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ci_core.health.values import SourceFile, Unseen


class Names:
    """The files that a tool was given, found again by what it calls them.

    Tools write a name that is not UTF-8 with a mark in place of each odd byte; two that look the same then cannot be
    told apart, and are left out.

    Args:
        root: the folder that the tool works in.
        files: those that it is to look at.
    """

    def __init__(self, root: Path, files: Iterable[SourceFile]) -> None:
        self._root = root.as_posix().rstrip("/")
        paths = [file.path for file in files]
        counts = Counter(_as_written(path) for path in paths)
        self.given = tuple(path for path in paths if counts[_as_written(path)] == 1)
        self.alike = tuple(
            Unseen(path, "another file has the same name but for bytes that are not UTF-8")
            for path in paths
            if counts[_as_written(path)] > 1
        )
        self._by_name = {_as_written(path): path for path in self.given}

    def arguments(self) -> list[str]:
        """The files as a command line names them: none that looks like an option."""
        return [f"./{path}" for path in self.given]

    def path_of(self, name: str) -> str | None:
        """The path that is meant, whether the tool wrote a full name or one below the folder; None: none of these."""
        short = name.replace(os.sep, "/") if os.sep != "/" else name
        if short.startswith(f"{self._root}/"):
            short = short[len(self._root) + 1 :]
        return self._by_name.get(_as_written(short.removeprefix("./")))


def _as_written(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
