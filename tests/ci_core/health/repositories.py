"""Small repositories to check."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ci_core.health.target import Known, read_target
from ci_core.health.values import CheckRequest, Target
from ci_core.settings.health import HealthSettings
from db.enums import CheckType

Content = str | bytes


class Repository:
    """A folder with files, and git beside it where a test wants it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def write(self, files: Mapping[str, Content]) -> Repository:
        for path, content in files.items():
            place = self.root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def git(self, *arguments: str) -> str:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_AUTHOR_NAME": "Tess", "GIT_AUTHOR_EMAIL": "tess@example.org",
            "GIT_COMMITTER_NAME": "Tess", "GIT_COMMITTER_EMAIL": "tess@example.org",
            "GIT_AUTHOR_DATE": "2026-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2026-01-01T00:00:00Z",
        }  # fmt: skip
        done = subprocess.run(
            ["git", "-c", "init.defaultBranch=main", *arguments],
            cwd=self.root, env=environment, capture_output=True, check=True,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace").strip()

    def commit(self, message: str = "Change") -> str:
        """Everything that is there; the hash of the commit."""
        if not (self.root / ".git").exists():
            self.git("init", "--quiet")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def target(
        self,
        check_type: CheckType = CheckType.FULL_SCAN,
        *,
        paths: tuple[str, ...] = (),
        since: str | None = None,
        known: Known | None = None,
        settings: HealthSettings | None = None,
    ) -> Target:
        request = CheckRequest(check_type, self.root, paths=paths, since=since)
        return read_target(request, settings=settings or HealthSettings(), known=known)
