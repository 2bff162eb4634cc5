"""How much memory does one more open session cost the app's process?

    python -m benchmarks.memory [--sessions 150] [--cards 3000]

Opens some websocket sessions and then more, on the board and on the inbox, and compares what belongs to the
process alone (USS). Limit: 2 MB a session must, 0.5 MB aim.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.app import PROJECT, App, filled_database, running_script
from benchmarks.sessions import rerun

COMPONENT = {"board": "magnus_kanban", "inbox": "magnus_inbox"}
WARM_UP = 50  # as many as fit into what the process has taken already
COLLECTED = {"STREAMLIT_RUNNER_POST_SCRIPT_GC": "true", "MALLOC_ARENA_MAX": "1", "MALLOC_TRIM_THRESHOLD_": "65536"}
SETTLE_SECONDS = 3.0
DONE = ForwardMsg.FINISHED_SUCCESSFULLY  # and not cut short for another run
MEGABYTE = 1024 * 1024


async def session(app: App, page: str) -> ClientConnection:
    """A browser's session that has seen `page` twice, as after a click.

    Raises:
        AssertionError: the page was not drawn, so that its memory would say nothing.
    """
    address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
    socket = await connect(address, subprotocols=["streamlit"], max_size=None)  # type: ignore[list-item]
    assert COMPONENT[page] in await drawn(socket, page), f"{page} was not drawn"
    await rerun(socket, page)
    return socket


async def drawn(socket: ClientConnection, page: str) -> set[str]:
    """The names of the components that the first run of `page` brings."""
    message = BackMsg()
    message.rerun_script.page_name = page
    await socket.send(message.SerializeToString())
    names = set()
    while True:
        data = await socket.recv()
        forward = ForwardMsg()
        forward.ParseFromString(data if isinstance(data, bytes) else data.encode())
        if forward.WhichOneof("type") == "script_finished" and forward.script_finished == DONE:
            return names
        names |= {name for name in COMPONENT.values() if name.encode() in forward.SerializeToString()}


async def per_session(app: App, page: str, sessions: int) -> tuple[float, float]:
    """Megabytes that one of `sessions` more sessions adds: of the process alone (USS), and as it is resident (RSS)."""
    process = psutil.Process(app.process.pid)
    # What the process takes once, for whoever comes first: threads, connections, the board in memory.
    # They stay: what a closed one gives back would hide what an open one takes.
    early = [await session(app, page) for _ in range(WARM_UP)]
    await asyncio.sleep(SETTLE_SECONDS)
    before = process.memory_full_info()
    opened = [await session(app, page) for _ in range(sessions)]
    await asyncio.sleep(SETTLE_SECONDS)
    after = process.memory_full_info()
    for socket in (*opened, *early):
        await socket.close()
    return (after.uss - before.uss) / sessions / MEGABYTE, (after.rss - before.rss) / sessions / MEGABYTE


def main(arguments: Sequence[str] | None = None) -> None:
    """Print what a session costs on each page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=150)
    parser.add_argument("--cards", type=int, default=3000)
    options = parser.parse_args(arguments)
    with filled_database(options.cards) as url:
        for page in COMPONENT:
            start = time.perf_counter()
            # Garbage that waits for its collection would be counted as the sessions', or hide what they take.
            with running_script(PROJECT / "app.py", DATABASE_URL=url, **COLLECTED) as app:
                uss, rss = asyncio.run(per_session(app, page, options.sessions))
            print(
                f"{page:6} {options.sessions} more sessions: {uss:5.2f} MB each (resident {rss:5.2f})   "
                f"(must 2, aim 0.5; {time.perf_counter() - start:.0f} s)"
            )


if __name__ == "__main__":
    main()
