"""How a recorded change reads, after the name of who made it: "changed the priority from medium to high"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ci_core.backlog.audit_log import COMMENTS, DEPENDENCIES, MERGES, Entry
from ci_core.backlog.lifecycle import LABELS
from ci_core.backlog.queries import SCORER_WRITES
from ci_core.backlog.restoring import STAGES
from ci_core.backlog.values import CLOSED_SETS
from db.enums import Status

Titles = Mapping[int, str]
Words = Callable[[Any, Any], str]
QUOTED = 80
UNTOLD = frozenset({*SCORER_WRITES, *STAGES}) - {"completion_percentage"}
SNOOZE = frozenset({"snoozed_until", "snoozed_for_id"})
NAMES = {
    "rejection_reason": "reason of the rejection",
    "estimated_hours": "estimate",
    "actual_hours": "time spent",
    "pull_request_url": "pull request",
    "source_url": "origin",
    "feature_area": "area",
}


def describe(entry: Entry, enhancement_id: int, titles: Titles) -> str:
    """The change in words, as seen from the enhancement whose history is told."""
    if entry.table_name == COMMENTS:
        words = _comment(entry)
    elif entry.table_name == DEPENDENCIES:
        words = _dependency(entry, enhancement_id, titles)
    elif entry.table_name == MERGES:
        words = _merge(entry, enhancement_id, titles)
    else:
        words = _enhancement(entry, titles)
    return f"{words} (undo)" if entry.undo_of is not None else words


def mentioned(entries: Iterable[Entry]) -> set[int]:
    """Ids of the enhancements that `describe` would like to know the titles of."""
    names = ("enhancement_id", "other_id", "duplicate_id", "original_id", "merged_into_id", "snoozed_for_id")
    sides = [side for entry in entries for side in (entry.before, entry.after) if side]
    return {side[name] for side in sides for name in names if isinstance(side.get(name), int)}


def _enhancement(entry: Entry, titles: Titles) -> str:
    before, after = entry.before or {}, entry.after or {}
    if entry.action == "insert":
        return f"added it to {LABELS[Status(after['status'])]}"
    if entry.action == "delete":
        return "deleted it"
    changed = set(entry.changed_fields)
    if "merged_into_id" in changed:
        if after["merged_into_id"] is not None:
            return f"merged it into {_link(after['merged_into_id'], titles)}"
        return f"took it and {_link(before['merged_into_id'], titles)} apart again"
    if "status" in changed:
        # What follows from the step is no news of its own, and the reason that was given is shown by itself.
        changed -= {"board_rank", "completion_percentage", "ready_at", *SNOOZE}
        changed -= {"rejection_reason"} if after.get("rejection_reason") in (None, entry.reason) else set()
    elif "ready_at" in changed:
        changed -= {"board_rank"}
    told = [_snooze(after, titles)] if changed & SNOOZE else []
    told += [
        _field(name, before.get(name), after.get(name)) for name in sorted(changed - UNTOLD - SNOOZE, key=_by_weight)
    ]
    return ", ".join(told) or _scored(before, after)


def _snooze(after: Mapping[str, Any], titles: Titles) -> str:
    until, other = after.get("snoozed_until"), after.get("snoozed_for_id")
    if other is not None:
        return f"snoozed it until {_link(other, titles)} is done"
    if until is not None:
        moment = datetime.fromisoformat(until).astimezone(UTC)
        return f"snoozed it until {moment.day} {moment:%b %Y %H:%M} UTC"
    return "brought it back from its snooze"


def _by_weight(name: str) -> tuple[bool, str]:
    return name != "status", name


def _field(name: str, before: Any, after: Any) -> str:
    if name in SPECIAL:
        return SPECIAL[name](before, after)
    label = NAMES.get(name, name.replace("_", " "))
    label = label if name in CLOSED_SETS else f"the {label}"
    if isinstance(before, dict) or isinstance(after, dict):
        return f"removed {label}" if after is None else f"recorded {label}"
    unit = " h" if name.endswith("_hours") else ""
    if after is None:
        return f"removed {label}"
    if before is None:
        return f"set {label} to {_value(after)}{unit}"
    return f"changed {label} from {_value(before)}{unit} to {_value(after)}{unit}"


def _value(value: Any) -> str:
    if isinstance(value, float | int):
        return f"{value:g}"
    return str(value).replace("_", " ") if str(value).islower() and "/" not in str(value) else f"“{_short(str(value))}”"


def _status(before: Any, after: Any) -> str:
    return f"moved from {LABELS[Status(before)]} to {LABELS[Status(after)]}"


def _tags(before: Any, after: Any) -> str:
    added = [tag for tag in after or [] if tag not in (before or [])]
    removed = [tag for tag in before or [] if tag not in (after or [])]
    told = [
        f"{verb} the tag{'s' if len(some) > 1 else ''} {', '.join(some)}"
        for verb, some in (("added", added), ("removed", removed))
        if some
    ]
    return " and ".join(told) or "put the tags in another order"


def _assignee(before: Any, after: Any) -> str:
    if after is None:
        return f"took it from {before}"
    return f"assigned it to {after}" if before is None else f"handed it from {before} to {after}"


def _rank(_before: Any, after: Any) -> str:
    return "let its score decide the place in the column" if after is None else "changed its place in the column"


def _overrides(before: Any, after: Any) -> str:
    told = []
    for name in sorted({*(before or {}), *(after or {})}):
        old, new = (before or {}).get(name), (after or {}).get(name)
        label = "the priority score" if name == "total" else name.replace("_", " ")
        if new is None and old is not None:
            told.append(f"gave {label} back to the scorer")
        elif new is not None and new != old:
            told.append(f"set {label} to {new['value']:g} by hand")
    return ", ".join(told)


def _scored(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    score = after.get("ai_priority_score")
    if score is None:
        return "renewed the reasons of its score" if "ai_priority_score" not in after else "removed its score"
    was = before.get("ai_priority_score")
    return f"scored it {score:g}" + (f" instead of {was:g}" if was is not None else "")


SPECIAL: Mapping[str, Words] = {
    "status": _status,
    "tags": _tags,
    "assignee": _assignee,
    "board_rank": _rank,
    "score_overrides": _overrides,
    "ready_at": lambda _before, after: "made it ready to go on" if after else "made it wait again",
    "description": lambda _before, _after: "edited the description",
    "completion_percentage": lambda _before, after: f"set completion to {after} %",
    "title": lambda before, after: f"changed the title from “{_short(before)}” to “{_short(after)}”",
}


def _comment(entry: Entry) -> str:
    if entry.action == "insert":
        return f"commented: “{_short((entry.after or {})['body'])}”"
    if entry.action == "delete":
        return f"deleted the comment “{_short((entry.before or {})['body'])}”"
    return "edited a comment"


def _dependency(entry: Entry, enhancement_id: int, titles: Titles) -> str:
    link = entry.after or entry.before or {}
    from_here = link.get("enhancement_id") == enhancement_id
    other = _link(link.get("other_id" if from_here else "enhancement_id"), titles)
    words = {
        ("blocked_by", True): f"blocked by {other}",
        ("blocked_by", False): f"blocking {other}",
        ("duplicate_of", True): f"a duplicate of {other}",
        ("duplicate_of", False): f"the original of {other}",
    }.get((link.get("kind", ""), from_here), f"related to {other}")
    return f"marked it as {words}" if entry.action != "delete" else f"unmarked it as {words}"


def _merge(entry: Entry, enhancement_id: int, titles: Titles) -> str:
    merge = {**(entry.before or {}), **(entry.after or {})}
    if entry.action == "update":
        return "took a merge apart again" if merge.get("undone_at") else "merged again what was taken apart"
    into = merge.get("original_id") == enhancement_id
    other = _link(merge.get("duplicate_id" if into else "original_id"), titles)
    if entry.action == "delete":
        return f"took it and {other} apart again"
    return f"merged {other} into it" if into else f"merged it into {other}"


def _link(enhancement_id: Any, titles: Titles) -> str:
    title = titles.get(enhancement_id)
    return f"#{enhancement_id} {_short(title)}" if title else f"#{enhancement_id}"


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= QUOTED else one_line[: QUOTED - 1] + "…"
