"""The address of the embedded server: who can use it, from which client, on which path."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from db.embedded import EmbeddedServer, cluster, embedded_database
from db.embedded.endpoint import Endpoint, _is_free
from tests.db.embedded.conftest import answers, ask


def psql(url: str, query: str) -> str:
    program = cluster.programs() / "psql"
    return subprocess.run([program, url, "-Atc", query], capture_output=True, text=True, check=True).stdout.strip()


def port_of(url: str) -> int:
    return int(conninfo_to_dict(url)["port"])


def remembered_port(folder: Path) -> int:
    """A free port that the folder's server listened on before, and that no program is given by chance."""
    lowest_by_chance = 49152  # RFC 6335; Linux begins earlier
    if sys.platform == "linux":
        lowest_by_chance = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    port = next(port for port in range(lowest_by_chance - 1, 1024, -1) if _is_free(port))
    (folder / "endpoint.json").write_text(Endpoint(None, port).to_json())
    return port


@pytest.mark.parametrize("name", ["plain", "with space & 'quote' %41 ü", "a" * 120], ids=["plain", "odd", "long"])
def test_any_folder_name_works_in_psycopg_and_psql(empty_folder, name):
    with embedded_database(empty_folder / name) as url:
        assert ask(url, "SELECT current_database()") == "magnus"
        assert psql(url, "SELECT current_user") == "magnus"
        socket_dir = Path(conninfo_to_dict(url)["host"])

    assert socket_dir.is_relative_to(empty_folder) or not socket_dir.exists(), "a folder made elsewhere is removed"


def test_nobody_listens_on_the_network(folder):
    with embedded_database(folder) as url:
        assert ask(url, "SHOW listen_addresses") == ""


def test_data_stays_durable(folder):
    with embedded_database(folder) as url:
        values = [ask(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")]

    assert values == ["on", "on", "on"]


def test_role_in_the_address_is_no_superuser_but_may_make_databases(folder):
    with embedded_database(folder) as url:
        assert ask(url, "SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user") is False
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE other")
        assert ask(url.replace("/magnus?", "/other?"), "SELECT '[1]'::vector::text") == "[1]"


def test_port_on_loopback_asks_for_the_password(empty_folder):
    with EmbeddedServer(empty_folder, tcp=True) as server:
        url = server.start()
        without = url.replace(url[url.index("magnus:") : url.index("@")], "magnus")

        assert "@127.0.0.1:" in url
        assert ask(url, "SELECT inet_server_addr()::text") == "127.0.0.1/32"
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(without, "SELECT 1")
        with pytest.raises(psycopg.OperationalError, match="password"):
            ask(without.replace("magnus@", "postgres@"), "SELECT 1")


def test_port_stays_the_same_where_it_is_free(folder):
    port = remembered_port(folder)

    with EmbeddedServer(folder, tcp=True) as server:
        first = server.start()
        held = psycopg.connect(first)  # which the server ends, and the system remembers for a minute
    with EmbeddedServer(folder, tcp=True) as server:
        second = server.start()
        held.close()

        assert answers(second)
    assert (port_of(first), port_of(second)) == (port, port)


def test_port_that_another_program_has_taken_is_replaced(folder):
    port = remembered_port(folder)

    with socket.create_server(("127.0.0.1", port)), EmbeddedServer(folder, tcp=True) as server:
        url = server.start()

        assert port_of(url) != port
        assert answers(url)


def test_client_variables_of_postgresql_do_not_lead_astray(folder, start_user):
    stray = {"PGHOST": "elsewhere.invalid", "PGPORT": "1", "PGUSER": "x", "PGDATABASE": "x", "PGDATA": "/nowhere"}

    assert answers(start_user(folder, environment=stray).url())


def test_address_quotes_what_has_a_meaning_in_it():
    endpoint = Endpoint("/a b/ü&c=d", 5432)

    assert endpoint.url("r", "d") == "postgresql://r@/d?host=%2Fa%20b%2F%C3%BC%26c%3Dd&port=5432"
    assert Endpoint(None, 7).url("r", "d", "p@ss/") == "postgresql://r:p%40ss%2F@127.0.0.1:7/d"


def test_folder_can_change_from_a_socket_to_a_port(folder):
    with EmbeddedServer(folder, tcp=True) as server:
        assert answers(server.start())
