"""More worker processes beside the sidecar's own: watched, started again when they end, ended with it."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ci_core.settings import PROJECT

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
# One that lived so long did not fail at starting: its next start is not held back.
WELL_AFTER_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass(slots=True)
class _Member:
    process: subprocess.Popen[bytes] | None = None
    began: float = float("-inf")
    wait_seconds: float = 0.0
    start_at: float = float("-inf")


def worker_command(arguments: Sequence[str]) -> list[str]:
    """`ci worker` with these arguments, ending with its input."""
    return [sys.executable, "-m", "ci_core", "worker", "--until-input-ends", *arguments]


class Crew:
    """`count` processes of one command.

    Each has a pipe of ours as its input and ends when that closes, so that none outlives us, however we end.
    """

    def __init__(self, count: int, command: Sequence[str]) -> None:
        self._command = list(command)
        self._members = [_Member() for _ in range(count)]
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that live now."""
        return tuple(m.process.pid for m in self._members if m.process is not None and m.process.poll() is None)

    def start(self) -> None:
        """Start them, and a thread that keeps them."""
        if self._members:
            self._thread = threading.Thread(target=self._keep, name="crew", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Let them finish or give back what they do, and wait for their end. Harmless when repeated."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        for member in self._members:
            if member.process is not None and member.process.stdin is not None:
                with contextlib.suppress(OSError):
                    member.process.stdin.close()
        deadline = time.monotonic() + STOP_SECONDS
        for member in self._members:
            if member.process is None:
                continue
            try:
                member.process.wait(max(deadline - time.monotonic(), 0.1))
            except subprocess.TimeoutExpired:
                # Its jobs run again elsewhere: the queue misses its heartbeat.
                log.warning("worker_killed", extra={"pid": member.process.pid})
                member.process.kill()
                member.process.wait()

    def _keep(self) -> None:
        while not self._stop.is_set():
            for member in self._members:
                self._tend(member, time.monotonic())
            self._stop.wait(POLL_SECONDS)

    def _tend(self, member: _Member, now: float) -> None:
        if member.process is not None:
            status = member.process.poll()
            if status is None:
                return
            if member.process.stdin is not None:
                member.process.stdin.close()
            member.process = None
            lived = now - member.began
            doubled = max(FIRST_WAIT_SECONDS, member.wait_seconds * 2)
            member.wait_seconds = 0.0 if lived > WELL_AFTER_SECONDS else min(doubled, LONGEST_WAIT_SECONDS)
            member.start_at = now + member.wait_seconds
            log.warning("worker_ended", extra={"status": status, "again_in_seconds": member.wait_seconds})
        if now >= member.start_at:
            member.began = now
            try:
                member.process = subprocess.Popen(  # noqa: S603 - our own command, and no shell reads it
                    self._command, cwd=PROJECT, stdin=subprocess.PIPE
                )
            except OSError as error:  # no memory, no process to be had: later, perhaps
                member.wait_seconds = min(max(FIRST_WAIT_SECONDS, member.wait_seconds * 2), LONGEST_WAIT_SECONDS)
                member.start_at = now + member.wait_seconds
                log.error("worker_not_started", extra={"reason": str(error)})
