"""What a thing is called everywhere: a paper's DOI or arXiv id, a repository, a package.

To be spoken of is not to be the subject. A name counts where the item's own address gives it, where its title does, or
where the item announces something and links to one thing of the kind only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from ci_core.research.normalise.address import canonical_url
from ci_core.research.normalise.sites import ARXIV_ID, DOI, arxiv_id, package_name, repository_of
from ci_core.research.values import Item

# Where people post what stands elsewhere.
AGGREGATORS = frozenset({"reddit.com", "news.ycombinator.com", "lobste.rs"})
# So much of a text is looked at for the link that it is about.
OPENING_CHARACTERS = 1_500

_ARXIV_NAME = re.compile(rf"\barxiv\s*[:\s]\s*({ARXIV_ID})(?:v\d+)?\b", re.I)
_DOI_NAME = re.compile(rf"\b(?:doi\s*[:\s]\s*|https?://(?:dx\.)?doi\.org/)({DOI})", re.I)
_LINK = re.compile(r"https?://[^\s<>\"'`\]})]{3,2000}")
_DOI_IN_PATH = re.compile(
    rf"^/(?:[a-z]+/){{0,3}}(?:doi/)?(?:(?:abs|full|pdf|epdf|pdfplus|abstract|book|chapter|article)/)?({DOI})", re.I
)
_DOI_SUFFIX = re.compile(
    r"(?:v\d+)?(?:\.(?:full|abstract|short|pdf|html?))*(?:/(?:full|pdf|abstract|meta|epdf|html))*$", re.I
)
_NATURE = re.compile(r"^/articles/((?:s\d{5}|nature|ncomms|srep|sdata)[\w.-]+)$")
_ANNOUNCES = re.compile(
    r"\b(?:show hn|launch hn|introduc\w+|announc\w+|releas\w+|launch\w*|presenting|open[- ]sourc\w+|preprint|paper|"
    r"arxiv|study|(?:i|we)(?:'ve| have)? (?:just |recently |finally )*(?:built|made|wrote|written|created|developed|"
    r"published|released|coded|implemented|shipped)|my (?:new |first |latest )*(?:\w+ ){0,3}(?:library|project|tool|"
    r"package|framework|repo|bot|backtester|app|paper))\b",
    re.I,
)
_PAPERS = ("arxiv:", "doi:", "ssrn:")
_WORD = re.compile(r"[a-z0-9]+")


def subject_address(item: Item) -> str | None:
    """The canonical address of what the item is about: of the page that a post shares, else its own.

    A post on Reddit or Hacker News shares a page where it has a link that does not stand in its text.
    """
    own = canonical_url(item.url)
    host = urlsplit(own or "").netloc
    if host in AGGREGATORS:
        for link in item.links:
            shared = canonical_url(link)
            if shared is None or link in item.text:
                continue
            if urlsplit(shared).netloc != host or shared == own:
                return shared
    return own


def identities(item: Item, *, title: str, text: str, address: str | None) -> tuple[str, ...]:
    """The names of what the item is or announces, sorted: "arxiv:2401.01234", "doi:10.1000/1", "github:owner/name", …

    Args:
        title: plain text of the title.
        text: plain text of the body.
        address: what `subject_address` gave.
    """
    found = set(named_by(address)) if address else set()
    found.update(_spelled_out(title))
    if not found:
        found.update(_announced(item, title, text))
    return tuple(sorted(found))


def named_by(address: str) -> list[str]:
    """The names that a canonical address gives; none for pages about a thing, such as an issue of a repository."""
    parts = urlsplit(address)
    host, path = parts.netloc, parts.path
    segments = [part for part in path.split("/") if part]
    if host == "arxiv.org":
        paper = arxiv_id(path)
        return [f"arxiv:{paper}"] if paper else []
    if host == "github.com":
        repository = repository_of(path) if len(segments) == 2 else None
        return [f"github:{repository[0]}/{repository[1]}"] if repository else []
    if host == "gitlab.com" and len(segments) >= 2 and "/-/" not in path:
        return [f"gitlab:{'/'.join(segments).lower()}"]
    if host == "huggingface.co" and (len(segments) == 2 or segments[:1] in (["datasets"], ["spaces"])):
        return [f"huggingface:{'/'.join(segments).lower()}"]
    if host == "pypi.org" and len(segments) == 2 and segments[0] == "project":
        return [f"pypi:{package_name(segments[1])}"]
    if host == "npmjs.com" and segments[:1] == ["package"]:
        return [f"npm:{'/'.join(segments[1:])}"]
    if host == "crates.io" and segments[:1] == ["crates"]:
        return [f"crates:{segments[1]}"]
    if host == "cran.r-project.org" and path.startswith("/package="):
        return [f"cran:{path.removeprefix('/package=').lower()}"]
    if host == "ssrn.com" and path.startswith("/abstract="):
        return [f"ssrn:{path.removeprefix('/abstract=')}"]
    return _doi_of(host, path)


def _doi_of(host: str, path: str) -> list[str]:
    if host == "nature.com":
        article = _NATURE.match(path)
        return [f"doi:10.1038/{article[1].lower()}"] if article else []
    found = _DOI_IN_PATH.match(path)
    if found is None:
        return []
    name = found[1].lower()
    # Publishers append what is shown of the paper to its name; at doi.org the path is the name.
    return [f"doi:{name if host == 'doi.org' else _DOI_SUFFIX.sub('', name)}"]


def _spelled_out(text: str) -> Iterable[str]:
    for paper in _ARXIV_NAME.findall(text):
        yield f"arxiv:{paper.lower()}"
    for name in _DOI_NAME.findall(text):
        tidy = name.lower().rstrip(".,;:)]}'")
        yield from named_by(canonical_url(f"https://doi.org/{tidy}") or "")


def _announced(item: Item, title: str, text: str) -> set[str]:
    """The one repository, package or paper that a post links to, where its words say that this is what it is about."""
    opening = text[:OPENING_CHARACTERS]
    linked = [*item.links, *_LINK.findall(opening)]
    names: list[str] = []
    for link in linked:
        address = canonical_url(link.rstrip(".,;:!?*_"))
        names.extend(name for name in (named_by(address) if address else ()) if name not in names)
    names.extend(name for name in _spelled_out(opening) if name not in names)
    told = title.lower()
    words = set(_WORD.findall(told))
    announces = bool(_ANNOUNCES.search(title)) or bool(_ANNOUNCES.search(opening[:300]))
    papers = [name for name in names if name.startswith(_PAPERS)]
    things = [name for name in names if not name.startswith(_PAPERS)]
    chosen: set[str] = set()
    if len(papers) == 1 and announces:
        chosen.add(papers[0])
    called = [name for name in things if _is_called(name, told, words)]
    if len(called) == 1 and (announces or len(things) == 1):
        chosen.add(called[0])
    return chosen


def _is_called(name: str, title: str, words: set[str]) -> bool:
    """Whether a title has the name of a repository or a package, as one word or as several."""
    own = re.sub(r"[^a-z0-9]+", " ", name.partition(":")[2].rpartition("/")[2].lower()).split()
    whole = "".join(own)
    if len(whole) < 3:
        return False
    return whole in words or (len(own) > 1 and set(own) <= words) or (len(whole) > 5 and whole in _squeezed(title))


def _squeezed(text: str) -> str:
    return "".join(_WORD.findall(text))
