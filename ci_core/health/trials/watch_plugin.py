"""A pytest plugin that writes down what each test does as it happens, and ends the run when a test hangs.

It runs in the environment of the checked repository, which may have any Python and pytest: standard library only, and
nothing newer than Python 3.8. What it is to do stands in the JSON file that CI_WATCH names:

    events      the file to write to, one JSON object a line
    hang        after how many seconds a test counts as hanging
    slow_start  the same for a file that is read for its tests, and for all that comes before
    sources     folders that modules are imported from, before those of installed packages
    done        node ids that are not to be run again
    only        node ids that are to be run, alone; null for all
    coverage    where the coverage goes, or null; measured: the folders whose files count
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
import warnings
from typing import Any

HUNG = 71
LONGEST_TEXT = 2000
_state: dict[str, Any] = {"at": time.monotonic(), "test": "", "stopped": False, "collected": False}
_lock = threading.Lock()
with open(os.environ["CI_WATCH"], encoding="utf-8") as _file:  # noqa: PTH123
    _plan = json.load(_file)
_first = next((place for place, entry in enumerate(sys.path) if entry.endswith("-packages")), len(sys.path))
sys.path[_first:_first] = [entry for entry in _plan["sources"] if entry not in sys.path]
_events = open(_plan["events"], "a", encoding="utf-8")  # noqa: PTH123, SIM115 - for as long as the process lives
_coverage = None


def _tell(event: str, **values: object) -> None:
    with _lock:
        _state["at"] = time.monotonic()
        line = json.dumps(dict(values, event=event), ensure_ascii=True)
        _events.write(line + "\n")
        _events.flush()


def _begin_coverage() -> Any:
    if not _plan["coverage"]:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                import coverage
            except ImportError:
                sys.path.append(os.environ["CI_WATCH_COVERAGE"])
                import coverage
            data = _plan["coverage"] + ".data"
            measured = coverage.Coverage(data_file=data, config_file=False, source=_plan["measured"], messages=False)
            measured.start()
            return measured
    except Exception as error:  # noqa: BLE001 - the tests are worth more than their coverage
        _tell("no_coverage", why=f"{type(error).__name__}: {error}"[:LONGEST_TEXT])
        return None


def _end_coverage() -> None:
    if _coverage is None or _state["stopped"]:
        return
    _state["stopped"] = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _coverage.stop()
            _coverage.save()
            _coverage.json_report(outfile=_plan["coverage"], ignore_errors=True)
    except Exception as error:  # noqa: BLE001 - as above
        _tell("no_coverage", why=f"{type(error).__name__}: {error}"[:LONGEST_TEXT])


def _watch() -> None:
    while True:
        time.sleep(0.25)
        if time.monotonic() - _state["at"] < _plan["hang" if _state["collected"] else "slow_start"]:
            continue
        frame = sys._current_frames().get(threading.main_thread().ident or 0)
        stack = "".join(traceback.format_stack(frame)[-3:]) if frame is not None else ""
        _tell("hung", test=_state["test"], stack=stack[-LONGEST_TEXT:])
        _end_coverage()
        os._exit(HUNG)


_tell("began", python=sys.version.split()[0])
_coverage = _begin_coverage()
threading.Thread(target=_watch, daemon=True).start()


def pytest_collectstart(collector: Any) -> None:
    _state["test"] = collector.nodeid
    _state["at"] = time.monotonic()


def pytest_collectreport(report: Any) -> None:
    if report.failed:
        _tell("not_collected", test=report.nodeid, text=str(report.longrepr)[-LONGEST_TEXT:])


def pytest_collection_modifyitems(config: Any, items: list[Any]) -> None:
    only, done = _plan["only"], set(_plan["done"])
    _state["collected"] = True
    _tell("collected", tests=len(items), files=sorted({item.nodeid.split("::")[0] for item in items}))
    kept = [one for one in items if (only is None or one.nodeid in only) and one.nodeid not in done]
    if len(kept) < len(items):
        chosen = set(map(id, kept))
        config.hook.pytest_deselected(items=[one for one in items if id(one) not in chosen])
        items[:] = kept


def pytest_runtest_logstart(nodeid: str, location: Any) -> None:
    _state["test"] = nodeid
    _tell("started", test=nodeid, path=location[0], line=location[1])


def pytest_runtest_logreport(report: Any) -> None:
    text = ""
    if report.failed:
        crash = getattr(getattr(report, "longrepr", None), "reprcrash", None)
        text = str(crash.message if crash is not None else report.longrepr)[:LONGEST_TEXT]
    if report.when == "call" or report.outcome != "passed":
        expected = hasattr(report, "wasxfail")
        _tell("ended", test=report.nodeid, when=report.when, outcome=report.outcome, xfail=expected,
              seconds=round(getattr(report, "duration", 0.0), 3), text=text)  # fmt: skip


def pytest_sessionfinish(exitstatus: int) -> None:
    _tell("finished", status=int(exitstatus))


def pytest_unconfigure() -> None:
    _end_coverage()
