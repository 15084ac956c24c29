"""OPTIMIZE, VACUUM and RESTORE, and statements that leave nothing behind when they fail."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from tests.api.checks import problem
from tests.conftest import sign_in
from tests.harness.client import Client
from tests.harness.server import Server

HOUR = 3600


@pytest.fixture()
def table(admin: Client, schema: str) -> str:
    name = f"main.{schema}.t"
    admin.sql(f"CREATE TABLE {name} (id BIGINT, p STRING, v DOUBLE)")
    return name


@pytest.fixture()
def parted(admin: Client, schema: str) -> str:
    name = f"main.{schema}.parted"
    admin.sql(f"CREATE TABLE {name} (id BIGINT, p STRING, d DATE) PARTITIONED BY (p, d)")
    return name


def place(client: Client, table: str) -> Path:
    return Path(client.location(table))


def data_files(client: Client, table: str) -> set[Path]:
    found = place(client, table).rglob("*.parquet")
    return {file for file in found if "_delta_log" not in file.parts}


def one(client: Client, sql: str) -> dict:
    """The one row of a statement's report, by column."""
    return client.arrow(sql).to_pylist()[0]


def last_commit(client: Client, table: str) -> dict:
    return client.arrow(f"DESCRIBE HISTORY {table} LIMIT 1").to_pylist()[0]


def age(path: Path, hours: float) -> None:
    at = time.time() - hours * HOUR
    os.utime(path, (at, at))


# --- RESTORE


def test_restore_to_version(admin: Client, table: str) -> None:
    admin.sql(f"INSERT INTO {table} VALUES (1, 'a', 1), (2, 'b', 2)")
    admin.sql(f"INSERT OVERWRITE {table} VALUES (3, 'c', 3)")
    report = one(admin, f"RESTORE TABLE {table} TO VERSION AS OF 1")
    assert report["num_restored_files"] == 1 and report["num_removed_files"] == 1
    assert report["num_of_files_after_restore"] == 1 and report["version"] == 3
    assert report["table_size_after_restore"] == report["restored_files_size"] > 0
    assert admin.sql(f"SELECT id FROM {table} ORDER BY id") == [[1], [2]]
    commit = last_commit(admin, table)
    assert commit["operation"] == "RESTORE"
    assert json.loads(commit["operationParameters"]) == {"version": "1"}
    assert json.loads(commit["operationMetrics"])["numRestoredFiles"] == "1"
    # There is nothing left to do, and every version is still there.
    assert one(admin, f"RESTORE {table} TO VERSION AS OF 1")["version"] == 3
    assert admin.sql(f"SELECT id FROM {table} VERSION AS OF 2") == [[3]]
    admin.sql(f"RESTORE {table} VERSION AS OF 0")
    assert admin.sql(f"SELECT * FROM {table}") == []


def test_restore_to_instant(admin: Client, table: str) -> None:
    admin.sql(f"INSERT INTO {table} VALUES (1, 'a', 1)")
    instant = admin.value("SELECT strftime(now() AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%f')")
    time.sleep(0.05)
    admin.sql(f"TRUNCATE TABLE {table}")
    admin.sql(f"RESTORE TABLE {table} TO TIMESTAMP AS OF '{instant}'")
    assert admin.sql(f"SELECT id FROM {table}") == [[1]]


def test_restore_brings_back_the_schema(admin: Client, schema: str) -> None:
    name = f"main.{schema}.t"
    admin.sql(f"CREATE TABLE {name} AS SELECT 1 AS a")
    admin.sql(f"CREATE OR REPLACE TABLE {name} AS SELECT 'x' AS other, 2 AS b")
    admin.sql(f"RESTORE {name} TO VERSION AS OF 0")
    assert one(admin, f"SELECT * FROM {name}") == {"a": 1}


@pytest.mark.parametrize(
    "target, status, id",
    [
        ("VERSION AS OF 99", 404, "delta.noSuchVersion"),
        ("VERSION AS OF -1", 400, "sql.syntax"),
        ("TIMESTAMP AS OF '1999-01-01'", 404, "delta.noSuchVersion"),
        ("TIMESTAMP AS OF 'soon'", 400, None),
    ],
)
def test_restore_refuses(admin: Client, table: str, target: str, status: int, id: str) -> None:
    problem(admin.query(f"RESTORE TABLE {table} TO {target}"), status, id)


def test_restore_of_what_was_vacuumed(admin: Client, table: str) -> None:
    admin.sql(f"INSERT INTO {table} VALUES (1, 'a', 1)")
    admin.sql(f"TRUNCATE TABLE {table}")
    for file in data_files(admin, table):
        file.unlink()
    problem(admin.query(f"RESTORE {table} TO VERSION AS OF 1"), 409, "delta.filesVacuumed")
    problem(admin.query(f"SELECT * FROM {table} VERSION AS OF 1"), 409, "sql.fileGone")


# --- OPTIMIZE


def test_optimize_compacts(admin: Client, table: str) -> None:
    for i in range(20):
        admin.sql(f"INSERT INTO {table} VALUES ({i}, 'p{i % 3}', {i} / 2)")
    before = admin.sql(f"SELECT * FROM {table} ORDER BY id")
    report = one(admin, f"OPTIMIZE {table}")
    metrics = report["metrics"]
    assert metrics["numFilesRemoved"] == 20 and metrics["numFilesAdded"] == 1
    assert metrics["filesRemoved"]["totalFiles"] == 20
    assert metrics["filesAdded"]["max"] == metrics["filesAdded"]["totalSize"] > 0
    assert metrics["totalConsideredFiles"] == 20 and metrics["totalFilesSkipped"] == 0
    assert admin.sql(f"SELECT * FROM {table} ORDER BY id") == before
    commit = last_commit(admin, table)
    assert commit["operation"] == "OPTIMIZE" and commit["version"] == report["version"]
    assert json.loads(commit["operationMetrics"])["numRemovedFiles"] == "20"
    log = place(admin, table) / f"_delta_log/{report['version']:020}.json"
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    for kind in ("add", "remove"):
        assert all(a[kind]["dataChange"] is False for a in actions if kind in a)
    # One file needs nothing more.
    again = one(admin, f"OPTIMIZE {table}")
    assert again["metrics"]["numFilesAdded"] == 0 and again["version"] == report["version"]
    assert admin.sql(f"SELECT count(*) FROM {table} VERSION AS OF 10") == [[10]]


def test_optimize_keeps_partitions_apart(admin: Client, parted: str) -> None:
    for i in range(4):
        admin.sql(
            f"INSERT INTO {parted} SELECT range + {i * 10}, 'p''/' || range % 2, "
            "CASE WHEN range % 3 > 0 THEN DATE '2026-01-01' + (range % 3)::INT END FROM range(10)"
        )
    before = admin.sql(f"SELECT * FROM {parted} ORDER BY id")
    metrics = one(admin, f"OPTIMIZE {parted} WHERE p = 'p''/1' AND d IS NOT NULL")["metrics"]
    assert metrics["partitionsOptimized"] == 2 and metrics["numFilesAdded"] == 2
    assert metrics["numFilesRemoved"] == 8
    metrics = one(admin, f"OPTIMIZE {parted}")["metrics"]
    assert metrics["partitionsOptimized"] == 4 and metrics["numFilesRemoved"] == 16
    assert admin.sql(f"SELECT * FROM {parted} ORDER BY id") == before
    assert admin.value(f"SELECT count(*) FROM {parted} WHERE p = 'p''/1' AND d IS NULL") == 8
    detail = one(admin, f"DESCRIBE DETAIL {parted}")
    assert detail["numFiles"] == 6


def test_zorder_keeps_negative_zero(admin: Client, schema: str) -> None:
    name = f"main.{schema}.z"
    admin.sql(
        f"CREATE TABLE {name} AS SELECT * FROM (VALUES (1, -0.0::DOUBLE), (2, 0.0), (3, 'NaN')) t(id, x)"
    )
    admin.sql(f"OPTIMIZE {name} ZORDER BY (x)")
    rows = admin.sql(f"SELECT id, x::VARCHAR FROM {name} ORDER BY id")
    assert rows == [[1, "-0.0"], [2, "0.0"], [3, "nan"]]


def test_optimize_zorder(admin: Client, schema: str) -> None:
    name = f"main.{schema}.z"
    admin.sql(f"CREATE TABLE {name} (a BIGINT, b STRING, filler STRING, n BIGINT)")
    admin.sql(f"ALTER TABLE {name} SET TBLPROPERTIES ('delta.targetFileSize' = '1mb')")
    admin.sql(
        f"INSERT INTO {name} SELECT hash(range) % 1000, 'b' || (hash(range + 7) % 1000), "
        "md5(range::VARCHAR), range FROM range(1200000)"
    )
    admin.sql(f"INSERT INTO {name} VALUES (NULL, NULL, NULL, -1)")
    before = one(admin, f"SELECT count(*) AS c, sum(n) AS s, sum(a) AS a FROM {name}")
    report = one(admin, f"OPTIMIZE {name} ZORDER BY (a, b)")
    # How many row groups a file gets before it is closed depends on the engine's threads.
    assert report["metrics"]["numFilesRemoved"] == 2 and report["metrics"]["numFilesAdded"] > 1
    assert one(admin, f"SELECT count(*) AS c, sum(n) AS s, sum(a) AS a FROM {name}") == before
    for column, values in {"a": (5, 500, 995), "b": ("'b5'", "'b500'", "'b995'")}.items():
        skipped = 0
        for value in values:
            sql = f"SELECT count(*) FROM {name} WHERE {column} = {value}"
            skipped += admin.ok("POST", "query", json={"sql": sql})["statistics"]["files_skipped"]
        assert skipped > 0, column
    assert json.loads(last_commit(admin, name)["operationParameters"])["zOrderBy"] == '["a","b"]'


@pytest.mark.parametrize(
    "rest, id",
    [
        ("ZORDER BY (p)", "sql.badZorder"),
        ("ZORDER BY (nope)", "sql.unknownColumn"),
        ("ZORDER BY (id, ID)", "sql.duplicateColumn"),
        ("WHERE id = 5", None),
        ("WHERE p = read_text('/etc/passwd')", None),
        ("WHERE p = 'x') UNION SELECT 0 --", "sql.syntax"),
    ],
)
def test_optimize_refuses(admin: Client, parted: str, rest: str, id: str | None) -> None:
    admin.sql(f"INSERT INTO {parted} VALUES (1, 'x', DATE '2026-01-01')")
    problem(admin.query(f"OPTIMIZE {parted} {rest}"), (400, 403), id)
    assert len(admin.sql(f"DESCRIBE HISTORY {parted}")) == 2


def test_optimize_where_needs_partitions(admin: Client, table: str) -> None:
    problem(admin.query(f"OPTIMIZE {table} WHERE id = 1"), 400, "delta.notPartitioned")


def test_the_state_of_the_files_is_told(admin: Client, user: Client, table: str) -> None:
    for i in range(4):
        admin.sql(f"INSERT INTO {table} VALUES ({i}, 'a', 1)")
    catalog, schema, name = table.split(".")
    path = f"catalogs/{catalog}/schemas/{schema}/tables/{name}"
    before = admin.ok("GET", f"{path}/storage")
    assert (before["files"], before["small_files"], before["compactable_files"]) == (4, 4, 4)
    assert before["compacted_files"] == 1 and before["small_bytes"] == before["bytes"] > 0
    admin.sql(f"OPTIMIZE {table}")
    after = admin.ok("GET", f"{path}/storage")
    assert (after["files"], after["compactable_files"], after["deleted_rows"]) == (1, 0, 0)
    assert after["version"] == before["version"] + 1
    problem(user.get(f"{path}/storage"), 404)
    assert admin.ok("GET", path)["privileges"] == ["read", "write", "manage"]
    sample = "catalogs/samples/schemas/nycflights13/tables/airlines"
    if admin.get(sample).status_code == 200:
        assert user.ok("GET", sample)["privileges"] == ["read"]


# --- VACUUM


def test_vacuum(admin: Client, table: str) -> None:
    admin.sql(f"INSERT INTO {table} VALUES (1, 'a', 1)")
    old = data_files(admin, table)
    admin.sql(f"INSERT OVERWRITE {table} VALUES (2, 'b', 2)")
    live = data_files(admin, table) - old
    folder = place(admin, table)
    orphan, young, hidden = folder / "orphan.parquet", folder / "young.parquet", folder / "_keep"
    for path in (orphan, young, hidden):
        path.write_bytes(b"x")
    for path in (orphan, hidden, *live):
        age(path, 200)
    dry_run = admin.query(f"VACUUM {table} DRY RUN").json()
    assert dry_run["rows"] == [[str(orphan)]]
    assert (dry_run["statistics"]["files"], dry_run["statistics"]["bytes"]) == (1, 1)
    assert orphan.exists()
    report = one(admin, f"VACUUM {table}")
    assert report["numDeletedFiles"] == 1 and report["sizeOfDataToDelete"] == 1
    assert report["numVacuumedDirectories"] == 1
    assert not orphan.exists() and young.exists() and hidden.exists()
    # What was overwritten a moment ago can still be read and restored.
    assert admin.sql(f"SELECT id FROM {table} VERSION AS OF 1") == [[1]]
    history = admin.arrow(f"DESCRIBE HISTORY {table} LIMIT 2").to_pylist()
    assert [h["operation"] for h in history] == ["VACUUM END", "VACUUM START"]
    assert json.loads(history[0]["operationMetrics"])["numDeletedFiles"] == "1"
    assert admin.sql(f"SELECT id FROM {table}") == [[2]]
    # Nothing to do is no commit.
    version = last_commit(admin, table)["version"]
    assert one(admin, f"VACUUM {table} RETAIN 168 HOURS")["numDeletedFiles"] == 0
    assert last_commit(admin, table)["version"] == version


def test_vacuum_guards_its_retention(admin: Client, table: str) -> None:
    admin.sql(f"INSERT INTO {table} VALUES (1, 'a', 1)")
    old = data_files(admin, table)
    admin.sql(f"INSERT OVERWRITE {table} VALUES (2, 'b', 2)")
    problem(admin.query(f"VACUUM {table} RETAIN 0 HOURS"), 400, "delta.retentionTooShort")
    problem(admin.query(f"VACUUM {table} RETAIN 167 HOURS DRY RUN"), 400, "delta.retentionTooShort")
    assert old < data_files(admin, table)
    # The table's owner may allow less.
    admin.sql(
        f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = "
        "'interval 0 hours')"
    )
    time.sleep(0.01)
    assert one(admin, f"VACUUM {table} RETAIN 0 HOURS")["numDeletedFiles"] == 1
    assert not old & data_files(admin, table)
    assert admin.sql(f"SELECT id FROM {table}") == [[2]]
    problem(admin.query(f"RESTORE {table} TO VERSION AS OF 1"), 409, "delta.filesVacuumed")


def test_vacuum_without_its_guard(tmp_path: Path) -> None:
    with Server(vacuum_retention_check="false") as server:
        client = sign_in(server)
        client.sql("CREATE TABLE t AS SELECT 1 AS a")
        client.sql("TRUNCATE TABLE t")
        time.sleep(0.01)
        assert one(client, "VACUUM t RETAIN 0 HOURS")["numDeletedFiles"] == 1


# --- rights, and nothing left behind


@pytest.mark.parametrize(
    "statement", ["OPTIMIZE {}", "VACUUM {}", "VACUUM {} DRY RUN", "RESTORE {} TO VERSION AS OF 0"]
)
def test_strangers_are_refused(user: Client, table: str, statement: str) -> None:
    problem(user.query(statement.format(table)), (403, 404))


def test_views_are_refused(admin: Client, schema: str) -> None:
    admin.sql(f"CREATE VIEW main.{schema}.v AS SELECT 1 AS a")
    for statement in ("OPTIMIZE {}", "VACUUM {}", "RESTORE {} TO VERSION AS OF 0"):
        problem(admin.query(statement.format(f"main.{schema}.v")), 400, "catalog.isView")


def test_failed_statements_leave_no_files(admin: Client, table: str) -> None:
    admin.sql(f"ALTER TABLE {table} SET TBLPROPERTIES ('delta.appendOnly' = 'true')")
    admin.sql(f"INSERT INTO {table} VALUES (1, 'a', 1)")
    before = data_files(admin, table)
    problem(admin.query(f"INSERT OVERWRITE {table} VALUES (2, 'b', 2)"), 400, "delta.appendOnly")
    assert data_files(admin, table) == before
