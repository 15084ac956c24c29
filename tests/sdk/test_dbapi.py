"""PEP 249: parameters, values, results, errors, cancel, threads."""

from __future__ import annotations

import datetime as dt
import math
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pyarrow as pa
import pytest

import openbricks

LONG = "SELECT sum(sqrt(a.range * b.range)) FROM range(10000000) a, range(100000) b"

VALUES = [
    None,
    True,
    1,
    2**63,
    2**100,
    -(2**127),
    2**127 + 1,
    1.5,
    float("nan"),
    float("-inf"),
    "x'); DROP TABLE t; --",
    "$1 ? :a 'é😀\n",
    "",
    b"\x00\xff\\a",
    Decimal("1.10"),
    Decimal("-0.001"),
    Decimal("1E+3"),
    dt.date(2020, 1, 2),
    dt.date.min,
    dt.datetime(2020, 1, 2, 3, 4, 5, 6),
    dt.datetime.max,
    dt.datetime(2020, 1, 2, 3, 4, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    dt.time(1, 2, 3, 4),
    dt.time(1, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=2, minutes=30))),
    dt.timedelta(days=-3, seconds=5, microseconds=7),
    openbricks.Interval(14, -3, 5),
    uuid.UUID("550e8400-e29b-41d4-a716-446655440000"),
    [1, None, 3],
    [],
    [None],
    [Decimal("1.1"), Decimal("22.333")],
    {"a": 1, 'b"c': Decimal("1.5"), "d": [dt.date(2020, 1, 1)]},
    [b"a\x00", b"\\"],
    [{"u": uuid.UUID(int=5)}],
]


@pytest.mark.parametrize("value", VALUES, ids=[repr(v)[:40] for v in VALUES])
def test_values_go_there_and_back(cursor: openbricks.Cursor, value) -> None:
    got = cursor.execute("SELECT ? AS v", [value]).fetchone()[0]
    if isinstance(value, float) and math.isnan(value):
        assert math.isnan(got)
    else:
        assert got == value and type(got) is type(value)


def test_named_parameters_only_where_they_stand(cursor: openbricks.Cursor) -> None:
    cursor.execute(
        "SELECT :a AS a, $b AS b, ':a ?' AS q, $$ ? $$ AS d /* :a */ WHERE :a > 1 -- ?",
        {"a": Decimal("1.5"), "b": dt.date(2020, 1, 1)},
    )
    assert cursor.fetchall() == [(Decimal("1.5"), dt.date(2020, 1, 1), ":a ?", " ? ")]


@pytest.mark.parametrize(
    "sql, parameters",
    [
        ("SELECT ?", []),
        ("SELECT ?", [1, 2]),
        ("SELECT :a", {"b": 1}),
        ("SELECT ?", "x"),
        ("SELECT ?", [object()]),
    ],
)
def test_wrong_parameters(cursor: openbricks.Cursor, sql: str, parameters) -> None:
    with pytest.raises(openbricks.ProgrammingError):
        cursor.execute(sql, parameters)


def test_types_without_a_parameter(cursor: openbricks.Cursor) -> None:
    cursor.execute("SELECT sum(range) s, MAP{'a': 1} m, NULL::DATE n, '101'::BIT b FROM range(3)")
    assert cursor.fetchone() == (3, {"a": 1}, None, "101")
    codes = [column[1] for column in cursor.description]
    assert codes[0] == openbricks.NUMBER and codes[2] == openbricks.DATETIME
    assert codes[3] == openbricks.STRING and codes[0] != openbricks.STRING


@pytest.mark.parametrize(
    "sql", ["SELECT 'infinity'::TIMESTAMP", "SELECT DATE '0044-03-15 (BC)'"], ids=["inf", "bc"]
)
def test_what_python_cannot_hold(cursor: openbricks.Cursor, sql: str) -> None:
    with pytest.raises(openbricks.DataError, match="Python cannot hold"):
        cursor.execute(sql).fetchall()
    assert cursor.execute(sql).fetch_arrow_table().num_rows == 1


def test_fetching_in_pieces(cursor: openbricks.Cursor) -> None:
    cursor.execute("SELECT range AS a FROM range(300000) ORDER BY a")
    assert cursor.rowcount == -1
    assert cursor.fetchone() == (0,) and cursor.fetchmany(2) == [(1,), (2,)]
    batches = cursor.fetch_record_batches()
    first = next(batches)
    assert first.column(0)[0].as_py() == 3
    assert cursor.fetchone() == (3 + first.num_rows,)
    rest = cursor.fetchall()
    assert rest[-1] == (299999,) and len(rest) == 300000 - 4 - first.num_rows
    assert cursor.fetchone() is None and list(batches) == [] and cursor.rowcount == 300000


def test_quick_lists_equal_arrows_own(cursor: openbricks.Cursor) -> None:
    sql = (
        "SELECT CASE WHEN i % 3 > 0 THEN i END AS a, CASE WHEN i % 5 > 0 THEN 'é' || i END AS b, "
        "'x' || i AS c, DATE '1960-01-01' + i::INT AS d, i / 7 AS e, "
        "TIMESTAMP '1960-01-01' + to_seconds(i * 99) AS f, i % 2 = 0 AS g "
        "FROM range(30000) t(i) ORDER BY i"
    )
    rows = cursor.execute(sql).fetchall()
    table = cursor.execute(sql).fetch_arrow_table()
    assert rows == list(zip(*(column.to_pylist() for column in table.columns)))


def test_a_result_ends_with_the_next_statement(cursor: openbricks.Cursor) -> None:
    batches = cursor.execute("SELECT * FROM range(1000000)").fetch_record_batches()
    next(batches)
    assert cursor.execute("SELECT 1").fetchone() == (1,)
    with pytest.raises(openbricks.InterfaceError):
        next(batches)
    cursor.close()
    with pytest.raises(openbricks.InterfaceError):
        cursor.fetchone()


def test_frames(cursor: openbricks.Cursor) -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    sql = "SELECT sum(range) AS s, 'é' AS t FROM range(4)"
    frame = cursor.execute(sql).fetch_pandas()
    assert isinstance(frame, pandas.DataFrame) and frame["s"].tolist() == [6]
    assert cursor.execute(sql).to_polars().equals(polars.DataFrame({"s": [6], "t": ["é"]}))
    reader = pa.RecordBatchReader.from_stream(cursor.execute("SELECT * FROM range(5)"))
    assert reader.read_all().num_rows == 5


def test_inserts(cursor: openbricks.Cursor) -> None:
    cursor.execute("CREATE TABLE t (a BIGINT, b STRING, c DECIMAL(10,2), d DATE)")
    cursor.execute("INSERT INTO t VALUES (?, ?, ?, ?)", [1, "it's", Decimal("1.5"), None])
    assert cursor.rowcount == 1
    rows = [(i, f"é{i}", Decimal(i) / 4, dt.date(2020, 1, 1)) for i in range(2, 1000)]
    cursor.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows)
    assert cursor.rowcount == 998
    cursor.executemany("INSERT INTO t (a, b) VALUES (:a, :b)", [{"a": -1, "b": "x"}] * 2)
    assert cursor.rowcount == 2
    found = cursor.execute("SELECT * FROM t WHERE a > 1 ORDER BY a").fetchall()
    assert found == rows
    with pytest.raises(openbricks.ProgrammingError):
        cursor.executemany("INSERT INTO t (a) VALUES (?)", [[1, 2]])


@pytest.mark.parametrize(
    "sql, kind",
    [
        ("SELEC 1", openbricks.ProgrammingError),
        ("SELECT * FROM nowhere", openbricks.NotFound),
        ("SELECT 'x'::INT", openbricks.DataError),
        ("USE main", openbricks.NotSupportedError),
    ],
)
def test_errors(cursor: openbricks.Cursor, sql: str, kind: type) -> None:
    with pytest.raises(kind) as caught:
        cursor.execute(sql).fetchall()
    assert caught.value.id and isinstance(caught.value, openbricks.DatabaseError)
    assert cursor.execute("SELECT 1").fetchone() == (1,)


def test_an_error_in_the_middle_of_a_stream(cursor: openbricks.Cursor) -> None:
    cursor.execute(
        "SELECT CASE WHEN range < 3000000 THEN '1' ELSE 'x' END::INT FROM range(4000000)"
    )
    with pytest.raises(openbricks.DataError):
        for _ in cursor.fetch_record_batches():
            pass


def test_cancel_while_it_computes(connection: openbricks.Connection) -> None:
    cursor = connection.cursor()
    timer = threading.Timer(0.5, cursor.cancel)
    timer.start()
    with pytest.raises(openbricks.QueryCancelled):
        cursor.execute(LONG)
    timer.join()
    cursor.cancel()  # nothing runs
    assert cursor.execute("SELECT 1").fetchone() == (1,)


def test_cancel_while_it_streams(cursor: openbricks.Cursor) -> None:
    batches = cursor.execute("SELECT range, 'x' FROM range(1000000000)").fetch_record_batches()
    next(batches)
    cursor.cancel()
    with pytest.raises(openbricks.QueryCancelled):
        for _ in batches:
            pass


def test_time_limit(cursor: openbricks.Cursor) -> None:
    with pytest.raises(openbricks.QueryTimeout):
        cursor.execute(LONG, timeout=1)


def test_progress_and_row_limit(cursor: openbricks.Cursor) -> None:
    seen: list[openbricks.QueryProgress] = []
    with pytest.raises(openbricks.QueryTimeout):
        cursor.execute(LONG, timeout=2, progress=seen.append)
    assert seen and seen[0].state == "running" and seen[0].query_id == cursor.query_id
    assert len(cursor.execute("SELECT * FROM range(100)", row_limit=7).fetchall()) == 7

    def stop(_: object) -> None:
        raise KeyError("enough")

    with pytest.raises(KeyError):
        cursor.execute(LONG, progress=stop)


def test_threads_share_a_connection(connection: openbricks.Connection) -> None:
    def work(number: int) -> int:
        with connection.cursor() as cursor:
            return sum(row[0] for row in cursor.execute("SELECT ? FROM range(1000)", [number]))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(40))) == [1000 * n for n in range(40)]


def test_memory_stays_constant(cursor: openbricks.Cursor) -> None:
    cursor.execute("SELECT range, range::DOUBLE FROM range(20000000)")
    most, rows = 0, 0
    for batch in cursor.fetch_record_batches():
        rows += batch.num_rows
        most = max(most, pa.total_allocated_bytes())
    assert rows == 20_000_000 and most < 64 << 20


def test_closed(connection: openbricks.Connection) -> None:
    cursor = connection.cursor()
    connection.commit()
    with pytest.raises(openbricks.NotSupportedError):
        connection.rollback()
    connection.close()
    for action in (connection.cursor, lambda: cursor.execute("SELECT 1")):
        with pytest.raises(openbricks.InterfaceError):
            action()


def test_globals() -> None:
    assert (openbricks.apilevel, openbricks.threadsafety, openbricks.paramstyle) == (
        "2.0",
        2,
        "qmark",
    )
    assert issubclass(openbricks.QueryCancelled, openbricks.OperationalError)
