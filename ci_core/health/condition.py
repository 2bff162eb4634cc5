"""Whether the health agent has what it needs here: its tools, a repository, and known vulnerabilities."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version

from ci_core.errors import CiError
from ci_core.health.advisories import advisories_state
from ci_core.health.git import Git
from ci_core.settings import Settings

TOOLS = ("ruff", "mypy", "bandit", "complexipy", "vulture", "detect-secrets", "deptry", "coverage")
REINSTALL = "Install the product's requirements again; until then, what these look at is not known."
REFRESH = "Fetch them with: ci health advisories refresh"


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that checks need; `remedy` says what to do where it is not well."""

    name: str
    detail: str
    remedy: str | None = None


NEEDS = ("health tools", "health repository", "health advisories")


def needs(settings: Settings, now: datetime, installed: Callable[[str], str] = version) -> tuple[Need, ...]:
    """What checks need, in the order of `NEEDS`.

    Args:
        installed: the version of a distribution; raises PackageNotFoundError where it is not there.
    """
    tools, repository, advisories = NEEDS
    return (_tools(tools, installed), _repository(repository, settings), _advisories(advisories, settings, now))


def _tools(name: str, installed: Callable[[str], str]) -> Need:
    there, missing = [], []
    for tool in TOOLS:
        try:
            there.append(f"{tool} {installed(tool)}")
        except PackageNotFoundError:
            missing.append(tool)
    if missing:
        return Need(name, f"not installed: {', '.join(missing)}", REINSTALL)
    return Need(name, ", ".join(there))


def _repository(name: str, settings: Settings) -> Need:
    folder = settings.repo_path
    if not folder.is_dir():
        return Need(name, f"there is no folder {folder}", "Set CI_REPO_PATH to the folder that is to be checked.")
    git = Git(folder)
    if git.top() is None:
        remedy = "Set CI_REPO_PATH to a git checkout: without git neither history nor authors are known."
        return Need(name, f"{folder} is no git checkout", remedy)
    commit = git.hash_of_commit()
    if commit is None:
        return Need(name, f"{folder} has no commit yet", "Commit something: what changed is told from commits.")
    branch = git.branch()
    return Need(name, f"{folder} at {commit[:12]}{f' on {branch}' if branch else ''}")


def _advisories(name: str, settings: Settings, now: datetime) -> Need:
    try:
        state = advisories_state(settings.data_dir, now)
    except CiError as error:
        return Need(name, str(error), REFRESH)
    if not state.present or state.age_days is None:
        return Need(name, state.problem or "none here, so that vulnerable packages are not known", REFRESH)
    told = f"{state.advisories:,} about {state.packages:,} packages, {state.age_days:.0f} days old"
    if state.too_old:
        return Need(name, told, REFRESH)
    return Need(name, told)
