"""Partition values of every type and with awkward characters, both ways."""

from __future__ import annotations

import datetime as dt
import decimal

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.interop import handmade
from tests.interop.support import Lake, plain, read_theirs, rows, same

UTC = dt.timezone.utc

AWKWARD = [
    "plain",
    " ",
    " leading and trailing ",
    "a b",
    "a/b",
    "a\\b",
    "a=b",
    "a%20b",
    "100%",
    "%2F",
    "a+b&c",
    "a:b",
    "what?",
    "#1",
    "[x]{y}",
    "it's",
    'say "hi"',
    "back`tick",
    "tab\there",
    "new\nline",
    "~!@$^*()_|;<>,",
    ".",
    "..",
    ".hidden",
    "_under",
    "ünï cödé",
    "e\u0301",
    "数据",
    "😀",
    "null",
    "NULL",
    "__HIVE_DEFAULT_PARTITION__x",
    "CON",
    "x" * 100,
]


def test_awkward_text_ours_to_theirs(lake: Lake) -> None:
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (n INT, p STRING) PARTITIONED BY (p)")
    holders = ", ".join(f"({i}, ${i + 1})" for i in range(len(AWKWARD)))
    lake.client.sql(f"INSERT INTO {name} VALUES {holders}, (1000, NULL)", parameters=AWKWARD)
    found = {r["n"]: r["p"] for r in same(lake, name, "n")}
    assert found == dict(enumerate(AWKWARD)) | {1000: None}
    check_lookups(lake, name)
    # delta-rs goes on in the same partitions.
    place = lake.client.location(name)
    more = pa.table({"n": pa.array(range(len(AWKWARD)), pa.int32()), "p": AWKWARD})
    write_deltalake(place, more, mode="append")
    assert len(same(lake, name)) == 2 * len(AWKWARD) + 1
    # delta-rs cannot compact what it keeps under a path with "~": that partition goes first.
    DeltaTable(place).delete("p = '~!@$^*()_|;<>,'")
    DeltaTable(place).optimize.compact()
    assert len(same(lake, name)) == 2 * len(AWKWARD) - 1
    DeltaTable(place).delete("p = 'a/b'")
    assert len(same(lake, name)) == 2 * len(AWKWARD) - 3


def test_awkward_text_theirs_to_ours(lake: Lake) -> None:
    path = lake.path("t")
    more = pa.table({"n": pa.array(range(len(AWKWARD) + 1), pa.int32()), "p": [*AWKWARD, None]})
    write_deltalake(str(path), more, partition_by=["p"])
    name = lake.register(path)
    assert rows(lake.client.arrow(f"SELECT * FROM {name}"), "n") == rows(more, "n")
    check_lookups(lake, name)
    lake.client.sql(f"INSERT INTO {name} SELECT n + 100, p FROM {name}")
    assert len(same(lake, name)) == 2 * len(AWKWARD) + 2


def check_lookups(lake: Lake, name: str) -> None:
    for i, value in enumerate(AWKWARD):
        answer = lake.client.query(f"SELECT n FROM {name} WHERE p = $1", parameters=[value])
        assert answer.ok and answer.json()["rows"] == [[i]], (value, answer.text)
        literal = "'" + value.replace("'", "''") + "'"
        assert lake.client.sql(f"SELECT n FROM {name} WHERE p = {literal}") == [[i]], value
    assert lake.client.value(f"SELECT count(*) FROM {name} WHERE p IS NULL") == 1
    assert lake.client.value(f"SELECT count(*) FROM {name} WHERE p >= 'a'") == sum(
        v.encode() >= b"a" for v in AWKWARD
    )


def test_empty_text_is_null(lake: Lake) -> None:
    """The protocol cannot tell them apart in a partition."""
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (n INT, p STRING) PARTITIONED BY (p)")
    lake.client.sql(f"INSERT INTO {name} VALUES (1, ''), (2, NULL)")
    assert [r["p"] for r in same(lake, name, "n")] == [None, None]


D = decimal.Decimal
TYPED = {
    "BOOLEAN": (pa.bool_(), [True, False]),
    "TINYINT": (pa.int8(), [-128, 127]),
    "SMALLINT": (pa.int16(), [-32768, 0]),
    "INT": (pa.int32(), [-(2**31), 2**31 - 1]),
    "BIGINT": (pa.int64(), [-(2**63), 2**63 - 1]),
    "FLOAT": (pa.float32(), [0.5, -1.25]),
    "DOUBLE": (pa.float64(), [0.1, -2.5e10]),
    "DECIMAL(10,2)": (pa.decimal128(10, 2), [D("0.00"), D("99999999.99")]),
    "DECIMAL(38,18)": (pa.decimal128(38, 18), [D("1.000000000000000001")]),
    "DATE": (pa.date32(), [dt.date(1, 1, 1), dt.date(1969, 12, 31), dt.date(9999, 12, 31)]),
    "TIMESTAMP": (
        pa.timestamp("us", "UTC"),
        [
            dt.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
            dt.datetime(2024, 2, 29, 12, tzinfo=UTC),
        ],
    ),
    "TIMESTAMP_NTZ": (
        pa.timestamp("us"),
        [dt.datetime(1969, 12, 31, 23, 59, 59, 999999), dt.datetime(2024, 2, 29, 12)],
    ),
}


@pytest.mark.parametrize("kind", TYPED)
def test_types(lake: Lake, kind: str) -> None:
    arrow, values = TYPED[kind]
    data = pa.table(
        {
            "n": pa.array(range(len(values) + 1), pa.int32()),
            "p": pa.array([*values, None], arrow),
        }
    )
    wanted = rows(data, "n")
    path = lake.path("theirs")
    write_deltalake(str(path), data, partition_by=["p"])
    theirs = lake.register(path)
    assert rows(lake.client.arrow(f"SELECT n, p FROM {theirs}"), "n") == wanted
    ours = lake.name("ours")
    lake.client.sql(f"CREATE TABLE {ours} (n INT, p {kind}) PARTITIONED BY (p)")
    lake.client.sql(f"INSERT INTO {ours} SELECT n, p FROM {theirs}")
    assert same(lake, ours, "n") == wanted
    for i in range(len(values)):
        found = lake.client.sql(
            f"SELECT n FROM {ours} WHERE p = (SELECT p FROM {theirs} WHERE n = {i})"
        )
        assert found == [[i]]
    lake.client.sql(f"INSERT INTO {theirs} SELECT n, p FROM {ours}")
    assert len(same(lake, theirs)) == 2 * len(wanted)


def test_negative_decimals_and_tiny_doubles(lake: Lake) -> None:
    """Ours to theirs alone: delta-rs cannot write these as partition values."""
    name = lake.name("d")
    lake.client.sql(f"CREATE TABLE {name} (n INT, p DECIMAL(10,2)) PARTITIONED BY (p)")
    lake.client.sql(f"INSERT INTO {name} VALUES (1, -99999999.99), (2, -0.05), (3, -1)")
    assert [r["p"] for r in same(lake, name, "n")] == ["-99999999.99", "-0.05", "-1.00"]
    name = lake.name("f")
    lake.client.sql(f"CREATE TABLE {name} (n INT, p DOUBLE) PARTITIONED BY (p)")
    lake.client.sql(f"INSERT INTO {name} VALUES (1, 5e-324::DOUBLE), (2, -1e300::DOUBLE)")
    assert [r["p"][0] for r in same(lake, name, "n")] == [5e-324, -1e300]


def test_several_columns_and_odd_names(lake: Lake) -> None:
    name = lake.name("t")
    lake.client.sql(
        f"CREATE TABLE {name} (n INT, `ünï-1` STRING, day DATE, `q'x` BIGINT) "
        "PARTITIONED BY (day, `ünï-1`, `q'x`)"
    )
    lake.client.sql(
        f"INSERT INTO {name} SELECT i, 'a/' || i % 2, DATE '2024-01-01' + (i % 3)::INT, i % 2 "
        "FROM range(24) r(i)"
    )
    found = same(lake, name, "n")
    assert len(found) == 24 and found[1]["ünï-1"] == "a/1"
    table = lake.theirs(name)
    assert table.metadata().partition_columns == ["day", "ünï-1", "q'x"]
    assert len(table.file_uris()) == 6
    picked = table.to_pyarrow_table(partitions=[("day", "=", "2024-01-02")])
    assert sorted(picked["n"].to_pylist()) == [i for i in range(24) if i % 3 == 1]


def test_partitions_make_scans_skip_files(lake: Lake) -> None:
    path = lake.path("t")
    data = pa.table({"n": list(range(100)), "p": [i % 10 for i in range(100)]})
    write_deltalake(str(path), data, partition_by=["p"])
    name = lake.register(path)
    answer = lake.client.query(f"SELECT sum(n)::BIGINT FROM {name} WHERE p = 3").json()
    assert answer["rows"] == [[sum(range(3, 100, 10))]]
    assert answer["statistics"]["files"] == 1
    assert answer["statistics"]["files_skipped"] == 9


def test_overwriting_partitions_by_theirs(lake: Lake) -> None:
    path = lake.path("t")
    data = pa.table({"n": list(range(10)), "p": ["a", "b"] * 5})
    write_deltalake(str(path), data, partition_by=["p"])
    name = lake.register(path)
    lake.client.sql(f"INSERT INTO {name} VALUES (100, 'a'), (101, 'c')")
    write_deltalake(
        str(path), pa.table({"n": [1000], "p": ["a"]}), mode="overwrite", predicate="p = 'a'"
    )
    assert [(r["n"], r["p"]) for r in same(lake, name, "n")] == [
        *((n, "b") for n in range(1, 10, 2)),
        (101, "c"),
        (1000, "a"),
    ]


def test_partition_column_only_in_paths(lake: Lake) -> None:
    """Data files of a partitioned table do not hold its partition columns."""
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (p STRING, n INT) PARTITIONED BY (p)")
    lake.client.sql(f"INSERT INTO {name} VALUES ('x', 1)")
    table = lake.theirs(name)
    (file,) = table.file_uris()
    import pyarrow.parquet as pq

    assert pq.ParquetFile(file).schema_arrow.names == ["n"]
    assert plain(read_theirs(table).to_pylist()[0]) == {"p": "x", "n": 1}


def test_nul_characters(lake: Lake) -> None:
    """Spark writes them, of text and of bytes; they are values like any other."""
    path = handmade.Table(lake.path("nul"))
    fields = [
        handmade.primitive(n, t) for n, t in (("id", "long"), ("s", "string"), ("b", "binary"))
    ]
    path.commit(handmade.protocol(), handmade.metadata(fields, ("s", "b")))
    for i, (s, b) in enumerate([("\0", "\0"), ("x\0\0y", "a\0"), ("\0z", None)]):
        path.commit(
            path.data(pa.table({"id": [i]}), f"f{i}.parquet", partitionValues={"s": s, "b": b})
        )
    name = lake.register(path.root)
    assert lake.client.arrow(f"SELECT s, b FROM {name} ORDER BY id").to_pylist() == [
        {"s": "\0", "b": b"\0"},
        {"s": "x\0\0y", "b": b"a\0"},
        {"s": "\0z", "b": None},
    ]
    assert lake.client.sql(f"SELECT id FROM {name} WHERE s = 'x' || chr(0) || chr(0) || 'y'") == [
        [1]
    ]
    lake.client.sql(f"UPDATE {name} SET id = id + 10 WHERE s <> '\\0'")
    assert lake.client.sql(f"SELECT id FROM {name} ORDER BY id") == [[10], [11], [12]]
