"""Relevance is measured with the product's own scorer, and a simulated team teaches it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ci_core.errors import InvalidInput
from ci_core.research.evaluation.labelled_items import read_interests, read_labelled_items
from ci_core.research.evaluation.relevance import CHECKPOINTS, evaluate_relevance
from ci_core.research.scoring.default_interests import INTERESTS

TRADING = ("Backtesting covered calls", "Implied volatility of puts", "Order book liquidity", "Portfolio drawdown")
OTHER = ("Soup with carrots", "A museum in the rain", "Galaxies and their dust", "Football on Sunday")


def rows(count: int, wanted: Sequence[str] = TRADING, others: Sequence[str] = OTHER) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for number in range(count):
        titles, label = (wanted, 1) if number % 4 == 0 else (others, 0)
        title = f"{titles[number // 4 % len(titles)]} no. {number}"
        made.append({"id": f"i{number}", "title": title, "text": f"part {number * 7919 % 97}", "y": label})
    return made


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(lines: Sequence[Mapping[str, Any] | str]) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
        path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
        return path

    return write


def test_figures_without_answers(file: Callable[..., Path], words: Any) -> None:
    figures = evaluate_relevance(file(rows(80)), encoder=words)

    assert list(figures) == ["items", "positives", "ap_zero_labels", "ece", "brier"]
    assert (figures["items"], figures["positives"]) == (80, 20)
    assert figures["ap_zero_labels"] > 0.99
    assert 0 <= figures["brier"] < 0.2


def test_figures_with_answers_have_every_checkpoint(file: Callable[..., Path], words: Any) -> None:
    figures = evaluate_relevance(file(rows(80)), clicks=20, per_day=5, seed=3, encoder=words)

    assert list(figures["ap_after"]) == list(figures["ece_after"]) == [str(point) for point in CHECKPOINTS]
    reached = {point for point, value in figures["ap_after"].items() if value is not None}
    assert reached == {"0", "10", "20"} == {point for point, value in figures["ece_after"].items() if value is not None}


def test_a_team_that_wants_something_else_is_learned(file: Callable[..., Path], words: Any) -> None:
    unexpected = rows(
        400, wanted=("A museum in the rain", "Soup with carrots"), others=("Galaxies", "Football", "Trains")
    )

    after = evaluate_relevance(file(unexpected), clicks=100, per_day=10, encoder=words)["ap_after"]

    assert after["0"] < 0.7
    assert after["100"] > after["0"] + 0.2


def test_the_same_seed_gives_the_same_figures(file: Callable[..., Path], words: Any) -> None:
    path = file(rows(120))
    one, same, other = (evaluate_relevance(path, clicks=20, per_day=3, seed=seed, encoder=words) for seed in (1, 1, 2))

    assert one == same
    assert one["ap_zero_labels"] == other["ap_zero_labels"]


def test_more_clicks_than_items_end_early(file: Callable[..., Path], words: Any) -> None:
    after = evaluate_relevance(file(rows(40)), clicks=500, per_day=10, encoder=words)["ap_after"]

    assert after["20"] is not None
    assert after["50"] is None


def test_a_file_where_nothing_is_wanted_has_no_average_precision(file: Callable[..., Path], words: Any) -> None:
    figures = evaluate_relevance(file(rows(40)[1:4]), clicks=10, encoder=words)

    assert figures["ap_zero_labels"] is None
    assert figures["ap_after"]["0"] is None


def test_interests_of_a_file_replace_the_default_ones(file: Callable[..., Path], words: Any) -> None:
    path = file(rows(80, wanted=("Soup with carrots",), others=TRADING))

    default = evaluate_relevance(path, encoder=words)["ap_zero_labels"]
    own = evaluate_relevance(path, interests=file(["Recipes for soup with carrots"]), encoder=words)["ap_zero_labels"]

    assert default < 0.4
    assert own > 0.99


def test_interests_as_json_lines_have_kinds_and_weights(file: Callable[..., Path]) -> None:
    found = read_interests(
        file(
            [
                {"wording": "covered calls", "weight": 2},
                {"kind": "unwanted", "wording": "paid course"},
                {"kind": "keyword", "wording": "theta"},
            ]
        )
    )

    assert [(one.wording, one.weight) for one in found.wanted] == [("covered calls", 2.0)]
    assert [one.wording for one in found.unwanted] == ["paid course"]
    assert found.keywords == {"theta": 1.0}


def test_interests_without_keywords_bring_their_own_words(file: Callable[..., Path]) -> None:
    found = read_interests(file(["Implied volatility of cheese"]))

    assert "implied volatility" in found.keywords
    assert "cheese" in found.keywords
    assert "stock market" not in found.keywords


def test_default_interests_can_be_given_back_as_a_file(file: Callable[..., Path]) -> None:
    assert tuple(one.wording for one in read_interests(file(INTERESTS)).wanted) == INTERESTS


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("no json", "line 2: no JSON"),
        ("[1]", "must be a JSON object"),
        ('{"id": 1, "y": 1}', 'needs "id" and "title"'),
        ('{"id": 1, "title": "x"}', '"y" must be 1 or 0'),
        ('{"id": 1, "title": "x", "y": "yes"}', '"y" must be 1 or 0'),
        ('{"id": 1, "title": "x", "text": 5, "y": 1}', "as texts"),
    ],
)
def test_a_line_of_another_form_is_named(file: Callable[..., Path], line: str, told: str) -> None:
    with pytest.raises(InvalidInput, match="line 2") as caught:
        read_labelled_items(file([rows(1)[0], line]))

    assert told in str(caught.value)


def test_a_file_that_is_not_there_or_empty_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_labelled_items(tmp_path / "none.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(InvalidInput, match="holds no items"):
        read_labelled_items(tmp_path / "empty.jsonl")
    with pytest.raises(InvalidInput, match="holds no interests"):
        read_interests(tmp_path / "empty.jsonl")


@pytest.mark.parametrize(
    "line", ['{"kind": "love", "wording": "x y"}', '{"kind": "interest"}', '{"wording": "x", "weight": 9}']
)
def test_an_interest_of_another_form_is_named(file: Callable[..., Path], line: str) -> None:
    with pytest.raises(InvalidInput, match="line 1"):
        read_interests(file([line]))
