"""Tags as one line that a person edits, with commas between them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence


def tags_in_words(tags: Sequence[str]) -> str | None:
    """The tags with commas between them; a tag that has a comma or a quotation mark itself stands in quotes."""
    if not tags:
        return None
    return ", ".join(f'"{tag.replace(chr(34), chr(34) * 2)}"' if {",", '"'} & set(tag) else tag for tag in tags)


def tags_from_words(text: str) -> list[str]:
    """The tags of such a line; empty ones are left out."""
    (row,) = csv.reader(io.StringIO(" ".join(text.splitlines())), skipinitialspace=True) if text.strip() else ([],)
    return [tag.strip() for tag in row if tag.strip()]
