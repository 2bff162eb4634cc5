"""The one HTTP client: every answer is bounded in time and size, and every failure says what happened."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, TypeVar

import httpx
import stamina

from ci_core.errors import (
    SiteAnswerUnusable,
    SiteError,
    SiteLimited,
    SiteNotFound,
    SiteRefused,
    SiteUnreachable,
)
from ci_core.logs import get_logger
from ci_core.web import redirects
from ci_core.web.answer import Answer, AnswerProblem, Limits, too_large, unpacked
from ci_core.web.deadline import Connections, Deadline
from ci_core.web.gate import Gate, OpenGate
from ci_core.web.retry_after import next_try, retry_at
from ci_core.web.site_message import message_in

T = TypeVar("T")
Params = Mapping[str, str | int]
Judge = Callable[[Answer], None]
REDIRECTS = frozenset({301, 302, 303, 307, 308})
log = get_logger(__name__)
# What we would otherwise say of ourselves; a site learns how to reach the people.
USER_AGENT = "magnus-continuous-improvement/0.1 (research agent)"
PACKED = "gzip"
# So long the client waits by itself when a broken site says so; longer is the business of the next scan.
LONGEST_WAIT_SECONDS = 10.0
REPLACED = "some characters could not be read in the charset that was declared, and were replaced"
CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
# Its log names whole addresses, which may have a key in them.
logging.getLogger("httpx").setLevel(logging.WARNING)
# A second attempt is nothing that people need to know of; how it ends is told. Without this, it is said on stdout as
# soon as structlog has been loaded, in the middle of a command's JSON.
stamina.instrumentation.set_on_retry_hooks(())


def utc_now() -> datetime:
    """This moment in UTC."""
    return datetime.now(UTC)


class WebClient:
    """A client of one site, for one thread.

    Args:
        site: its name for people; every error begins with it.
        base_url: the configured address; only it may be private.
        gate: asked before each request, also before a second attempt.
        limits: how far the site may go.
        headers: sent with each request to the site itself.
        judge: looks at each answer first; may raise the site's own errors, or tell the gate what it heard.
        credentials_hint: which settings to fill in and where to get them, for 401 and 403.
        secrets: what must not stand in any text, whatever the site sends back.
        follow: whether redirects are followed at all.
        now: the clock for Retry-After.
    """

    def __init__(
        self,
        site: str,
        base_url: str,
        *,
        gate: Gate | None = None,
        limits: Limits | None = None,
        headers: Mapping[str, str] | None = None,
        judge: Judge | None = None,
        credentials_hint: str = "",
        secrets: Sequence[str] = (),
        follow: bool = True,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.site = site
        self.base_url = httpx.URL(base_url.rstrip("/"))
        self.gate = gate or OpenGate()
        self.limits = limits or Limits()
        self.remarks: list[str] = []
        self._headers = {"user-agent": USER_AGENT, "accept-encoding": PACKED, **(headers or {})}
        self._judge = judge
        self._hint = credentials_hint
        self._secrets = [secret for secret in secrets if secret]
        self._follow = follow
        self.now = now
        self._connections = Connections()
        self._client = httpx.Client(follow_redirects=False, timeout=self.limits.total_seconds)

    def __enter__(self) -> WebClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def json(self, path: str, params: Params | None = None) -> Any:
        """The JSON value at a path below the base address.

        Raises:
            SiteError: one of its kinds; a cut-off or malformed answer is `SiteAnswerUnusable`.
        """
        return self.ask("GET", self._address(path, params), self._as_json)

    def text(self, path: str, params: Params | None = None) -> str:
        """The text at a path below the base address; raises as `json` does."""
        return self.ask("GET", self._address(path, params), self._as_text)

    def ask(
        self,
        method: str,
        url: str,
        use: Callable[[Answer], T],
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes | str | None = None,
    ) -> T:
        """Send a request and give what `use` makes of the answer, which is none that tells of a failure.

        Asks again, after a moment, where the connection broke or the site said that it is broken (5xx).

        Raises:
            SiteError: one of its kinds; also when `use` raises `AnswerProblem`.
        """
        retries = stamina.retry_context(
            on=self._again,
            attempts=self.limits.attempts,
            timeout=None,
            wait_initial=self.limits.first_wait_seconds,
            wait_jitter=self.limits.first_wait_seconds,
            wait_max=LONGEST_WAIT_SECONDS,
        )
        try:
            for attempt in retries:
                with attempt, self._told():
                    self.gate.enter()
                    answer = self._exchange(method, url, {**self._headers, **_lower(headers)}, content)
                    self._check(answer)
                    result = use(answer)
        except SiteError as error:
            error.args = (self._masked(str(error)),)
            self.gate.leave(error)
            if isinstance(error, SiteLimited):
                log.warning("rate_limited", site=self.site, reason=str(error))
            else:
                log.error("call_failed", site=self.site, reason=str(error))
            raise
        self.gate.leave(None)
        return result

    def remark(self, what: str) -> None:
        """Keep that something was not as it should be, though it could be used."""
        if what not in self.remarks:
            self.remarks.append(what)

    def _address(self, path: str, params: Params | None) -> str:
        url = f"{self.base_url}{path}"
        return str(httpx.URL(url, params={name: str(value) for name, value in params.items()}) if params else url)

    def _as_json(self, answer: Answer) -> Any:
        value, replaced = answer.json()
        self._remark_if(replaced)
        return value

    def _as_text(self, answer: Answer) -> str:
        text, replaced = answer.text()
        self._remark_if(replaced)
        return text

    def _remark_if(self, replaced: bool) -> None:
        if replaced:
            self.remark(REPLACED)

    def _again(self, error: Exception) -> bool | float:
        if not isinstance(error, SiteUnreachable) or isinstance(error, _TimedOut):
            return False
        if error.retry_at is None:
            return True
        seconds = (error.retry_at - self.now()).total_seconds()
        return max(seconds, 0.0) if seconds <= LONGEST_WAIT_SECONDS else False

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What is wrong with an answer, as one of our errors."""
        try:
            yield
        except AnswerProblem as problem:
            raise SiteAnswerUnusable(self.site, str(problem)) from None

    def _exchange(self, method: str, url: str, headers: dict[str, str], content: bytes | str | None) -> Answer:
        current, address = httpx.URL(url), None
        with Deadline(self.limits.total_seconds, self._connections) as deadline:
            for _ in range(self.limits.redirects + 1):
                answer = self._one(method, current, address, headers, content, deadline)
                location = answer.headers.get("location")
                if not self._follow or answer.status not in REDIRECTS or location is None:
                    return answer
                if method not in {"GET", "HEAD"}:
                    raise AnswerProblem("it redirects what was sent to it, which is not followed")
                before = current
                current, address = redirects.followed(self.base_url, before, location)
                if not redirects.same_origin(before, current):
                    headers = {name: value for name, value in headers.items() if name not in CREDENTIALS}
        raise AnswerProblem(f"it redirects more than {self.limits.redirects} times")

    def _one(
        self,
        method: str,
        url: httpx.URL,
        address: str | None,
        headers: Mapping[str, str],
        content: bytes | str | None,
        deadline: Deadline,
    ) -> Answer:
        extensions: dict[str, Any] = {"trace": self._connections.trace}
        target = url
        if address is not None:  # the address that was checked, under the name that was asked for
            target = url.copy_with(host=address)
            headers = {**headers, "host": url.netloc.decode("ascii")}
            extensions["sni_hostname"] = url.host
        timeout = httpx.Timeout(
            deadline.left(self.limits.read_seconds), connect=deadline.left(self.limits.connect_seconds)
        )
        request = self._client.build_request(
            method, target, headers=headers, content=content, extensions=extensions, timeout=timeout
        )
        try:
            response = self._client.send(request, stream=True)
            try:
                return Answer(str(url), response.status_code, dict(response.headers), self._read(response, deadline))
            finally:
                response.close()
        except httpx.TransportError as error:
            raise self._unreachable(error, url, deadline) from None
        except (httpx.InvalidURL, httpx.HTTPError, UnicodeError):
            raise AnswerProblem("it answered in a way that is no HTTP") from None

    def _read(self, response: httpx.Response, deadline: Deadline) -> bytes:
        length = response.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.limits.most_bytes:
            raise too_large(self.limits.most_bytes)
        encoding = response.headers.get("content-encoding", "")
        return b"".join(unpacked(self._pieces(response, deadline), encoding, self.limits.most_bytes))

    def _pieces(self, response: httpx.Response, deadline: Deadline) -> Iterator[bytes]:
        for piece in response.iter_raw():
            if deadline.is_over:
                raise self._timed_out()
            yield piece

    def _timed_out(self) -> SiteError:
        return _TimedOut(self.site, f"no answer within {self.limits.total_seconds:g} s")

    def _unreachable(self, error: httpx.TransportError, url: httpx.URL, deadline: Deadline) -> SiteError:
        if deadline.is_over:
            return self._timed_out()
        if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
            return SiteUnreachable(self.site, f"no connection to {url.host}:{redirects.port_of(url)}")
        if isinstance(error, httpx.TimeoutException):
            return _TimedOut(self.site, f"no answer within {self.limits.read_seconds:g} s")
        if "complete message body" in str(error):
            return SiteAnswerUnusable(self.site, "the answer is cut off")
        return SiteUnreachable(self.site, "the connection broke off")

    def _check(self, answer: Answer) -> None:
        """Raise what an answer with an error status means; the site's own judgement comes first."""
        if self._judge is not None:
            self._judge(answer)
        if answer.status < 400:
            return
        raise self.failure(answer)

    def failure(self, answer: Answer, said: str | None = None) -> SiteError:
        """The error for an answer with an error status; `said` is the site's own explanation, if it is known."""
        status, now = answer.status, self.now()
        said = message_in(answer) if said is None else said
        words = f" ({said})" if said else ""
        again = retry_at(answer.headers, now)
        if status == 429:
            return self.limited(again, status=status)
        if status == 401:
            what = f"401{words}. {self._hint}".strip()
            return SiteRefused(self.site, what, status=status, prefix=" API authentication failed: ")
        if status == 403:
            return SiteRefused(self.site, f"403, it refuses access{words}. {self._hint}".strip(), status=status)
        if status in {404, 410}:
            return SiteNotFound(self.site, f"{status}, not there (any more){words}", status=status)
        if status >= 500 or status == 408:
            text = f"{status}{words}{next_try(again, now)}"
            return SiteUnreachable(self.site, text, status=status, retry_at=again)
        return SiteAnswerUnusable(self.site, f"{status}, it did not accept the request{words}", status=status)

    def limited(self, again: datetime | None, *, status: int | None = 429, why: str = "") -> SiteLimited:
        """That the site wants no further request before `again`, or, where it does not say, for a minute."""
        now = self.now()
        again = again or now + timedelta(minutes=1)
        what = why or str(status)
        return SiteLimited(self.site, f"{what}{next_try(again, now)}", status=status, retry_at=again)

    def _masked(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "•••")
        return text


class _TimedOut(SiteUnreachable):
    """The time that was given is spent: asking again at once would spend as much."""


def _lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {name.lower(): value for name, value in (headers or {}).items()}
