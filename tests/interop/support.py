"""What the interop tests share: registering and reading tables, and comparing values."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import uuid
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

from tests.harness.client import Client


class Lake:
    """A schema of our server together with a directory for external tables."""

    def __init__(self, client: Client, schema: str, folder: Path) -> None:
        self.client, self.schema, self.folder = client, schema, folder

    def name(self, table: str) -> str:
        return f"main.{self.schema}.`{table}`"

    def path(self, table: str = "") -> Path:
        return self.folder / (table or uuid.uuid4().hex)

    def register(self, path: Path, table: str = "") -> str:
        """Makes an existing Delta table known to the server; gives its name in SQL."""
        name = self.name(table or path.name)
        self.client.sql(f"CREATE TABLE {name} USING DELTA LOCATION '{quote(str(path))}'")
        return name

    def theirs(self, name: str, version: int | None = None) -> DeltaTable:
        """A table of the server as delta-rs opens it, afresh."""
        return DeltaTable(self.client.location(name), version=version)


def quote(text: str) -> str:
    return text.replace("'", "''")


def rows(table: pa.Table, by: str | None = None) -> list[dict[str, Any]]:
    """Rows in an order that does not depend on files, with values that compare by =="""
    found = [{k: plain(v) for k, v in row.items()} for row in table.to_pylist()]
    return sorted(found, key=(lambda r: r[by]) if by else repr)


def plain(value: Any) -> Any:
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else (value, math.copysign(1, value))
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(dt.timezone.utc)
        return value.isoformat()
    if isinstance(value, decimal.Decimal):
        return str(value)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        # A map comes as a list of pairs, in no particular order.
        if value and all(isinstance(v, tuple) and len(v) == 2 for v in value):
            return sorted(([plain(k), plain(v)] for k, v in value), key=repr)
        return [plain(v) for v in value]
    return value


def read_theirs(table: DeltaTable) -> pa.Table:
    """Through DataFusion, which reads all features that delta-rs knows."""
    builder = QueryBuilder().register("t", table)
    return pa.table(builder.execute("SELECT * FROM t").read_all())


def same(lake: Lake, name: str, by: str | None = None) -> list[dict[str, Any]]:
    """Both engines see the same rows in the table; gives them."""
    ours = rows(lake.client.arrow(f"SELECT * FROM {name}"), by)
    theirs = rows(read_theirs(lake.theirs(name)), by)
    assert ours == theirs
    return ours
