"""Passwords, keys and tokens in the source, with detect-secrets. Only where they stand and of which kind is kept."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version

from ci_core.health.checkers.by_file import read_each
from ci_core.health.checkers.kinds import ToolMissing, Workbench
from ci_core.health.values import Report, SourceFile, Target

NAME = "credentials"
RULES = "3"
PROGRAM = "ci_core.health.checkers.programs.credentials"
LARGEST_BYTES = 1_000_000
# What holds no credentials of the team's own: checksums of packages, what a program wrote, data.
_LEFT_OUT = re.compile(
    r"(?:^|/)(?:package-lock\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|Pipfile\.lock|Cargo\.lock|go\.sum)$"
    r"|\.(?:lock|min\.js|min\.css|map|svg|csv|tsv|ipynb|snap|po|pot|pem\.pub|log|diff|patch|html?|css|xml|rst)$",
    re.IGNORECASE,
)


def looks_at(file: SourceFile) -> bool:
    """Whether a file is text of a size that people write."""
    return file.lines > 0 and file.size <= LARGEST_BYTES and not _LEFT_OUT.search(file.path)


def check(target: Target, workbench: Workbench) -> Report:
    """Look for credentials in every selected file of text; nothing that is found is tried out anywhere.

    Raises:
        CheckerFailed: detect-secrets is missing, or the program that runs it failed.
    """
    try:
        tool = version("detect-secrets")
    except PackageNotFoundError as error:
        raise ToolMissing(
            "detect-secrets is not installed here.",
            remedy="Install the product's requirements again: python -m pip install -r requirements.txt",
        ) from error
    files = [target.files[path] for path in sorted(target.selected) if looks_at(target.files[path])]
    return read_each(target, workbench, files, name=NAME, version=f"detect-secrets {tool}, {RULES}", program=PROGRAM)
