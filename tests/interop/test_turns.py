"""Both engines write the same table by turns: appends, deletes, updates, merges, compactions."""

from __future__ import annotations

import threading
import time

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.interop.support import Lake, read_theirs, rows, same


def data(*numbers: int) -> pa.Table:
    return pa.table(
        {
            "id": pa.array(numbers, pa.int64()),
            "g": pa.array([f"g{n % 3}" for n in numbers]),
            "v": pa.array([n * 0.5 for n in numbers]),
        }
    )


@pytest.fixture(params=["managed", "external"])
def table(request: pytest.FixtureRequest, lake: Lake) -> str:
    name = lake.name("t")
    place = f" LOCATION '{lake.path('t')}'" if request.param == "external" else ""
    lake.client.sql(f"CREATE TABLE {name} (id BIGINT, g STRING, v DOUBLE){place}")
    return name


def ids(lake: Lake, name: str) -> list[int]:
    return [r["id"] for r in same(lake, name, "id")]


def insert(lake: Lake, name: str, *numbers: int) -> None:
    listed = ", ".join(f"({n}, 'g{n % 3}', {n} * 0.5)" for n in numbers)
    lake.client.sql(f"INSERT INTO {name} VALUES {listed}")


def test_by_turns(lake: Lake, table: str) -> None:
    insert(lake, table, 1, 2, 3)
    place = lake.client.location(table)
    write_deltalake(place, data(4, 5, 6), mode="append")
    assert ids(lake, table) == [1, 2, 3, 4, 5, 6]
    insert(lake, table, 7, 8)
    DeltaTable(place).delete("id % 2 = 0")
    assert ids(lake, table) == [1, 3, 5, 7]
    insert(lake, table, 9)
    DeltaTable(place).update(predicate="g = 'g0'", updates={"v": "v + 100"})
    insert(lake, table, 10)
    found = {r["id"]: r["v"][0] for r in same(lake, table, "id")}
    assert found == {1: 0.5, 3: 101.5, 5: 2.5, 7: 3.5, 9: 104.5, 10: 5.0}
    DeltaTable(place).optimize.compact()
    insert(lake, table, 11)
    assert ids(lake, table) == [1, 3, 5, 7, 9, 10, 11]
    (
        DeltaTable(place)
        .merge(data(10, 12), "t.id = s.id", source_alias="s", target_alias="t")
        .when_matched_delete()
        .when_not_matched_insert_all()
        .execute()
    )
    insert(lake, table, 13)
    assert ids(lake, table) == [1, 3, 5, 7, 9, 11, 12, 13]
    DeltaTable(place).optimize.z_order(["g"])
    insert(lake, table, 14)
    write_deltalake(place, data(2), mode="overwrite", predicate="id < 10")
    assert ids(lake, table) == [2, 11, 12, 13, 14]
    write_deltalake(place, data(1, 2), mode="overwrite")
    insert(lake, table, 3)
    assert ids(lake, table) == [1, 2, 3]
    lake.client.sql(f"INSERT OVERWRITE {table} SELECT 50 AS id, 'x' AS g, 0.0 AS v")
    write_deltalake(place, data(51), mode="append")
    assert ids(lake, table) == [50, 51]
    lake.client.sql(f"TRUNCATE TABLE {table}")
    assert ids(lake, table) == []
    DeltaTable(place).restore(1)
    assert ids(lake, table) == [1, 2, 3]
    insert(lake, table, 4)
    assert ids(lake, table) == [1, 2, 3, 4]


def test_every_version_stays_readable(lake: Lake, table: str) -> None:
    place = lake.client.location(table)
    wanted = {0: []}
    for n in range(1, 16):
        if n % 3:
            insert(lake, table, n)
        elif n % 6:
            write_deltalake(place, data(n), mode="append")
        else:
            DeltaTable(place).delete(f"id <= {n // 2}")
        version = DeltaTable(place).version()
        wanted[version] = ids(lake, table)
    assert sorted(wanted) == list(range(DeltaTable(place).version() + 1))
    for version, numbers in wanted.items():
        ours = lake.client.sql(f"SELECT id FROM {table} VERSION AS OF {version} ORDER BY id")
        assert [i for (i,) in ours] == numbers, version
        theirs = read_theirs(DeltaTable(place, version=version))
        assert sorted(theirs["id"].to_pylist()) == numbers, version
    history = lake.client.arrow(f"DESCRIBE HISTORY {table}").to_pylist()
    assert [h["version"] for h in history] == sorted(wanted, reverse=True)
    theirs = DeltaTable(place).history()
    for ours, their in zip(history, theirs):
        assert ours["operation"] == their["operation"], (ours, their)
    assert lake.client.refused(f"SELECT * FROM {table} VERSION AS OF 99").status in (400, 404)


def test_versions_by_time(lake: Lake, table: str) -> None:
    place = lake.client.location(table)
    instants = []
    for n in range(3):
        insert(lake, table, n)
        time.sleep(0.05)
        instants.append(
            lake.client.value("SELECT strftime(now() AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f')")
        )
        time.sleep(0.05)
    write_deltalake(place, data(9), mode="append")
    for n, instant in enumerate(instants):
        found = lake.client.sql(f"SELECT id FROM {table} TIMESTAMP AS OF '{instant}' ORDER BY id")
        assert [i for (i,) in found] == list(range(n + 1))
        theirs = DeltaTable(place)
        theirs.load_as_version(instant.replace(" ", "T") + "Z")
        assert sorted(read_theirs(theirs)["id"].to_pylist()) == list(range(n + 1))


def test_vacuum_by_theirs_keeps_what_is_live(lake: Lake, table: str) -> None:
    place = lake.client.location(table)
    insert(lake, table, 1, 2)
    DeltaTable(place).delete("id = 1")
    insert(lake, table, 3)
    gone = DeltaTable(place).vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert len(gone) == 1
    assert ids(lake, table) == [2, 3]


def test_at_the_same_time(lake: Lake, table: str) -> None:
    """Appends of both race for versions; none is lost."""
    place = lake.client.location(table)
    failures: list[BaseException] = []

    def theirs() -> None:
        try:
            for n in range(1000, 1010):
                write_deltalake(place, data(n), mode="append")
        except BaseException as problem:
            failures.append(problem)

    thread = threading.Thread(target=theirs)
    thread.start()
    for n in range(10):
        insert(lake, table, n)
    thread.join()
    assert not failures
    assert ids(lake, table) == [*range(10), *range(1000, 1010)]


def test_new_columns_from_theirs(lake: Lake, table: str) -> None:
    place = lake.client.location(table)
    insert(lake, table, 1)
    more = data(2).append_column("extra", pa.array([{"a": 1}], pa.struct({"a": pa.int32()})))
    write_deltalake(place, more, mode="append", schema_mode="merge")
    insert_old = lake.client.query(f"INSERT INTO {table} (id, g, v) VALUES (3, 'g', 0)")
    assert insert_old.ok, insert_old.text
    found = same(lake, table, "id")
    assert [r["extra"] for r in found] == [None, {"a": 1}, None]
    lake.client.sql(f"INSERT INTO {table} VALUES (4, 'g', 0, {{'a': 5}})")
    assert same(lake, table, "id")[-1]["extra"] == {"a": 5}
    assert len(lake.client.sql(f"SELECT * FROM {table} VERSION AS OF 1")[0]) == 3
    # Another schema altogether.
    write_deltalake(place, pa.table({"x": ["only"]}), mode="overwrite", schema_mode="overwrite")
    assert same(lake, table) == [{"x": "only"}]


def test_properties_of_theirs_are_heeded(lake: Lake) -> None:
    path = lake.path("t")
    write_deltalake(str(path), data(1), configuration={"delta.appendOnly": "true"})
    name = lake.register(path)
    insert(lake, name, 2)
    for statement in (f"TRUNCATE TABLE {name}", f"INSERT OVERWRITE {name} SELECT 1, 'x', 0.0"):
        assert lake.client.refused(statement).status in (400, 409)
    assert [r["id"] for r in same(lake, name, "id")] == [1, 2]


def test_constraints_of_theirs_are_not_broken(lake: Lake) -> None:
    """Either checked or refused, never ignored."""
    path = lake.path("t")
    write_deltalake(str(path), data(1))
    DeltaTable(str(path)).alter.add_constraint({"positive": "id > 0"})
    name = lake.register(path)
    answer = lake.client.query(f"INSERT INTO {name} VALUES (-1, 'g', 0.0)")
    assert answer.status_code in (400, 409), answer.text
    assert [r["id"] for r in same(lake, name)] == [1]


def test_statistics_serve_their_pruning(lake: Lake, table: str) -> None:
    for first in range(0, 50, 10):
        insert(lake, table, *range(first, first + 10))
    place = lake.client.location(table)
    actions = pa.table(DeltaTable(place).get_add_actions(flatten=True)).to_pylist()
    assert sorted((a["min.id"], a["max.id"], a["null_count.id"]) for a in actions) == [
        (n, n + 9, 0) for n in range(0, 50, 10)
    ]
    found = DeltaTable(place).to_pyarrow_table(filters=[("id", ">=", 15), ("id", "<", 25)])
    assert sorted(found["id"].to_pylist()) == list(range(15, 25))
    assert rows(found, "id") == rows(
        lake.client.arrow(f"SELECT * FROM {table} WHERE id >= 15 AND id < 25"), "id"
    )
