"""Ends an exchange with a site when its time is up, also when the site sends a byte now and then."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Mapping
from threading import Timer
from types import TracebackType
from typing import Any

CONNECTED = ("connect_tcp.complete", "start_tls.complete")


class Connections:
    """The sockets that a client has open, as the HTTP library tells of them."""

    def __init__(self) -> None:
        self._streams: list[Any] = []

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Listen to the HTTP library (its extension "trace")."""
        if event.endswith(CONNECTED):
            self._streams.append(info["return_value"])

    def break_off(self) -> None:
        """Wake whoever waits for one of them."""
        for stream in self._streams:
            connected = stream.get_extra_info("socket")
            if isinstance(connected, socket.socket):
                with contextlib.suppress(OSError):  # closed meanwhile
                    # Not the method of a TLS socket, which belongs to the thread that reads.
                    socket.socket.shutdown(connected, socket.SHUT_RDWR)


class Deadline:
    """A block that ends in time: afterwards, every connection is broken off.

    Args:
        seconds: from now.
        connections: those of the client whose exchange this is.
    """

    def __init__(self, seconds: float, connections: Connections) -> None:
        self._end = time.monotonic() + seconds
        self._timer = Timer(seconds, connections.break_off)
        self._timer.daemon = True

    @property
    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self._end

    def left(self, most: float) -> float:
        """Seconds that are left, at most `most`; never 0, which would mean something else to a socket."""
        return max(min(most, self._end - time.monotonic()), 0.001)

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
