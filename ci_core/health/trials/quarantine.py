"""A program of its own that shuts itself off and then becomes another one, whose code is not trusted.

On Linux, where an ordinary user may make namespaces: no network but a loopback of its own, no sight of other processes
(their environment holds our secrets), our data and a person's keys hidden, and nothing left running. Elsewhere it only
bounds the size of files. Which of both it was stands in the file that it is told. It imports the standard library alone
and is started as `quarantine.py PLAN`, where PLAN is a JSON file as `Plan` describes it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import TypedDict

NEW_USER, NEW_NETWORK, NEW_MOUNTS, NEW_PROCESSES = 0x10000000, 0x40000000, 0x00020000, 0x20000000
NOTHING_SPECIAL = 0x2 | 0x4 | 0x8  # nosuid, nodev, noexec
RECURSIVE_PRIVATE, BIND = 0x4000 | 0x40000, 0x1000
DIE_WITH_PARENT = 1
SET_FLAGS, INTERFACE_UP = 0x8914, 0x1 | 0x40
LARGEST_FILE_BYTES = 2 * 2**30
NOT_STARTED = 127


class Plan(TypedDict):
    """What is to be done.

    command: the program and its arguments, started with this one's environment and folder.
    shared: folders of everybody, in which sockets of servers lie; hidden first.
    hidden: further folders and files that it shall not see.
    kept: folders in these that it needs after all.
    told: the file that says how far it was shut off: {"apart": bool, "why": str}.
    """

    command: list[str]
    shared: list[str]
    hidden: list[str]
    kept: list[str]
    told: str


class NotPossible(Exception):
    """This machine does not let an ordinary user shut a process off; the text says what was refused."""


def main(plan_path: str) -> int:
    """Shut off, run the program, and give its exit status."""
    plan: Plan = json.loads(Path(plan_path).read_text(encoding="utf-8"))
    _bound_files()
    why = _refused(plan)
    Path(plan["told"]).write_text(json.dumps({"apart": not why, "why": why}), encoding="utf-8")
    if why:
        return _become(plan["command"])
    _shut_off(plan)
    first = os.fork()
    if first:
        return _status_of(first)
    # The first process of its own world: when it ends, all that is left in there is killed.
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
    with contextlib.suppress(NotPossible):
        _mount("proc", "/proc", "proc", NOTHING_SPECIAL)
    child = os.fork()
    if not child:
        os._exit(_become(plan["command"]))
    os._exit(_status_of(child))


def _refused(plan: Plan) -> str:
    """Why this machine does not let us shut off, tried in another process: half a way cannot be gone back."""
    if sys.platform != "linux":
        return f"{sys.platform} has no namespaces"
    reads, writes = os.pipe()
    child = os.fork()
    if child:
        os.close(writes)
        with os.fdopen(reads, "rb") as pipe:
            said = pipe.read().decode("utf-8", "replace")
        return (said or "it is refused") if _status_of(child) else ""
    status = 1
    try:
        _shut_off(plan)
        status = 0
    except (NotPossible, OSError) as problem:
        os.write(writes, str(problem).encode()[:500] or b"it is refused")
    finally:
        os._exit(status)


def _shut_off(plan: Plan) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if library.unshare(NEW_USER | NEW_NETWORK | NEW_MOUNTS | NEW_PROCESSES):
        raise NotPossible(f"namespaces are refused: {os.strerror(ctypes.get_errno())}")
    try:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    except OSError as error:
        raise NotPossible(f"users cannot be mapped: {error.strerror}") from error
    _mount(None, "/", None, RECURSIVE_PRIVATE)
    here = Path.cwd()
    held = _held(plan["kept"])
    _hide(plan["shared"], held)
    _hide(plan["hidden"], held)
    for handle in held.values():
        os.close(handle)
    os.chdir(here)  # the folder of this name as it is now
    _loopback_up()


def _held(kept: list[str]) -> dict[str, int]:
    """Handles of folders, which lead to them also when something is put in the place of what they lie in."""
    return {place: os.open(place, os.O_PATH) for place in kept if Path(place).is_dir()}  # type: ignore[attr-defined,unused-ignore]


def _hide(hidden: list[str], held: dict[str, int]) -> None:
    """Put nothing in the place of what is hidden, and what is held in there back in its own place."""
    files = [place for place in hidden if not Path(place).is_dir()]
    folders = [place for place in hidden if place not in files]
    for place in folders:
        _mount("tmpfs", place, "tmpfs", NOTHING_SPECIAL)
    for place, handle in held.items():
        if any(Path(place).is_relative_to(one) for one in folders):
            Path(place).mkdir(parents=True, exist_ok=True)
            _mount(f"/proc/self/fd/{handle}", place, None, BIND)
    for place in files:
        if Path(place).exists():
            _mount("/dev/null", place, None, BIND)


def _mount(source: str | None, place: str, kind: str | None, flags: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)

    def text(value: str | None) -> bytes | None:
        return None if value is None else os.fsencode(value)

    if library.mount(text(source), os.fsencode(place), text(kind), ctypes.c_ulong(flags), None):
        raise NotPossible(f"{place} cannot be covered: {os.strerror(ctypes.get_errno())}")


def _loopback_up() -> None:
    import fcntl

    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH14s", b"lo", INTERFACE_UP, b""))


def _bound_files() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE_BYTES, LARGEST_FILE_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _become(command: list[str]) -> int:
    try:
        if sys.platform == "win32":  # which has no way to become another program
            import subprocess

            return subprocess.call(command)  # noqa: S603 - no shell, and what is run is meant to be run
        os.execvp(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"{command[0]} cannot be started: {error.strerror}\n")
    return NOT_STARTED


def _status_of(child: int) -> int:
    """Wait for a child, and collect what its children left; its exit status, 128 and more for a signal."""
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
