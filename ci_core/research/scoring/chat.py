"""The scorer that lets a chat model read what was found. Where none answers, the score of this machine counts."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from ci_core.errors import CiError, NoModelAnswered
from ci_core.llm import RESTING, Answer, Fetched, Resting, ask, configured_models, speaks_to_a_model
from ci_core.logs import get_logger, in_context
from ci_core.research.scoring.anchoring import Anchor
from ci_core.research.scoring.chat_answer import FindingScores
from ci_core.research.scoring.chat_context import Team, anchor_for, item_text, team_of
from ci_core.research.values import NormalItem, Score, Scorer, Vector

if TYPE_CHECKING:
    from ci_core.settings import Settings
    from db.engine import Database

log = get_logger(__name__)
ACTOR = "agent:research"
PROMPT = "research.score"
PURPOSE = "score a finding"
# A text that speaks to the model may have moved its score; so far from this machine's own, it is not believed.
FAR = 25.0
UNSURE_BELOW = 50.0
LONGEST_NAME = 200


def chat_scorer(
    database: Database,
    settings: Settings,
    fallback: Scorer,
    run_id: int | None = None,
    *,
    resting: Resting = RESTING,
) -> Scorer:
    """The scorer to use: one that asks the configured chat models, or `fallback` itself where none is configured.

    Args:
        fallback: scores on this machine; it checks the models' scores, and counts where no model answers.
        run_id: the run that the calls belong to.
        resting: which models are left alone; the process's own by default.
    """
    return ChatScorer(database, settings, fallback, run_id, resting) if configured_models(settings) else fallback


class ChatScorer:
    """Asks about each item by itself, several at once; keeps what it read about the team, and is meant for one scan.

    The sources of a scan use it at the same time; together they ask no more at once than the setting says.
    """

    def __init__(
        self, database: Database, settings: Settings, fallback: Scorer, run_id: int | None, resting: Resting
    ) -> None:
        """Take what `chat_scorer` was given."""
        self._database = database
        self._settings = settings
        self._fallback = fallback
        self._run_id = run_id
        self._resting = resting
        self._team: Team | None = None
        self._anchors: dict[tuple[str, str], Anchor] = {}
        self._anchoring = Lock()
        self._slots = BoundedSemaphore(settings.llm_concurrency)
        self.name = ", ".join(model.label for model in configured_models(settings))[:LONGEST_NAME]

    def score(self, items: Sequence[NormalItem], vectors: Sequence[Vector]) -> list[Score]:
        """One score for each item, in their order.

        Each keeps its own: an item that no model answered has the fallback's, whatever became of the others.

        Raises:
            db.errors.DatabaseError: the ledger cannot be kept.
        """
        if not items:
            return []
        own = self._fallback.score(items, vectors)
        team = self._known_team()
        workers = min(self._settings.llm_concurrency, self._settings.db_pool_size, len(items))
        pool = ThreadPoolExecutor(workers, thread_name_prefix="chat-scorer")
        try:
            pairs = zip(items, own, strict=True)
            futures = [pool.submit(in_context(self._score), item, local, team) for item, local in pairs]
            return [future.result() for future in futures]
        finally:  # an interrupt does not wait for what has not begun
            pool.shutdown(wait=False, cancel_futures=True)

    def _score(self, item: NormalItem, local: Score, team: Team) -> Score:
        variables: dict[str, str | Fetched] = {
            "interests": team.interests,
            "history": team.history,
            "item": item_text(item),
        }
        try:
            with self._slots:
                answer = ask(
                    self._database,
                    self._settings,
                    purpose=PURPOSE,
                    prompt_name=PROMPT,
                    variables=variables,
                    schema=FindingScores,
                    run_id=self._run_id,
                    actor=ACTOR,
                    resting=self._resting,
                )
        except CiError as error:
            return _without_answer(local, error)
        if answer.value.relevance is None:
            return _without_relevance(local, answer)
        return checked(item, _read(answer, self._anchor(answer), local), local, answer.value.relevance)

    def _known_team(self) -> Team:
        if self._team is None:
            with self._database.reading() as session:
                self._team = team_of(session)
        return self._team

    def _anchor(self, answer: Answer[FindingScores]) -> Anchor:
        key = (answer.model, answer.prompt)
        with self._anchoring:
            if key not in self._anchors:
                with self._database.reading() as session:
                    self._anchors[key] = anchor_for(session, *key)
            return self._anchors[key]


def checked(item: NormalItem, score: Score, local: Score, raw: float) -> Score:
    """The score, unless the item's text speaks to the model and the model was led far away from this machine's score.

    Args:
        raw: the relevance as the model gave it.
    """
    said = speaks_to_a_model(f"{item.title}\n{item.text}")
    if said is None:
        return score
    note = f"Its text speaks to the model that scores it (“{said}”)"
    details = {**score.details, "speaks_to_a_model": said}
    if local.relevance is not None and abs(raw - local.relevance) <= FAR:
        return replace(score, uncertain=True, reason=f"{score.reason} {note}.", details=details)
    log.warning("finding_speaks_to_the_model", source_type=item.item.source_type, raw=raw)
    return replace(
        local,
        uncertain=True,
        reason=f"{local.reason} {note}, so the {raw:.0f} that it gave does not count.",
        scored_by=f"{local.scored_by} instead of {score.scored_by}"[:LONGEST_NAME],
        details={**local.details, **details},
    )


def _read(answer: Answer[FindingScores], anchor: Anchor, local: Score) -> Score:
    """The answer as a score on the team's scale; where the model does not know, what this machine found stands."""
    given = answer.value
    return Score(
        relevance=None if given.relevance is None else anchor(given.relevance),
        novelty=local.novelty if given.novelty is None else given.novelty,
        applicability=local.applicability if given.applicability is None else given.applicability,
        difficulty=local.difficulty if given.difficulty is None else given.difficulty,
        reason=given.reason,
        summary=given.summary,
        keywords=tuple(given.keywords),
        technologies=tuple(given.technologies),
        scored_by=f"{answer.model} {answer.prompt}"[:LONGEST_NAME],
        uncertain=given.confidence is not None and given.confidence < UNSURE_BELOW,
        details={
            **local.details,
            "chat": _chat_details(answer),
            "anchored_on": anchor.decisions,
            "local": local.relevance,
        },
    )


def _without_answer(local: Score, error: CiError) -> Score:
    said = dict(error.said) if isinstance(error, NoModelAnswered) else {"": str(error)}
    return replace(
        local,
        scored_by=f"{local.scored_by}, no chat model answered"[:LONGEST_NAME],
        details={**local.details, "chat_failed": said},
    )


def _without_relevance(local: Score, answer: Answer[FindingScores]) -> Score:
    return replace(
        local,
        scored_by=f"{local.scored_by}, {answer.model} did not know"[:LONGEST_NAME],
        details={**local.details, "chat": _chat_details(answer)},
    )


def _chat_details(answer: Answer[FindingScores]) -> dict[str, object]:
    figures = ("relevance", "novelty", "applicability", "difficulty", "confidence")
    return {
        "model": answer.model,
        "prompt": answer.prompt,
        "call_id": answer.call_id,
        "raw": {name: getattr(answer.value, name) for name in figures},
        "passed_over": dict(answer.passed_over),
    }
