"""What is known of single sites: which of their addresses are one page, and which name the thing on it has."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

Query = list[tuple[str, str]]
Address = tuple[str, str, Query]

ARXIV_ID = r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})"
_ARXIV_PATH = re.compile(
    rf"^/(?:abs|pdf|html|format|ps|papers|labs/html|overview)/({ARXIV_ID})(?:v\d+)?(?:\.pdf)?$", re.I
)
_ARXIV_HOSTS = frozenset(
    {"arxiv.org", "export.arxiv.org", "xxx.lanl.gov", "alphaxiv.org", "ar5iv.org", "ar5iv.labs.arxiv.org"}
)
DOI = r"10\.\d{4,9}/[^\s\"<>?#]+"
_DOI_OF_ARXIV = re.compile(rf"^10\.48550/arxiv\.({ARXIV_ID})(?:v\d+)?$", re.I)
_REDDIT_POST = re.compile(r"^(?:/(?:r|user|u)/[^/]+)?/comments/([a-z0-9]+)(?:/[^/]*(?:/([a-z0-9]+))?)?$", re.I)
_QUESTION = re.compile(r"^/(?:questions|q)/(\d+)(?:/.*)?$")
_YOUTUBE_PATH = re.compile(r"^/(?:shorts|embed|live|v)/([\w-]{6,})$")
_ASKING_SITES = frozenset(
    {"stackoverflow.com", "serverfault.com", "superuser.com", "askubuntu.com", "mathoverflow.net", "stackapps.com"}
)
# Names under github.com that are pages of GitHub and not people.
_NO_OWNERS = frozenset(
    """
    about apps blog collections contact customer-stories enterprise events explore features issues join login
    marketplace new notifications orgs pricing pulls readme search security sessions settings site sponsors
    stars topics trending users
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)
# A document in a repository is a thing of its own; its code is not.
_DOCUMENT = re.compile(r"\.(?:md|markdown|rst|txt|adoc|org|pdf|ipynb|html?)$", re.I)
_README = re.compile(r"^readme(?:\.[a-z0-9]+)?$", re.I)
_HOME_OF_REPOSITORY = frozenset(
    """
    stargazers watchers network forks actions pulse graphs projects branches tags releases contributors
    packages activity wiki
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)


def unwrapped(host: str, path: str, query: dict[str, str]) -> str | None:
    """The address that this one only leads to, where it says so itself (redirects, AMP caches, archives); else None."""
    named = {
        ("google.com", "/url"): ("q", "url"),
        ("out.reddit.com", ""): ("url",),
        ("l.facebook.com", "/l.php"): ("u",),
        ("facebook.com", "/l.php"): ("u",),
        ("lm.facebook.com", "/l.php"): ("u",),
        ("youtube.com", "/redirect"): ("q",),
        ("steamcommunity.com", "/linkfilter"): ("url",),
    }.get((host, path if host != "out.reddit.com" else ""), ())
    for name in named:
        if query.get(name, "").startswith(("http://", "https://")):
            return query[name]
    amp = re.match(r"^/(?:amp/|[cvi]/)(?:(s)/)?([^/]+\.[^/]+(?:/.*)?)$", path)
    if amp and (host == "google.com" or host.endswith("cdn.ampproject.org") or host == "cdn.ampproject.org"):
        return f"http{amp[1] or ''}://{amp[2]}"
    archived = re.match(r"^/web/\d+[a-z_]*/(https?):/+(.+)$", path) if host == "web.archive.org" else None
    return f"{archived[1]}://{archived[2]}" if archived else None


def at_home(host: str, path: str, query: Query) -> Address:
    """The address as its own site would give it; unknown sites keep theirs."""
    known = _SITES.get(host)
    if known is None and host.endswith(".stackexchange.com"):
        known = _question
    return known(host, path, query) if known else (host, path, query)


def repository_of(path: str) -> tuple[str, str] | None:
    """Owner and name in a path at GitHub, in lower case; None for GitHub's own pages and for people."""
    parts = [part for part in path.split("/") if part]
    if len(parts) < 2 or parts[0].lower() in _NO_OWNERS:
        return None
    return parts[0].lower(), parts[1].lower().removesuffix(".git")


def arxiv_id(path: str) -> str | None:
    """The paper's id, without its version, in a path of arXiv or of a site that shows its papers."""
    found = _ARXIV_PATH.match(path)
    return found[1].lower() if found else None


def _arxiv(_host: str, path: str, query: Query) -> Address:
    paper = arxiv_id(path)
    return ("arxiv.org", f"/abs/{paper}", []) if paper else (_host, path, query)


def _doi(_host: str, path: str, _query: Query) -> Address:
    name = unquote(path).lstrip("/").lower()
    paper = _DOI_OF_ARXIV.match(name)
    return ("arxiv.org", f"/abs/{paper[1]}", []) if paper else ("doi.org", f"/{name}", [])


def _hugging_face(host: str, path: str, query: Query) -> Address:
    if path.startswith("/papers/"):
        return _arxiv(host, path, query)
    branch = re.match(r"^(/(?:(?:datasets|spaces)/)?[^/]+/[^/]+)/(?:tree|blob|resolve)/.*$", path)
    return ("huggingface.co", branch[1] if branch else path, [])


def _github(_host: str, path: str, query: Query) -> Address:
    repository = repository_of(path)
    if repository is None:
        return "github.com", path.lower(), query
    home = f"/{repository[0]}/{repository[1]}"
    rest = [part for part in path.split("/") if part][2:]
    if not rest or rest[0] == "tree" or (len(rest) == 1 and rest[0].lower() in _HOME_OF_REPOSITORY):
        return "github.com", home, []
    if rest[0] in ("blob", "raw", "blame", "edit"):
        inside = rest[2:]
        document = bool(inside) and not _README.match(inside[-1]) and bool(_DOCUMENT.search(inside[-1]))
        return "github.com", f"{home}/blob/head/{'/'.join(inside)}" if document else home, []
    if rest[0] in ("issues", "pull", "discussions") and len(rest) > 2:
        rest = rest[:2]
    return "github.com", f"{home}/{'/'.join(rest)}", []


def _raw_github(host: str, path: str, query: Query) -> Address:
    parts = [part for part in path.split("/") if part]
    if len(parts) < 4:
        return host, path, query
    return _github(host, f"/{parts[0]}/{parts[1]}/blob/{'/'.join(parts[2:])}", query)


def _gist(host: str, path: str, _query: Query) -> Address:
    parts = [part for part in path.split("/") if part]
    return host, f"/{parts[1]}" if len(parts) > 1 else path, []


def _gitlab(host: str, path: str, query: Query) -> Address:
    home, _, inside = path.partition("/-/")
    kept = inside.split("/")[0] in ("issues", "merge_requests", "releases", "commit") if inside else False
    return host, (path if kept else home).removesuffix(".git"), query if kept else []


def _reddit(_host: str, path: str, query: Query) -> Address:
    post = _REDDIT_POST.match(path)
    if post is None:
        return "reddit.com", path, query
    comment = f"/_/{post[2].lower()}" if post[2] else ""
    return "reddit.com", f"/comments/{post[1].lower()}{comment}", []


def _short_reddit(_host: str, path: str, _query: Query) -> Address:
    return "reddit.com", f"/comments{path}", []


def _hacker_news(host: str, path: str, query: Query) -> Address:
    return host, path, [pair for pair in query if pair[0] == "id"] if path == "/item" else query


def _question(host: str, path: str, query: Query) -> Address:
    found = _QUESTION.match(path)
    return (host, f"/questions/{found[1]}", []) if found else (host, path, query)


def _youtube(_host: str, path: str, query: Query) -> Address:
    found = _YOUTUBE_PATH.match(path)
    if found:
        return "youtube.com", "/watch", [("v", found[1])]
    if path == "/watch":
        return "youtube.com", path, [pair for pair in query if pair[0] == "v"]
    return "youtube.com", path, query


def _short_youtube(_host: str, path: str, _query: Query) -> Address:
    return "youtube.com", "/watch", [("v", path.lstrip("/"))]


def _twitter(_host: str, path: str, query: Query) -> Address:
    post = re.match(r"^/[^/]+/status(?:es)?/(\d+)", path)
    return ("x.com", f"/i/status/{post[1]}", []) if post else ("x.com", path, query)


def _pypi(_host: str, path: str, query: Query) -> Address:
    found = re.match(r"^/(?:project|pypi)/([A-Za-z0-9._-]+)(?:/.*)?$", path)
    return ("pypi.org", f"/project/{package_name(found[1])}", []) if found else ("pypi.org", path, query)


def _npm(host: str, path: str, query: Query) -> Address:
    found = re.match(r"^/package/((?:@[^/]+/)?[^/]+)", path)
    return (host, f"/package/{found[1].lower()}", []) if found else (host, path, query)


def _crates(host: str, path: str, query: Query) -> Address:
    found = re.match(r"^/crates/([\w-]+)", path)
    return (host, f"/crates/{found[1].lower()}", []) if found else (host, path, query)


def _cran(host: str, path: str, query: Query) -> Address:
    named = next((value for name, value in query if name == "package"), None)
    found = re.match(r"^(?:/web/packages/|/package=)([A-Za-z0-9.]+)", path)
    package = named or (found[1] if found else None)
    return (host, f"/package={package}", []) if package else (host, path, query)


def _ssrn(host: str, path: str, query: Query) -> Address:
    number = next((value for name, value in query if name.lower() in ("abstract_id", "abstractid", "abstract")), None)
    found = re.match(r"^/(?:abstract=)?(\d+)$", path)
    number = number or (found[1] if found else None)
    return ("ssrn.com", f"/abstract={number}", []) if number else (host, path, query)


def _open_review(host: str, path: str, query: Query) -> Address:
    number = [pair for pair in query if pair[0] == "id"]
    return (host, "/forum", number) if path in ("/forum", "/pdf") and number else (host, path, query)


def package_name(name: str) -> str:
    """A package's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


_SITES: dict[str, Callable[[str, str, Query], Address]] = {
    **dict.fromkeys(_ARXIV_HOSTS, _arxiv),
    **dict.fromkeys(("doi.org", "dx.doi.org"), _doi),
    **dict.fromkeys(("youtube.com", "music.youtube.com", "youtube-nocookie.com"), _youtube),
    **dict.fromkeys(("twitter.com", "x.com", "nitter.net"), _twitter),
    **dict.fromkeys(("pypi.org", "pypi.python.org"), _pypi),
    **dict.fromkeys(("ssrn.com", "papers.ssrn.com"), _ssrn),
    **dict.fromkeys(_ASKING_SITES, _question),
    "huggingface.co": _hugging_face,
    "github.com": _github,
    "raw.githubusercontent.com": _raw_github,
    "gist.github.com": _gist,
    "gitlab.com": _gitlab,
    "reddit.com": _reddit,
    "redd.it": _short_reddit,
    "news.ycombinator.com": _hacker_news,
    "youtu.be": _short_youtube,
    "npmjs.com": _npm,
    "crates.io": _crates,
    "cran.r-project.org": _cran,
    "openreview.net": _open_review,
}
