"""Bounds for the HTTP clients of the providers' libraries: a whole answer in time, and not larger than an answer is.

Their own time-out begins anew with every byte that arrives, and some servers send blanks to keep a connection open.
`openai` is built on httpx2 and `ollama` on httpx, so both are served by hooks that both understand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

LARGEST_ANSWER_BYTES = 2 * 1024 * 1024
CONNECT_SECONDS = 5.0
DEADLINE = "ci_deadline"


def client_options(library: ModuleType, seconds: float) -> dict[str, Any]:
    """Arguments for a client of `library` (httpx or httpx2) that gives up after `seconds` and follows no redirect."""
    return {
        "timeout": library.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
        "follow_redirects": False,
        "event_hooks": _hooks(library, seconds),
    }


def _hooks(library: ModuleType, seconds: float) -> dict[str, list[Callable[[Any], None]]]:
    class Bounded(library.SyncByteStream):  # type: ignore[name-defined,misc]
        """An answer's bytes, until the time is up or there are too many."""

        def __init__(self, inner: Any, request: Any) -> None:
            self.inner = inner
            self.request = request

        def __iter__(self) -> Iterator[bytes]:
            received = 0
            for part in self.inner:
                received += len(part)
                if received > LARGEST_ANSWER_BYTES:
                    raise library.ReadError(f"more than {LARGEST_ANSWER_BYTES:,} bytes", request=self.request)
                if time.monotonic() > self.request.extensions[DEADLINE]:
                    raise library.ReadTimeout("not finished in time", request=self.request)
                yield part

        def close(self) -> None:
            self.inner.close()

    def begin(request: Any) -> None:
        request.extensions = {**request.extensions, DEADLINE: time.monotonic() + seconds}

    def bound(response: Any) -> None:
        response.stream = Bounded(response.stream, response.request)

    return {"request": [begin], "response": [bound]}
