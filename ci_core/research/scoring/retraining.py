"""Learns from what people answered, as often as there is something new to learn from."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy.orm import Session

from ci_core.research.scoring import queries
from ci_core.research.scoring.cold_start import ColdStart
from ci_core.research.scoring.interests import stored_interests
from ci_core.research.scoring.learning import SILENCE_WEIGHT, Answers, Learned, learn
from ci_core.research.scoring.local import centre_of, centred
from ci_core.research.values import Item, NormalItem

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder

# What a team said long ago says less of what it wants now; and a fit of so many takes a second.
MOST_ANSWERS = 3_000


def retrain_if_answered(session: Session, encoder: Encoder, now: datetime) -> Learned | None:
    """`retrain`, where people have answered anything since the last time, or taken an answer back; else None.

    What another embedding model or another version of this program learned is learned anew.
    """
    newest = queries.newest_model(session)
    usable = newest is not None and Learned.from_parameters(newest.parameters, encoder.name) is not None
    if newest is not None and usable and newest.parameters.get("seen") == queries.answers_so_far(session, now):
        return None
    return retrain(session, encoder, now)


def retrain(session: Session, encoder: Encoder, now: datetime) -> Learned | None:
    """Learn from the newest 3,000 answers, and keep what was learned for the scorers that come after.

    A finding that became a part of an enhancement was accepted; one that a person rejected was refused; one that was
    shown more than a day ago and that nobody decided counts as a weak no. What was never shown says nothing, and what
    the agent decided by itself teaches nothing.

    Returns:
        What was learned; None where nobody has answered yet.
    """
    rows = queries.answers(session, encoder.name, now, limit=MOST_ANSWERS)
    if not rows:
        if queries.newest_model(session) is not None:  # every answer was taken back
            _store(session, Learned(encoder.name, np.zeros(encoder.dimensions)), now)
        return None
    vectors = np.array([row.embedding for row in rows], dtype=np.float32)
    cold_start = ColdStart(stored_interests(session, encoder.name), encoder)
    looks = cold_start.look([_as_item(row.title, row.text) for row in rows], list(vectors))
    learned = learn(
        Answers(
            logits=np.array([look.logit for look in looks]),
            meanings=centred(vectors, centre_of(encoder)),
            accepted=np.array([float(row.accepted) for row in rows]),
            weights=np.array([SILENCE_WEIGHT if row.silent else 1.0 for row in rows]),
        ),
        encoder.name,
    )
    if learned is not None:
        _store(session, learned, now)
    return learned


def _store(session: Session, learned: Learned, now: datetime) -> None:
    parameters = learned.as_parameters() | {"seen": queries.answers_so_far(session, now)}
    queries.store_model(session, parameters, samples=learned.answers, now=now)


def _as_item(title: str, text: str) -> NormalItem:
    return NormalItem(Item("", "", "", title, text), title, text, None, (), None, "", "")
