"""The overview: what needs a person, what changed since they were here, and how the work stands.

`reading` puts it together, `needs`, `changes` and `glances` hold its parts, `visits` knows when somebody was here
last, and `digest` makes an e-mail of it.
"""

from ci_core.overview.period import CHOICES, SINCE_LAST_VISIT, period_from
from ci_core.overview.reading import newest_change, overview_of
from ci_core.overview.values import Block, Completions, Figure, Glance, Hint, Line, Overview, Period, StatusCount
from ci_core.overview.visits import VISIT_ENDS_AFTER, Visit, current_visit, touch_visit

__all__ = [
    "CHOICES",
    "SINCE_LAST_VISIT",
    "VISIT_ENDS_AFTER",
    "Block",
    "Completions",
    "Figure",
    "Glance",
    "Hint",
    "Line",
    "Overview",
    "Period",
    "StatusCount",
    "Visit",
    "current_visit",
    "newest_change",
    "overview_of",
    "period_from",
    "touch_visit",
]
