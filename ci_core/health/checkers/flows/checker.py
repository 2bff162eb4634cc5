"""The checker that follows what comes from outside to where it does harm."""

from __future__ import annotations

from ci_core.health.checkers.by_file import read_each
from ci_core.health.checkers.kinds import Workbench
from ci_core.health.values import Report, Target

NAME = "flows"
# Changes with the rules, so that no file is judged by those of another version.
VERSION = "3"
PROGRAM = "ci_core.health.checkers.programs.flows"


def check(target: Target, workbench: Workbench) -> Report:
    """Follow what comes from outside through every selected Python file.

    Raises:
        CheckerFailed: the program that reads the files failed.
    """
    files = target.python_files()
    return read_each(target, workbench, files, name=NAME, version=VERSION, program=PROGRAM)
