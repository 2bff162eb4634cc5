"""`python -m ci_core …` is the `ci` command."""

import sys

from ci_core.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
