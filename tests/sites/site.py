"""What every stand-in has: its items, and how it answers."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any, ClassVar

from werkzeug import Request, Response

Fields = dict[str, Any]


class StandIn(ABC):
    """One site.

    Args:
        url: where it stands.
        items: what it has; "at" is the moment of each.
    """

    name: ClassVar[str]

    def __init__(self, url: str, items: list[Fields]) -> None:
        self.url = url
        self.items = items
        self.limits: Fields = {}

    @abstractmethod
    def answer(self, request: Request, path: str) -> Response:
        """The answer to a request for a path below `url`."""

    def lets_in(self, request: Request) -> bool:
        """Whether a request only gets a token."""
        return False

    def newest(self, items: list[Fields] | None = None) -> list[Fields]:
        """Items, the newest first."""
        return sorted(self.items if items is None else items, key=lambda item: item["at"], reverse=True)


def has_words(text: str, query: str) -> bool:
    """Whether a text has all words of a query, as search engines see it."""
    known = set(re.findall(r"\w+", text.lower()))
    return all(word in known for word in re.findall(r"\w+", query.lower()))


def seconds(moment: datetime) -> int:
    """Unix time."""
    return int(moment.timestamp())


def iso(moment: datetime) -> str:
    """As GitHub and arXiv write it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def json_answer(value: Any, headers: dict[str, str] | None = None, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(value), status, headers, content_type="application/json; charset=utf-8")
