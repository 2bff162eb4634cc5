"""The digest as plain text and as markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ci_core.overview.parts import (
    completions_in_words,
    figures_in_words,
    link_of,
    name_of,
    not_listed,
    parts_of,
    statuses_in_words,
)
from ci_core.overview.values import Block, Hint, Line, Overview

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~&-])")


@dataclass(frozen=True, slots=True)
class _Writing:
    """How one of the two forms writes its pieces."""

    title: Callable[[str, int], str]
    item: Callable[[Line, str], str]
    text: Callable[[str], str]
    command: Callable[[str], str]


def plain_text(subject: str, overview: Overview, app_url: str) -> str:
    """Lines of plain text; addresses stand on lines of their own."""
    return "\n".join(_lines(subject, overview, app_url, _PLAIN)) + "\n"


def markdown(subject: str, overview: Overview, app_url: str) -> str:
    """Markdown in which nobody's text has a meaning of its own."""
    return "\n".join(_lines(subject, overview, app_url, _MARKDOWN)) + "\n"


def _lines(subject: str, overview: Overview, app_url: str, how: _Writing) -> Iterator[str]:
    yield how.title(subject, 1)
    for part in parts_of(overview):
        yield from ("", how.title(part.title, 2))
        for block in part.blocks:
            yield from _block(block, app_url, how, titled=block.title not in ("", part.title))
    yield from ("", how.title("How things stand", 2), "")
    yield how.text(f"{statuses_in_words(overview) or 'No enhancements yet'}.")
    yield how.text(f"{completions_in_words(overview.completions)}.")
    for glance in overview.glances:
        yield from ("", how.title(glance.title, 2))
        if glance.figures:
            yield from ("", how.text(f"{figures_in_words(glance)}."))
        yield from _block(glance.block, app_url, how, titled=bool(glance.block.lines))


def _block(block: Block, app_url: str, how: _Writing, *, titled: bool) -> Iterator[str]:
    yield ""
    if titled:
        yield from (how.title(block.title, 3), "")
    for line in block.lines:
        yield how.item(line, link_of(line, app_url) or "")
    for more in not_listed(block):
        yield how.text(f"… {more}")
    if block.hint and not block.lines:
        yield from _hint(block.hint, app_url, how)


def _hint(hint: Hint, app_url: str, how: _Writing) -> Iterator[str]:
    yield how.text(hint.text)
    if hint.page is not None:
        yield how.text(f"{app_url}/{hint.page}") if how is _PLAIN else f"<{app_url}/{hint.page}>"
    if hint.command:
        yield from ("", how.command(hint.command))


def _single(text: str) -> str:
    return " ".join(text.split())


def _plain_title(text: str, level: int) -> str:
    line = _single(text)
    return f"{line}\n{('=' if level == 1 else '-') * len(line)}" if level < 3 else f"{line}:"


def _plain_item(line: Line, address: str) -> str:
    note = f"\n    {_single(line.note)}" if line.note else ""
    return f"  * {_single(name_of(line))}{note}" + (f"\n    {address}" if address else "")


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", _single(text))


def _markdown_item(line: Line, address: str) -> str:
    name = _escaped(name_of(line))
    # An address in angle brackets may hold round ones; what could end it is written otherwise.
    safe = address.replace("<", "%3C").replace(">", "%3E").replace("\\", "%5C").replace(" ", "%20")
    linked = f"[{name}](<{safe}>)" if address else name
    return f"- {linked}" + (f": {_escaped(line.note)}" if line.note else "")


_PLAIN = _Writing(_plain_title, _plain_item, _single, lambda command: f"    {command}")
_MARKDOWN = _Writing(
    lambda text, level: f"{'#' * level} {_escaped(text)}",
    _markdown_item,
    # A line break after each, which two spaces at its end mean.
    lambda text: f"{_escaped(text)}  ",
    lambda command: f"    {command}",
)
