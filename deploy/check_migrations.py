"""Check the migrations: linted by squawk, up, down and up again on a new server, and no difference to the models.

    python deploy/check_migrations.py

Ends with 1 and says what is wrong. `.squawk.toml` names the rules that do not apply, each with its reason.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from alembic.autogenerate import compare_metadata  # noqa: E402 - the project's folder must be known first
from alembic.runtime.migration import MigrationContext  # noqa: E402

from db import migrate  # noqa: E402
from db.embedded import embedded_database  # noqa: E402
from db.engine import Database  # noqa: E402
from db.errors import DatabaseError  # noqa: E402
from db.migrations.comparison import include_object  # noqa: E402
from db.tables import Base  # noqa: E402


def lint() -> list[str]:
    """What squawk has against the SQL of both ways; nothing when all is well."""
    program = shutil.which("squawk", path=str(Path(sys.executable).parent)) or shutil.which("squawk")
    if program is None:
        return ["squawk is not installed; pip install squawk-cli"]
    with tempfile.TemporaryDirectory() as folder:
        files = {"upgrade.sql": _without_queue(migrate.upgrade_sql()), "downgrade.sql": migrate.downgrade_sql()}
        for name, script in files.items():
            (Path(folder) / name).write_text(script, encoding="utf-8")
        command = [program, "--config", str(PROJECT / ".squawk.toml"), "--reporter", "gcc", *files]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - a linter
    return [] if done.returncode == 0 else [*done.stdout.splitlines(), *done.stderr.splitlines()]


def _without_queue(script: str) -> str:
    """The SQL without what is Procrastinate's own, word for word."""
    return re.sub(r"^-- Procrastinate Schema$.*?(?=^-- Running upgrade )", "", script, flags=re.DOTALL | re.MULTILINE)


def differences(database: Database) -> list[str]:
    """What Alembic would change to make the database what the models say."""
    with database.engine.connect() as connection:
        options = {"include_object": include_object, "compare_type": True, "target_metadata": Base.metadata}
        context = MigrationContext.configure(connection, opts=options)
        return [
            f"models and migrations differ: {difference}" for difference in compare_metadata(context, Base.metadata)
        ]


def up_down_up() -> list[str]:
    """What goes wrong on a server of our own."""
    with tempfile.TemporaryDirectory(prefix="magnus-check-") as folder, embedded_database(Path(folder)) as url:
        database = Database(url, application_name="check migrations")
        try:
            migrate.upgrade(database.engine)
            found = differences(database)
            migrate.downgrade(database.engine, "base")
            migrate.upgrade(database.engine)
            return found
        except DatabaseError as error:
            return [str(error)]
        finally:
            database.dispose()


def main() -> int:
    """Run every check and give the exit status."""
    problems = [*lint(), *up_down_up()]
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    if not problems:
        sys.stdout.write(f"The migrations up to {migrate.head()} are fine.\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
