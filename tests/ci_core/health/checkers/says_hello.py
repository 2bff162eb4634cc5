"""A program for the tests of starting programs."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    sys.stdout.write(f"hello {sys.argv[1]}\n")
