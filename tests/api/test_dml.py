"""DELETE and UPDATE: what becomes of rows, and what of all, MERGE too, is refused."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, QueryBuilder

from tests.api.checks import no_machine_paths
from tests.harness.client import Client
from tests.harness.server import storage_options

on_disk = pytest.mark.skipif(storage_options() is not None, reason="looks into the directory")


@pytest.fixture(params=["files", "vectors"])
def t(admin: Client, schema: str, request: pytest.FixtureRequest) -> str:
    """A table whose files are written anew, or get deletion vectors."""
    name = f"main.{schema}.t"
    admin.sql(
        f"CREATE TABLE {name} (id BIGINT NOT NULL, name STRING, price DECIMAL(10,2), "
        "s STRUCT<a: INT, b: STRUCT<c: STRING, d: DOUBLE>>) TBLPROPERTIES "
        f"('delta.enableDeletionVectors' = '{str(request.param == 'vectors').lower()}')"
    )
    admin.sql(
        f"INSERT INTO {name} VALUES (1, 'a', 1.5, {{'a': 1, 'b': {{'c': 'x', 'd': 0.5}}}}), "
        "(2, 'b', 2.5, NULL), (3, NULL, NULL, {'a': 3, 'b': NULL})"
    )
    return name


def ids(client: Client, table: str) -> list[int]:
    return [row[0] for row in client.sql(f"SELECT id FROM {table} ORDER BY id")]


def metrics(client: Client, table: str) -> dict[str, str]:
    rows = client.arrow(f"DESCRIBE HISTORY {table} LIMIT 1").to_pylist()
    found = rows[0]["operationMetrics"]
    return dict(json.loads(found)) if isinstance(found, str) else dict(found)


DELETES = [
    ("WHERE id = 2", [1, 3], 1),
    ("AS x WHERE x.id > 1", [1], 2),
    ("x WHERE x.name = 'a'", [2, 3], 1),
    ("WHERE name <> 'a'", [1, 3], 1),  # NULL is not true: the row stays
    ("WHERE name IS NULL", [1, 2], 1),
    ("WHERE NOT (name = 'a' AND price > 100)", [3], 2),
    ("WHERE s.b.c = 'x'", [2, 3], 1),
    ("WHERE id IN (SELECT id + 1 FROM {t} WHERE id < 3)", [1], 2),
    ("WHERE price > (SELECT avg(price) FROM {t})", [1, 3], 1),
    ("AS o WHERE EXISTS (SELECT 1 FROM {t} AS i WHERE i.id = o.id + 1)", [3], 2),
    ("WHERE {t}.id = 1", [2, 3], 1),
    ("WHERE id = 99", [1, 2, 3], 0),
    ("", [], 3),
]


@pytest.mark.parametrize("rest,left,affected", DELETES)
def test_delete(admin: Client, t: str, rest: str, left: list[int], affected: int) -> None:
    answer = admin.sql(f"DELETE FROM {t} " + rest.format(t=t))
    assert answer == [[affected, 2 if affected else 1]]
    assert ids(admin, t) == left
    if affected:
        found = metrics(admin, t)
        assert found["numDeletedRows"] == str(affected)
        marked = found["numDeletionVectorsAdded"] == "1"
        assert marked == (left != [] and has_vectors(admin, t))
        assert found["numRemovedFiles"] == ("0" if marked else "1")
        assert found["numCopiedRows"] == ("0" if marked else str(len(left)))
        assert found["numAddedFiles"] == ("1" if left and not marked else "0")


def has_vectors(client: Client, table: str) -> bool:
    properties = client.arrow(f"DESCRIBE DETAIL {table}").to_pylist()[0]["properties"]
    return json.loads(properties)["delta.enableDeletionVectors"] == "true"


def files_of(client: Client, table: str) -> set[str]:
    return {path.name for path in Path(client.location(table)).rglob("*.parquet")}


@on_disk
def test_vectors_leave_files_as_they_are(admin: Client, schema: str) -> None:
    t = f"main.{schema}.t"
    admin.sql(
        f"CREATE TABLE {t} (id BIGINT, v STRING) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
    )
    admin.sql(f"INSERT INTO {t} SELECT i, 'a' FROM range(100000) r(i)")
    admin.sql(f"INSERT INTO {t} SELECT i, 'b' FROM range(100000, 100010) r(i)")
    before = files_of(admin, t)
    assert admin.sql(f"DELETE FROM {t} WHERE id % 3 = 0") == [[33337, 3]]
    assert admin.sql(f"DELETE FROM {t} WHERE id % 3 = 1 AND id < 100000") == [[33333, 4]]
    assert files_of(admin, t) == before
    assert admin.sql(f"UPDATE {t} SET v = 'c' WHERE id IN (2, 5, 100001)") == [[3, 5]]
    merge = (
        f"MERGE INTO {t} USING (SELECT unnest([5, 8, -1]) AS id) s ON t.id = s.id "
        "WHEN MATCHED AND t.id = 8 THEN DELETE WHEN MATCHED THEN UPDATE SET v = v || 'd' "
        "WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.id, 'e')"
    )
    assert [row[2:] for row in admin.sql(merge)] == [[1, 1, 1]]
    assert len(files_of(admin, t) - before) == 2  # the changed and the new rows
    query = "SELECT count(*) AS n, sum(id) AS s, min(id) AS low, count(DISTINCT v) AS k FROM {t}"
    ours = admin.sql(query.format(t=t))
    table = DeltaTable(admin.location(t))
    theirs = QueryBuilder().register("t", table).execute(query.format(t="t")).read_all()
    assert [[column[0].as_py() for column in theirs.columns]] == ours
    assert admin.value(f"SELECT count(*) FROM {t}") == ours[0][0]
    assert admin.sql(f"SELECT id, v FROM {t} WHERE id < 9 ORDER BY id") == [
        [-1, "e"],
        [2, "c"],
        [5, "cd"],
    ]
    # Files of which nothing is left go as a whole.
    admin.sql(f"DELETE FROM {t} WHERE id >= 100000")
    assert metrics(admin, t)["numRemovedFiles"] == "1"
    assert ids(admin, t)[-1] == 99998


@on_disk
def test_counting_a_table_opens_no_file(admin: Client, schema: str) -> None:
    t = f"main.{schema}.t"
    admin.sql(f"CREATE TABLE {t} AS SELECT i AS id FROM range(10) r(i)")
    admin.sql(f"DELETE FROM {t} WHERE id < 3")
    for path in Path(admin.location(t)).glob("*.parquet"):
        path.unlink()
    assert admin.sql(f"SELECT count(*) FROM {t}") == [[7]]
    assert admin.sql(f"SELECT count(*) AS n FROM {t} VERSION AS OF 0") == [[10]]
    assert admin.sql(f"SELECT count(*) FROM {t}", row_limit=0) == []
    for other in ("count(id)", "count(*) FILTER (id > 3)", "count(DISTINCT id)"):
        assert admin.refused(f"SELECT {other} FROM {t}").status == 409
    assert admin.refused(f"SELECT count(*) FROM {t} WHERE id > 3").status == 409


def test_delete_takes_parameters(admin: Client, t: str) -> None:
    assert admin.sql(f"DELETE FROM {t} WHERE id = $1 OR name = $2", parameters=[3, "a"]) == [[2, 2]]
    assert admin.sql(f"DELETE FROM {t} WHERE id = $id", parameters={"id": 2}) == [[1, 3]]
    assert ids(admin, t) == []


def test_question_marks_count_through_the_statement(admin: Client, t: str) -> None:
    update = f"UPDATE {t} SET name = ?, price = ? WHERE id = ? OR id = ?"
    assert admin.sql(update, parameters=["q", 7, 1, 3]) == [[2, 2]]
    assert admin.sql(f"SELECT id, name, price FROM {t} ORDER BY id") == [
        [1, "q", "7.00"],
        [2, "b", "2.50"],
        [3, "q", "7.00"],
    ]
    merge = (
        f"MERGE INTO {t} t USING (SELECT ? AS id) s ON t.id = s.id "
        "WHEN MATCHED AND t.price > ? THEN UPDATE SET name = ? "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, ?)"
    )
    admin.sql(merge, parameters=[3, 6, "m", "n"])
    admin.sql(merge, parameters=[9, 6, "m", "n"])
    replace = f"INSERT INTO {t} BY NAME REPLACE WHERE id = ? SELECT ? AS id, ? AS name"
    admin.sql(replace, parameters=[2, 2, "r"])
    assert admin.sql(f"SELECT id, name FROM {t} ORDER BY id") == [
        [1, "q"],
        [2, "r"],
        [3, "m"],
        [9, "n"],
    ]
    assert admin.sql(f"DELETE FROM {t} WHERE name = ? AND id < ?", parameters=["q", 5])[0][0] == 1


def test_conditions_that_are_no_booleans(admin: Client, t: str) -> None:
    admin.sql(f"INSERT INTO {t} (id) VALUES (0)")
    assert admin.sql(f"DELETE FROM {t} WHERE id")[0][0] == 3
    assert ids(admin, t) == [0]


def test_only_files_with_matches_are_touched(admin: Client, schema: str) -> None:
    name = f"main.{schema}.p"
    admin.sql(
        f"CREATE TABLE {name} PARTITIONED BY (k) AS "
        "SELECT i % 4 AS k, i AS v FROM range(100) AS r(i)"
    )
    paths = set(files(admin, name))
    admin.sql(f"DELETE FROM {name} WHERE v = 10")
    assert metrics(admin, name)["numRemovedFiles"] == "1"
    assert len(paths - set(files(admin, name))) == 1
    # Whole partitions go without being read: nothing is copied.
    assert admin.sql(f"DELETE FROM {name} WHERE k IN (0, 3) OR k IS NULL") == [[50, 2]]
    found = metrics(admin, name)
    assert (found["numCopiedRows"], found["numAddedFiles"]) == ("0", "0")
    assert found["numRemovedFiles"] == "2"
    assert admin.sql(f"SELECT k, count(*) FROM {name} GROUP BY k ORDER BY k") == [[1, 25], [2, 24]]
    # A file whose rows all match is not rewritten either.
    assert admin.sql(f"DELETE FROM {name} WHERE v % 4 = 1") == [[25, 3]]
    assert metrics(admin, name)["numAddedFiles"] == "0"


def files(client: Client, table: str) -> list[str]:
    return DeltaTable(client.location(table)).file_uris()


UPDATES = [
    ("SET price = 9 WHERE id = 1", "price", {1: "9.00", 2: "2.50", 3: None}),
    ("SET price = price * 2", "price", {1: "3.00", 2: "5.00", 3: None}),
    ("AS x SET x.price = x.id, name = 'n' WHERE x.id >= 2", "price", {1: "1.50", 2: "2.00", 3: "3.00"}),
    ("SET name = upper(name)", "name", {1: "A", 2: "B", 3: None}),
    ("SET name = NULL WHERE name = 'a'", "name", {1: None, 2: "b", 3: None}),
    ("SET name = price", "name", {1: "1.50", 2: "2.50", 3: None}),
    ("SET id = id + 10, name = id", "name", {11: "1", 12: "2", 13: "3"}),
    ("SET name = (SELECT max(name) FROM {t}) WHERE id = 3", "name", {1: "a", 2: "b", 3: "b"}),
    ("SET s.a = 7", "s.a", {1: 7, 2: 7, 3: 7}),
    ("SET s.b.c = name, s.a = s.a + 1 WHERE id < 3", "s.b.c", {1: "a", 2: "b", 3: None}),
    ("SET {t}.s.b.d = 4 WHERE id = 1", "s.b.d", {1: 4.0, 2: None, 3: None}),
    ("SET s = NULL", "s.a", {1: None, 2: None, 3: None}),
    ("SET name = CASE WHEN id = 1 THEN 'one' ELSE 'more' END WHERE id < 3", "name",
     {1: "one", 2: "more", 3: None}),
]  # fmt: skip


@pytest.mark.parametrize("rest,column,expected", UPDATES)
def test_update(admin: Client, t: str, rest: str, column: str, expected: dict) -> None:
    before = {row[0]: row for row in admin.sql(f"SELECT id, s.b.d FROM {t}")}
    admin.sql(f"UPDATE {t} " + rest.format(t=t))
    assert dict(admin.sql(f"SELECT id, {column} FROM {t}")) == expected
    if column == "s.b.c":  # what is not set stays
        assert dict(admin.sql(f"SELECT id, s.b.d FROM {t}")) == {k: v[1] for k, v in before.items()}


def test_update_moves_rows_between_partitions(admin: Client, schema: str) -> None:
    name = f"main.{schema}.p"
    admin.sql(
        f"CREATE TABLE {name} PARTITIONED BY (k) AS SELECT i % 2 AS k, i FROM range(6) AS r(i)"
    )
    assert admin.sql(f"UPDATE {name} SET k = 5 WHERE i IN (0, 1)") == [[2, 1]]
    assert admin.sql(f"SELECT k, list(i ORDER BY i) FROM {name} GROUP BY k ORDER BY k") == [
        [0, [2, 4]],
        [1, [3, 5]],
        [5, [0, 1]],
    ]
    found = metrics(admin, name)
    assert (found["numUpdatedRows"], found["numCopiedRows"]) == ("2", "4")


def test_order_in_files_is_kept(admin: Client, schema: str) -> None:
    name = f"main.{schema}.o"
    admin.sql(f"CREATE TABLE {name} AS SELECT i, i AS j FROM range(300000) AS r(i)")
    admin.sql(f"UPDATE {name} SET j = -1 WHERE i % 7 = 0")
    admin.sql(f"DELETE FROM {name} WHERE i % 5 = 0")
    rows = admin.arrow(f"SELECT i, j FROM {name}").to_pydict()
    assert rows["i"] == [i for i in range(300000) if i % 5]
    assert rows["j"] == [i if i % 7 else -1 for i in rows["i"]]


REFUSED = [
    ("UPDATE {t} SET nope = 1", "delta.schemaMismatch"),
    ("UPDATE {t} SET name = 'a', NAME = 'b'", "sql.syntax"),
    ("UPDATE {t} SET s = NULL, s.a = 1", "sql.syntax"),
    ("UPDATE {t} SET s.nope = 1", "delta.schemaMismatch"),
    ("UPDATE {t} SET id = NULL WHERE id = 1", "delta.notNull"),
    ("UPDATE {t} SET price = date '2026-01-01'", "delta.schemaMismatch"),
    ("UPDATE {t} SET price = 123456789012", "sql.value"),
    ("UPDATE {t} SET name = read_text('/etc/passwd')", "sql.functionNotAllowed"),
    ("UPDATE {t} SET name = (SELECT a FROM missing)", "catalog.tableNotFound"),
    ("UPDATE {t} SET name = 'x') --", "sql.syntax"),
    ("UPDATE {t} SET name = 'x' FROM u", "sql.notSupportedYet"),
    ("DELETE FROM {t} WHERE id = 1) OR (1 = 1", "sql.syntax"),
    ("DELETE FROM {t} WHERE id = 1 UNION SELECT 1, 2, 3", "sql.syntax"),
    ("DELETE FROM {t} WHERE nope = 1", "sql.binding"),
    ("DELETE FROM {t} WHERE", "sql.syntax"),
    ("DELETE FROM {t} WHERE id = 1; SELECT 1", "sql.multipleStatements"),
    ("DELETE FROM {t} USING u WHERE true", "sql.notSupportedYet"),
    ("DELETE FROM {t} VERSION AS OF 0", "sql.syntax"),
    ("DELETE FROM {t} WHERE count(*) > 1", None),
    ("DELETE FROM main.information_schema.tables", None),
    ("DELETE FROM \"(target)\".x.y", None),
    ("MERGE INTO {t} USING {t} ON true WHEN MATCHED THEN DELETE", "sql.ambiguousAlias"),
    ("MERGE INTO {t} USING (SELECT 1 AS id) s ON {t}.id = s.id", "sql.syntax"),
    ("MERGE INTO {t} USING (SELECT 1 AS id) s ON {t}.id = s.id WHEN MATCHED THEN UPDATE SET *",
     "delta.schemaMismatch"),
    ("MERGE INTO {t} USING (SELECT 1 AS id) s ON {t}.id = s.id AND random() < 1 "
     "WHEN MATCHED THEN DELETE", "sql.notDeterministic"),
    ("MERGE INTO {t} t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE "
     "WHEN MATCHED AND t.id = 1 THEN UPDATE SET name = 'x'", "sql.syntax"),
    ("MERGE INTO {t} t USING (SELECT 7 AS id) s ON t.id = s.id "
     "WHEN NOT MATCHED THEN INSERT (name) VALUES ('x')", "delta.notNull"),
]  # fmt: skip


@pytest.mark.parametrize("sql,id", REFUSED)
def test_refused(admin: Client, t: str, sql: str, id: Any) -> None:
    error = admin.refused(sql.format(t=t))
    if id is not None:
        assert error.id in (id if isinstance(id, tuple) else (id,)), error
    assert error.status == 400 or error.status == 404
    no_machine_paths(str(error))
    assert "__ob_kept" not in str(error)
    assert ids(admin, t) == [1, 2, 3]


PLACES = [
    ("DELETE FROM {t}\nWHERE id = = 3", "line 2, column 12"),
    ("DELETE FROM {t}\nWHERE id = 3 AND", "end of input (line 2, column 17)"),
    ("DELETE FROM {t}\nWHERE idd = 3", "line 2, column 7"),
    ("DELETE FROM {t}\nWHERE no_such(id) = 3", "line 2, column 7"),
    ("DELETE FROM {t}\nWHERE id IN (SELECT q FROM (VALUES (1)) v(x))", "line 2, column 21"),
    ("DELETE FROM {t}\nWHERE id IN (SELECT x FROM missing)", "line 2, column 28"),
    ("UPDATE {t} SET\nname = 'x' 'y'", "line 2, column 12"),
    ("UPDATE {t} SET\nname = name || nope", "line 2, column 16"),
    ("UPDATE {t} SET\nname = upperr(name)", "line 2, column 8"),
    ("MERGE INTO {t} AS t USING {t} s\nON t.id = s.idd WHEN MATCHED THEN DELETE", "column 11"),
    ("MERGE INTO {t} AS t USING {t} s ON t.id = s.id\n"
     "WHEN MATCHED AND t.zz > 1 THEN DELETE", "line 2, column 18"),
    ("INSERT INTO {t}\nREPLACE WHERE zz = 1 SELECT * FROM {t}", "line 2, column 15"),
    ("CREATE TABLE {t}2 (id INT,\nCONSTRAINT c CHECK (nope > 0))", "line 2, column 21"),
]  # fmt: skip


@pytest.mark.parametrize("sql,place", PLACES)
def test_faults_tell_their_places(admin: Client, t: str, sql: str, place: str) -> None:
    error = admin.refused(sql.format(t=t))
    assert place in error.detail, error.detail
    assert "Values list" not in error.detail


def test_conditions_on_an_empty_table_are_checked(admin: Client, schema: str) -> None:
    for name, rest in (("a", ""), ("b", "PARTITIONED BY (k)")):
        table = f"main.{schema}.{name}"
        admin.sql(f"CREATE TABLE {table} (id INT, k STRING) {rest}")
        assert admin.refused(f"DELETE FROM {table} WHERE nope = 1").id == "sql.binding"
        assert admin.refused(f"UPDATE {table} SET id = 1 WHERE nope = 1").id == "sql.binding"
        assert admin.sql(f"DELETE FROM {table} WHERE k = 'x'")[0][0] == 0


@pytest.mark.parametrize(
    "sql,parameters,name",
    [
        ("DELETE FROM {t} WHERE id = $1", [1, 2], "$2"),
        ("DELETE FROM {t} WHERE id = $x", {"x": 1, "y": 2}, "$y"),
        ("UPDATE {t} SET name = ? WHERE id = ?", ["n", 1, 3], "$3"),
        ("INSERT INTO {t} (id) VALUES ($1)", [1, 2], "$2"),
        ("TRUNCATE TABLE {t}", [1], "$1"),
    ],
)
def test_values_without_a_parameter(
    admin: Client, t: str, sql: str, parameters: Any, name: str
) -> None:
    error = admin.refused(sql.format(t=t), parameters=parameters)
    assert error.id == "sql.parameters" and name in error.detail
    assert ids(admin, t) == [1, 2, 3]


def test_others_may_not(admin: Client, user: Client, t: str) -> None:
    for sql in (
        f"DELETE FROM {t}",
        f"DELETE FROM {t} WHERE id = 1",
        f"UPDATE {t} SET id = 1",
        f"MERGE INTO {t} USING (SELECT 1 AS id) s ON true WHEN MATCHED THEN DELETE",
    ):
        assert user.refused(sql).status in (403, 404)
    assert ids(admin, t) == [1, 2, 3]


def test_append_only(admin: Client, schema: str) -> None:
    name = f"main.{schema}.a"
    admin.sql(f"CREATE TABLE {name} (id INT) TBLPROPERTIES ('delta.appendOnly' = 'true')")
    admin.sql(f"INSERT INTO {name} VALUES (1)")
    assert admin.refused(f"DELETE FROM {name} WHERE id = 7").id == "delta.appendOnly"
    assert admin.refused(f"UPDATE {name} SET id = 2").id == "delta.appendOnly"
    source = "(SELECT unnest([1, 2]) AS id) s"
    assert (
        admin.refused(
            f"MERGE INTO {name} t USING {source} ON t.id = s.id WHEN MATCHED THEN DELETE"
        ).id
        == "delta.appendOnly"
    )
    admin.sql(f"MERGE INTO {name} t USING {source} ON t.id = s.id WHEN NOT MATCHED THEN INSERT *")
    assert ids(admin, name) == [1, 2]


def test_concurrent_statements_lose_nothing(admin: Client, schema: str) -> None:
    """Statements on the same file conflict and are run again; each has its effect once."""
    name = f"main.{schema}.c"
    admin.sql(f"CREATE TABLE {name} AS SELECT i AS id, 0 AS n FROM range(40) AS r(i)")
    failed: list[Any] = []

    def work(first: int) -> None:
        client = Client(admin.url, admin.token)
        for i in range(first, 40, 4):
            response = client.query(f"UPDATE {name} SET n = n + 1 WHERE id = {i}")
            if response.status_code == 409:
                failed.append(i)
            elif response.status_code != 200:
                failed.append(response.text)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(isinstance(f, int) for f in failed), failed
    expected = [[i, 0 if i in failed else 1] for i in range(40)]
    assert admin.sql(f"SELECT id, n FROM {name} ORDER BY id") == expected
    assert len(failed) < 20
