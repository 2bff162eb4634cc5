"""The stand-in sites for tests; a conftest.py that imports both fixtures offers `sites` there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import stamina

from tests.sites.server import Sites


@pytest.fixture(scope="session")
def standing_sites() -> Iterator[Sites]:
    """One server for all tests of a worker: to stop one takes half a second."""
    with Sites() as standing:
        yield standing


@pytest.fixture
def sites(standing_sites: Sites) -> Iterator[Sites]:
    """The stand-in sites, whole and never asked; nobody waits between two attempts."""
    standing_sites.now = datetime.now(UTC)  # first, as its items are dated from it; the server may have stood for long
    standing_sites.reset()
    with stamina.set_testing(True, attempts=3, cap=True):
        yield standing_sites
    standing_sites.mend()
