"""Import of a folder of wishlists, vectors included: `python benchmarks/wishlist_import.py FOLDER [--models-dir DIR]`.

Limit: 5 s for the wishlists of the platform (about 270 items) with the model loaded; aim 2 s. The second import must
change nothing.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.synthetic import throw_away_database
from ci_core.backlog.embedder import embed_stale
from ci_core.backlog.wishlist.importer import import_wishlists
from ci_core.embeddings import ensure_exported, load_encoder

LIMIT_SECONDS, AIM_SECONDS = 5.0, 2.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models-dir", type=Path, default=Path(".magnus/models"))
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    ensure_exported(options.models_dir)
    encoder = load_encoder(options.models_dir)
    encoder.encode(["warm"])
    worst = 0.0
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for _ in range(options.repeat):
        with throw_away_database() as database:
            started, cpu = time.perf_counter(), time.process_time()
            report = import_wishlists(database, [options.folder], root=options.folder, actor="benchmark")
            imported = time.perf_counter()
            embedded = embed_stale(database, encoder)
            ended, cpu = time.perf_counter(), time.process_time() - cpu
            again = import_wishlists(database, [options.folder], root=options.folder, actor="benchmark")
            second = time.perf_counter() - ended
            worst = max(worst, ended - started)
            print(
                f"{report.created} created from {len(report.files)} files, {report.failed} failed: "
                f"import {imported - started:.2f} s + {embedded} vectors {ended - imported:.2f} s = "
                f"{ended - started:.2f} s (limit {LIMIT_SECONDS:g} s, aim {AIM_SECONDS:g} s; "
                f"{cpu:.1f} s of processor time); "
                f"again {second:.2f} s, {again.created} created, {again.updated} updated"
            )
            if again.created or again.updated:
                print("the second import changed something")
                return 1
    return 0 if worst <= LIMIT_SECONDS else 1


if __name__ == "__main__":
    raise SystemExit(main())
