"""Models that said "not now", or failed again and again, are left alone for a while and not asked for each item."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from db.enums import LlmCallStatus

# What a provider asks for is obeyed up to an hour; without a word it gets a minute.
LONGEST_SECONDS = 3_600.0
RATE_LIMITED_SECONDS = 60.0
# A wrong key or a missing model does not mend itself.
HOPELESS_SECONDS = 900.0
FAILING_SECONDS = 300.0
FAILURES_BEFORE_REST = 3


@dataclass(slots=True)
class _State:
    failures: int = 0
    until: float = 0.0
    reason: str = ""


class Resting:
    """Remembers, in this process, which models rest and why. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._states: dict[str, _State] = {}

    def reason(self, model: str) -> str | None:
        """Why and for how long the model is not asked; None when it may be."""
        with self._lock:
            state = self._states.get(model)
            left = state.until - self._clock() if state else 0.0
            return f"rests for {max(left, 1):.0f} s after: {state.reason}" if state and left > 0 else None

    def answered(self, model: str) -> None:
        """It works: what failed before is forgotten."""
        with self._lock:
            self._states.pop(model, None)

    def failed(
        self,
        model: str,
        status: LlmCallStatus,
        reason: str,
        *,
        retry_after: float | None = None,
        hopeless: bool = False,
    ) -> None:
        """It gave no answer.

        Args:
            retry_after: seconds for which the provider asked to be left alone.
            hopeless: another attempt would fail as well, for example because the key is wrong.
        """
        if status is LlmCallStatus.REFUSED:  # this item only
            return
        with self._lock:
            state = self._states.setdefault(model, _State())
            state.failures += 1
            rest = 0.0
            if status is LlmCallStatus.RATE_LIMITED:
                rest = RATE_LIMITED_SECONDS if retry_after is None else min(max(retry_after, 1.0), LONGEST_SECONDS)
            elif hopeless:
                rest = HOPELESS_SECONDS
            elif state.failures >= FAILURES_BEFORE_REST:
                rest = FAILING_SECONDS if retry_after is None else min(max(retry_after, 1.0), LONGEST_SECONDS)
            if rest:
                state.until = max(state.until, self._clock() + rest)
                state.reason = reason


RESTING = Resting()
