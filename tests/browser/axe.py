"""What axe-core, an examiner of accessibility, finds on a page that stands still: colours that fade deceive it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

STILL = """() => {
    const roots = (root) => [root, ...[...root.querySelectorAll("*")].filter((node) => node.shadowRoot)
        .flatMap((node) => roots(node.shadowRoot))];
    const moves = (one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity;
    return roots(document).every((root) => !root.getAnimations().some(moves));
}"""


def violations(page: Page, context: str | dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """All findings of axe-core in the page, or in the part of it that `context` names, shadow roots included."""
    page.wait_for_function(STILL)
    found = Axe().run(page, context=context, options={"resultTypes": ["violations"]})
    return list(found.response["violations"])


def serious(page: Page, context: str | dict[str, Any] | None = None) -> list[str]:
    """The serious findings, each with its rule and its elements."""
    return [
        f"{one['id']}: {node['target']}: {node['html'][:200]}"
        for one in violations(page, context)
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
