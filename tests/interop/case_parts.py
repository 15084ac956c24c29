"""What the cases of the matrix are put together from: tables, statements, and the same by delta-rs."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Sequence

import pyarrow as pa
from deltalake import DeltaTable, Field, write_deltalake

from tests.harness.client import wait_until
from tests.interop import handmade
from tests.interop.nasty import SIMPLE, Type, literal, random_value

if TYPE_CHECKING:
    from tests.harness.spark import Spark

# Statements, `{t}` for the table; or what is done beside SQL, with the table's place.
Steps = Sequence[Any]


@dataclass(frozen=True)
class Case:
    """A table made by each engine that can; None where its dialect or library has no such thing."""

    group: str
    title: str
    server: Steps | None
    spark: Steps | None
    delta_rs: Callable[[str, pa.Table | None], Any] | None
    ids: list[int]  # of the rows that must be there


START = (
    "CREATE TABLE {t} (id BIGINT, p STRING, v DOUBLE) USING DELTA",
    "INSERT INTO {t} VALUES (1, 'a', 1.5), (2, 'b', NULL), (3, NULL, -0.0)",
)
COLUMNS = pa.schema([("id", pa.int64()), ("p", pa.string()), ("v", pa.float64())])


def data(*ids: int) -> pa.Table:
    rows = [{"id": i, "p": "ab"[i % 2], "v": i / 2} for i in ids]
    return pa.Table.from_pylist(rows, COLUMNS)


def of_delta_rs(*steps: Callable[[DeltaTable], Any], **options: Any) -> Callable[..., Any]:
    """A table of rows 1 to 3, and then what is done to it."""

    def make(place: str, _: pa.Table | None) -> None:
        write_deltalake(place, data(1, 2, 3), **options)
        for step in steps:
            step(DeltaTable(place))

    return make


def both(
    group: str, title: str, *steps: str, rs: Any, ids: list[int], start: Steps = START
) -> Case:
    """The same statements for the server and for Spark."""
    return Case(group, title, [*start, *steps], [*start, *steps], rs, ids)


def append(*ids: int, **options: Any) -> Callable[[DeltaTable], Any]:
    return lambda table: write_deltalake(table, data(*ids), mode="append", **options)


def every_type(spark: bool) -> list[str]:
    chance = random.Random(7)
    columns = [Type(name) for name in SIMPLE]
    names = ", ".join(f"c{n} {of.ddl()}" for n, of in enumerate(columns))
    rows = [
        ", ".join([str(i), *(literal(random_value(chance, of), of, spark) for of in columns)])
        for i in range(1, 9)
    ]
    return [
        f"CREATE TABLE {{t}} (id BIGINT, {names}) USING DELTA",
        f"INSERT INTO {{t}} VALUES {', '.join(f'({row})' for row in rows)}",
    ]


def every_partition(spark: bool) -> list[str]:
    """A partition column of each type, in tables that would else be too wide in one's path."""
    chance = random.Random(8)
    columns = [Type(name) for name in SIMPLE if name != "BINARY"]
    names = ", ".join(f"c{n} {of.ddl()}" for n, of in enumerate(columns))
    chosen = ", ".join(f"c{n}" for n in range(len(columns)))
    rows = [
        ", ".join([str(i), *(literal(random_value(chance, of), of, spark) for of in columns)])
        for i in range(1, 7)
    ]
    return [
        f"CREATE TABLE {{t}} (id BIGINT, {names}) USING DELTA PARTITIONED BY ({chosen})",
        f"INSERT INTO {{t}} VALUES {', '.join(f'({row})' for row in rows)}",
    ]


def nested(spark: bool) -> list[str]:
    inner = Type("struct", (Type("INT"), Type("STRING")), ("a", "b"))
    columns = [
        Type("struct", (inner, Type("array", (Type("DOUBLE"),))), ("x", "y")),
        Type("array", (inner,)),
        Type("map", (Type("STRING"), Type("array", (Type("TIMESTAMP"),)))),
        Type("array", (Type("array", (Type("DECIMAL(18,3)"),)),)),
    ]
    chance = random.Random(9)
    names = ", ".join(f"c{n} {of.ddl()}" for n, of in enumerate(columns))
    rows = [
        ", ".join([str(i), *(literal(random_value(chance, of), of, spark) for of in columns)])
        for i in range(1, 7)
    ]
    return [
        f"CREATE TABLE {{t}} (id BIGINT, {names}) USING DELTA",
        f"INSERT INTO {{t}} VALUES {', '.join(f'({row})' for row in rows)}",
    ]


def copy_of_ours(partitions: bool = False) -> Callable[..., Any]:
    """The rows of the server's table, written by delta-rs."""

    def make(place: str, ours: pa.Table | None) -> None:
        # It writes small negative decimals in a form that it cannot read: those stay columns.
        decimals = [f.name for f in ours.schema if pa.types.is_decimal(f.type)]
        names = [n for n in ours.column_names[1:] if n not in decimals] if partitions else None
        write_deltalake(place, ours, partition_by=names)

    return make


def merge_by_delta_rs(table: DeltaTable) -> None:
    merge = table.merge(data(1, 2, 4), "t.id = s.id", source_alias="s", target_alias="t")
    merge = merge.when_matched_delete("s.id = 1").when_matched_update_all()
    merge.when_not_matched_insert_all().when_not_matched_by_source_delete("t.id = 3").execute()


MERGE = (
    "MERGE INTO {t} AS t USING (SELECT * FROM (VALUES (1, 'x'), (2, 'y'), (4, 'z')) AS v(id, p)) AS s "
    "ON t.id = s.id WHEN MATCHED AND s.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET p = s.p "
    "WHEN NOT MATCHED THEN INSERT (id, p) VALUES (s.id, s.p) "
    "WHEN NOT MATCHED BY SOURCE AND t.id = 3 THEN DELETE"
)
FEW = [f"INSERT INTO {{t}} VALUES ({i}, 'c', {i})" for i in range(4, 7)]


def created(columns: str, tail: str = "", *properties: str) -> str:
    told = ", ".join(f"'{name}' = '{value}'" for name, value in (p.split("=") for p in properties))
    told = f" TBLPROPERTIES ({told})" if told else ""
    return f"CREATE TABLE {{t}} ({columns}) USING DELTA{tail}{told}"


def with_property(*properties: str, after: Steps = ()) -> Steps:
    return [created("id BIGINT, p STRING, v DOUBLE", "", *properties), START[1], *after]


def forget(place: str) -> None:
    """What the clean-up of the log does once commits are old: none before the newest checkpoint's."""
    log = Path(place) / "_delta_log"
    # The server's comes behind the commits.
    found = wait_until(lambda: list(log.glob("[0-9]*.checkpoint*")), what="a checkpoint")
    last = max(int(f.name.split(".")[0]) for f in found)
    handmade.forget_commits(Path(place), last - 1)
    for checksum in log.glob("[0-9]*.crc"):
        if int(checksum.stem) < last:
            checksum.unlink()


def widen_by_append(place: str, spark: Spark) -> None:
    frame = spark.sql("SELECT 4L AS id, 'd' AS p, 2.5D AS v, 'more' AS extra")
    frame.write.format("delta").mode("append").option("mergeSchema", "true").save(place)


def merge_schema(table: DeltaTable) -> None:
    more = data(4).append_column("extra", pa.array(["more"]))
    write_deltalake(table, more, mode="append", schema_mode="merge")


def added_columns(table: DeltaTable) -> None:
    table.alter.add_columns([Field("extra", "string")])
