"""Take the pictures of the documentation: every page of a running app and some parts, in light and dark.

    python -m deploy.pictures http://127.0.0.1:8501 [--into docs/images] [--only research agents]

Needs what the tests need (Playwright and a Chromium). The app should be filled, with some history too; each
picture stays below 200 kB.
"""

from __future__ import annotations

import argparse
import io
import os
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, ViewportSize, sync_playwright

from deploy.launch.testing import find_browser
from pages.widgets.navigation import PAGE_LINKS

SIZE: ViewportSize = {"width": 1280, "height": 720}
FLAGS = ["--no-sandbox", "--disable-background-networking"]
MOST_BYTES = 200_000
COLOURS = (256, 192, 128, 96, 64, 32)
READY = """
() => document.querySelector('[data-testid="stApp"]')?.dataset.testScriptState === "notRunning"
    && !document.querySelector('[data-testid="stSkeleton"], [data-testid="stSpinner"]')
"""
# Parts of pages that the documentation shows beside the pages themselves, by the name of their picture.
PARTS = {
    "sources-insight": "sources?part=Insight",
    "agents-next": "agents?part=Next",
    "agents-history": "agents?part=History",
    "agents-workers": "agents?part=Workers",
}
# Charts and grids draw a moment after the run that brought them.
DRAWN_MS = 2_500


def main(arguments: Sequence[str] | None = None) -> None:
    """Write one picture per page and theme."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("--into", type=Path, default=Path("docs/images"))
    parser.add_argument("--only", nargs="*", metavar="NAME", help="pages and parts by the name of their picture")
    options = parser.parse_args(arguments)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(os.environ), args=FLAGS)
        for scheme in ("light", "dark"):
            context = browser.new_context(viewport=SIZE, color_scheme="dark" if scheme == "dark" else "light")
            page = context.new_page()
            for name, path in addresses(options.only).items():
                picture = small(taken(page, f"{options.address.rstrip('/')}/{path}"))
                (options.into / f"{name}-{scheme}.png").write_bytes(picture)
            context.close()
        browser.close()


def addresses(only: Sequence[str] | None = None) -> dict[str, str]:
    """What is to be seen where, by the name of its picture; with `only`, nothing else."""
    every = {link.path or "overview": link.path for link in PAGE_LINKS} | PARTS
    return every if only is None else {name: path for name, path in every.items() if name in only}


def taken(page: Page, address: str) -> bytes:
    """A picture of what stands at `address` when it is drawn."""
    page.goto(address)
    page.wait_for_selector(".header[data-ready=true]", state="attached")
    page.wait_for_timeout(DRAWN_MS)
    page.wait_for_function(READY)
    return page.screenshot()


def small(picture: bytes) -> bytes:
    """The picture as it is, or with as many colours as keep it below the limit."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    written = _as_png(image)
    for colours in COLOURS:
        if len(written) <= MOST_BYTES:
            break
        written = _as_png(image.quantize(colours, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE))
    return written


def _as_png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
