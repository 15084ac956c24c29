"""Answers that were computed before: exact after every write, by whichever engine."""

import json
import shutil

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.api.checks import problem


def ask(client, sql, **body):
    """The rows of a statement, and whether they were known already."""
    answer = client.ok("POST", "query", json={"sql": sql, **body})
    assert "next" not in answer
    return answer["rows"], answer["statistics"]["cached"]


def fresh(client, sql, **body):
    """The rows, which must have been computed; a second answer is the same without."""
    rows, cached = ask(client, sql, **body)
    assert not cached
    again, cached = ask(client, sql, **body)
    assert cached and again == rows
    return rows


@pytest.fixture
def numbers(admin, schema):
    name = f"main.{schema}.numbers"
    admin.sql(f"CREATE TABLE {name} AS SELECT range AS n, range % 3 AS k FROM range(10)")
    return name


def test_every_write_of_the_server_counts(admin, numbers):
    sql = f"SELECT count(*), sum(n) FROM {numbers}"
    assert fresh(admin, sql) == [[10, 45]]
    for write, expected in [
        (f"INSERT INTO {numbers} VALUES (100, 0)", [11, 145]),
        (f"DELETE FROM {numbers} WHERE n = 100", [10, 45]),
        (f"UPDATE {numbers} SET n = n + 1 WHERE k = 0", [10, 49]),
        (f"MERGE INTO {numbers} USING (SELECT 5 AS n) s ON numbers.n = s.n "
         "WHEN MATCHED THEN DELETE", [9, 44]),
        (f"TRUNCATE TABLE {numbers}", [0, None]),
        (f"RESTORE TABLE {numbers} TO VERSION AS OF 0", [10, 45]),
        (f"OPTIMIZE {numbers} ZORDER BY (n)", [10, 45]),
        (f"CREATE OR REPLACE TABLE {numbers} AS SELECT 7 AS n", [1, 7]),
    ]:  # fmt: skip
        admin.sql(write)
        assert fresh(admin, sql) == [expected], write
    admin.sql(f"DROP TABLE {numbers}")
    problem(admin.post("query", {"sql": sql}), 404, "catalog.tableNotFound")
    admin.sql(f"CREATE TABLE {numbers} AS SELECT 8 AS n")
    assert fresh(admin, sql) == [[1, 8]]


def test_every_write_of_another_engine_counts(lake):
    folder = lake.path("t")
    write_deltalake(folder, pa.table({"n": [1, 2]}))
    name = lake.register(folder)
    sql = f"SELECT sum(n) FROM {name}"
    assert fresh(lake.client, sql) == [[3]]
    write_deltalake(folder, pa.table({"n": [10]}), mode="append")
    assert fresh(lake.client, sql) == [[13]]
    DeltaTable(folder).delete("n = 2")
    assert fresh(lake.client, sql) == [[11]]
    DeltaTable(folder).optimize.compact()
    assert fresh(lake.client, sql) == [[11]]
    DeltaTable(folder).restore(0)
    assert fresh(lake.client, sql) == [[3]]


def test_a_table_that_was_made_anew_at_the_same_place(lake):
    folder = lake.path("t")
    for value in (1, 2, 3):
        shutil.rmtree(folder, ignore_errors=True)
        write_deltalake(folder, pa.table({"n": [value]}))
        name = lake.register(folder) if value == 1 else name
        assert fresh(lake.client, f"SELECT n FROM {name}") == [[value]]


def test_versions_have_answers_of_their_own(admin, numbers):
    admin.sql(f"DELETE FROM {numbers} WHERE n > 4")
    for version, count in [(0, 10), (1, 5)]:
        assert fresh(admin, f"SELECT count(*) FROM {numbers} VERSION AS OF {version}") == [[count]]
    # The newest version is version 1, whichever way it is named.
    assert ask(admin, f"SELECT count(*) FROM {numbers}") == ([[5]], True)
    assert ask(admin, f"SELECT count(*) FROM {numbers} VERSION AS OF 0") == ([[10]], True)


def test_tables_parameters_and_limits_are_told_apart(admin, schema, numbers):
    other = f"main.{schema}.other"
    admin.sql(f"CREATE TABLE {other} AS SELECT 1 AS n, 1 AS k")
    assert fresh(admin, f"SELECT max(n) FROM {numbers}") == [[9]]
    assert fresh(admin, f"SELECT max(n) FROM {other}") == [[1]]
    sql = f"SELECT n FROM {numbers} WHERE n >= $1 ORDER BY n"
    assert fresh(admin, sql, parameters=[8]) == [[8], [9]]
    assert fresh(admin, sql, parameters=[9]) == [[9]]
    assert fresh(admin, sql, parameters=["9"]) == [[9]]
    assert fresh(admin, sql, parameters=[5], row_limit=2) == [[5], [6]]
    assert fresh(admin, sql, parameters=[5], row_limit=3) == [[5], [6], [7]]
    assert fresh(admin, sql, parameters=[5]) == [[5], [6], [7], [8], [9]]
    joined = f"SELECT a.n, b.n FROM {{}} a JOIN {{}} b ON a.k = b.k AND a.n = 1"
    assert fresh(admin, joined.format(numbers, other)) == [[1, 1]]
    assert fresh(admin, joined.format(other, numbers)) == [[1, 1], [1, 4], [1, 7]]


def test_a_known_answer_tells_that_rows_were_cut_off(admin, numbers):
    body = {"sql": f"SELECT n FROM {numbers}", "row_limit": 3}
    first = admin.ok("POST", "query", json=body)
    again = admin.ok("POST", "query", json=body)
    assert again["statistics"]["cached"] and again["truncated"] is first["truncated"] is True
    assert again["rows"] == first["rows"] and again["columns"] == first["columns"]


def test_pages_of_a_known_answer(admin, numbers):
    sql = f"SELECT a.n + 10 * b.n AS x FROM {numbers} a, {numbers} b ORDER BY x"
    pages = list(admin.pages(sql, page_rows=30))
    assert [len(page["rows"]) for page in pages] == [30, 30, 30, 10]
    known = list(admin.pages(sql, page_rows=45))
    assert [len(page["rows"]) for page in known] == [45, 45, 10]
    assert known[0]["statistics"]["cached"] and not pages[0]["statistics"]["cached"]
    assert [r for page in known for r in page["rows"]] == [[i] for i in range(100)]


def test_arrow_streams(admin, numbers):
    sql = f"SELECT n, n::VARCHAR AS s, NULL::DATE AS d FROM {numbers} ORDER BY n"
    first = admin.arrow(sql)
    again = admin.arrow(sql)
    assert again.equals(first) and again.num_rows == 10
    assert ask(admin, sql)[1] is False  # rows as JSON are another form
    admin.sql(f"DELETE FROM {numbers} WHERE n < 5")
    assert admin.arrow(sql)["n"].to_pylist() == [5, 6, 7, 8, 9]


def test_without_the_cache(admin, numbers):
    sql = f"SELECT count(*) FROM {numbers}"
    assert fresh(admin, sql) == [[10]]
    assert ask(admin, sql, cache=False) == ([[10]], False)


def test_what_time_or_chance_changes_is_computed(admin, numbers, server):
    for expression in ("random()", "now()", "uuid()", "current_timestamp"):
        sql = f"SELECT {expression} FROM {numbers} LIMIT 1"
        first, _ = ask(admin, sql)
        second, cached = ask(admin, sql)
        assert first != second and not cached, expression


def test_files_and_system_tables_are_read_each_time(admin, schema, numbers):
    path = admin.volume(schema) + "/a.csv"
    sql = f"SELECT a FROM read_csv('/Volumes/{path}')"
    for value in (1, 2):
        admin.upload(path, f"a\n{value}\n".encode())
        assert ask(admin, sql) == ([[value]], False)
    tables = f"SELECT count(*) FROM main.information_schema.tables WHERE table_schema = '{schema}'"
    assert ask(admin, tables) == ([[1]], False)
    admin.sql(f"CREATE TABLE main.{schema}.another (a INT)")
    assert ask(admin, tables) == ([[2]], False)


def test_rights_are_asked_for_each_time(admin, user, numbers):
    sql = f"SELECT count(*) FROM {numbers}"
    assert fresh(admin, sql) == [[10]]
    refused = user.post("query", {"sql": sql})
    assert refused.status_code in (403, 404)
    assert json.loads(refused.text)["title"]


def test_who_asks_is_part_of_the_question(admin, user, numbers):
    sql = "SELECT current_user"
    mine, _ = ask(admin, sql)
    theirs, cached = ask(user, sql)
    assert mine != theirs and not cached


def test_views_follow_their_definition(admin, schema, numbers):
    view = f"main.{schema}.v"
    admin.sql(f"CREATE VIEW {view} AS SELECT n FROM {numbers} WHERE n < 3")
    sql = f"SELECT count(*) FROM {view}"
    assert fresh(admin, sql) == [[3]]
    admin.sql(f"INSERT INTO {numbers} VALUES (-1, 0)")
    assert fresh(admin, sql) == [[4]]
    admin.sql(f"CREATE OR REPLACE VIEW {view} AS SELECT n FROM {numbers} WHERE n < 2")
    assert fresh(admin, sql) == [[3]]
