"""The order of events: read what is asked for, do it, and end with one clear line when it cannot be done."""

from __future__ import annotations

from deploy.launch.app import serve
from deploy.launch.options import read_options
from deploy.launch.problem import LaunchProblem, Stopped
from deploy.launch.processes import Children
from deploy.launch.screen import complain
from deploy.launch.testing import run_tests

INTERRUPTED = 130


def main(arguments: list[str]) -> int:
    """Runs the command line and returns the exit status: 0 when all went well or the app was ended in order, 1 with
    one line on standard error otherwise, 130 when something unfinished was interrupted.
    """
    children = Children()
    children.listen_to_signals()
    try:
        options = read_options(arguments)
        return run_tests(options, children) if options.command == "test" else serve(options, children)
    except LaunchProblem as problem:
        complain(str(problem))
        return 1
    except Stopped:
        return INTERRUPTED
    finally:
        children.stop_all()
