"""What may be asked of the launcher: the command line, the environment, and `.env`."""

from __future__ import annotations

import argparse
import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path

from deploy.launch.problem import LaunchProblem

PROJECT = Path(__file__).resolve().parents[2]
DEFAULT_PORT = 8501

_DESCRIPTION = """\
Starts Magnus: makes .venv and installs what it needs, starts a database when none is configured, fills it at the
first start, and serves the app until Ctrl+C. A second start takes seconds and changes nothing.
"""
_EPILOG = """\
Settings come from the environment or from .env (see .env.example). `python run.py test` installs the test
requirements and a Chromium as well, and runs the whole suite; further arguments go to pytest.
"""


@dataclass(frozen=True)
class Options:
    """What to run, and where."""

    command: str = "serve"
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    browser: bool = True
    scheduler: bool = True
    data_dir: Path = PROJECT / ".magnus"
    setup_only: bool = False
    pytest_arguments: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def embedded_database(self) -> bool:
        """Whether no PostgreSQL is configured, so that one of our own is needed."""
        return not (self.settings.get("DATABASE_URL") or self.settings.get("DB_HOST"))

    @property
    def address(self) -> str:
        """The app's address for a browser on this machine."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - read, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def read_options(arguments: list[str]) -> Options:
    """Reads the command line; --help and wrong usage end the process as argparse does (status 0 and 2).

    Raises LaunchProblem for a host that would let in anybody.
    """
    settings = {**read_env_file(PROJECT / ".env"), **os.environ}
    if arguments[:1] == ["test"]:
        rest = [argument for argument in arguments[1:] if argument != "--setup-only"]
        return Options(
            command="test",
            setup_only="--setup-only" in arguments,
            pytest_arguments=rest,
            data_dir=_data_dir(None, settings),
            settings=settings,
        )
    given = _parser().parse_args(arguments)
    if not is_loopback(given.host) and settings.get("CI_ALLOW_REMOTE") != "1":
        raise LaunchProblem(
            f"--host {given.host} would let everybody on the network in, and no sign-in is configured. Leave it out "
            f"and use an SSH tunnel (ssh -L {given.port}:127.0.0.1:{given.port} this-machine), or put a reverse proxy "
            "with sign-in before it and set CI_ALLOW_REMOTE=1."
        )
    return Options(
        host=given.host,
        port=given.port,
        browser=not given.no_browser,
        scheduler=not given.no_scheduler,
        data_dir=_data_dir(given.data_dir, settings),
        settings=settings,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_env_file(path: Path) -> dict[str, str]:
    """The settings in an .env file, as far as the launcher needs to understand them: NAME=value, quotes, comments."""
    found = {}
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    for line in lines:
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        value = value.strip()
        if not separator or name.startswith("#"):
            continue
        if value[:1] in ("'", '"') and value.find(value[0], 1) > 0:
            value = value[1 : value.find(value[0], 1)]
        else:
            value = value.split(" #")[0].strip()
        found[name.strip()] = value
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python run.py",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        usage="python run.py [--host HOST] [--port PORT] [--no-browser] [--no-scheduler] [--data-dir FOLDER]\n"
        "       python run.py test [PYTEST-ARGUMENT ...]",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help=f"port to listen on (default: {DEFAULT_PORT})")
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument("--no-scheduler", action="store_true", help="run no agents: a scheduler of your own does")
    parser.add_argument("--data-dir", help="where database and models live (default: CI_DATA_DIR, else .magnus)")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 1 to 65535")
    return int(text)


def _data_dir(given: str | None, settings: dict[str, str]) -> Path:
    return Path(given or settings.get("CI_DATA_DIR") or PROJECT / ".magnus").expanduser().absolute()
