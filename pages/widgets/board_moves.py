"""Carries out what the board in the browser asks for, and remembers what to answer."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import streamlit as st

from ci_core.backlog.board import BoardMove, MoveOutcome, apply_moves
from ci_core.backlog.lifecycle import LABELS
from ci_core.backlog.operations import OutcomeKind
from db.enums import Status
from db.errors import DatabaseError
from pages.widgets.board_window import WindowedSource
from pages.widgets.detail_save import expect_completion
from pages.widgets.kanban import ClientOperations, Outcome, remember_outcomes
from pages.widgets.session import Backend, actor
from pages.widgets.snackbar import offer_undo
from pages.widgets.text import shortened
from pages.widgets.visit import note_visit

log = logging.getLogger(__name__)
ACKNOWLEDGED = "board_acknowledged"
LANE_FIELDS = {"area": "feature_area", "assignee": "assignee", "category": "category", "priority": "priority"}


def carry_out(shared: Backend, source: WindowedSource, received: ClientOperations) -> None:
    """Store the moves of one browser and prepare its answer.

    With the database gone nothing is answered: the browser keeps its moves and sends them again.
    """
    moves = [
        BoardMove(
            move.sequence,
            tuple((card.id, card.version) for card in move.cards),
            Status(move.status),
            move.after,
            move.before,
            (LANE_FIELDS[move.lane.field], move.lane.value) if move.lane else None,
        )
        for move in received.operations
    ]
    try:
        results = apply_moves(shared.database, received.client, moves, actor=actor(), policy=shared.policy)
        shared.store.refresh()
    except DatabaseError as error:
        log.warning("board_moves_wait client=%s moves=%d reason=%s", received.client, len(moves), error)
        return
    note_visit(shared)
    answers = [Outcome(one.sequence, one.kind.value, one.message, source.cards(one.card_ids)) for one in results]
    st.session_state[ACKNOWLEDGED] = remember_outcomes(st.session_state.get(ACKNOWLEDGED), received, answers)
    _offer_undo(shared, moves, results)
    for move, result in zip(moves, results, strict=True):
        if result.kind is OutcomeKind.REFUSED and move.status is Status.COMPLETED and len(move.cards) == 1:
            expect_completion(move.cards[0][0])


def _offer_undo(shared: Backend, moves: Sequence[BoardMove], results: Sequence[MoveOutcome]) -> None:
    done = [move for move, result in zip(moves, results, strict=True) if result.kind is OutcomeKind.APPLIED]
    if not done:
        return
    newest = done[-1]
    first = newest.cards[0][0]
    card = shared.store.card(first)
    what = f"“{shortened(card.title, 48)}”" if card else f"#{first}"
    if len(newest.cards) > 1:
        what = f"{len(newest.cards)} cards"
    offer_undo(f"Moved {what} to {LABELS[newest.status]}", first)
