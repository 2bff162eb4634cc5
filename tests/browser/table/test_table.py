"""The table: a link shows its rows, cells are edited where they stand, and what is shown can be taken away."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import FrameLocator, Locator, expect

from ci_core.backlog import update_enhancement
from ci_core.backlog.views import save_view
from tests.browser.axe import serious
from tests.browser.board.harness import ACTOR, AppPage, Backlog, OpenPage

pytestmark = pytest.mark.browser
SIZES = (("Small", 2), ("Middle", 5), ("Large", 8))


class Table:
    """The table's frame in one person's browser."""

    def __init__(self, page: AppPage, **query: str) -> None:
        self.app = page
        self.page = page.page
        page.visit("table", **query)
        self.frame: FrameLocator = self.page.frame_locator(".st-key-table-grid-box iframe")
        self.frame.locator("body[data-ready=true]").wait_for(timeout=40_000)

    def cell(self, row: int, column: str) -> Locator:
        return self.frame.locator(f'.ag-row[row-id="{row}"] [col-id="{column}"]')

    def ids(self) -> list[int]:
        """The rows from the top."""
        sorted_rows = "rows.sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)"
        script = f"rows => {sorted_rows}.map(row => Number(row.getAttribute('row-id')))"
        return list(self.frame.locator(".ag-center-cols-container .ag-row[row-id]").evaluate_all(script))

    def edit(self, row: int, column: str, text: str) -> None:
        self.cell(row, column).click()
        self.page.keyboard.press("e")
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")


def test_a_link_shows_its_rows_in_its_order_and_columns(open_page: OpenPage, backlog: Backlog) -> None:
    small, large = backlog.add("Small", estimated_hours=2)[0], backlog.add("Large", estimated_hours=8)[0]
    backlog.add("Elsewhere", estimated_hours=5, category="security")

    table = Table(open_page(), q=backlog.word, category="enhancement", sort="-estimate", cols="title,estimate,votes")

    expect(table.cell(large, "estimate")).to_have_text("8")
    assert table.ids() == [large, small]
    headings = table.frame.locator(".ag-header-cell-text").all_inner_texts()
    assert [heading for heading in headings if heading] == ["Title", "Est. h", "Votes"]
    table.frame.get_by_text("Est. h").click()  # largest first, then no order, then smallest first
    table.frame.get_by_text("Est. h").click()
    table.page.wait_for_url("**sort=estimate**")
    expect(table.page.get_by_text("2 of ").first).to_be_visible()
    table.cell(small, "title").click()
    table.app.press("g", "b")  # keys of the page are heard in the grid too
    table.page.wait_for_url("**/board**")


def test_a_view_brings_columns_order_and_groups_to_a_table_that_is_open(open_page: OpenPage, backlog: Backlog) -> None:
    small, large = backlog.add("Small", estimated_hours=2)[0], backlog.add("Large", estimated_hours=8)[0]
    query = f"q={backlog.word}&group=priority&cols=title%2Cestimate&sort=-estimate"
    backlog.as_other(save_view, f"Grouped {backlog.word}", "table", query, shared=True)
    table = Table(open_page(), q=backlog.word, sort="estimate")
    expect(table.cell(small, "status")).to_be_visible()
    assert table.ids() == [small, large]

    table.page.locator(".st-key-views-table-popover button").first.click()
    table.page.get_by_role("button", name=f"Grouped {backlog.word}").click()

    expect(table.frame.get_by_role("button", name="Medium")).to_contain_text("2 · 10 h estimated")
    expect(table.cell(small, "status")).to_have_count(0)
    row = table.frame.locator(f'.ag-center-cols-container .ag-row[row-id="{large}"]')
    expect(row).to_have_attribute("row-index", "1")  # right below the heading
    table.page.wait_for_url("**group=priority**")


def test_filters_of_columns_come_with_a_link_and_a_view_and_go_into_the_address(
    open_page: OpenPage, backlog: Backlog
) -> None:
    small, middle, large = (backlog.add(name, estimated_hours=hours)[0] for name, hours in SIZES)
    query = urlencode({"q": backlog.word, "filter": '{"title":{"filterType":"text","type":"contains","filter":"mid"}}'})
    backlog.as_other(save_view, f"Middle {backlog.word}", "table", query, shared=True)
    table = Table(
        open_page(), q=backlog.word, filter='{"estimate":{"filterType":"number","type":"greaterThan","filter":4}}'
    )

    expect(table.cell(large, "title").first).to_be_visible()
    expect(table.cell(small, "title")).to_have_count(0)
    expect(table.page.get_by_text("2 of 3 of ").first).to_be_visible()
    heading = table.frame.locator('.ag-header-cell[col-id="title"]')
    heading.hover()
    heading.locator(".ag-header-cell-filter-button").click()
    table.frame.get_by_label("Filter Value").first.fill("LARGE")
    expect(table.cell(middle, "title")).to_have_count(0)
    table.page.wait_for_url(lambda url: "estimate" in url and "LARGE" in url)
    table.frame.get_by_label("Filter Value").first.fill("LARGE" * 50)
    expect(table.page.get_by_text("longer than an address may hold")).to_be_visible()
    expect(table.cell(large, "title").first).to_be_visible(timeout=20_000)  # as the address still says
    expect(table.page.get_by_text("1 of 3 of ").first).to_be_visible()

    table.page.locator(".st-key-views-table-popover button").first.click()
    table.page.get_by_role("button", name=f"Middle {backlog.word}").click()

    expect(table.cell(middle, "title").first).to_be_visible()
    expect(table.cell(large, "title")).to_have_count(0)
    table.page.get_by_role("button", name="Clear", exact=True).first.click()
    expect(table.cell(large, "title").first).to_be_attached()
    table.page.wait_for_url(lambda url: "filter" not in url)


def test_a_cell_is_edited_stored_and_taken_back(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add("Before", estimated_hours=2)
    table = Table(open_page(), q=backlog.word)

    table.edit(item, "title", f"After {backlog.word}")
    table.page.get_by_text(f"Changed the title of #{item}").wait_for()
    assert backlog.read(item).title == f"After {backlog.word}"
    table.edit(item, "estimate", "3.5")
    table.page.get_by_text(f"Changed the estimate (hours) of #{item}").wait_for()
    assert backlog.read(item).estimated_hours == 3.5
    assert backlog.history(item)[0].actor == ACTOR
    backlog.as_other(update_enhancement, item, {"assignee": "grace"}, expected_version=None)
    expect(table.cell(item, "assignee")).to_have_text("grace", timeout=10_000)  # without a reload

    table.page.get_by_role("button", name="Undo").first.click()

    expect(table.cell(item, "estimate")).to_have_text("2")
    assert backlog.read(item).estimated_hours == 2
    table.cell(item, "title").press("Enter")
    expect(table.app.dialog.get_by_text(f"#{item} After {backlog.word}")).to_be_visible()
    table.page.wait_for_url(f"**item={item}**")
    expect(table.app.dialog.get_by_role("button", name="Copy link")).to_have_attribute(
        "title", f"{table.app.url}/table?item={item}"
    )


def test_a_cell_that_a_colleague_changed_is_told_and_not_overwritten(open_page: OpenPage, backlog: Backlog) -> None:
    (item,) = backlog.add("Before")
    table = Table(open_page(), q=backlog.word)
    table.cell(item, "title").click()
    table.page.keyboard.press("e")
    table.page.keyboard.press("Control+a")
    table.page.keyboard.type(f"Mine {backlog.word}")
    backlog.as_other(update_enhancement, item, {"title": f"Theirs {backlog.word}"}, expected_version=None)

    table.page.keyboard.press("Enter")

    told = table.page.locator(".st-key-table-problem-0")
    expect(told).to_contain_text("grace.hopper changed title")
    expect(told).to_contain_text(f"Stored is “Theirs {backlog.word}”")
    expect(table.cell(item, "title")).to_have_text(f"Theirs {backlog.word}")
    assert backlog.read(item).title == f"Theirs {backlog.word}"
    told.get_by_role("button", name="Write mine").click()
    expect(table.cell(item, "title")).to_have_text(f"Mine {backlog.word}")
    expect(told).to_have_count(0)


def test_rows_are_grouped_folded_and_selected_by_keys(open_page: OpenPage, backlog: Backlog) -> None:
    low = backlog.add("Low", priority="low", estimated_hours=3)[0]
    first, second = backlog.add("High A", "High B", priority="high", estimated_hours=2)
    table = Table(open_page(), q=backlog.word, group="priority", sort="title")

    heading = table.frame.get_by_role("button", name="High")
    expect(heading).to_contain_text("2 · 4 h estimated")
    assert [item for item in table.ids() if item] == [first, second, low]
    heading.click()
    expect(table.cell(first, "title")).to_have_count(0)
    expect(table.cell(low, "title")).to_be_visible()
    heading.click()
    table.cell(first, "title").click()
    table.app.press("x", "j", "x")
    expect(table.frame.get_by_text("2 selected")).to_be_visible()

    table.frame.get_by_role("button", name="Edit selected").click()

    expect(table.app.dialog.get_by_text("2", exact=False).first).to_be_visible()


def test_text_stays_text_and_reads_well_for_everybody(open_page: OpenPage, backlog: Backlog) -> None:
    hostile = "<img src=x onerror=alert(1)>::JSCODE::alert(2)::JSCODE::"
    (item,) = backlog.add(hostile, priority="critical", assignee="ada", feature_area=hostile, tags=(hostile[:30],))
    table = Table(open_page(), q=backlog.word, group="area", cols="title,area,tags,priority")

    expect(table.cell(item, "title")).to_have_text(f"{hostile} {backlog.word}")
    expect(table.frame.get_by_role("button", name=hostile)).to_be_visible()
    expect(table.frame.locator("img")).to_have_count(0)

    assert serious(table.page) == []


def test_what_is_shown_can_be_taken_away(open_page: OpenPage, backlog: Backlog) -> None:
    backlog.add("=Formula", priority="high")
    backlog.add("Hidden", priority="low")
    table = Table(open_page(), q=backlog.word, priority="high", cols="id,title,tags")
    table.page.locator(".st-key-export-Table button").first.click()

    with table.page.expect_download() as started:
        table.page.get_by_role("button", name="CSV").click()

    path = Path(started.value.path())
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    assert rows[0] == ["ID", "Title", "Tags"]
    assert [row[1] for row in rows[1:]] == [f"'=Formula {backlog.word}"]
    assert started.value.suggested_filename.endswith(".csv")
