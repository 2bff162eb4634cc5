"""The one HTTP client is bounded in time and size, goes nowhere it should not, and says what happened."""

from __future__ import annotations

import gzip
import re
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Event, Thread

import pytest
import stamina
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from ci_core.errors import (
    SiteAnswerUnusable,
    SiteError,
    SiteLimited,
    SiteNotFound,
    SiteRefused,
    SiteUnreachable,
)
from ci_core.web import Answer, Limits, OpenGate, WebClient, redirects
from ci_core.web.answer import MIB

NOW = datetime(2026, 11, 25, 14, 3, 20, tzinfo=UTC)
NewClient = Callable[..., WebClient]


class Watching(OpenGate):
    """A gate that remembers how it was left."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[SiteError | None] = []

    def leave(self, error: SiteError | None) -> None:
        self.left.append(error)


@pytest.fixture(scope="module")
def standing() -> Iterator[HTTPServer]:
    server = HTTPServer("127.0.0.1", 0, threaded=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(standing: HTTPServer) -> Iterator[HTTPServer]:
    standing.clear()
    with stamina.set_testing(True, attempts=3, cap=True):
        yield standing


@pytest.fixture
def client(server: HTTPServer) -> Iterator[NewClient]:
    made: list[WebClient] = []

    def new(base: str | None = None, **options: object) -> WebClient:
        given: dict[str, object] = {"limits": Limits(total_seconds=5), "now": lambda: NOW, **options}
        made.append(WebClient("Site", base or server.url_for(""), **given))  # type: ignore[arg-type]
        return made[-1]

    yield new
    for one in made:
        one.__exit__(None, None, None)


def always(server: HTTPServer, *answers: Response | Callable[[Request], Response]) -> list[Request]:
    """Give the answers one after another, the last one for ever; gives the list of what was asked."""
    asked: list[Request] = []

    def handle(request: Request) -> Response:
        asked.append(request)
        answer = answers[min(len(asked), len(answers)) - 1]
        return answer if isinstance(answer, Response) else answer(request)

    server.expect_request(re.compile(".*")).respond_with_handler(handle)
    return asked


def json(body: str, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(body, status, named, content_type="application/json")


class TestAnswers:
    def test_json_with_parameters(self, server: HTTPServer, client: NewClient) -> None:
        asked = always(server, json('{"a": "é"}'))

        assert client().json("/x", {"q": "a b&c", "n": 3}) == {"a": "é"}
        assert asked[0].args.to_dict() == {"q": "a b&c", "n": "3"}

    def test_gzip_is_unpacked(self, server: HTTPServer, client: NewClient) -> None:
        always(server, Response(gzip.compress(b"[1]"), 200, {"Content-Encoding": "gzip"}))

        assert client().json("/") == [1]

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b'{"a": [1, 2', "cut off"),
            (b'{"a": "some te', "cut off"),
            (b"<html>", "no JSON"),
            (b"", "empty"),
            (b"[" * 200_000, "no JSON"),
            (b"1" * 10_000, "no JSON"),
        ],
    )
    def test_what_is_no_json_is_said_so(self, server: HTTPServer, client: NewClient, body: bytes, says: str) -> None:
        always(server, Response(body))

        with pytest.raises(SiteAnswerUnusable, match=f"Site: the answer is .*{says}"):
            client().json("/")

    def test_what_is_not_in_its_charset_is_replaced_and_remarked(self, server: HTTPServer, client: NewClient) -> None:
        always(server, Response('["é"]'.encode("latin-1"), content_type="application/json; charset=utf-8"))
        web = client()

        assert web.json("/") == ["\N{REPLACEMENT CHARACTER}"]
        assert "charset" in web.remarks[0]

    def test_the_gate_learns_of_an_answer_that_cannot_be_used(self, server: HTTPServer, client: NewClient) -> None:
        always(server, Response("{"))
        gate = Watching()

        with pytest.raises(SiteAnswerUnusable) as told:
            client(gate=gate).json("/")

        assert gate.left == [told.value]


class TestSize:
    LIMITS = Limits(most_bytes=MIB, total_seconds=5)

    def test_as_much_as_is_allowed(self, server: HTTPServer, client: NewClient) -> None:
        always(server, Response(b"x" * MIB))

        assert len(client(limits=self.LIMITS).text("/")) == MIB

    @pytest.mark.parametrize("packed", [False, True])
    def test_one_byte_more_is_refused(self, server: HTTPServer, client: NewClient, packed: bool) -> None:
        body = b"x" * (MIB + 1)
        always(server, Response(gzip.compress(body), 200, {"Content-Encoding": "gzip"}) if packed else Response(body))

        with pytest.raises(SiteAnswerUnusable, match="larger than 1 MiB"):
            client(limits=self.LIMITS).text("/")

    def test_an_endless_answer_is_not_read_to_its_end(self, server: HTTPServer, client: NewClient) -> None:
        sent = []

        def endless(_request: Request) -> Response:
            return Response(piece for piece in iter(lambda: sent.append(1) or b"x" * MIB, None))

        always(server, endless)

        with pytest.raises(SiteAnswerUnusable, match="larger than 1 MiB"):
            client(limits=self.LIMITS).text("/")
        assert len(sent) < 50

    def test_a_bomb_never_unfolds(self, server: HTTPServer, client: NewClient) -> None:
        bomb = gzip.compress(bytes(64 * MIB))
        always(server, Response(bomb, 200, {"Content-Encoding": "gzip"}))
        web = client(limits=self.LIMITS)
        tracemalloc.start()

        with pytest.raises(SiteAnswerUnusable, match="larger than 1 MiB"):
            web.text("/")

        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
        tracemalloc.stop()

    @pytest.mark.parametrize(
        ("encoding", "body"),
        [("br", b"x"), ("gzip", b"no gzip"), ("gzip", gzip.compress(b"x" * 99)[:-9])],
        ids=["unknown", "not-packed", "cut-off"],
    )
    def test_a_strange_packing_is_refused(
        self, server: HTTPServer, client: NewClient, encoding: str, body: bytes
    ) -> None:
        always(server, Response(body, 200, {"Content-Encoding": encoding}))

        with pytest.raises(SiteAnswerUnusable):
            client().text("/")


class TestTime:
    def test_a_hang_ends(self, server: HTTPServer, client: NewClient) -> None:
        released = Event()
        asked = always(server, lambda _request: Response(str(released.wait(5))))
        begun = time.monotonic()

        with pytest.raises(SiteUnreachable, match=r"Site: no answer within 0\.3 s"):
            client(limits=Limits(total_seconds=0.3)).text("/")

        released.set()
        assert time.monotonic() - begun < 3
        assert len(asked) == 1  # to ask again would take as long

    def test_a_byte_now_and_then_does_not_hold_us(self, client: NewClient) -> None:
        with dripping(b"HTTP/1.1 200 OK\r\nX-Long: ") as base:
            begun = time.monotonic()
            with pytest.raises(SiteUnreachable, match=r"no answer within 0\.4 s"):
                client(base, limits=Limits(total_seconds=0.4)).text("/")

        assert time.monotonic() - begun < 3

    def test_nobody_there(self, client: NewClient) -> None:
        with pytest.raises(SiteUnreachable, match=r"Site: no connection to 127\.0\.0\.1:9"):
            client("http://127.0.0.1:9").text("/")


class dripping:  # noqa: N801 - reads as a block
    """A server that sends its headers one byte at a time."""

    def __init__(self, begin: bytes) -> None:
        self._begin = begin
        self._end = Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = Thread(target=self._serve, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_unused: object) -> None:
        self._end.set()
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        try:
            connection, _ = self._socket.accept()
            with connection:
                connection.sendall(self._begin)
                while not self._end.wait(0.02):
                    connection.sendall(b"x")
        except OSError:
            return


class TestStatuses:
    @pytest.mark.parametrize(
        ("status", "kind", "text"),
        [
            (401, SiteRefused, "Site API authentication failed: 401 (why). Set KEY."),
            (403, SiteRefused, "Site: 403, it refuses access (why). Set KEY."),
            (404, SiteNotFound, "Site: 404, not there (any more) (why)"),
            (410, SiteNotFound, "Site: 410, not there (any more) (why)"),
            (400, SiteAnswerUnusable, "Site: 400, it did not accept the request (why)"),
            (500, SiteUnreachable, "Site: 500 (why)"),
            (503, SiteUnreachable, "Site: 503 (why)"),
        ],
    )
    def test_each_has_its_error(
        self, server: HTTPServer, client: NewClient, status: int, kind: type[SiteError], text: str
    ) -> None:
        always(server, json('{"message": "why"}', status))

        with pytest.raises(kind) as told:
            client(credentials_hint="Set KEY.").json("/")

        assert str(told.value) == text
        assert told.value.status == status

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
    def test_what_will_not_get_better_is_asked_once(self, server: HTTPServer, client: NewClient, status: int) -> None:
        asked = always(server, json("{}", status))

        with pytest.raises(SiteError):
            client().json("/")

        assert len(asked) == 1

    def test_a_broken_site_is_asked_three_times(self, server: HTTPServer, client: NewClient) -> None:
        asked, gate = always(server, json("{}", 502)), Watching()

        with pytest.raises(SiteUnreachable):
            client(gate=gate).json("/")

        assert (len(asked), gate.requests, len(gate.left)) == (3, 3, 1)

    def test_a_short_outage_is_none(self, server: HTTPServer, client: NewClient) -> None:
        always(server, json("{}", 502), json("{}", 503, Retry_After="0"), json("[1]"))
        gate = Watching()

        assert client(gate=gate).json("/") == [1]
        assert gate.left == [None]

    def test_a_long_outage_is_not_waited_for(self, server: HTTPServer, client: NewClient) -> None:
        asked = always(server, json("{}", 503, Retry_After="600"))

        with pytest.raises(SiteUnreachable, match="Site: 503, next try 14:14 UTC") as told:
            client().json("/")

        assert len(asked) == 1
        assert told.value.retry_at == datetime(2026, 11, 25, 14, 13, 20, tzinfo=UTC)

    def test_a_limit_says_until_when(self, server: HTTPServer, client: NewClient) -> None:
        always(server, json("{}", 429, Retry_After="Wed, 25 Nov 2026 14:05:00 GMT"))

        with pytest.raises(SiteLimited, match=r"^Site: 429, next try 14:05 UTC$"):
            client().json("/")

    def test_a_limit_without_an_end_holds_for_a_minute(self, server: HTTPServer, client: NewClient) -> None:
        always(server, json("{}", 429))

        with pytest.raises(SiteLimited, match="next try 14:05"):
            client().json("/")

    def test_secrets_that_come_back_are_masked(self, server: HTTPServer, client: NewClient) -> None:
        always(server, json('{"message": "bad key s3cret"}', 401))

        with pytest.raises(SiteRefused) as told:
            client(secrets=("s3cret",)).json("/", {"key": "s3cret"})

        assert "s3cret" not in str(told.value)
        assert "bad key •••" in str(told.value)

    def test_what_a_site_says_is_one_harmless_line(self, server: HTTPServer, client: NewClient) -> None:
        always(server, json('{"message": "a\\u001b[31m\\n' + "b" * 500 + '"}', 400))

        with pytest.raises(SiteAnswerUnusable) as told:
            client().json("/")

        assert str(told.value).isprintable()
        assert len(str(told.value)) < 250


class TestRedirects:
    def test_within_the_site(self, server: HTTPServer, client: NewClient) -> None:
        always(server, Response(status=301, headers={"Location": "/new?x=1"}), json("[2]"))

        assert client().json("/old") == [2]

    @pytest.mark.parametrize(
        "location", ["http://169.254.169.254/", "http://127.0.0.1:9/", "http://[::1]/", "//10.0.0.1/x"]
    )
    def test_never_into_our_own_network(self, server: HTTPServer, client: NewClient, location: str) -> None:
        asked = always(server, Response(status=302, headers={"Location": location}))

        with pytest.raises(SiteAnswerUnusable, match="private address"):
            client().json("/")

        assert len(asked) == 1

    def test_elsewhere_to_the_address_that_was_checked_and_without_credentials(
        self, server: HTTPServer, client: NewClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = always(
            server,
            Response(status=302, headers={"Location": f"http://elsewhere.example.org:{server.port}/there"}),
            json("[3]"),
        )
        monkeypatch.setattr(redirects, "resolved", lambda _host, _port: ["127.0.0.1"])
        monkeypatch.setattr(redirects, "is_public", lambda _address: True)

        assert client(headers={"authorization": "Bearer s3cret"}).json("/") == [3]
        assert asked[0].headers["Authorization"] == "Bearer s3cret"
        assert "Authorization" not in asked[1].headers
        assert asked[1].headers["Host"] == f"elsewhere.example.org:{server.port}"

    def test_what_is_sent_goes_nowhere_else(self, server: HTTPServer, client: NewClient) -> None:
        asked = always(server, Response(status=307, headers={"Location": "/other"}))

        with pytest.raises(SiteAnswerUnusable, match="not followed"):
            client().ask("POST", server.url_for("/"), lambda answer: answer, content=b"x")

        assert len(asked) == 1

    def test_not_at_all_where_the_site_means_something_else_by_them(
        self, server: HTTPServer, client: NewClient
    ) -> None:
        always(server, Response(status=302, headers={"Location": "/other"}))

        answer: Answer = client(follow=False).ask("GET", server.url_for("/"), lambda answer: answer)

        assert answer.status == 302
