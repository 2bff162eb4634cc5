"""Alembic's environment: runs inside the connection that `db.migrate` hands over, or prints the SQL for linting."""

from __future__ import annotations

from typing import Any

from alembic import context

from db.tables import Base

UNMODELLED = {"idx_ci_enhancement_embeddings_nearest", "idx_ci_enhancements_top"}  # operator class, expression


def include_object(_item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Leave out what SQLAlchemy's models cannot say; tests read those indexes from the catalogue instead."""
    return not (kind == "index" and name in UNMODELLED)


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=Base.metadata, literal_binds=True)
else:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        include_object=include_object,
        compare_server_default=False,
    )
with context.begin_transaction():
    context.run_migrations()
