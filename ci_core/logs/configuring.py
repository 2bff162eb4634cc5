"""Sets up where the lines of a process go, and takes that back."""

from __future__ import annotations

import logging
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType

from ci_core.logs.files import SharedFileHandler
from ci_core.logs.lines import LineFormatter, terminal_has_colours
from ci_core.logs.redaction import Redactor
from ci_core.settings import Settings

FILE_NAME = "ci.log"
KEEP = 5
MIB = 1024 * 1024
# The level of the settings is for these; of other libraries, warnings and worse are written, as they always were.
OURS = ("ci_core", "db", "pages")


class Logging(AbstractContextManager["Logging"]):
    """The log set-up of this process; `close` takes it back, and leaves all other handlers and loggers as they are.

    Where there is one already, or another handler that writes to the terminal, the new one stands in for it until then:
    no line comes twice.

    Attributes:
        path: the file.
        redactor: takes secrets out of everything that these handlers write.
    """

    def __init__(self, path: Path, redactor: Redactor, handlers: list[logging.Handler], level: int) -> None:
        self.path = path
        self.redactor = redactor
        self._handlers = handlers
        root = logging.getLogger()
        self._replaced = [one for one in root.handlers if any(_does_the_same(one, new) for new in handlers)]
        for handler in self._replaced:
            root.removeHandler(handler)
        for handler in handlers:
            root.addHandler(handler)
        self._levels = {name: logging.getLogger(name).level for name in OURS}
        for name in OURS:
            logging.getLogger(name).setLevel(level)

    @property
    def problem(self) -> str | None:
        """Why the file cannot be written at the moment, in words; None while it can."""
        return next((one.problem for one in self._handlers if isinstance(one, SharedFileHandler)), None)

    def add(self, handler: logging.Handler) -> None:
        """Let lines go to this handler too, until `close`."""
        self._handlers.append(handler)
        logging.getLogger().addHandler(handler)

    def close(self) -> None:
        """End it; a second time does nothing."""
        handlers, self._handlers = self._handlers, []
        for handler in handlers:
            logging.getLogger().removeHandler(handler)
            handler.close()
        replaced, self._replaced = self._replaced, []
        for handler in replaced:
            logging.getLogger().addHandler(handler)
        levels, self._levels = self._levels, {}
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _does_the_same(old: logging.Handler, new: logging.Handler) -> bool:
    if isinstance(old, SharedFileHandler) and isinstance(new, SharedFileHandler):
        return old.path == new.path
    streams = (getattr(one, "stream", None) for one in (old, new))
    return type(old) is type(new) is logging.StreamHandler and len(set(map(id, streams))) == 1


def configure_logging(
    settings: Settings, *, process: str, terminal: bool, terminal_level: str | None = None, at_once: bool = True
) -> Logging:
    """From now on this process logs to `logs/ci.log` of the data folder, and on its terminal if wanted.

    A folder that cannot be written is told on stderr and in `Logging.problem`; the process goes on without.

    Args:
        process: its name, on every line: "app", "worker", "scheduler", "ci".
        terminal: whether lines also go to stderr, for people.
        terminal_level: from which level on; None for the level of the settings.
        at_once: whether the file is made now, and what hinders it told; a command that says nothing needs none.
    """
    level = logging.getLevelNamesMapping()[settings.log_level]
    redactor = Redactor.of(settings)
    file = SharedFileHandler(
        settings.logs_dir / FILE_NAME,
        most_bytes=int(settings.log_max_mib * MIB),
        keep=KEEP,
        level=level,
        at_once=at_once,
    )
    file.setFormatter(LineFormatter(redactor, process=process))
    handlers: list[logging.Handler] = [file]
    if terminal and sys.stderr is not None:
        stream = logging.StreamHandler(sys.stderr)
        stream.setLevel(level if terminal_level is None else logging.getLevelNamesMapping()[terminal_level.upper()])
        stream.setFormatter(LineFormatter(redactor, process=process, colours=terminal_has_colours()))
        handlers.append(stream)
    return Logging(file.path, redactor, handlers, level)
