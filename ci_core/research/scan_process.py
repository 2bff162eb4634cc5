"""A scan in a process of its own, so that whoever starts it need not stay: `ci research scan`, detached."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ci_core.settings import PROJECT

LOG_NAME = "scan.log"
# Of what the process said at its end, so much is looked through for its last words.
LAST_BYTES = 4_000


@dataclass(frozen=True, slots=True)
class ScanProcess:
    """A scan that was started: its process, what it says, and when that was."""

    process: subprocess.Popen[bytes]
    log: Path
    started_at: datetime

    @property
    def runs(self) -> bool:
        """Whether the process has not ended yet; asking also takes a process that has ended off the system's list."""
        return self.process.poll() is None

    @property
    def problem(self) -> str | None:
        """Why it failed, in its last words; None while it runs, and when all went well."""
        if self.runs or self.process.returncode == 0:
            return None
        return last_words(self.log) or f"the scan ended with status {self.process.returncode}. The log: {self.log}"


def scan_command(sources: Sequence[tuple[str, str]], *, actor: str) -> list[str]:
    """The command that scans these sources, each by its kind and its name; without any, all that are switched on."""
    command = [sys.executable, "-m", "ci_core", "research", "scan", f"--as={actor}", "--json"]
    # With "=", because a name may begin with a dash.
    command += [f"--source-type={kind}" for kind in dict.fromkeys(kind for kind, _ in sources)]
    return command + [f"--source={name}" for name in dict.fromkeys(name for _, name in sources)]


def start_scan_process(command: Sequence[str], logs_dir: Path) -> ScanProcess:
    """Start the command detached from this process, which may end before it; it says all it says into a log.

    Raises:
        OSError: the log cannot be written, or no process can be started.
    """
    logs_dir.mkdir(parents=True, exist_ok=True)
    log = logs_dir / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}-{LOG_NAME}"
    forget_old_logs(logs_dir)
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: S603 - our own command; names of sources are arguments, and no shell reads them
            list(command),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=out,
            start_new_session=True,
        )
    return ScanProcess(process, log, datetime.now(UTC))


def forget_old_logs(logs_dir: Path, keep: int = 20) -> None:
    """Delete all logs of scans but the newest `keep`."""
    for old in sorted(logs_dir.glob(f"*-{LOG_NAME}"))[:-keep]:
        old.unlink(missing_ok=True)


def last_words(log: Path) -> str | None:
    """The last line that a process said, without the mark of an error; None where it said nothing."""
    try:
        with log.open("rb") as read:
            read.seek(max(log.stat().st_size - LAST_BYTES, 0))
            said = read.read().decode("utf-8", errors="replace")
    except OSError:
        return None
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ")[:500] if lines else None
