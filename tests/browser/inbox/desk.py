"""One person at the inbox: what they see, and the keys that they press."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.board.harness import AppPage


class Desk:
    """An inbox in a browser."""

    def __init__(self, page: AppPage) -> None:
        self.app = page
        self.page = page.page

    def visit(self, word: str = "", **query: object) -> Desk:
        """Open the inbox, narrowed to `word`, and wait until its list is drawn."""
        self.app.visit("inbox", **({"q": word} if word else {}), **query)
        self.page.wait_for_selector(".inbox[data-ready=true]", state="attached", timeout=40_000)
        return self

    @property
    def item(self) -> Locator:
        return self.page.locator(".item")

    @property
    def chooser(self) -> Locator:
        return self.page.locator(".chooser")

    def row(self, enhancement_id: int) -> Locator:
        return self.page.locator(f'.inbox .row[data-id="{enhancement_id}"]')

    def rows(self) -> list[int]:
        """The ids in the list, from the top."""
        places = "nodes => nodes.map(n => [Number(n.ariaPosInSet), Number(n.dataset.id)]).sort((a, b) => a[0] - b[0])"
        return [found for _, found in self.page.locator(".inbox .row").evaluate_all(places)]

    def sees(self, enhancement_id: int | None) -> None:
        """Expect this proposal at the right; None: none."""
        if enhancement_id is None:
            expect(self.page.locator(".inbox .empty")).to_be_visible()
        else:
            expect(self.item).to_have_attribute("data-id", str(enhancement_id))

    def loaded(self) -> None:
        """Expect that all is known of the proposal at the right."""
        expect(self.item).to_have_attribute("data-loaded", "true")

    def press(self, *keys: str) -> None:
        self.app.press(*keys)

    def saved(self, timeout: float = 20_000) -> None:
        self.page.wait_for_selector('.inbox[data-waiting="0"]', state="attached", timeout=timeout)
