"""POST /query: formats, values, pages, cancel, limits, history."""

import csv
import io
import threading
import time
import uuid
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.api.checks import no_machine_paths, problem
from tests.harness.client import ARROW, Client, wait_until
from tests.harness.server import ADMIN_EMAIL

PARQUET = "application/vnd.apache.parquet"
LONG = "SELECT sum(sqrt(a.range * b.range)) FROM range(10000000) a, range(100000) b"

VALUES = [
    ("9223372036854775807::BIGINT", 9223372036854775807),
    ("(-9223372036854775808)::BIGINT", -9223372036854775808),
    ("18446744073709551615::UBIGINT", 18446744073709551615),
    ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
    ("1.10::DECIMAL(10,2)", "1.10"),
    ("0.1::DOUBLE", 0.1),
    ("1.7976931348623157e308::DOUBLE", 1.7976931348623157e308),
    ("5e-324::DOUBLE", 5e-324),
    ("'nan'::DOUBLE", "NaN"),
    ("'infinity'::DOUBLE", "Infinity"),
    ("'-infinity'::DOUBLE", "-Infinity"),
    ("NULL", None),
    ("true", True),
    ("'ünï 日本 😀'", "ünï 日本 😀"),
    ("'a\"b\\c' || chr(10) || chr(1)", 'a"b\\c\n\x01'),
    ("'\\x00\\xff'::BLOB", "AP8="),
    ("DATE '2026-02-28'", "2026-02-28"),
    ("[1, NULL, 3]", [1, None, 3]),
    ("{'a': 1, 'b': [true]}", {"a": 1, "b": [True]}),
    ("''", ""),
]


@pytest.mark.parametrize("expression, expected", VALUES, ids=[e for e, _ in VALUES])
def test_values_as_json(admin: Client, expression: str, expected) -> None:
    assert admin.value(f"SELECT {expression} AS v") == expected


def test_instants_are_utc(admin: Client) -> None:
    assert admin.value("SELECT TIMESTAMPTZ '2026-01-01 02:00:00+02' AS t").startswith(
        "2026-01-01T00:00:00"
    )
    assert admin.value("SELECT TIMESTAMPTZ '2026-01-01 02:00:00+02' AS t").endswith("Z")
    assert not admin.value("SELECT TIMESTAMP '2026-01-01 02:00:00' AS t").endswith("Z")


def test_columns_have_names_and_types(admin: Client) -> None:
    answer = admin.query("SELECT 1::BIGINT AS a, 'x' AS \"b c\", 1.5::DECIMAL(4,1) AS d").json()
    assert [c["name"] for c in answer["columns"]] == ["a", "b c", "d"]
    assert [c["type"] for c in answer["columns"]] == ["BIGINT", "VARCHAR", "DECIMAL(4,1)"]
    assert uuid.UUID(answer["query_id"]) and answer["statistics"]["elapsed_ms"] >= 0


def test_arrow(admin: Client) -> None:
    table = admin.arrow("SELECT range AS a, range::VARCHAR AS b, NULL::INT AS n FROM range(300000)")
    assert table.num_rows == 300000
    assert table.column("a")[-1].as_py() == 299999 and table.column("b")[7].as_py() == "7"
    assert table.column("n").null_count == 300000
    assert admin.arrow("SELECT 1 AS a WHERE false").num_rows == 0


def test_csv(admin: Client) -> None:
    answer = admin.query("SELECT 1 AS a, 'x,\"y\"' AS b, NULL AS c", accept="text/csv")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv")
    assert list(csv.reader(io.StringIO(answer.content.decode()))) == [
        ["a", "b", "c"],
        ["1", 'x,"y"', ""],
    ]


def test_parquet(admin: Client) -> None:
    answer = admin.query("SELECT range AS a FROM range(1000)", accept=PARQUET)
    assert answer.status_code == 200
    table = pq.read_table(io.BytesIO(answer.content))
    assert table.num_rows == 1000 and table.column("a")[999].as_py() == 999


def test_unknown_accept(admin: Client) -> None:
    answer = admin.query("SELECT 1 AS a", accept="image/png")
    assert answer.status_code in (200, 406)


@pytest.mark.parametrize("accept", ["application/json", ARROW, "text/csv", PARQUET])
def test_errors_are_problems_in_every_format(admin: Client, accept: str) -> None:
    body = problem(admin.query("SELECT nope FROM range(1)", accept=accept), 400)
    assert body["id"].startswith("sql.") and "nope" in body["detail"]


def test_pages(admin: Client) -> None:
    pages = list(admin.pages("SELECT range AS a FROM range(2500)", page_rows=1000))
    assert [len(p["rows"]) for p in pages] == [1000, 1000, 500]
    assert [r[0] for p in pages for r in p["rows"]] == list(range(2500))


def test_a_page_is_given_once(admin: Client) -> None:
    first = admin.query("SELECT range AS a FROM range(30)", page_rows=10).json()
    assert admin.get(f"query/pages/{first['next']}").status_code == 200
    problem(admin.get(f"query/pages/{first['next']}"), (404, 410))
    problem(admin.get("query/pages/nonsense"), (400, 404, 410))


def test_pages_are_their_owners(admin: Client, user: Client) -> None:
    first = admin.query("SELECT range AS a FROM range(30)", page_rows=10).json()
    problem(user.get(f"query/pages/{first['next']}"), (403, 404, 410))
    assert admin.get(f"query/pages/{first['next']}").status_code == 200


def test_row_limit(admin: Client) -> None:
    answer = admin.query("SELECT * FROM range(100)", row_limit=10).json()
    assert len(answer["rows"]) == 10 and answer["truncated"] is True
    exact = admin.query("SELECT * FROM range(10)", row_limit=10).json()
    assert len(exact["rows"]) == 10 and not exact.get("truncated")


PARAMETERS = [
    ("SELECT $1 + $2", [40, 2], 42),
    ("SELECT $a || $b", {"a": "x", "b": "'; DROP TABLE t; --"}, "x'; DROP TABLE t; --"),
    ("SELECT $1 IS NULL", [None], True),
    ("SELECT $1", [9007199254740993], 9007199254740993),
    ("SELECT $1", [1.5], 1.5),
    ("SELECT $1", [True], True),
    ("SELECT len($1)", [[1, 2, 3]], 3),
    ("SELECT len($1::INT[])", [[]], 0),
    ("SELECT len($1::INT[][])", [[[], [1]]], 2),
    ("SELECT len($1::VARCHAR[])", [[None]], 1),
]


@pytest.mark.parametrize("sql, parameters, expected", PARAMETERS, ids=[p[0] for p in PARAMETERS])
def test_parameters(admin: Client, sql: str, parameters, expected) -> None:
    assert admin.value(sql, parameters=parameters) == expected


LARGE = [
    "lpad('x', 2000000000, 'y')",
    "rpad('x', 2000000000, 'y')",
    "repeat('x', 2000000000)",
    "bitstring('1', 2000000000)",
    "list_resize([1], 2000000000)",
    "array_resize([1], 2000000000, 5)",
    "range(2000000000)",
    "generate_series(1, 2000000000)",
    "range(0, -2000000000, -1)",
    "range(DATE '1000-01-01', DATE '3000-01-01', INTERVAL 1 SECOND)",
    "printf('%2000000000d', 1)",
    "printf('%*d', 2000000000, 1)",
    "printf('%' || n || 'd', 1)",
    "format('{:>2000000000}', 1)",
    "format('{:>{}}', 1, 2000000000)",
]


@pytest.mark.parametrize("expression", LARGE)
def test_values_of_any_length_are_refused(admin: Client, expression: str) -> None:
    """DuckDB makes these in one go: neither a time limit nor the memory's would stop it."""
    problem(admin.query(f"SELECT {expression} FROM (SELECT 2000000000 AS n)"), 400, "sql.value")


BOUNDED = [
    ("lpad('x', 3, 'y') || rpad('x', 3, 'y') || repeat('ab', 2)", "yyxxyyabab"),
    ("repeat('x', -5) || lpad('xyz', -99999999999, 'y')", ""),
    ("[lpad('x', NULL, 'y'), repeat('x', NULL), repeat(NULL, 3)]", [None, None, None]),
    ("[range(3), range(1, 3), range(6, 0, -3), range(NULL)]", [[0, 1, 2], [1, 2], [6, 3], None]),
    ("[list_resize([1], 2), array_resize([1], 2, 9), repeat([7], 2)]", [[1, None], [1, 9], [7, 7]]),
    ("len(generate_series(TIMESTAMP '2020-01-01', TIMESTAMP '2021-01-01', INTERVAL 1 MONTH))", 13),
    ("printf('%5d|%s|%.2f', 1, 'a', 2.5) || printf('100%%')", "    1|a|2.50100%"),
    ("format('{} {:>5} {:.2f} {{}}', 1, 'b', 2.5)", "1     b 2.50 {}"),
    ("[row(1, 'a')]", [[1, "a"]]),
]


@pytest.mark.parametrize("expression, expected", BOUNDED, ids=[b[0] for b in BOUNDED])
def test_values_of_a_modest_length(admin: Client, expression: str, expected) -> None:
    assert admin.value(f"SELECT {expression}") == expected


def test_lengths_by_row(admin: Client) -> None:
    sql = "SELECT repeat(a, n) FROM (VALUES ('x', 3), ('y', NULL), (NULL, 4), ('z', 0)) t(a, n)"
    assert admin.sql(sql) == [["xxx"], [None], [None], [""]]


PARAMETERS_OVER_TABLES = [
    ("SELECT sum(a) FROM t WHERE a > ? AND a < ?", [1, 4], 5),
    ("SELECT sum(a) FROM t WHERE a > $2 AND a < $1", [4, 1], 5),
    ("SELECT sum(x.a) FROM t x, t y WHERE x.a = y.a AND x.a <> $no", {"no": 2}, 8),
    ("SELECT sum(a) FROM t WHERE a = $3", {"3": 3}, 3),
    ("SELECT count(*) FROM t WHERE a IN (SELECT unnest($1))", [[1, 3]], 2),
    ("SELECT count(*) FROM t VERSION AS OF $1 WHERE a > $2", [1, 0], 4),
    ("SELECT count(*) FROM t", [], 4),
    ("SELECT count(*) FROM t", {}, 4),
    ("SELECT count(*) FROM t, (SELECT 1)", None, 4),
]


@pytest.mark.parametrize(
    "sql, parameters, expected", PARAMETERS_OVER_TABLES, ids=[p[0] for p in PARAMETERS_OVER_TABLES]
)
def test_parameters_over_tables(admin: Client, schema: str, sql, parameters, expected) -> None:
    names = {"catalog": "main", "schema": schema}
    admin.sql("CREATE TABLE IF NOT EXISTS t (a INT)", **names)
    if admin.value("SELECT count(*) FROM t", **names) == 0:
        admin.sql("INSERT INTO t VALUES (1), (2), (3), (4)", **names)
    assert admin.value(sql, parameters=parameters, **names) == expected
    assert "t" in str(admin.sql("EXPLAIN " + sql, parameters=parameters, **names))


@pytest.mark.parametrize("parameters", [[], [1], [1, 2, 3], {"x": 1}, {"1": 1}, None])
def test_wrong_parameters_over_tables(admin: Client, schema: str, parameters) -> None:
    names = {"catalog": "main", "schema": schema}
    admin.sql("CREATE TABLE IF NOT EXISTS t (a INT)", **names)
    told = problem(
        admin.query("SELECT * FROM t WHERE a IN ($1, $2)", parameters=parameters, **names), 400
    )
    assert "parameter" in told["detail"] and "files" not in told["detail"]


@pytest.mark.parametrize("parameters", [[], [1], [1, 2, 3], {"x": 1}, "text", 5])
def test_wrong_parameters(admin: Client, parameters) -> None:
    problem(admin.query("SELECT $1 + $2", parameters=parameters), (400, 422))


def test_defaults_of_names(admin: Client, schema: str) -> None:
    admin.sql("CREATE TABLE t AS SELECT 5 AS a", catalog="main", schema=schema)
    assert admin.value("SELECT a FROM t", catalog="main", schema=schema) == 5
    assert admin.value(f"SELECT a FROM {schema}.t") == 5


FAULTS = [
    "",
    "SELECT 1e99999",
    ";",
    "SELEC 1",
    "SELECT",
    "SELECT * FROM",
    "SELECT 'unterminated",
    "SELECT /* open",
    "SELECT * FROM no_such_table_anywhere",
    "SELECT no_such_function(1)",
    "SELECT 1 +",
    "SELECT 'x'::INT",
    "SELECT \x00",
    "\ufeff",
    "(" * 3000,
    "SELECT " + "(" * 2000 + "1" + ")" * 2000,
    "SELECT " + "-" * 5000 + "1",
    "SELECT " + "NOT " * 20000 + "true",
    "SELECT " + "1+" * 50000 + "1",
    "SELECT " + ",".join(f"{i} AS a{i}" for i in range(20000)),
]


@pytest.mark.parametrize("sql", FAULTS, ids=[f[:30] for f in FAULTS])
def test_faults_are_explained(admin: Client, sql: str) -> None:
    answer = admin.query(sql)
    if answer.status_code == 200:  # deep, but fine
        return
    body = problem(answer, (400, 404, 413, 422))
    no_machine_paths(body["detail"], sql)


def test_a_syntax_error_says_where(admin: Client) -> None:
    body = problem(admin.query("SELECT 1,\n  FORM x y z"), 400, "sql.syntax")
    assert "line" in body["detail"].lower()


def test_cancel(admin: Client) -> None:
    query_id = str(uuid.uuid4())
    answers = []
    worker = threading.Thread(
        target=lambda: answers.append(Client(admin.url, admin.token).query(LONG, query_id=query_id))
    )
    worker.start()
    running = wait_until(
        lambda: admin.get(f"queries/{query_id}").status_code == 200
        and admin.ok("GET", f"queries/{query_id}")["state"] == "running",
        what="the query in the list",
    )
    assert running
    assert admin.post(f"queries/{query_id}/cancel").status_code == 204
    worker.join(15)
    assert not worker.is_alive()
    problem(answers[0], 499, "query.cancelled")
    assert admin.ok("GET", f"queries/{query_id}")["state"] == "cancelled"


def test_a_client_that_leaves_ends_its_query(admin: Client) -> None:
    query_id = str(uuid.uuid4())
    client = Client(admin.url, admin.token)
    with pytest.raises(Exception):
        client.post("query", {"sql": LONG, "query_id": query_id}, timeout=1)
    client.http.close()
    wait_until(
        lambda: admin.ok("GET", f"queries/{query_id}")["state"] in ("cancelled", "failed"),
        what="the end of a query whose client left",
    )


def test_only_ones_own_queries_can_be_cancelled(admin: Client, user: Client) -> None:
    query_id = str(uuid.uuid4())
    admin.ok("POST", "query", json={"sql": "SELECT 1 AS a", "query_id": query_id})
    problem(user.post(f"queries/{query_id}/cancel"), (403, 404))
    problem(user.get(f"queries/{query_id}"), (403, 404))
    problem(admin.post(f"queries/{uuid.uuid4()}/cancel"), 404)


def test_timeout(admin: Client) -> None:
    started = time.monotonic()
    problem(admin.query(LONG, timeout_s=1), 408, "query.timeout")
    assert time.monotonic() - started < 15


def test_history(admin: Client, user: Client) -> None:
    marker = f"'{uuid.uuid4()}'"
    admin.sql(f"SELECT {marker} AS m")
    admin.query(f"SELECT {marker} AS m, nope")
    mine = [
        q for q in admin.ok("GET", "queries", params={"limit": 50})["items"] if marker in q["sql"]
    ]
    assert sorted(q["state"] for q in mine) == ["failed", "finished"]
    failed = next(q for q in mine if q["state"] == "failed")
    assert failed["error"]["id"].startswith("sql.") and failed["error"]["detail"]
    others = user.ok("GET", "queries", params={"limit": 200})["items"]
    assert not [q for q in others if marker in q["sql"]]


def test_saved_queries(admin: Client, user: Client) -> None:
    made = admin.post("saved-queries", {"name": "daily", "sql": "SELECT 1"})
    assert made.status_code == 201
    path = f"saved-queries/{made.json()['id']}"
    assert admin.ok("PUT", path, json={"name": "daily", "sql": "SELECT 2"})["sql"] == "SELECT 2"
    for answer in (
        user.get(path),
        user.delete(path),
        user.request("PUT", path, json={"name": "x", "sql": "y"}),
    ):
        problem(answer, (403, 404))
    assert path.split("/")[1] in [q["id"] for q in admin.ok("GET", "saved-queries")["items"]]
    assert admin.delete(path).status_code == 204
    problem(admin.get(path), 404)


def test_statements_tell_what_they_did(admin: Client, schema: str) -> None:
    table = f"main.{schema}.w"
    admin.sql(f"CREATE TABLE {table} (a INT)")
    answer = admin.query(f"INSERT INTO {table} VALUES (1), (2), (3)").json()
    row = dict(zip([c["name"] for c in answer["columns"]], answer["rows"][0]))
    assert row["num_affected_rows"] == 3 and row["version"] == 1


def test_large_result_keeps_memory_flat(admin: Client, server) -> None:
    admin.sql("SELECT 1 AS a")
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")  # forget the peak of others
    before = server.memory_mb()
    total = 0
    with admin.request(
        "POST",
        "query",
        json={"sql": "SELECT range AS a, repeat('x', 100) AS b FROM range(5000000)"},
        headers={"Accept": ARROW},
        stream=True,
    ) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_content(1 << 20):
            total += len(chunk)
    assert total > 500_000_000
    assert server.memory_mb("VmHWM") - before < 400


def test_history_is_searched(admin: Client, user: Client) -> None:
    marker = f"50%_{uuid.uuid4().hex[:8]}"
    admin.sql(f"SELECT '{marker}' AS A")
    user.sql(f"SELECT '{marker}' AS b")
    admin.query(f"SELECT '{marker}' AS c FROM nowhere")

    def found(client: Client, **filters: str) -> list[str]:
        items = client.ok("GET", "queries", params={"limit": 50, **filters})["items"]
        return [item["sql"].split("AS ")[1][0] for item in items]

    assert found(admin, text=marker) == ["c", "b", "A"]
    assert found(admin, text=marker.upper()) == ["c", "b", "A"]
    assert found(admin, text=marker.replace("%", "0")) == []
    assert found(admin, text=f"{marker}' as a") == ["A"]
    assert found(admin, text=marker, state="failed") == ["c"]
    email = user.ok("GET", "auth/me")["email"]
    assert found(admin, text=marker, user=email) == ["b"]
    assert found(user, text=marker) == ["b"]
    assert found(user, text=marker, user=ADMIN_EMAIL) == []
