"""One command to run Magnus (`python run.py`), one to test it (`python run.py test`). See `python run.py --help`.

This file keeps to a grammar that every Python understands, so that an old one can say what it lacks. All else is in
`deploy/launch`, which needs nothing but the standard library: it makes the virtual environment that the rest needs.
"""

# ruff: noqa: UP030, UP032 - f-strings are newer than what this file must run on

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - this is the one place that must say so
    sys.stderr.write(
        "Magnus needs Python 3.11 or newer, and this is Python {0}.{1} ({2}). Install a newer one from your system's "
        "packages or from python.org, and start it by name: python3.11 run.py\n".format(
            sys.version_info[0], sys.version_info[1], sys.executable
        )
    )
    sys.exit(1)

from deploy.launch.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
