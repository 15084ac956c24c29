"""INSERT OVERWRITE of partitions, and REPLACE WHERE."""

from __future__ import annotations

import pytest

from tests.harness.client import Client


@pytest.fixture()
def p(admin: Client, schema: str) -> str:
    name = f"main.{schema}.p"
    admin.sql(f"CREATE TABLE {name} (day DATE, k STRING, v INT) PARTITIONED BY (day, k)")
    admin.sql(
        f"INSERT INTO {name} VALUES ('2026-01-01', 'a', 1), ('2026-01-01', 'b', 2), "
        "('2026-01-02', 'a', 3), ('2026-01-02', NULL, 4)"
    )
    return name


def rows(client: Client, table: str) -> list[list]:
    return client.sql(f"SELECT CAST(day AS STRING), k, v FROM {table} ORDER BY v")


OLD = [
    ["2026-01-01", "a", 1],
    ["2026-01-01", "b", 2],
    ["2026-01-02", "a", 3],
    ["2026-01-02", None, 4],
]

CASES = [
    (
        "INSERT OVERWRITE {p} PARTITION (day = '2026-01-01', k = 'a') SELECT 10",
        [OLD[1], OLD[2], OLD[3], ["2026-01-01", "a", 10]],
    ),
    (
        "INSERT OVERWRITE TABLE {p} PARTITION (day = DATE '2026-01-02', k = NULL) VALUES (10), (11)",
        [*OLD[:3], ["2026-01-02", None, 10], ["2026-01-02", None, 11]],
    ),
    (
        "INSERT OVERWRITE {p} PARTITION (day = '2026-01-02', k) SELECT 'a', 10 UNION SELECT 'z', 11",
        [OLD[0], OLD[1], OLD[3], ["2026-01-02", "a", 10], ["2026-01-02", "z", 11]],
    ),
    (
        "INSERT OVERWRITE {p} PARTITION (day, k) SELECT DATE '2026-01-02', NULL, 10",
        [*OLD[:3], ["2026-01-02", None, 10]],
    ),
    (
        "INSERT OVERWRITE {p} PARTITION (day = '2026-01-01') (v, k) SELECT 10, 'c'",
        [OLD[2], OLD[3], ["2026-01-01", "c", 10]],
    ),
    (
        "INSERT INTO {p} PARTITION (day = '2026-01-01', k = 'a') SELECT 10",
        [*OLD, ["2026-01-01", "a", 10]],
    ),
    (
        "INSERT INTO {p} REPLACE WHERE day = DATE '2026-01-01' AND k = 'b' "
        "SELECT DATE '2026-01-01', 'b', 10",
        [OLD[0], OLD[2], OLD[3], ["2026-01-01", "b", 10]],
    ),
    (
        "INSERT INTO {p} REPLACE WHERE v >= 2 AND v < 4 SELECT day, k, 3 FROM {p} WHERE v = 2",
        [OLD[0], ["2026-01-01", "b", 3], OLD[3]],
    ),
    ("INSERT INTO {p} BY NAME REPLACE WHERE v > 1 SELECT 5 AS v", [OLD[0], [None, None, 5]]),
    ("INSERT INTO {p} REPLACE WHERE k IS NULL SELECT * FROM {p} WHERE false", OLD[:3]),
    ("INSERT OVERWRITE {p} VALUES (NULL, 'q', 7)", [[None, "q", 7]]),
]


@pytest.mark.parametrize("sql,expected", CASES)
def test_replace(admin: Client, p: str, sql: str, expected: list) -> None:
    admin.sql(sql.format(p=p))
    assert rows(admin, p) == expected


REFUSED = [
    ("INSERT OVERWRITE {p} PARTITION (v = 1) SELECT DATE '2026-01-01', 'a'",
     "sql.unknownPartitionColumn"),
    ("INSERT OVERWRITE {p} PARTITION (day = '2026-01-01', k = 'a') SELECT 'a', 1",
     "delta.schemaMismatch"),
    ("INSERT OVERWRITE {p} PARTITION (day = '2026-01-01') (day, v) SELECT NULL, 1", "sql.syntax"),
    ("INSERT INTO {p} REPLACE WHERE v > 1 SELECT NULL, NULL, 1", "delta.replaceWhereMismatch"),
    ("INSERT INTO {p} REPLACE WHERE v > 1 SELECT NULL, NULL, NULL", "delta.replaceWhereMismatch"),
    ("INSERT INTO {p} REPLACE WHERE nope > 1 SELECT NULL, NULL, 1", "sql.binding"),
    ("INSERT INTO {p} REPLACE WHERE v > 1) OR (true SELECT NULL, NULL, 1", "sql.syntax"),
]  # fmt: skip


@pytest.mark.parametrize("sql,id", REFUSED)
def test_refused(admin: Client, p: str, sql: str, id: str) -> None:
    assert admin.refused(sql.format(p=p)).id == id
    assert rows(admin, p) == OLD


def test_others_may_not(admin: Client, user: Client, p: str) -> None:
    assert user.refused(f"INSERT OVERWRITE {p} PARTITION (day, k) SELECT 1").status in (403, 404)
    assert user.refused(f"INSERT INTO {p} REPLACE WHERE true SELECT 1").status in (403, 404)
    assert rows(admin, p) == OLD
