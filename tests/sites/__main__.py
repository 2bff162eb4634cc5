"""`python -m tests.sites --port 8900 [--fault reddit=429]`: the stand-in sites, to run the app against."""

from __future__ import annotations

import argparse
import sys
from threading import Event

from tests.sites.faults import KINDS, parsed
from tests.sites.server import Sites


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sites", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="SITE=KIND[:after=N][:times=N][:retry_after=S]",
        help=f"KIND is an HTTP status or one of {', '.join(KINDS)}; may be repeated",
    )
    options = parser.parse_args()
    with Sites(options.port) as sites:
        for fault in options.fault:
            try:
                sites.break_site(*parsed(fault))
            except ValueError as error:
                parser.error(str(error))
        for name, value in sites.environment().items():
            print(f"export {name}={value}", flush=True)  # noqa: T201
        print("# Ctrl+C ends it", file=sys.stderr, flush=True)  # noqa: T201
        try:
            Event().wait()
        except KeyboardInterrupt:
            return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
