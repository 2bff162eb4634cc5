"""Addresses are taken in every usual form, and a bad one is refused without being quoted."""

from __future__ import annotations

import traceback

import pytest

from db.address import checked_url, libpq_url
from db.engine import Database
from db.errors import AddressInvalid


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql+psycopg://u:p@h:5/d", "postgresql://u:p@h:5/d"),
        ("postgresql+asyncpg://u@h/d?sslmode=require", "postgresql://u@h/d?sslmode=require"),
        ("postgres://u@h/d", "postgresql://u@h/d"),
        (" postgresql:///d?host=/run/postgresql \n", "postgresql:///d?host=/run/postgresql"),
        ("host=/run/postgresql dbname=d", "host=/run/postgresql dbname=d"),
    ],
)
def test_usual_forms_become_libpq_addresses(given: str, expected: str) -> None:
    assert checked_url(given) == libpq_url(given) == expected


@pytest.mark.parametrize(
    "address",
    [
        "postgresq://user:secret@host/db",
        "mysql://user:secret@host/db",
        "postgresql://user:se%secret@host/db",
        "postgresql://user:p@secret@host/db",
        "postgresql://user:p@secret:word@host/db",
        "postgresql://user:pass/secret@host/db",
        "postgresql://user:12/secret@host/db",
        "secret",
    ],
)
def test_bad_address_is_refused_with_the_form_to_use_and_without_the_password(address: str) -> None:
    with pytest.raises(AddressInvalid, match="postgresql://user:password@host:5432/name") as caught:
        Database(address)

    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_escaped_password_is_fine() -> None:
    assert checked_url("postgresql://user:p%40ss%2Fword%3A@host/db")
