"""One server that stands for every site, each below a path of its own."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock
from types import TracebackType
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ci_core.settings import Settings
from ci_core.settings.health import HealthSettings
from tests.sites.arxiv import ArxivSite
from tests.sites.faults import Fault, spoilt
from tests.sites.github import GitHubSite
from tests.sites.hacker_news import HackerNewsSite
from tests.sites.osv import OsvSite
from tests.sites.reddit import RedditSite
from tests.sites.site import StandIn
from tests.sites.stack_exchange import StackExchangeSite

DATA = Path(__file__).parent / "data"
# A line for each request would be in the way.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
CREDENTIALS = {
    "REDDIT_CLIENT_ID": "stand-in-id",
    "REDDIT_CLIENT_SECRET": "stand-in-secret",
    "GITHUB_TOKEN": "stand-in-token",
}


class Sites:
    """The stand-in sites, from `with` to its end.

    Names of sites: reddit, github, arxiv, hacker_news, stack_overflow (the names of the kinds of sources), and osv.

    Args:
        port: 0 for a free one.
        now: what the ages in the data files are counted from; None for this moment.
    """

    def __init__(self, port: int = 0, *, now: datetime | None = None) -> None:
        self.now = now or datetime.now(UTC)
        self._server = HTTPServer("127.0.0.1", port, threaded=True)
        self._sites: dict[str, StandIn] = {}
        self._faults: dict[str, Fault] = {}
        self._released = Event()
        self._lock = Lock()
        self.asked: Counter[str] = Counter()
        self.requests: list[tuple[str, str, dict[str, str]]] = []

    def __enter__(self) -> Sites:
        self._server.start()
        self._server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        self.reset()
        return self

    def reset(self) -> None:
        """As they were in the beginning: whole, with the items of the data files, never asked."""
        self.mend()
        self.asked.clear()
        self.requests.clear()
        for kind in (RedditSite, GitHubSite, ArxivSite, HackerNewsSite, StackExchangeSite, OsvSite):
            items = json.loads((DATA / f"{kind.name}.json").read_text(encoding="utf-8"))
            self._sites[kind.name] = kind(self.url(kind.name), [self._dated(item) for item in items])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self._server.stop()

    def url(self, site: str) -> str:
        """The base address of a site."""
        return self._server.url_for(f"/{site}")

    def environment(self) -> dict[str, str]:
        """The variables under which the product finds these sites, credentials included."""
        return {
            "CI_REDDIT_URL": self.url("reddit"),
            "CI_GITHUB_API_URL": self.url("github"),
            "CI_ARXIV_API_URL": self.url("arxiv"),
            "CI_HACKER_NEWS_API_URL": self.url("hacker_news"),
            "CI_STACKEXCHANGE_API_URL": self.url("stack_overflow"),
            "CI_OSV_URL": self.url("osv"),
            **CREDENTIALS,
        }

    def settings(self, **changed: Any) -> Settings:
        """Settings that lead here and to nothing else; `changed` are names of fields with other values."""
        ours = self.environment()
        for name in changed:  # a variable would win over the field that it fills
            ours.pop(str(Settings.model_fields[name].validation_alias), None)
        health = HealthSettings(_env_file=None, CI_OSV_URL=ours.pop("CI_OSV_URL"))
        return Settings(_env_file=None, **{"site_timeout_seconds": 10, "health": health, **ours, **changed})

    def break_site(self, site: str, kind: str | Fault, **options: Any) -> None:
        """From now on, a site has a fault; `kind` and `options` are those of `Fault`."""
        fault = kind if isinstance(kind, Fault) else Fault(kind, **options)
        if site not in self._sites:
            raise ValueError(f"no such site: {site}; there are {', '.join(self._sites)}")
        with self._lock:
            self._faults[site] = fault

    def fault(self, site: str) -> Fault:
        """The fault that a site has now."""
        return self._faults[site]

    def mend(self, site: str | None = None) -> None:
        """Take the fault of a site away, or every fault."""
        with self._lock:
            for name in [site] if site else list(self._faults):
                self._faults.pop(name, None)
        self._released.set()
        self._released = Event()

    def add(self, site: str, *items: Mapping[str, Any]) -> None:
        """Let a site have further items, in the form of its data file; `age_hours` says how old each is."""
        self._sites[site].items.extend(self._dated(item) for item in items)

    def items(self, site: str) -> list[dict[str, Any]]:
        """What a site has; may be changed."""
        return self._sites[site].items

    def limits(self, site: str, **values: Any) -> None:
        """Let a site tell of its limits: `remaining`, `reset_seconds`, and for Stack Exchange `backoff`."""
        self._sites[site].limits.update(values)

    def _dated(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {**item, "at": self.now - timedelta(hours=float(item.get("age_hours", 1)))}

    def _answer(self, request: Request) -> Response:
        name = request.path.split("/")[1]
        site = self._sites.get(name)
        if site is None:
            return Response("no such site", 404)
        with self._lock:
            self.asked[name] += 1
            self.requests.append((name, f"{request.method} {request.full_path}", dict(request.headers)))
            fault = self._due(name)
            released = self._released
        if fault is not None and fault.kind == "401":
            return Response('{"message": "Unauthorized", "error": 401}', 401, content_type="application/json")
        good = site.answer(request, request.path[len(name) + 1 :])
        # What only lets a client in is answered well, so that the fault meets what it asks for.
        if fault is None or site.lets_in(request):
            return good
        return spoilt(fault, good, request.url, released)

    def _due(self, name: str) -> Fault | None:
        fault = self._faults.get(name)
        if fault is None:
            return None
        if fault.after > 0:
            self._faults[name] = replace(fault, after=fault.after - 1)
            return None
        if fault.times is not None:
            if fault.times <= 0:
                return None
            self._faults[name] = replace(fault, times=fault.times - 1)
        return fault
