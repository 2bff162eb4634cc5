"""Markdown as a tree of harmless nodes, which the browser builds element by element; no HTML ever travels.

A node is a text, or an object {"t": tag, "c": children} with "href" where it is a link. Only the tags below exist on
the other side; whatever else the text says stays text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Node = str | dict[str, Any]

TAGS = frozenset(
    {"p", "br", "hr", "ul", "ol", "li", "strong", "em", "s", "code", "pre", "blockquote", "a"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
)
SCHEMES = frozenset({"http", "https", "mailto"})
LONGEST = 20_000


def markdown_tree(text: str) -> list[Node]:
    """The nodes of `text`; of a very long one the beginning, with an ellipsis."""
    cut = text[:LONGEST] + ("\n\n…" if len(text) > LONGEST else "")
    return _nested(_parser().parse(cut))


def safe_href(address: str) -> str | None:
    """The address if it may be followed: http, https or mailto."""
    try:
        scheme = urlsplit(address.strip()).scheme.lower()
    except ValueError:
        return None
    return address if scheme in SCHEMES else None


def _nested(tokens: Sequence[Token]) -> list[Node]:
    root: list[Node] = []
    open_lists = [root]
    for token in tokens:
        if token.nesting == 1:
            children: list[Node] = []
            node = _element(token, children)
            if node is None:
                children = open_lists[-1]
            else:
                open_lists[-1].append(node)
            open_lists.append(children)
        elif token.nesting == -1:
            open_lists.pop()
        else:
            open_lists[-1].extend(_leaf(token))
    return root


def _element(token: Token, children: list[Node]) -> dict[str, Any] | None:
    """The element that a token opens; None when only its content is shown."""
    if token.hidden or token.tag not in TAGS:
        return None
    node: dict[str, Any] = {"t": token.tag, "c": children}
    if token.tag == "a":
        href = safe_href(str(token.attrs.get("href", "")))
        if href is None:
            return None
        node["href"] = href
    if token.tag == "ol" and str(token.attrs.get("start", "")).isdigit():
        node["start"] = int(token.attrs["start"])
    return node


def _leaf(token: Token) -> list[Node]:
    if token.type == "inline":
        return _nested(token.children or [])
    if token.type == "code_inline":
        return [{"t": "code", "c": [token.content]}]
    if token.type in ("fence", "code_block"):
        return [{"t": "pre", "c": [{"t": "code", "c": [token.content]}]}]
    if token.type == "softbreak":
        return ["\n"]
    if token.type in ("hardbreak", "hr"):
        return [{"t": "br" if token.type == "hardbreak" else "hr", "c": []}]
    if token.type == "image":
        # A picture becomes a link, so that looking at a proposal asks no other host for anything.
        name = f"picture: {token.content or 'untitled'}"
        href = safe_href(str(token.attrs.get("src", "")))
        return [{"t": "a", "href": href, "c": [name]} if href else name]
    return [token.content] if token.content else []


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
