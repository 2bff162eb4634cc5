"""A process that configures logging writes JSON lines that say of which run they are; undone, all is as before."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ci_core.logs import bound, configure_logging, context, get_logger, in_context, run_context
from ci_core.logs.lines import event_of
from ci_core.settings import Settings

log = get_logger("ci_core.tests")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, github_token="token-of-github")


def written(settings: Settings) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (settings.logs_dir / "ci.log").read_text().splitlines()]


@pytest.fixture(autouse=True)
def all_as_before() -> Iterator[None]:
    def state() -> object:
        loggers = [logging.getLogger(name) for name in (None, "ci_core", "db", "pages", "foreign")]
        return [(one.level, list(one.handlers), one.disabled, one.propagate) for one in loggers]

    before = state()
    yield
    assert state() == before


def test_a_line_says_when_who_what_and_of_which_run(settings: Settings) -> None:
    with configure_logging(settings, process="worker", terminal=False), run_context(7, attempt=2):
        log.info("scan_finished", source="r/options", new=12)

    (line,) = written(settings)
    assert list(line) == [
        *("timestamp", "level", "event", "run_id", "attempt", "source", "new", "logger", "process", "pid")
    ]
    assert (line["level"], line["event"], line["run_id"], line["attempt"]) == ("info", "scan_finished", 7, 2)
    assert (line["source"], line["new"], line["process"]) == ("r/options", 12, "worker")
    assert line["timestamp"].endswith("+00:00")


def test_lines_of_the_standard_library_come_with_their_extras_and_their_run(settings: Settings) -> None:
    with configure_logging(settings, process="ci", terminal=False), run_context(7):
        logging.getLogger("ci_core.other").warning("batch_again", extra={"items": 3})
        logging.getLogger("foreign").warning("%d of %d", 1, 2)

    assert [(line["event"], line.get("items"), line["run_id"]) for line in written(settings)] == [
        ("batch_again", 3, 7),
        ("1 of 2", None, 7),
    ]


def test_arguments_that_do_not_fit_the_text_are_told_beside_it() -> None:
    record = logging.makeLogRecord({"msg": "%d items", "args": ("x",)})

    assert event_of(record) == {"event": "%d items ('x',)"}


def test_an_exception_is_told_whole_and_without_secrets(settings: Settings) -> None:
    with configure_logging(settings, process="ci", terminal=False):
        try:
            try:
                raise ValueError("GET https://x/?access_token=token-of-github")
            except ValueError as error:
                raise RuntimeError("Authorization: Bearer abcdef123") from error
        except RuntimeError as error:
            log.exception("call_failed", url="https://me:pass-word@x/")
            log.error("call_failed_later", exc_info=error)

    for line in written(settings):
        assert "ValueError: GET https://x/?access_token=[secret]" in line["exception"]
        assert "RuntimeError: Authorization: [secret]" in line["exception"]
        assert not {"token-of-github", "abcdef123", "pass-word"} & set(json.dumps(line).split())
    assert "token-of-github" not in (settings.logs_dir / "ci.log").read_text()
    assert "pass-word" not in (settings.logs_dir / "ci.log").read_text()


def test_fields_may_be_called_anything(settings: Settings) -> None:
    with configure_logging(settings, process="ci", terminal=False):
        log.info("odd", name="a", args=(1,), msg="b", message="c", level="d", exc_text="e")

    (line,) = written(settings)
    assert (line["name"], line["args"], line["msg"], line["message"], line["exc_text"]) == ("a", [1], "b", "c", "e")


@pytest.mark.parametrize(
    ("level", "shown"),
    [("DEBUG", ["score", "done", "limit", "failed"]), ("INFO", ["done", "limit", "failed"]), ("ERROR", ["failed"])],
)
def test_the_level_of_the_settings_is_that_of_our_own_lines(settings: Settings, level: str, shown: list[str]) -> None:
    chosen = settings.model_copy(update={"log_level": level})

    with configure_logging(chosen, process="ci", terminal=False):
        log.debug("score", value=61)
        log.info("done")
        log.warning("limit")
        log.error("failed")
        logging.getLogger("foreign").debug("noise")
        logging.getLogger("foreign").info("noise")

    assert [line["event"] for line in written(settings)] == shown


def test_foreign_handlers_and_loggers_stay_and_of_two_set_ups_the_inner_one_writes(settings: Settings) -> None:
    seen = logging.StreamHandler(stream := io.StringIO())
    logging.getLogger("foreign").addHandler(seen)
    try:
        outer = configure_logging(settings, process="outer", terminal=False)
        with configure_logging(settings, process="inner", terminal=False):
            logging.getLogger("foreign").warning("in the inner one")
        logging.getLogger("foreign").warning("in the outer one")
        outer.close()
        outer.close()
        logging.getLogger("foreign").warning("neither")
    finally:
        logging.getLogger("foreign").removeHandler(seen)

    assert [(line["process"], line["event"]) for line in written(settings)] == [
        ("inner", "in the inner one"),
        ("outer", "in the outer one"),
    ]
    assert stream.getvalue() == "in the inner one\nin the outer one\nneither\n"


def test_a_terminal_gets_one_readable_line_without_control_characters(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with configure_logging(settings, process="ci", terminal=True, terminal_level="warning"):
        log.info("not_on_the_terminal")
        log.warning("rate_limited", site="reddit", title="a\x1b[2Jb\u202ec", token="x")

    shown = capsys.readouterr().err
    assert "warning" in shown
    assert "rate_limited" in shown
    assert "site=reddit" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "token=[secret]" in shown
    assert "not_on_the_terminal" not in shown


def test_threads_have_the_run_of_whoever_starts_them_in_its_context(settings: Settings) -> None:
    with configure_logging(settings, process="ci", terminal=False), run_context(7), bound(source="a"):
        threads = [threading.Thread(target=log.info, args=("without",))]
        threads += [threading.Thread(target=in_context(log.info), args=("within",)) for _ in range(2)]
        for thread in threads:
            thread.start()
            thread.join()

    assert [(line["event"], line.get("run_id"), line.get("source")) for line in written(settings)] == [
        ("without", None, None),
        ("within", 7, "a"),
        ("within", 7, "a"),
    ]
    assert context() == {}


def test_without_a_set_up_a_line_is_readable_too(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        log.info("scan_finished", source="r/options", new=12)

    assert caplog.messages == ["scan_finished source=r/options new=12"]
    assert caplog.records[0].funcName == "test_without_a_set_up_a_line_is_readable_too"


def test_a_log_that_cannot_be_written_ends_nothing(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    (settings.data_dir / "logs").write_text("no folder")

    with configure_logging(settings, process="ci", terminal=False) as logs:
        log.info("lost")
        problem = logs.problem

    assert problem is not None
    assert problem in capsys.readouterr().err


def test_a_command_that_says_nothing_makes_no_file(settings: Settings) -> None:
    with configure_logging(settings, process="ci", terminal=False, at_once=False):
        log.debug("not_written")
        assert not settings.logs_dir.exists()
        log.info("written")

    assert [line["event"] for line in written(settings)] == ["written"]


def test_structlog_is_loaded_with_the_first_line_only(settings: Settings) -> None:
    code = (
        "import sys, logging; from pathlib import Path; from ci_core.logs import configure_logging, get_logger;"
        "from ci_core.settings import Settings;"
        "logs = configure_logging(Settings(data_dir=Path(sys.argv[1])), process='ci', terminal=True);"
        "before = 'structlog' in sys.modules; get_logger('ci_core.x').error('x');"
        "print(before, 'structlog' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(settings.data_dir)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )

    assert done.stdout == "False True\n"
