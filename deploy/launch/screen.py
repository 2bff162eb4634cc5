"""What the launcher shows: a line per phase, with the seconds it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_QUIET_SECONDS = 10.0  # between two lines of progress where lines cannot be overwritten


def say(text: str) -> None:
    """Prints a line at once, whatever the terminal's encoding."""
    sys.stdout.write(_printable(text) + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Prints a line on standard error."""
    sys.stderr.write(_printable(text) + "\n")
    sys.stderr.flush()


class Phase:
    """A step that takes a while. On a terminal its line is overwritten with the progress, elsewhere one is added."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._began = self._shown = time.monotonic()
        self._terminal = sys.stdout.isatty()
        self._width = 0
        self._show("...", end="" if self._terminal else "\n")

    def progress(self, text: str) -> None:
        """Shows how far it is."""
        if self._terminal:
            self._show(text, end="")
        elif time.monotonic() - self._shown >= _QUIET_SECONDS:
            self._show(text)

    def done(self, text: str = "done") -> None:
        """Ends the line."""
        self._show(text)

    def _show(self, text: str, end: str = "\n") -> None:
        self._shown = time.monotonic()
        line = _printable(f"[{self._shown - self._began:4.0f} s] {self.name}: {text}")[:110]
        start = "\r" if self._terminal else ""
        sys.stdout.write(f"{start}{line.ljust(self._width)}{end}")
        sys.stdout.flush()
        self._width = len(line) if end == "" else 0


@contextmanager
def phase(name: str) -> Iterator[Phase]:
    """Shows `name` while the block runs, and how long it took."""
    shown = Phase(name)
    try:
        yield shown
    except BaseException:
        shown.done("stopped")
        raise
    shown.done()


def _printable(text: str) -> str:
    encoding = sys.stdout.encoding or "ascii"
    return text.encode(encoding, errors="replace").decode(encoding)
