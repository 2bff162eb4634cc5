"""A chat server over real HTTP that speaks the protocols of OpenAI and of Ollama, well or badly as it is told."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

JSON = "application/json"
SCORES = {
    "relevance": 72,
    "novelty": 55,
    "applicability": 61,
    "difficulty": 30,
    "confidence": 80,
    "reason": "It speaks of rolling covered calls, which the team is interested in.",
    "summary": "A way to roll covered calls by implied volatility.",
    "keywords": ["covered call", "rolling"],
    "technologies": ["Python"],
}
Respond = Callable[["ChatSite", "Asked"], Response]


@dataclass(frozen=True)
class Asked:
    """One question that arrived: by which protocol, at which model, with which messages, and all else that was sent."""

    protocol: str
    model: str
    system: str
    user: str
    body: dict[str, Any]
    headers: dict[str, str]


@dataclass
class ChatSite:
    """What the server does next, and what it was asked.

    Attributes:
        answer: what it gives when it answers well; a function gets the question.
        tokens: those read and those written, as it counts them; None where it does not count.
    """

    server: HTTPServer
    answer: dict[str, Any] | Callable[[Asked], dict[str, Any]] = field(default_factory=lambda: dict(SCORES))
    tokens: tuple[int, int] | None = (1_000, 100)
    asked: list[Asked] = field(default_factory=list)
    released: Event = field(default_factory=Event)
    _next: deque[Respond] = field(default_factory=deque)
    _always: Respond | None = None
    _lock: Lock = field(default_factory=Lock)
    most_at_once: int = 0
    _at_once: int = 0

    @property
    def openai_url(self) -> str:
        """For OPENAI_BASE_URL."""
        return self.server.url_for("/v1")

    @property
    def ollama_url(self) -> str:
        """For OLLAMA_HOST."""
        return self.server.url_for("").rstrip("/")

    def then(self, *responds: Respond) -> None:
        """Do these for the next questions, one each, and then answer well again."""
        self._next.extend(responds)

    def always(self, respond: Respond | None) -> None:
        """Do this for every question from now on; None answers well again."""
        self._always = respond

    def to(self, model: str) -> list[Asked]:
        """The questions to one model."""
        return [asked for asked in self.asked if asked.model == model]

    def handle(self, protocol: str, request: Request) -> Response:
        """Take a question and do what was said."""
        body = json.loads(request.get_data())
        texts = {message["role"]: message["content"] for message in body["messages"]}
        asked = Asked(
            protocol, body["model"], texts.get("system", ""), texts.get("user", ""), body, dict(request.headers)
        )
        with self._lock:
            self.asked.append(asked)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            respond = self._next.popleft() if self._next else self._always or well
        try:
            return respond(self, asked)
        finally:
            with self._lock:
                self._at_once -= 1


def message(
    site: ChatSite, asked: Asked, content: str | None, *, refusal: str | None = None, finish: str = "stop"
) -> Response:
    """An answer of this text, in the protocol of the question."""
    given, taken = site.tokens or (None, None)
    if asked.protocol == "ollama":
        part = {
            "model": asked.model,
            "created_at": "2026-11-25T12:00:00Z",
            "message": {"role": "assistant", "content": content or ""},
            "done": True,
            "done_reason": finish,
            "total_duration": 1_000_000,
        }
        counted = {} if site.tokens is None else {"prompt_eval_count": given, "eval_count": taken}
        return Response(json.dumps({**part, **counted}) + "\n", content_type="application/x-ndjson")
    said: dict[str, Any] = {"role": "assistant", "content": content, "refusal": refusal}
    document = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_795_000_000,
        "model": asked.model,
        "choices": [{"index": 0, "message": said, "finish_reason": finish, "logprobs": None}],
    }
    if site.tokens is not None:
        document["usage"] = {"prompt_tokens": given, "completion_tokens": taken, "total_tokens": sum(site.tokens)}
    return Response(json.dumps(document), content_type=JSON)


def well(site: ChatSite, asked: Asked) -> Response:
    """A good answer."""
    return message(site, asked, json.dumps(site.answer(asked) if callable(site.answer) else site.answer))


def text(content: str, *, finish: str = "stop") -> Respond:
    """An answer of this text, whatever it is: broken JSON, the wrong fields, nothing at all."""
    return lambda site, asked: message(site, asked, content, finish=finish)


def fields(**values: object) -> Respond:
    """The good answer with other values."""
    return lambda site, asked: message(site, asked, json.dumps({**SCORES, **values}))


def refusal(site: ChatSite, asked: Asked) -> Response:
    """The model does not want to."""
    return message(site, asked, None, refusal="I'm sorry, I can't help with that.")


def failing(status: int, said: str = "it went wrong", **headers: str) -> Respond:
    """An HTTP error; in the names of headers `_` stands for `-`."""

    def respond(site: ChatSite, asked: Asked) -> Response:
        error: object = {"message": said, "type": "error", "code": None}
        body = json.dumps({"error": said if asked.protocol == "ollama" else error})
        return Response(body, status, {name.replace("_", "-"): v for name, v in headers.items()}, content_type=JSON)

    return respond


def raw(body: str | bytes, content_type: str = JSON) -> Respond:
    """HTTP 200 with a body that is no answer."""
    return lambda *_: Response(body, content_type=content_type)


def hanging(site: ChatSite, asked: Asked) -> Response:
    """No answer until the test lets go."""
    site.released.wait(30)
    return well(site, asked)


def dripping(site: ChatSite, asked: Asked) -> Response:
    """Blanks that keep the connection open, and never an answer."""

    def drip() -> Iterator[bytes]:
        while not site.released.wait(0.05):
            yield b" "

    return Response(drip(), content_type=JSON)


@pytest.fixture(scope="session")
def chat_server() -> Iterator[HTTPServer]:
    """The server behind every `chat_site`, because to stop one takes half a second."""
    with HTTPServer(host="127.0.0.1", threaded=True) as server:
        yield server


@pytest.fixture
def chat_site(chat_server: HTTPServer) -> Iterator[ChatSite]:
    """A chat server that answers well until this test tells it otherwise."""
    from ci_core.llm.clients import forget_clients

    chat_server.clear()
    site = ChatSite(chat_server)
    for path, protocol in (("/v1/chat/completions", "openai"), ("/api/chat", "ollama")):
        chat_server.expect_request(path, method="POST").respond_with_handler(
            lambda request, protocol=protocol: site.handle(protocol, request)
        )
    chat_server.expect_request("/v1/models").respond_with_json({"object": "list", "data": [{"id": "gpt-4.1-mini"}]})
    chat_server.expect_request("/api/tags").respond_with_json({"models": [{"name": "llama3.1:latest"}]})
    yield site
    site.released.set()
    forget_clients()
