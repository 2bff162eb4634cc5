"""What a SARIF file of another tool says, before it is known where in our repository that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ForeignResult:
    """One finding of another tool.

    Attributes:
        path: as the tool wrote it, relative or absolute; None where it names no place.
        line, end_line, column: 1-based.
        details: what the tool says about its severity and rule: "level", "security_severity" (0–10), "cwe", "tool",
            "rule_name", "rule_text", "help_uri"; what it does not say is not there.
    """

    rule: str
    message: str
    path: str | None = None
    line: int | None = None
    end_line: int | None = None
    column: int | None = None
    subject: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForeignRun:
    """One run of another tool.

    Attributes:
        name: what its issues are followed under, fit for `ci_health_checkers`: tool and category.
        looked_at: paths that it says it looked at, as it wrote them.
        failed_on: paths that it says it could not read, with the reason.
        error: why it did not come to its end, in its words; None where it did, or does not say.
        revision: the commit that it looked at; None where it does not say.
        suppressed: how many results it was told to ignore, by marks in the code or a list of its own.
        unusable: how many results could not be understood.
    """

    name: str
    tool: str
    version: str
    results: tuple[ForeignResult, ...]
    looked_at: frozenset[str] = frozenset()
    failed_on: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    revision: str | None = None
    suppressed: int = 0
    unusable: int = 0
