"""What a person has typed into the fields of a source, and the source that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ci_core.errors import InvalidInput
from ci_core.research.filter_text import filters_as_text, filters_from_text
from ci_core.research.source_health import SourceOverview
from ci_core.research.sources import SourceConfig

LABELS = {
    "source_type": "Site",
    "source_name": "Name",
    "source_url": "Address",
    "search_queries": "Queries, one a line",
    "search_filters": "Filters, one a line",
    "scan_frequency_hours": "Scan every … hours",
    "max_results": "Items of one scan at most",
    "max_requests_per_minute": "Requests a minute at most",
    "enabled": "Scanned when its time has come",
}
FIELDS = tuple(LABELS)


def typed_of(source: SourceOverview | SourceConfig) -> dict[str, Any]:
    """The values of the fields as their widgets hold them."""
    return {
        "source_type": source.source_type,
        "source_name": source.source_name,
        "source_url": source.source_url or "",
        "search_queries": "\n".join(source.search_queries),
        "search_filters": filters_as_text(source.search_filters),
        "scan_frequency_hours": source.scan_frequency_hours,
        "max_results": source.max_results,
        "max_requests_per_minute": source.max_requests_per_minute,
        "enabled": source.enabled,
    }


def config_of(typed: Mapping[str, Any], source_id: int | None = None) -> SourceConfig:
    """The source that was typed, not yet checked beyond its form; blank lines and empty fields are left out.

    Raises:
        InvalidInput: a line of the filters is none, or a number that must be there is missing.
    """
    queries = (" ".join(line.split()) for line in str(typed.get("search_queries") or "").splitlines())
    per_minute = typed.get("max_requests_per_minute")
    return SourceConfig(
        source_type=str(typed.get("source_type") or ""),
        source_name=str(typed.get("source_name") or "").strip(),
        source_url=str(typed.get("source_url") or "").strip() or None,
        search_queries=tuple(dict.fromkeys(query for query in queries if query)),
        search_filters=filters_from_text(str(typed.get("search_filters") or "")),
        scan_frequency_hours=_number(typed, "scan_frequency_hours"),
        max_results=_number(typed, "max_results"),
        max_requests_per_minute=None if per_minute is None else int(per_minute),
        enabled=bool(typed.get("enabled", True)),
        id=source_id,
    )


def _number(typed: Mapping[str, Any], name: str) -> int:
    value = typed.get(name)
    if value is None:
        raise InvalidInput(name, "A whole number from 1 must stand here.")
    return int(value)
