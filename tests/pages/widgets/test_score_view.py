"""The picture of a score."""

from __future__ import annotations

from typing import Any

from pages.widgets.score_view import picture


def part(component: str, score: float, weight: float, points: float, **more: Any) -> dict[str, Any]:
    return {"component": component, "score": score, "weight": weight, "points": points, "reasons": [], **more}


def test_each_bar_starts_where_the_one_before_ends() -> None:
    html = picture([part("user_impact", 50, 0.2, 10), part("technical_debt", 30, 0.1, 3)], 13, "local-1", None)

    assert "left:0.00%;width:10.00%" in html
    assert "left:10.00%;width:3.00%" in html
    assert "Scored by local-1." in html


def test_the_risk_that_lowers_says_so() -> None:
    html = picture([part("implementation_risk", 70, 0.1, 3)], 3, "local-1", None)

    assert "70 of 100, which lowers the priority" in html
    assert 'class="lowers"' in html


def test_a_person_who_decided_is_named_and_texts_stay_texts() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    html = picture(
        [part("user_impact", 50, 0.2, 10, reasons=[hostile], overridden_by=hostile)],
        90,
        hostile,
        {"value": 90, "by": hostile},
    )

    assert "<img" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") == 3
    assert "The parts alone give 10." in html
