"""The words in HTML and markdown, in time proportional to their length whatever a stranger wrote.

General parsers are no help here: with a hundred thousand characters of tags that never end, `html.parser` (and with it
BeautifulSoup) works for minutes. Only the words are wanted, and a "<" never has to be matched with its end for them.
"""

from __future__ import annotations

import html
import re

# What is never text, with all that stands in it.
UNREAD = frozenset(
    "script style template noscript iframe object svg math head canvas textarea select".split()  # noqa: SIM905
)
# Before and after these a new line begins.
BLOCKS = frozenset(
    """
    address article aside blockquote br dd details div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6
    header hr li main nav ol p pre section summary table tbody thead tr ul
    """.split()  # noqa: SIM905 (a list of quoted words would be unreadable)
)

# One beginning or end of an element; a ">" within quotes does not end it. Possessive, so that nothing is tried twice.
_ELEMENT = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})((?:[^<>\"']|\"[^\"]{0,2000}+\"|'[^']{0,2000}+'|[\"'])*+)>")
# What else begins like markup: it goes up to the next ">", if there is one before the next "<".
_OTHER = re.compile(r"<[A-Za-z/!?][^<>]*+>?")
_HIDDEN = re.compile(r"(?:^|\s)hidden(?=[\s=/]|$)|display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)

_MD_WIDE = re.compile(r"[ \t]{9,}")
_MD_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_MD_FENCE = re.compile(r"^ {0,3}(?:`{3,}|~{3,})[^\n]*$", re.MULTILINE)
# (address "title") or [name], every part of it bounded so that no text takes long.
_TARGET = (
    r"(?:\([^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,200})?(?:\s{1,9}\"[^\"\n]{0,300}\")?\)|\[[^\]\n]{0,200}\])"
)
_MD_IMAGE = re.compile(r"!\[([^\[\]\n]{0,500})\]" + _TARGET)
_MD_LINK = re.compile(r"\[([^\[\]\n]{1,500})\]" + _TARGET)
_MD_AUTOLINK = re.compile(r"<(https?://[^\s<>]{1,2000})>")
_MD_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*\S+.*$", re.MULTILINE)
_MD_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+", re.MULTILINE)
_MD_UNDERLINE = re.compile(r"^ {0,3}(?:={3,}|-{3,}|\*{3,}|_{3,}|(?:[-*_] ){2,}[-*_])[ \t]*$", re.MULTILINE)
_MD_QUOTE = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+", re.MULTILINE)
_MD_BULLET = re.compile(r"^([ \t]*)[*+][ \t]+", re.MULTILINE)
_MD_RULER = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+[ \t]*:?-*:?[ \t]*$", re.MULTILINE)
_MD_CELL = re.compile(r"[ \t]*\|[ \t]*")
_MD_STRONG = re.compile(r"(\*\*\*|\*\*|__|~~)(?=\S)(.{1,300}?)(?<=\S)\1")
_MD_EMPHASIS = re.compile(r"(?<![\w*])([*_])(?=[^\s*_])([^*_\n]{1,300}?)(?<=\S)\1(?![\w*])")
_MD_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)(.{1,300}?)(?<!`)\1(?!`)")
_MD_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~^])")
_MD_ASIDE = re.compile("[\ue021-\ue07e]")
_TAG = re.compile(r"<[A-Za-z/!?]")
# "<" before anything but the name of an element is a sign of its own: List<String>, a<b.
_NO_ELEMENT = re.compile(
    r"<(?!/?(?:a|abbr|article|aside|audio|b|base|body|blockquote|br|button|canvas|center|code|dd|del|details|div|dl|dt|em|"
    r"embed|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|li|link|main|mark|math|meta|nav|"
    r"noscript|object|ol|option|p|picture|pre|s|samp|script|section|select|small|source|span|strike|strong|style|sub|"
    r"summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|tt|u|ul|var|video)\b[^<]*>|/?script|/?style)",
    re.IGNORECASE,
)


def of_html(raw: str) -> str:
    """The words of an HTML text, in lines; scripts, styles, comments and hidden elements are left out."""
    pieces: list[str] = []
    position = 0
    while (start := raw.find("<", position)) >= 0:
        pieces.append(html.unescape(raw[position:start]))
        position = _after_markup(raw, start, pieces)
    pieces.append(html.unescape(raw[position:]))
    return "".join(pieces)


def _after_markup(raw: str, start: int, pieces: list[str]) -> int:
    """Where reading goes on after what begins at `start` with a "<"; appends what stands for it in the text."""
    if raw.startswith("<!--", start):
        end = raw.find("-->", start + 4)
        return len(raw) if end < 0 else end + 3
    element = _ELEMENT.match(raw, start)
    if element is None:
        other = _OTHER.match(raw, start)
        if other is None:
            pieces.append("<")
            return start + 1
        return other.end()
    closing, name, attributes = element[1], element[2].lower(), element[3]
    if not closing and not attributes.endswith("/") and (name in UNREAD or _HIDDEN.search(attributes)):
        end = _end_of(name, raw, element.end())
        return len(raw) if end < 0 else end
    if name in BLOCKS:
        pieces.append("\n")
    elif name in ("td", "th") and not closing:
        pieces.append(" ")
    return element.end()


def _end_of(name: str, raw: str, start: int) -> int:
    """Behind the next end of an element `name`; −1 where it has none."""
    found = re.compile(rf"</{re.escape(name)}\b[^>]*+>", re.IGNORECASE).search(raw, start)
    return found.end() if found else -1


def of_markdown(raw: str) -> str:
    """The words of a markdown text, HTML within it read as `of_html` does; in time proportional to its length."""
    # Some sites send markdown with its signs as entities: "&gt; quoted".
    text = _MD_WIDE.sub(" " * 8, _MD_COMMENT.sub("", html.unescape(raw)))
    text = _MD_AUTOLINK.sub(r"\1", text)
    for pattern in (_MD_FENCE, _MD_DEFINITION, _MD_RULER, _MD_UNDERLINE):
        text = pattern.sub("", text)
    text = _MD_ESCAPE.sub(lambda sign: chr(0xE000 + ord(sign[1])), text)  # signs that are meant stand aside meanwhile
    text = _MD_LINK.sub(r"\1", _MD_IMAGE.sub(r"\1", text))
    text = _MD_BULLET.sub(r"\1- ", _MD_QUOTE.sub("", _MD_HEADING.sub("", text)))
    for _ in range(2):  # emphasis within emphasis
        text = _MD_EMPHASIS.sub(r"\2", _MD_STRONG.sub(r"\2", text))
    text = _MD_CODE.sub(r"\2", text)
    text = "\n".join(_MD_CELL.sub(" ", line) if line.lstrip().startswith("|") else line for line in text.split("\n"))
    if _TAG.search(text):
        text = of_html(_NO_ELEMENT.sub("&lt;", text.replace("&", "&amp;")))
    return _MD_ASIDE.sub(lambda sign: chr(ord(sign[0]) - 0xE000), text)
