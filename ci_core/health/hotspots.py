"""Where work pays: files that are in a bad state and change often."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from ci_core.health.store import FileState, file_states


@dataclass(frozen=True, slots=True)
class Hotspot:
    """One file.

    Attributes:
        heat: what it lacks to 100, as a share, times the commits of the last 180 days that touched it.
        share: of the hottest file's heat, 0–1.
    """

    file: FileState
    heat: float
    share: float


def heat(file: FileState) -> float:
    """How much a file is a hotspot; 0 where nothing is known of it, it is well, or nobody touches it."""
    if file.score is None:
        return 0.0
    return (100 - file.score) / 100 * file.churn_commits


def ranked(files: Iterable[FileState], *, limit: int | None = None) -> tuple[Hotspot, ...]:
    """The hottest files first; of equally hot ones, the one with more changed lines. Cold ones are left out."""
    hot = [(heat(file), file) for file in files]
    hot = sorted((one for one in hot if one[0] > 0), key=lambda one: (-one[0], -one[1].churn_lines, one[1].path))
    hottest = hot[0][0] if hot else 1.0
    return tuple(Hotspot(file, round(value, 4), value / hottest) for value, file in hot[:limit])


def hotspots(session: Session, repository_id: int, *, limit: int = 20) -> tuple[Hotspot, ...]:
    """The hottest files of a repository."""
    return ranked(file_states(session, repository_id).values(), limit=limit)


def files(session: Session, repository_id: int) -> tuple[FileState, ...]:
    """All files of a repository by path, for a map of them."""
    return tuple(file_states(session, repository_id).values())
