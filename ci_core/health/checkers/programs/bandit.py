"""Runs a few of bandit's tests, with our parser in place of Python's, so that newer syntax hides nothing from it."""

from __future__ import annotations

import ast
import logging
from typing import Any

from ci_core.health import syntax
from ci_core.health.checkers.programs.answering import answer
from ci_core.health.checkers.programs.each_file import Entries, each_file

# Shells of paramiko, odd directions of text, models of torch and of Hugging Face, unsafe marks of Django, CGI, IPMI.
TESTS = ("B601", "B613", "B614", "B615", "B703", "B412", "B415")


class _Parser:
    """Stands in for the module `ast` where bandit parses."""

    def __getattr__(self, name: str) -> Any:
        return getattr(ast, name)

    @staticmethod
    def parse(source: bytes | str, *_: object, **__: object) -> ast.Module:
        return syntax.parse(source)


def look(question: dict[str, Any]) -> dict[str, Any]:
    """What these tests find in each file."""
    import bandit.core.config
    import bandit.core.node_visitor

    logging.disable(logging.CRITICAL)
    bandit.core.node_visitor.ast = _Parser()
    config = bandit.core.config.BanditConfig()
    return each_file(question, lambda source, path: _read(config, source, path))


def _read(config: Any, source: bytes, path: str) -> Entries:
    import io

    from bandit.core.manager import BanditManager

    # What a comment of the file switches off is looked at all the same: people dismiss an issue here, with a reason.
    manager = BanditManager(config, "file", profile={"include": list(TESTS), "exclude": []}, ignore_nosec=True)
    syntax.parse(source, path)  # says what is wrong with it; bandit would not
    manager._parse_file(path, io.BytesIO(source), [path])
    if manager.skipped:
        raise syntax.Unparsable(path, "bandit failed over it")
    return [
        {
            "rule": issue.test_id,
            "message": str(issue.text).strip()[:500],
            "line": issue.lineno,
            "column": issue.col_offset + 1 if issue.col_offset >= 0 else None,
            "details": {"name": issue.test, "severity": str(issue.severity).lower()},
        }
        for issue in manager.results
    ]


if __name__ == "__main__":
    answer(look)
