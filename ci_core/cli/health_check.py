"""`ci health check`: check a repository now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ci_core.cli.door import ActorOption, JsonOption, open_door
from ci_core.cli.health_checks import check_document, write_check
from ci_core.cli.health_repository import RepoOption, folder_of
from ci_core.cli.output import clean, say, write_json

if TYPE_CHECKING:
    from db.enums import CheckType

TYPE_HELP = (
    "full_scan: everything. quick_scan: what changed since the last check. security_scan, dependency_check, "
    "performance_test: that part. feature_specific: what --path names. Default: full_scan, or with --path "
    "feature_specific."
)


def check(
    check_type: Annotated[str | None, typer.Option("--type", metavar="T", help=TYPE_HELP)] = None,
    repo: RepoOption = None,
    path: Annotated[
        list[str] | None, typer.Option(metavar="P", help="Only this folder or file; may be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="REV", help="Only what changed since this commit, branch or tag.")
    ] = None,
    checker: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this checker; may be repeated.")
    ] = None,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit status 1 where new code does not pass: for a pipeline.")
    ] = False,
    acting_as: ActorOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a repository now: find issues, follow the known ones, and score what was looked at.

    Exit status 1 when the check failed, and with --gate also when new code does not pass.
    """
    with open_door(acting_as) as door:
        from ci_core.health.agent import check as check_now
        from ci_core.health.values import CheckRequest
        from db.enums import CheckStatus

        request = CheckRequest(
            check_type=_type(check_type, path),
            repo_path=folder_of(repo, door.settings),
            paths=tuple(path or ()),
            since=since,
            checkers=tuple(checker or ()),
        )
        result = check_now(door.database, door.settings, request, actor=door.actor, progress=say)
    if as_json:
        write_json(check_document(result))
    else:
        write_check(result)
    refused = gate and result.gate.get("passed") is False
    if refused:
        for reason in result.gate.get("reasons", ()):
            say(clean(f"gate: {reason}"))
    if refused or result.status is not CheckStatus.COMPLETED:
        raise typer.Exit(1)


def _type(given: str | None, paths: list[str] | None) -> CheckType:
    """The kind of check; "quick" is enough for quick_scan.

    Raises:
        InvalidInput: there is no such kind.
    """
    from ci_core.cli.choices import one_of
    from db.enums import CheckType

    if given is None:
        return CheckType.FEATURE_SPECIFIC if paths else CheckType.FULL_SCAN
    wanted = given.strip().lower().replace("-", "_")
    begins = [kind for kind in CheckType if kind.startswith(f"{wanted}_")]
    found = begins[0] if len(begins) == 1 else one_of(CheckType, wanted, "type")
    if found is CheckType.IMPORT:
        raise typer.BadParameter("What another tool found is taken in with: ci health import FILE", param_hint="--type")
    return found
