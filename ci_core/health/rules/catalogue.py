"""The table of rules, loaded: `rules.toml` says what each tool's rule is here, `words/*.toml` what people read of it.

A rule of a tool is looked up by its checker and its name, then by the narrowest pattern that fits (`SIM*`). One that
the table does not know is judged by what its checker says, or else as of low severity, and told as unknown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from ci_core.health.values import Sighting
from db.enums import IssueType, Severity

HERE = Path(__file__).parent
TABLE = HERE / "rules.toml"
WORDS = HERE / "words"
TITLE_MAX = 200
ORDER = tuple(Severity)  # worst first
# Nothing that only tests run can be attacked, and what is wrong there harms nobody but who reads the tests.
WORST_IN_TESTS = {IssueType.SECURITY: Severity.LOW, IssueType.BUGS: Severity.LOW}
CWE = re.compile(r"CWE-[0-9]{1,5}")
SPECIAL = re.compile(r"[*?\[]")
# The fixer that has a mended text for each sighting, which not always means the same as before.
RUFF = "ruff"
PLAIN = ("rule", "told", "figure", "cwe", "minutes", "fixer", "secret", "in_tests")


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        checker, pattern: whose rule, by which name; "*" stands for anything.
        rule: what it is called here; two tools' rules for the same defect share it. None: as the tool calls it.
        like: judged and called as this rule of another checker, "*" standing for the same as in the pattern.
        told: whether the checker itself says how severe it is; `severity` then holds where it does not.
        says: texts of messages, and how severe the defect is where its message has one.
        figure, steps: a figure of the sighting's details, and from which value on it is how severe.
        minutes: what a repair usually takes.
        fixer: what can repair it without a person; None where nothing can.
        secret: whether what it points at holds a credential, which is shown nowhere.
        in_tests: in the code of tests: "same", "drop", a severity that is the worst there, or None: as severe as
            `WORST_IN_TESTS` at most.
        source: where the judgement comes from.
    """

    checker: str
    pattern: str
    part: IssueType
    severity: Severity
    rule: str | None = None
    like: tuple[str, str] | None = None
    told: bool = False
    says: tuple[tuple[str, Severity], ...] = ()
    figure: str | None = None
    steps: tuple[tuple[float, Severity], ...] = ()
    cwe: str | None = None
    minutes: int | None = None
    fixer: str | None = None
    secret: bool = False
    in_tests: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What people read of a rule; `why` and `remedy` are empty where nobody wrote them yet."""

    rule: str
    title: str
    why: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one sighting is here; `known`: the table has its rule; `secret`: there is a credential in its line."""

    rule: str
    issue_type: IssueType
    severity: Severity
    title: str
    cwe: str | None
    effort_minutes: int | None
    fixer: str | None
    known: bool
    secret: bool = False


class Catalogue:
    """All rules with their explanations."""

    def __init__(self, rules: Mapping[tuple[str, str], Rule], words: Mapping[str, Explanation]) -> None:
        self._rules = dict(rules)
        self._words = dict(words)
        patterns = (key for key in rules if SPECIAL.search(key[1]))
        self._patterns = sorted(patterns, key=lambda key: (-len(_beginning(key[1])), -len(key[1]), key))
        self._found: dict[tuple[str, str], Rule | None] = {}

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every row, in the order of the table."""
        return tuple(self._rules.values())

    @property
    def words(self) -> Mapping[str, Explanation]:
        """Every explanation, by the rule's name or pattern here."""
        return self._words

    def row(self, checker: str, rule: str) -> Rule | None:
        """The row of a checker's rule; None where the table does not know it."""
        key = (checker, rule)
        if key not in self._found:
            fitting = (one for one in self._patterns if one[0] == checker and fnmatchcase(rule, one[1]))
            self._found[key] = self._rules.get(key) or self._rules.get(next(fitting, ("", "")))
        return self._found[key]

    def judge(self, sighting: Sighting, *, in_tests: bool = False) -> Judgement | None:
        """What a sighting is here; None where it is no defect there, such as `assert` in a test."""
        row, called = self.row(sighting.checker, sighting.rule), sighting.rule
        if row is not None and row.like is not None:
            checker, pattern = row.like
            called = pattern.replace("*", called.removeprefix(_beginning(row.pattern)))
            row = self.row(checker, called)
        if row is None:
            return self._unknown(sighting)
        if in_tests and row.in_tests == "drop":
            return None
        severity = _severity(row, sighting)
        if in_tests and (worst := _worst_in_tests(row)) is not None:
            severity = milder(severity, worst)
        name = row.rule or called
        return Judgement(
            rule=name,
            issue_type=row.part,
            severity=severity,
            title=self._title(name, replace(sighting, message=sighting.rule) if row.secret else sighting),
            cwe=_told_cwe(sighting) or row.cwe,
            effort_minutes=row.minutes,
            fixer=row.fixer if row.fixer != RUFF or sighting.details.get("fix") == "safe" else None,
            known=True,
            secret=row.secret,
        )

    def explain(self, rule: str) -> Explanation | None:
        """What people read of a rule, by its name here; None where there is nothing but its title."""
        found = self._words.get(rule)
        if found is None:
            fitting = (one for one in self._words if SPECIAL.search(one) and fnmatchcase(rule, one))
            best = max(fitting, key=lambda one: (len(_beginning(one)), len(one)), default=None)
            found = self._words[best] if best else None
        return found

    def _title(self, name: str, sighting: Sighting) -> str:
        """One line that says the same for every sighting of the rule."""
        if (words := self.explain(name)) is not None:
            return words.title
        told = sighting.details.get("title") or sighting.details.get("name")
        text = str(told) if told else (sighting.message.strip().splitlines() or [name])[0]
        if re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", text):
            text = text.replace("-", " ").capitalize()
        return _printable(text)[:TITLE_MAX] or name

    def _unknown(self, sighting: Sighting) -> Judgement:
        part, severity = sighting.details.get("part"), sighting.details.get("severity")
        name = sighting.rule.strip()[:200]
        return Judgement(
            rule=name or "unnamed",
            issue_type=IssueType(part) if part in set(IssueType) else IssueType.CODE_QUALITY,
            severity=Severity(severity) if severity in set(Severity) else Severity.LOW,
            title=self._title(name, sighting),
            cwe=_told_cwe(sighting),
            effort_minutes=None,
            fixer=None,
            known=False,
            secret=sighting.details.get("secret") is True,
        )


def _worst_in_tests(row: Rule) -> Severity | None:
    """How severe a rule can be in the code of tests; None: as severe as elsewhere."""
    if row.in_tests is None:
        return WORST_IN_TESTS.get(row.part)
    return Severity(row.in_tests) if row.in_tests in set(Severity) else None


def milder(one: Severity, other: Severity) -> Severity:
    """The less severe of two."""
    return max(one, other, key=ORDER.index)


def worse(one: Severity, other: Severity) -> Severity:
    """The more severe of two."""
    return min(one, other, key=ORDER.index)


@cache
def catalogue() -> Catalogue:
    """The product's own table."""
    return load(TABLE, WORDS)


def load(table: Path, words: Path) -> Catalogue:
    """The table in a file, with the explanations in the files of a folder."""
    rules = {
        (checker, pattern): _rule(checker, pattern, row)
        for checker, rows in tomllib.loads(table.read_text(encoding="utf-8")).items()
        for pattern, row in rows.items()
    }
    said = {
        name: _explanation(name, entry if isinstance(entry, dict) else {"title": entry})
        for path in sorted(words.glob("*.toml"))
        for name, entry in tomllib.loads(path.read_text(encoding="utf-8")).items()
    }
    return Catalogue(rules, said)


def _explanation(name: str, entry: Mapping[str, str]) -> Explanation:
    return Explanation(name, entry["title"], entry.get("why", ""), entry.get("remedy", ""))


def _rule(checker: str, pattern: str, row: Mapping[str, Any]) -> Rule:
    if "like" in row:
        other, _, name = row["like"].partition(":")
        return Rule(checker, pattern, IssueType.CODE_QUALITY, Severity.LOW, like=(other, name), source=row["source"])
    figures = {name: row[name] for name in ("low", "medium", "high", "critical") if name in row}
    plain = {name: row[name] for name in PLAIN if name in row}
    return Rule(
        checker=checker,
        pattern=pattern,
        part=IssueType(row["part"]),
        severity=Severity(row["severity"]),
        says=tuple((words, Severity(name)) for words, name in row.get("says", {}).items()),
        steps=tuple((float(value), Severity(name)) for name, value in figures.items()),
        source=row["source"],
        **plain,
    )


def _beginning(pattern: str) -> str:
    """What a pattern begins with, whatever follows."""
    return SPECIAL.split(pattern)[0]


def _severity(row: Rule, sighting: Sighting) -> Severity:
    if row.told and (told := sighting.details.get("severity")) in set(Severity):
        return Severity(told)
    for words, severity in row.says:
        if words in sighting.message:
            return severity
    value = sighting.details.get(row.figure) if row.figure else None
    severity = row.severity
    if isinstance(value, int | float):
        for least, worth in row.steps:
            if value >= least:
                severity = worse(severity, worth)
    return severity


def _told_cwe(sighting: Sighting) -> str | None:
    told = sighting.details.get("cwe")
    return told if isinstance(told, str) and CWE.fullmatch(told) else None


def _printable(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
