"""50 browsers' sessions rerun the board at once: how many reruns a second does the one app process give?

    python -m benchmarks.sessions [--sessions 50] [--rounds 6] [--cards 3000]

Speaks Streamlit's own websocket protocol, so that it measures the app and not fifty Chromiums.
Limit: 50 reruns/s must, 150 aim. As a measure of the machine, a page with one bare button runs in the same way.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.app import BARE_BUTTON, App, filled_database, running_app, running_board


async def rerun(socket: ClientConnection, page: str) -> None:
    """Ask for one rerun of `page` ("" is the start page) and wait until the script has finished."""
    message = BackMsg()
    message.rerun_script.query_string = ""
    message.rerun_script.page_name = page
    await socket.send(message.SerializeToString())
    while True:
        data = await socket.recv()
        forward = ForwardMsg()
        forward.ParseFromString(data if isinstance(data, bytes) else data.encode())
        if forward.WhichOneof("type") == "script_finished":
            return


async def measure(app: App, sessions: int, rounds: int, page: str = "") -> float:
    """Reruns a second over `rounds` rounds in which every session reruns at the same moment."""
    address = f"ws://127.0.0.1:{app.port}/_stcore/stream"
    sockets = await asyncio.gather(
        *(connect(address, subprotocols=["streamlit"], max_size=None) for _ in range(sessions))  # type: ignore[list-item]
    )
    try:
        for _ in range(2):
            await asyncio.gather(*(rerun(socket, page) for socket in sockets))
        start = time.perf_counter()
        for _ in range(rounds):
            await asyncio.gather(*(rerun(socket, page) for socket in sockets))
        return sessions * rounds / (time.perf_counter() - start)
    finally:
        await asyncio.gather(*(socket.close() for socket in sockets))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print both rates and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--cards", type=int, default=3000)
    options = parser.parse_args(arguments)
    with filled_database(options.cards) as url:
        with running_board(url) as app:
            board = asyncio.run(measure(app, options.sessions, options.rounds, "board"))
        with running_app(BARE_BUTTON) as app:
            bare = asyncio.run(measure(app, options.sessions, options.rounds))
    print(f"{options.sessions} sessions, board of {options.cards} cards: {board:7.0f} reruns/s   (must 50, aim 150)")
    print(f"{options.sessions} sessions, one bare button:      {bare:7.0f} reruns/s   (board is {board / bare:.2f} ×)")


if __name__ == "__main__":
    main()
