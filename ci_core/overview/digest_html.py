"""The digest as HTML that mail programs show alike: tables, inline styles, no picture, no style sheet, no script.

Colours are chosen to stay readable when a program turns them around in the dark, and on a dark ground of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ci_core.backlog.lifecycle import LABELS
from ci_core.overview.parts import completions_in_words, figures_in_words, link_of, name_of, not_listed, parts_of
from ci_core.overview.values import Block, Glance, Hint, Line, Overview
from db.enums import Status

_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif"
_GROUND, _PAPER, _INK, _QUIET, _LINK, _RULE = "#eef0f4", "#ffffff", "#22262f", "#5a6272", "#3452bd", "#d9dde5"
# As on the board; told apart by words and numbers too.
_STATUS_COLOURS = {
    Status.PROPOSED: "#8a93a6",
    Status.APPROVED: "#4a6fd4",
    Status.IN_PROGRESS: "#b7791f",
    Status.BLOCKED: "#b3423a",
    Status.COMPLETED: "#23915a",
    Status.DEFERRED: "#7d6bb3",
    Status.REJECTED: "#6b7280",
    Status.ARCHIVED: "#9aa1ad",
}
_PLAIN_TABLE = '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="{}">'
_TABLE = _PLAIN_TABLE.format("border-collapse:collapse")

_SHEET = (
    f"max-width:640px;background-color:{_PAPER};border:1px solid {_RULE};{_FONT};font-size:15px;line-height:1.45;"
    f"color:{_INK};text-align:left"
)


def document(subject: str, overview: Overview, app_url: str) -> str:
    """The whole document."""
    body = "".join(
        _part(part.title, (_block(block, app_url, titled=block.title not in ("", part.title)) for block in part.blocks))
        for part in parts_of(overview)
    )
    body += _part(
        "How things stand", [_statuses(overview), _paragraph(f"{completions_in_words(overview.completions)}.")]
    )
    body += "".join(_glance(glance, app_url) for glance in overview.glances)
    foot = f"This is the overview of {escape(overview.person)} at {_link(app_url, app_url)}."
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f'<title>{escape(subject)}</title></head><body style="margin:0;padding:0;background-color:{_GROUND}">'
        f"{_PLAIN_TABLE.format(f'background-color:{_GROUND}')}"
        '<tr><td align="center" style="padding:20px 8px">'
        f"{_PLAIN_TABLE.format(_SHEET)}"
        f'<tr><td style="padding:22px 24px 4px"><h1 style="margin:0;font-size:20px;line-height:1.3;color:{_INK}">'
        f"{escape(subject)}</h1></td></tr>{body}"
        f'<tr><td style="padding:14px 24px 20px;border-top:1px solid {_RULE};font-size:13px;color:{_QUIET}">{foot}'
        "</td></tr></table></td></tr></table></body></html>"
    )


def _part(title: str, blocks: Iterable[str]) -> str:
    return (
        f'<tr><td style="padding:16px 24px 6px"><h2 style="margin:0 0 6px;font-size:16px;line-height:1.3;color:{_INK}">'
        f"{escape(title)}</h2>{''.join(blocks)}</td></tr>"
    )


def _block(block: Block, app_url: str, *, titled: bool) -> str:
    heading = (
        f'<h3 style="margin:10px 0 2px;font-size:13px;color:{_QUIET}">{escape(block.title)}</h3>' if titled else ""
    )
    rows = "".join(_row(line, app_url) for line in block.lines)
    lines = f"{_TABLE}{rows}</table>" if rows else ""
    more = "".join(_paragraph(f"… {text}") for text in not_listed(block))
    hint = _hint(block.hint, app_url) if block.hint and not block.lines else ""
    return heading + lines + more + hint


def _row(line: Line, app_url: str) -> str:
    address, name = link_of(line, app_url), name_of(line)
    named = _link(address, name) if address else escape(name)
    note = f'<br><span style="font-size:13px;color:{_QUIET}">{escape(line.note)}</span>' if line.note else ""
    score = "" if line.score is None else f"{line.score:.0f}"
    dot = f'<span style="color:{_STATUS_COLOURS[line.status]}">&#9679;</span> ' if line.status else ""
    cell = f"padding:5px 0;border-bottom:1px solid {_RULE};vertical-align:top"
    return (
        f'<tr><td style="{cell};overflow-wrap:anywhere;word-break:break-word">{dot}{named}{note}</td>'
        f'<td align="right" style="{cell};padding-left:12px;font-size:13px;color:{_QUIET}">{score}</td></tr>'
    )


def _link(address: str, name: str) -> str:
    attributes = f'href="{escape(address)}" target="_blank" rel="noopener noreferrer" style="color:{_LINK}"'
    return f"<a {attributes}>{escape(name)}</a>"


def _paragraph(text: str) -> str:
    return f'<p style="margin:6px 0;font-size:14px;color:{_QUIET}">{escape(text)}</p>'


def _hint(hint: Hint, app_url: str) -> str:
    step = f" {_link(f'{app_url}/{hint.page}', hint.label or 'Open it')}" if hint.page is not None else ""
    command = (
        f'<p style="margin:6px 0"><code style="font-size:13px;color:{_INK}">{escape(hint.command)}</code></p>'
        if hint.command
        else ""
    )
    return f'<p style="margin:6px 0;font-size:14px;color:{_QUIET}">{escape(hint.text)}{step}</p>{command}'


def _statuses(overview: Overview) -> str:
    some = [one for one in overview.statuses if one.count]
    total = sum(one.count for one in some)
    if not total:
        return _paragraph("No enhancements yet.")
    bar = "".join(
        f'<td width="{max(1, round(100 * one.count / total))}%" style="height:10px;line-height:10px;font-size:1px;'
        f'background-color:{_STATUS_COLOURS[one.status]}">&nbsp;</td>'
        for one in some
    )
    names = " &nbsp; ".join(
        f'<span style="color:{_STATUS_COLOURS[one.status]}">&#9679;</span> {escape(LABELS[one.status])} {one.count:,}'
        for one in some
    )
    return f'{_TABLE}<tr>{bar}</tr></table><p style="margin:6px 0;font-size:13px;color:{_QUIET}">{names}</p>'


def _glance(glance: Glance, app_url: str) -> str:
    figures = _paragraph(f"{figures_in_words(glance)}.") if glance.figures else ""
    return _part(glance.title, [figures, _block(glance.block, app_url, titled=bool(glance.block.lines))])
