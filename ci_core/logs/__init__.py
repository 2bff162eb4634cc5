"""Logs: events with fields, in one file that several processes share, without secrets.

Code says `log = get_logger(__name__)` and `log.info("scan_finished", source=…, new=12)`; a process that wants its lines
written calls `configure_logging` once. structlog is loaded when the first line is written, and not before.
"""

from ci_core.logs.configuring import Logging, configure_logging
from ci_core.logs.context import bound, context, in_context, run_context
from ci_core.logs.events import Event, EventLogger, get_logger
from ci_core.logs.redaction import Redactor

__all__ = [
    "Event",
    "EventLogger",
    "Logging",
    "Redactor",
    "bound",
    "configure_logging",
    "context",
    "get_logger",
    "in_context",
    "run_context",
]
