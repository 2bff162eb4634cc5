"""What to leave out when models and database are compared: tests read these from the catalogue instead."""

from __future__ import annotations

from typing import Any

# An operator class and an expression, which SQLAlchemy's models cannot say.
UNMODELLED = {
    "idx_ci_enhancement_embeddings_nearest",
    "idx_ci_enhancements_title",
    "idx_ci_enhancements_top",
    "idx_ci_enhancements_urgency",
    "idx_ci_research_findings_title",
}
# The tables of the job queue are Procrastinate's own.
QUEUE = "procrastinate_"


# A key of a table of ours to one of them, which the models therefore do not know.
KEYS_TO_QUEUE = {"ci_workers_worker_id_fkey"}


def include_object(_item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Whether Alembic should compare this object."""
    if (name or "").startswith(QUEUE) or name in KEYS_TO_QUEUE:
        return False
    return not (kind == "index" and name in UNMODELLED)
