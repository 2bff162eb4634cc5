"""What waits for a person, and the parts of the overview that say how things stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import add_dependency, move_enhancement, update_enhancement
from ci_core.backlog.board import set_wip_limit
from ci_core.backlog.notifications import mark_all_read, notify
from ci_core.backlog.snoozing import snooze
from ci_core.overview import Block, Overview, overview_of, period_from
from ci_core.overview.values import Glance
from ci_core.research import ensure_default_sources
from db.enums import NotificationKind, Status
from tests.ci_core.backlog.team import Team
from tests.ci_core.overview.conftest import Make


def now(session: Session) -> datetime:
    moment: datetime = session.scalar(text("SELECT clock_timestamp()"))
    return moment


def seen(session: Session, person: str = "Ada", at: datetime | None = None) -> Overview:
    moment = at or now(session)
    return overview_of(session, person, period_from("7d", moment), moment)


def need(session: Session, key: str, person: str = "Ada", at: datetime | None = None) -> Block | None:
    return next((block for block in seen(session, person, at).needs if block.key == key), None)


def lines(block: Block | None) -> list[tuple[str, str]]:
    return [] if block is None else [(line.text, line.note) for line in block.lines]


def run(session: Session, statement: str, **values: Any) -> None:
    session.execute(text(statement), values)


def test_an_empty_backlog_needs_nobody(session: Session) -> None:
    overview = seen(session)

    assert overview.is_empty
    assert overview.needs == ()
    assert overview.top.hint is not None
    assert overview.completions.days == (0,) * 14


def test_assigned_work_is_listed_with_the_running_first(session: Session, make: Make) -> None:
    make("Later", assignee="ada", status="approved", priority="critical")
    make("Running", assignee="Ada", status="in_progress", priority="low")
    make("Done", assignee="Ada", status="completed")
    make("Somebody else's", assignee="Grace", status="approved")

    assert lines(need(session, "assigned")) == [("Running", "in progress"), ("Later", "approved")]


def test_more_than_fits_is_counted(session: Session, make: Make) -> None:
    for number in range(9):
        make(f"Mine {number}", assignee="Ada", status="approved")

    block = need(session, "assigned")

    assert block is not None
    assert (len(block.lines), block.total, block.page) == (6, 9, "board?assignee=Ada")


def test_blocked_work_says_what_it_waits_for(session: Session, make: Make) -> None:
    mine = make("Mine", assignee="Ada", status="approved")
    blockers = [make(f"Blocker {number}") for number in range(4)]
    for blocker in blockers:
        add_dependency(session, mine.id, blocker.id, "blocked_by", actor="tess")
    make("Said to be", assignee="Ada", status="blocked")

    first, second = blockers[:2]
    assert sorted(lines(need(session, "blocked"))) == [
        ("Mine", f"waits for #{first.id} Blocker 0, #{second.id} Blocker 1 and 2 others"),
        ("Said to be", "marked as blocked"),
    ]
    assert need(session, "assigned") is None


def test_work_is_ready_when_its_last_blocker_is_done(session: Session, make: Make) -> None:
    mine, blocker = make("Mine", assignee="Ada", status="approved"), make("Blocker", status="approved")
    add_dependency(session, mine.id, blocker.id, "blocked_by", actor="tess")
    run(session, "UPDATE ci_enhancements SET status = 'completed' WHERE id = :id", id=blocker.id)
    run(session, "UPDATE ci_enhancements SET ready_at = clock_timestamp() WHERE id = :id", id=mine.id)

    assert lines(need(session, "ready")) == [("Mine", "what it waited for is done")]
    assert need(session, "blocked") is None
    # After a week it is work like any other.
    assert lines(need(session, "assigned", at=now(session) + timedelta(days=8))) == [("Mine", "approved")]


def test_unread_words_stand_first_and_mentions_before_the_rest(team: Team) -> None:
    item = team.create("grace", "Cache", assignee="Ada")
    with team.database.transaction("grace") as session:
        notify(session, "Ada", NotificationKind.MENTIONED, f"mentioned you in #{item.id}", enhancement_id=item.id)
    team.do("lena", move_enhancement, item.id, Status.APPROVED)

    block = team.read(lambda session: need(session, "unread"))

    assert block is not None
    assert block.lines[0].text.startswith("grace mentioned you")
    assert block.total == len(block.lines) >= 2
    assert block.lines[0].enhancement_id == item.id
    with team.database.transaction("Ada") as session:
        mark_all_read(session, "Ada")
    assert team.read(lambda session: need(session, "unread")) is None


def test_the_inbox_tells_how_many_wait_and_for_how_long(session: Session, make: Make) -> None:
    old = make("Old")
    make("New")
    make("Decided", status="approved")
    run(session, "UPDATE ci_enhancements SET created_at = now() - interval '40 days' WHERE id = :id", id=old.id)

    block = need(session, "inbox")

    assert lines(block) == [("2 proposals wait for a decision", "1 of them new, the oldest for 1 month")]
    assert block is not None
    assert block.lines[0].page == "inbox"


def test_what_is_snoozed_leaves_the_inbox_and_comes_back_to_who_snoozed_it(session: Session, make: Make) -> None:
    item, other = make("Snoozed"), make("Other", status="approved")
    snooze(session, item.id, until=now(session) + timedelta(days=3), actor="Ada")
    later = now(session) + timedelta(days=4)

    assert need(session, "inbox") is None
    assert need(session, "returned") is None
    assert lines(need(session, "returned", at=later)) == [("Snoozed", "its time has come")]
    assert need(session, "returned", person="Grace", at=later) is None
    assert need(session, "inbox", at=later) is not None
    assert other.status is Status.APPROVED


def test_what_waited_for_another_comes_back_when_that_is_done(session: Session, make: Make) -> None:
    item, other = make("Snoozed"), make("Other", status="approved")
    snooze(session, item.id, until_done=other.id, actor="ada")
    assert need(session, "returned") is None

    move_enhancement(session, other.id, Status.COMPLETED, actor="tess")

    assert lines(need(session, "returned")) == [("Snoozed", f"#{other.id} Other is closed")]


def test_a_column_over_its_limit_is_named_with_who_decided_the_limit(session: Session, make: Make) -> None:
    set_wip_limit(session, Status.IN_PROGRESS, 1, actor="Grace")
    make("One", status="in_progress")
    assert need(session, "over-limit") is None

    make("Two", status="in_progress")

    assert lines(need(session, "over-limit")) == [("In progress holds 2 of at most 1", "limit set by Grace")]


def test_top_priorities_come_in_the_order_of_their_view(session: Session, make: Make) -> None:
    for title, priority in (("Low", "low"), ("Critical", "critical"), ("High", "high")):
        make(title, priority=priority)
    make("Done", priority="critical", status="completed")

    top = seen(session).top

    assert [line.text for line in top.lines] == ["Critical", "High", "Low"]
    assert top.total == 3
    assert top.lines[0].note == "Proposed"


def test_statuses_are_counted_without_merged_duplicates(session: Session, make: Make) -> None:
    original, duplicate = make("Original"), make("Duplicate", status="approved")
    run(
        session,
        "UPDATE ci_enhancements SET status = 'archived', merged_into_id = :into WHERE id = :id",
        into=original.id,
        id=duplicate.id,
    )

    counts = {count.status: count.count for count in seen(session).statuses}

    assert counts == {status: int(status is Status.PROPOSED) for status in Status}


def test_completions_of_a_week_are_compared_with_the_week_before(session: Session, make: Make) -> None:
    at = now(session)
    for hours in (1, 30, 24 * 6, 24 * 8, 24 * 20):
        item = make(f"Done {hours}", status="completed", completed_at=at - timedelta(hours=hours))
        assert item.status is Status.COMPLETED

    completions = seen(session, at=at).completions

    assert (completions.last_week, completions.week_before) == (3, 1)
    assert completions.days[-1] == 1


def research(session: Session) -> Glance:
    return next(glance for glance in seen(session).glances if glance.key == "research")


def test_before_the_first_scan_research_says_where_to_start_it(session: Session) -> None:
    ensure_default_sources(session, actor="tess")

    glance = research(session)

    assert glance.block.hint is not None
    assert "No scan has run yet: 9 sources are set up" in glance.block.hint.text
    assert (glance.block.hint.page, glance.block.hint.command) == ("sources", "python -m ci_core research scan")
    assert ("Last scan", "never") in [(figure.label, figure.value) for figure in glance.figures]


def test_without_a_source_research_says_how_to_get_some(session: Session) -> None:
    hint = research(session).block.hint

    assert hint is not None
    assert (hint.page, hint.command) == ("sources", "python -m ci_core setup")


def test_research_shows_what_waits_the_best_first_and_how_the_scans_go(session: Session) -> None:
    for number, status in enumerate(("new", "analyzed", "analyzed", "analyzed", "duplicate", "rejected")):
        run(
            session,
            "INSERT INTO ci_research_findings (source_type, source_url, source_title, content_hash, status, "
            "relevance_score, snoozed_until) VALUES ('hacker_news', :url, :title, :title, :status, :score, "
            "CASE WHEN :number = 3 THEN now() + interval '9 days' END)",
            url="javascript:alert(1)" if number == 0 else f"https://example.org/{number}",
            title=f"Finding {number}",
            status=status,
            score=(90, 61, None, 99, 99, 99)[number],
            number=number,
        )
    run(
        session,
        "INSERT INTO ci_research_sources (source_type, source_name, last_scan_at, next_scan_at, last_status, "
        "last_error) VALUES ('reddit', 'r/x', now() - interval '5 hours', now() + interval '7 hours', 'failed', "
        "'Reddit: 429, next try 14:05'), ('reddit', 'r/y', now() - interval '9 hours', null, 'ok', null)",
    )
    run(
        session,
        "INSERT INTO ci_automation_runs (run_type, status, counts) VALUES "
        "('research_scan', 'completed', '{\"new\": 12}'), ('research_scan', 'running', '{}')",
    )

    glance = research(session)

    figures = {figure.label: figure.value for figure in glance.figures}
    assert (figures["Waiting"], figures["Duplicates"], figures["Rejected or set aside"]) == ("4", "1", "1")
    assert figures["Sources"] == "2, 1 failing"
    assert (figures["Last scan"], figures["Next scan"]) == ("5 hours ago: 12 new", "in 6 hours")
    failure, *lines = glance.block.lines
    assert (failure.text, failure.note, failure.page) == (
        "Cannot be scanned: r/x", "Reddit: 429, next try 14:05", "sources",
    )  # fmt: skip
    assert [line.text for line in lines] == ["Finding 0", "Finding 1", "Finding 2"]
    assert [line.url for line in lines] == [None, "https://example.org/1", "https://example.org/2"]
    assert all((line.page or "").startswith("research?focus=") for line in lines)


def test_when_nothing_waits_research_says_what_to_do_next(session: Session) -> None:
    run(
        session,
        "INSERT INTO ci_research_sources (source_type, source_name, last_scan_at) VALUES ('reddit', 'r', now())",
    )
    nothing = research(session).block.hint
    run(
        session,
        "INSERT INTO ci_research_findings (source_type, source_url, source_title, content_hash, status) "
        "VALUES ('reddit', 'https://example.org', 'x', 'x', 'rejected')",
    )
    dealt_with = research(session).block.hint

    assert nothing is not None
    assert dealt_with is not None
    assert (nothing.page, dealt_with.page) == ("sources", "research")


def test_health_says_that_no_check_has_run(session: Session) -> None:
    glance = next(glance for glance in seen(session).glances if glance.key == "health")

    assert glance.block.hint is not None
    assert glance.block.hint.text.startswith("No health check has run yet")


@pytest.mark.parametrize("name", ["Zoë O'Hara", "50% off", "a&b=c"])
def test_any_name_works(session: Session, make: Make, name: str) -> None:
    from urllib.parse import parse_qs, urlsplit

    make("Mine", assignee=name, status="approved")

    block = need(session, "assigned", person=name.upper() if name.isascii() else name)

    assert block is not None
    assert parse_qs(urlsplit(block.page or "").query)["assignee"][0].lower() == name.lower()


def test_times_are_whole(session: Session, make: Make) -> None:
    assert seen(session).now.tzinfo is UTC or seen(session).now.utcoffset() == timedelta(0)
    made = make("Mine", assignee="Ada", status="approved")
    update_enhancement(session, made.id, {"priority": "high"}, expected_version=None, actor="tess")

    assert lines(need(session, "assigned")) == [("Mine", "approved")]


def agents(session: Session) -> Glance:
    return next(glance for glance in seen(session).glances if glance.key == "agents")


def test_without_a_sidecar_the_glance_at_agents_says_how_to_start_it(session: Session) -> None:
    glance = agents(session)

    assert glance.block.hint is not None
    assert glance.block.hint.command == "python -m ci_core scheduler start"
    assert ("Sidecar", "stopped") in [(figure.label, figure.value) for figure in glance.figures]


def test_the_glance_at_agents_tells_what_runs_what_is_next_and_what_failed(session: Session) -> None:
    run(
        session,
        "WITH made AS (INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id) "
        "INSERT INTO ci_workers (worker_id, host, pid) SELECT id, 'alpha', 1 FROM made",
    )
    run(
        session,
        "INSERT INTO ci_schedules (name, kind, cron, next_due_at, enabled) VALUES "
        "('off', 'digest', '0 1 * * *', clock_timestamp() + interval '1 hour', false), "
        "('digest', 'digest', '0 2 * * *', clock_timestamp() + interval '3 hours', true)",
    )
    run(
        session,
        "INSERT INTO ci_research_sources (source_type, source_name) VALUES ('reddit', 'r/options')",
    )
    new_run = (
        "INSERT INTO ci_automation_runs (run_type, status, error, ended_at, parameters, retry_of_id) "
        "SELECT :kind, :status, :error, clock_timestamp() - make_interval(days => :days), "
        "jsonb_build_object('source_id', (SELECT max(id) FROM ci_research_sources)), "
        "CASE WHEN :again THEN (SELECT max(id) FROM ci_automation_runs) END"
    )
    for status, error, days, again in (
        ("failed", "long ago", 30, False),
        ("failed", "no network", 1, False),
        ("failed", "tried again since", 1, False),
        ("running", None, 0, True),
    ):
        run(session, new_run, kind="research_scan", status=status, error=error, days=days, again=again)

    glance = agents(session)

    assert lines(glance.block) == [("Research scan: r/options", "no network")]
    (line,) = glance.block.lines
    assert (line.page or "").startswith("agents?run=")
    figures = {figure.label: figure.value for figure in glance.figures}
    assert figures["Sidecar"] == "1 worker on alpha"
    assert (figures["Running"], figures["Next"], figures["Failed"]) == ("1, 0 waiting", "digest in 3 h", "1")
