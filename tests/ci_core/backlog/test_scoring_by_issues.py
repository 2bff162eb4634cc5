"""Scores follow the health issues behind an enhancement, whoever writes them and whatever is taken back."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from ci_core.backlog import (
    Enhancement,
    NewEnhancement,
    create_enhancement,
    get_enhancement,
    merge_duplicate,
    rescore_all,
    set_score_override,
    take_apart,
    undo_last,
    update_enhancement,
)
from ci_core.backlog.issue_queries import issues_behind
from db.engine import Database

Make = Callable[..., Enhancement]
ISSUE = text("""
    INSERT INTO ci_health_issues (repository_id, fingerprint, issue_type, checker, rule, severity, title, file_path,
        status, regressed, enhancement_id, introduced_at, first_detected_at, last_seen_at)
    VALUES (:repository, md5(random()::text), 'security', :checker, 'sql-injection', :severity, 'SQL', :path, :status,
        :regressed, :item, '2026-08-01', '2026-11-01', '2026-11-25')
    RETURNING id
""")


def repository(session: Session) -> int:
    made = (
        "INSERT INTO ci_health_repositories (identity, name) VALUES (md5(random()::text), 'team/magnus') RETURNING id"
    )
    return int(session.scalars(text(made)).one())


def issue(session: Session, repository_id: int, item: int | None, **values: object) -> int:
    usual = {
        "repository": repository_id,
        "item": item,
        "checker": "lint",
        "severity": "high",
        "path": "scanner/db.py",
        "status": "open",
        "regressed": False,
    }
    return int(session.scalars(ISSUE, {**usual, **values}).one())


def risk(session: Session, item: int) -> float:
    return get_enhancement(session, item).inaction_risk_score or 0.0


def test_figures_are_those_of_what_is_still_to_be_repaired(session: Session, make: Make) -> None:
    item, owner = make().id, repository(session)
    issue(session, owner, item, severity="critical", checker="flows")
    issue(session, owner, item, path="tests/test_db.py", regressed=True)
    issue(session, owner, item, severity="info")
    issue(session, owner, item, status="fixed")
    issue(session, owner, item, status="false_positive")
    session.execute(
        text("INSERT INTO ci_health_files (repository_id, path, churn_commits) VALUES (:r, 'scanner/db.py', 30)"),
        {"r": owner},
    )

    found = issues_behind(session, [item, 2**40])

    assert set(found) == {item}
    figures = found[item]
    assert (figures.critical, figures.high, figures.beside, figures.exposed, figures.came_back) == (1, 1, 1, 1, 1)
    assert (figures.commits, figures.age_days) == (30.0, 116.0)


def test_edits_overrides_and_scoring_anew_all_count_the_issues(session: Session, make: Make) -> None:
    item = make()
    issue(session, repository(session), item.id)

    update_enhancement(session, item.id, {"title": item.title + " soon"}, expected_version=None, actor="ada")
    scored = get_enhancement(session, item.id)

    assert scored.inaction_risk_score is not None
    assert item.inaction_risk_score is not None
    assert scored.inaction_risk_score > item.inaction_risk_score
    assert "1 high issue behind it" in (scored.ai_reasoning or "")
    assert rescore_all(session, actor="agent:scorer") == 0
    decided = set_score_override(session, item.id, "user_impact", 90, actor="ada")
    assert decided.inaction_risk_score == scored.inaction_risk_score


def test_a_persons_score_stands_above_what_was_measured(session: Session, make: Make) -> None:
    item = make()
    set_score_override(session, item.id, "inaction_risk", 5, actor="ada")
    issue(session, repository(session), item.id, severity="critical")

    rescore_all(session, actor="agent:scorer")

    assert risk(session, item.id) == 5.0


def test_issues_move_with_a_merge_and_back_and_the_scores_follow(session: Session, make: Make) -> None:
    twin, original = make("Twin"), make("Original")
    issue(session, repository(session), twin.id)
    rescore_all(session, actor="agent:scorer")
    before = (risk(session, twin.id), risk(session, original.id))

    merged = merge_duplicate(session, twin.id, original.id, actor="ada")

    assert merged.health_issues == 1
    assert risk(session, original.id) > before[1]
    take_apart(session, twin.id, actor="ada")
    assert (risk(session, twin.id), risk(session, original.id)) == before


def test_an_undo_of_what_happened_to_an_issue_reaches_the_score(database: Database) -> None:
    with database.transaction("tess") as session:
        item = create_enhancement(session, NewEnhancement(title="Harden the scanner"), actor="tess").id
        behind = issue(session, repository(session), item)
        rescore_all(session, actor="tess")
        before = risk(session, item)
    with database.transaction("ada") as session:
        session.execute(text("UPDATE ci_health_issues SET status = 'wont_fix' WHERE id = :id"), {"id": behind})
        rescore_all(session, actor="ada")
        assert risk(session, item) < before

    with database.transaction("ada") as session:
        undo_last(session, actor="ada")

    with database.reading() as session:
        assert risk(session, item) == before
