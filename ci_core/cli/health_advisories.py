"""`ci health advisories`: the known vulnerabilities of packages that are kept on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ci_core.cli.door import JsonOption
from ci_core.cli.output import clean, say, write, write_json, write_pairs

if TYPE_CHECKING:
    from ci_core.health.advisories import AdvisoriesState

app = typer.Typer(
    help="Known vulnerabilities of packages, kept here so that a check needs no network.", no_args_is_help=True
)


@app.command()
def refresh(as_json: JsonOption = False) -> None:
    """Fetch OSV's advisories where there are newer ones; a download that broke off goes on where it stopped."""
    from datetime import UTC, datetime

    from ci_core.health.advisories.refreshing import refresh_advisories
    from ci_core.settings import load_settings

    settings = load_settings()
    done = refresh_advisories(
        settings.data_dir,
        settings.health.osv_url,
        now=lambda: datetime.now(UTC),
        progress=_told,
        timeout_seconds=settings.site_timeout_seconds,
    )
    if as_json:
        write_json({"changed": done.changed, "downloaded_bytes": done.downloaded_bytes, **_document(done.state)})
        return
    write("There are new advisories:" if done.changed else "Those that are here are the newest:")
    _write(done.state)


@app.command()
def status(as_json: JsonOption = False) -> None:
    """Show which advisories are here and how old they are; exit status 1 where there are none."""
    from datetime import UTC, datetime

    from ci_core.health.advisories import advisories_state
    from ci_core.settings import load_settings

    state = advisories_state(load_settings().data_dir, datetime.now(UTC))
    if as_json:
        write_json(_document(state))
    else:
        _write(state)
    if not state.present:
        raise typer.Exit(1)


def _told(what: str, percent: float | None) -> None:
    say(f"{what} …" if percent is None else f"{what}: {percent:.0f} %")


def _document(state: AdvisoriesState) -> dict[str, object]:
    return {
        "present": state.present,
        "fetched_at": state.fetched_at,
        "age_days": state.age_days,
        "too_old": state.too_old,
        "advisories": state.advisories,
        "packages": state.packages,
        "unreadable": state.unreadable,
        "source": state.source,
        "problem": state.problem,
    }


def _write(state: AdvisoriesState) -> None:
    if not state.present or state.fetched_at is None:
        write(clean(state.problem or "There are none."))
        write("Until then, it is not known which packages are vulnerable.")
        return
    write_pairs(
        [
            ("fetched", f"{state.fetched_at:%Y-%m-%d %H:%M} UTC, {state.age_days:g} days ago"),
            ("advisories", f"{state.advisories:,} of {state.packages:,} packages"),
            ("not readable", state.unreadable or None),
            ("from", state.source),
        ]
    )
    if state.too_old:
        write("They are too old to rely on. Fetch new ones with: ci health advisories refresh")
