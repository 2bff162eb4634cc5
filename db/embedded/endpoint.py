"""Where the embedded server listens, how clients find it, and the settings it runs with."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import stat
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from db.embedded import account as accounts

SOCKET_PORT = 5432  # names the socket file only; nothing listens on the network
LOOPBACK = "127.0.0.1"
_SOCKET_PATH_BYTES = 103 if sys.platform == "darwin" else 107  # sun_path in <sys/un.h>, less the closing zero


@dataclass(frozen=True)
class Endpoint:
    """A Unix socket in `socket_dir`, or, where that is None, a port on loopback."""

    socket_dir: str | None
    port: int

    def url(self, role: str, database: str, password: str | None = None) -> str:
        """The libpq address, as psql and psycopg take it."""
        secret = f":{quote(password, safe='')}" if password else ""
        if self.socket_dir is None:
            return f"postgresql://{role}{secret}@{LOOPBACK}:{self.port}/{database}"
        return f"postgresql://{role}{secret}@/{database}?host={quote(self.socket_dir, safe='')}&port={self.port}"

    def to_json(self) -> str:
        """The text that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Endpoint:
        """The endpoint that `to_json` wrote."""
        return cls(**json.loads(text))


def choose_endpoint(
    folder: Path, account: accounts.Account | None, *, tcp: bool | None, previous: Endpoint | None
) -> Endpoint:
    """The place to listen for a server of `folder`: its socket folder, a short one elsewhere, or a port.

    The same again where possible, so that addresses given out before stay good. A socket is reached by the server's
    account and root alone, which is why it asks for no password.
    """
    if not (sys.platform == "win32" if tcp is None else tcp):
        for candidate in _socket_folders(folder):
            if _path_fits(candidate) and _made_private(candidate, account):
                return Endpoint(str(candidate), SOCKET_PORT)
    if previous is not None and previous.socket_dir is None and _is_free(previous.port):
        return previous
    return Endpoint(None, _free_port())


def configuration(endpoint: Endpoint) -> str:
    """The server's settings file. Durability stays as PostgreSQL has it; the rest suits one team on one machine."""
    settings: dict[str, str | int] = {
        "listen_addresses": LOOPBACK if endpoint.socket_dir is None else "",
        "port": endpoint.port,
        "unix_socket_directories": endpoint.socket_dir or "",
        "unix_socket_permissions": "0700",
        "password_encryption": "scram-sha-256",
        "max_connections": 100,
        "shared_buffers": "512MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "64MB",  # parallel index builds take it from /dev/shm, of which containers have 64 MB
        "effective_cache_size": "1GB",
        "random_page_cost": "1.1",
        "jit": "off",  # costs more than it gives on queries of milliseconds
        "max_wal_size": "512MB",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgresql-%a.log",  # a week of logs, then each day overwrites its own
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": 0,
        "log_line_prefix": "%m [%p] %a %d: ",
    }
    if sys.platform != "win32":
        settings["dynamic_shared_memory_type"] = "posix"
    lines = [f"{name} = '{str(value).replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
    return "# Written anew at every start.\n" + "\n".join(lines) + "\n"


def _socket_folders(folder: Path) -> list[Path]:
    """Candidates, best first. The name in a shared folder tells data folders and accounts apart."""
    user = ""
    if sys.platform != "win32":
        user = str(os.geteuid())
    short = "magnus-" + hashlib.sha256(f"{user}:{folder}".encode()).hexdigest()[:12]
    shared = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"]  # noqa: S108 - see _made_private
    return [folder / "socket", *(Path(parent, short) for parent in shared if parent)]


def _path_fits(folder: Path) -> bool:
    """Whether a socket's path keeps to the system's limit and to what PostgreSQL and libpq can have in a list."""
    path = os.fsencode(folder / f".s.PGSQL.{SOCKET_PORT}")
    return len(path) <= _SOCKET_PATH_BYTES and b"," not in path and b'"' not in path


def _made_private(folder: Path, account: accounts.Account | None) -> bool:
    """Makes `folder` for the server alone; False when it cannot be made or somebody else made it first."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if sys.platform != "win32" and stat.S_ISDIR(found.st_mode):
            if found.st_uid == os.geteuid():
                accounts.give(folder, account)
                found = folder.lstat()
            ours = found.st_uid == (account.uid if account else os.geteuid())
            if ours:
                folder.chmod(0o700)
                accounts.let_pass(folder, account)
            return ours
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode)


def _is_free(port: int) -> bool:
    """Whether PostgreSQL can listen there, which asks in the same way."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # where it would share a port with whoever listens
            # Clients of the last server stay in the system's tables for a minute and take nothing from the next one.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])
