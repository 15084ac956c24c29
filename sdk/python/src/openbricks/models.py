"""What the client's methods answer. Instants are aware datetimes in UTC, sizes are bytes."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, fields
from typing import Any, Dict, Mapping, Optional, Tuple, Type, TypeVar

_T = TypeVar("_T")


def instant(text: str) -> datetime.datetime:
    """RFC 3339, as the server writes it."""
    head, _, fraction = text.rstrip("Z").partition(".")
    parsed = datetime.datetime.strptime(head, "%Y-%m-%dT%H:%M:%S")
    microsecond = int((fraction + "000000")[:6]) if fraction else 0
    return parsed.replace(microsecond=microsecond, tzinfo=datetime.timezone.utc)


def decode(kind: Type[_T], item: Mapping[str, Any]) -> _T:
    """A dataclass from JSON; members of newer servers that it does not know are left out."""
    values: Dict[str, Any] = {}
    for known in fields(kind):  # type: ignore[arg-type]
        if known.name not in item:
            continue
        value = item[known.name]
        if isinstance(value, str) and "datetime" in str(known.type):
            value = instant(value)
        elif isinstance(value, list) and "Column" in str(known.type):
            value = tuple(decode(Column, entry) for entry in value)
        elif isinstance(value, list):
            value = tuple(value)
        values[known.name] = value
    return kind(**values)


@dataclass(frozen=True)
class User:
    id: str
    email: str
    name: str
    admin: bool
    created_at: datetime.datetime


@dataclass(frozen=True)
class Key:
    """An API key; `key` is told only by `keys.create`."""

    id: str
    name: str
    prefix: str
    created_at: datetime.datetime
    expires_at: Optional[datetime.datetime] = None
    last_used_at: Optional[datetime.datetime] = None
    key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Catalog:
    id: str
    name: str
    owner: str
    comment: str
    created_at: datetime.datetime


@dataclass(frozen=True)
class Schema:
    id: str
    catalog: str
    name: str
    owner: str
    comment: str
    created_at: datetime.datetime


@dataclass(frozen=True)
class Volume:
    id: str
    catalog: str
    schema: str
    name: str
    full_name: str
    owner: str
    comment: str
    created_at: datetime.datetime


@dataclass(frozen=True)
class TableItem:
    """A table or view in a list; `kind` is managed, external or view."""

    id: str
    catalog: str
    schema: str
    name: str
    full_name: str
    kind: str
    owner: str
    comment: str
    created_at: datetime.datetime
    updated_at: datetime.datetime
    dropped_at: Optional[datetime.datetime] = None


@dataclass(frozen=True)
class Column:
    """`type` is in Spark's spelling; `partition_index` counts from 0."""

    name: str
    type: str
    nullable: bool = True
    comment: str = ""
    partition_index: Optional[int] = None


@dataclass(frozen=True)
class Table(TableItem):
    """A table's detail. Of a view `view_sql` is set, and what only files have is None."""

    format: str = ""
    columns: Tuple[Column, ...] = ()
    partition_columns: Tuple[str, ...] = ()
    location: Optional[str] = None
    version: Optional[int] = None
    timestamp: Optional[datetime.datetime] = None
    rows: Optional[int] = None
    bytes: Optional[int] = None
    files: Optional[int] = None
    properties: Mapping[str, str] = field(default_factory=dict)
    reader_features: Tuple[str, ...] = ()
    writer_features: Tuple[str, ...] = ()
    min_reader_version: Optional[int] = None
    min_writer_version: Optional[int] = None
    view_sql: Optional[str] = None
    problem: Optional[str] = None


@dataclass(frozen=True)
class Version:
    """One entry of a table's history."""

    version: int
    timestamp: datetime.datetime
    operation: str
    parameters: Mapping[str, Any]
    metrics: Mapping[str, Any]
    user: Optional[str] = None
    engine: Optional[str] = None


@dataclass(frozen=True)
class File:
    path: str
    bytes: int
    modified_at: datetime.datetime


@dataclass(frozen=True)
class Entry:
    """One name in a directory of a volume."""

    name: str
    path: str
    directory: bool
    bytes: Optional[int] = None
    modified_at: Optional[datetime.datetime] = None


@dataclass(frozen=True)
class Statement:
    """A statement in the history; `state` is running, finished, failed or cancelled."""

    id: str
    sql: str
    state: str
    user: str
    started_at: datetime.datetime
    elapsed_ms: int
    rows: Optional[int] = None
    progress: Optional[float] = None
    error: Optional[Mapping[str, str]] = None
