"""What every test may use: a real PostgreSQL with migrated databases of its own, thrown away afterwards."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text
from sqlalchemy.orm import Session

from db import migrate
from db.embedded import EmbeddedServer
from db.engine import Database

ACTOR = "tess"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests first: their files are the longest, and one that comes last would keep a worker alone with it."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server to make databases on: CI_TEST_DATABASE_URL, or one embedded server for all workers."""
    configured = os.environ.get("CI_TEST_DATABASE_URL")
    if configured:
        yield configured
        return
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    server = EmbeddedServer(folder / "postgres")
    yield server.start()
    server.stop()


@pytest.fixture(scope="session")
def new_database(server_url: str) -> Iterator[Callable[..., str]]:
    """Makes an empty database (or a copy of `template`) and gives its address; all are dropped at the end."""
    made: list[str] = []

    def create(template: str = "template1") -> str:
        name = f"test_{uuid.uuid4().hex[:16]}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
                if connection.info.server_version >= 150000
                else sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )
        made.append(name)
        return make_conninfo(server_url, dbname=name)

    yield create
    with psycopg.connect(server_url, autocommit=True) as connection:
        for name in made:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def template_name(new_database: Callable[..., str]) -> str:
    """The name of a migrated, empty database that others are copied from."""
    url = new_database()
    database = Database(url)
    migrate.upgrade(database.engine)
    database.dispose()
    return str(conninfo_to_dict(url)["dbname"])


@pytest.fixture(scope="session")
def shared_database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """One migrated database of this worker, for tests that roll back."""
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()


@pytest.fixture
def session(shared_database: Database) -> Iterator[Session]:
    """A session whose changes by the actor "tess" are rolled back after the test."""
    with shared_database.engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            session.execute(text("SELECT set_config('ci.actor', :actor, true)"), {"actor": ACTOR})
            yield session
        outer.rollback()


@pytest.fixture
def database(new_database: Callable[..., str], template_name: str) -> Iterator[Database]:
    """A migrated database of this test alone, for what must really commit."""
    database = Database(new_database(template_name), application_name="tests")
    yield database
    database.dispose()
