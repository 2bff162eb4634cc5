"""Lets a library that is built on `requests` (praw, PyGithub) speak through our client, with all of its bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from ci_core.web.answer import Answer
from ci_core.web.client import REPLACED, WebClient

# What belongs to the connection that the library does not have, or to the body as it was packed.
OURS = frozenset({"accept-encoding", "connection", "content-length", "host"})
PACKING = frozenset({"content-encoding", "content-length", "transfer-encoding", "content-type"})
# Libraries sleep by themselves when they read these; our gate has read them already.
LIMITS = ("x-ratelimit-", "retry-after")


class LibraryAdapter(BaseAdapter):
    """Answers the requests of a `requests.Session` through a `WebClient`.

    What the client raises goes through the library. Answers that should be JSON are looked at here, so that the
    library never meets a broken one, and are handed on as UTF-8.
    """

    def __init__(self, web: WebClient) -> None:
        super().__init__()
        self._web = web

    def send(self, request: requests.PreparedRequest, *_own: Any, **_options: Any) -> requests.Response:
        """Send it; the library's own time-outs and the rest are replaced by the client's."""
        sent = {name: str(value) for name, value in request.headers.items() if name.lower() not in OURS}
        body = request.body if isinstance(request.body, bytes | str) else None
        return self._web.ask(
            request.method or "GET", request.url or "", self._as_response(request), headers=sent, content=body
        )

    def _as_response(self, request: requests.PreparedRequest) -> Callable[[Answer], requests.Response]:
        def build(answer: Answer) -> requests.Response:
            text, replaced = answer.text()
            if answer.status == 200:  # both speak JSON and nothing else
                answer.json()
            if replaced:
                self._web.remark(REPLACED)
            response = requests.Response()
            response.status_code = answer.status
            response.headers = CaseInsensitiveDict(_headers(answer))
            response.encoding = "utf-8"
            response.url = answer.url
            response.request = request
            # The one place where a whole body is given to a Response that was not read from a socket.
            response._content = text.encode()
            return response

        return build

    def close(self) -> None:
        """Nothing: the client belongs to whoever made it."""


def session_through(web: WebClient) -> requests.Session:
    """A session of `requests` all of whose requests go through the client."""
    session = requests.Session()
    session.trust_env = False
    session.adapters.clear()
    for scheme in ("http://", "https://"):
        session.mount(scheme, LibraryAdapter(web))
    return session


def _headers(answer: Answer) -> dict[str, str]:
    kept = {
        name: value for name, value in answer.headers.items() if name not in PACKING and not name.startswith(LIMITS)
    }
    declared = answer.headers.get("content-type")
    if declared is not None:
        kept["content-type"] = f"{declared.split(';')[0].strip()}; charset=utf-8"
    return kept
