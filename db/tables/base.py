"""What every table shares: how Python types become columns, and the checks of closed sets and scores."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Numeric, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, REAL, TIMESTAMP
from sqlalchemy.orm import DeclarativeBase

Json = dict[str, Any]


class Base(DeclarativeBase):
    """What every table shares: how Python types become columns."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text,
        int: BigInteger,
        datetime: TIMESTAMP(timezone=True),
        Decimal: Numeric(5, 2),
        list[str]: ARRAY(Text),
        Json: JSONB,
        float: REAL,
    }


def one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    """A CHECK that keeps a text column to the values of an enum."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})")


def score_between(column: str) -> CheckConstraint:
    """A CHECK that keeps a score on its scale of 0–100."""
    return CheckConstraint(f"{column} BETWEEN 0 AND 100")


ACTOR = text("ci_actor()")
NOW = text("now()")
EMPTY_OBJECT = text("'{}'")
EMPTY_LIST = text("'{}'")
