"""Appends of a few literals, whose files the server writes without DuckDB: other readers and its own
statements find in them what DuckDB would have written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.interop import handmade
from tests.interop.support import Lake, read_theirs, rows, same

if TYPE_CHECKING:
    from tests.harness.spark import Spark

COLUMNS = """(id BIGINT, flag BOOLEAN, i1 TINYINT, i2 SMALLINT, i4 INT, f4 FLOAT, f8 DOUBLE,
    d4 DECIMAL(4,1), d9 DECIMAL(9,2), d18 DECIMAL(18,3), `tëxt` STRING, day DATE, at TIMESTAMP,
    local TIMESTAMP_NTZ)"""
VALUES = [
    """1, true, -128, -32768, -2147483648, 0.5, 0.1, 999.9, -0.05, 123456789012345.678, 'it''s żółć',
    date '0001-01-01', timestamp '1582-10-10 00:00:00', timestamp '9999-12-31 23:59:59.999999'""",
    "2, null, null, null, null, null, null, null, null, null, null, null, null, null",
    """9223372036854775807, false, 127, 32767, 2147483647, -1.25, 123456.789, -999.9, 1, -1, '',
    date '9999-12-31', timestamp '1969-12-31 23:59:59.9', timestamp '2026-03-29 02:30:00'""",
]


COUNT = 240  # of rows, three a file


def added(lake: Lake, name: str) -> list[dict[str, Any]]:
    """What each commit adds, in order."""
    log = Path(lake.client.location(name)) / "_delta_log"
    return [
        action["add"]
        for file in sorted(log.glob("*.json"))
        for action in map(json.loads, file.read_text().splitlines())
        if "add" in action
    ]


def here(add: dict[str, Any]) -> bool:
    return not add["path"].endswith(".zstd.parquet")


def test_the_same_files_in_both_ways(lake: Lake) -> None:
    sql = lake.client.sql
    ours, ducks = lake.name("ours"), lake.name("ducks")
    for name in (ours, ducks):
        sql(f"CREATE TABLE {name} {COLUMNS}")
    for some in (VALUES[:1], VALUES[1:2], VALUES):
        values = "VALUES " + ", ".join(f"({value})" for value in some)
        assert sql(f"INSERT INTO {ours} {values}")[0][0] == len(some)
        assert sql(f"INSERT INTO {ducks} SELECT * FROM ({values})")[0][0] == len(some)
    assert [here(add) for add in added(lake, ours)] == [True] * 3
    assert [here(add) for add in added(lake, ducks)] == [False] * 3
    assert [a["stats"] for a in added(lake, ours)] == [a["stats"] for a in added(lake, ducks)]
    found = same(lake, ours)
    assert found == same(lake, ducks)
    assert len(found) == 5
    folder = Path(lake.client.location(ours))
    for add in added(lake, ours):
        file = pq.ParquetFile(folder / add["path"])
        assert file.metadata.created_by.startswith("OpenBricks version ")
        assert add["size"] == (folder / add["path"]).stat().st_size
        table = file.read()
        table.validate(full=True)
        assert table.num_rows == json.loads(add["stats"])["numRecords"]
        statistics = file.metadata.row_group(0).column(0).statistics
        assert (statistics.min, statistics.max) == (
            min(table[0].to_pylist()),
            max(table[0].to_pylist()),
        )


@pytest.mark.parametrize("mode", ["id", "name"])
def test_columns_with_other_names_in_files(lake: Lake, mode: str) -> None:
    path = lake.path("mapped-" + mode)
    fields = [
        handmade.mapped("the id", "long", "col-1", 1),
        handmade.mapped("t", "string", "col-2", 7),
    ]
    handmade.Table(path).commit(
        handmade.protocol(2, 5),
        handmade.metadata(
            fields, delta__columnMapping__mode=mode, delta__columnMapping__maxColumnId="7"
        ),
    )
    name = lake.register(path)
    lake.client.sql(f"INSERT INTO {name} VALUES (1, 'x'), (2, NULL)")
    lake.client.sql(f"INSERT INTO {name} SELECT * FROM (VALUES (3, 'y'))")
    ours, ducks = added(lake, name)
    assert (here(ours), here(ducks)) == (True, False)
    assert json.loads(ours["stats"])["maxValues"] == {"col-1": 2, "col-2": "x"}
    schemas = [pq.read_schema(path / add["path"]) for add in (ours, ducks)]
    assert schemas[0].equals(schemas[1], check_metadata=True)
    assert [field.metadata[b"PARQUET:field_id"] for field in schemas[0]] == [b"1", b"7"]
    found = lake.client.sql(f"SELECT * FROM {name} ORDER BY 1")
    assert found == [[1, "x"], [2, None], [3, "y"]]


def test_statements_that_follow(lake: Lake) -> None:
    sql = lake.client.sql
    name = lake.name("changed")
    sql(f"CREATE TABLE {name} (id BIGINT, t STRING, v DOUBLE)")
    for i in range(0, COUNT, 3):
        values = f"VALUES ({i}, 'n{i}', {i}.5), ({i + 1}, NULL, {i}), ({i + 2}, '', NULL)"
        sql(f"INSERT INTO {name} " + (values if i % 10 else f"SELECT * FROM ({values})"))
    assert 60 < sum(map(here, added(lake, name))) < COUNT // 3
    # The server reads so many files without DuckDB, too.
    assert "READ_PARQUET (small files)" in sql(f"EXPLAIN SELECT * FROM {name}")[0][0]
    model = {
        i: (["n%d" % i, None, ""][i % 3], [i + 0.5, float(i - 1), None][i % 3])
        for i in range(COUNT)
    }

    def check() -> None:
        wanted = [{"id": i, "t": t, "v": v} for i, (t, v) in sorted(model.items())]
        assert lake.client.arrow(f"SELECT * FROM {name} ORDER BY id").to_pylist() == wanted
        theirs = read_theirs(lake.theirs(name)).to_pylist()
        assert sorted(theirs, key=lambda row: row["id"]) == wanted

    check()
    sql(f"DELETE FROM {name} WHERE id % 7 = 0")
    model = {i: row for i, row in model.items() if i % 7}
    check()
    sql(f"UPDATE {name} SET t = 'u' WHERE id % 10 = 1")
    model.update({i: ("u", v) for i, (t, v) in model.items() if i % 10 == 1})
    check()
    sql(
        f"MERGE INTO {name} AS t USING (SELECT * FROM (VALUES (2, 'm'), (500, 'new')) AS s(id, t)) AS s "
        "ON t.id = s.id WHEN MATCHED THEN UPDATE SET t = s.t "
        "WHEN NOT MATCHED THEN INSERT (id, t, v) VALUES (s.id, s.t, 1.0)"
    )
    model[2], model[500] = ("m", model[2][1]), ("new", 1.0)
    check()
    sql(f"INSERT INTO {name} VALUES (-1, 'last', 0.25)")
    model[-1] = ("last", 0.25)
    sql(f"OPTIMIZE {name}")
    check()
    sql(f"INSERT OVERWRITE {name} VALUES (7, 'only', 7)")
    model = {7: ("only", 7.0)}
    assert here(added(lake, name)[-1])
    check()


def test_columns_are_those_that_are_named(lake: Lake) -> None:
    sql = lake.client.sql
    name = lake.name("named")
    sql(f"CREATE TABLE {name} (a INT, b STRING, c DATE)")
    sql(f"INSERT INTO {name} (C, a) VALUES (date '2026-01-02', 5)")
    sql(f"INSERT INTO {name} (b) VALUES ('x')")
    assert all(map(here, added(lake, name)))
    assert sql(f"SELECT * FROM {name} ORDER BY a") == [
        [5, None, "2026-01-02"],
        [None, "x", None],
    ]
    error = lake.client.refused(f"INSERT INTO {name} (a, nope) VALUES (1, 2)")
    assert error.id == "delta.schemaMismatch"
    error = lake.client.refused(f"INSERT INTO {name} VALUES (1, 'x')")
    assert error.id == "delta.schemaMismatch"


def test_rules_of_tables_hold(lake: Lake) -> None:
    sql = lake.client.sql
    name = lake.name("ruled")
    sql(f"CREATE TABLE {name} (a INT NOT NULL, b TINYINT)")
    sql(f"INSERT INTO {name} VALUES (1, 2)")
    assert lake.client.refused(f"INSERT INTO {name} VALUES (NULL, 2)").id == "delta.notNull"
    assert lake.client.refused(f"INSERT INTO {name} (b) VALUES (2)").id == "delta.notNull"
    assert lake.client.refused(f"INSERT INTO {name} VALUES (1, 2), (1, 128)").status == 400
    sql(f"ALTER TABLE {name} ADD CONSTRAINT small CHECK (a < 10)")
    error = lake.client.refused(f"INSERT INTO {name} VALUES (10, 2)")
    assert error.id == "delta.checkViolated"
    sql(f"INSERT INTO {name} VALUES (9, 2)")
    assert [here(add) for add in added(lake, name)] == [True, False]
    assert sql(f"SELECT * FROM {name} ORDER BY a") == [[1, 2], [9, 2]]
    folder = Path(lake.client.location(name))
    assert len(list(folder.glob("*.parquet"))) == 2

    parts = lake.name("parts")
    sql(f"CREATE TABLE {parts} (a INT, b STRING) PARTITIONED BY (b)")
    sql(f"INSERT INTO {parts} VALUES (1, 'x'), (2, NULL)")
    sql(f"INSERT INTO {parts} PARTITION (b = 'y') VALUES (3)")
    assert not any(map(here, added(lake, parts)))
    assert [row["b"] for row in same(lake, parts, "a")] == ["x", None, "y"]


def test_now_is_the_same_in_all_rows(lake: Lake) -> None:
    name = lake.name("clock")
    lake.client.sql(f"CREATE TABLE {name} (n INT, made TIMESTAMP)")
    lake.client.sql(f"INSERT INTO {name} VALUES (1, now()), (2, now())")
    assert all(map(here, added(lake, name)))
    first, second = read_theirs(lake.theirs(name))["made"].to_pylist()
    assert first == second
    near = "made BETWEEN now() - INTERVAL 10 MINUTE AND now()"
    assert lake.client.value(f"SELECT count(*) FROM {name} WHERE {near}") == 2


def test_duckdb_reads_them(lake: Lake) -> None:
    name = lake.name("duck")
    lake.client.sql(f"CREATE TABLE {name} {COLUMNS}")
    lake.client.sql(f"INSERT INTO {name} VALUES " + ", ".join(f"({value})" for value in VALUES))
    (file,) = Path(lake.client.location(name)).glob("*.parquet")
    assert not file.name.endswith(".zstd.parquet")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    found = connection.sql(f"SELECT * FROM read_parquet('{file}')").arrow()
    table = found if isinstance(found, pa.Table) else found.read_all()
    assert rows(table) == rows(lake.client.arrow(f"SELECT * FROM {name}"))


def test_spark_reads_them(lake: Lake, spark: Spark) -> None:
    name = lake.name("sparks")
    lake.client.sql(f"CREATE TABLE {name} {COLUMNS}")
    for value in VALUES:
        lake.client.sql(f"INSERT INTO {name} VALUES ({value})")
    assert all(map(here, added(lake, name)))
    table = f"delta.`{lake.client.location(name)}`"
    found = spark.arrow(f"SELECT * FROM {table}")
    assert rows(found) == rows(lake.client.arrow(f"SELECT * FROM {name}"))
    # By the bounds in files and log, too.
    for condition in ("i1 = 127", "d9 < 0", "day > date '2000-01-01'", "f8 = 0.1", "`tëxt` = ''"):
        found = spark.arrow(f"SELECT id FROM {table} WHERE {condition}")
        assert len(found) == 1, condition
