"""Every Delta type, through SQL to delta-rs and from delta-rs to SQL: nulls, extremes, nesting."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import random
import struct

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.interop.support import Lake, plain, read_theirs, rows, same

UTC = dt.timezone.utc
D = decimal.Decimal
TEXTS = [
    "",
    " ",
    "plain",
    "it's",
    'say "hi"',
    "back\\slash",
    "new\nline\r\n\ttab",
    "ünïcödé",
    "数据",
    "😀👩‍👩‍👧",
    "e\u0301",
    "\u200b",
    "null",
    "NULL",
    "\\N",
    "x" * 31 + "\U0010ffff" + "tail",
    "long " * 20_000,
]

# Spark's name; Delta's; (SQL, value as delta-rs gives it) of extremes and oddities.
PRIMITIVES = {
    "BOOLEAN": ("boolean", [("true", True), ("false", False)]),
    "TINYINT": ("byte", [("-128", -128), ("127", 127), ("0", 0)]),
    "SMALLINT": ("short", [("-32768", -32768), ("32767", 32767)]),
    "INT": ("integer", [("-2147483648", -(2**31)), ("2147483647", 2**31 - 1)]),
    "BIGINT": (
        "long",
        [("-9223372036854775808", -(2**63)), ("9223372036854775807", 2**63 - 1), ("0", 0)],
    ),
    "FLOAT": (
        "float",
        [
            ("'nan'", math.nan),
            ("'inf'", math.inf),
            ("'-inf'", -math.inf),
            ("'-0.0'::FLOAT", -0.0),
            ("3.4028234663852886e38", 3.4028234663852886e38),
            ("1.401298464324817e-45", 1.401298464324817e-45),
            ("0.1", struct.unpack("f", struct.pack("f", 0.1))[0]),
        ],
    ),
    "DOUBLE": (
        "double",
        [
            ("'nan'", math.nan),
            ("'inf'", math.inf),
            ("'-inf'", -math.inf),
            ("'-0.0'::DOUBLE", -0.0),
            ("1.7976931348623157e308", 1.7976931348623157e308),
            ("5e-324", 5e-324),
            ("0.1::DOUBLE", 0.1),
        ],
    ),
    "DECIMAL(10,2)": (
        "decimal(10,2)",
        [("99999999.99", D("99999999.99")), ("-99999999.99", D("-99999999.99")), ("0", D("0.00"))],
    ),
    "DECIMAL(4,0)": ("decimal(4,0)", [("9999", D(9999)), ("-9999", D(-9999))]),
    "DECIMAL(18,18)": ("decimal(18,18)", [("0." + "9" * 18, D("0." + "9" * 18))]),
    "DECIMAL(38,0)": (
        "decimal(38,0)",
        [("9" * 38, D("9" * 38)), ("-" + "9" * 38, D("-" + "9" * 38))],
    ),
    "DECIMAL(38,18)": (
        "decimal(38,18)",
        [
            ("-0.000000000000000001", D("-0.000000000000000001")),
            ("1.5", D("1.5").quantize(D("1e-18"))),
        ],
    ),
    "STRING": ("string", [("'" + t.replace("'", "''") + "'", t) for t in TEXTS]),
    "BINARY": (
        "binary",
        [
            ("''::BLOB", b""),
            (r"'\x00\xFF\x80abc'::BLOB", b"\x00\xff\x80abc"),
            ("repeat('a', 100000)::BLOB", b"a" * 100_000),
        ],
    ),
    "DATE": (
        "date",
        [
            (f"DATE '{d.isoformat()}'", d)
            for d in (
                dt.date(1, 1, 1),
                dt.date(1582, 10, 4),
                dt.date(1582, 10, 15),
                dt.date(1969, 12, 31),
                dt.date(1970, 1, 1),
                dt.date(2000, 2, 29),
                dt.date(9999, 12, 31),
            )
        ],
    ),
    "TIMESTAMP": (
        "timestamp",
        [
            ("'0001-01-01 00:00:00+00'", dt.datetime(1, 1, 1, tzinfo=UTC)),
            ("'9999-12-31 23:59:59.999999+00'", dt.datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)),
            ("'1969-12-31 23:59:59.999999Z'", dt.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)),
            ("'2024-03-31 03:30:00+02:00'", dt.datetime(2024, 3, 31, 1, 30, tzinfo=UTC)),
            (
                "TIMESTAMPTZ '2024-01-01 00:00:00.123456-11:30'",
                dt.datetime(2024, 1, 1, 11, 30, 0, 123456, UTC),
            ),
        ],
    ),
    "TIMESTAMP_NTZ": (
        "timestamp_ntz",
        [
            ("'0001-01-01 00:00:00'", dt.datetime(1, 1, 1)),
            ("'9999-12-31 23:59:59.999999'", dt.datetime(9999, 12, 31, 23, 59, 59, 999999)),
            (
                "TIMESTAMP '1969-12-31 23:59:59.999999'",
                dt.datetime(1969, 12, 31, 23, 59, 59, 999999),
            ),
            ("TIMESTAMP '2024-03-31 02:30:00'", dt.datetime(2024, 3, 31, 2, 30)),
        ],
    ),
}


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_ours_to_theirs(lake: Lake, kind: str) -> None:
    delta_type, values = PRIMITIVES[kind]
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (n INT, v {kind})")
    listed = ", ".join(f"({i}, CAST({sql} AS {duckdb(kind)}))" for i, (sql, _) in enumerate(values))
    lake.client.sql(f"INSERT INTO {name} VALUES {listed}, (1000, NULL)")
    table = lake.theirs(name)
    assert [f.type.type for f in table.schema().fields] == ["integer", delta_type]
    found = {r["n"]: r["v"] for r in rows(read_theirs(table))}
    assert found == {i: plain(v) for i, (_, v) in enumerate(values)} | {1000: None}
    same(lake, name, "n")


@pytest.mark.parametrize("kind", PRIMITIVES)
def test_statistics_skip_no_row(lake: Lake, kind: str) -> None:
    """A file for each value: both engines find each value by a predicate, whatever was skipped."""
    _, values = PRIMITIVES[kind]
    if kind == "BINARY":
        values = values[:2]
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (n INT, v {kind})")
    chosen = values[:6] + values[-2:]
    for i, (sql, _) in enumerate(chosen):
        lake.client.sql(f"INSERT INTO {name} VALUES ({i}, {sql})")
    lake.client.sql(f"INSERT INTO {name} VALUES (1000, NULL)")
    for i, (sql, value) in enumerate(chosen):
        wanted = {j for j, (_, v) in enumerate(chosen) if plain(v) == plain(value) or v == value}
        found = lake.client.sql(f"SELECT n FROM {name} WHERE v = CAST({sql} AS {duckdb(kind)})")
        assert {n for (n,) in found} == wanted, sql
        for operator in ("<=", ">="):
            found = lake.client.sql(
                f"SELECT n FROM {name} WHERE v {operator} CAST({sql} AS {duckdb(kind)})"
            )
            assert i in {n for (n,) in found}, (operator, sql)
    assert lake.client.sql(f"SELECT n FROM {name} WHERE v IS NULL") == [[1000]]
    assert lake.client.value(f"SELECT count(*) FROM {name} WHERE v IS NOT NULL") == len(chosen)
    actions = pa.table(lake.theirs(name).get_add_actions(flatten=True)).to_pylist()
    assert sum(a["num_records"] for a in actions) == len(chosen) + 1


def duckdb(kind: str) -> str:
    return {
        "TIMESTAMP": "TIMESTAMPTZ",
        "TIMESTAMP_NTZ": "TIMESTAMP",
        "STRING": "VARCHAR",
        "BINARY": "BLOB",
    }.get(kind, kind)


NESTED = {
    "ARRAY<INT>": ["[1, NULL, 3]", "[]", "NULL", "[2147483647]"],
    "ARRAY<STRING>": ["['a', '', NULL, 'ü']", "[]"],
    "ARRAY<ARRAY<BIGINT>>": ["[[1], [], NULL, [2, 3]]"],
    "STRUCT<a: INT, b: STRING>": ["{'a': 1, 'b': 'x'}", "{'a': NULL, 'b': NULL}", "NULL"],
    "STRUCT<a: STRUCT<b: STRUCT<c: DATE>>>": [
        "{'a': {'b': {'c': DATE '2024-02-29'}}}",
        "{'a': {'b': NULL}}",
        "{'a': NULL}",
        "NULL",
    ],
    "ARRAY<STRUCT<x: DOUBLE, y: ARRAY<STRING>>>": [
        "[{'x': 0.5, 'y': ['p', NULL]}, NULL, {'x': NULL, 'y': NULL}]",
        "[]",
        "NULL",
    ],
    "MAP<STRING, INT>": ["MAP {'a': 1, 'b': NULL, '': 3}", "MAP {}", "NULL"],
    "MAP<INT, STRUCT<a: TIMESTAMP>>": [
        "MAP {-1: {'a': TIMESTAMPTZ '2024-01-01 00:00:00Z'}, 2: NULL}",
        "MAP {}",
    ],
    "MAP<STRING, ARRAY<MAP<STRING, DECIMAL(5,1)>>>": ["MAP {'k': [MAP {'z': 1.5}, NULL]}"],
    "STRUCT<a: DECIMAL(38,10), b: BINARY, c: BOOLEAN, d: TIMESTAMP_NTZ, e: TINYINT>": [
        "{'a': 1.5, 'b': 'x'::BLOB, 'c': true, 'd': TIMESTAMP '2024-01-01 00:00:00', 'e': -128}"
    ],
}


@pytest.mark.parametrize("kind", NESTED)
def test_nested_ours_to_theirs(lake: Lake, kind: str) -> None:
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (n INT, v {kind})")
    listed = ", ".join(f"({i}, {value})" for i, value in enumerate(NESTED[kind]))
    lake.client.sql(f"INSERT INTO {name} VALUES {listed}")
    assert len(same(lake, name, "n")) == len(NESTED[kind])
    described = {r[0]: r[1] for r in lake.client.sql(f"DESCRIBE {name}")}
    assert described["v"].replace(" ", "").upper() == kind.replace(" ", "").upper()


ALL = """
  n BIGINT NOT NULL, bo BOOLEAN, ti TINYINT, sm SMALLINT, i INT, f FLOAT, d DOUBLE, de DECIMAL(12,3),
  big DECIMAL(38,9), s STRING, b BINARY, da DATE, ts TIMESTAMP, nt TIMESTAMP_NTZ, ar ARRAY<INT>,
  st STRUCT<a: STRING, b: ARRAY<DOUBLE>>, m MAP<STRING, BIGINT>
"""
# Deterministic in n, with NULLs spread over all columns.
ALL_ROWS = """
  SELECT n, {0} AS bo, {1} AS ti, {2} AS sm, {3} AS i, {4} AS f, {5} AS d, {6} AS de, {7} AS big, {8} AS s,
    {9} AS b, {10} AS da, {11} AS ts, {12} AS nt, {13} AS ar, {14} AS st, {15} AS m
  FROM (SELECT i AS n, hash(i) AS h FROM range({first}, {last}) r(i))
"""
EXPRESSIONS = [
    "h % 2 = 0",
    "(h % 256)::INT - 128",
    "(h % 65536)::INT - 32768",
    "(h % 4294967296)::BIGINT - 2147483648",
    "(h % 1000003)::DOUBLE / 7 - 50000",
    "sin(n) * pow(10, n % 300 - 150)",
    "(h % 1000000000)::DECIMAL(12,0) / 1000 - 500000",
    "(h % 1000000007)::DECIMAL(28,0) * 1000003",
    "repeat(chr((h % 1000)::INT + 32), (n % 40)::INT)",
    "encode(hex(h))",
    "DATE '1900-01-01' + (h % 80000)::INT",
    "make_timestamp((h % 4000000000000000)::BIGINT) AT TIME ZONE 'UTC'",
    "make_timestamp((h % 4000000000000000)::BIGINT)",
    "list_transform(range(n % 5), x -> (x * n)::INT)",
    "{{'a': 'row ' || n, 'b': [n / 3, NULL]}}",
    "MAP {{'k' || n % 3: n, 'z': NULL}}",
]


def all_rows(first: int, last: int) -> str:
    cases = [
        f"CASE WHEN n % {17 + i} = {i} THEN NULL ELSE {e} END" for i, e in enumerate(EXPRESSIONS)
    ]
    return ALL_ROWS.format(*cases, first=first, last=last).replace("{{", "{").replace("}}", "}")


def test_many_rows_of_all_types(lake: Lake) -> None:
    name = lake.name("all")
    lake.client.sql(f"CREATE TABLE {name} ({ALL})")
    for first in (0, 5000):
        lake.client.sql(f"INSERT INTO {name} {all_rows(first, first + 5000)}")
    found = same(lake, name, "n")
    assert [r["n"] for r in found] == list(range(10_000))
    assert lake.theirs(name).schema().fields[0].nullable is False
    # And the way back: delta-rs rewrites what it read, and we read that.
    copy = lake.path("copy")
    write_deltalake(str(copy), read_theirs(lake.theirs(name)))
    ours = rows(lake.client.arrow(f"SELECT * FROM {lake.register(copy)}"), "n")
    assert ours == found


def test_create_as_select_finds_types(lake: Lake) -> None:
    """Types that only DuckDB has become Delta types that hold them."""
    name = lake.name("t")
    lake.client.sql(f"""CREATE TABLE {name} AS SELECT 1::UTINYINT AS a, 65535::USMALLINT AS b,
        4294967295::UINTEGER AS c, 18446744073709551615::UBIGINT AS d, 5::HUGEINT AS e,
        uuid() AS f, TIME '12:30:00' AS g, 'x'::ENUM('x', 'y') AS h, '{{"a": 1}}'::JSON AS i,
        TIMESTAMP_MS '2024-01-01 00:00:00.5' AS j, INTERVAL 1 DAY AS k, NULL AS l, 1.5 AS m""")
    kinds = {f.name: f.type.type for f in lake.theirs(name).schema().fields}
    assert kinds["a"] == "short" and kinds["b"] == "integer" and kinds["c"] == "long"
    assert kinds["d"] == "decimal(20,0)" and kinds["e"] == "decimal(38,0)"
    assert {kinds[k] for k in "fghik"} == {"string"} and kinds["j"] == "timestamp_ntz"
    assert kinds["m"] == "decimal(2,1)"
    (row,) = same(lake, name)
    assert row["c"] == 4294967295 and row["d"] == "18446744073709551615" and row["h"] == "x"


# --- theirs to ours

ARROW = {
    "bool": (pa.bool_(), [True, False]),
    "int8": (pa.int8(), [-128, 127]),
    "int16": (pa.int16(), [-32768, 32767]),
    "int32": (pa.int32(), [-(2**31), 2**31 - 1]),
    "int64": (pa.int64(), [-(2**63), 2**63 - 1]),
    "float": (pa.float32(), [math.nan, math.inf, -math.inf, -0.0, 0.5]),
    "double": (pa.float64(), [math.nan, math.inf, -math.inf, -0.0, 5e-324]),
    "decimal(5,2)": (pa.decimal128(5, 2), [D("999.99"), D("-999.99")]),
    "decimal(18,4)": (pa.decimal128(18, 4), [D("1.2345")]),
    "decimal(38,38)": (pa.decimal128(38, 38), [D("0." + "9" * 38)]),
    "string": (pa.string(), TEXTS),
    "binary": (pa.binary(), [b"", b"\x00\xff", b"a" * 1000]),
    "date": (pa.date32(), [dt.date(1, 1, 1), dt.date(1582, 10, 10), dt.date(9999, 12, 31)]),
    "timestamp": (
        pa.timestamp("us", "UTC"),
        [dt.datetime(1, 1, 1, tzinfo=UTC), dt.datetime(9999, 12, 31, 23, 59, 59, 999999, UTC)],
    ),
    "timestamp_ntz": (
        pa.timestamp("us"),
        [dt.datetime(1, 1, 1), dt.datetime(1969, 12, 31, 23, 59)],
    ),
    "list": (pa.list_(pa.int32()), [[1, None], [], None]),
    "struct": (
        pa.struct({"a": pa.int64(), "b": pa.struct({"c": pa.string()})}),
        [{"a": 1, "b": {"c": "x"}}, {"a": None, "b": None}, None],
    ),
    "map": (pa.map_(pa.string(), pa.float64()), [[("a", 0.5), ("b", None)], [], None]),
    "deep": (
        pa.list_(pa.struct({"m": pa.map_(pa.string(), pa.list_(pa.date32()))})),
        [[{"m": [("k", [dt.date(2024, 1, 1), None])]}, None], []],
    ),
}


@pytest.mark.parametrize("kind", ARROW)
def test_theirs_to_ours(lake: Lake, kind: str) -> None:
    arrow, values = ARROW[kind]
    values = values + [None]
    path = lake.path("t")
    data = pa.table({"n": pa.array(range(len(values)), pa.int32()), "v": pa.array(values, arrow)})
    write_deltalake(str(path), data)
    name = lake.register(path)
    found = rows(lake.client.arrow(f"SELECT * FROM {name}"), "n")
    assert found == [{"n": i, "v": plain(v)} for i, v in enumerate(values)]
    assert len(lake.client.sql(f"SELECT * FROM {name}")) == len(values)
    # What was read can be written back: appended by us, read by both.
    lake.client.sql(f"INSERT INTO {name} SELECT n + 1000, v FROM {name}")
    assert len(same(lake, name, "n")) == 2 * len(values)


def test_json_answers_keep_values(lake: Lake) -> None:
    path = lake.path("t")
    data = pa.table(
        {
            "l": pa.array([2**63 - 1, -(2**63)]),
            "d": pa.array([D("0.10"), D("-99.99")], pa.decimal128(4, 2)),
            "b": pa.array([b"\x00\xff", b""]),
            "t": pa.array([dt.datetime(2024, 1, 1, tzinfo=UTC)] * 2, pa.timestamp("us", "UTC")),
        }
    )
    write_deltalake(str(path), data)
    found = lake.client.sql(f"SELECT l, d, b FROM {lake.register(path)} ORDER BY l")
    assert found == [[-(2**63), "-99.99", ""], [2**63 - 1, "0.10", "AP8="]]


@pytest.mark.parametrize(
    "column", ["with space", "ünï", "数据", "it's", 'quo"te', "`tick", "SELECT", "1st", "😀", "a-b"]
)
def test_odd_column_names(lake: Lake, column: str) -> None:
    """Those that Parquet-based engines take without column mapping."""
    name = lake.name("ours")
    sql_name = "`" + column.replace("`", "``") + "`"
    made = lake.client.query(f"CREATE TABLE {name} (n INT, {sql_name} STRING)")
    if " " in column:  # Delta allows " ,;{}()\n\t=" only with column mapping
        assert made.status_code == 400, made.text
    else:
        assert made.ok, made.text
        lake.client.sql(f"INSERT INTO {name} VALUES (1, 'x'), (2, NULL)")
        assert same(lake, name, "n")[0][column] == "x"
    path = lake.path("theirs")
    if " " not in column:
        write_deltalake(str(path), pa.table({"n": [1], column: ["x"]}))
        name = lake.register(path)
        assert lake.client.value(f"SELECT {sql_name} FROM {name}") == "x"


def test_schema_is_enforced(lake: Lake) -> None:
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (id BIGINT NOT NULL, d DECIMAL(5,2), s STRING)")
    for bad in (
        "SELECT NULL AS id",
        "SELECT 1 AS id, 'x' AS unknown",
        "SELECT 'not a number' AS id",
        "SELECT 1 AS id, 99999.5 AS d",
    ):
        assert lake.client.refused(f"INSERT INTO {name} BY NAME {bad}").status == 400, bad
    lake.client.sql(f"INSERT INTO {name} BY NAME SELECT 1::TINYINT AS ID")
    assert same(lake, name) == [{"id": 1, "d": None, "s": None}]
    # delta-rs sees the constraint as well.
    with pytest.raises(Exception):
        write_deltalake(
            lake.client.location(name),
            pa.table(
                {
                    "id": pa.array([None], pa.int64()),
                    "d": pa.array([None], pa.decimal128(5, 2)),
                    "s": [""],
                }
            ),
            mode="append",
        )


def test_random_values(lake: Lake) -> None:
    """Bits as they come, appended by turns by both engines."""
    chance = random.Random(20261121)
    path = lake.path("t")

    def batch(first: int, count: int = 400) -> pa.Table:
        def some(make):
            return [None if chance.random() < 0.1 else make() for _ in range(count)]

        def double():
            return struct.unpack("<d", chance.randbytes(8))[0]

        def text():
            return "".join(
                chr(
                    chance.choice(
                        (
                            chance.randrange(32, 127),
                            chance.randrange(0x100, 0xD7FF),
                            chance.randrange(0x10000, 0x110000),
                        )
                    )
                )
                for _ in range(chance.randrange(60))
            )

        return pa.table(
            {
                "n": pa.array(range(first, first + count), pa.int64()),
                "l": pa.array(some(lambda: chance.randrange(-(2**63), 2**63)), pa.int64()),
                "d": pa.array(some(double), pa.float64()),
                "s": pa.array(some(text), pa.string()),
                "b": pa.array(some(lambda: chance.randbytes(chance.randrange(50))), pa.binary()),
                "t": pa.array(
                    some(lambda: chance.randrange(-(2**55), 2**55)), pa.timestamp("us", "UTC")
                ),
                "a": pa.array(
                    some(lambda: [double() for _ in range(chance.randrange(4))]),
                    pa.list_(pa.float64()),
                ),
            }
        )

    first = batch(0)
    write_deltalake(str(path), first)
    name = lake.register(path)
    second = batch(10_000)
    write_deltalake(str(lake.path("source")), second)
    source = lake.register(lake.path("source"))
    lake.client.sql(f"INSERT INTO {name} SELECT * FROM {source}")
    third = batch(20_000)
    write_deltalake(str(path), third, mode="append")
    found = same(lake, name, "n")
    assert found == rows(pa.concat_tables([first, second, third]), "n")
    for row in chance.sample(found, 40):
        if row["s"] is not None:
            hits = lake.client.sql(f"SELECT n FROM {name} WHERE s = $1", parameters=[row["s"]])
            assert [row["n"]] in hits
        if row["l"] is not None:
            assert lake.client.sql(f"SELECT n FROM {name} WHERE l = {row['l']}") == [[row["n"]]]
    assert DeltaTable(str(path)).version() == 2
