"""Technologies are named when they are spoken of, and only then."""

from __future__ import annotations

import pytest

from ci_core.research.scoring.technologies import MOST, technologies


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A streamlit app on Postgres", ("Streamlit", "PostgreSQL")),
        ("written in Go, not in go-to statements", ("Go",)),
        ("let it go", ()),
        ("R&D spending", ()),
        ("an R package", ("R",)),
        ("in R.", ("R",)),
        ("C++ and C# bindings", ("C++", "C#")),
        ("uses ib_insync with Interactive Brokers (IBKR)", ("ib_insync", "Interactive Brokers")),
        ("scikit-learn, pandas-ta.", ("scikit-learn", "pandas-ta")),
        ("backtesting.py is a library", ("backtesting.py",)),
        (".NET client", (".NET",)),
        ("pythonic codes", ()),
        ("we rely on Polygon.io's data", ("Polygon.io",)),
        ("kafkaesque rust on iron", ()),
    ],
)
def test_only_whole_names_count(text: str, expected: tuple[str, ...]) -> None:
    assert technologies("", text) == expected


def test_each_is_named_once_in_the_order_of_the_text() -> None:
    assert technologies("Polars or pandas?", "pandas is slow, POLARS is not") == ("Polars", "pandas")


def test_there_are_never_many() -> None:
    text = "python pandas numpy scipy polars pytorch keras dask duckdb plotly bokeh flask django redis mysql docker"

    assert len(technologies("", text)) == MOST
