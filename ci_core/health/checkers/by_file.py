"""Checkers that read file after file in programs of ours, and remember what they found in each content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ci_core.health.checkers.asking import ask_in_shards
from ci_core.health.checkers.kinds import Workbench
from ci_core.health.values import Report, Sighting, SourceFile, Target, Unseen


def read_each(
    target: Target,
    workbench: Workbench,
    files: Sequence[SourceFile],
    *,
    name: str,
    version: str,
    program: str,
    needed: Sequence[SourceFile] | None = None,
) -> Report:
    """What a program of ours sees in files, those left out whose content it knows already.

    Args:
        name: the checker's.
        version: of its rules; what another version found is looked for anew.
        program: the module that answers `{path: [sighting without checker and path, …] or why it cannot be read}`.
        needed: the files that must be opened, where others certainly hold nothing; None: all.

    Raises:
        CheckerFailed: the program failed.
    """
    known = dict(workbench.cache.get(version, files))
    opened = [file for file in (files if needed is None else needed) if file.path not in known]
    asked: dict[str, Any] = {}
    for part in ask_in_shards(program, target, opened, workbench):
        asked.update(part)
    unseen = {path: said for path, said in asked.items() if isinstance(said, str)}
    fresh = {path: sightings(name, path, said) for path, said in asked.items() if not isinstance(said, str)}
    if needed is None:
        # A file that the program said nothing of was not looked at.
        unseen |= {
            file.path: "the program that reads it said nothing of it" for file in opened if file.path not in asked
        }
    workbench.cache.put(version, fresh)
    found = {**known, **fresh}
    return Report(
        sightings=tuple(one for path in sorted(found) for one in found[path]),
        seen=frozenset(file.path for file in files) - unseen.keys(),
        unseen=tuple(Unseen(path, reason) for path, reason in sorted(unseen.items())),
        version=version,
    )


def sightings(name: str, path: str, said: Sequence[Mapping[str, Any]]) -> tuple[Sighting, ...]:
    """What the program said of one file."""
    return tuple(Sighting(checker=name, path=path, **one) for one in said)
