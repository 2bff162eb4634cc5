"""Markdown that people and wishlists wrote, as HTML that cannot do anything.

Three fences stand one behind the other: HTML in the text stays text, what the renderer gives is cut down to a short
list of tags, and Streamlit cleans it once more in the browser. Pictures become links, so that opening an enhancement
asks no other host for anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import streamlit as st

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

TAGS = {"p", "mark", "br", "hr", "ul", "ol", "li", "strong", "em", "s", "del", "code", "pre", "blockquote", "a", "div"}
TAGS |= {"h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
ATTRIBUTES = {"a": {"href", "title", "target"}, "ol": {"start"}, "div": {"class"}, "td": {"style"}, "th": {"style"}}
SCHEMES = {"http", "https", "mailto"}
LONGEST = 200_000


def draw_markdown(text: str, people: Sequence[str] = ()) -> None:
    """Draw the text of a person; nothing in it can become active. Mentions of `people` are highlighted."""
    if text.strip():
        st.html(safe_html(text, tuple(people) if "@" in text else ()))


@lru_cache(maxsize=64)
def safe_html(text: str, people: tuple[str, ...] = ()) -> str:
    """`text` rendered: only harmless tags, links that tell the other side nothing, no picture; mentions are marked."""
    import nh3

    rendered = _renderer().render(text[:LONGEST], {"people": people})
    cleaned = nh3.clean(
        rendered,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener noreferrer nofollow",
        filter_style_properties={"text-align"},
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return f'<div class="written">{cleaned}</div>'


@cache
def _renderer() -> MarkdownIt:
    from markdown_it import MarkdownIt

    renderer = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    renderer.add_render_rule("image", _picture_as_link)
    renderer.add_render_rule("text", _text_with_mentions)
    return renderer


def _picture_as_link(_self: Any, tokens: Sequence[Any], index: int, _options: Any, _env: Any) -> str:
    from html import escape

    token = tokens[index]
    return f'<a href="{escape(str(token.attrs["src"]))}">picture: {escape(token.content or "untitled")}</a>'


def _text_with_mentions(_self: Any, tokens: Sequence[Any], index: int, _options: Any, env: Any) -> str:
    from html import escape

    from ci_core.backlog.mentions import mentions_in

    text, place, parts = tokens[index].content, 0, []
    for mention in mentions_in(text, env.get("people", ())):
        parts += [escape(text[place : mention.start]), f"<mark>{escape(text[mention.start : mention.end])}</mark>"]
        place = mention.end
    return "".join([*parts, escape(text[place:])])
