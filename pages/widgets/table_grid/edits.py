"""Cells that were edited, stored one by one: each exactly once, against the version that the person saw."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from ci_core.backlog import Enhancement, update_enhancement
from ci_core.errors import CiError, EditConflict
from db.engine import Database
from db.errors import DatabaseError
from pages.widgets.edit_form import LABELS, in_words
from pages.widgets.table_grid.frame import Answer
from pages.widgets.table_grid.messages import Edit, Message

log = logging.getLogger(__name__)
MOST_REMEMBERED = 500
MOST_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Problem:
    """An edit that was not stored: what to tell, and after a conflict the version to write it against all the same."""

    edit: Edit
    text: str
    current_version: int | None = None


@dataclass(slots=True)
class GridMemory:
    """What one session's grid was answered.

    `answered` is the number of its newest answered edit; `answers` says by row what became of the newest; `written`
    holds the version after each own edit of a field, so that a second one right after it is no conflict with oneself.
    """

    answered: int = 0
    answers: dict[int, Answer] = field(default_factory=dict)
    written: dict[tuple[int, str], int] = field(default_factory=dict)
    wishes: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def is_new(self, kind: str, sequence: int) -> bool:
        """Whether this wish was not fulfilled yet; it counts as fulfilled from now on."""
        if sequence <= self.wishes.get(kind, 0):
            return False
        self.wishes[kind] = sequence
        return True


def store_edits(
    database: Database, memory: GridMemory, message: Message, *, actor: str, policy: Any
) -> list[tuple[Edit, Enhancement]]:
    """Store the edits that were not answered yet, each in a transaction of its own; give those that were stored.

    With the database gone the rest stays unanswered; the same message may be given again.
    """
    stored = []
    for edit in message.edits:
        if edit.sequence <= memory.answered:
            continue
        try:
            changed = _store(database, memory, edit, actor, policy)
        except DatabaseError as failure:
            log.warning("table_edits_wait edits=%d reason=%s", len(message.edits), failure)
            break
        memory.answered = edit.sequence
        if changed is not None:
            stored.append((edit, changed))
    return stored


def _store(database: Database, memory: GridMemory, edit: Edit, actor: str, policy: Any) -> Enhancement | None:
    seen = max(edit.version, memory.written.get((edit.enhancement_id, edit.key), 0))
    try:
        with database.transaction(actor) as session:
            changed = update_enhancement(
                session,
                edit.enhancement_id,
                {edit.field: edit.value},
                expected_version=seen,
                actor=actor,
                policy=policy,
            )
    except CiError as refusal:
        _refuse(memory, edit, refusal)
        return None
    _remember(memory.written, (edit.enhancement_id, edit.key), changed.version)
    _remember(memory.answers, edit.enhancement_id, Answer(edit.sequence))
    memory.problems = [one for one in memory.problems if not _same_cell(one.edit, edit)]
    return changed


def _refuse(memory: GridMemory, edit: Edit, refusal: CiError) -> None:
    text = str(refusal)
    current = None
    if isinstance(refusal, EditConflict):
        current = refusal.current_version
        theirs = in_words(edit.field, refusal.theirs.get(edit.field))
        yours = in_words(edit.field, refusal.yours.get(edit.field))
        text = f"{text} Stored is “{theirs}”, yours was “{yours}”."
    elif not text.startswith("#"):
        text = f"#{edit.enhancement_id}: {text}"
    _remember(memory.answers, edit.enhancement_id, Answer(edit.sequence, text))
    others = [one for one in memory.problems if not _same_cell(one.edit, edit)]
    memory.problems = [*others, Problem(edit, text, current)][-MOST_PROBLEMS:]


def write_mine(database: Database, memory: GridMemory, problem: Problem, *, actor: str, policy: Any) -> str | None:
    """Store an edit after a conflict all the same, against the version that was told; give None, or why not."""
    edit = problem.edit
    again = Edit(edit.sequence, edit.enhancement_id, problem.current_version or edit.version, edit.key, edit.value)
    forget(memory, problem)
    try:
        _store(database, memory, again, actor, policy)
    except DatabaseError as failure:
        memory.problems.append(problem)
        return str(failure)
    return None


def forget(memory: GridMemory, problem: Problem) -> None:
    """Take a message away, and its mark in the row."""
    memory.problems = [one for one in memory.problems if one is not problem]
    answer = memory.answers.get(problem.edit.enhancement_id)
    if answer is not None:
        memory.answers[problem.edit.enhancement_id] = Answer(answer.sequence)


def label_of(edit: Edit) -> str:
    """The name of the edited field, as in a sentence."""
    return LABELS.get(edit.field, edit.key).lower()


def _same_cell(one: Edit, other: Edit) -> bool:
    return (one.enhancement_id, one.key) == (other.enhancement_id, other.key)


def _remember(memory: dict[Any, Any], key: Any, value: Any) -> None:
    memory.pop(key, None)
    memory[key] = value
    while len(memory) > MOST_REMEMBERED:
        memory.pop(next(iter(memory)))
