"""Triage by keys alone: every kind of decision, the next item at once, and all the way back with Z."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from db.enums import Priority, Status
from tests.browser.board.harness import ACTOR, Backlog
from tests.browser.inbox.desk import Desk

pytestmark = pytest.mark.browser
OpenInbox = Callable[..., Desk]
STATE = """
    SELECT to_jsonb(e) - '{version,updated_at,changed_xid,search_vector}'::text[] FROM ci_enhancements e
    WHERE title LIKE '%' || :word ORDER BY id
"""


def state(backlog: Backlog) -> list[object]:
    with backlog.database.reading() as session:
        return list(session.scalars(text(STATE), {"word": backlog.word}))


def test_every_kind_of_decision_by_one_key_each_and_back_again(open_inbox: OpenInbox, backlog: Backlog) -> None:
    topics = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta", "Iota", "Kappa", "Lambda", "Mu"]
    items = backlog.add(*(f"{topic} wish" for topic in topics), priority="critical")
    (original,) = backlog.add("Alpha original", status="approved")
    before = state(backlog)
    desk = open_inbox(backlog.word)
    assert sorted(desk.rows()) == items
    order = desk.rows()
    desk.sees(order[0])
    desk.loaded()

    desk.press("1")
    desk.sees(order[1])
    desk.press("2")
    desk.page.keyboard.type(f"/original {backlog.word}")
    expect(desk.chooser.get_by_role("option", name=f"#{original} Alpha original")).to_be_visible()
    desk.press("Enter")
    desk.sees(order[2])
    desk.press("3", "2")
    desk.sees(order[3])
    desk.press("3", "w")
    desk.page.keyboard.type("e tried this already")
    desk.press("Enter")
    desk.sees(order[4])
    desk.press("s", "t")
    desk.sees(order[5])
    desk.press("s", "d")
    desk.chooser.get_by_label("The day").fill("2027-03-01")
    desk.press("Enter")
    desk.sees(order[6])
    desk.press("s", "u")
    desk.page.keyboard.type(f"#{original}")
    expect(desk.chooser.get_by_role("option", name=f"#{original} Alpha original")).to_be_visible()
    desk.press("Enter")
    desk.sees(order[7])
    desk.press("a", "m", "p", "4")
    expect(desk.item).to_contain_text("Low priority")
    expect(desk.item).to_contain_text(f"assigned to {ACTOR}")
    desk.press("p", "1", "j")
    desk.sees(order[8])
    desk.press("k", "j", "1", "1")
    desk.sees(order[10])
    desk.saved()

    now = [backlog.read(item) for item in order]
    assert now[0].status is Status.APPROVED
    assert now[1].merged_into_id == original
    assert (now[2].status, now[2].rejection_reason) == (Status.REJECTED, "Out of scope")
    assert now[3].rejection_reason == "we tried this already"
    assert now[4].snoozed_until is not None
    assert now[5].snoozed_until is not None
    assert now[5].snoozed_until.year == 2027
    assert now[6].snoozed_for_id == original
    assert (now[7].assignee, now[7].priority) == (ACTOR, Priority.CRITICAL)
    assert [one.status for one in now[8:10]] == [Status.APPROVED] * 2

    desk.press(*["z"] * 12)
    desk.saved()

    desk.sees(order[0])
    expect(desk.page.locator(".counts")).to_contain_text("12 proposals match")
    assert desk.rows() == order
    assert state(backlog) == before


def test_the_list_selects_ranges_and_keys_do_nothing_while_one_types(open_inbox: OpenInbox, backlog: Backlog) -> None:
    backlog.add("One", "Two", "Three", "Four")
    desk = open_inbox(backlog.word)
    order = desk.rows()

    desk.press("x", "j", "j", "Shift+X")
    expect(desk.page.locator(".picked-text")).to_have_text("3 selected")
    desk.press("Escape")
    expect(desk.page.locator(".picked")).to_be_hidden()
    desk.page.get_by_label("Narrow the inbox").press("End")
    desk.page.keyboard.type("123sapzjkx")
    desk.page.wait_for_timeout(300)

    assert all(backlog.read(item).version == 1 for item in order)


def test_enter_opens_the_drawer_and_esc_comes_back(open_inbox: OpenInbox, backlog: Backlog) -> None:
    backlog.add("One", "Two")
    desk = open_inbox(backlog.word)
    order = desk.rows()
    desk.press("j", "Enter")
    expect(desk.app.dialog).to_contain_text(f"#{order[1]}")
    assert f"item={order[1]}" in desk.page.url

    desk.press("1", "3")
    desk.press("Escape")
    expect(desk.app.dialog).to_be_hidden()
    desk.sees(order[1])

    assert backlog.read(order[1]).version == 1


def test_selected_proposals_are_changed_together(open_inbox: OpenInbox, backlog: Backlog) -> None:
    backlog.add("One", "Two", "Three")
    desk = open_inbox(backlog.word)
    order = desk.rows()

    desk.press("x", "j", "x")
    desk.page.get_by_role("button", name="Bulk edit").click()

    expect(desk.app.dialog).to_contain_text("2 enhancements")
    desk.press("1")
    assert [backlog.read(item).version for item in order] == [1, 1, 1]


def test_what_this_visit_cannot_take_back_the_page_can(open_inbox: OpenInbox, backlog: Backlog) -> None:
    backlog.add("One", "Two")
    desk = open_inbox(backlog.word)
    order = desk.rows()
    desk.press("1")
    desk.saved()
    desk.visit(backlog.word)
    assert desk.rows() == order[1:]

    desk.press("z")

    expect(desk.row(order[0])).to_be_visible()
    assert backlog.read(order[0]).status is Status.PROPOSED
