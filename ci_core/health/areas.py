"""What a path tells of a file: the feature it belongs to, and whether it is the code of tests."""

from __future__ import annotations

from pathlib import PurePosixPath

# Folders that hold the source and say nothing of it.
ROOTS = frozenset({"src", "lib", "source", "python"})
TESTS = frozenset({"test", "tests", "testing", "e2e", "integration_tests", "unit_tests"})
TOP = "(top)"
DEPTH = 2


def feature_area(path: str | None) -> str | None:
    """The feature that a file belongs to: its first two folders, without one that only says "source".

    >>> feature_area("src/magnus/orders/book.py")
    'magnus/orders'
    >>> feature_area("tests/pages/test_board.py")
    'tests/pages'
    >>> feature_area("app.py")
    '(top)'
    """
    if path is None:
        return None
    folders = PurePosixPath(path).parts[:-1]
    if folders and folders[0] in ROOTS:
        folders = folders[1:]
    return "/".join(folders[:DEPTH]) or TOP


def is_test_code(path: str | None) -> bool:
    """Whether a file is run by tests alone."""
    if path is None:
        return False
    *folders, name = PurePosixPath(path).parts
    named = name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"
    return (named and name.endswith(".py")) or any(folder in TESTS for folder in folders)
