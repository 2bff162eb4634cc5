"""Keeps the known vulnerabilities of packages up to date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_core.health.advisories.refreshing import refresh_advisories
from ci_core.jobs.context import JobContext


def refresh(context: JobContext) -> Mapping[str, Any]:
    """Fetch OSV's advisories where there are newer ones; a further attempt goes on where this one stopped.

    Raises:
        SiteError: OSV does not answer, or with something that cannot be read; the advisories that are here stay.
        RefreshUnderWay: somebody refreshes them at a shell of this machine.
        DataFolderFull: the disk is full.
    """
    settings = context.settings
    done = refresh_advisories(
        settings.data_dir,
        settings.health.osv_url,
        now=context.clock,
        progress=lambda _what, percent: context.progress(percent),
        timeout_seconds=settings.site_timeout_seconds,
    )
    return {
        "changed": int(done.changed),
        "advisories": done.state.advisories,
        "packages": done.state.packages,
        "unreadable": done.state.unreadable,
        "downloaded_mib": round(done.downloaded_bytes / 2**20, 1),
    }
