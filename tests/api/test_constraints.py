"""CHECK and NOT NULL, and changes of a table's columns."""

from __future__ import annotations

import pytest

from tests.harness.client import Client


@pytest.fixture()
def t(admin: Client, schema: str) -> str:
    name = f"main.{schema}.t"
    admin.sql(f"CREATE TABLE {name} (id INT, name STRING, CONSTRAINT positive CHECK (id > 0))")
    admin.sql(f"INSERT INTO {name} VALUES (1, 'a'), (2, NULL)")
    return name


VIOLATIONS = [
    "INSERT INTO {t} VALUES (3, 'x'), (-1, 'y')",
    "INSERT INTO {t} (name) VALUES ('no id')",  # NULL is not true
    "INSERT INTO {t} BY NAME SELECT 0 AS id",
    "INSERT INTO {t} VALUES ('-5', 'cast first')",
    "INSERT OVERWRITE {t} VALUES (0, 'z')",
    "INSERT INTO {t} REPLACE WHERE id < 5 SELECT -1, 'r'",
    "UPDATE {t} SET id = id - 1",
    "MERGE INTO {t} t USING (SELECT 1 AS id) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET id = -7",
    "MERGE INTO {t} t USING (SELECT -9 AS id) s ON t.id = s.id "
    "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
]


@pytest.mark.parametrize("sql", VIOLATIONS)
def test_check(admin: Client, t: str, sql: str) -> None:
    error = admin.refused(sql.format(t=t))
    assert (error.status, error.id) == (400, "delta.checkViolated"), error
    assert "positive" in error.detail and "id > 0" in error.detail and '"id":' in error.detail
    assert "x" not in error.detail.split("{")[1]  # only the columns that the condition names
    assert admin.sql(f"SELECT id, name FROM {t} ORDER BY id") == [[1, "a"], [2, None]]


def test_files_are_checked_too(admin: Client, t: str, volume: str) -> None:
    path = admin.upload(f"{volume}/bad.csv", b"id,name\n5,x\n-5,y\n")
    for mode in ("append", "overwrite"):
        refused = admin.post("tables", {"name": t, "path": path, "mode": mode})
        assert (refused.status_code, refused.json()["id"]) == (400, "delta.checkViolated")
    assert admin.value(f"SELECT count(*) FROM {t}") == 2


def test_an_empty_partition_value_is_null(admin: Client, schema: str) -> None:
    name = f"main.{schema}.p"
    columns = "id INT, part STRING, CONSTRAINT filled CHECK (part <> 'x' OR id = 0)"
    admin.sql(f"CREATE TABLE {name} ({columns}) PARTITIONED BY (part)")
    # '' <> 'x' holds, NULL <> 'x' does not: partitions of '' are read as NULL by all engines.
    assert admin.refused(f"INSERT INTO {name} VALUES (1, '')").id == "delta.checkViolated"
    admin.sql(f"INSERT INTO {name} VALUES (0, '')")
    assert admin.sql(f"SELECT id, part FROM {name}") == [[0, None]]
    admin.sql(f"DELETE FROM {name}")
    admin.sql(f"ALTER TABLE {name} ALTER COLUMN part SET NOT NULL")
    assert admin.refused(f"INSERT INTO {name} VALUES (0, '')").id == "delta.notNull"
    admin.sql(f"INSERT INTO {name} VALUES (0, 'y')")
    assert admin.refused(f"UPDATE {name} SET part = ''").id == "delta.notNull"
    assert admin.sql(f"SELECT id, part FROM {name}") == [[0, "y"]]


def test_a_partition_of_an_empty_value_is_overwritten(admin: Client, schema: str) -> None:
    name = f"main.{schema}.p"
    admin.sql(f"CREATE TABLE {name} (id INT, part STRING) PARTITIONED BY (part)")
    for _ in range(2):
        admin.sql(f"INSERT OVERWRITE {name} PARTITION (part = '') SELECT 1")
    assert admin.sql(f"SELECT id, part FROM {name}") == [[1, None]]


def test_rows_that_keep_to_it(admin: Client, t: str) -> None:
    admin.sql(f"INSERT INTO {t} VALUES (7, 'b')")
    admin.sql(f"UPDATE {t} SET id = id + 1")
    admin.sql(f"DELETE FROM {t} WHERE id = 8")
    assert admin.sql(f"SELECT id FROM {t} ORDER BY id") == [[2], [3]]


def test_add_and_drop(admin: Client, t: str) -> None:
    add = f"ALTER TABLE {t} ADD CONSTRAINT named CHECK "
    error = admin.refused(add + "(name IS NOT NULL)")
    assert error.id == "delta.checkViolated" and "named" not in admin.value(
        f"SHOW CREATE TABLE {t}"
    )
    admin.sql(f"UPDATE {t} SET name = 'b' WHERE name IS NULL")
    admin.sql(add + "(length(name) < 5 AND name IN ('a', 'b', 'c'))")
    assert admin.refused(add + "(true)").id == "sql.constraintExists"
    assert admin.refused(f"INSERT INTO {t} VALUES (1, 'x')").id == "delta.checkViolated"
    admin.sql(f"INSERT INTO {t} VALUES (3, 'c')")
    admin.sql(f"ALTER TABLE {t} DROP CONSTRAINT NAMED")
    admin.sql(f"INSERT INTO {t} VALUES (4, 'x')")
    assert admin.refused(f"ALTER TABLE {t} DROP CONSTRAINT named").id == "sql.noSuchConstraint"
    admin.sql(f"ALTER TABLE {t} DROP CONSTRAINT IF EXISTS named")


@pytest.mark.parametrize(
    "condition",
    [
        "(SELECT count(*) FROM {t}) < 5",
        "nope > 1",
        "random() < 2",
        "read_text('/etc/passwd') = ''",
        "id > $1",
        "spark_only_function(id)",
    ],
)
def test_conditions_that_cannot_be_checked(admin: Client, t: str, condition: str) -> None:
    error = admin.refused(f"ALTER TABLE {t} ADD CONSTRAINT c CHECK ({condition.format(t=t)})")
    assert error.id == "delta.constraintNotSupported", error
    name = t + "_new"
    sql = f"CREATE TABLE {name} (id INT, CHECK ({condition.format(t=t)}))"
    assert admin.refused(sql).id == "delta.constraintNotSupported"
    assert admin.refused(f"SELECT * FROM {name}").id == "catalog.tableNotFound"


def test_show_create_table_makes_them_again(admin: Client, t: str) -> None:
    shown = admin.value(f"SHOW CREATE TABLE {t}")
    assert "CHECK (id > 0)" in shown and "delta.constraints" not in shown
    again = t + "_again"
    admin.sql(shown.replace(t, again, 1))
    assert admin.refused(f"INSERT INTO {again} VALUES (0, 'x')").id == "delta.checkViolated"


def test_not_null(admin: Client, t: str) -> None:
    assert admin.refused(f"ALTER TABLE {t} ALTER COLUMN name SET NOT NULL").id == "delta.notNull"
    admin.sql(f"UPDATE {t} SET name = 'b' WHERE name IS NULL")
    admin.sql(f"ALTER TABLE {t} ALTER COLUMN name SET NOT NULL")
    assert admin.refused(f"INSERT INTO {t} VALUES (5, NULL)").id == "delta.notNull"
    assert admin.refused(f"UPDATE {t} SET name = NULL").id == "delta.notNull"
    admin.sql(f"ALTER TABLE {t} ALTER COLUMN name DROP NOT NULL")
    admin.sql(f"INSERT INTO {t} VALUES (5, NULL)")
    assert admin.refused(f"ALTER TABLE {t} ALTER COLUMN nope SET NOT NULL").status == 400


def test_add_columns(admin: Client, schema: str) -> None:
    name = f"main.{schema}.c"
    admin.sql(f"CREATE TABLE {name} AS SELECT 1 AS id, {{'a': 1}} AS s")
    admin.sql(f"ALTER TABLE {name} ADD COLUMN note STRING COMMENT 'later'")
    admin.sql(
        f"ALTER TABLE {name} ADD COLUMNS (first_one DATE FIRST, n BIGINT AFTER id, s.b DOUBLE)"
    )
    assert [row[0] for row in admin.sql(f"DESCRIBE {name}")] == [
        "first_one",
        "id",
        "n",
        "s",
        "note",
    ]
    assert admin.sql(f"SELECT * FROM {name}") == [[None, 1, None, {"a": 1, "b": None}, None]]
    admin.sql(f"UPDATE {name} SET s.b = 2.5, note = 'x', n = 3")
    assert admin.sql(f"SELECT * FROM {name}") == [[None, 1, 3, {"a": 1, "b": 2.5}, "x"]]
    assert admin.refused(f"ALTER TABLE {name} ADD COLUMN NOTE INT").id == "sql.duplicateColumn"
    assert admin.refused(f"ALTER TABLE {name} ADD COLUMN a.b INT").id == "delta.schemaMismatch"
    assert admin.sql(f"SELECT * FROM {name} VERSION AS OF 0") == [[1, {"a": 1}]]


def test_change_type(admin: Client, schema: str) -> None:
    name = f"main.{schema}.w"
    admin.sql(f"CREATE TABLE {name} (id INT, k INT, d DECIMAL(5,2)) PARTITIONED BY (k)")
    admin.sql(f"INSERT INTO {name} VALUES (1, 1, 1.25), (2, NULL, NULL)")
    for column, kind in (("id", "BIGINT"), ("k", "BIGINT"), ("d", "DECIMAL(12,4)")):
        admin.sql(f"ALTER TABLE {name} ALTER COLUMN {column} TYPE {kind}")
    admin.sql(f"INSERT INTO {name} VALUES (5000000000, 6000000000, 12345678.0001)")
    assert admin.sql(f"SELECT * FROM {name} ORDER BY id") == [
        [1, 1, "1.2500"],
        [2, None, None],
        [5000000000, 6000000000, "12345678.0001"],
    ]
    for kind in ("INT", "STRING", "DATE"):
        error = admin.refused(f"ALTER TABLE {name} ALTER COLUMN id TYPE {kind}")
        assert error.id == "delta.schemaMismatch"


def test_schema_evolution(admin: Client, schema: str) -> None:
    name = f"main.{schema}.e"
    admin.sql(f"CREATE TABLE {name} AS SELECT 1 AS id, 'a' AS v")
    insert = f"INTO {name} BY NAME SELECT 2 AS id, 1.5 AS w"
    assert admin.refused(f"INSERT {insert}").id == "delta.schemaMismatch"
    admin.sql(f"INSERT WITH SCHEMA EVOLUTION {insert}")
    assert admin.sql(f"SELECT id, v, w FROM {name} ORDER BY id") == [
        [1, "a", None],
        [2, None, "1.5"],
    ]
    merge = (
        f"INTO {name} t USING (SELECT unnest([2, 3]) AS id, 'new' AS v, true AS x) s "
        "ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
    )
    assert admin.refused(f"MERGE {merge}").id == "delta.schemaMismatch"
    assert admin.sql(f"MERGE WITH SCHEMA EVOLUTION {merge}")[0][2:] == [1, 0, 1]
    assert admin.sql(f"SELECT id, v, w, x FROM {name} ORDER BY id") == [
        [1, "a", None, None],
        [2, "new", "1.5", True],
        [3, "new", None, True],
    ]


def test_others_may_not(admin: Client, user: Client, t: str) -> None:
    for change in (
        "ADD CONSTRAINT c CHECK (true)",
        "DROP CONSTRAINT positive",
        "ADD COLUMN c INT",
        "ALTER COLUMN id SET NOT NULL",
    ):
        assert user.refused(f"ALTER TABLE {t} {change}").status in (403, 404)
    assert admin.refused(f"INSERT INTO {t} VALUES (-1, 'a')").id == "delta.checkViolated"
