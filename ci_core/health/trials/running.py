"""Runs programs of a checked repository in quarantine."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ci_core.health.checkers.kinds import CheckerFailed, Workbench
from ci_core.health.checkers.tools import ToolRun, own_program, run_tool
from ci_core.health.environments import HOW_TO_NAME_ONE, PROJECT, find_python
from ci_core.health.trials.copying import copy_repository
from ci_core.health.values import Target

# Where people keep keys; an interpreter may lie in a home, so that the home itself cannot be hidden.
SECRET_PLACES = (
    ".ssh", ".aws", ".azure", ".config/gcloud", ".config/gh", ".docker", ".kube", ".gnupg", ".netrc", ".pgpass",
    ".git-credentials", ".pypirc", ".env",
)  # fmt: skip
SETTINGS = (".env", ".env.local", ".streamlit/secrets.toml")
STATUS_OF_ANY_KIND = range(256)


@dataclass(frozen=True, slots=True)
class Trial:
    """A copy of a repository, with the interpreter that its code runs with.

    Attributes:
        folder: of the copy.
        python: the interpreter.
    """

    folder: Path
    python: Path
    workbench: Workbench
    original: Path

    @property
    def sources(self) -> tuple[Path, ...]:
        """The folders of the copy that modules are imported from: itself, and "src" where that is only a folder."""
        inner = self.folder / "src"
        return (self.folder, inner) if inner.is_dir() and not (inner / "__init__.py").exists() else (self.folder,)

    def run(self, arguments: Sequence[str], *, seconds: float, variables: Mapping[str, str]) -> tuple[ToolRun, bool]:
        """Run the interpreter with these arguments in the copy; gives how it ended, and whether it was shut off.

        Raises:
            as `run_tool`; any exit status is well.
        """
        scratch = self.workbench.scratch
        plan, told = scratch / "plan.json", scratch / "told.json"
        told.unlink(missing_ok=True)
        kept = [scratch, self.original, self.python.parent.parent, Path(os.path.realpath(self.python)).parent.parent]
        content = {
            "command": [str(self.python), *arguments],
            "shared": [str(place) for place in _shared()],
            "hidden": [str(place) for place in _hidden(self.workbench.data_dir, self.original)],
            "kept": [str(place.absolute()) for place in kept],
            "told": str(told),
        }
        plan.write_text(json.dumps(content), encoding="utf-8")
        done = run_tool(
            [*own_program("ci_core.health.trials.quarantine"), str(plan)],
            cwd=self.folder,
            workbench=self.workbench,
            env=variables,
            ok=STATUS_OF_ANY_KIND,
            seconds=seconds,
            memory_mib=self.workbench.settings.tests_memory_mib,
        )
        return done, bool(_read(told).get("apart"))


def trial_of(target: Target, workbench: Workbench, *, why: str) -> Trial:
    """A trial with a fresh copy.

    Args:
        why: what the interpreter is needed for, in words that begin a sentence.

    Raises:
        CheckerFailed: there is no interpreter, or the copy cannot be made.
    """
    python = find_python(target.root, workbench.settings)
    if python is None:
        raise CheckerFailed(
            f"{why}: the repository has no environment of its own (.venv or venv) that can run here.",
            remedy=HOW_TO_NAME_ONE,
        )
    folder = workbench.scratch / "copy" / (target.root.name or "repository")
    if not folder.exists():
        folder.mkdir(parents=True)
        copy_repository(target, folder)
    return Trial(folder, python.absolute(), workbench, target.root)


def _hidden(data_dir: Path, original: Path) -> list[Path]:
    """Our data with the database's socket, settings of this product and of the repository, keys of whoever runs it."""
    home = Path.home()
    settings = [place / name for place in (PROJECT, original) for name in SETTINGS]
    return [
        place for place in (data_dir.absolute(), *settings, *(home / name for name in SECRET_PLACES)) if place.exists()
    ]


def _shared() -> list[Path]:
    """Where everybody's sockets lie: databases, containers, desktops let in whoever has the right user's number."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    places = [Path("/run"), Path("/tmp"), Path(tempfile.gettempdir()), *([Path(runtime)] if runtime else [])]  # noqa: S108
    existing = dict.fromkeys(place.resolve() for place in places if place.is_dir())
    # One within another is hidden along with it.
    return [place for place in existing if not any(place != one and place.is_relative_to(one) for one in existing)]


def _read(path: Path) -> Mapping[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
