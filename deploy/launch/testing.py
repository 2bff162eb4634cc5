"""The tests: their requirements, a Chromium, and the whole suite."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from deploy.launch.app import LOCK_FILE, app_variables
from deploy.launch.environment import Environment
from deploy.launch.options import PROJECT, Options
from deploy.launch.processes import Children
from deploy.launch.screen import complain, phase

TEST_LOCK_FILE = "tests/requirements.txt"
# The headless shell draws the same pages with 40 % less of the processor: it has no windows around them.
_SHELL = "chromium-headless-shell"
_BROWSERS = (_SHELL, "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_USUAL_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_LOG_LINES = 3


def run_tests(options: Options, children: Children, project: Path = PROJECT) -> int:
    """Sets up what the tests need and runs them; returns pytest's exit status."""
    variables = app_variables(options)
    del variables["CI_DATA_DIR"]  # tests make data folders of their own
    environment = Environment(project, children, variables)
    environment.ensure(LOCK_FILE, TEST_LOCK_FILE)
    browser = find_browser(environment.variables) or _install_browser(environment, children, project)
    if browser is not None:
        environment.variables["CHROMIUM_PATH"] = browser
    if options.setup_only:
        return 0
    command: list[str | Path] = [
        environment.python,
        "-m",
        "pytest",
        *_workers(options.pytest_arguments),
        *options.pytest_arguments,
    ]
    child = children.start(command, environment=environment.variables, cwd=project, stdin=None)
    return children.wait(child) or 0


def find_browser(settings: Mapping[str, str]) -> str | None:
    """A Chromium or a relative: the one that CHROMIUM_PATH names, else one on the search path or in a usual place."""
    named = settings.get("CHROMIUM_PATH")
    if named:
        return named
    found = next((path for name in _BROWSERS if (path := shutil.which(name, path=settings.get("PATH")))), None)
    return found or next((place for place in _USUAL_PLACES if Path(place).is_file()), None)


def _install_browser(environment: Environment, children: Children, project: Path) -> str | None:
    """Installs Chromium: from the system's packages on Debian and its kin, else Playwright's own build."""
    reasons = []
    for attempt in (_with_apt, _with_playwright):
        reason = attempt(environment, children, project)
        found = find_browser(environment.variables)
        if found is not None or reason is None:
            return found
        reasons.append(reason)
    complain(
        f"No Chromium could be installed, so the browser tests will fail: {'; '.join(reasons)}. Install it yourself."
    )
    return None


def _with_apt(environment: Environment, children: Children, project: Path) -> str | None:
    apt = shutil.which("apt-get")
    if apt is None or sys.platform == "win32":
        return "this system has no apt-get"
    prefix: list[str] = []
    if os.geteuid() != 0:
        sudo = shutil.which("sudo")
        if sudo is None or not _succeeds([sudo, "-n", "true"]):
            return "apt-get needs root, and sudo asks for a password (sudo apt-get install chromium)"
        prefix = [sudo, "-n"]
    variables = {**environment.variables, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    with phase("Installing Chromium with apt-get"):
        _quietly([*prefix, apt, "update"], variables, children, project)
        install = [*prefix, apt, "install", "-y", "--no-install-recommends"]
        # Not every release of Debian, and no Ubuntu, has the shell as a package of its own.
        if _quietly([*install, _SHELL], variables, children, project) is None:
            return None
        return _quietly([*install, "chromium"], variables, children, project)


def _with_playwright(environment: Environment, children: Children, project: Path) -> str | None:
    with phase("Installing Playwright's Chromium"):
        command = [str(environment.python), "-m", "playwright", "install", "chromium"]
        return _quietly(command, environment.variables, children, project)


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed words


def _quietly(command: list[str], variables: Mapping[str, str], children: Children, project: Path) -> str | None:
    """Runs a command; returns None when it succeeded, else its last words."""
    child = children.start(
        command, environment=variables, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    lines = [line for line in children.lines(child) if line]
    if children.wait(child) == 0:
        return None
    return " / ".join(line.strip() for line in lines[-_LOG_LINES:]) or f"{command[0]} failed"


def _workers(arguments: list[str]) -> list[str]:
    """One test process more than there are cores, unless the caller decides: those of the browser wait much."""
    if any(argument.startswith(("-n", "--numprocesses", "--pdb", "--collect-only")) for argument in arguments):
        return []
    # A file at a time: its tests share an app and a browser, which would otherwise be started by every worker. In the
    # order of tests/conftest.py, not by the number of tests: those of the browser are few and long.
    return ["-n", str((os.cpu_count() or 2) + 1), "--dist", "loadfile", "--no-loadscope-reorder"]
