"""From figures to a probability: one fixed model for all sites, which a team's corrections may shift a little."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ci_core.research.duplicates.shipped import BIAS, WEIGHTS

# As sure one has to be to link an item to another as the same; nearly as sure, and it is shown beside it.
SAME = 0.5
RELATED = 0.1
# What is so near in meaning (cosine) is shown together whatever the words say.
RELATED_COSINE = 0.62
# What shares an address, a name or its wording is the same; nothing is ever quite sure.
SURE = 0.999
# What is forbidden to be the same is as good as never; the order among those is kept.
FORBIDDEN = 0.04


@dataclass(frozen=True, slots=True)
class Decision:
    """A logistic model over the measures by name; what it does not know weighs nothing."""

    weights: Mapping[str, float]
    bias: float

    def logit(self, measured: Mapping[str, float]) -> float:
        """How sure it is that two are the same, as a log-odds."""
        return self.bias + sum(weight * measured.get(name, 0.0) for name, weight in self.weights.items())

    def probability(self, measured: Mapping[str, float], *, forbidden: bool = False) -> float:
        """How sure it is that two are the same, 0–1; at most `FORBIDDEN` where something forbids it."""
        logit = max(-50.0, min(50.0, self.logit(measured)))
        probability = 1.0 / (1.0 + math.exp(-logit))
        return FORBIDDEN * probability if forbidden else probability


SHIPPED = Decision(WEIGHTS, BIAS)
