"""The order in which every form of the overview tells its parts, and where their lines lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ci_core.backlog.lifecycle import LABELS
from ci_core.overview.values import Block, Completions, Glance, Hint, Line, Overview

NOTHING_WAITS = Hint(
    "Nothing waits for you. Proposals to decide are in the inbox, open work is on the board.", page="inbox"
)


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and the blocks below it."""

    title: str
    blocks: tuple[Block, ...]


def parts_of(overview: Overview) -> Iterator[Part]:
    """The parts with blocks, in order; figures are told beside them."""
    needs = overview.needs or (Block("nothing", "", hint=NOTHING_WAITS),)
    yield Part("What needs you", needs)
    yield Part(f"What changed {overview.period.words}", (overview.people, overview.agents))
    yield Part("Top priorities", (overview.top,))


def link_of(line: Line, app_url: str) -> str | None:
    """Where a line leads, as a whole address."""
    if line.enhancement_id is not None:
        return f"{app_url}/?item={line.enhancement_id}"
    if line.page is not None:
        return f"{app_url}/{line.page}"
    return line.url


def name_of(line: Line) -> str:
    """The line's text, with the number of its enhancement before it where the text does not say it itself."""
    number = f"#{line.enhancement_id}"
    return line.text if line.enhancement_id is None or number in line.text else f"{number} {line.text}"


def completions_in_words(completions: Completions) -> str:
    """ "5 completed in the last 7 days, 3 in the 7 days before"."""
    return f"{completions.last_week:,} completed in the last 7 days, {completions.week_before:,} in the 7 days before"


def statuses_in_words(overview: Overview) -> str:
    """The statuses that anything has, with how many."""
    return ", ".join(f"{LABELS[one.status]} {one.count:,}" for one in overview.statuses if one.count)


def figures_in_words(glance: Glance) -> str:
    """The figures of a glance, in a line."""
    return ", ".join(f"{figure.label} {figure.value}" for figure in glance.figures)


def not_listed(block: Block) -> tuple[str, ...]:
    """What the block has but does not list, in words."""
    unlisted = block.total - len(block.lines)
    if block.more or unlisted <= 0 or block.key in ("inbox", "over-limit"):
        return block.more
    return (f"and {unlisted:,} more",)
