"""What every test may use: a real PostgreSQL with migrated databases of its own, thrown away afterwards."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Generator, Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text
from sqlalchemy.orm import Session

from db import migrate
from db.embedded import EmbeddedServer
from db.embedded.cluster import SUPERUSER, Cluster
from db.engine import Database

ACTOR = "tess"
# A busy machine is slow to think of examples, and that is no defect.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests first: their files are the longest, and one that comes last would keep a worker alone with it."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test logged may hold anything; between processes, half of a pair of surrogates would end the whole run."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


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
    url = server.start()
    _let_it_forget(Cluster(folder / "postgres"))
    yield url
    server.stop()


def _let_it_forget(cluster: Cluster) -> None:
    """Have a server wait for no disk, whose data nobody wants after a power cut: a new database costs a tenth then."""
    with psycopg.connect(cluster.address(SUPERUSER, "postgres"), autocommit=True) as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "log_checkpoints", "autovacuum"):
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
        connection.execute("SELECT pg_reload_conf()")


class Databases:
    """The databases that the tests of a worker made and nobody dropped yet."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._made: set[str] = set()

    def create(self, template: str = "template1") -> str:
        """The address of an empty database, or of a copy of `template`."""
        name = f"test_{uuid.uuid4().hex[:16]}"
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        self._made.add(name)
        return make_conninfo(self._server_url, dbname=name)

    def drop(self, url: str) -> None:
        """Drop the database at an address that `create` gave."""
        self._drop(str(conninfo_to_dict(url)["dbname"]))

    def drop_all(self) -> None:
        for name in list(self._made):
            self._drop(name)

    def _drop(self, name: str) -> None:
        drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
        try:
            self._execute(drop + sql.SQL(" WITH (FORCE)"))
        except psycopg.errors.InsufficientPrivilege:  # the server vacuums it, which nobody but an administrator may end
            self._execute(drop)  # waits for that
        self._made.discard(name)

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def databases(server_url: str) -> Iterator[Databases]:
    made = Databases(server_url)
    yield made
    made.drop_all()


@pytest.fixture(scope="session")
def new_database(databases: Databases) -> Callable[..., str]:
    """Makes an empty database (or a copy of `template`) and gives its address; all are dropped at the end."""
    return databases.create


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
def database(databases: Databases, template_name: str) -> Iterator[Database]:
    """A migrated database of this test alone, for what must really commit."""
    url = databases.create(template_name)
    database = Database(url, application_name="tests")
    yield database
    database.dispose()
    databases.drop(url)  # at once: hundreds of them at the end kept a process busy for minutes
