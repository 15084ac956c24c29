"""What the matrix of docs/delta.md is made of: one case for each kind of statement and feature."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Sequence

import pyarrow as pa
from deltalake import DeltaTable, Field, write_deltalake

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


def copy_of_ours(partitions: int = 0) -> Callable[..., Any]:
    """The rows of the server's table, written by delta-rs."""

    def make(place: str, ours: pa.Table | None) -> None:
        names = ours.column_names[1:] if partitions else None
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
    """What the clean-up of the log does once commits are old: only the newest checkpoint is left."""
    log = Path(place) / "_delta_log"
    last = max(int(f.name.split(".")[0]) for f in log.glob("*.checkpoint*.parquet"))
    handmade.forget_commits(Path(place), last)
    for checksum in log.glob("*.crc"):
        if int(checksum.stem) <= last:
            checksum.unlink()


def widen_by_append(place: str, spark: Spark) -> None:
    frame = spark.sql("SELECT 4L AS id, 'd' AS p, 2.5D AS v, 'more' AS extra")
    frame.write.format("delta").mode("append").option("mergeSchema", "true").save(place)


def merge_schema(table: DeltaTable) -> None:
    more = data(4).append_column("extra", pa.array(["more"]))
    write_deltalake(table, more, mode="append", schema_mode="merge")


def added_columns(table: DeltaTable) -> None:
    table.alter.add_columns([Field("extra", "string")])


WORDS, FEATURES = "Statements", "Features"
CASES = [
    Case(
        WORDS,
        "`CREATE TABLE` with every type",
        every_type(False),
        every_type(True),
        copy_of_ours(),
        list(range(1, 9)),
    ),
    both(
        WORDS,
        "`CREATE TABLE … AS SELECT`",
        start=(
            "CREATE TABLE {t} USING DELTA AS SELECT CAST(1 AS BIGINT) AS id, 'a' AS p, CAST(NULL AS DOUBLE) AS v",
        ),
        rs=of_delta_rs(),
        ids=[1],
    ),
    both(WORDS, "`INSERT`", *FEW, rs=of_delta_rs(append(4), append(5, 6)), ids=[1, 2, 3, 4, 5, 6]),
    both(
        WORDS,
        "`INSERT OVERWRITE`",
        "INSERT OVERWRITE {t} VALUES (7, 'z', 7)",
        rs=of_delta_rs(lambda t: write_deltalake(t, data(7), mode="overwrite")),
        ids=[7],
    ),
    both(
        WORDS,
        "`INSERT INTO … REPLACE WHERE`",
        "INSERT INTO {t} REPLACE WHERE id < 3 VALUES (1, 'new', 0.5)",
        rs=of_delta_rs(lambda t: write_deltalake(t, data(1), mode="overwrite", predicate="id < 3")),
        ids=[1, 3],
    ),
    both(
        WORDS,
        "`UPDATE`",
        "UPDATE {t} SET v = id * 2, p = 'ü' WHERE id > 1",
        rs=of_delta_rs(lambda t: t.update(updates={"v": "id * 2.0"}, predicate="id > 1")),
        ids=[1, 2, 3],
    ),
    both(
        WORDS,
        "`DELETE`",
        "DELETE FROM {t} WHERE id = 2",
        rs=of_delta_rs(lambda t: t.delete("id = 2")),
        ids=[1, 3],
    ),
    both(WORDS, "`MERGE`, all clauses", MERGE, rs=of_delta_rs(merge_by_delta_rs), ids=[2, 4]),
    Case(
        WORDS,
        "`TRUNCATE TABLE`, then `INSERT`",
        [*START, "TRUNCATE TABLE {t}", *FEW],
        [*START, "DELETE FROM {t}", *FEW],
        of_delta_rs(lambda t: t.delete(), append(4, 5, 6)),
        [4, 5, 6],
    ),
    both(
        WORDS,
        "`ADD COLUMNS`",
        "ALTER TABLE {t} ADD COLUMNS (extra STRING, day DATE FIRST)",
        "INSERT INTO {t} VALUES (DATE '2024-02-29', 4, 'd', 4, 'more')",
        rs=of_delta_rs(added_columns),
        ids=[1, 2, 3, 4],
    ),
    Case(
        WORDS,
        "New columns by append",
        [
            *START,
            "INSERT WITH SCHEMA EVOLUTION INTO {t} BY NAME SELECT 4 AS id, 'd' AS p, 2.5 AS v, 'more' AS extra",
        ],
        [*START, widen_by_append],
        of_delta_rs(merge_schema),
        [1, 2, 3, 4],
    ),
    Case(
        WORDS,
        "A wider type",
        [
            created("id BIGINT, n INT"),
            "INSERT INTO {t} VALUES (1, 1)",
            "ALTER TABLE {t} ALTER COLUMN n TYPE BIGINT",
            "INSERT INTO {t} VALUES (2, 5000000000)",
        ],
        [
            created("id BIGINT, n INT", "", "delta.enableTypeWidening=true"),
            "INSERT INTO {t} VALUES (1, 1)",
            "ALTER TABLE {t} ALTER COLUMN n TYPE BIGINT",
            "INSERT INTO {t} VALUES (2, 5000000000)",
        ],
        None,
        [1, 2],
    ),
    both(
        WORDS,
        "`NOT NULL`",
        start=(created("id BIGINT NOT NULL, p STRING, v DOUBLE"), START[1]),
        rs=of_delta_rs(),
        ids=[1, 2, 3],
    ),
    both(
        WORDS,
        "`CHECK` constraints",
        "ALTER TABLE {t} ADD CONSTRAINT positive CHECK (id > 0)",
        FEW[0],
        rs=of_delta_rs(lambda t: t.alter.add_constraint({"positive": "id > 0"})),
        ids=[1, 2, 3, 4],
    ),
    both(
        WORDS,
        "`RESTORE`",
        FEW[0],
        "RESTORE TABLE {t} TO VERSION AS OF 1",
        rs=of_delta_rs(append(4), lambda t: t.restore(0)),
        ids=[1, 2, 3],
    ),
    both(
        WORDS,
        "`OPTIMIZE`",
        *FEW,
        "OPTIMIZE {t}",
        rs=of_delta_rs(append(4), append(5, 6), lambda t: t.optimize.compact()),
        ids=[1, 2, 3, 4, 5, 6],
    ),
    both(
        WORDS,
        "`OPTIMIZE … ZORDER BY`",
        *FEW,
        "OPTIMIZE {t} ZORDER BY (v, p)",
        rs=of_delta_rs(append(4), append(5, 6), lambda t: t.optimize.z_order(["v", "p"])),
        ids=[1, 2, 3, 4, 5, 6],
    ),
    both(
        WORDS,
        "`VACUUM`",
        "DELETE FROM {t} WHERE id = 2",
        "VACUUM {t}",
        rs=of_delta_rs(lambda t: t.delete("id = 2"), lambda t: t.vacuum(dry_run=False)),
        ids=[1, 3],
    ),
    Case(
        WORDS,
        "Checkpoints, older commits cleaned up",
        [*with_property("delta.checkpointInterval=2"), *FEW, forget],
        [*with_property("delta.checkpointInterval=2"), *FEW, forget],
        of_delta_rs(
            append(4),
            append(5, 6),
            lambda t: t.create_checkpoint(),
            lambda t: forget(t.table_uri.removeprefix("file://")),
        ),
        [1, 2, 3, 4, 5, 6],
    ),
    Case(
        FEATURES,
        "Partitions of every type, null and awkward text",
        every_partition(False),
        every_partition(True),
        copy_of_ours(partitions=1),
        list(range(1, 7)),
    ),
    Case(FEATURES, "Nested types", nested(False), nested(True), copy_of_ours(), list(range(1, 7))),
    both(
        FEATURES,
        "`timestampNtz`",
        start=(
            created("id BIGINT, at TIMESTAMP_NTZ"),
            "INSERT INTO {t} SELECT 1, CAST('0001-01-01 00:00:00.000001' AS TIMESTAMP_NTZ)",
        ),
        rs=None,
        ids=[1],
    ),
    Case(
        FEATURES,
        "`columnMapping`, mode `name`: renamed and dropped columns",
        None,
        with_property(
            "delta.columnMapping.mode=name",
            after=[
                "ALTER TABLE {t} RENAME COLUMN p TO `the p`",
                "ALTER TABLE {t} DROP COLUMN v",
                "INSERT INTO {t} VALUES (4, 'd')",
            ],
        ),
        None,
        [1, 2, 3, 4],
    ),
    Case(
        FEATURES,
        "`columnMapping`, mode `id`",
        None,
        with_property("delta.columnMapping.mode=id", after=FEW),
        None,
        [1, 2, 3, 4, 5, 6],
    ),
    Case(
        FEATURES,
        "`deletionVectors`",
        None,
        with_property(
            "delta.enableDeletionVectors=true",
            after=[
                *FEW,
                "OPTIMIZE {t}",
                "DELETE FROM {t} WHERE id IN (2, 5)",
                "UPDATE {t} SET v = 9 WHERE id = 3",
            ],
        ),
        None,
        [1, 3, 4, 6],
    ),
    both(
        FEATURES,
        "`appendOnly`",
        start=with_property("delta.appendOnly=true"),
        rs=of_delta_rs(configuration={"delta.appendOnly": "true"}),
        ids=[1, 2, 3],
    ),
    Case(
        FEATURES,
        "`changeDataFeed`",
        None,
        with_property("delta.enableChangeDataFeed=true", after=["DELETE FROM {t} WHERE id = 2"]),
        of_delta_rs(
            lambda t: t.delete("id = 2"), configuration={"delta.enableChangeDataFeed": "true"}
        ),
        [1, 3],
    ),
    Case(
        FEATURES,
        "`generatedColumns`",
        None,
        [
            created("id BIGINT, twice BIGINT GENERATED ALWAYS AS (id * 2)"),
            "INSERT INTO {t} (id) VALUES (1), (2)",
        ],
        None,
        [1, 2],
    ),
    Case(
        FEATURES,
        "`identityColumns`",
        None,
        [
            created("n BIGINT GENERATED ALWAYS AS IDENTITY, id BIGINT"),
            "INSERT INTO {t} (id) VALUES (1), (2)",
        ],
        None,
        [1, 2],
    ),
    Case(
        FEATURES,
        "`allowColumnDefaults`",
        None,
        [
            created(
                "id BIGINT, p STRING DEFAULT 'x'", "", "delta.feature.allowColumnDefaults=supported"
            ),
            "INSERT INTO {t} (id) VALUES (1)",
        ],
        None,
        [1],
    ),
    Case(
        FEATURES,
        "`typeWidening`, files of both types",
        None,
        [
            created("id BIGINT, n INT, d DECIMAL(5,2)", "", "delta.enableTypeWidening=true"),
            "INSERT INTO {t} VALUES (1, 1, 1.25)",
            "ALTER TABLE {t} ALTER COLUMN n TYPE BIGINT",
            "ALTER TABLE {t} ALTER COLUMN d TYPE DECIMAL(12,4)",
            "INSERT INTO {t} VALUES (2, 5000000000, 1.0001)",
        ],
        None,
        [1, 2],
    ),
    Case(
        FEATURES,
        "`inCommitTimestamp`",
        None,
        with_property("delta.enableInCommitTimestamps=true", after=FEW),
        None,
        [1, 2, 3, 4, 5, 6],
    ),
    Case(
        FEATURES,
        "`rowTracking`",
        None,
        with_property("delta.enableRowTracking=true", after=FEW),
        None,
        [1, 2, 3, 4, 5, 6],
    ),
    Case(
        FEATURES,
        "`clustering`, `domainMetadata`",
        None,
        [created("id BIGINT, p STRING, v DOUBLE", " CLUSTER BY (p)"), START[1], "OPTIMIZE {t}"],
        None,
        [1, 2, 3],
    ),
    Case(
        FEATURES,
        "`v2Checkpoint`",
        None,
        with_property(
            "delta.checkpointPolicy=v2", "delta.checkpointInterval=2", after=[*FEW, forget]
        ),
        None,
        [1, 2, 3, 4, 5, 6],
    ),
    Case(
        FEATURES,
        "`vacuumProtocolCheck`",
        None,
        with_property("delta.feature.vacuumProtocolCheck=supported"),
        None,
        [1, 2, 3],
    ),
    Case(
        FEATURES,
        "`variantType`",
        None,
        [
            created("id BIGINT, v VARIANT"),
            "INSERT INTO {t} SELECT 1, parse_json('{\"a\": [1, null]}')",
        ],
        None,
        [1],
    ),
    Case(
        FEATURES,
        "Collations",
        None,
        [created("id BIGINT, p STRING COLLATE UNICODE_CI"), "INSERT INTO {t} VALUES (1, 'a')"],
        None,
        [1],
    ),
]
