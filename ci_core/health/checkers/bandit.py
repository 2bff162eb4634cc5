"""The few of bandit's tests that ruff lacks, in the few files that can fail them."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

from ci_core.health.checkers.by_file import read_each
from ci_core.health.checkers.kinds import ToolMissing, Workbench
from ci_core.health.checkers.programs.bandit import TESTS
from ci_core.health.values import Report, SourceFile, Target

NAME = "bandit"
PROGRAM = "ci_core.health.checkers.programs.bandit"
# Each of these tests asks for one of these words, or for a sign that turns the direction of a text.
WORDS = re.compile(
    rb"paramiko|exec_command|torch|huggingface|from_pretrained|load_dataset|hf_hub_download|snapshot_download|mark_safe"
    rb"|SafeString|SafeText|SafeUnicode|SafeBytes|wsgiref|twcgi|CGIHandler|pyghmi|django"
    rb"|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xe2\x80\x8f"
)


def check(target: Target, workbench: Workbench) -> Report:
    """Run these tests over the selected Python files.

    Raises:
        CheckerFailed: bandit is missing, or the program that runs it failed.
    """
    try:
        tool = version("bandit")
    except PackageNotFoundError as error:
        raise ToolMissing(
            "bandit is not installed here.",
            remedy="Install the product's requirements again: python -m pip install -r requirements.txt",
        ) from error
    files = target.python_files()
    return read_each(
        target,
        workbench,
        files,
        name=NAME,
        version=f"bandit {tool}: {', '.join(TESTS)}",
        program=PROGRAM,
        needed=[file for file in files if _may_fail(target, file)],
    )


def _may_fail(target: Target, file: SourceFile) -> bool:
    try:
        return WORDS.search((target.root / file.path).read_bytes()) is not None
    except OSError:
        return True  # the program will say why it cannot be read
