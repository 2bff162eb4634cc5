from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci_core.backlog.priority import Component, LocalScorer, ScoringInput, prioritise
from db.enums import Category, Complexity, Priority

FEATURE = ScoringInput("Weekly summary page", category=Category.NEW_FEATURE, estimated_hours=4)


def total(item: ScoringInput) -> float:
    return prioritise(item, scorer=LocalScorer()).total


def reasons(item: ScoringInput, component: Component) -> str:
    return "; ".join(reason.in_words() for reason in LocalScorer().score(item)[component].reasons)


BACKLOG = {
    "injection": ScoringInput(
        "SQL injection in the scanner's filter", "Values are pasted into the statement.", Category.SECURITY
    ),
    "leak": ScoringInput("Connections leak when a scan fails", category=Category.BUG_FIX, estimated_hours=2),
    "corruption": ScoringInput("Two writers corrupt data of one position", category=Category.BUG_FIX),
    "greeks": ScoringInput("Show theta and delta of each position", category=Category.NEW_FEATURE, estimated_hours=2),
    "export": ScoringInput("Export the trade history to CSV", category=Category.NEW_FEATURE, estimated_hours=1),
    "dark": ScoringInput("Dark mode", "Easier on the eyes at night.", Category.ENHANCEMENT, estimated_hours=2),
    "voice": ScoringInput("Voice alerts", "Read the alerts aloud.", Category.NEW_FEATURE, estimated_hours=3),
    "tier": ScoringInput("White-label edition for resellers", category=Category.NEW_FEATURE, estimated_hours=80),
    "vr": ScoringInput("Virtual reality trading floor", category=Category.NEW_FEATURE, complexity=Complexity.EPIC),
}


@pytest.mark.parametrize("urgent", ["injection", "leak", "corruption"])
@pytest.mark.parametrize("wanted", ["greeks", "export"])
def test_harm_comes_before_features(urgent: str, wanted: str) -> None:
    assert total(BACKLOG[urgent]) > total(BACKLOG[wanted]) + 5


@pytest.mark.parametrize("wanted", ["greeks", "export"])
@pytest.mark.parametrize("nicety", ["dark", "voice", "tier", "vr"])
def test_what_traders_work_with_comes_before_niceties(wanted: str, nicety: str) -> None:
    assert total(BACKLOG[wanted]) > total(BACKLOG[nicety]) + 5


def test_a_pronoun_is_no_theme() -> None:
    item = replace(FEATURE, description="Read the rows and sum them.")

    assert total(item) == total(replace(item, description="Read the rows and sum all."))


def test_scores_spread_and_do_not_heap() -> None:
    totals = sorted(map(total, BACKLOG.values()))

    assert len(set(totals)) == len(totals)
    assert totals[-1] - totals[0] > 40


def test_the_stated_priority_counts_in_its_order() -> None:
    by_priority = [total(replace(FEATURE, priority=priority)) for priority in Priority]

    assert by_priority == sorted(by_priority, reverse=True)
    assert len(set(by_priority)) == 4


def test_more_work_is_more_risk_and_lowers_the_priority() -> None:
    efforts = [replace(FEATURE, estimated_hours=hours) for hours in (0.25, 1, 4, 16, 80, 400)]
    risks = [LocalScorer().score(item)[Component.IMPLEMENTATION_RISK].score for item in efforts]

    assert risks == sorted(risks)
    assert 0 < risks[0] < 10
    assert 75 < risks[-1] < 100
    assert total(efforts[0]) > total(efforts[-1])


def test_complexity_stands_in_where_nobody_estimated_hours() -> None:
    risks = [
        LocalScorer().score(ScoringInput("x", complexity=complexity))[Component.IMPLEMENTATION_RISK].score
        for complexity in Complexity
    ]

    assert risks == sorted(set(risks))


def test_unknown_effort_is_said_and_not_taken_for_easy() -> None:
    item = replace(FEATURE, estimated_hours=None)

    assert "Unknown effort" in reasons(item, Component.IMPLEMENTATION_RISK)
    assert total(item) < total(FEATURE)


def test_what_others_wait_for_rises_with_their_number() -> None:
    waited = [total(replace(FEATURE, unblocks=count)) for count in (0, 1, 3, 7)]

    assert waited == sorted(set(waited))
    assert "3 others wait for it" in reasons(replace(FEATURE, unblocks=3), Component.STRATEGIC_ALIGNMENT)
    assert "1 other waits for it" in reasons(replace(FEATURE, unblocks=1), Component.INACTION_RISK)


def test_thousands_of_waiting_items_do_not_drown_everything_else() -> None:
    assert total(replace(FEATURE, unblocks=100_000)) < total(BACKLOG["injection"])


def test_a_reason_names_the_wording_its_place_and_its_points() -> None:
    item = ScoringInput("Check what users type", "Text reaches the statement: a **SECURITY RISK**.")

    assert "Security hole named in the text (+24)" in reasons(item, Component.INACTION_RISK)
    assert "Security hole named in the title (+40)" in reasons(
        replace(item, title="A security risk"), Component.INACTION_RISK
    )


def test_the_points_of_the_reasons_add_up_to_the_score() -> None:
    item = replace(BACKLOG["leak"], priority=Priority.HIGH, description="Slow pages. Users request it. Stale data.")

    for assessment in LocalScorer().score(item).values():
        assert sum(reason.points or 0 for reason in assessment.reasons) == pytest.approx(assessment.score)


def test_a_test_that_mentions_a_hole_does_not_weigh_like_the_hole() -> None:
    hole = ScoringInput("SQL injection in the symbol search", category=Category.SECURITY)

    assert total(replace(hole, category=Category.TESTING)) < total(hole) - 10


def test_naming_every_danger_in_the_text_does_not_beat_one_real_hole() -> None:
    wish = ScoringInput(
        "Comprehensive next-generation intelligence hub",
        "A critical, advanced, world-class platform. Addresses every vulnerability, data loss, crash, memory leak, "
        "wrong result, stale data, slow page, manual work, compliance and technical debt with cutting-edge AI.",
        Category.NEW_FEATURE,
        complexity=Complexity.EPIC,
    )

    assert total(wish) < total(BACKLOG["injection"])


def test_words_that_every_wish_uses_are_worth_nothing() -> None:
    plain = ScoringInput("Summary page")
    praised = ScoringInput(
        "Advanced comprehensive AI-powered summary page", "A critical, essential, robust, seamless game changer."
    )

    assert total(praised) == total(plain)


def test_repeating_a_word_changes_nothing() -> None:
    once = ScoringInput("Scan", "It may crash.")

    assert total(replace(once, description="It may crash. " * 50)) == total(once)


def test_a_tag_counts_less_than_the_text() -> None:
    plain = ScoringInput("Scan of the night")

    tagged = total(replace(plain, tags=("data loss",)))

    assert total(plain) < tagged < total(replace(plain, description="Data loss is possible."))


@settings(deadline=None, database=None)
@given(
    st.builds(
        ScoringInput,
        title=st.text(),
        description=st.text(),
        category=st.none() | st.sampled_from(Category),
        priority=st.none() | st.sampled_from(Priority),
        complexity=st.none() | st.sampled_from(Complexity),
        estimated_hours=st.none() | st.floats(0, 1e7),
        tags=st.tuples(st.text()),
        unblocks=st.integers(0, 10**6),
    )
)
def test_any_item_has_scores_on_the_scale_and_the_same_ones_again(item: ScoringInput) -> None:
    result = prioritise(item, scorer=LocalScorer())

    assert all(0 <= score <= 100 for score in (*result.components.values(), result.total))
    assert result == prioritise(item, scorer=LocalScorer())
