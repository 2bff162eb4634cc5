"""Kinds of jobs for tests with real workers: scans whose vectors and scores need no model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ci_core.jobs import KINDS as REAL
from ci_core.jobs import JobContext, Kinds
from ci_core.jobs.tasks.research import scan_source
from ci_core.research import scan_parts
from ci_core.research.scan_parts import Parts
from ci_core.research.window import SharedWindow
from tests.ci_core.research.standins import Marks, Near, Words


def scan(context: JobContext) -> Mapping[str, Any]:
    """Scans a source of the stand-in sites, in the worker's own process for the job."""
    scan_parts.SharedWindow = partial(SharedWindow, make=Near)  # type: ignore[misc, assignment]
    return scan_source(context, Parts(encoder=Words(), scorer=Marks()))  # type: ignore[arg-type]


KINDS = Kinds([replace(REAL["research_scan"], work=f"{__name__}:scan")])
PATH = f"{__name__}:KINDS"
