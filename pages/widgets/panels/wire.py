"""What the panels show, as the browser gets it: every text is a text, every link is one of the app or the web."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ci_core.backlog.lifecycle import LABELS
from ci_core.overview import Block, Glance, Hint, Line, Overview
from ci_core.overview.parts import NOTHING_WAITS, not_listed
from db.enums import Status


def encode(overview: Overview) -> bytes:
    """The overview as the bytes of one JSON document."""
    return json.dumps(document(overview), ensure_ascii=False, separators=(",", ":")).encode()


def document(overview: Overview) -> Mapping[str, Any]:
    """The overview as JSON knows it."""
    waiting = overview.needs or (Block("nothing", "", hint=NOTHING_WAITS),)
    completions = overview.completions
    return {
        "needs": [_block(block) for block in waiting],
        "changed": {
            "title": f"What changed {overview.period.words}",
            "blocks": [_block(overview.people), _block(overview.agents)],
        },
        "top": _block(overview.top),
        "statuses": [
            {"status": one.status.value, "label": LABELS[one.status], "count": one.count}
            for one in overview.statuses
            if one.count or one.status is not Status.ARCHIVED
        ],
        "completions": {
            "days": list(completions.days),
            "last": completions.last_week,
            "before": completions.week_before,
        },
        "glances": [_glance(glance) for glance in overview.glances],
    }


def _block(block: Block) -> Mapping[str, Any]:
    return {
        "key": block.key,
        "title": block.title,
        "total": block.total,
        "lines": [_line(line) for line in block.lines],
        "more": list(not_listed(block)),
        "page": block.page,
        "hint": _hint(block.hint) if block.hint and not block.lines else None,
    }


def _line(line: Line) -> Mapping[str, Any]:
    return {
        "text": line.text,
        "note": line.note,
        "item": line.enhancement_id,
        "page": line.page,
        "url": line.url,
        "status": line.status.value if line.status else None,
        "status_label": LABELS[line.status] if line.status else None,
        "priority": line.priority.value if line.priority else None,
        "score": line.score,
        "at": line.at.timestamp() if line.at else None,
        "notification": line.notification_id,
    }


def _hint(hint: Hint) -> Mapping[str, Any]:
    return {"text": hint.text, "label": hint.label, "page": hint.page, "command": hint.command}


def _glance(glance: Glance) -> Mapping[str, Any]:
    return {
        "title": glance.title,
        "figures": [{"label": figure.label, "value": figure.value} for figure in glance.figures],
        "block": _block(glance.block),
    }
