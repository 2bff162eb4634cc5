"""How a program of ours is asked: JSON in, JSON out, and nothing else on its output."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable
from typing import Any


def answer(function: Callable[[Any], Any]) -> None:
    """Read a question from the input, and write what the function answers to it.

    Whatever else would write to the output, such as a library that warns, writes to the errors' output.
    """
    # Bytes and not texts, so that names of files that are not UTF-8 come and go as they are.
    question = json.loads(sys.stdin.buffer.read())
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with contextlib.redirect_stdout(sys.stderr):
        said = function(question)
    output.write(json.dumps(said).encode())
    output.close()
