"""GitHub, by PyGithub: repositories by topic and by words; issues, discussions and releases of named repositories.

Runs without credentials; a token raises the limits and opens discussions.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from ci_core.errors import InvalidInput, SiteAnswerUnusable
from ci_core.research.sources.entry import Entry, items_of
from ci_core.research.sources.github_items import (
    discussion_item,
    issue_item,
    release_item,
    repository_item,
)
from ci_core.research.sources.reading import PAGE, SPARE_PAGES, Asked, Filters, Pace, Site, SourceConfig, interleaved
from ci_core.research.values import Item
from ci_core.settings import Settings
from ci_core.web import Answer, News, WebClient
from ci_core.web.retry_after import reset_at, retry_at
from ci_core.web.site_message import message_in

if TYPE_CHECKING:
    import requests
    from github import Github
    from github.GithubObject import GithubObject
    from github.Requester import RequestsResponse

LABEL = "GitHub"
TOKEN_HINT = "Check GITHUB_TOKEN: a token without any scope will do (https://github.com/settings/tokens)."  # noqa: S105 - no token
USER_AGENT = "magnus-continuous-improvement"
DISCUSSIONS = """
query ($owner: String!, $name: String!, $first: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    discussions(first: $first, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id url title body createdAt upvoteCount
        author { login }
        comments { totalCount }
      }
    }
  }
}
"""
Topic = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,49}$")]
Repository = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$")]
Part = Literal["issues", "discussions", "releases"]


class GitHubFilters(Filters):
    """The filters.

    topics: repositories of each of these. language, min_stars: only repositories in it, with so many. repositories:
    "owner/name" whose `include` ("issues", "discussions", "releases"; all) is read as well. min_comments: only issues
    and discussions with so many.
    """

    topics: tuple[Topic, ...] = Field((), max_length=20)
    language: str | None = Field(None, pattern=r"^[A-Za-z0-9+#. -]{1,40}$")
    min_stars: int = Field(0, ge=0)
    repositories: tuple[Repository, ...] = Field((), max_length=50)
    include: tuple[Part, ...] = ("issues", "discussions", "releases")
    min_comments: int = Field(0, ge=0)


def read(asked: Asked) -> Generator[Item, None, None]:
    """What every topic, every query and every named repository has, in turn."""
    filters = asked.filters(GitHubFilters)
    token = asked.settings.github_token
    judge = _Judge(asked)
    with asked.client(
        LABEL, asked.settings.github_api_url, judge=judge, credentials_hint=TOKEN_HINT, secrets=(token,)
    ) as web:
        judge.web = web
        with _translated():
            hub = _github(asked, web)
            streams = [_repositories(asked, hub, f"topic:{topic}", filters) for topic in filters.topics]
            streams += [_repositories(asked, hub, query, filters) for query in asked.source.search_queries]
            for name in filters.repositories:
                streams += [_part(part, asked, hub, name, filters) for part in _parts(asked, filters)]
            yield from interleaved(streams)


def place(source: SourceConfig) -> None:
    """All of GitHub is no source.

    Raises:
        InvalidInput: neither a topic, a query nor a repository is given.
    """
    filters = source.search_filters
    if not (source.search_queries or filters.get("topics") or filters.get("repositories")):
        raise InvalidInput("search_filters", "Name a topic, a query or a repository (owner/name) of GitHub.")


def _github(asked: Asked, web: WebClient) -> Github:
    """PyGithub, whose every request goes through our client: our time-outs, our bounds, and none of its sleeps."""
    import github

    from ci_core.web.library_adapter import session_through

    token = asked.settings.github_token
    hub = github.Github(
        auth=github.Auth.Token(token) if token else None,
        base_url=asked.settings.github_api_url,
        user_agent=USER_AGENT,
        per_page=PAGE if asked.source.search_filters.get("repositories") else min(PAGE, asked.limit),
        retry=0,
        seconds_between_requests=None,
        seconds_between_writes=None,
        lazy=True,
    )
    connection = partial(_Connection, session_through(web), web.base_url.scheme)
    # Its own way to exchange this (injectConnectionClasses) would do so for the whole process.
    for name in ("connectionClass", "httpConnectionClass", "httpsConnectionClass"):
        setattr(hub.requester, f"_Requester__{name}", connection)
    return hub


class _Connection:
    """What PyGithub takes for a connection; it gives the request first and then asks for the answer."""

    def __init__(
        self, session: requests.Session, scheme: str, host: str, port: int | None = None, **_unused: object
    ) -> None:
        self.host = host
        self._session = session
        self._place = f"{scheme}://{host}" + (f":{port}" if port else "")
        self._asked: tuple[str, str, Any, dict[str, str]] = ("GET", "/", None, {})

    def request(self, verb: str, url: str, body: Any, headers: dict[str, str], _stream: bool = False) -> None:
        """Keep what is to be sent; `url` is the path."""
        self._asked = (verb, url, body, headers)

    def getresponse(self) -> RequestsResponse:
        """Send it."""
        from github.Requester import RequestsResponse

        verb, url, body, headers = self._asked
        return RequestsResponse(self._session.request(verb, self._place + url, data=body, headers=headers))

    def close(self) -> None:
        """Nothing: the client belongs to the reading."""


class _Judge:
    """Tells the gate what the headers say of the limits, and knows a limit that comes as 403."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self.web: WebClient | None = None

    def __call__(self, answer: Answer) -> None:
        web = self.web
        if web is None:
            return
        now, left = web.now(), answer.headers.get("x-ratelimit-remaining", "")
        again = reset_at(answer.headers.get("x-ratelimit-reset"), now)
        if left.isdecimal():
            web.gate.heard(News(int(left[:9]), again))
        if answer.status in {403, 429}:
            wait = retry_at(answer.headers, now)
            spent = left == "0"
            if wait is not None or spent or "rate limit" in message_in(answer).lower():
                raise web.limited(wait or (again if spent else None), status=answer.status)


@contextmanager
def _translated() -> Iterator[None]:
    """What PyGithub raises about an answer, as our errors; those of our client pass through it."""
    import github

    try:
        yield
    except (github.GithubException, AssertionError, KeyError, TypeError, RuntimeError, ValueError) as error:
        raise SiteAnswerUnusable(LABEL, f"the answer is not what PyGithub expects ({type(error).__name__})") from None


def _repositories(asked: Asked, hub: Github, words: str, filters: GitHubFilters) -> Iterator[Item]:
    """Repositories, those first that changed last; the first time the ones with most stars."""
    wanted = [words]
    if filters.min_stars:
        wanted.append(f"stars:>={filters.min_stars}")
    if filters.language:
        wanted.append(f'language:"{filters.language}"')
    if asked.since is not None:
        wanted.append(f"pushed:>={asked.since:%Y-%m-%dT%H:%M:%SZ}")
    found = hub.search_repositories(" ".join(wanted), sort="updated" if asked.since else "stars", order="desc")
    # GitHub answers at most 1,000 results of one search.
    yield from _entries(asked, found, repository_item)


def _parts(asked: Asked, filters: GitHubFilters) -> Iterator[Part]:
    for part in filters.include:
        if part == "discussions" and not asked.settings.github_token:
            # GraphQL answers nobody without a token; whoever asked for discussions in so many words is told.
            if "include" in filters.model_fields_set:
                asked.remark("discussions are read only with GITHUB_TOKEN (https://github.com/settings/tokens)")
            continue
        yield part


def _part(part: Part, asked: Asked, hub: Github, name: str, filters: GitHubFilters) -> Iterator[Item]:
    if part == "discussions":
        return _discussions(asked, hub, name, filters)
    return _issues(asked, hub, name, filters) if part == "issues" else _releases(asked, hub, name)


def _issues(asked: Asked, hub: Github, name: str, filters: GitHubFilters) -> Iterator[Item]:
    repository = hub.get_repo(name)
    if asked.since is None:
        found = repository.get_issues(state="all", sort="created", direction="desc")
    else:
        found = repository.get_issues(state="all", sort="updated", direction="desc", since=asked.since)
    yield from _entries(asked, found, partial(issue_item, name, filters.min_comments))


def _releases(asked: Asked, hub: Github, name: str) -> Iterator[Item]:
    for item in _entries(asked, hub.get_repo(name).get_releases(), partial(release_item, name)):
        if asked.is_old(item.published_at):
            return
        yield item


def _discussions(asked: Asked, hub: Github, name: str, filters: GitHubFilters) -> Iterator[Item]:
    owner, _, repository = name.partition("/")
    after: str | None = None
    for _ in asked.pages(min(PAGE, asked.limit)):
        asks = {"owner": owner, "name": repository, "first": min(PAGE, asked.limit), "after": after}
        _, answer = hub.requester.graphql_query(DISCUSSIONS, asks)
        found = Entry(answer).entry("data").entry("repository").entry("discussions")
        for item in items_of(found.list("nodes"), partial(discussion_item, name, filters.min_comments), asked.remark):
            if asked.is_old(item.published_at):
                return
            yield item
        pages = found.entry("pageInfo")
        if not pages.is_set("hasNextPage") or pages.text("endCursor") in {"", after}:
            return
        after = pages.text("endCursor")


def _entries(asked: Asked, found: Iterable[GithubObject], convert: Callable[[Entry], Item | None]) -> Iterator[Item]:
    # As it came: an attribute that is missing would be fetched with a request of its own.
    from github.GithubObject import GithubObject

    as_it_came: Callable[[GithubObject], object] = vars(GithubObject)["raw_data"].__get__

    def fields() -> Iterator[object]:
        most = asked.limit + SPARE_PAGES * PAGE
        for thing in islice(found, most):
            entry = as_it_came(thing)
            if not isinstance(entry, dict):
                raise SiteAnswerUnusable(LABEL, "the answer has no list of entries")
            most -= 1
            yield entry
        if most == 0:
            asked.stopped_short()

    return items_of(fields(), convert, asked.remark)


def pace(settings: Settings) -> Pace:
    """Searches are allowed 30 times a minute with a token and 10 times without; burst and pace stay below it."""
    return Pace(20, burst=10) if settings.github_token else Pace(5, burst=5)


SITE = Site(
    source_type="github",
    label=LABEL,
    filters=GitHubFilters,
    pace=pace,
    read=read,
    place=place,
    overlap=timedelta(days=1),  # the search learns of a change some time after it
    changes=True,
    credentials={"GITHUB_TOKEN": False},
)
