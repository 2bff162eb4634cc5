"""What research brought: figures per day and site, by score, from found to completed, and how often it was right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from ci_core.backlog.export import ExportColumn
from ci_core.research import insight_queries as queries
from ci_core.research.insight_queries import moments, rows

# Of a normal distribution, 95 % lie within so many standard deviations.
STANDARD_DEVIATIONS = 1.96
BINS = 10
OUTCOMES = ("accepted", "refused", "waiting", "set_aside")
FUNNEL_STAGES = ("found", "new", "waited", "shown", "converted", "completed")

DAY_COLUMNS = (ExportColumn("day", "Day"), ExportColumn("site", "Site"), ExportColumn("found", "Found"))
SCORE_COLUMNS = (
    ExportColumn("from", "Relevance from"),
    ExportColumn("to", "to"),
    *(ExportColumn(outcome, outcome.replace("_", " ").capitalize()) for outcome in OUTCOMES),
)
FUNNEL_COLUMNS = (
    ExportColumn("stage", "Stage"),
    ExportColumn("findings", "Findings"),
    ExportColumn("share", "Share of the stage before"),
)
PRECISION_COLUMNS = (
    ExportColumn("week", "Week from"),
    ExportColumn("accepted", "Accepted"),
    ExportColumn("decided", "Decided"),
    ExportColumn("precision", "Precision"),
    ExportColumn("low", "At least (95 %)"),
    ExportColumn("high", "At most (95 %)"),
)
Rows = Iterator[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Share:
    """How many of some: `part` of `whole`. Without any there is no share, and not a share of 0."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """0–1; None where there are none to be a share of."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true share lies with 95 % certainty, each 0–1; None where nothing is known.

        The score interval of Wilson (1927), "Probable inference, the law of succession, and statistical inference",
        which stays within 0–1 and is honest about few.
        """
        if not self.whole:
            return None
        z2 = STANDARD_DEVIATIONS**2
        share, n = self.part / self.whole, self.whole
        centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = STANDARD_DEVIATIONS / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True, slots=True)
class Span:
    """The days that are told of, the first and the last included, in a time zone."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def since(self) -> datetime:
        """When it begins."""
        return datetime.combine(self.first, datetime.min.time(), self.zone)

    @property
    def until(self) -> datetime:
        """When it is over."""
        return datetime.combine(self.last + timedelta(days=1), datetime.min.time(), self.zone)

    @property
    def days(self) -> tuple[date, ...]:
        """Every day, oldest first."""
        return tuple(self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


@dataclass(frozen=True, slots=True)
class Week:
    """The decisions of people in the week that begins on this Monday; `precision` is the accepted among them."""

    begins: date
    precision: Share


@dataclass(frozen=True, slots=True)
class Insight:
    """The figures of a span.

    Attributes:
        per_day: by kind of site, how many were found on each day of the span.
        scores: by outcome, how many have a relevance of 0–10, 10–20, … 90–100; duplicates are left out.
        without_score: how many have none, duplicates left out.
        funnel: by stage, how many findings of the span came so far.
        weeks: those in which people decided anything, oldest first.
    """

    span: Span
    per_day: Mapping[str, tuple[int, ...]]
    scores: Mapping[str, tuple[int, ...]]
    without_score: int
    funnel: Mapping[str, int]
    weeks: tuple[Week, ...]

    @property
    def found(self) -> int:
        """How many findings the span has."""
        return self.funnel["found"]

    @property
    def precision(self) -> Share:
        """Of all decisions of people in the span, how many were to accept."""
        return Share(sum(w.precision.part for w in self.weeks), sum(w.precision.whole for w in self.weeks))


def span_of_days(days: int, now: datetime, zone: ZoneInfo) -> Span:
    """The last `days` days, today included."""
    today = now.astimezone(zone).date()
    return Span(today - timedelta(days=days - 1), today, zone)


def insight(session: Session, span: Span) -> Insight:
    """The figures of the findings that were found in the span, and of the decisions that people made in it."""
    within, zone = moments(span.since, span.until), span.zone.key
    counted = rows(session, queries.COUNTS, zone=zone, **within)
    per_day = per_day_and_site([(row.day, row.source_type, row.found) for row in counted if row.is_day], span)
    outcomes = [(row.tenth, row.outcome, row.found) for row in counted if not row.is_day]
    (progress,) = rows(session, queries.PROGRESS, **within)
    scores, without = by_score(outcomes)
    decided = rows(session, queries.DECISIONS_PER_WEEK, zone=zone, **within)
    weeks = tuple(Week(row.week, Share(row.accepted, row.decided)) for row in decided)
    return Insight(span, per_day, scores, without, funnel_of(outcomes, progress.shown, progress.completed), weeks)


def per_day_and_site(found: Iterable[Any], span: Span) -> dict[str, tuple[int, ...]]:
    """Rows of (day, kind of site, number) as one number for every day by site, the site with the most first."""
    place = {day: n for n, day in enumerate(span.days)}
    counts: dict[str, list[int]] = {}
    for day, site, number in found:
        if day in place:
            counts.setdefault(site, [0] * len(place))[place[day]] += number
    return {site: tuple(counts[site]) for site in sorted(counts, key=lambda site: (-sum(counts[site]), site))}


def by_score(found: Iterable[Any]) -> tuple[dict[str, tuple[int, ...]], int]:
    """Rows of (tenth or None, outcome, number) as ten numbers by outcome, and how many have no score."""
    counts = {outcome: [0] * BINS for outcome in OUTCOMES}
    without = 0
    for tenth, outcome, number in found:
        if outcome not in counts:
            continue
        if tenth is None:
            without += number
        else:
            counts[outcome][min(max(tenth, 0), BINS - 1)] += number
    return {outcome: tuple(numbers) for outcome, numbers in counts.items()}, without


def funnel_of(found: Iterable[Any], shown: int, completed: int) -> dict[str, int]:
    """Rows of (tenth, outcome, number) as how many findings came how far.

    Args:
        shown: how many were decided by people, or seen by any.
        completed: of how many the enhancement is completed.
    """
    by_outcome: Counter[str] = Counter()
    for _, outcome, number in found:
        by_outcome[outcome] += number
    every = by_outcome.total()
    new = every - by_outcome["duplicate"]
    waited = new - by_outcome["set_aside"]
    return dict(zip(FUNNEL_STAGES, (every, new, waited, shown, by_outcome["accepted"], completed), strict=True))


def day_rows(shown: Insight) -> Rows:
    """Each day and site on which anything was found."""
    for place, day in enumerate(shown.span.days):
        for site, counts in shown.per_day.items():
            if counts[place]:
                yield {"day": day, "site": site, "found": counts[place]}


def score_rows(shown: Insight) -> Rows:
    """Each tenth of the relevance with what became of its findings."""
    for tenth in range(BINS):
        yield {"from": tenth * 10, "to": tenth * 10 + 10, **{name: some[tenth] for name, some in shown.scores.items()}}


def funnel_rows(shown: Insight) -> Rows:
    """Each stage with how many came so far."""
    before: int | None = None
    for stage, number in shown.funnel.items():
        share = Share(number, before).value if before else None
        yield {"stage": stage, "findings": number, "share": None if share is None else round(share, 4)}
        before = number


def precision_rows(shown: Insight) -> Rows:
    """Each week with decisions, with its precision and where the true one lies."""
    for week in shown.weeks:
        share, (low, high) = week.precision, week.precision.interval or (None, None)
        yield {
            "week": week.begins,
            "accepted": share.part,
            "decided": share.whole,
            "precision": share.value,
            "low": low,
            "high": high,
        }
