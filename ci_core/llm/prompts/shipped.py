"""The prompts that come with the product, one text file each, named as they are called."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def shipped_prompts() -> dict[str, str]:
    """Each prompt's text by its name."""
    return {path.stem: path.read_text(encoding="utf-8").strip() for path in sorted(FOLDER.glob("*.txt"))}
