"""Have a chat model write what a proposal says, where one is configured. Figures, places and title stay as they are.

A model reads code that strangers may have written. What it answers is checked against a schema and shown as plain text;
code that speaks to a model is not shown to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ci_core.backlog import DEFAULT_POLICY, ScoringPolicy, get_enhancement, update_enhancement
from ci_core.backlog.plain_words import one_line, plain_markdown
from ci_core.errors import CiError, EditConflict
from ci_core.health.proposals import queries
from ci_core.health.proposals.explaining import words_for
from ci_core.health.proposals.proposing import AGENT
from ci_core.health.proposals.text import Words, digest, found_in_words, wording
from ci_core.health.proposals.values import GroupKey, IssueBehind, Proposed
from ci_core.llm import RESTING, Fetched, Resting, ask, configured_models, speaks_to_a_model
from ci_core.logs import get_logger, in_context

if TYPE_CHECKING:
    from ci_core.settings import Settings
    from db.engine import Database

log = get_logger(__name__)
PROMPT, PURPOSE = "health.proposal", "write a proposal"
# Of one check; the others keep the words of the table.
MOST_WRITTEN = 20
MOST_PLACES = 8
LONGEST_SUMMARY, LONGEST_STEP, MOST_STEPS = 900, 300, 6
LONGEST_SNIPPET = 600
LONGEST_PLACES = 8_000


def _sentence(most: int) -> AfterValidator:
    def clean(text: str) -> str:
        line = one_line(text, most)
        if not line:
            raise ValueError("is empty")
        return line

    return AfterValidator(clean)


Step = Annotated[str, _sentence(LONGEST_STEP)]


class ProposalText(BaseModel):
    """What a chat model has to answer about a proposal."""

    model_config = ConfigDict(extra="ignore")

    summary: Annotated[str, _sentence(LONGEST_SUMMARY)]
    steps: Annotated[list[Step], Field(min_length=1, max_length=MOST_STEPS)]


def write_with_model(
    database: Database,
    settings: Settings,
    proposed: Proposed,
    *,
    actor: str = AGENT,
    run_id: int | None = None,
    policy: ScoringPolicy = DEFAULT_POLICY,
    resting: Resting = RESTING,
) -> tuple[int, ...]:
    """Let the configured chat model write the proposals that a check made or rewrote; gives those that it wrote.

    A proposal keeps its words where no model answers in time or to the point, where a person has changed its
    description, and where its code speaks to a model. Without a configured model nothing is asked. No transaction may
    be open.

    Raises:
        db.errors.DatabaseError: the database cannot be reached.
    """
    wanted = (*proposed.created, *proposed.rewritten)[:MOST_WRITTEN]
    if not wanted or not configured_models(settings):
        return ()
    writer = _Writer(database, settings, actor, run_id, policy, resting)
    pool = ThreadPoolExecutor(min(settings.llm_concurrency, len(wanted)), thread_name_prefix="chat-proposals")
    try:
        futures = [pool.submit(in_context(writer.write), one) for one in wanted]
        written = [future.result() for future in futures]
    finally:  # an interrupt does not wait for what has not begun
        pool.shutdown(wait=False, cancel_futures=True)
    return tuple(one for one, done in zip(wanted, written, strict=True) if done)


class _Writer:
    def __init__(
        self,
        database: Database,
        settings: Settings,
        actor: str,
        run_id: int | None,
        policy: ScoringPolicy,
        resting: Resting,
    ) -> None:
        self._database = database
        self._settings = settings
        self._actor = actor
        self._run_id = run_id
        self._policy = policy
        self._resting = resting

    def write(self, enhancement_id: int) -> bool:
        """Write one proposal; says whether its description is the model's now."""
        with self._database.reading() as session:
            key = queries.key_of(session, enhancement_id)
            issues = queries.active_behind(session, enhancement_id)
            if key is None or not issues:
                return False
            version = get_enhancement(session, enhancement_id).version
        words = words_for(key.rule)
        said = next(filter(None, map(speaks_to_a_model, _read(issues))), None)
        if said is not None:
            log.warning("proposal_not_shown_to_a_model", enhancement_id=enhancement_id, said=said)
            return False
        try:
            answer = ask(
                self._database,
                self._settings,
                purpose=PURPOSE,
                prompt_name=PROMPT,
                variables=_variables(key, issues, words),
                schema=ProposalText,
                run_id=self._run_id,
                actor=self._actor,
                resting=self._resting,
            )
        except CiError as error:
            log.info("proposal_keeps_its_words", enhancement_id=enhancement_id, reason=str(error))
            return False
        text = wording(key, issues, words, lead=lead_of(answer.value))
        return self._store(enhancement_id, version, text.description, digest(issues), answer.model)

    def _store(self, enhancement_id: int, version: int, description: str, told: str, model: str) -> bool:
        with self._database.transaction(self._actor, reason=f"Written by {model}") as session:
            theirs = queries.fields_of_others(session, [enhancement_id], self._actor).get(enhancement_id, set())
            still = digest(queries.active_behind(session, enhancement_id)) == told
            if "description" in theirs or not still:
                return False
            try:
                update_enhancement(
                    session,
                    enhancement_id,
                    {"description": description},
                    expected_version=version,
                    actor=self._actor,
                    policy=self._policy,
                )
            except EditConflict:
                return False
        return True


def lead_of(answer: ProposalText) -> str:
    """The model's words as plain paragraphs: what is wrong, and what to do in which order."""
    steps = "\n".join(f"{number}. {plain_markdown(step)}" for number, step in enumerate(answer.steps, 1))
    return f"{plain_markdown(answer.summary)}\n\n**What to do:**\n\n{steps}"


def _variables(key: GroupKey, issues: Sequence[IssueBehind], words: Words) -> dict[str, str | Fetched]:
    explained = "\n".join(part for part in (words.why, words.remedy) if part)
    return {
        "rule": explained or "The table has no words for it; go by what the tool said.",
        "figures": found_in_words(GroupKey("", key.area), issues),
        "places": Fetched("\n\n".join(_places(issues)), most=LONGEST_PLACES),
    }


def _places(issues: Sequence[IssueBehind]) -> Iterator[str]:
    for one in issues[:MOST_PLACES]:
        head = f"{one.place}{f' in {one.scope}' if one.scope else ''}: {one.title}. {one.message}"
        yield f"{head}\n{one.snippet[:LONGEST_SNIPPET]}".strip()
    if len(issues) > MOST_PLACES:
        yield f"and {len(issues) - MOST_PLACES} more places"


def _read(issues: Sequence[IssueBehind]) -> Iterator[str]:
    for one in issues[:MOST_PLACES]:
        yield f"{one.place}\n{one.title}\n{one.message}\n{one.snippet}"
