"""The stand-in of OSV."""

from tests.sites.fixtures import sites, standing_sites  # noqa: F401
