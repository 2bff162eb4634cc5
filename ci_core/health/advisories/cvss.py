"""The severity of a vulnerability from its CVSS vector, where that can be computed."""

from __future__ import annotations

import math
from collections.abc import Mapping

from db.enums import Severity

# Weights of the base metrics, from the specification of CVSS 3.1, section 7.4 (those of 3.0 are the same).
WEIGHTS: Mapping[str, Mapping[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
# What advisories call it in words; GitHub says "moderate".
WORDS = {
    "critical": Severity.CRITICAL,
    "high": Severity.HIGH,
    "moderate": Severity.MEDIUM,
    "medium": Severity.MEDIUM,
    "low": Severity.LOW,
}


def base_score(vector: str) -> float | None:
    """The base score, 0.0–10.0, of a vector of CVSS 3.0 or 3.1; None for what is none.

    The score of CVSS 4 comes from a table of 270 classes that experts have ranked; its advisories say the severity in
    words too, which is used then.
    """
    version, _, rest = vector.strip().partition("/")
    if version not in {"CVSS:3.0", "CVSS:3.1"}:
        return None
    given = dict(part.split(":", 1) for part in rest.split("/") if ":" in part)
    try:
        weight = {name: values[given[name]] for name, values in WEIGHTS.items()}
        scope_changes = {"U": False, "C": True}[given["S"]]
        privileges = PRIVILEGES[given["S"]][given["PR"]]
    except KeyError:
        return None
    lost = 1 - (1 - weight["C"]) * (1 - weight["I"]) * (1 - weight["A"])
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if scope_changes else 6.42 * lost
    if impact <= 0:
        return 0.0
    ease = 8.22 * weight["AV"] * weight["AC"] * privileges * weight["UI"]
    return _rounded_up(min((impact + ease) * (1.08 if scope_changes else 1.0), 10.0))


def _rounded_up(value: float) -> float:
    """To one decimal, upwards, as appendix A of the specification does it against floating-point noise."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10


def severity_of_score(score: float) -> Severity:
    """The word for a score, by the qualitative scale of CVSS 3.1."""
    if score >= 9.0:
        return Severity.CRITICAL
    if score >= 7.0:
        return Severity.HIGH
    if score >= 4.0:
        return Severity.MEDIUM
    return Severity.LOW if score > 0 else Severity.INFO


def severity_of_word(word: object) -> Severity | None:
    """The severity that an advisory says in words."""
    return WORDS.get(word.strip().lower()) if isinstance(word, str) else None
