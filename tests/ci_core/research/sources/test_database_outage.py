"""A database that goes away is no fault of a site: it is raised through every library, and not told of the source."""

from __future__ import annotations

import pytest

from ci_core.research.source_reading import read_through
from ci_core.web import News, OpenGate
from db.errors import DatabaseUnavailable
from tests.ci_core.research.sources.reading import EACH, KINDS
from tests.sites import Sites


class Lost(OpenGate):
    """A gate whose database goes away with the request of this number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def enter(self) -> None:
        super().enter()
        if self.requests == self._number:
            raise DatabaseUnavailable("The database cannot be reached.")


class Deaf(OpenGate):
    """A gate that cannot store what it hears."""

    def heard(self, news: News) -> None:
        raise DatabaseUnavailable("The database cannot be reached.")


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_raised_before_a_request(sites: Sites, kind: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        read_through(Lost(1), sites.settings(), EACH[kind], now=sites.now)


def test_it_is_raised_after_the_token_as_well(sites: Sites) -> None:
    with pytest.raises(DatabaseUnavailable):
        read_through(Lost(2), sites.settings(), EACH["reddit"], now=sites.now)


@pytest.mark.parametrize("kind", ["reddit", "github", "stack_overflow"])  # the others say nothing of their limits
def test_it_is_raised_over_what_a_site_says_of_its_limits(sites: Sites, kind: str) -> None:
    with pytest.raises(DatabaseUnavailable):
        read_through(Deaf(), sites.settings(), EACH[kind], now=sites.now)
