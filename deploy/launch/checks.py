"""What stands in the way of a start, found before anything is installed or started."""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import tempfile
import urllib.request
from pathlib import Path

from deploy.launch.options import Options
from deploy.launch.problem import LaunchProblem


def check_port(options: Options) -> None:
    """Raises LaunchProblem when the app could not listen on its address."""
    try:
        family, _, _, _, address = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise LaunchProblem(f"--host {options.host} is no address: {error.strerror}.") from error
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if os.name == "posix":  # on Windows this option would let two programs share the port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError as error:
            raise LaunchProblem(
                f"Port {options.port} may not be used by this user. Choose one from 1024 on: "
                f"python run.py --port {_free_port(options.host)}"
            ) from error
        except OSError as error:
            raise LaunchProblem(_unusable(options, error)) from error


def check_writable(folder: Path, remedy: str) -> None:
    """Raises LaunchProblem when nothing can be written into `folder`, which is made when missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise LaunchProblem(f"Cannot write in {folder}: {error.strerror}. {remedy}") from error


def check_python() -> None:
    """Raises LaunchProblem when this Python cannot make virtual environments, as on a bare Debian."""
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        name = f"python3.{sys.version_info.minor}-venv"
        raise LaunchProblem(
            f"This Python cannot make virtual environments: its module venv is missing. On Debian or Ubuntu: "
            f"sudo apt install {name} (elsewhere, install the full Python)."
        )


def app_answers(address: str) -> bool:
    """Whether a Streamlit app says at `address` that it is well."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy must not answer for us
    try:
        with opener.open(f"{address}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError):
        return False


def _unusable(options: Options, error: OSError) -> str:
    if error.errno in _NOT_HERE:
        return f"--host {options.host} is not an address of this machine. Leave it out, or give one that is."
    known = " Perhaps Magnus runs there already." if app_answers(options.address) else ""
    return (
        f"Port {options.port} on {options.host} is in use.{known} Stop the program that uses it, or choose another "
        f"port: python run.py --port {_free_port(options.host)}"
    )


def _free_port(host: str) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return 8601
        return int(probe.getsockname()[1])


_NOT_HERE = {99, 49, 10049}  # EADDRNOTAVAIL on Linux, macOS, Windows
