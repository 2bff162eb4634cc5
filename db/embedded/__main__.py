"""`python -m db.embedded FOLDER`: prints the address and holds the server until standard input closes or Ctrl+C."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

from db.embedded import embedded_database
from db.errors import EmbeddedServerError


def main() -> int:
    """Returns 0 after an orderly end, 1 with one line on standard error when the server cannot be had."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with embedded_database(Path(sys.argv[1])) as url:
            sys.stdout.write(f"{url}\n")
            sys.stdout.flush()
            sys.stdin.read()
    except EmbeddedServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
