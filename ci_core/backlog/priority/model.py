"""What goes into a priority and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ci_core.errors import InvalidInput, SettingsError
from ci_core.settings import Settings
from db.enums import Category, Complexity, Priority

if TYPE_CHECKING:
    from ci_core.backlog.priority.issues import IssuesBehind

TOTAL = "total"


class Component(StrEnum):
    """The six sides of a priority, each 0–100; a table keeps each in the column `<value>_score`."""

    BUSINESS_VALUE = "business_value"
    USER_IMPACT = "user_impact"
    STRATEGIC_ALIGNMENT = "strategic_alignment"
    TECHNICAL_DEBT = "technical_debt"
    INACTION_RISK = "inaction_risk"
    IMPLEMENTATION_RISK = "implementation_risk"

    @property
    def label(self) -> str:
        """Its name for people."""
        return "risk of not doing it" if self is Component.INACTION_RISK else self.value.replace("_", " ")

    @property
    def lowers(self) -> bool:
        """Whether a high score makes an enhancement less urgent."""
        return self is Component.IMPLEMENTATION_RISK


@dataclass(frozen=True)
class ScoringInput:
    """What a scorer sees of an enhancement.

    Attributes:
        description: markdown; what is written in code does not count.
        estimated_hours: effort in hours of one person.
        unblocks: number of open enhancements that wait for this one, directly or through others.
        issues: the health issues behind it; None where there are none.
    """

    title: str
    description: str = ""
    category: Category | None = None
    priority: Priority | None = None
    complexity: Complexity | None = None
    estimated_hours: float | None = None
    tags: tuple[str, ...] = ()
    unblocks: int = 0
    issues: IssuesBehind | None = None


class Reason(NamedTuple):
    """Why a score is what it is.

    Attributes:
        points: its share of the score, 0–100 or below 0; None where a scorer cannot tell.
        start: where the score begins before anything else is known.
    """

    text: str
    points: float | None = None
    start: bool = False

    def in_words(self) -> str:
        """For people: "Security hole named in the title (+24)"."""
        if self.points is None:
            return self.text
        sign = "" if self.start else "+" if self.points >= 0 else "−"
        return f"{self.text} ({sign}{abs(self.points):.0f})"


class Assessment(NamedTuple):
    """A score 0–100 for one component, and its reasons, the strongest first."""

    score: float
    reasons: tuple[Reason, ...]


class Scorer(Protocol):
    """Judges an enhancement by itself; `prioritise` weighs what it says."""

    @property
    def name(self) -> str:
        """Stored as who gave the scores."""
        ...

    def score(self, item: ScoringInput) -> Mapping[Component, Assessment]:
        """An assessment of every component."""
        ...


@dataclass(frozen=True)
class Override:
    """A person's word, which wins over the scorer's.

    Attributes:
        value: 0–100.
        by: the actor.
    """

    value: float
    by: str
    reason: str = ""


@dataclass(frozen=True)
class Contribution:
    """What one component gives to the total.

    Attributes:
        score: 0–100.
        weight: share of the total, 0–1.
        points: weight × score, or weight × (100 − score) for a component that lowers; they add up to the total.
        overridden_by: the actor whose score this is; None when it is the scorer's.
    """

    component: Component
    score: float
    weight: float
    points: float
    reasons: tuple[str, ...]
    overridden_by: str | None = None


@dataclass(frozen=True)
class ScoreResult:
    """A priority with everything that led to it.

    Attributes:
        total: 0–100, higher is sooner; what `ai_priority_score` stores.
        computed_total: what the components give; differs from `total` only when a person set the total.
        summary: one or two sentences with the strongest reasons.
        overridden_by: the actor who set the total; None when it is computed.
    """

    components: dict[Component, float]
    total: float
    contributions: tuple[Contribution, ...]
    summary: str
    scored_by: str
    computed_total: float
    overridden_by: str | None = None

    def as_json(self) -> dict[str, object]:
        """The same as plain values, for a column or an answer."""
        return asdict(self)


@dataclass(frozen=True)
class Weights:
    """The share of each component in the total; together 1.

    Raises:
        SettingsError: a weight is not a share, or they do not add up to 1; the text names the settings.
    """

    business_value: float = 0.25
    user_impact: float = 0.20
    strategic_alignment: float = 0.15
    technical_debt: float = 0.10
    inaction_risk: float = 0.20
    implementation_risk: float = 0.10

    def __post_init__(self) -> None:
        for field in fields(self):
            weight = getattr(self, field.name)
            if not (isfinite(weight) and 0 <= weight <= 1):
                raise SettingsError(f"CI_WEIGHT_{field.name.upper()} is {weight:g}; a weight lies between 0 and 1.")
        total = sum(getattr(self, field.name) for field in fields(self))
        if abs(total - 1) > 1e-6:
            names = ", ".join(f"CI_WEIGHT_{field.name.upper()}" for field in fields(self))
            raise SettingsError(f"The weights {names} add up to {total:g}; they must add up to 1.")

    def of(self, component: Component) -> float:
        """The weight of one component."""
        weight: float = getattr(self, component.value)
        return weight

    @classmethod
    def from_settings(cls, settings: Settings) -> Weights:
        """The weights that the settings name."""
        return cls(**{component.value: getattr(settings, f"weight_{component.value}") for component in Component})


def check_override(field: str, override: Override) -> None:
    """Refuse an override that is no score.

    Raises:
        InvalidInput: the value is not between 0 and 100.
    """
    if not (isfinite(override.value) and 0 <= override.value <= 100):
        raise InvalidInput(field, f"A score lies between 0 and 100, not at {override.value:g}.")
