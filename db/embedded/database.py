"""Our role and our database in the embedded server."""

from __future__ import annotations

import time

import psycopg
from psycopg import sql

from db.embedded.cluster import RECOVERY_SECONDS, SUPERUSER, Cluster
from db.errors import EmbeddedServerError

ROLE = "magnus"
DATABASE = "magnus"


def ensure_database(cluster: Cluster) -> str:
    """Makes our role and database in the running server when they are missing, and returns their libpq address.

    It does so as the superuser, whom nobody else is told of. Raises EmbeddedServerError when the server is silent.
    """
    address = cluster.address(ROLE, DATABASE)
    with _superuser(cluster, "postgres") as connection:
        role = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
        database = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if role and database:
            return address
        with _superuser(cluster, "template1") as template:
            template.execute("CREATE EXTENSION IF NOT EXISTS vector")
        if not role:
            creation = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
            connection.execute(creation.format(sql.Identifier(ROLE), sql.Literal(cluster.password())))
        if not database:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLE))
            )
    return address


def _superuser(cluster: Cluster, database: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection as superuser, as soon as a server that is still recovering lets us in."""
    url = cluster.address(SUPERUSER, database)
    deadline = time.monotonic() + RECOVERY_SECONDS
    while True:
        try:
            return psycopg.connect(url, autocommit=True, connect_timeout=10, application_name="magnus embedded")
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline or cluster.postmaster() is None:
                raise EmbeddedServerError(
                    f"The embedded PostgreSQL in {cluster.folder} does not answer: {str(error).strip()}"
                ) from error
            time.sleep(0.1)
