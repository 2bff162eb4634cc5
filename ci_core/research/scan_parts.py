"""What a scan and an ingest work with: encoder, window, scorer and rules, as the settings say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ci_core.research.intake import Intake
from ci_core.research.outcome import AGENT, Rules
from ci_core.research.reembedding import reembed
from ci_core.research.values import Scorer
from ci_core.research.window import SharedWindow
from ci_core.settings import Settings
from db.engine import Database

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder
    from ci_core.research.source_scan import Read

# Small, so that progress shows and a killed process repeats little.
BATCH = 16
# So long a window that was read at the beginning of a scan needs no second look.
LONGEST_SCAN = timedelta(hours=6)


def utc_now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a scan works with; what is None is made from the settings.

    Attributes:
        read: gives the items of a source.
        longest_seconds: a source that takes longer is told as failed, and the others go on.
    """

    encoder: Encoder | None = None
    scorer: Scorer | None = None
    read: Read | None = None
    clock: Callable[[], datetime] = utc_now
    longest_seconds: float | None = None


def make_intake(
    database: Database,
    settings: Settings,
    run_id: int | None,
    parts: Parts,
    *,
    replay: bool = False,
    batch: int = BATCH,
    local_only: bool = False,
) -> Intake:
    """Encoder, window, scorer and rules as the settings say, with the window's vectors made by this encoder.

    Raises:
        EmbeddingModelMissing: the embedding model has not been prepared.
        db.errors.DatabaseError: the database cannot be used.
    """
    from ci_core.research.scoring import LocalScorer

    encoder = parts.encoder or _load_encoder(settings)
    now = parts.clock()
    days = settings.research_window_days
    reembed(database, encoder, since=now - timedelta(days=days))
    window = SharedWindow(encoder.name, days=days)
    if not replay:
        window.cover(database, now, now + LONGEST_SCAN)
    scorer = parts.scorer or make_scorer(database, settings, encoder, run_id, now, local_only=local_only)
    return Intake(
        database=database,
        window=window,
        scorer=scorer,
        encoder=encoder,
        clock=parts.clock,
        rules=make_rules(settings),
        replay=replay,
        spares_scores=not isinstance(scorer, LocalScorer),
        batch_size=batch,
    )


def make_rules(settings: Settings) -> Rules:
    """What follows from a score, as the settings say."""
    above = settings.research_accept_above
    if above is None:
        return Rules(set_aside_below=settings.research_set_aside_below)
    from ci_core.backlog import policy_from
    from ci_core.research.decisions import convert_finding

    policy = policy_from(settings)
    return Rules(
        set_aside_below=settings.research_set_aside_below,
        accept_above=above,
        accept=lambda session, finding_id: convert_finding(session, finding_id, actor=AGENT, policy=policy),
    )


def make_scorer(
    database: Database,
    settings: Settings,
    encoder: Encoder,
    run_id: int | None,
    now: datetime,
    *,
    local_only: bool = False,
) -> Scorer:
    """The chat model where one is configured, with the local scorer behind it; else the local scorer.

    What people answered since it last learned is learned first.
    """
    from ci_core.research.scoring import local_scorer
    from ci_core.research.scoring.chat import chat_scorer

    learn_anew(database, encoder, now)
    with database.reading() as session:
        local = local_scorer(session, encoder, now)
    return local if local_only else chat_scorer(database, settings, local, run_id=run_id)


def learn_anew(database: Database, encoder: Encoder, now: datetime) -> int | None:
    """Learn from people's answers when there are newer ones than what was learned; gives how many it learned from.

    None when there is nothing new.
    """
    from ci_core.research.scoring import retrain_if_answered

    with database.transaction(AGENT) as session:
        learned = retrain_if_answered(session, encoder, now)
    return learned.answers if learned else None


def _load_encoder(settings: Settings) -> Encoder:
    from ci_core.embeddings import load_encoder

    return load_encoder(settings.models_dir)
