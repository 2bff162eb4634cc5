"""A logger whose lines are events with fields, carried by the standard library's logging.

Any handler can show such a line (`scan_finished source=r/options new=12`); our own write its fields. So a program or a
test that configures nothing sees what it always saw, and a module that logs loads nothing for it.
"""

from __future__ import annotations

import logging
from typing import Any

# The exception to tell with a line: one, or with True the one that is being handled.
ExcInfo = BaseException | bool | None
# The frames between the caller and `Logger.log`, so that a line says where it was written.
DEPTH = 3


class Event(dict[str, Any]):
    """One thing that happened: its name under "event", and its fields."""

    def __str__(self) -> str:
        fields = (f"{name}={value}" for name, value in self.items() if name != "event")
        return " ".join([str(self.get("event", "")), *fields])


class EventLogger:
    """Says events at the levels of the house: ERROR for calls that failed, WARNING for what people should look at,

    INFO for what was done, DEBUG for why.
    """

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, *, exc_info: ExcInfo = None, **fields: object) -> None:
        """Why something came out as it did: a score and its parts."""
        self._log(logging.DEBUG, event, fields, exc_info)

    def info(self, event: str, *, exc_info: ExcInfo = None, **fields: object) -> None:
        """Something was done: a scan finished, an enhancement was made."""
        self._log(logging.INFO, event, fields, exc_info)

    def warning(self, event: str, *, exc_info: ExcInfo = None, **fields: object) -> None:
        """Something to look at, though the work goes on: a rate limit, an item that is of no use."""
        self._log(logging.WARNING, event, fields, exc_info)

    def error(self, event: str, *, exc_info: ExcInfo = None, **fields: object) -> None:
        """Something failed: a call, a statement, a run."""
        self._log(logging.ERROR, event, fields, exc_info)

    def exception(self, event: str, **fields: object) -> None:
        """Something failed with the exception that is being handled, which is told with it."""
        self._log(logging.ERROR, event, fields, True)

    def _log(self, level: int, event: str, fields: dict[str, object], exc_info: ExcInfo) -> None:
        if self._logger.isEnabledFor(level):
            self._logger.log(level, Event(event=event, **fields), exc_info=exc_info, stacklevel=DEPTH)


def get_logger(name: str) -> EventLogger:
    """The logger of a module; `name` is its `__name__`."""
    return EventLogger(name)
