"""Whether an item repeats a finding, is near one, or is new; and what people's corrections teach about that."""

from ci_core.research.duplicates.decision import SHIPPED, Decision
from ci_core.research.duplicates.learning import Sample, learn_from_corrections, learned, prepare, record
from ci_core.research.duplicates.window import DEFAULT_DAYS, Window

__all__ = [
    "DEFAULT_DAYS",
    "SHIPPED",
    "Decision",
    "Sample",
    "Window",
    "learn_from_corrections",
    "learned",
    "prepare",
    "record",
]
