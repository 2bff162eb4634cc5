"""The stand-in sites, for every test of the research agent."""

from tests.sites.fixtures import sites, standing_sites  # noqa: F401
