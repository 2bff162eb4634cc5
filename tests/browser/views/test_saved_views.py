"""A view under a name: kept, shared, opened by a colleague who sees the same, changed, and begun with."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from ci_core.backlog.views import delete_view, save_view, set_default, views_of
from tests.browser.board.harness import ACTOR, OTHER, AppPage, Backlog, OpenPage

pytestmark = pytest.mark.browser


def popover(page: Page) -> Locator:
    """Open the views of the page, unless they are open."""
    body = page.get_by_label("Save this as")
    if not body.is_visible():
        page.locator("[class*=-popover] button").filter(has_text="expand_more").last.click()
    body.wait_for()
    return page.locator("[data-testid=stPopoverBody]")


def shown(page: AppPage, count: int) -> None:
    expect(page.column("proposed").locator(".card")).to_have_count(count)


def asked(page: AppPage) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.page.url).query)


def test_a_view_is_kept_shared_and_changed(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("Urgent", priority="high")
    backlog.add("Can wait", priority="low")
    page = open_page().goto(q=backlog.word, priority="high")
    shown(page, 1)

    views = popover(page.page)
    page.page.get_by_label("Save this as").fill(f"Urgent {backlog.word}")
    views.get_by_text("Share with everybody").click()
    views.get_by_role("button", name="Save as").click()
    expect(views.get_by_role("button", name="Make private")).to_be_visible()

    with backlog.database.reading() as session:
        (seen,) = (view for view in views_of(session, "board", person=OTHER) if backlog.word in view.name)
    assert (seen.owner, seen.query) == (ACTOR, f"q={backlog.word}&priority=high")
    page.page.get_by_label("Save this as").fill(f"urgent {backlog.word}")
    views.get_by_role("button", name="Save as").click()
    expect(views.get_by_text("on this page already")).to_be_visible()

    page.page.keyboard.press("Escape")
    page.page.locator(".st-key-filters button").first.click()
    page.page.get_by_role("button", name="Low", exact=True).click()
    shown(page, 2)
    page.page.keyboard.press("Escape")
    popover(page.page).get_by_role("button", name="Save", exact=True).click()
    expect(page.page.get_by_text("modified")).to_have_count(0)
    with backlog.database.reading() as session:
        (kept,) = (view for view in views_of(session, "board", person=ACTOR) if backlog.word in view.name)
    assert sorted(kept.query.split("&")) == ["priority=high", "priority=low", f"q={backlog.word}"]
    popover(page.page).get_by_role("button", name="Delete").click()
    expect(page.page.locator("[data-testid=stPopoverBody]").get_by_text(kept.name)).to_have_count(0)
    shown(page, 2)


def test_a_colleague_opens_a_shared_view_and_sees_the_same(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("Urgent", priority="high", feature_area=f"Area & {backlog.word}")
    backlog.add("Elsewhere", priority="high")
    query = f"q={backlog.word}&priority=high&area=Area+%26+{backlog.word}"
    backlog.as_other(save_view, f"Theirs {backlog.word}", "board", query, shared=True)
    page = open_page().goto(q="xyzzy", category="security")

    popover(page.page).get_by_role("button", name=f"Theirs {backlog.word}").click()

    shown(page, 1)
    expect(page.page.get_by_placeholder("Search title")).to_have_value(backlog.word)
    page.page.wait_for_url(f"**q={backlog.word}**")
    assert asked(page) == parse_qs(query)
    expect(page.page.locator("[data-testid=stPopoverBody]").get_by_role("button", name="Delete")).to_have_count(0)


def test_a_visit_begins_with_ones_default_and_can_leave_it(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("One", "Two")
    with backlog.database.transaction(ACTOR) as session:
        view = save_view(session, f"Mine {backlog.word}", "board", f"q=One+{backlog.word}", actor=ACTOR)
        set_default(session, "board", view.id, actor=ACTOR)
    try:
        page = open_page().goto()
        shown(page, 1)
        expect(page.page.get_by_placeholder("Search title")).to_have_value(f"One {backlog.word}")

        page.page.get_by_role("button", name="Clear", exact=True).click()

        expect(page.page.get_by_placeholder("Search title")).to_have_value("")
        expect(page.column("proposed").locator(".card").filter(has_text=f"Two {backlog.word}")).to_be_attached()
        linked = open_page().goto(q=backlog.word)
        shown(linked, 2)
    finally:
        with backlog.database.transaction(ACTOR) as session:
            delete_view(session, view.id, actor=ACTOR)


def test_a_view_of_the_timeline_sets_its_horizon_and_one_without_goes_back(
    open_page: OpenPage, backlog: Backlog
) -> None:
    backlog.add("Planned", status="approved", estimated_hours=4)
    for name, query in (("Far", "horizon=12+weeks&priority=medium"), ("Usual", "")):
        with backlog.database.transaction(ACTOR) as session:
            save_view(session, f"{name} {backlog.word}", "timeline", query, actor=ACTOR)
    page = open_page()
    page.visit("timeline")
    usual, far = (page.page.get_by_role("radio", name=f"{weeks} weeks") for weeks in (4, 12))
    expect(usual).to_be_checked(timeout=30_000)

    popover(page.page).get_by_role("button", name=f"Far {backlog.word}").click()

    expect(far).to_be_checked()
    assert asked(page) == {"horizon": ["12 weeks"], "priority": ["medium"]}

    popover(page.page).get_by_role("button", name=f"Usual {backlog.word}").click()

    expect(usual).to_be_checked()
