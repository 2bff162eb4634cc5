"""What becomes of issues from check to check: new, seen again, resolved, back again; decisions of people stay.

An issue is resolved only where every checker that had seen it looked at its file in this check and saw it no more, or
where the file is gone. One that failed, or did not look there, resolves nothing. Where the code is as it was, and only
the checker or the table of rules is another, it is withdrawn: nobody repaired it, and it regresses not if it returns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from ci_core.health import life_queries as queries
from ci_core.health.fingerprints import SURE, Marked, fingerprint, match
from ci_core.health.life_queries import Row, storable
from ci_core.health.observed import Observed
from ci_core.health.rules.catalogue import worse
from ci_core.health.values import CheckerOutcome, Target
from db.engine import act_as
from db.enums import HealthChange, IssueStatus, Severity

AGENT = "agent:health"
STANDING = frozenset({IssueStatus.OPEN, IssueStatus.ACKNOWLEDGED, IssueStatus.FIXING})


@dataclass(frozen=True, slots=True)
class Followed:
    """What a check changed, by ids of issues.

    Attributes:
        ids: of what was observed, in its order.
        open: how many issues of the repository nobody has repaired or dismissed.
        lapsed: those that were dismissed or acknowledged until now.
        severity: those that are judged otherwise than before.
        withdrawn: those that are told no more, though nobody changed the code.
    """

    ids: tuple[int, ...]
    new: tuple[int, ...]
    resolved: tuple[int, ...]
    regressed: tuple[int, ...]
    lapsed: tuple[int, ...]
    severity: tuple[int, ...]
    withdrawn: tuple[int, ...]
    open: int

    @property
    def counts(self) -> dict[str, int]:
        """As a check tells them."""
        return {
            "new": len(self.new),
            "open": self.open,
            "resolved": len(self.resolved),
            "regressed": len(self.regressed),
        }


def follow(
    session: Session,
    *,
    repository_id: int,
    check_id: int,
    target: Target,
    outcomes: Iterable[CheckerOutcome],
    observed: Sequence[Observed],
    now: datetime,
    whole: bool = True,
    actor: str = AGENT,
) -> Followed:
    """Join what a check observed with the known issues of its repository, and store what became of each.

    Args:
        outcomes: of every checker of this check, also those that failed.
        whole: whether `target.files` are all files of the repository, so that an issue of another file is gone with
            it; false where only what another tool found is taken in.
        now: the moment of the check.
    """
    act_as(session, actor)
    lapsed = queries.lapse(session, repository_id, now)
    seen = _Seen(target, outcomes, whole)
    known = queries.known(session, repository_id, {one.rule for one in observed}, seen.out_of_sight())
    joined = _join(known, observed, seen)
    by_id = {row["id"]: row for row in known}
    back = [row for row in joined if by_id[row]["status"] == IssueStatus.FIXED]
    regressed = [row for row in back if not by_id[row]["withdrawn"]]
    absent = [row for row in known if row["id"] not in joined and row["status"] != IssueStatus.FIXED and seen.all(row)]
    gone = [row for row in absent if row["status"] in STANDING]
    doubt = _Doubt(session, repository_id, check_id, seen) if gone else None
    withdrawn = [row["id"] for row in gone if doubt is not None and doubt.about(row)]
    resolved = [row["id"] for row in gone if row["id"] not in set(withdrawn)]
    severity = _tell_anew(session, by_id, joined, observed, seen)
    new = _store_new(session, repository_id, check_id, observed, set(joined.values()), now)
    moment = {"now": now, "check_id": check_id}
    session.execute(queries.SEEN, {**moment, "ids": sorted(joined)})
    session.execute(queries.RESOLVE, {**moment, "ids": [row["id"] for row in gone]})
    session.execute(queries.WITHDRAW, {"ids": withdrawn})
    session.execute(queries.REGRESS, {"ids": sorted(regressed)})
    session.execute(queries.RESTORE, {"ids": sorted(set(back) - set(regressed))})
    session.execute(queries.GONE, {"now": now, "ids": [row["id"] for row in absent if row["status"] not in STANDING]})
    session.execute(queries.BACK, {"ids": [row for row in joined if row not in back]})
    changes = {
        HealthChange.NEW: list(new.values()),
        HealthChange.RESOLVED: resolved,
        HealthChange.REGRESSED: regressed,
        HealthChange.LAPSED: lapsed,
        HealthChange.SEVERITY: severity,
        HealthChange.WITHDRAWN: withdrawn,
    }
    for change, ids in changes.items():
        queries.note(session, check_id, change, ids)
    of_observed = {index: issue for issue, index in joined.items()} | new
    return Followed(
        ids=tuple(of_observed[index] for index in range(len(observed))),
        new=tuple(sorted(new.values())),
        resolved=tuple(sorted(resolved)),
        regressed=tuple(sorted(regressed)),
        lapsed=tuple(lapsed),
        severity=tuple(sorted(severity)),
        withdrawn=tuple(sorted(withdrawn)),
        open=int(session.scalar(queries.OPEN, {"repository_id": repository_id}) or 0),
    )


class _Seen:
    """Which checker looked where in this check; paths as they are stored."""

    def __init__(self, target: Target, outcomes: Iterable[CheckerOutcome], whole: bool) -> None:
        self.renames = {storable(old): storable(new) for old, new in target.renames.items()}
        self.blobs = {storable(path): file.blob for path, file in target.files.items()}
        self.versions: dict[str, str] = {}
        self._files = set(self.blobs) if whole else None
        self._paths: dict[str, set[str]] = {}
        self._whole: dict[str, bool] = {}
        for outcome in outcomes:
            if outcome.report is not None:
                self._paths[outcome.name] = {storable(path) for path in outcome.report.seen}
                self._whole[outcome.name] = outcome.report.looked_at_whole
                self.versions[outcome.name] = outcome.report.version

    def by(self, checker: str, path: str | None) -> bool:
        """Whether a checker looked at a file as it is called now, or at the repository as a whole."""
        if path is None:
            return self._whole.get(checker, False)
        return path in self._paths.get(checker, ())

    def all(self, row: Row) -> bool:
        """Whether the silence about an issue tells that it is not there any more."""
        path = row["file_path"] and self.renames.get(row["file_path"], row["file_path"])
        if path is not None and self._files is not None and path not in self._files:
            return True
        return all(self.by(checker, path) for checker in _checkers(row))

    def out_of_sight(self) -> set[str]:
        """The paths, as issues have them, that are there and that nobody looked at: what is there stays as it is."""
        if self._files is None:
            return set()
        hidden = self._files.difference(*self._paths.values())
        moved = {old for old, new in self.renames.items() if new in hidden}
        return (hidden - self.renames.keys()) | moved


class _Doubt:
    """Whether the silence about an issue is the checker's doing and not the code's."""

    def __init__(self, session: Session, repository_id: int, check_id: int, seen: _Seen) -> None:
        self._seen = seen
        self._before = queries.blobs(session, repository_id)
        self._versions = queries.versions(session, repository_id, check_id)
        self._nothing_changed = bool(self._before) and self._before == {p: b for p, b in seen.blobs.items() if b}

    def about(self, row: Row) -> bool:
        """Whether its file is as it was, and its checker is another one, or no file at all has changed.

        A file that is as it was is not enough: what was wrong there may have been mended elsewhere.
        """
        path = str(row["file_path"] or "")
        held = self._before.get(path)
        if not held or held != self._seen.blobs.get(self._seen.renames.get(path, path)):
            return False
        return self._nothing_changed or any(
            self._versions.get(name, now) != now
            for name in _checkers(row)
            if (now := self._seen.versions.get(name)) is not None
        )


def _checkers(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Everyone who has seen an issue, first whose word it is."""
    also = row["details"].get("also", [])
    return (row["checker"], *(name for name in also if isinstance(name, str)))


def _join(known: Sequence[Row], observed: Sequence[Observed], seen: _Seen) -> dict[int, int]:
    """Which issue was seen, as what: ids to places in `observed`. What was fixed comes last, and by sure signs only."""
    now = [
        Marked(index, one.rule, one.path and storable(one.path), one.line or 0, one.keys)
        for index, one in enumerate(observed)
    ]
    then = [
        Marked(row["id"], row["rule"], row["file_path"], row["line_number"] or 0, row["match_keys"]) for row in known
    ]
    fixed = {row["id"] for row in known if row["status"] == IssueStatus.FIXED}
    joined = dict(match((one for one in then if one.id not in fixed), now, seen.renames).pairs)
    taken = set(joined.values())
    left = [one for one in now if one.id not in taken]
    joined |= match((one for one in then if one.id in fixed), left, seen.renames, steps=SURE).pairs
    return joined


def _tell_anew(
    session: Session, known: Mapping[int, Row], joined: Mapping[int, int], observed: Sequence[Observed], seen: _Seen
) -> list[int]:
    """Store what is told otherwise of known issues than before; gives those of which the severity changed."""
    places, judgements, severity = [], [], []
    for issue, index in joined.items():
        was, told = known[issue], _told(observed[index])
        _keep_what_others_saw(was, told, observed[index], seen)
        if any(was[name] != told[name] for name in queries.WHERE_IT_IS):
            places.append({"id": issue} | {name: told[name] for name in queries.WHERE_IT_IS})
        if any(was[name] != told[name] for name in queries.WHAT_IT_IS):
            judgements.append({"id": issue} | {name: told[name] for name in queries.WHAT_IT_IS})
        if was["severity"] != told["severity"]:
            severity.append(issue)
    queries.rewrite(session, places, judgements)
    return severity


def _keep_what_others_saw(was: Row, told: dict[str, Any], one: Observed, seen: _Seen) -> None:
    """A checker that saw the issue before and did not look this time still stands behind it."""
    path = one.path and storable(one.path)
    silent = [name for name in _checkers(was) if name not in one.checkers and not seen.by(name, path)]
    if not silent:
        return
    checkers = list(one.checkers) + silent
    if was["checker"] in silent:
        checkers.remove(was["checker"])
        checkers.insert(0, was["checker"])
    told["checker"] = checkers[0]
    told["details"] = {**told["details"], "also": checkers[1:]}
    told["severity"] = worse(Severity(was["severity"]), one.severity).value


def _store_new(
    session: Session,
    repository_id: int,
    check_id: int,
    observed: Sequence[Observed],
    known: Collection[int],
    now: datetime,
) -> dict[int, int]:
    """Store what was never seen before; gives the ids by the places in `observed`."""
    fresh = [index for index in range(len(observed)) if index not in known]
    names = _fingerprints(
        {index: observed[index] for index in fresh}, lambda some: queries.taken(session, repository_id, some)
    )
    rows = [
        {"fingerprint": names[index], "rule": storable(observed[index].rule), **_told(observed[index])}
        for index in fresh
    ]
    ids = queries.insert(session, repository_id, check_id, rows, now)
    return {index: ids[names[index]] for index in fresh}


def _fingerprints(some: Mapping[int, Observed], taken: Callable[[Collection[str]], set[str]]) -> dict[int, str]:
    """A fingerprint of each that no other issue has; twins are numbered."""
    numbers: dict[tuple[str, str | None, tuple[str, ...]], int] = defaultdict(int)
    names: dict[int, str] = {}
    used: set[str] = set()
    waiting = dict(some)
    while waiting:
        for index, one in waiting.items():
            twins = (one.rule, one.path, one.keys[1:2])
            while (name := fingerprint(one.rule, one.path, one.keys, numbers[twins])) in used:
                numbers[twins] += 1
            names[index] = name
            used.add(name)
        others = taken([names[index] for index in waiting])
        used |= others
        waiting = {index: one for index, one in waiting.items() if names[index] in others}
    return names


def _told(one: Observed) -> dict[str, Any]:
    """What a sighting says of its issue, as the table has it."""
    details = dict(one.details)
    if len(one.checkers) > 1:
        details["also"] = list(one.checkers[1:])
    return {
        "issue_type": one.issue_type.value,
        "checker": one.checker,
        "severity": one.severity.value,
        "title": storable(one.title)[:300],
        "message": storable(one.message),
        "file_path": one.path and storable(one.path),
        "line_number": one.line,
        "end_line": one.end_line,
        "column_number": one.column,
        "scope": storable(one.scope),
        "snippet": storable(one.snippet),
        "feature_area": one.feature_area and storable(one.feature_area),
        "cwe": one.cwe,
        "effort_minutes": one.effort_minutes,
        "auto_fixable": one.auto_fixable,
        "fixer": one.fixer,
        "details": queries.plain_value(details),
        "match_keys": list(one.keys),
    }
