"""Ctrl+C and SIGTERM: what a command started is stopped, and what waits ends with success."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminate_like_interrupt() -> Iterator[None]:
    """SIGTERM ends the block the way Ctrl+C does, by KeyboardInterrupt, so that everything is cleaned up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def stop_on_signal() -> threading.Event:
    """Set by Ctrl+C or SIGTERM, for commands that stay until then."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
