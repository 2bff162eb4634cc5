"""How a part of an address becomes what a bound widget holds."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from pages.widgets.view_address import as_value, same


@pytest.mark.parametrize(
    ("text", "default", "value"),
    [
        ("12 weeks", "4 weeks", "12 weeks"),
        ("30", 20, 30),
        ("many", 20, 20),
        ("2027-01-31", date(2026, 12, 1), date(2027, 1, 31)),
        ("31 January", date(2026, 12, 1), date(2026, 12, 1)),
    ],
)
def test_a_part_of_an_address_takes_the_kind_of_the_default(text: str, default: Any, value: Any) -> None:
    assert as_value(text, default) == value


def test_the_order_of_an_address_does_not_count() -> None:
    assert same([("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")])
    assert not same([("a", "1")], [("a", "1"), ("a", "2")])
