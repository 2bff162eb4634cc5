"""OSV's archive of advisories: one file, fetched in parts, which is another one as soon as an advisory is added."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile

from werkzeug import Request, Response

from tests.sites.site import StandIn

PARTS = re.compile(r"bytes=(\d+)-(\d+)$")


class OsvSite(StandIn):
    """Advisories; an item is an OSV document, or {"name": "x.json", "raw": "text"} for a file that is none.

    Limits: `whole` makes it answer with the whole file at all times, as a site does that knows no parts; `no_etag`
    leaves the file's version out.
    """

    name = "osv"

    def answer(self, request: Request, path: str) -> Response:
        if path != "/PyPI/all.zip":
            return Response("not found", 404, content_type="text/plain")
        body = self.archive()
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {} if self.limits.get("no_etag") else {"ETag": etag}
        if request.headers.get("If-None-Match") == etag and not self.limits.get("no_etag"):
            return Response(status=304, headers=headers)
        asked = PARTS.match(request.headers.get("Range", ""))
        stale = request.headers.get("If-Range", etag) != etag
        if asked is None or stale or self.limits.get("whole"):
            return Response(body, headers=headers, content_type="application/zip")
        start, end = int(asked[1]), min(int(asked[2]), len(body) - 1)
        headers["Content-Range"] = f"bytes {start}-{end}/{len(body)}"
        return Response(body[start : end + 1], 206, headers, content_type="application/zip")

    def archive(self) -> bytes:
        """The file; the same items give the same bytes."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for item in self.items:
                document = {key: value for key, value in item.items() if key not in {"at", "age_hours"}}
                name = item.get("name") or f"{item['id']}.json"
                archive.writestr(zipfile.ZipInfo(name), item.get("raw") or json.dumps(document))
        return packed.getvalue()
