"""The kinds of sites that the research agent reads. A further one is a file beside these and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ci_core.errors import InvalidInput
from ci_core.research.sources import arxiv, github, hacker_news, reddit, stack_overflow
from ci_core.research.sources.reading import Site, SourceConfig, SourceReading, checked_filters
from ci_core.settings import Settings

SITES: Mapping[str, Site] = MappingProxyType(
    {site.source_type: site for site in (reddit.SITE, github.SITE, arxiv.SITE, hacker_news.SITE, stack_overflow.SITE)}
)


def site_of(source_type: str) -> Site:
    """The kind of site.

    Raises:
        InvalidInput: there is no such kind; the text names those that there are.
    """
    try:
        return SITES[source_type]
    except KeyError:
        raise InvalidInput(
            "source_type", f"There is no kind of source “{source_type}”. Choose one of {', '.join(SITES)}."
        ) from None


def missing_credentials(settings: Settings, source_types: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """By the label of each of these kinds of sites, the settings that must be filled in and are not."""
    missing = {
        site.label: tuple(
            name for name, needed in site.credentials.items() if needed and not getattr(settings, name.lower())
        )
        for site in SITES.values()
        if site.source_type in set(source_types)
    }
    return {label: names for label, names in missing.items() if names}


__all__ = [
    "SITES",
    "Site",
    "SourceConfig",
    "SourceReading",
    "checked_filters",
    "missing_credentials",
    "site_of",
]
