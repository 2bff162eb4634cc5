"""Keeps the embedded server of one folder exactly as long as somebody uses it.

`python -m db.embedded.keeper FOLDER` runs beside the server. Whoever is killed cannot stop the server himself, and
whoever outlives it cannot always start it again: the keeper does both. It ends by itself.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from pathlib import Path

import psutil

from db.embedded.cluster import Cluster
from db.errors import EmbeddedServerError
from db.file_locks import FileLock, living_handles

POLL_SECONDS = 0.4
_LONGEST_PAUSE_SECONDS = 30.0

_log = logging.getLogger("db.embedded.keeper")


def keep(folder: Path) -> None:
    """Watches `folder` until nobody uses its server any more, then stops the server and returns."""
    cluster = Cluster(folder)
    mutex = FileLock(folder / "mutex")
    server: psutil.Process | None = None
    unused_looks = 0
    pause = POLL_SECONDS
    while True:
        time.sleep(pause)
        try:
            if not mutex.acquire(timeout_seconds=pause):
                continue
        except FileNotFoundError:
            _end_server_of_a_removed_folder(server)
            return
        try:
            # Two looks in a row: a starter killed between them may still have a server coming up.
            unused_looks = 0 if living_handles(folder / "handles") else unused_looks + 1
            server = cluster.postmaster()
            if unused_looks >= 2:
                cluster.stop()
                return
            pause = POLL_SECONDS if server or unused_looks else _revive(cluster, pause)
        finally:
            mutex.release()


def _revive(cluster: Cluster, pause: float) -> float:
    """Starts a server that died under its users; returns the seconds to wait before looking again."""
    _log.warning("the server is gone while it is in use; starting it again")
    try:
        cluster.start()
    except (EmbeddedServerError, OSError) as error:
        _log.error("%s", error)
        return min(pause * 2, _LONGEST_PAUSE_SECONDS)
    return POLL_SECONDS


def _end_server_of_a_removed_folder(server: psutil.Process | None) -> None:
    if server is not None and server.is_running():
        server.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)  # without waiting for clients


def main() -> None:
    """Keeps the folder named on the command line, unless another keeper does."""
    folder = Path(sys.argv[1])
    logging.basicConfig(filename=folder / "keeper.log", format="%(asctime)s %(message)s", level=logging.INFO)
    only_one = FileLock(folder / "keeper.lock")
    if only_one.try_acquire():
        only_one.write(str(os.getpid()))
        keep(folder)


if __name__ == "__main__":
    main()
