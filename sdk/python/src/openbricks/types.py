"""Type objects and constructors of PEP 249, and the interval type."""

from __future__ import annotations

import datetime
import time as _time
from typing import FrozenSet, NamedTuple, Union

Binary = bytes
Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime


def DateFromTicks(ticks: float) -> datetime.date:  # noqa: N802 - PEP 249's name
    """The local date of seconds since 1970."""
    return datetime.date(*_time.localtime(ticks)[:3])


def TimeFromTicks(ticks: float) -> datetime.time:  # noqa: N802
    """The local time of day of seconds since 1970."""
    return datetime.time(*_time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks: float) -> datetime.datetime:  # noqa: N802
    """The local date and time of seconds since 1970."""
    return datetime.datetime(*_time.localtime(ticks)[:6])


class Interval(NamedTuple):
    """An INTERVAL with months, which `datetime.timedelta` cannot hold."""

    months: int = 0
    days: int = 0
    microseconds: int = 0


IntervalValue = Union[datetime.timedelta, Interval]


class TypeObject:
    """Equal to every SQL type of its kind: ``cursor.description[0][1] == openbricks.NUMBER``."""

    def __init__(self, name: str, types: FrozenSet[str]) -> None:
        self.name, self.types = name, types

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TypeObject):
            return self.name == other.name
        return isinstance(other, str) and other.partition("(")[0] in self.types

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"openbricks.{self.name}"


STRING = TypeObject("STRING", frozenset({"VARCHAR", "UUID", "BIT"}))
BINARY = TypeObject("BINARY", frozenset({"BLOB"}))
NUMBER = TypeObject(
    "NUMBER",
    frozenset(
        "TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT UHUGEINT "
        "FLOAT DOUBLE DECIMAL BOOLEAN".split()
    ),
)
DATETIME = TypeObject(
    "DATETIME",
    frozenset(
        {"DATE", "TIME", "TIME WITH TIME ZONE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"}
        | {"TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "INTERVAL"}
    ),
)
ROWID = TypeObject("ROWID", frozenset())
