"""Statements that are sent again: what they read and who may read it is looked up each time."""

import pytest

from tests.api.checks import problem


def test_a_view_that_changed_between(admin, schema):
    admin.sql(f"CREATE VIEW main.{schema}.v AS SELECT 1 AS a")
    assert admin.sql(f"SELECT * FROM main.{schema}.v") == [[1]]
    admin.sql(f"CREATE OR REPLACE VIEW main.{schema}.v AS SELECT 2 AS a, 'x' AS b")
    assert admin.sql(f"SELECT * FROM main.{schema}.v") == [[2, "x"]]


def test_a_table_that_changed_between(admin, schema):
    admin.sql(f"CREATE TABLE main.{schema}.t AS SELECT 1 AS a")
    ask = f"WITH c AS (SELECT * FROM main.{schema}.t) SELECT * FROM c ORDER BY 1"
    assert admin.sql(ask) == [[1]]
    admin.sql(f"INSERT INTO main.{schema}.t VALUES (2)")
    assert admin.sql(ask) == [[1], [2]]
    admin.sql(f"DROP TABLE main.{schema}.t")
    problem(admin.post("query", {"sql": ask}), 404, "catalog.tableNotFound")
    admin.sql(f"CREATE TABLE main.{schema}.t AS SELECT 'other' AS name, 7 AS n")
    assert admin.sql(ask) == [["other", 7]]


def test_large_limits_read_the_table_once(admin, schema):
    admin.sql(f"CREATE TABLE main.{schema}.t AS SELECT range AS i, i * 2 AS j FROM range(50000)")
    ask = f"SELECT * FROM main.{schema}.t LIMIT 20000"
    plan = "\n".join(str(row) for row in admin.sql("EXPLAIN " + ask))
    assert "JOIN" not in plan
    rows = admin.sql(f"SELECT count(*), sum(i) FROM ({ask})")
    assert rows == [[20000, sum(range(20000))]]


@pytest.mark.parametrize("limit", [10000, 10001, 20000, 60000])
@pytest.mark.parametrize("offset", [0, 5])
def test_large_limits_are_exact(admin, schema, limit, offset):
    admin.sql(f"CREATE TABLE main.{schema}.t AS SELECT range AS i FROM range(50000)")
    table = admin.arrow(f"SELECT * FROM main.{schema}.t LIMIT {limit} OFFSET {offset}")
    assert table.num_rows == min(limit, 50000 - offset)
