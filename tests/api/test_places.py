"""Errors tell the line and column of what is wrong, in the statement as it was sent, or none."""

import pytest

from tests.harness.client import Client

# "^" stands before what is wrong and is not sent; without it no place may be told.
PLACES = [
    ("SELECT\n  ^foo FROM t", "sql.binding"),
    ("SELECT id, ^t.nme FROM u JOIN t USING (id)", "sql.binding"),
    ("SELECT ^main.{schema}.t.nme FROM t", "sql.binding"),
    ("SELECT 'äöü' AS ä, ^`foo bar` FROM t", "sql.binding"),
    ("SELECT id FROM t VERSION AS OF 0 AS x WHERE ^foo = 1 AND x.id = 1", "sql.binding"),
    ("SELECT id ^+ name FROM t", "sql.binding"),
    ("SELECT ^substr(name) FROM t", "sql.binding"),
    ("SELECT CAST('a' AS ^integr)", "sql.binding"),
    ("-- é\nCREATE TABLE q AS\nSELECT ^foo FROM t", "sql.binding"),
    ("CREATE VIEW q (a) AS SELECT ^foo FROM t", "sql.binding"),
    ("INSERT INTO t SELECT\n\n ^foo, 'a' FROM t", "sql.binding"),
    ("EXPLAIN SELECT ^foo FROM t", "sql.binding"),
    ("DESCRIBE QUERY SELECT ^foo FROM t", "sql.binding"),
    ("DESC QUERY SELECT ^foo FROM t", "sql.binding"),
    ("WITH c AS (SELECT id FROM t) SELECT ^c.nme FROM c", "sql.binding"),
    ("SELECT id FROM t, ^nowhere", "catalog.tableNotFound"),
    ("SELECT id FROM t WHERE id IN (SELECT x FROM ^places.nowhere)", "catalog.tableNotFound"),
    ("SELECT id, ^lenght(name) FROM t", "sql.functionNotAllowed"),
    ("SELECT * FROM t, ^read_text('/x')", "sql.functionNotAllowed"),
    ("SELECT * FROM t VERSION AS OF 0 WHERE id ^1", "sql.syntax"),
    ("CREATE TABLE q AS\nSELECT 1 frm ^t t t", "sql.syntax"),
    ("INSERT INTO t SELECT 1 frm ^t t t", "sql.syntax"),
    ("/* ä */ SELECT 1 +^", "sql.syntax"),
    ("SELECT id FROM `t` WHERE id IN (^)", "sql.syntax"),
    # The word stands there twice, or DuckDB does not say where.
    ("SELECT foo, count(foo) FROM t", "sql.binding"),
    ("SELECT *, count(*) FROM t ORDER BY id", "sql.binding"),
    ("SELECT t.id FROM t JOIN u USING (foo)", "sql.binding"),
    # What is wrong stands in the view, not in the statement.
    ("SELECT * FROM broken", "sql.binding"),
    ("WITH gone AS (SELECT 1) SELECT * FROM broken", "sql.binding"),
    ("SELECT gone FROM broken", "sql.binding"),
]


@pytest.fixture(scope="module")
def tables(admin: Client):
    admin.sql("CREATE SCHEMA IF NOT EXISTS places")
    admin.sql("CREATE OR REPLACE TABLE t (id BIGINT, name STRING, gone INT)", schema="places")
    admin.sql("CREATE OR REPLACE TABLE u (id BIGINT)", schema="places")
    admin.sql("CREATE OR REPLACE VIEW broken AS SELECT gone FROM t", schema="places")
    admin.sql("CREATE OR REPLACE TABLE t (id BIGINT, name STRING)", schema="places")
    yield "places"
    admin.sql("DROP SCHEMA places CASCADE")


@pytest.mark.parametrize("sql, error", PLACES, ids=[s[:40] for s, _ in PLACES])
def test_place(admin: Client, tables: str, sql: str, error: str) -> None:
    sql = sql.replace("{schema}", tables)
    before, mark, after = sql.partition("^")
    refused = admin.refused(before + after, schema=tables)
    assert refused.id == error, refused.detail
    line = before.count("\n") + 1
    place = f"(line {line}, column {len(before) - (before.rfind(chr(10)) + 1) + 1})"
    if mark:
        assert place in refused.detail.splitlines()[0], refused.detail
    else:
        assert "(line " not in refused.detail, refused.detail
