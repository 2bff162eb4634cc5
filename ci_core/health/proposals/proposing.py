"""Keep the board in step with a check: propose what is severe, follow what comes and goes, end what is repaired.

People have the last word. What they rejected, archived or deleted is not proposed again until it is materially more;
fields that they wrote stay as they wrote them; where something stands is theirs once they accepted it, except that it
is completed when every issue behind it is verified to be gone, and open again when one of those comes back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ci_core.backlog import create_enhancements, move_enhancements, update_enhancement
from ci_core.backlog.lifecycle import OPEN_STATUSES, TRANSITIONS
from ci_core.backlog.queries import present_rows
from ci_core.backlog.scoring import DEFAULT_POLICY, ScoringPolicy, rescore
from ci_core.errors import NotFound
from ci_core.health.proposals import queries
from ci_core.health.proposals.explaining import words_for
from ci_core.health.proposals.grouping import group, material_change
from ci_core.health.proposals.queries import Known, Linked
from ci_core.health.proposals.text import digest, new_enhancement, wording
from ci_core.health.proposals.values import Board, GroupKey, IssueBehind, Proposed, Standing
from ci_core.logs import get_logger
from db import tables
from db.engine import act_as
from db.enums import CheckStatus, Status

log = get_logger(__name__)
AGENT = "agent:health"
# What the agent keeps up to date of its own proposals.
OWN_FIELDS = ("title", "description", "category", "priority", "complexity", "estimated_hours", "predicted_impact")
NOTHING_CAME_OF_IT = frozenset({CheckStatus.FAILED, CheckStatus.CANCELLED})
TAKEN_OFF = frozenset({Status.REJECTED, Status.ARCHIVED})


def propose(
    session: Session,
    check_id: int,
    *,
    actor: str = AGENT,
    now: datetime,
    policy: ScoringPolicy = DEFAULT_POLICY,
) -> Proposed:
    """Bring the board in step with the issues as this check left them; a second time it changes nothing.

    Called once the check's issues are stored. A check that failed or was cancelled changes nothing. With a chat model
    configured, `chat.write_with_model` may write better texts afterwards, outside of any transaction.

    Args:
        actor: the agent; by other actors' names people are known, whose words stay.
        now: when that is, in UTC.

    Raises:
        NotFound: there is no such check.
    """
    check = session.execute(
        select(tables.HealthCheck.repository_id, tables.HealthCheck.status).where(tables.HealthCheck.id == check_id)
    ).first()
    if check is None:
        raise NotFound(f"There is no health check {check_id}.")
    if CheckStatus(check.status) in NOTHING_CAME_OF_IT:
        return Proposed()
    reason = f"Health check {check_id}"
    act_as(session, actor, reason)
    known = queries.known_groups(session, check.repository_id, actor)
    at_work = _Proposing(session, check.repository_id, actor, policy, known, reason, now)
    at_work.bring_back(queries.linked_enhancements(session, check.repository_id, check_id))
    at_work.follow_groups(queries.issues_to_repair(session, check.repository_id))
    after = queries.linked_enhancements(session, check.repository_id, check_id)
    at_work.end(after)
    done = at_work.board.frozen()
    ended = {*done.completed, *done.archived}
    left = [one.id for one in after if one.status in OPEN_STATUSES and one.id not in ended]
    rescore(session, left, policy=policy)
    log.info(
        "health_proposals_followed",
        check_id=check_id,
        created=len(done.created),
        rewritten=len(done.rewritten),
        reopened=len(done.reopened),
        completed=len(done.completed),
        archived=len(done.archived),
        remembered=done.remembered,
    )
    return done


class _Proposing:
    """One pass over a repository's issues and what stands on the board for them."""

    def __init__(
        self,
        session: Session,
        repository_id: int,
        actor: str,
        policy: ScoringPolicy,
        known: Mapping[GroupKey, Known],
        reason: str,
        now: datetime,
    ) -> None:
        self._session = session
        self._repository_id = repository_id
        self._actor = actor
        self._policy = policy
        self._known = dict(known)
        self._reason = reason
        self._now = now
        self.board = Board()

    def bring_back(self, linked: Sequence[Linked]) -> None:
        """Open again what counted as done and of which an issue has come back in this check."""
        back = [one for one in linked if one.regressed and one.status is Status.COMPLETED]
        for one in back:
            number = "an issue that was" if one.regressed == 1 else f"{one.regressed} issues that were"
            self._move([one.id], Status.APPROVED, f"{number} fixed came back")
        self._reopened([one.id for one in back], Status.APPROVED)

    def follow_groups(self, issues: Sequence[IssueBehind]) -> None:
        """Propose what is new, let what belongs to a proposal join it, and keep the agent's own texts true."""
        grouped = group([one for one in issues if one.enhancement_id is None], self._known)
        behind: dict[int, list[IssueBehind]] = {}
        for one in issues:
            if one.enhancement_id is not None:
                behind.setdefault(one.enhancement_id, []).append(one)
        new: dict[GroupKey, list[IssueBehind]] = {}
        texts: list[tuple[Known, list[IssueBehind]]] = []
        for key in sorted({*grouped, *self._known}, key=lambda one: (one.rule, one.area)):
            joining, known = grouped.get(key, []), self._known.get(key)
            if known is None:
                new[key] = joining
                continue
            own = [one for one in behind.get(known.enhancement_id or 0, []) if one.rule == key.rule]
            if self._may_join(known, [*own, *joining]):
                queries.link(self._session, {one.id: known.enhancement_id or 0 for one in joining})
                texts.append((known, [*own, *joining]))
            elif joining and (known.enhancement_id is None or known.status is Status.COMPLETED):
                if known.status is Status.COMPLETED or self._changed(known, joining):
                    new[key] = joining
                else:
                    self.board.remembered += 1
        self._create(new)
        self._rewrite([(known, some) for known, some in texts if some])

    def _may_join(self, known: Known, issues: Sequence[IssueBehind]) -> bool:
        """Whether issues of this group belong to its enhancement; one that was taken off the board returns for it."""
        if known.enhancement_id is None or known.status is None or known.status is Status.COMPLETED:
            return False
        if known.status not in TAKEN_OFF:
            return True
        why = self._changed(known, issues)
        if why is None:
            self.board.remembered += bool(issues)
            if not issues and not known.standing.solved:
                self._remember(known.key, known.enhancement_id, Standing(solved=True), known.told)
            return False
        verb = "was rejected" if known.status is Status.REJECTED else "was archived"
        self._move([known.enhancement_id], Status.PROPOSED, f"proposed again after it {verb}: {why}")
        self._reopened([known.enhancement_id], Status.PROPOSED)
        return True

    def _changed(self, known: Known, issues: Sequence[IssueBehind]) -> str | None:
        return material_change(known.standing, Standing.of(issues))

    def _create(self, new: Mapping[GroupKey, list[IssueBehind]]) -> None:
        ordered = sorted(new.items(), key=lambda pair: (pair[0].rule, pair[0].area))
        texts = [wording(key, issues, words_for(key.rule)) for key, issues in ordered]
        made = create_enhancements(
            self._session, [new_enhancement(text) for text in texts], actor=self._actor, policy=self._policy
        )
        for (key, issues), enhancement in zip(ordered, made, strict=True):
            queries.link(self._session, {one.id: enhancement.id for one in issues})
            self._remember(key, enhancement.id, Standing.of(issues), digest(issues))
            self.board.created.append(enhancement.id)

    def _rewrite(self, texts: Sequence[tuple[Known, list[IssueBehind]]]) -> None:
        """Say what is behind the agent's own proposals now, in the fields that nobody else has written."""
        own = [known.enhancement_id for known, _ in texts if known.enhancement_id is not None and known.own]
        theirs = queries.fields_of_others(self._session, own, self._actor)
        for known, issues in texts:
            told = digest(issues)
            self._remember(known.key, known.enhancement_id, Standing.of(issues), told)
            if known.enhancement_id is None or not known.own or told == known.told:
                continue
            text = wording(known.key, issues, words_for(known.key.rule))
            changes = {
                name: getattr(text, name) for name in OWN_FIELDS if name not in theirs.get(known.enhancement_id, set())
            }
            before = present_rows(self._session, [known.enhancement_id])[known.enhancement_id]["version"]
            now = update_enhancement(
                self._session,
                known.enhancement_id,
                changes,
                expected_version=None,
                actor=self._actor,
                policy=self._policy,
            )
            if now.version != before:
                self.board.rewritten.append(known.enhancement_id)

    def end(self, linked: Sequence[Linked]) -> None:
        """End what has nothing left behind it: accepted work is completed, a mere proposal leaves the board."""
        done: list[int] = []
        off: dict[str, list[int]] = {}
        for one in linked:
            if one.active or one.status not in OPEN_STATUSES:
                continue
            if one.fixed and Status.COMPLETED in TRANSITIONS[one.status]:
                done.append(one.id)
            else:
                why = "every issue behind it is gone" if one.fixed else "every issue behind it was dismissed"
                off.setdefault(why, []).append(one.id)
        self._move(done, Status.COMPLETED, "a check has looked and every issue behind it is gone")
        for why, ids in off.items():
            self._move(ids, Status.ARCHIVED, why)
            self.board.archived += ids
        self.board.completed += done
        ended = {*done, *self.board.archived}
        for known in self._known.values():
            if known.enhancement_id in ended:
                self._remember(known.key, known.enhancement_id, Standing(solved=True), "")

    def _reopened(self, ids: Collection[int], status: Status) -> None:
        self.board.reopened += ids
        for key, known in self._known.items():
            if known.enhancement_id in ids:
                self._known[key] = Known(key, known.standing, "", known.enhancement_id, status, known.own)

    def _move(self, ids: Sequence[int], status: Status, reason: str) -> None:
        if not ids:
            return
        move_enhancements(
            self._session,
            [(one, None) for one in ids],
            status,
            actor=self._actor,
            reason=f"{self._reason}: {reason}",
            policy=self._policy,
        )
        act_as(self._session, self._actor, self._reason)

    def _remember(self, key: GroupKey, enhancement_id: int | None, standing: Standing, told: str) -> None:
        queries.store_group(self._session, self._repository_id, key, enhancement_id, standing, told, self._now)
