"""The second start of `python run.py` in this checkout, until the page answers.

    python -m benchmarks.startup [--starts 5]

Uses a data folder of its own: the first start fills it and is not counted. Limit: 8 s must, 4 s aim.
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence

from benchmarks.app import PROJECT, free_port

# Said when database, tables and app are all well; the port alone answers earlier.
READY = "Magnus runs at"


def start_seconds(data_dir: str) -> float:
    """Seconds from the command to a page that answers, with everything behind it ready; all is stopped again."""
    port = free_port()
    command = [sys.executable, "run.py", "--no-browser", "--port", str(port), "--data-dir", data_dir]
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    )
    try:
        said = []
        for line in process.stdout or ():
            said.append(line)
            if READY in line:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                    if answer.status == 200:
                        return time.perf_counter() - start
        raise RuntimeError("The app did not start:\n" + "".join(said[-20:]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the median of the later starts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--starts", type=int, default=5)
    starts = parser.parse_args(arguments).starts
    with tempfile.TemporaryDirectory() as data_dir:
        first = start_seconds(data_dir)
        later = [start_seconds(data_dir) for _ in range(starts)]
    print(f"first start with a new data folder  {first:5.1f} s")
    print(
        f"later starts                        {statistics.median(later):5.2f} s median of {starts}, "
        f"{min(later):.2f}–{max(later):.2f}   (must 8, aim 4)"
    )


if __name__ == "__main__":
    main()
