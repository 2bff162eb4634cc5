"""Programs that checkers start: bounded in time, memory and output, without our secrets, ended with their children."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from ci_core.health.checkers.kinds import (
    CheckCancelled,
    CheckerFailed,
    ToolCrashed,
    ToolMissing,
    ToolTimedOut,
    Workbench,
)

MIB = 1024 * 1024
MOST_OUTPUT_BYTES = 256 * MIB
MOST_SAID = 400
POLL_SECONDS = 0.05
WEIGH_SECONDS = 0.5
GRACE_SECONDS = 5.0
# What ends a program that is at its end itself; nobody else sends these.
BREAKDOWNS = frozenset(
    {signal.SIGABRT, signal.SIGSEGV, signal.SIGILL, signal.SIGFPE} | {getattr(signal, "SIGBUS", signal.SIGSEGV)}
)
# A command line of one call; Windows takes 32,767 characters.
MOST_ARGUMENT_BYTES = 24_000 if sys.platform == "win32" else 120_000
PROJECT = Path(__file__).resolve().parents[3]
LONGER = "Give it more time with CI_HEALTH_CHECKER_SECONDS, or leave folders out with CI_HEALTH_EXCLUDE."
SMALLER = "Allow more with CI_HEALTH_CHECKER_MEMORY_MIB, or leave folders out with CI_HEALTH_EXCLUDE."
REINSTALL = "Install the product's requirements again: python -m pip install -r requirements.txt"
# What a program needs to run at all; all else, our addresses and keys among it, is kept from it.
KEPT = (
    "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT",
    "NUMBER_OF_PROCESSORS", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
)  # fmt: skip
# How our own program's part in another process begins: isolated, so that no file of the checked folder is imported.
START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import runpy; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


@dataclass(frozen=True, slots=True)
class ToolRun:
    """How a program ended, and what it wrote; bytes that are not UTF-8 as surrogate escapes."""

    stdout: str
    stderr: str
    code: int


def python_tool(module: str) -> list[str]:
    """The beginning of a command line for a tool that is a Python module of our own environment, such as "mypy".

    Raises:
        ToolMissing: it is not installed.
    """
    if find_spec(module) is None:
        raise ToolMissing(f"{module} is not installed here.", remedy=REINSTALL)
    # -I: neither the folder it works in nor PYTHON… variables say what it imports. -B: nothing is written beside it.
    return [sys.executable, "-I", "-B", "-X", "utf8", "-m", module]


def binary(name: str) -> list[str]:
    """The beginning of a command line for a program of our own environment, such as "ruff".

    Raises:
        ToolMissing: it is not installed.
    """
    found = shutil.which(name, path=sysconfig.get_path("scripts")) or shutil.which(name)
    if found is None:
        raise ToolMissing(f"{name} is not installed here.", remedy=REINSTALL)
    return [found]


def own_program(module: str) -> list[str]:
    """The beginning of a command line that runs one of our own modules as a program, isolated from where it works."""
    return [sys.executable, "-I", "-X", "utf8", "-c", START, str(PROJECT), module]


def in_batches(paths: Iterable[str]) -> Iterator[list[str]]:
    """Paths in groups that fit a command line."""
    batch: list[str] = []
    size = 0
    for path in paths:
        needs = len(os.fsencode(path)) + 9  # its pointer and its end
        if batch and size + needs > MOST_ARGUMENT_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += needs
    if batch:
        yield batch


def run_tool(
    argv: Sequence[str],
    *,
    cwd: Path,
    workbench: Workbench,
    stdin: str | None = None,
    ok: Sequence[int] = (0,),
    env: Mapping[str, str] | None = None,
    seconds: float | None = None,
    memory_mib: int | None = None,
) -> ToolRun:
    """Run a program to its end, in a process group of its own, when a core is free for it.

    Args:
        argv: the program and its arguments; no shell reads them.
        cwd: the folder it works in.
        stdin: what it reads; nothing otherwise.
        ok: exit codes that are no failure.
        env: variables beside the few that every program gets; HOME and the folder for temporary files are scratch.
        seconds: how long it may run; None: as long as the checker may.
        memory_mib: what it and its children may need; None: as the settings say.

    Raises:
        ToolMissing: there is no such program.
        ToolTimedOut: it did not end in time, and was ended.
        ToolCrashed: it broke down.
        CheckerFailed: it ended with another code, was killed, needed too much memory, or wrote too much.
        CheckCancelled: the check was cancelled; the program was ended.
    """
    with workbench.turn.taken(workbench.cancelled) as free:
        if not free:
            raise CheckCancelled
        with tempfile.TemporaryDirectory(dir=workbench.scratch, prefix="tool-", ignore_cleanup_errors=True) as folder:
            return _Running(argv, Path(folder), workbench, seconds, memory_mib).result(cwd, stdin, env or {}, ok)


class _Running:
    def __init__(
        self, argv: Sequence[str], folder: Path, workbench: Workbench, seconds: float | None, memory_mib: int | None
    ) -> None:
        self._argv = [os.fspath(part) for part in argv]
        self._folder = folder
        self._workbench = workbench
        self._seconds = seconds or workbench.seconds
        self._memory_mib = memory_mib or workbench.settings.checker_memory_mib
        self._name = tool_name(self._argv)
        self._family: dict[int, object] = {}

    def result(self, cwd: Path, stdin: str | None, env: Mapping[str, str], ok: Sequence[int]) -> ToolRun:
        read, out, err = (self._folder / name for name in ("in", "out", "err"))
        read.write_bytes((stdin or "").encode("utf-8", "surrogateescape"))
        # Files instead of pipes: whoever holds the other end of a pipe can keep us waiting for ever.
        with read.open("rb") as give, out.open("wb") as stdout, err.open("wb") as stderr:
            try:
                process = subprocess.Popen(  # noqa: S603 - no shell, and the program is ours
                    self._argv,
                    cwd=cwd,
                    stdin=give,
                    stdout=stdout,
                    stderr=stderr,
                    env={**clean_environment(self._folder), **env},
                    start_new_session=sys.platform != "win32",
                )
            except FileNotFoundError as error:
                raise ToolMissing(
                    f"{self._name} could not be started: there is no {error.filename}.", remedy=REINSTALL
                ) from error
            except OSError as error:
                raise CheckerFailed(f"{self._name} could not be started: {error.strerror or error}.") from error
            try:
                _limit(process.pid, self._seconds)
                self._watch(process, out, err)
            finally:
                self._end(process)
        done = ToolRun(_text(out), _text(err), process.returncode)
        if done.code not in ok:
            raise self._failure(done)
        return done

    def _watch(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        """Return when it has ended by itself."""
        end = time.monotonic() + self._seconds
        weigh_at = time.monotonic() + WEIGH_SECONDS
        while not _has_ended(process):
            now = time.monotonic()
            if self._workbench.cancelled.is_set():
                raise CheckCancelled
            if now >= end:
                raise ToolTimedOut(
                    f"{self._name} did not end within {self._seconds:.0f} s and was ended.",
                    remedy=LONGER,
                )
            if now >= weigh_at:
                self._weigh(process.pid)
                if out.stat().st_size + err.stat().st_size > MOST_OUTPUT_BYTES:
                    raise CheckerFailed(f"{self._name} wrote more than {MOST_OUTPUT_BYTES // MIB} MiB and was ended.")
                weigh_at = time.monotonic() + WEIGH_SECONDS

    def _weigh(self, pid: int) -> None:
        import psutil

        total = 0
        with contextlib.suppress(psutil.Error):
            first = psutil.Process(pid)
            for one in (first, *first.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    self._family[one.pid] = one
                    total += one.memory_info().rss
        if total > self._memory_mib * MIB:
            raise CheckerFailed(
                f"{self._name} needed {total // MIB} MiB of memory, may have {self._memory_mib} MiB, and was ended.",
                remedy=SMALLER,
            )

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Leave nothing of it running. Its group is killed before its own end is collected: its number is taken yet."""
        import psutil

        if sys.platform != "win32":
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
        elif process.poll() is None:
            process.kill()
        # Children that left the group, as far as they were seen; a number that another process has by now is spared.
        for one in self._family.values():
            if isinstance(one, psutil.Process) and one.pid != process.pid:
                with contextlib.suppress(psutil.Error):
                    one.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)

    def _failure(self, done: ToolRun) -> CheckerFailed:
        said = last_words(done.stderr) or last_words(done.stdout)
        if done.code < 0:
            number = -done.code
            with contextlib.suppress(ValueError):
                number_or_name = f"{number} ({signal.Signals(number).name})"
                kind = ToolCrashed if number in BREAKDOWNS else CheckerFailed
                return kind(
                    f"{self._name} was killed by signal {number_or_name}.",
                    remedy="Most often the machine had no memory left: leave folders out with CI_HEALTH_EXCLUDE, or "
                    "run fewer checkers at once with CI_HEALTH_WORKERS."
                    if number == signal.SIGKILL
                    else None,
                )
            return CheckerFailed(f"{self._name} was killed by signal {number}.")
        return CheckerFailed(f"{self._name} failed with status {done.code}" + (f": {said}" if said else "."))


def tool_name(argv: Sequence[str]) -> str:
    """What a person calls the program of a command line."""
    parts = list(argv)
    if "-c" in parts and START in parts:
        return parts[parts.index(START) + 2].rsplit(".", 1)[-1].strip("_")
    if "-m" in parts[:7]:
        return parts[parts.index("-m") + 1]
    return Path(parts[0]).name


def clean_environment(folder: Path) -> dict[str, str]:
    """What a started program gets as its environment: a home and a place for temporary files below `folder`."""
    home, temporary = folder / "home", folder / "tmp"
    for place in (home, temporary):
        place.mkdir(exist_ok=True)
    kept = {name: value for name in KEPT if (value := os.environ.get(name))}
    ours = {
        "HOME": home, "USERPROFILE": home, "APPDATA": home, "LOCALAPPDATA": home, "XDG_CACHE_HOME": home / ".cache",
        "XDG_CONFIG_HOME": home / ".config", "TMPDIR": temporary, "TEMP": temporary, "TMP": temporary,
    }  # fmt: skip
    fixed = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", "PYTHONHASHSEED": "0", "NO_COLOR": "1"}
    return {**kept, **{name: str(value) for name, value in ours.items()}, **fixed}


def last_words(text: str) -> str:
    """The last line of what a program said, short, without secrets and control characters."""
    from ci_core.logs import Redactor

    lines = [line for line in text.splitlines() if line.strip()]
    said = "".join(character for character in (lines[-1].strip() if lines else "") if character.isprintable())
    shown = Redactor().text(said.encode("utf-8", "replace").decode())
    return shown if len(shown) <= MOST_SAID else f"{shown[:MOST_SAID]}…"


def _limit(pid: int, seconds: float) -> None:
    """Bounds that hold also when nobody watches any more, because this process was killed itself."""
    if sys.platform == "linux":
        import resource

        most = int(seconds * (os.cpu_count() or 1)) + 60
        with contextlib.suppress(OSError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_CPU, (most, most))
            resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Wait a moment; True when it has ended. Its end is not collected, so that its group's number stays its own."""
    if sys.platform == "win32":
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
        return process.returncode is not None
    until = time.monotonic() + POLL_SECONDS
    pause = 0.001
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() >= until:
            return False
        time.sleep(pause)
        pause = min(pause * 2, 0.02)
    return True


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(MOST_OUTPUT_BYTES).decode("utf-8", "surrogateescape")
