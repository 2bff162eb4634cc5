"""Small repositories as a check sees them, made of texts; and a workbench for one checker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ci_core.health.checkers.kinds import Workbench
from ci_core.health.values import Sighting, SourceFile, Target
from ci_core.settings.health import HealthSettings


class NoCache:
    """Remembers nothing."""

    def get(self, version: str, files: Iterable[SourceFile]) -> Mapping[str, tuple[Sighting, ...]]:
        return {}

    def put(self, version: str, found: Mapping[str, tuple[Sighting, ...]]) -> None:
        pass


def target_of(root: Path, files: Mapping[str, str | bytes], **values: Any) -> Target:
    """Write files and give the repository that they are."""
    known = {}
    for path, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
        known[path] = SourceFile(path, f"{hash(data) & 0xFFFFFFFF:040x}", len(data), data.count(b"\n"))
    return Target(root, str(root), root.name, known, frozenset(known), **values)


def workbench_in(folder: Path, data_dir: Path | None = None, **settings: Any) -> Workbench:
    """What one checker works with."""
    scratch = folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True)
    chosen = HealthSettings(_env_file=None, **settings)
    return Workbench(chosen, scratch, data_dir or folder / "data", NoCache(), processes=1, seconds=60)
