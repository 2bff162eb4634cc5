"""Looks for code that nothing reaches or uses, with vulture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ci_core.health.checkers.programs.answering import answer
from ci_core.health.syntax import Unparsable, decode, parse

LEAST_PERCENT = 60


def look(question: dict[str, Any]) -> dict[str, Any]:
    """`{"found": [[path, kind, name, first line, last line, confidence, message], …], "unseen": {path: reason}}`."""
    import vulture.core

    finder = vulture.core.Vulture()
    unseen: dict[str, str] = {}
    for path in question["paths"]:
        try:
            _read(finder, path, decode((Path(question["root"]) / path).read_bytes(), path))
        except Unparsable as error:
            unseen[path] = error.reason if error.line is None else f"{error.reason} in line {error.line}"
        except OSError as error:
            unseen[path] = f"it cannot be read: {error.strerror}"
        except RecursionError:
            unseen[path] = "it is nested too deeply"
    found = [
        [str(one.filename), one.typ, one.name, one.first_lineno, one.last_lineno, one.confidence, one.message]
        for one in finder.get_unused_code(min_confidence=LEAST_PERCENT)
    ]
    return {"found": found, "unseen": unseen}


def _read(finder: Any, path: str, code: str) -> None:
    """What vulture's own `scan` does, with a tree of any version of Python instead of that of the one that runs."""
    from vulture import noqa

    tree = parse(code, path)
    finder.code = code.splitlines()
    finder.noqa_lines = noqa.parse_noqa(finder.code)
    finder.filename = Path(path)
    finder.visit(tree)
    finder.reachability.reset()


if __name__ == "__main__":
    answer(look)
