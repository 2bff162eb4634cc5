"""Children of the launcher: each in a group of its own, so that it is ended with all its descendants.

A signal only sets a flag. Every wait looks at it, so that no signal strikes between starting a child and noting it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any

from deploy.launch.problem import Stopped

# Loaded beforehand: nothing may be imported between fork and exec.
_C_LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None

_POLL_SECONDS = 0.05
_POLITE_SECONDS = 8.0


class Children:
    """The processes that the launcher has started and not yet seen ending."""

    def __init__(self) -> None:
        self._stop_asked = False
        self._hasten = False
        self._running: list[subprocess.Popen[str]] = []

    def listen_to_signals(self) -> None:
        """From here on Ctrl+C and the like stop us in an orderly way; a second one hurries, and orphans nothing."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
            number = getattr(signal, name, None)
            if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
                continue  # nohup: the end of the terminal is not ours. But "&" in a script must not shut out Ctrl+C
            signal.signal(number, self._on_signal)

    def start(
        self,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str],
        cwd: Path,
        stdin: int | None = subprocess.DEVNULL,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
    ) -> subprocess.Popen[str]:
        """Starts a child. Linux ends it even when the launcher is killed outright."""
        self.stop_if_asked()
        options: dict[str, Any] = {"start_new_session": True}
        if sys.platform == "win32":
            options = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        elif sys.platform == "linux":
            options["preexec_fn"] = _die_with_parent
        child = subprocess.Popen(  # noqa: S603 - callers give words of ours, and no shell reads them
            [str(word) for word in command],
            env=dict(environment),
            cwd=cwd,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            encoding="utf-8",
            errors="replace",
            **options,
        )
        self._running.append(child)
        return child

    def stop_if_asked(self) -> None:
        """Raises Stopped once a signal has come."""
        if self._stop_asked:
            raise Stopped

    def wait(self, child: subprocess.Popen[str], until: Callable[[], bool] = lambda: False) -> int | None:
        """Waits for the child's exit status, or None when `until` came true first. Raises Stopped."""
        while True:
            self.stop_if_asked()
            status = child.poll()
            if status is not None:
                self._forget(child)
                return status
            if until():
                return None
            time.sleep(_POLL_SECONDS)

    def lines(self, child: subprocess.Popen[str]) -> Iterator[str]:
        """The child's output line by line until it ends; an empty text whenever nothing came for a moment."""
        if child.stdout is None:
            raise ValueError("the child was started without a pipe")
        stream = child.stdout
        waiting: list[str] = []
        ended = threading.Event()

        def read_each() -> None:
            for line in iter(stream.readline, ""):
                waiting.append(line.rstrip())  # noqa: PERF401 - each as it comes
            ended.set()

        threading.Thread(target=read_each, daemon=True).start()
        while True:
            self.stop_if_asked()
            finished = ended.is_set()
            while waiting:
                yield waiting.pop(0)
            if finished:
                return
            yield ""
            ended.wait(_POLL_SECONDS)

    def stop(self, child: subprocess.Popen[str], patience_seconds: float = _POLITE_SECONDS) -> None:
        """Ends a child and its descendants: by asking, then by force.

        A child with a pipe to it holds the database: it is asked by closing the pipe, and no hurry cuts it short.
        """
        holds = child.stdin is not None
        if child.stdin is not None:
            with contextlib.suppress(OSError):
                child.stdin.close()
        else:
            _signal_group(child, politely=True)
        deadline = time.monotonic() + patience_seconds
        while child.poll() is None and time.monotonic() < deadline and (holds or not self._hasten):
            time.sleep(_POLL_SECONDS)
        _signal_group(child, politely=False)
        child.wait()
        self._forget(child)

    def others_than(self, child: subprocess.Popen[str] | None) -> list[subprocess.Popen[str]]:
        """The running children but one, the newest first."""
        return [other for other in reversed(self._running) if other is not child]

    def stop_all(self) -> None:
        """Ends every child, the newest first."""
        for child in reversed(self._running.copy()):
            self.stop(child)

    def _forget(self, child: subprocess.Popen[str]) -> None:
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        if child in self._running:
            self._running.remove(child)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._hasten = self._stop_asked
        self._stop_asked = True


def _signal_group(child: subprocess.Popen[str], *, politely: bool) -> None:
    """Signals the child and all its descendants. Those may live on after the child itself."""
    if sys.platform == "win32":
        if child.poll() is not None:
            return
        if politely:
            child.send_signal(signal.CTRL_BREAK_EVENT)
        else:
            end_tree = ["taskkill", "/PID", str(child.pid), "/T", "/F"]
            subprocess.run(end_tree, capture_output=True, check=False)  # noqa: S603 - fixed words
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGTERM if politely else signal.SIGKILL)


def _die_with_parent() -> None:
    """Asks the Linux kernel to end this process with its parent: prctl(PR_SET_PDEATHSIG, SIGTERM)."""
    if _C_LIBRARY is not None:
        _C_LIBRARY.prctl(1, signal.SIGTERM)
