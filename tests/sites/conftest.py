"""The stand-in sites, for the tests of themselves."""

from tests.sites.fixtures import standing_sites  # noqa: F401
