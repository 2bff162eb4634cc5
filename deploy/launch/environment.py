"""The virtual environment beside `run.py`: made, filled from the lock files, repaired, and left alone when right."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

from db.file_locks import FileLock
from deploy.launch.checks import check_python, check_writable
from deploy.launch.problem import LaunchProblem
from deploy.launch.processes import Children
from deploy.launch.screen import Phase, phase

_OTHER_INSTALLATION_SECONDS = 0.5
_NETWORK_SIGNS = (
    "Temporary failure in name resolution",
    "nodename nor servname",
    "getaddrinfo failed",
    "Name or service not known",
    "Network is unreachable",
    "Failed to establish a new connection",
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "ProxyError",
    "ReadTimeoutError",
)
_FULL_SIGNS = ("No space left on device", "Disk quota exceeded", "Errno 28")
_VARIABLES_OF_ANOTHER_PYTHON = {"PYTHONHOME", "__PYVENV_LAUNCHER__", "VIRTUAL_ENV"}


class Environment:
    """`.venv` of `project`, and how to run its Python."""

    def __init__(self, project: Path, children: Children, settings: dict[str, str]) -> None:
        """`settings` is what children get as their environment variables beside our own."""
        self._project = project
        self._children = children
        self._folder = project / ".venv"
        self._stamp = self._folder / "magnus-installed.json"
        self._unfinished = self._folder / "magnus-installing"
        self.variables = {
            key: value for key, value in os.environ.items() if key not in _VARIABLES_OF_ANOTHER_PYTHON
        } | settings
        windows = sys.platform == "win32"
        self.python = self._folder / ("Scripts/python.exe" if windows else "bin/python")

    def ensure(self, *lock_files: str) -> None:
        """Makes the environment hold what the lock files say. Does nothing, in milliseconds, when it does already.

        Raises LaunchProblem when it cannot be made: no network, no right to write, a full disk, no module venv.
        """
        wanted = self._wanted(lock_files)
        if self._holds(wanted):
            return
        check_python()
        check_writable(self._folder, "Make the project's folder writable for yourself, or copy it to where you may.")
        try:
            with self._alone():
                if not self._holds(wanted):
                    self._make()
                    self._install(lock_files)
                    self._stamp.write_text(json.dumps(wanted), encoding="utf-8")
                    self._unfinished.unlink()
        except OSError as error:
            raise LaunchProblem(f"Cannot write {error.filename or self._folder}: {error.strerror}.") from error

    def _wanted(self, lock_files: Iterable[str]) -> dict[str, str]:
        """What identifies a right environment: this Python, and the text of every lock file."""
        hashes = {name: hashlib.sha256((self._project / name).read_bytes()).hexdigest() for name in lock_files}
        return {"python": sys.version.split()[0], "base": sys.base_prefix, "folder": str(self._folder), **hashes}

    def _holds(self, wanted: dict[str, str]) -> bool:
        """Whether everything wanted is there; more, as the test requirements, does no harm."""
        if self._unfinished.exists() or not self.python.exists():
            return False
        try:
            found = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        return bool(wanted.items() <= found.items())

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        lock = FileLock(self._folder / "magnus-lock")
        if not lock.try_acquire():
            with phase("Waiting for another run.py that installs"):
                while not lock.acquire(_OTHER_INSTALLATION_SECONDS):
                    self._children.stop_if_asked()
        try:
            yield
        finally:
            lock.release()

    def _make(self) -> None:
        """Makes the environment, unless a whole one of this Python is there. One that a kill left half made goes."""
        usable = not self._unfinished.exists() and self._usable()
        self._unfinished.touch()
        if usable:
            return
        with phase("Making the Python environment .venv"):
            for path in self._folder.iterdir():
                if path.name in ("magnus-lock", self._unfinished.name):
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            self._run([_base_python(), "-m", "venv", str(self._folder)], None, "make the Python environment .venv")

    def _usable(self) -> bool:
        probe = "import sys, pip; print(sys.version.split()[0], sys.base_prefix, sep='|')"
        try:
            answer = subprocess.run(  # noqa: S603 - fixed words
                [self.python, "-c", probe], capture_output=True, text=True, check=False, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return answer.stdout.strip() == f"{sys.version.split()[0]}|{sys.base_prefix}"

    def _install(self, lock_files: Iterable[str]) -> None:
        command = [str(self.python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        # Compiling all of it takes as long as installing it; Python compiles what is used when it is used.
        command += ["--no-compile", "--no-warn-script-location", "--progress-bar", "off"]
        for name in lock_files:
            command += ["-r", str(self._project / name)]
        locked = sum(_requirements(self._project / name) for name in lock_files)
        with phase(f"Installing up to {locked} packages (2 GB on disk)") as shown:
            self._run(command, _PipProgress(shown), "install the packages")

    def _run(self, command: list[str], progress: _PipProgress | None, attempt: str) -> None:
        child = self._children.start(
            command, environment=self.variables, cwd=self._project, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        last: deque[str] = deque(maxlen=60)
        for line in self._children.lines(child):
            if line:
                last.append(line)
            if progress is not None:
                progress.read(line)
        status = self._children.wait(child)
        if status != 0:
            self._unfinished_but_whole(progress)
            raise LaunchProblem(_explain(attempt, list(last), status))

    def _unfinished_but_whole(self, progress: _PipProgress | None) -> None:
        """Pip fetches everything before it installs anything: until then, a failure leaves the environment whole."""
        if progress is not None and not progress.installing:
            self._unfinished.unlink(missing_ok=True)


class _PipProgress:
    """Pip's many lines as one that changes."""

    def __init__(self, shown: Phase) -> None:
        self._shown = shown
        self._seen: set[str] = set()
        self._text = "starting"
        self.installing = False

    def read(self, line: str) -> None:
        """Takes a line of pip's output; an empty one only moves the clock."""
        match = re.match(
            r"\s*(Collecting|Downloading|Using cached|Processing|Installing collected packages)\W+(.*)", line
        )
        if match:
            what, rest = match.groups()
            if what == "Collecting":
                self._seen.add(rest.split("==")[0])
                self._text = f"found {len(self._seen)}"
            elif what == "Downloading":
                self._text = f"found {len(self._seen)}, fetching {Path(rest).name}"
            elif what.startswith("Installing"):
                self.installing = True
                self._text = f"unpacking {rest.count(',') + 1}"
        self._shown.progress(self._text)


def _base_python() -> str:
    """The Python outside of any virtual environment: we may run in the very one that is to be made anew."""
    return str(getattr(sys, "_base_executable", None) or sys.executable)


def _requirements(path: Path) -> int:
    return len(re.findall(r"^[a-zA-Z0-9]", path.read_text(encoding="utf-8"), re.MULTILINE))


def _explain(attempt: str, lines: list[str], status: int | None) -> str:
    """One line with the remedy, after the last lines of the program that failed."""
    output = "\n".join(lines)
    if any(sign in output for sign in _NETWORK_SIGNS):
        return (
            f"Cannot {attempt}: no network. The package index cannot be reached; check the connection, or name a "
            "proxy or mirror (HTTPS_PROXY, PIP_INDEX_URL), and run the same command again."
        )
    unknown = re.search(r"requirement (\S+) \(from versions: none\)", output)
    if unknown:
        return (
            f"Cannot {attempt}: no network, or the package index lacks {unknown[1]}. Check the connection and the "
            "mirror (PIP_INDEX_URL), and run the same command again."
        )
    if any(sign in output for sign in _FULL_SIGNS):
        return f"Cannot {attempt}: the disk is full. Free about 3 GB and run the same command again."
    if "Permission denied" in output or "Errno 13" in output:
        return f"Cannot {attempt}: no permission to write. Make the folder .venv writable, or remove it."
    errors = [line for line in lines if line.startswith("ERROR")] or lines[-5:]
    return f"Cannot {attempt} (status {status}): {' / '.join(errors[-5:])}"
