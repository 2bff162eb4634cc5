"""A foreign tool's run as one checker's outcome, so that its issues live as ours do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ci_core.health.areas import is_test_code
from ci_core.health.rules import Catalogue
from ci_core.health.sarif.hints import hints_of
from ci_core.health.sarif.places import Places
from ci_core.health.sarif.values import ForeignResult, ForeignRun
from ci_core.health.values import CheckerOutcome, Report, Sighting, Target, Unseen
from ci_core.logs.redaction import Redactor
from db.enums import CheckerStatus

# Scanners that we use ourselves: what their rules mean here stands in our table of rules, under these checkers.
OURS = {"ruff": "lint", "bandit": "bandit"}
IN_FULL = "Import with --complete if the file holds all that its tool found in the whole repository."


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one run: its outcome, and what a person should know of it, each a sentence."""

    outcome: CheckerOutcome
    remarks: tuple[str, ...]


def taken_from(
    run: ForeignRun,
    target: Target,
    *,
    redactor: Redactor,
    catalogue: Catalogue,
    complete: bool = False,
    within: str = "",
) -> Taken:
    """The run against the repository as it is checked out.

    An issue that is known and not in the file is resolved only if the file says that its place was looked at: it is
    listed as a target of the analysis, or has another result. `complete` says that every file was.

    Args:
        catalogue: judges the rules of scanners that we use ourselves.
        redactor: takes credentials out of what the tool says; a tool that looks for them may quote them.
        within: the folder of the repository in which the tool ran.
    """
    places = Places(target.files, target.root, _named(run), within=within)
    found = [(one, None if one.path is None else places.file(one.path)) for one in run.results]
    own = [(one, path) for one, path in found if path is not None or one.path is None]
    sightings = tuple(filter(None, (_sighting(run, one, path, redactor, catalogue) for one, path in own)))
    unseen = {path: why for name, why in run.failed_on.items() if (path := places.file(name)) is not None}
    seen = _seen(run, target, places, found, complete=complete) - set(unseen)
    report = Report(
        sightings=sightings,
        seen=frozenset(seen),
        unseen=tuple(Unseen(path, redactor.text(why)) for path, why in sorted(unseen.items())),
        looked_at_whole=complete and run.error is None,
        version=run.version,
    )
    elsewhere = len(found) - len(own)
    outcome = CheckerOutcome(
        name=run.name,
        status=CheckerStatus.PARTIAL if run.error or unseen else CheckerStatus.COMPLETED,
        expected=frozenset(seen) | frozenset(unseen),
        seconds=0.0,
        report=report,
        error=None if run.error is None else f"{run.tool} did not come to its end: {redactor.text(run.error)}",
        remedy=None if run.error is None else "Nothing was resolved by it. Repair its run, and import again.",
    )
    return Taken(outcome, tuple(_remarks(run, target, elsewhere, complete=complete)))


def _named(run: ForeignRun) -> list[str]:
    return [one.path for one in run.results if one.path is not None] + [*run.looked_at, *run.failed_on]


def _seen(
    run: ForeignRun,
    target: Target,
    places: Places,
    found: list[tuple[ForeignResult, str | None]],
    *,
    complete: bool,
) -> set[str]:
    if run.error is not None:
        return set()
    if complete:
        return set(target.files)
    told = {path for name in run.looked_at if (path := places.file(name)) is not None}
    return told | {path for _, path in found if path is not None}


def _sighting(
    run: ForeignRun, one: ForeignResult, path: str | None, redactor: Redactor, catalogue: Catalogue
) -> Sighting | None:
    """The result as a sighting; None where our own table says that it is no defect there."""
    details: Mapping[str, Any] = redactor.value(dict(one.details))
    message = redactor.text(one.message)
    hints = hints_of(one.rule, message, details)
    own = Sighting(
        OURS.get(run.tool.lower(), ""), one.rule, message, path, one.line, details={**details, "title": hints["title"]}
    )
    if catalogue.row(own.checker, own.rule) is not None:
        judged = catalogue.judge(own, in_tests=is_test_code(path))
        if judged is None:
            return None
        hints |= {"part": judged.issue_type, "severity": judged.severity, "title": judged.title}
        hints |= {name: value for name, value in (("cwe", judged.cwe), ("secret", judged.secret)) if value}
    return Sighting(
        checker=run.name,
        rule=one.rule,
        message=message,
        path=path,
        line=one.line,
        end_line=one.end_line,
        column=one.column,
        subject=None if one.subject is None else redactor.text(one.subject),
        details={**details, **hints},
    )


def _remarks(run: ForeignRun, target: Target, elsewhere: int, *, complete: bool) -> list[str]:
    told = []
    if run.revision and target.commit and run.revision != target.commit:
        told.append(
            f"{run.tool} looked at commit {run.revision[:12]}, and {target.commit[:12]} is checked out: "
            "lines may have moved."
        )
    if elsewhere:
        told.append(
            f"{elsewhere} of {len(run.results)} results of {run.tool} are in files that are not the repository's."
        )
    if run.suppressed:
        told.append(f"{run.suppressed} results are suppressed in {run.tool} itself and were left out.")
    if run.unusable:
        told.append(f"{run.unusable} results of {run.tool} say neither what nor where and were left out.")
    if not complete and not run.looked_at and run.error is None:
        told.append(f"{run.tool} does not say which files it looked at. {IN_FULL}")
    return told
