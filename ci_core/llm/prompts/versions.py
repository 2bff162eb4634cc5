"""Versions of prompts: a new text is a new version, and the active one is asked with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from ci_core.errors import NotFound
from ci_core.llm.prompts.rendering import check_template
from ci_core.llm.prompts.shipped import shipped_prompts
from db.engine import act_as
from db.tables import Prompt

AGENT = "agent:"
# Who made the active version of a prompt active, as the audit log says.
ACTIVATED_BY = text("""
    SELECT a.actor FROM ci_audit_log a JOIN ci_prompts p ON p.id = a.row_id
    WHERE a.table_name = 'ci_prompts' AND p.name = :name AND p.active
    AND (a.action = 'insert' OR 'active' = ANY (a.changed_fields))
    ORDER BY a.id DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """One version of a prompt; of each name, at most one is active."""

    id: int
    name: str
    version: int
    template: str
    active: bool
    created_by: str
    created_at: datetime

    @property
    def label(self) -> str:
        """For people: "research.score 2"."""
        return f"{self.name} {self.version}"


def register_prompts(session: Session, *, actor: str) -> int:
    """Store the shipped prompts whose text is new, and give how many that were.

    A new text becomes active, unless a person has made another version active.
    """
    act_as(session, actor)
    added = 0
    for name, template in shipped_prompts().items():
        _lock(session, name)
        if session.scalar(select(Prompt.id).where(Prompt.name == name, Prompt.template == template).limit(1)):
            continue
        chooser = session.scalar(ACTIVATED_BY, {"name": name})
        stored = _insert(session, name, template, actor)
        if chooser is None or chooser.startswith(AGENT):
            _make_active(session, stored)
        added += 1
    return added


def list_prompts(session: Session, name: str | None = None) -> tuple[PromptVersion, ...]:
    """Every version, the newest of each name first."""
    wanted = select(Prompt).order_by(Prompt.name, Prompt.version.desc())
    return tuple(_value(row) for row in session.scalars(wanted if name is None else wanted.where(Prompt.name == name)))


def active_prompt(session: Session, name: str) -> PromptVersion | None:
    """The version to ask with; None where none was ever stored."""
    row = session.scalar(select(Prompt).where(Prompt.name == name, Prompt.active))
    return None if row is None else _value(row)


def read_prompt(session: Session, name: str, version: int | None = None) -> PromptVersion:
    """One version; without a number the active one.

    Raises:
        NotFound: there is none.
    """
    wanted = select(Prompt).where(Prompt.name == name)
    row = session.scalar(wanted.where(Prompt.active if version is None else Prompt.version == version))
    if row is None:
        which = f"has no version {version}" if version is not None else "has no active version"
        raise NotFound(f"The prompt {name!r} {which}. `ci llm prompts list` shows what there is.")
    return _value(row)


def add_prompt(session: Session, name: str, template: str, *, actor: str) -> PromptVersion:
    """Store a new version of a known prompt; it is not active until somebody says so. The same text is one version.

    Raises:
        NotFound: nothing is asked by this name.
        InvalidInput: the text cannot be used; says why.
    """
    shipped = shipped_prompts().get(name)
    if shipped is None:
        raise NotFound(f"Nothing is asked by the name {name!r}. Known: {', '.join(shipped_prompts())}.")
    template = template.replace("\r\n", "\n").strip()
    check_template(template, like=shipped)
    act_as(session, actor)
    _lock(session, name)
    same = session.scalar(select(Prompt).where(Prompt.name == name, Prompt.template == template).limit(1))
    return _value(same or _insert(session, name, template, actor))


def activate_prompt(session: Session, name: str, version: int, *, actor: str) -> PromptVersion:
    """From now on, ask with this version.

    Raises:
        NotFound: there is no such version.
    """
    act_as(session, actor)
    _lock(session, name)
    row = session.scalar(select(Prompt).where(Prompt.name == name, Prompt.version == version))
    if row is None:
        raise NotFound(f"The prompt {name!r} has no version {version}. `ci llm prompts list` shows what there is.")
    if not row.active:
        _make_active(session, row)
    return _value(row)


def _lock(session: Session, name: str) -> None:
    """One change of a prompt at a time."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"ci_prompts:{name}", 0))))


def _insert(session: Session, name: str, template: str, actor: str) -> Prompt:
    newest = session.scalar(select(func.max(Prompt.version)).where(Prompt.name == name))
    row = Prompt(name=name, version=(newest or 0) + 1, template=template, active=False, created_by=actor)
    session.add(row)
    session.flush()
    session.refresh(row)
    return row


def _make_active(session: Session, row: Prompt) -> None:
    # Two statements, because of each name only one may be active at any moment.
    session.execute(update(Prompt).where(Prompt.name == row.name, Prompt.active).values(active=False))
    session.execute(update(Prompt).where(Prompt.id == row.id).values(active=True))
    session.refresh(row)


def _value(row: Prompt) -> PromptVersion:
    return PromptVersion(row.id, row.name, row.version, row.template, row.active, row.created_by, row.created_at)
