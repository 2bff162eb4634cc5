"""The gauge, the trend and the map of files as the browser gets them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ci_core.health.history import Trend, TrendMark, TrendPoint
from ci_core.health.store import FileState
from db.enums import CheckType
from pages.widgets.health.file_charts import COLOURINGS, UNKNOWN, file_words, treemap
from pages.widgets.health.score_charts import trend_chart, trend_sentence

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOSTILE = "<img src=x onerror=alert(1)>"


def point(days: int, overall: int, delta: int | None = None, **issues: int) -> TrendPoint:
    return TrendPoint(
        check_id=100 - days, at=NOW - timedelta(days=days), check_type=CheckType.FULL_SCAN, commit_sha="a" * 40,
        overall=overall, delta=delta, confidence=93.0, parts={"security": 39}, issues=issues, by_severity={},
    )  # fmt: skip


def drawn(*points: TrendPoint, marks: tuple[TrendMark, ...] = ()) -> tuple[dict[str, dict], dict]:
    traces, shape = trend_chart(Trend(points, marks), since=NOW - timedelta(days=90), now=NOW, least=70)
    return {trace["name"]: trace for trace in traces}, shape


def test_the_trend_shows_every_check_and_leads_to_it() -> None:
    traces, shape = drawn(point(9, 40), point(2, 52, 12, new=1, resolved=30))

    overall = traces["Overall"]
    assert overall["y"] == [40, 52]
    assert [data[0] for data in overall["customdata"]] == [91, 98]
    assert "1 new, 30 fixed" in overall["customdata"][1][1]
    assert "▲ 12" in overall["customdata"][1][1]
    assert "based on 93 %" in overall["customdata"][1][1]
    assert traces["Security"]["visible"] == "legendonly"
    assert "Bugs" not in traces
    assert shape["shapes"][0]["y0"] == 70


def test_releases_and_fixes_are_marked_letter_for_letter() -> None:
    marks = (
        TrendMark("release", NOW - timedelta(days=5), f"v1 {HOSTILE}"),
        TrendMark("fix", NOW - timedelta(days=2), "2 grave issues resolved", HOSTILE, 98),
    )

    traces, shape = drawn(point(9, 40), marks=marks)

    assert traces["Grave issues fixed"]["customdata"][0][0] == 98
    assert traces["Releases"]["customdata"][0][0] is None
    assert len(shape["shapes"]) == 2
    said = repr(traces) + repr(shape)
    assert "<img" not in said
    assert "&lt;img" in said


def test_names_of_releases_that_would_overlap_are_left_out() -> None:
    marks = tuple(TrendMark("release", NOW - timedelta(days=30, hours=-one), f"v{one}") for one in range(20))

    _, shape = drawn(point(9, 40), marks=marks)

    assert [one["text"] for one in shape["annotations"]] == ["wanted: 70", "v0"]
    assert len(shape["shapes"]) == 21


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ((), "no check has a score in the last 90 days."),
        ((point(2, 52),), "one check in 90 days, at 52."),
        ((point(9, 40), point(2, 52, 12)), "from 40 to 52: up by 12 in 90 days. It fell at 0 of 2 checks."),
        ((point(9, 52), point(2, 40, -12)), "from 52 to 40: down by 12 in 90 days. It fell at 1 of 2 checks."),
        ((point(9, 52), point(2, 52, 0)), "52, as at the start of the 90 days. It fell at 0 of 2 checks."),
    ],
)
def test_the_trend_in_words(points: tuple[TrendPoint, ...], told: str) -> None:
    assert trend_sentence(points, 90) == told


FILES = (
    FileState("src/a.py", "", 100, score=20, churn_commits=30, coverage_percent=50.0, issues=3),
    FileState("src/deep/b.py", "", 300, score=60, churn_commits=1),
    FileState(f"src/{HOSTILE}.py", "", 50, score=None),
)


def nodes(colouring: str) -> dict[str, dict[str, object]]:
    (trace,), _ = treemap(FILES, COLOURINGS[colouring], "team/magnus")
    named = ("parents", "values", "text", "customdata")
    colours = trace["marker"]["colors"]
    return {
        path: {**{name: trace[name][place] for name in named}, "colour": colours[place]}
        for place, path in enumerate(trace["ids"])
    }


def test_folders_are_as_large_as_their_files_and_as_good_as_their_lines() -> None:
    found = nodes("Score")

    assert found["·"]["parents"] == ""
    assert found["src"]["parents"] == "·"
    assert found["src/deep/b.py"]["parents"] == "src/deep"
    assert found["src"]["values"] == 450
    assert found["src"]["text"] == "50"  # (100 · 20 + 300 · 60) / 400: what is not known does not count
    assert found["src/a.py"]["text"] == "20"


def test_what_is_not_known_is_grey_and_says_so() -> None:
    found = nodes("Score")
    unknown = found[f"src/{HOSTILE}.py"]

    assert (unknown["text"], unknown["colour"]) == ("?", UNKNOWN)
    assert nodes("Coverage")["src/deep"]["colour"] == UNKNOWN
    assert nodes("Coverage")["src/a.py"]["text"] == "50 %"
    assert "<img" not in repr([node["customdata"] for node in found.values()])


def test_colours_end_where_the_scale_ends() -> None:
    found = nodes("Change")

    assert found["src/a.py"]["colour"] == "#d55e00"  # 30 commits, beyond the scale of 20
    assert found["src/a.py"]["text"] == "30×"


def test_a_file_in_words() -> None:
    assert file_words(FILES[0]) == "100 lines · score 20 · 3 issues · 50 % covered · 30 commits in 180 days"
    assert "score not known" in file_words(FILES[2])
