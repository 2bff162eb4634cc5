"""The closing lines of a document ("Last updated …", "This wishlist represents …") belong to no item."""

from __future__ import annotations

import re

from ci_core.backlog.wishlist.inline import plain_text
from ci_core.backlog.wishlist.items import SkippedPart
from ci_core.backlog.wishlist.markdown_tree import Block, Document, Heading

_CLOSING = re.compile(
    r"^\W*(?:(?:this|the|our) (?:wishlist|wish list|document|list|roadmap|backlog|file|page)\b|last (?:updated"
    r"|review\w*|modified)|"
    r"version\b|updated\b|date\b|status: living|living document|(?:next|last) review|generated (?:by|on|with)"
    r"|maintained by|author|"
    r"note:|notes:|created (?:by|on)|document (?:version|owner|status)|prepared by|legend:|owner:|total:|end of"
    r"|contact:|feedback:)",
    re.IGNORECASE,
)


def cut_footer(doc: Document) -> SkippedPart | None:
    """Takes the closing lines off the last section; returns what was taken."""
    last = doc.root
    while last.children:
        last = last.children[-1]
    kept = len(last.blocks)
    cut: Block | None = None
    for place in range(len(last.blocks) - 1, -1, -1):
        block = last.blocks[place]
        ruled = place > 0 and last.blocks[place - 1].kind == "rule"
        if block.kind == "paragraph" and (_CLOSING.match(plain_text(block.text)) or (ruled and _is_aside(block))):
            kept, cut = place, block
        elif block.kind != "rule":
            break
    if cut is None or last is doc.root or (kept == 0 and not last.parent):
        return None
    del last.blocks[kept:]
    node: Heading | None = last
    while node is not None and node is not doc.root:
        node.end = min(node.end, cut.start)
        node = node.parent
    return SkippedPart(cut.start + 1, plain_text(cut.text)[:80], "closing lines about the document")


def _is_aside(block: Block) -> bool:
    """A paragraph set wholly in italics, such as a signature."""
    text = block.text.strip()
    return bool(re.fullmatch(r"([*_])(?![*_]).*\1", text, re.DOTALL))
