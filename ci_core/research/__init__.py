"""Research: where the agent looks for techniques that would help the platform."""

from ci_core.research.default_sources import DEFAULT_SOURCES, ensure_default_sources

__all__ = ["DEFAULT_SOURCES", "ensure_default_sources"]
