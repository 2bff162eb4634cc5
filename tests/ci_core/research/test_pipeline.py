"""From items to findings: each once, linked to what it repeats, scored, and set aside when it is not relevant."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.errors import NotAllowed
from ci_core.research.intake import Counts, Unusable
from ci_core.research.outcome import AGENT, Rules
from ci_core.research.pipeline import score_unscored, take_in
from ci_core.research.store import also_seen_on
from ci_core.research.values import Item
from db.engine import Database
from tests.ci_core.research.standins import NOW, Marks, Words, an_intake, an_item, as_person, findings, one


@pytest.fixture(scope="module")
def kept_database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """A database of this file: a new one for each test would take longer than the tests."""
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def database(kept_database: Database) -> Database:
    as_person(kept_database, "DELETE FROM ci_research_findings")
    return kept_database


def test_an_item_becomes_a_finding_with_its_vector_and_its_score(database: Database) -> None:
    item = an_item(1, "Rolling short puts", text="Roll <b>at 21 days</b>.", markup="html", author="ada", links=("x",))

    assert take_in(an_intake(database), [item]) == Counts(new=1)

    (found,) = findings(database)
    assert (found["source_type"], found["external_id"], found["author"]) == ("reddit", "t3_1", "ada")
    assert (found["source_title"], found["content"]) == ("Rolling short puts", "Roll at 21 days.")
    assert (found["status"], found["relevance_score"], found["applicability_score"]) == ("analyzed", Decimal(70), None)
    assert (found["scored_by"], found["scored_at"], found["keywords"]) == ("marks 1", NOW, ["roll"])
    assert (found["score_details"], found["engagement"]) == ({"nearest": "rolling short puts"}, {"score": 1})
    with database.reading() as session:
        assert one(session, "SELECT model || ' ' || appeared_at FROM ci_research_embeddings").startswith(
            "words 2026-11"
        )
        assert (
            one(
                session,
                "SELECT actor FROM ci_audit_log WHERE table_name = 'ci_research_findings' ORDER BY id DESC LIMIT 1",
            )
            == AGENT
        )


def test_an_item_that_was_seen_before_only_has_its_figures_refreshed(database: Database) -> None:
    intake = an_intake(database)
    take_in(intake, [an_item(1, "Rolling short puts")])
    later = an_intake(database, clock=lambda: NOW + timedelta(hours=5))

    assert take_in(later, [an_item(1, "Rolling short puts", engagement={"score": 40})]) == Counts(seen=1)

    (found,) = findings(database)
    assert (found["engagement"], found["last_seen_at"]) == ({"score": 40}, NOW + timedelta(hours=5))
    assert (found["discovered_at"], found["version"]) == (NOW, 1)
    assert later.scorer.scored == []  # type: ignore[attr-defined]


def test_an_edited_item_is_read_and_scored_anew_in_its_place(database: Database) -> None:
    take_in(an_intake(database), [an_item(1, "[20] Puts")])
    assert findings(database)[0]["status"] == "rejected"

    assert take_in(an_intake(database), [an_item(1, "[90] Rolling puts", text="Now with a table.")]) == Counts(seen=1)

    (found,) = findings(database)
    assert (found["source_title"], found["content"]) == ("[90] Rolling puts", "Now with a table.")
    assert (found["status"], found["relevance_score"], found["decided_by"]) == ("analyzed", Decimal(90), None)


def test_an_edited_item_that_now_repeats_another_is_linked_to_it(database: Database) -> None:
    take_in(an_intake(database), [an_item(1, "Rolling short puts at 21 days"), an_item(2, "To be announced")])
    edited = an_item(2, "Rolling short puts at 21 days", text="")

    assert take_in(an_intake(database), [edited]) == Counts(seen=1)

    first, second = findings(database)
    assert (first["status"], second["status"]) == ("analyzed", "duplicate")
    assert (second["canonical_finding_id"], bool(second["duplicate_reason"])) == (first["id"], True)


def test_an_edited_item_is_shown_with_what_it_is_near_to_now(database: Database) -> None:
    take_in(an_intake(database), [an_item(1, "Rolling short puts at 21 days"), an_item(2, "Charts")])

    take_in(an_intake(database), [an_item(2, "Rolling short puts at 30 days")])

    first, second = findings(database)
    assert (first["status"], second["status"]) == ("analyzed", "analyzed")
    with database.reading() as session:
        pair = session.execute(text("SELECT low_id, high_id FROM ci_research_relations")).all()
    assert [tuple(row) for row in pair] == [(first["id"], second["id"])]


def test_what_others_repeat_stays_theirs_when_it_is_edited(database: Database) -> None:
    take_in(an_intake(database), [an_item(1, "Gamma scalping explained"), an_item(2, "Rolling short puts")])
    take_in(an_intake(database), [an_item(3, "Rolling short puts")])

    take_in(an_intake(database), [an_item(2, "Gamma scalping explained")])

    first, second, third = findings(database)
    assert [one["status"] for one in (first, second, third)] == ["analyzed", "analyzed", "duplicate"]
    assert third["canonical_finding_id"] == second["id"]


def test_what_a_person_decided_stays_decided_when_the_text_changes(database: Database) -> None:
    take_in(an_intake(database), [an_item(1, "[80] Puts")])
    as_person(database, "UPDATE ci_research_findings SET status = 'rejected', decided_by = 'tess', decided_at = now()")

    take_in(an_intake(database), [an_item(1, "[95] Rolling puts")])

    (found,) = findings(database)
    assert (found["source_title"], found["status"], found["decided_by"]) == ("[95] Rolling puts", "rejected", "tess")
    assert found["relevance_score"] == Decimal(80)


def test_the_same_id_twice_in_one_answer_is_one_finding(database: Database) -> None:
    items = [an_item(1, "Rolling short puts"), an_item(1, "Rolling short puts")]

    assert take_in(an_intake(database), items) == Counts(new=1, seen=1)
    assert len(findings(database)) == 1


def test_a_duplicate_is_kept_and_linked_and_its_original_was_also_seen_there(database: Database) -> None:
    intake = an_intake(database)
    take_in(intake, [an_item(1, "Rolling short puts at 21 days")])
    again = an_item(7, "Rolling short puts at 21 days", source_type="hacker_news", url="https://example.org/7")

    assert take_in(intake, [again]) == Counts(duplicate=1)

    original, copy = findings(database)
    assert (copy["status"], copy["canonical_finding_id"], copy["relevance_score"]) == (
        "duplicate",
        original["id"],
        None,
    )
    assert (round(copy["duplicate_similarity"], 4), copy["duplicate_reason"]) == (1.0, "words in common")
    with database.reading() as session:
        seen = also_seen_on(session, [original["id"], copy["id"]])
    assert [(place.source_type, place.url) for place in seen[original["id"]]] == [
        ("hacker_news", "https://example.org/7")
    ]
    assert copy["id"] not in seen


@pytest.mark.parametrize("spares", [True, False])
def test_a_duplicate_costs_no_score_where_scores_cost_something(database: Database, spares: bool) -> None:
    intake = an_intake(database, spares_scores=spares)
    take_in(intake, [an_item(1, "[80] Rolling short puts")])
    take_in(intake, [an_item(2, "[80] Rolling short puts", url="https://example.org/2")])

    assert len(intake.scorer.scored) == (1 if spares else 2)  # type: ignore[attr-defined]
    assert [found["relevance_score"] for found in findings(database)] == [Decimal(80), None]


def test_duplicates_of_duplicates_lead_to_the_one_original(database: Database) -> None:
    items = [an_item(n, "Rolling short puts at 21 days", url=f"https://example.org/{n}") for n in range(7)]

    assert take_in(an_intake(database), items) == Counts(new=1, duplicate=6)

    first, *others = findings(database)
    assert {found["canonical_finding_id"] for found in others} == {first["id"]}


def test_after_a_merge_by_a_person_new_duplicates_lead_to_where_it_was_merged(database: Database) -> None:
    intake = an_intake(database)
    take_in(intake, [an_item(1, "Covered calls on margin"), an_item(2, "Rolling short puts")])
    first, second = findings(database, "id")
    as_person(
        database,
        "UPDATE ci_research_findings SET status = 'duplicate', canonical_finding_id = :to WHERE id = :id",
        id=second["id"],
        to=first["id"],
    )

    take_in(intake, [an_item(3, "Rolling short puts")])

    assert findings(database)[2]["canonical_finding_id"] == first["id"]


def test_a_copy_of_something_deleted_is_a_finding_of_its_own(database: Database) -> None:
    intake = an_intake(database)
    take_in(intake, [an_item(1, "Rolling short puts")])
    as_person(database, "DELETE FROM ci_research_findings")

    assert take_in(intake, [an_item(2, "Rolling short puts")]) == Counts(new=1)
    assert findings(database)[0]["status"] == "new"  # it was not scored, because it looked like a copy

    assert score_unscored(intake) == 1
    assert findings(database)[0]["status"] == "analyzed"


def test_what_speaks_of_the_same_thing_is_shown_together(database: Database) -> None:
    intake = an_intake(database)
    take_in(
        intake, [an_item(1, "rolling short puts early"), an_item(2, "rolling short puts early", url="https://b.org")]
    )

    assert take_in(intake, [an_item(3, "rolling short calls late")]) == Counts(related=1)

    first, _, third = findings(database)
    with database.reading() as session:
        pairs = session.execute(text("SELECT low_id, high_id, reason FROM ci_research_relations")).all()
    assert [tuple(pair) for pair in pairs] == [(first["id"], third["id"], "words in common")]


def test_what_is_not_relevant_is_set_aside_by_the_agent_with_the_reason(database: Database) -> None:
    items = [an_item(1, "[59] Chairs"), an_item(2, "[60] Puts"), an_item(3, "[?] Nobody knows")]

    take_in(an_intake(database), items)

    aside, waiting, unknown = findings(database)
    assert (aside["status"], aside["decided_by"], aside["decided_at"]) == ("rejected", AGENT, NOW)
    assert aside["decision_reason"] == "Set aside: relevance 59 is below 60. It speaks of rolling."
    assert (waiting["status"], waiting["decided_by"]) == ("analyzed", None)
    assert (unknown["status"], unknown["relevance_score"]) == ("new", None)


def test_without_the_scorer_findings_wait_without_a_score_and_get_it_later(database: Database) -> None:
    assert take_in(an_intake(database, scorer=Marks(fails=True)), [an_item(1, "[80] Puts")]) == Counts(new=1)
    (found,) = findings(database)
    assert (found["status"], found["relevance_score"], found["scored_by"]) == ("new", None, None)

    intake = an_intake(database)
    assert score_unscored(intake) == 1
    assert score_unscored(intake) == 0
    assert findings(database, "status, relevance_score")[0] == {"status": "analyzed", "relevance_score": Decimal(80)}


def test_what_scores_high_enough_is_accepted_by_itself_and_what_cannot_be_waits(database: Database) -> None:
    accepted: list[int] = []

    def accept(session: Session, finding_id: int) -> None:
        session.execute(text("UPDATE ci_research_findings SET summary = 'lost' WHERE id = :id"), {"id": finding_id})
        if accepted:
            raise NotAllowed("there is one already")
        accepted.append(finding_id)

    rules = Rules(accept_above=80, accept=accept)
    items = [an_item(1, "[81] puts"), an_item(2, "[80] calls"), an_item(3, "[99] spreads")]

    take_in(an_intake(database, rules=rules), items)

    first, _, third = findings(database)
    assert accepted == [first["id"]]
    assert (first["summary"], third["summary"], third["status"]) == ("lost", "[99] spreads", "analyzed")


def test_an_unusable_item_is_told_and_the_rest_goes_on(database: Database) -> None:
    items = [an_item(1, "Puts"), an_item(2, "Calls", external_id=""), an_item(3, "x", external_id="y" * 501)]
    told: list[Unusable] = []

    assert take_in(an_intake(database), items, on_unusable=told.append) == Counts(new=1, failed=2)
    assert [one.place for one in told] == [1, 2]


def test_an_item_that_the_database_refuses_does_not_take_its_batch_with_it(database: Database) -> None:
    items = [an_item(1, "Puts"), an_item(2, "Calls", author="nul \0 byte"), an_item(3, "Spreads")]
    told: list[Unusable] = []

    assert take_in(an_intake(database), items, on_unusable=told.append) == Counts(new=2, failed=1)
    assert [(one.place, one.external_id) for one in told] == [(1, "t3_2")]
    assert [found["external_id"] for found in findings(database)] == ["t3_1", "t3_3"]


def test_markup_stays_text(database: Database) -> None:
    text_ = "<script>alert('x')</script><p>Use &lt;script&gt; with care</p><img src=x onerror=alert(1)>"

    take_in(an_intake(database), [an_item(1, "<script>alert(1)</script> Puts & calls", text=text_, markup="html")])

    (found,) = findings(database)
    assert found["content"] == "Use < script> with care"
    assert found["source_title"] == "< script>alert(1)< /script> Puts & calls"


def test_what_came_before_a_failure_is_kept(database: Database) -> None:
    def broken() -> Iterator[Item]:
        yield from (an_item(n, f"title {n} {n}{n}") for n in range(4))
        raise ConnectionError("cut off")

    with pytest.raises(ConnectionError, match="cut off"):
        take_in(an_intake(database), broken())

    assert [found["external_id"] for found in findings(database)] == ["t3_0", "t3_1", "t3_2", "t3_3"]


def test_counts_are_told_in_the_transaction_of_each_batch(database: Database) -> None:
    told: list[tuple[int, int]] = []
    items = [an_item(n, f"title {n} {n}{n}") for n in range(5)]

    take_in(
        an_intake(database),
        items,
        on_batch=lambda session, counts: told.append(
            (counts.total, one(session, "SELECT count(*) FROM ci_research_findings"))
        ),
    )

    assert told == [(3, 3), (5, 5)]


def test_a_batch_whose_telling_fails_is_not_stored_nor_remembered(database: Database) -> None:
    intake = an_intake(database)

    def fail(*_: object) -> None:
        raise NotAllowed("stop")

    with pytest.raises(NotAllowed):
        take_in(intake, [an_item(1, "Rolling short puts")], on_batch=fail)

    assert findings(database) == []
    assert take_in(intake, [an_item(2, "Rolling short puts")]) == Counts(new=1)


def test_two_who_take_in_the_same_at_once_store_it_once(database: Database) -> None:
    items = [an_item(n, f"title {n} {n}{n}") for n in range(12)]
    copies = [
        an_item(f"copy{n}", f"title {n} {n}{n}", source_type="hacker_news", url=f"https://c.org/{n}") for n in range(12)
    ]
    done: list[Counts] = []

    def work(batch: list[Item]) -> None:
        done.append(take_in(an_intake(database), batch))

    threads = [threading.Thread(target=work, args=(batch,)) for batch in (items, items, copies, copies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    total = sum(done, Counts())
    assert (total.new + total.related, total.duplicate, total.seen, total.failed) == (12, 12, 24, 0)
    stored = findings(database, "id, status, canonical_finding_id")
    originals = {found["id"] for found in stored if found["status"] != "duplicate"}
    assert len(stored) == 24
    assert {found["canonical_finding_id"] for found in stored if found["status"] == "duplicate"} == originals


def test_only_what_is_new_is_turned_into_vectors(database: Database) -> None:
    encoder = Words()
    take_in(an_intake(database, encoder=encoder), [an_item(1, "Puts"), an_item(2, "Calls")])
    take_in(an_intake(database, encoder=encoder), [an_item(1, "Puts"), an_item(3, "Spreads")])

    assert encoder.texts == ["Puts", "Calls", "Spreads"]
