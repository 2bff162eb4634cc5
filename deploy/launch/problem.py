"""What can stop the launcher."""

from __future__ import annotations


class LaunchProblem(Exception):
    """The launcher cannot go on; the text is one line that says why, and what to do about it."""


class Stopped(Exception):
    """Somebody asked us to stop: Ctrl+C, a signal, a closed terminal."""
