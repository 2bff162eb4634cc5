"""How well relevance is scored: on a labelled file without any answer, and while a simulated team answers.

*Zero labels*: every item is scored as a new installation scores it. *Clicks*: the items are divided into two halves by
chance. Those of the one come in day by day in equal parts; each day the team is shown the first of what waits, in the
order of the product's feed with the uncertain ones mixed in; it accepts what has `y` = 1 and refuses the rest, and the
product learns from all answers so far. The other half is never shown: on it is measured. Then the halves change places;
AP is the mean of both, and the calibration error that of both together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ci_core.research.embedding_text import embedding_text
from ci_core.research.evaluation.figures import (
    Labels,
    Numbers,
    average_precision,
    brier_score,
    calibration_error,
    rounded,
)
from ci_core.research.evaluation.labelled_items import read_interests, read_labelled_items
from ci_core.research.feed import FEW_ANSWERS, MOST_PROBES, places
from ci_core.research.outcome import SET_ASIDE_BELOW
from ci_core.research.scoring.cold_start import ColdStart
from ci_core.research.scoring.interests import Interests, default_interests
from ci_core.research.scoring.learning import Answers, learn, probabilities_of
from ci_core.research.scoring.local import centre_of, centred, is_uncertain

if TYPE_CHECKING:
    from ci_core.embeddings import Encoder
    from ci_core.research.values import NormalItem, Vector

CHECKPOINTS = (0, 10, 20, 50, 100, 200, 500)
Places = NDArray[np.int64]


def evaluate_relevance(
    path: Path,
    *,
    interests: Path | None = None,
    clicks: int | None = None,
    per_day: int = 10,
    seed: int = 1,
    encoder: Encoder | None = None,
) -> dict[str, Any]:
    """The figures of a labelled file, with the product's own scorer and nothing fitted to the file.

    Args:
        path: JSON lines `{"id", "title", "text"?, "y"}`.
        interests: texts instead of the default ones, see `read_interests`.
        clicks: how many items a simulated team answers; None for none.
        per_day: how many it is shown a day.
        seed: of the division into halves and the order in which the items come in.
        encoder: None loads the product's own.

    Returns:
        "items", "positives", "ap_zero_labels", "ece", "brier"; with clicks also "ap_after" and "ece_after" at each of
        `CHECKPOINTS`, None at those that were not reached.

    Raises:
        InvalidInput: a file cannot be read, or a number is out of its range.
        EmbeddingModelMissing: there is no embedding model.
    """
    labelled = read_labelled_items(path)
    wanted = read_interests(interests) if interests is not None else default_interests()
    encoder = encoder or _own_encoder()
    items = [one.item for one in labelled]
    vectors = encoder.encode([embedding_text(item) for item in items])
    feed = _feed(items, vectors, np.array([one.wanted for one in labelled]), wanted, encoder)
    cold = probabilities_of(feed.logits, feed.meanings, None)
    figures: dict[str, Any] = {
        "items": len(items),
        "positives": int(feed.wanted.sum()),
        "ap_zero_labels": rounded(average_precision(feed.wanted, cold)),
        "ece": rounded(calibration_error(feed.wanted, cold)),
        "brier": rounded(brier_score(feed.wanted, cold)),
    }
    if clicks is not None:
        after = answer(feed, clicks=clicks, per_day=per_day, seed=seed)
        figures["ap_after"] = {str(point): rounded(after[point].ap) for point in CHECKPOINTS}
        figures["ece_after"] = {str(point): rounded(after[point].ece) for point in CHECKPOINTS}
    return figures


@dataclass(frozen=True, slots=True)
class LabelledFeed:
    """What is shown to a simulated team, one row for each item.

    Attributes:
        logits: of the cold start.
        meanings: centred vectors.
        wanted: what the team accepts.
    """

    logits: Numbers
    meanings: Numbers
    wanted: Labels


@dataclass(slots=True)
class Measured:
    """What was measured at one number of clicks; a part for each half."""

    aps: list[float | None] = field(default_factory=list)
    wanted: list[Labels] = field(default_factory=list)
    probabilities: list[Numbers] = field(default_factory=list)

    @property
    def ap(self) -> float | None:
        """The mean average precision of the halves; None where one of them did not get here."""
        known = [ap for ap in self.aps if ap is not None]
        return sum(known) / len(known) if len(known) == 2 else None

    @property
    def ece(self) -> float | None:
        """The calibration error of the halves together."""
        if len(self.aps) < 2:
            return None
        return calibration_error(np.concatenate(self.wanted), np.concatenate(self.probabilities))


def answer(feed: LabelledFeed, *, clicks: int, per_day: int, seed: int) -> dict[int, Measured]:
    """Let a team answer, and measure at each of `CHECKPOINTS` that it reaches."""
    shuffled = np.random.default_rng(seed).permutation(len(feed.wanted))
    halves = shuffled[: len(shuffled) // 2], shuffled[len(shuffled) // 2 :]
    measured = {point: Measured() for point in CHECKPOINTS}
    for shown, held_out in (halves, halves[::-1]):
        _answer_half(feed, shown, held_out, clicks, per_day, measured)
    return measured


def _answer_half(
    feed: LabelledFeed, shown: Places, held_out: Places, clicks: int, per_day: int, measured: dict[int, Measured]
) -> None:
    probabilities = probabilities_of(feed.logits, feed.meanings, None)
    _measure(measured[0], feed, held_out, probabilities)
    answered: list[int] = []
    waiting: list[int] = []
    for arrived in np.array_split(shown, -(-clicks // per_day)):
        waiting.extend(int(place) for place in arrived)
        today = _first_of(waiting, probabilities, min(per_day, clicks - len(answered)), len(answered))
        before = len(answered)
        answered += today
        waiting = [place for place in waiting if place not in set(today)]
        for point in CHECKPOINTS:
            if before < point <= len(answered):
                _measure(measured[point], feed, held_out, _learned(feed, answered[:point]))
        probabilities = _learned(feed, answered)


def _first_of(waiting: Sequence[int], probabilities: Numbers, count: int, answered: int) -> list[int]:
    """What the feed shows first: what waits for a person with the uncertain mixed in, then what was set aside."""
    ranked = sorted(waiting, key=lambda place: -probabilities[place])
    above = [place for place in ranked if 100 * probabilities[place] >= SET_ASIDE_BELOW]
    below = ranked[len(above) :]
    probes = [place for place in below if is_uncertain(100 * probabilities[place])] if answered < FEW_ANSWERS else []
    probes = sorted(probes, key=lambda place: abs(probabilities[place] - 0.5))[:MOST_PROBES]
    uncertain = probes + [place for place in above if is_uncertain(100 * probabilities[place])]
    certain = [place for place in above if not is_uncertain(100 * probabilities[place])]
    page = places(len(certain), len(uncertain), count, 0)
    shown = [(uncertain if of_uncertain else certain)[number] for of_uncertain, number in page]
    return shown + [place for place in below if place not in probes][: count - len(shown)]


def _learned(feed: LabelledFeed, answered: Sequence[int]) -> Numbers:
    rows = np.array(answered)
    answers = Answers(feed.logits[rows], feed.meanings[rows], feed.wanted[rows].astype(float), np.ones(len(rows)))
    return probabilities_of(feed.logits, feed.meanings, learn(answers, "evaluated"))


def _measure(measured: Measured, feed: LabelledFeed, held_out: Places, probabilities: Numbers) -> None:
    measured.aps.append(average_precision(feed.wanted[held_out], probabilities[held_out]))
    measured.wanted.append(feed.wanted[held_out])
    measured.probabilities.append(probabilities[held_out])


def _feed(
    items: Sequence[NormalItem], vectors: Vector, wanted: Labels, interests: Interests, encoder: Encoder
) -> LabelledFeed:
    looks = ColdStart(interests, encoder).look(items, list(vectors))
    return LabelledFeed(np.array([look.logit for look in looks]), centred(vectors, centre_of(encoder)), wanted)


def _own_encoder() -> Encoder:
    from ci_core.embeddings import load_encoder
    from ci_core.settings import load_settings

    return load_encoder(load_settings().models_dir)
