from __future__ import annotations

from sqlalchemy.orm import Session

from ci_core.backlog import NewEnhancement, create_enhancement, get_enhancement, move_enhancement, update_enhancement
from db.enums import Status


def test_smoke(session: Session) -> None:
    made = create_enhancement(session, NewEnhancement(title=" A title "), actor="tess")
    assert made.title == "A title"
    assert made.ai_priority_score is not None
    assert made == get_enhancement(session, made.id)
    edited = update_enhancement(session, made.id, {"title": "B"}, expected_version=1, actor="tess")
    assert edited.version == 2
    moved = move_enhancement(session, made.id, Status.APPROVED, actor="tess", expected_version=1)
    assert moved.status is Status.APPROVED
