"""What the health agent does by itself: checks of a repository."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ci_core.errors import InvalidInput
from ci_core.health.agent import RUN_TYPES, CheckParts, check
from ci_core.health.values import CheckRequest
from ci_core.jobs.context import JobContext
from db.enums import CheckType

CHECK_TYPES: Mapping[str, CheckType] = {kind: check_type for check_type, kind in RUN_TYPES.items()}


def carry_out(context: JobContext) -> Mapping[str, Any]:
    """Check the repository: parameters {"repo_path"?, "paths"?: […], "since"?, "checkers"?: […]}; gives what it found.

    Without "repo_path" it is the one that CI_REPO_PATH names. An attempt after one that was killed checks anew: what
    the killed one had not finished was never stored. After one that had finished, it gives that check.

    Raises:
        as `ci_core.health.agent.check`; RunTaken and Cancelled end it in the midst of its work: nothing is resolved.
    """
    found = check(
        context.fenced,
        context.settings,
        request_of(context),
        actor=context.asked_by,
        run_id=context.run_id,
        attempt=context.attempt,
        percent=context.progress,
        parts=CheckParts(clock=context.clock),
    )
    score = {} if found.overall_health_score is None else {"score": found.overall_health_score}
    unwell = [one.name for one in found.checkers if one.error]
    return {**found.issues, **score, "check": found.id, "checkers_failed": len(unwell)}


def request_of(context: JobContext) -> CheckRequest:
    """What is to be checked.

    Raises:
        InvalidInput: a parameter cannot be used.
    """
    given = context.parameters
    path, since = given.get("repo_path"), given.get("since")
    for name, value in (("repo_path", path), ("since", since)):
        if value is not None and not isinstance(value, str):
            raise InvalidInput(name, f"{name} is a text, not {value!r}.")
    check_type = CHECK_TYPES[context.kind.name]
    paths = _texts(given, "paths")
    if check_type is CheckType.FEATURE_SPECIFIC and not paths:
        raise InvalidInput("paths", 'Say which folders or files are to be checked: {"paths": ["src/scanner"]}.')
    return CheckRequest(
        check_type=check_type,
        repo_path=Path(path) if path else context.settings.repo_path,
        paths=paths,
        since=since or None,
        checkers=_texts(given, "checkers"),
    )


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = given.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise InvalidInput(name, f"{name} is a list of texts, not {found!r}.")
    return tuple(found)
