"""After each statement that changes rows, delta-rs reads the rows that a plain model predicts."""

from __future__ import annotations

import random
from typing import Any, Callable

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from tests.interop import handmade
from tests.interop.handmade import Table
from tests.interop.support import Lake, read_theirs, rows, same
from tests.interop.test_features import dv_table, numbers

Row = dict[str, Any]


class Model:
    """A table as a list of rows, with the same statements in Python."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def insert(self, fresh: list[Row]) -> int:
        self.rows += fresh
        return len(fresh)

    def delete(self, holds: Callable[[Row], bool | None]) -> int:
        before = len(self.rows)
        self.rows = [row for row in self.rows if holds(row) is not True]
        return before - len(self.rows)

    def update(self, holds: Callable[[Row], bool | None], values: Callable[[Row], Row]) -> int:
        chosen = [holds(row) is True for row in self.rows]
        self.rows = [{**r, **values(r)} if c else r for r, c in zip(self.rows, chosen)]
        return sum(chosen)


def below(column: str, limit: int) -> Callable[[Row], bool | None]:
    return lambda row: None if row[column] is None else row[column] < limit


class History:
    """Random statements on a table and on its model."""

    def __init__(self, lake: Lake, name: str, seed: int) -> None:
        self.lake, self.name, self.random = lake, name, random.Random(seed)
        self.model, self.next_id = Model(), 0

    def fresh_rows(self, count: int) -> list[Row]:
        out = []
        for _ in range(count):
            self.next_id += 1
            out.append(
                {
                    "id": self.next_id,
                    "k": self.random.choice([None, "a", "b/c", "d e"]),
                    "n": self.random.choice([None, *range(20)]),
                }
            )
        return out

    @staticmethod
    def values(fresh: list[Row]) -> str:
        def cell(value: Any) -> str:
            return (
                "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)
            )

        return ", ".join(f"({', '.join(cell(v) for v in row.values())})" for row in fresh)

    def insert(self) -> None:
        fresh = self.fresh_rows(self.random.randint(1, 30))
        self.run(f"INSERT INTO {self.name} VALUES {self.values(fresh)}", self.model.insert(fresh))

    def delete(self) -> None:
        limit = self.random.randint(0, 6)
        self.run(f"DELETE FROM {self.name} WHERE n < {limit}", self.model.delete(below("n", limit)))

    def delete_partition(self) -> None:
        self.run(
            f"DELETE FROM {self.name} AS x WHERE x.k = 'b/c'",
            self.model.delete(lambda row: row["k"] == "b/c"),
        )

    def update(self) -> None:
        low = self.random.randint(0, max(self.next_id, 1))
        self.run(
            f"UPDATE {self.name} SET n = id % 17, k = 'd e' WHERE id BETWEEN {low} AND {low + 15}",
            self.model.update(
                lambda row: low <= row["id"] <= low + 15,
                lambda row: {"n": row["id"] % 17, "k": "d e"},
            ),
        )

    def update_all(self) -> None:
        self.run(
            f"UPDATE {self.name} SET n = n + 1",
            self.model.update(
                lambda row: True, lambda row: {"n": None if row["n"] is None else row["n"] + 1}
            ),
        )

    def merge(self) -> None:
        known = [row["id"] for row in self.model.rows]
        chosen = self.random.sample(known, min(len(known), self.random.randint(0, 20)))
        source = {i: self.random.randint(0, 30) for i in chosen}
        fresh = self.fresh_rows(self.random.randint(0, 5))
        source |= {row["id"]: row["n"] or 0 for row in fresh}
        if not source:
            return
        values = ", ".join(f"({i}, {n})" for i, n in source.items())
        by_source = self.random.random() < 0.4
        affected = self.model.delete(lambda row: source.get(row["id"], 0) > 25)
        changed = [row for row in self.model.rows if row["id"] in source]
        if by_source:
            affected += self.model.update(
                lambda row: row["id"] not in source and row["k"] is None, lambda row: {"n": -1}
            )
        affected += self.model.update(
            lambda row: row in changed, lambda row: {"n": source[row["id"]]}
        )
        affected += self.model.insert(
            [{"id": row["id"], "k": "a", "n": source[row["id"]]} for row in fresh]
        )
        self.run(
            f"MERGE INTO {self.name} AS t USING (SELECT * FROM (VALUES {values}) AS v(id, n)) AS s "
            "ON t.id = s.id WHEN MATCHED AND s.n > 25 THEN DELETE "
            "WHEN MATCHED THEN UPDATE SET t.n = s.n "
            "WHEN NOT MATCHED THEN INSERT (n, id, k) VALUES (s.n, s.id, 'a')"
            + (
                " WHEN NOT MATCHED BY SOURCE AND t.k IS NULL THEN UPDATE SET n = -1"
                if by_source
                else ""
            ),
            affected,
        )

    def run(self, sql: str, affected: int) -> None:
        assert self.lake.client.sql(sql)[0][0] == affected, sql
        found = rows(read_theirs(self.lake.theirs(self.name)), "id")
        assert found == sorted(self.model.rows, key=lambda row: row["id"]), sql

    def step(self) -> None:
        weights = {
            self.insert: 5,
            self.delete: 2,
            self.delete_partition: 1,
            self.update: 4,
            self.update_all: 1,
            self.merge: 5,
        }
        self.random.choices(list(weights), list(weights.values()))[0]()


@pytest.mark.parametrize("partitioned", [True, False])
@pytest.mark.parametrize("seed", [1, 2])
def test_random_history(lake: Lake, seed: int, partitioned: bool) -> None:
    name = lake.name("h")
    lake.client.sql(
        f"CREATE TABLE {name} (id BIGINT NOT NULL, k STRING, n INT)"
        + (" PARTITIONED BY (k)" if partitioned else "")
    )
    history = History(lake, name, seed)
    for _ in range(60):
        history.step()
    assert len(same(lake, name, "id")) == len(history.model.rows)


def test_their_tables(lake: Lake) -> None:
    """Tables that delta-rs made, with values that are awkward in partitions and statistics."""
    path = lake.path("theirs")
    table = pa.table(
        {
            "p": pa.array(["x=1", "ü/%", None, "x=1"]),
            "v": pa.array([1.5, float("nan"), None, -0.0]),
            "s": pa.array([{"a": 1}, None, {"a": None}, {"a": 4}]),
            "t": pa.array(["é" * 40, "", None, "z"]),
        }
    )
    write_deltalake(str(path), table, partition_by=["p"])
    name = lake.register(path)
    assert lake.client.sql(f"UPDATE {name} SET s.a = 9, p = 'ü/%' WHERE v = 1.5")[0][0] == 1
    assert lake.client.sql(f"DELETE FROM {name} WHERE p IS NULL")[0][0] == 1
    assert lake.client.sql(f"DELETE FROM {name} WHERE t = ''")[0][0] == 1
    assert sorted((r["p"], r["t"], r["s"]["a"]) for r in same(lake, name)) == [
        ("x=1", "z", 4),
        ("ü/%", "é" * 40, 9),
    ]


def test_their_writes_between_ours(lake: Lake) -> None:
    path = lake.path("turns")
    write_deltalake(str(path), pa.table({"id": [1, 2, 3], "n": [0, 0, 0]}))
    name = lake.register(path)
    lake.client.sql(f"UPDATE {name} SET n = 1 WHERE id = 2")
    lake.theirs(name).delete("id = 3")
    write_deltalake(str(path), pa.table({"id": [4], "n": [4]}), mode="append")
    lake.client.sql(
        f"MERGE INTO {name} t USING (SELECT 2 AS id UNION ALL SELECT 5) s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET n = 7 WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, 5) "
        "WHEN NOT MATCHED BY SOURCE AND t.id = 1 THEN DELETE"
    )
    assert [(r["id"], r["n"]) for r in same(lake, name, "id")] == [(2, 7), (4, 4), (5, 5)]


def test_deleted_rows_stay_deleted(lake: Lake) -> None:
    """Rows that a deletion vector hides are neither changed, counted nor brought back."""
    table = dv_table(lake)
    table.commit(
        table.data(numbers(0, 10), deletionVector=handmade.inline_vector([1, 3, 9])),
        table.data(numbers(100, 110)),
    )
    name = lake.register(table.root)
    client = lake.client
    assert client.sql(f"DELETE FROM {name} WHERE id IN (1, 2)")[0][0] == 1
    assert client.sql(f"UPDATE {name} SET id = -id WHERE id < 6")[0][0] == 3
    wanted = [-5, -4, 0, 6, 7, 8, *range(100, 110)]
    assert [row["id"] for row in same(lake, name, "id")] == wanted
    assert client.sql(f"DELETE FROM {name} WHERE id < 50")[0][0] == 6
    assert client.sql(f"DELETE FROM {name}")[0][0] == 10
    assert same(lake, name) == []


@pytest.mark.parametrize("mode", ["name", "id"])
def test_column_mapping(lake: Lake, mode: str) -> None:
    def field(name: str, kind: pa.DataType, number: int) -> pa.Field:
        return pa.field(name, kind, metadata={b"PARQUET:field_id": str(number).encode()})

    fields = [
        handmade.mapped("the id", "long", "col-1", 1),
        handmade.mapped("part", "string", "col-2", 2),
        handmade.mapped("added", "double", "col-3", 3),
    ]
    table = Table(lake.path("t"))
    table.commit(
        handmade.protocol(2, 5),
        handmade.metadata(
            fields,
            ("part",),
            delta__columnMapping__mode=mode,
            delta__columnMapping__maxColumnId="3",
        ),
    )
    data = pa.table([pa.array([1, 2, 3])], schema=pa.schema([field("col-1", pa.int64(), 1)]))
    table.commit(
        table.data(data, "col-2=x/a.parquet", partitionValues={"col-2": "x"}),
        table.data(data, "col-2=y/b.parquet", partitionValues={"col-2": "y"}),
    )
    name = lake.register(table.root)
    lake.client.sql(f"UPDATE {name} SET added = \"the id\" * 0.5 WHERE `the id` < 3 AND part = 'x'")
    lake.client.sql(f"DELETE FROM {name} WHERE part = 'y'")
    lake.client.sql(
        f'MERGE INTO {name} t USING (SELECT 3 AS "the id") s ON t."the id" = s."the id" '
        "WHEN MATCHED THEN UPDATE SET part = 'z'"
    )
    found = lake.client.sql(f'SELECT "the id", part, added FROM {name} ORDER BY 1')
    assert found == [[1, "x", 0.5], [2, "x", 1.0], [3, "z", None]]


def test_constraints_bind_both(lake: Lake) -> None:
    name = lake.name("c")
    lake.client.sql(f"CREATE TABLE {name} (id BIGINT, n BIGINT, CHECK (id > 0))")
    lake.client.sql(f"ALTER TABLE {name} ADD CONSTRAINT small CHECK (n < 10 AND n >= 0)")
    lake.client.sql(f"INSERT INTO {name} VALUES (1, 1)")
    place = lake.client.location(name)
    write_deltalake(place, pa.table({"id": [2], "n": [9]}), mode="append")
    for row in ({"id": [3], "n": [10]}, {"id": [-3], "n": [1]}):
        with pytest.raises(Exception, match="(?i)check|constraint|invariant"):
            write_deltalake(place, pa.table(row), mode="append")
    lake.theirs(name).alter.drop_constraint("small")
    lake.client.sql(f"UPDATE {name} SET n = 100")
    assert lake.client.refused(f"UPDATE {name} SET id = 0").id == "delta.checkViolated"
    assert [(r["id"], r["n"]) for r in same(lake, name, "id")] == [(1, 100), (2, 100)]


@pytest.mark.parametrize("partition", ["", "PARTITIONED BY (k)"])
def test_columns_change(lake: Lake, partition: str) -> None:
    name = lake.name("a")
    lake.client.sql(f"CREATE TABLE {name} (id INT, k INT, s STRUCT<a: INT>) {partition}")
    lake.client.sql(f"INSERT INTO {name} VALUES (1, 1, {{'a': 1}}), (2, NULL, NULL)")
    lake.client.sql(f"ALTER TABLE {name} ADD COLUMNS (note STRING FIRST, s.b DOUBLE)")
    assert len(same(lake, name, "id")) == 2
    lake.client.sql(f"ALTER TABLE {name} ALTER COLUMN id TYPE BIGINT")
    lake.client.sql(f"ALTER TABLE {name} ALTER COLUMN k TYPE BIGINT")
    lake.client.sql(f"ALTER TABLE {name} ALTER COLUMN id SET NOT NULL")
    lake.client.sql(
        f"INSERT INTO {name} VALUES ('n', 5000000000, 5000000001, {{'a': 5, 'b': 0.5}})"
    )
    lake.client.sql(
        f"MERGE WITH SCHEMA EVOLUTION INTO {name} t USING (SELECT 2 AS id, 'x' AS extra) s "
        "ON t.id = s.id WHEN MATCHED THEN UPDATE SET *"
    )
    found = same(lake, name, "id")
    assert [(r["id"], r["note"], r["extra"]) for r in found] == [
        (1, None, None),
        (2, None, "x"),
        (5000000000, "n", None),
    ]


def test_replacing(lake: Lake) -> None:
    name = lake.name("r")
    lake.client.sql(f"CREATE TABLE {name} (k STRING, v BIGINT) PARTITIONED BY (k)")
    lake.client.sql(f"INSERT INTO {name} VALUES ('a', 1), ('b c', 2), (NULL, 3)")
    lake.client.sql(f"INSERT OVERWRITE {name} PARTITION (k = 'b c') SELECT 20")
    lake.client.sql(f"INSERT OVERWRITE {name} PARTITION (k) SELECT NULL, 30")
    lake.client.sql(f"INSERT INTO {name} REPLACE WHERE v = 1 SELECT 'z', 1")
    assert [(r["k"], r["v"]) for r in same(lake, name, "v")] == [("z", 1), ("b c", 20), (None, 30)]
