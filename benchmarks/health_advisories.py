"""As many advisories as OSV has of PyPI taken in, and the packages of a large repository matched with them.

    python -m benchmarks.health_advisories

The archive is made here, of the shape that OSV's has; it is served on this machine, so that no network is measured.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import tempfile
import threading
import time
import zipfile
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from ci_core.health.advisories import advisories_dir, open_advisories, vulnerabilities
from ci_core.health.advisories.refreshing import refresh_advisories

ADVISORIES = 20_000
PACKAGES = 6_000
VERSIONS = 80
NAMED = 400
MOST_REFRESH_SECONDS, MOST_MATCH_SECONDS, MOST_MIB = 60.0, 1.0, 512


def archive() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for number in range(ADVISORIES):
            versions = [f"{major}.{minor}.{number % 7}" for major in range(8) for minor in range(VERSIONS // 8)]
            document = {
                "id": f"GHSA-{number:04x}",
                "aliases": [f"CVE-2026-{number}"],
                "summary": f"Something that lets others do number {number}",
                "details": "A longer text. " * 60,
                "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"}],
                "affected": [
                    {
                        "package": {"ecosystem": "PyPI", "name": f"package-{number % PACKAGES}"},
                        "ranges": [
                            {"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": f"7.{number % 9}"}]}
                        ],
                        "versions": versions,
                    }
                ],
            }
            opened.writestr(f"GHSA-{number:04x}.json", json.dumps(document))
    return packed.getvalue()


def serve(body: bytes) -> HTTPServer:
    class Whole(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nobody wants a line for each request."""

    server = HTTPServer(("127.0.0.1", 0), Whole)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main() -> int:
    body = archive()
    server = serve(body)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        before = time.perf_counter()
        done = refresh_advisories(data, f"http://127.0.0.1:{server.server_port}", now=lambda: datetime.now(UTC))
        refreshed = time.perf_counter() - before
        size = sum(path.stat().st_size for path in advisories_dir(data).iterdir()) / 2**20
        before = time.perf_counter()
        with open_advisories(data) as known:
            found = sum(len(vulnerabilities(known.of_package(f"package-{n * 7}"), "3.1.0")) for n in range(NAMED))
        matched = time.perf_counter() - before
    server.shutdown()
    server.server_close()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"archive of {ADVISORIES:,} advisories: {len(body) / 2**20:.1f} MiB, kept in {size:.1f} MiB")
    print(f"taken in: {refreshed:.1f} s (at most {MOST_REFRESH_SECONDS:g} s)")
    print(f"{NAMED} packages matched, {found} vulnerabilities: {matched:.2f} s (at most {MOST_MATCH_SECONDS:g} s)")
    print(f"memory, with the archive itself: {memory:.0f} MiB (at most {MOST_MIB} MiB)")
    well = refreshed <= MOST_REFRESH_SECONDS and matched <= MOST_MATCH_SECONDS and memory <= MOST_MIB
    return 0 if well and done.state.advisories == ADVISORIES else 1


if __name__ == "__main__":
    sys.exit(main())
