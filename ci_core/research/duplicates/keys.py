"""What decides without comparing words: one address, one name of a thing, one wording."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from ci_core.research.duplicates.measures import Wording
from ci_core.research.duplicates.numbers import conflict_of_releases
from ci_core.research.duplicates.vetoes import ONE_PART_DAYS, veto
from ci_core.research.normalise.identity import AGGREGATORS, named_by
from ci_core.research.values import NormalItem

# Pages of these sites are one thing each, whose site says nothing of what it is about.
_NEUTRAL = AGGREGATORS | {"arxiv.org", "doi.org", "ssrn.com", "stackoverflow.com", "pypi.org"}
# Of things of these kinds there is one each: two names are two things.
_SINGLE = ("arxiv", "github", "gitlab", "pypi", "npm", "crates", "cran", "huggingface", "ssrn")
_KINDS = {
    "arxiv": "paper arXiv:{}",
    "doi": "paper doi:{}",
    "ssrn": "paper SSRN {}",
    "github": "repository {}",
    "gitlab": "repository {} at GitLab",
    "huggingface": "page {} at Hugging Face",
    "pypi": "Python package {}",
    "npm": "npm package {}",
    "crates": "crate {}",
    "cran": "R package {}",
}
# A site's front page shows many things in turn; so far two posts of it must be near each other (cosine).
FRONT_PAGE_COSINE = 0.5
# A name that a post only announces, instead of having its address, needs some agreement (cosine).
ANNOUNCED_COSINE = 0.25
# Fewer words are no wording of one's own: "Help", "Any advice?"
FEWEST_WORDS = 4


def host_of(item: NormalItem) -> str | None:
    """The site of the page that an item is about; None where it says nothing, as of a talk or of a paper's archive."""
    host = urlsplit(item.canonical_url).netloc if item.canonical_url else ""
    if not host or host in _NEUTRAL or host.endswith((".stackexchange.com", ".invalid")):
        return None
    return host


def own_names(item: NormalItem) -> frozenset[str]:
    """The names that its own address gives it, not only its words."""
    return _names_of(item.canonical_url) if item.canonical_url else frozenset()


@lru_cache(maxsize=50_000)
def _names_of(address: str) -> frozenset[str]:
    return frozenset(named_by(address))


def same_by_key(
    one: NormalItem, other: NormalItem, cosine: float, words: tuple[Wording, Wording], days: float | None, within: float
) -> tuple[str, str | None] | None:
    """Which key two items share, in words, and what forbids to merge them all the same; None where they share none.

    A title without a text is one's own wording for `within` days: after that it is asked or told anew.
    """
    shared = sorted(set(one.identities) & set(other.identities))
    if shared and (cosine >= ANNOUNCED_COSINE or shared[0] in own_names(one) & own_names(other)):
        return f"same {_called(shared[0])}", _release(words)
    if one.canonical_url is not None and one.canonical_url == other.canonical_url:
        path = urlsplit(one.canonical_url)
        if path.path or path.query or cosine >= FRONT_PAGE_COSINE:
            return f"same address {one.canonical_url.removeprefix('https://')[:200]}", _release(words)
    if (
        one.text_hash
        and one.text_hash == other.text_hash
        and len(words[0].in_order) + (4 if one.text else 0) >= FEWEST_WORDS
        and (one.text or days is None or days <= within)
    ):
        return "the same wording", _repeated(words, days)
    return None


def other_thing(one: NormalItem, other: NormalItem) -> str | None:
    """Why two items are about two things by their names, such as two papers; None where their names do not say so."""
    names, others = own_names(one), own_names(other)
    if not names or not others or names & others:
        return None
    for kind in _SINGLE:
        mine = sorted(name for name in names if name.startswith(f"{kind}:"))
        theirs = sorted(name for name in others if name.startswith(f"{kind}:"))
        if mine and theirs:
            return f"two different ones: {_called(mine[0])} and {_called(theirs[0])}"
    return None


def _release(words: tuple[Wording, Wording]) -> str | None:
    """A page that stays while releases come: two of them are two things."""
    return conflict_of_releases(words[0].numbers, words[1].numbers)


def _repeated(words: tuple[Wording, Wording], days: float | None) -> str | None:
    """A thread that comes every week under the same words is another one each time."""
    return veto(*words, days) if days is not None and days > ONE_PART_DAYS else None


def _called(name: str) -> str:
    kind, _, rest = name.partition(":")
    return _KINDS.get(kind, kind + " {}").format(rest[:150])
