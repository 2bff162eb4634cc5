"""From a record of the standard library's logging to an event, and from that to a line."""

from __future__ import annotations

import logging
import os
import sys
import traceback
import unicodedata
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ci_core.logs.context import context
from ci_core.logs.events import Event
from ci_core.logs.redaction import Redactor

if TYPE_CHECKING:
    from structlog.typing import Processor

# What `logging` itself puts on a record; the rest came with `extra`.
OF_LOGGING = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


def event_of(record: logging.LogRecord) -> dict[str, Any]:
    """The record as an event: its own fields first, those of the context, and the exception as text."""
    if isinstance(record.msg, Event):
        own: dict[str, Any] = dict(record.msg)
    else:
        own = {"event": _message(record)}
        own |= {name: value for name, value in vars(record).items() if name not in OF_LOGGING}
    found = {"event": own.pop("event"), **context(), **own}
    if record.exc_info and record.exc_info[1] is not None:
        found["exception"] = "".join(traceback.format_exception(record.exc_info[1]))
    if record.stack_info:
        found["stack"] = record.stack_info
    return found


class LineFormatter(logging.Formatter):
    """Formats records by a chain of structlog's processors, which is made when the first line is written.

    Args:
        process: the name of this process, on every line of a file.
        colours: None for a line of JSON, else whether a line for people has colours.
    """

    def __init__(self, redactor: Redactor, *, process: str, colours: bool | None = None) -> None:
        super().__init__()
        self._redactor = redactor
        self._process = process
        self._colours = colours
        self._chain: list[Processor] | None = None

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        if self._chain is None:
            self._chain = self._for_files() if self._colours is None else self._for_people(self._colours)
        event: Any = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            **event_of(record),
            "logger": record.name,
            "process": self._process,
            "pid": os.getpid(),
        }
        for processor in self._chain:
            event = processor(None, record.levelname.lower(), event)
        return str(event)

    def _for_files(self) -> list[Processor]:
        from structlog.processors import JSONRenderer

        return [self._redactor, JSONRenderer(ensure_ascii=False)]

    def _for_people(self, colours: bool) -> list[Processor]:
        from structlog.dev import ConsoleRenderer, plain_traceback

        renderer = ConsoleRenderer(colors=colours, exception_formatter=plain_traceback, pad_event_to=24)
        return [self._redactor, _without_origin, _harmless, renderer]


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # arguments that do not fit the text: say what there is
        return f"{record.msg} {record.args}"


def _without_origin(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """On a terminal there is one process, and its events have names of their own."""
    return {name: value for name, value in event.items() if name not in {"process", "pid", "logger"}}


def _harmless(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Fetched text on a terminal moves no cursor and rings no bell."""
    return {name: _printable(value) if isinstance(value, str) else value for name, value in event.items()}


def _printable(text: str) -> str:
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if character not in "\n\t" and unicodedata.category(character) in {"Cc", "Cs", "Cf"}
        else character
        for character in text
    )


def terminal_has_colours() -> bool:
    """Whether stderr is a terminal whose owner has nothing against colours."""
    return "NO_COLOR" not in os.environ and sys.stderr is not None and sys.stderr.isatty()
