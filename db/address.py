"""Addresses of databases: one form for every client, and no secret in what is said about a bad one."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict

from db.errors import AddressInvalid

EXAMPLE = (
    "Write it as postgresql://user:password@host:5432/name; inside the password, "
    "write @ as %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25."
)


def libpq_url(url: str) -> str:
    """The address without SQLAlchemy's driver suffix, as psql and psycopg take it."""
    scheme, separator, rest = url.strip().partition("://")
    ours = scheme.partition("+")[0] in {"postgres", "postgresql"}
    return f"postgresql://{rest}" if separator and ours else url.strip()


def checked_url(url: str) -> str:
    """The address in libpq's form.

    Raises:
        AddressInvalid: it cannot be read, or an unescaped character of its password has broken it apart. libpq
            itself would quote the address, and with it the password, in its message.
    """
    address = libpq_url(url)
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise AddressInvalid(f"The address of the database cannot be understood. {EXAMPLE}") from None
    ports = str(parts.get("port") or "").replace(",", "")
    host, name = str(parts.get("host") or ""), str(parts.get("dbname") or "")
    if (ports and not ports.isdecimal()) or "@" in host or ("@" in name and "user" not in parts):
        raise AddressInvalid(f"The address of the database has its parts in the wrong places. {EXAMPLE}")
    return address
