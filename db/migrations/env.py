"""Alembic's environment: runs inside the connection that `db.migrate` hands over, or prints the SQL for linting."""

from __future__ import annotations

from alembic import context

from db.migrations.comparison import include_object
from db.tables import Base

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
    if context.is_offline_mode():
        context.execute("SET LOCAL lock_timeout = '4s'")
        context.execute("SET LOCAL statement_timeout = '1h'")
    context.run_migrations()
