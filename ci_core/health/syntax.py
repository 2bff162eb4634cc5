"""Reads Python source, also where it is written for a newer Python than the one that runs.

Everything that looks at a syntax tree gets it here, so that a file is either looked at by all of them or named as one
that nobody could read. The source is data: nothing of it is imported, compiled or executed.
"""

from __future__ import annotations

import ast
import io
import threading
import tokenize
import warnings

from ci_core.errors import CiError
from ci_core.health import newer_syntax

# Python's parser warns of odd escapes in what it reads, and which warnings are shown is set for the whole process.
_WARNINGS = threading.Lock()


class Unparsable(CiError):
    """A file is not Python that can be read; `line` is where, as far as known, and `reason` says why in words."""

    def __init__(self, path: str, reason: str, line: int | None = None) -> None:
        self.path = path
        self.reason = reason
        self.line = line
        where = "" if line is None else f", line {line}"
        super().__init__(f"{path}{where} cannot be read as Python: {reason}.")


def decode(source: bytes, path: str = "") -> str:
    """Text of Python source, in the encoding that its first lines or its byte order mark declare; UTF-8 without.

    Raises:
        Unparsable: it is not written in that encoding, or there is no such encoding.
    """
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        return source.decode(encoding)
    except (SyntaxError, LookupError, ValueError) as error:
        raise Unparsable(path, "it is not in the encoding that it declares (UTF-8 if it declares none)") from error


def parse(source: bytes | str, path: str = "") -> ast.Module:
    """The syntax tree of Python source of any version from 3.0 to 3.14.

    Lines and columns are those of the source, whatever Python runs. What is newer than that Python is expressed in its
    own words: f-strings with quotes in their fields become the `JoinedStr` that they are, template strings too, type
    parameters are left out, a `type` statement is an assignment, and `except A, B` a tuple.

    Args:
        path: for the error's text alone.

    Raises:
        Unparsable: it is no Python that can be read, or so deeply nested that the parser refuses it.
    """
    text = decode(source, path) if isinstance(source, bytes) else source.removeprefix("\ufeff")
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _read(text)
        except (RecursionError, MemoryError) as error:
            raise Unparsable(path, "it is nested too deeply") from error
        except SyntaxError as error:
            raise Unparsable(path, _plain(error.msg), error.lineno) from error
        except ValueError as error:
            raise Unparsable(path, _plain(str(error))) from error


def _read(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except SyntaxError as error:
        lowered = newer_syntax.parse(text)
        if lowered is None:
            raise
        del error
        return lowered


def _plain(message: str) -> str:
    """The parser's message as the end of a sentence."""
    first = message.strip().splitlines()[0].rstrip(".") if message.strip() else "invalid syntax"
    return first[:200]
