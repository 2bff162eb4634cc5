"""Bugs that the other tools do not see: queries in loops, floats for money, coroutines that never run, and more."""

from __future__ import annotations

from ci_core.health.checkers.by_file import read_each
from ci_core.health.checkers.kinds import Workbench
from ci_core.health.values import Report, Target

NAME = "code_bugs"
# Changes with the rules, so that no file is judged by those of another version.
VERSION = "3"
PROGRAM = "ci_core.health.checkers.programs.code_bugs"


def check(target: Target, workbench: Workbench) -> Report:
    """Look for our own kinds of bugs in every selected Python file.

    Raises:
        CheckerFailed: the program that reads the files failed.
    """
    files = target.python_files()
    return read_each(target, workbench, files, name=NAME, version=VERSION, program=PROGRAM)
