"""A click beside a timed fragment is carried out once and its answer is shown, however busy the page was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.kanban.harness import ROOT, BoardServer
from tests.browser.windows import Windows

pytestmark = pytest.mark.browser

APP = ROOT / "tests" / "browser" / "apps" / "timer_app.py"
BUSY = "const until = performance.now() + 300; while (performance.now() < until);"

CLICK_BOTH = """() => ['Push', 'Press'].forEach(
    name => [...document.querySelectorAll('button')].find(button => button.innerText.includes(name)).click())"""
CLOSE_AND_OPEN_AT_ONCE = """async pause => {
    const named = name => [...document.querySelectorAll('button')].find(button => button.innerText.includes(name));
    named('Close').click();
    await new Promise(resolve => setTimeout(resolve, pause));
    named('Open').click();
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BoardServer]:
    running = BoardServer(tmp_path_factory.mktemp("timer"), APP, works_in=ROOT)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def page(windows: Windows, server: BoardServer) -> Iterator[Page]:
    window = windows.take(server.url)
    window.page.goto(server.url)
    expect(window.page.get_by_text("pressed 0 times")).to_be_visible(timeout=30_000)
    yield window.page
    windows.give_back(server.url, window)


def test_click_that_waited_behind_a_due_timer_is_carried_out_once(page: Page) -> None:
    # The timer falls due while the page is busy, and the click is handled before it: input goes first.
    box = page.get_by_role("button", name="Press").bounding_box()
    assert box is not None
    for pressed in range(1, 6):
        page.evaluate(f"() => {{ setTimeout(() => {{ {BUSY} }}, 20); }}")
        page.wait_for_timeout(60)
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        expect(page.get_by_text("pressed")).to_have_text(f"pressed {pressed} times")


def test_answer_to_a_click_is_shown_although_the_timer_asks_while_it_is_on_its_way(page: Page) -> None:
    # The click and the timer's message leave the page one right after the other.
    for pressed in range(1, 11):
        page.get_by_role("button", name="Press").evaluate(f"button => {{ {BUSY} button.click(); }}")
        expect(page.get_by_text("pressed")).to_have_text(f"pressed {pressed} times", timeout=3_000)


def test_two_clicks_in_one_message_are_both_seen(page: Page) -> None:
    page.get_by_role("button", name="Push").wait_for()
    page.evaluate(CLICK_BOTH)

    expect(page.get_by_text("pressed")).to_have_text("pressed 2 times")
    expect(page.get_by_text("counted to")).to_have_text("counted to 2")


def test_what_was_closed_opens_again_although_the_browser_forgot_it_in_between(page: Page) -> None:
    # The server sends only the name of a long message that the browser says it has. The end of a run that was asked for
    # before must not make the browser forget that message: it would give up the connection, and the page would be dead.
    text = page.get_by_text("The long text is open.")
    page.get_by_role("button", name="Open").click()
    expect(text).to_be_visible()

    for pause in [0, 1, 2, 1] * 5:  # milliseconds; it takes one round to three, sometimes eight
        page.wait_for_timeout(500)  # some ticks, with which the message ages
        page.evaluate(CLOSE_AND_OPEN_AT_ONCE, pause)

    page.wait_for_timeout(1_000)
    expect(page.get_by_role("dialog")).to_have_count(0)  # none that tells of a lost connection
    expect(text).to_be_visible()
