"""From items to findings: normalise, embed, compare, score, store. Each item becomes one finding, exactly once.

Nothing slow happens in a transaction: texts are turned into vectors and scored before one begins. A batch is stored
whole or not at all, so that a process that is killed leaves nothing half done; what it had not stored comes again with
the next scan, and what it had is recognised by the site's own id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from ci_core.logs import get_logger, in_context
from ci_core.research import window_queries
from ci_core.research.batch import Batch, Usable, needed_of, scores_of, store_outcome, vectors_of
from ci_core.research.intake import Counts, Intake, OnBatch, Unusable
from ci_core.research.outcome import AGENT
from ci_core.research.store import Key
from ci_core.research.values import Item, Score, Vector

log = get_logger(__name__)

T = TypeVar("T")
LONGEST_ID = 500
# What no chat model answered about is asked about again so long, and so many of them after each scan.
AGAIN_WITHIN = timedelta(days=7)
MOST_AGAIN = 100
# In the details of a score: what the models said instead of an answer.
CHAT_FAILED, CHAT_GAVE_UP = "chat_failed", "chat_gave_up"


def take_in(
    intake: Intake,
    items: Iterable[Item],
    *,
    source_id: int | None = None,
    run_id: int | None = None,
    on_batch: OnBatch | None = None,
    on_unusable: Callable[[Unusable], None] | None = None,
) -> Counts:
    """Make a finding of every item that is not one yet; gives what became of them.

    An item that was seen before only has its figures and its time refreshed, and its text when its author changed it:
    then it is scored anew, unless a person has decided about it. When `items` raises, what came before is stored.

    Args:
        source_id: the configured source that the items come from.
        run_id: the run to which the findings belong.
        on_batch: called in the transaction of each batch.
        on_unusable: told of each item that could not be taken in.

    Raises:
        db.errors.DatabaseError: the database cannot be used; the batches before are stored.
    """
    counts = Counts()
    for ready in _one_ahead(_ready(intake, items)):
        counts += Counts(failed=len(ready.unusable))
        batch = Batch(intake, source_id, run_id, on_batch, counts, ready.vectors)
        taken, refused = batch.take(ready.usable)
        for one in (*ready.unusable, *refused):
            _tell(one, on_unusable)
        counts += taken
    return counts


def score_unscored(intake: Intake, *, most: int = 500) -> int:
    """Score the newest findings that wait without a score, such as those that a person took out of a duplicate.

    Gives how many got one; at most `most` are looked at.
    """
    before, done = 2**62, 0
    while most > 0:
        with intake.database.reading() as session:
            waiting = window_queries.unscored(
                session, intake.window.model, before=before, limit=min(most, intake.batch_size)
            )
        if not waiting:
            break
        before, most = waiting[-1].id, most - len(waiting)
        scores = scores_of(intake.scorer, [one.item for one in waiting], [one.vector for one in waiting])
        with intake.database.transaction(AGENT) as session:
            for one, score in zip(waiting, scores, strict=True):
                if score is not None:
                    done += store_outcome(session, one.id, score, intake.rules, intake.clock())
    return done


def score_again(intake: Intake, *, most: int = MOST_AGAIN) -> int:
    """Let the chat model score what it did not answer about, because its site was down or its limit was reached.

    Of the last week, the newest first; at most `most` are asked about. It ends as soon as no answer comes for a whole
    batch. What gets none while others do is not asked about again. Gives how many got a score of a model.
    """
    if not intake.spares_scores:  # no chat model is in use
        return 0
    before, done, since = 2**62, 0, intake.clock() - AGAIN_WITHIN
    while most > 0:
        with intake.database.reading() as session:
            waiting = window_queries.without_chat(
                session,
                intake.window.model,
                since=since,
                before=before,
                agent=AGENT,
                limit=min(most, intake.batch_size),
            )
        if not waiting:
            break
        before, most = waiting[-1].id, most - len(waiting)
        scores = scores_of(intake.scorer, [one.item for one in waiting], [one.vector for one in waiting])
        answered = sum(score is not None and CHAT_FAILED not in score.details for score in scores)
        if not answered:
            break
        with intake.database.transaction(AGENT) as session:
            for one, score in zip(waiting, scores, strict=True):
                if score is not None:
                    store_outcome(session, one.id, _given_up(score), intake.rules, intake.clock())
        done += answered
    return done


def _given_up(score: Score) -> Score:
    """The score, such that a model that did not answer is not asked about it again."""
    if CHAT_FAILED not in score.details:
        return score
    details = dict(score.details)
    details[CHAT_GAVE_UP] = details.pop(CHAT_FAILED)
    return replace(score, details=details)


@dataclass(frozen=True, slots=True)
class _Ready:
    """A batch with all that needs no look at other items: plain texts, and vectors of what is new."""

    usable: list[Usable]
    unusable: list[Unusable]
    vectors: dict[Key, Vector]


def _ready(intake: Intake, items: Iterable[Item]) -> Iterator[_Ready]:
    place = 0
    for batch in _batches(items, intake.batch_size):
        usable, unusable = _normalised(batch, place)
        place += len(batch)
        _, needed = needed_of(intake, {one.key: one.item for one in usable})
        yield _Ready(usable, unusable, vectors_of(intake, needed))


def _one_ahead(batches: Iterator[T]) -> Iterator[T]:
    """The same, while the next one is made in a thread of its own: the encoder leaves the interpreter free."""
    with ThreadPoolExecutor(1, thread_name_prefix="pipeline-ahead") as ahead:
        coming = ahead.submit(in_context(next), batches, None)
        while (ready := coming.result()) is not None:
            coming = ahead.submit(in_context(next), batches, None)
            yield ready


def _normalised(batch: Sequence[Item], place: int) -> tuple[list[Usable], list[Unusable]]:
    from ci_core.research.normalise import normalise

    usable: list[Usable] = []
    unusable: list[Unusable] = []
    for offset, item in enumerate(batch, start=place):
        try:
            if not 1 <= len(item.external_id) <= LONGEST_ID:
                raise ValueError(f"its id has {len(item.external_id)} characters; 1 to {LONGEST_ID} can be stored")
            usable.append(Usable(offset, normalise(item)))
        except Exception as error:  # noqa: BLE001 - no text of a stranger's may end a scan
            unusable.append(Unusable(offset, item.external_id[:LONGEST_ID], _one_line(error)))
    return usable, unusable


def _one_line(error: BaseException) -> str:
    """What went wrong on one line, without what the error says about the statement."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


def _tell(one: Unusable, on_unusable: Callable[[Unusable], None] | None) -> None:
    log.warning("item_unusable", external_id=one.external_id, reason=one.reason)
    if on_unusable:
        on_unusable(one)


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Batches of items; when the items raise, what came before them is given first."""
    batch: list[Item] = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == size:
                yield batch
                batch = []
    except GeneratorExit:
        raise
    except BaseException:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
