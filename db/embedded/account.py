"""Which system account runs the embedded server, and what it may reach. PostgreSQL refuses to run as root."""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from db.errors import EmbeddedServerError

if sys.platform != "win32":
    import pwd

ACCOUNT_NAME = "magnus-db"
_USERADD_ATTEMPTS = 20
_REMEDY = "Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server."

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Account:
    """A system account: numeric ids, as `subprocess` takes them."""

    uid: int
    gid: int


def server_account(data: Path) -> Account | None:
    """The account to run the server of the data folder `data` under; None means the one we run as.

    As root that is the owner of an existing data folder (made by a person before), else an account of our own,
    made when missing. Raises EmbeddedServerError when it cannot be made.
    """
    if not _is_root():
        return None
    if data.exists():
        owner = data.stat()
        if owner.st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
    return _own_account()


def give(path: Path, account: Account | None) -> None:
    """Makes `path` the account's own, if there is one."""
    if account is not None and sys.platform != "win32":
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def let_pass(path: Path, account: Account | None) -> None:
    """Lets the account walk through the folders above `path`: nobody gets to list or read them by that."""
    if account is None:
        return
    for folder in path.parents:
        status = folder.stat()
        if status.st_uid == account.uid or status.st_mode & stat.S_IXOTH:
            continue
        folder.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
        _log.info("%s can now be passed through by other accounts, for the embedded database server", folder)


def let_read(folder: Path, account: Account | None) -> None:
    """Lets the account read and run everything in `folder`, which a strict umask may have forbidden at installation."""
    if account is None or not folder.exists():
        return
    for path in (folder, *folder.rglob("*")):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _own_account() -> Account:
    account = _find(ACCOUNT_NAME)
    reason = ""
    for attempt in range(_USERADD_ATTEMPTS):
        if account is not None:
            return account
        if attempt:
            time.sleep(0.25)  # two processes may add it at once: useradd locks the file of accounts and gives up
        reason = _add(ACCOUNT_NAME)
        account = _find(ACCOUNT_NAME)
    raise EmbeddedServerError(
        f"PostgreSQL does not run as root, and the account {ACCOUNT_NAME} cannot be made ({reason}). {_REMEDY}"
    )


def _find(name: str) -> Account | None:
    if sys.platform != "win32":
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    return None


def _add(name: str) -> str:
    """Adds a system account without a home and without a login; returns why not, or nothing."""
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    command += ["--shell", "/usr/sbin/nologin", "--comment", "Magnus embedded PostgreSQL", name]
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    try:
        result = subprocess.run(  # noqa: S603 - fixed words
            command, capture_output=True, text=True, check=False, env={"PATH": path, "LC_ALL": "C"}
        )
    except OSError as error:
        raise EmbeddedServerError(f"PostgreSQL does not run as root, and useradd is missing. {_REMEDY}") from error
    return result.stderr.strip()
