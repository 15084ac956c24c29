"""Rows cut out of files that other writers made, in all ways in which Parquet encodes values:
delta-rs, pyarrow and DuckDB read what stays, and the statistics tell what it is."""

from __future__ import annotations

import datetime as dt
import decimal
import json
import math
import random
from pathlib import Path
from typing import Any, Callable

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import WriterProperties, write_deltalake

from tests.interop import handmade
from tests.interop.support import Lake, read_theirs, rows

Make = Callable[[random.Random], Any]
TEXTS = ["", "é", "abc", "\U0010ffffz", "x" * 40]


def some(values: list[Any]) -> Make:
    return lambda rng: rng.choice(values)


def number(low: int, high: int) -> Make:
    return lambda rng: rng.randint(low, high)


def digits(most: int, scale: int) -> Make:
    return lambda rng: decimal.Decimal(rng.randint(-most, most)).scaleb(-scale)


def items(rng: random.Random) -> list[Any]:
    return [rng.choice([None, 1, 2, rng.randint(0, 99)]) for _ in range(rng.randint(0, 4))]


DELTA = ["PLAIN", "DELTA_BINARY_PACKED"]
# Of other types DuckDB does not read it.
SPLIT = ["PLAIN", "BYTE_STREAM_SPLIT"]
STRINGS = ["PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]
# Name: type in Delta, in Arrow, values, encodings.
COLUMNS: dict[str, tuple[Any, pa.DataType, list[Make], list[str]]] = {
    "i1": ("byte", pa.int8(), [number(-128, 127)], DELTA),
    "i2": ("short", pa.int16(), [number(-300, 300), number(0, 1)], DELTA),
    "i4": ("integer", pa.int32(), [number(-(2**31), 2**31 - 1), number(0, 3)], DELTA),
    "i8": ("long", pa.int64(), [number(-(2**63), 2**63 - 1), number(0, 500)], DELTA),
    "f4": ("float", pa.float32(), [some([0.0, -0.0, 1.5, -2.25]), some([1.0, math.nan])], SPLIT),
    "f8": ("double", pa.float64(), [lambda rng: rng.gauss(0, 1e100), some([0.0, -0.0])], SPLIT),
    "b": ("boolean", pa.bool_(), [some([True, False]), some([True] * 99 + [False])], ["RLE"]),
    "s": ("string", pa.string(), [some(TEXTS), lambda rng: f"x{rng.randint(0, 9999)}"], STRINGS),
    "bin": ("binary", pa.binary(), [lambda rng: rng.randbytes(rng.randint(0, 9))], STRINGS),
    "d9": ("decimal(9,2)", pa.decimal128(9, 2), [digits(10**9 - 1, 2)], ["PLAIN"]),
    "d18": ("decimal(18,4)", pa.decimal128(18, 4), [digits(10**12, 4), digits(3, 4)], ["PLAIN"]),
    "d38": ("decimal(38,9)", pa.decimal128(38, 9), [digits(10**30, 9)], ["PLAIN"]),
    "day": ("date", pa.date32(), [number(-700_000, 2_900_000), some([0, 1])], DELTA),
    "ts": ("timestamp", pa.timestamp("us", "UTC"), [number(-(10**15), 10**15)], DELTA),
    "list": (
        {"type": "array", "elementType": "integer", "containsNull": True},
        pa.list_(pa.int32()),
        [items],
        [],
    ),
    "st": (
        {"type": "struct", "fields": [handmade.primitive("x", "long")]},
        pa.struct([("x", pa.int64())]),
        [lambda rng: {"x": rng.choice([None, rng.randint(0, 9)])}],
        [],
    ),
}


def columns_of(rng: random.Random, count: int) -> pa.Table:
    made = {"id": pa.array(range(count), pa.int64())}
    for name in rng.sample(list(COLUMNS), 6):
        _, kind, makes, _ = COLUMNS[name]
        make, nulls = rng.choice(makes), rng.choice([0, 0, 0.01, 0.5, 0.99, 1.0])
        values = [None if rng.random() < nulls else make(rng) for _ in range(count)]
        made[name] = pa.array(values, kind)
    return pa.table(made)


def settings_of(rng: random.Random, table: pa.Table) -> dict[str, Any]:
    out: dict[str, Any] = {
        "compression": rng.choice(["none", "zstd", "snappy", "gzip", "lz4"]),
        "data_page_version": rng.choice(["1.0", "2.0"]),
        "data_page_size": rng.choice([100, 1000, 1 << 20]),
        "row_group_size": rng.choice([100, 1000, 1 << 20]),
        "write_batch_size": rng.choice([1, 64, 1024]),
        "version": rng.choice(["1.0", "2.6"]),
        "write_page_index": rng.random() < 0.3,
        "write_page_checksum": rng.random() < 0.3,
        "write_statistics": rng.random() < 0.7,
        "use_deprecated_int96_timestamps": rng.random() < 0.2,
        "use_dictionary": rng.random() < 0.5,
        "dictionary_pagesize_limit": rng.choice([50, 1000, 1 << 20]),
    }
    if not out["use_dictionary"]:
        known = {name: COLUMNS[name][3] for name in table.column_names if name in COLUMNS}
        chosen = {name: rng.choice(found) for name, found in known.items() if found}
        if out["use_deprecated_int96_timestamps"]:
            chosen.pop("ts", None)
        out["column_encoding"] = chosen
    return out


def gone(rng: random.Random, count: int) -> list[int]:
    share = rng.choice([0.001, 0.01, 0.3, "block", "ends"])
    if share == "block":
        first = rng.randint(0, count // 2)
        return list(range(first, first + count // 3))
    if share == "ends":
        return [0, count - 1]
    return [i for i in range(count) if rng.random() < share] or [count // 2]


def external_table(path: Path, data: pa.Table, settings: dict[str, Any]) -> handmade.Table:
    table = handmade.Table(path)
    fields = [handmade.primitive("id", "long")]
    fields += [handmade.primitive(n, COLUMNS[n][0]) for n in data.column_names if n != "id"]
    add = table.data(data)
    pq.write_table(data, path / add["add"]["path"], **settings)
    add["add"]["size"] = (path / add["add"]["path"]).stat().st_size
    table.commit(handmade.protocol(), handmade.metadata(fields), add)
    return table


def last_add(path: Path) -> dict[str, Any]:
    log = sorted((path / "_delta_log").glob("*.json"))[-1]
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    (add,) = [action["add"] for action in actions if "add" in action]
    return add


def check_stats(stats: dict[str, Any], left: pa.Table) -> None:
    assert stats["numRecords"] == left.num_rows
    for name in left.column_names:
        values = left[name]
        if name in ("list", "st"):
            continue
        assert stats["nullCount"][name] == values.null_count, name
        found = [v for v in values.to_pylist() if v is not None]
        low, high = stats["minValues"].get(name), stats["maxValues"].get(name)
        if name in ("b", "bin") or not found or any(v != v for v in found):
            assert (low, high) == (None, None), name
        elif name == "s":
            assert low == min(found, key=str.encode)[:32]
            assert high.encode() >= max(found, key=str.encode).encode()[:32]
        elif name == "day":
            assert (low, high) == (min(found).isoformat(), max(found).isoformat())
        elif name == "ts":
            least, most = (dt.datetime.fromisoformat(v) for v in (low, high))
            assert dt.timedelta(0) <= min(found) - least < dt.timedelta(milliseconds=1)
            assert dt.timedelta(0) <= most - max(found) < dt.timedelta(milliseconds=1)
        elif name.startswith("d"):
            assert math.isclose(low, min(found)) and math.isclose(high, max(found)), name
        else:
            assert (low, high) == (min(found), max(found)), name


@pytest.mark.parametrize("seed", range(60))
def test_what_stays_is_as_it_was(lake: Lake, seed: int) -> None:
    rng = random.Random(seed)
    data = columns_of(rng, rng.choice([50, 1000, 6000]))
    path = lake.path(f"cut-{seed}")
    settings = settings_of(rng, data)
    try:
        external_table(path, data, settings)
    except (NotImplementedError, OSError, pa.ArrowException) as error:
        pytest.skip(f"pyarrow does not write this: {error}")
    name = lake.register(path)
    removed = gone(rng, data.num_rows)
    numbers = ", ".join(map(str, removed))
    answer = lake.client.sql(f"DELETE FROM {name} WHERE id IN ({numbers})")
    assert answer == [[len(removed), 1]]
    add = last_add(path)
    assert not add["path"].endswith(".zstd.parquet"), "it was written anew"
    file = path / add["path"]
    assert add["size"] == file.stat().st_size
    keep = [i not in set(removed) for i in range(data.num_rows)]
    left = pq.read_table(path / original(path)).filter(pa.array(keep))
    assert rows(pq.read_table(file)) == rows(left), settings
    assert rows(read_theirs(lake.theirs(name))) == rows(data.filter(pa.array(keep)))
    hashes = f"SELECT count(*), sum(hash(t)::HUGEINT) FROM read_parquet('{{}}') t WHERE {{}}"
    ours = duckdb.sql(hashes.format(file, "true")).fetchall()
    assert (
        ours
        == duckdb.sql(hashes.format(path / original(path), f"id NOT IN ({numbers})")).fetchall()
    )
    check_stats(json.loads(add["stats"]), data.filter(pa.array(keep)))


@pytest.mark.parametrize("seed", range(6))
def test_what_delta_rs_wrote(lake: Lake, seed: int) -> None:
    rng = random.Random(seed)
    data = columns_of(rng, 3000)
    # Longer than the bounds that arrow-rs keeps whole.
    long = pa.array([chr(97 + rng.randint(0, 25)) * 99 for _ in range(3000)])
    data = data.append_column("long", long)
    path = lake.path(f"rs-{seed}")
    properties = WriterProperties(
        max_row_group_size=1000,
        compression=rng.choice(["ZSTD", "SNAPPY", "LZ4_RAW", "UNCOMPRESSED"]),
    )
    write_deltalake(path, data, writer_properties=properties)
    name = lake.register(path)
    lake.client.sql(f"DELETE FROM {name} WHERE id BETWEEN 100 AND 200 OR id = 1500")
    left = data.filter(pa.array([not (100 <= i <= 200 or i == 1500) for i in range(3000)]))
    add = last_add(path)
    assert not add["path"].endswith(".zstd.parquet"), "it was written anew"
    assert rows(read_theirs(lake.theirs(name))) == rows(left)
    stats = json.loads(add["stats"])
    check_stats(stats, left.drop_columns(["long"]))
    assert stats["minValues"]["long"] == min(left["long"].to_pylist())[:32]


def original(path: Path) -> str:
    first = (path / "_delta_log/00000000000000000000.json").read_text().splitlines()
    (add,) = [json.loads(line)["add"] for line in first if "add" in json.loads(line)]
    return str(add["path"])


ROWS = 60_000  # more than a megabyte, which is worth cutting
TABLES = {
    "plain": "",
    "partitioned": "PARTITIONED BY (p)",
}
STATEMENTS = {
    "delete": ("DELETE FROM {t} WHERE id % 100 = 7", {"numDeletedRows": 600}),
    "delete by subquery": (
        "DELETE FROM {t} WHERE id IN (SELECT range * 100 + 7 FROM range(600))",
        {"numDeletedRows": 600},
    ),
    "update": ("UPDATE {t} SET v = v + 1, s = NULL WHERE id % 100 = 7", {"numUpdatedRows": 600}),
    "merge": (
        "MERGE INTO {t} t USING (SELECT range * 100 + 7 AS id FROM range(610)) s ON t.id = s.id "
        "WHEN MATCHED AND s.id % 200 = 7 THEN DELETE WHEN MATCHED THEN UPDATE SET v = t.v + 1, s = NULL "
        "WHEN NOT MATCHED THEN INSERT (id, v, p) VALUES (s.id, -1, 'new')",
        {"numTargetRowsUpdated": 300, "numTargetRowsDeleted": 300, "numTargetRowsInserted": 10},
    ),
}


def after(statement: str, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    out = []
    for row in before:
        hit = row["id"] % 100 == 7
        if hit and (
            statement.startswith("delete") or (statement == "merge" and row["id"] % 200 == 7)
        ):
            continue
        out.append(row | {"v": row["v"] + 1, "s": None} if hit else row)
    if statement == "merge":
        out += [{"id": i * 100 + 7, "v": -1, "s": None, "p": "new"} for i in range(600, 610)]
    return out


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("kind", TABLES)
def test_changed_rows_go_behind(lake: Lake, kind: str, statement: str) -> None:
    name, sql = lake.name("behind"), lake.client.sql
    sql(f"CREATE TABLE {name} (id BIGINT NOT NULL, v INT, s STRING, p STRING) {TABLES[kind]}")
    sql(
        f"INSERT INTO {name} SELECT range, range % 1000, md5(range::VARCHAR) || sha256(range::VARCHAR), "
        f"['a', 'b'][range // 30000 + 1] FROM range({ROWS})"
    )
    before = lake.client.arrow(f"SELECT * FROM {name}").to_pylist()
    files = len(lake.theirs(name).file_uris())
    text, counts = STATEMENTS[statement]
    sql(text.format(t=name))
    wanted = sorted(after(statement, before), key=lambda row: row["id"])
    assert lake.client.arrow(f"SELECT * FROM {name} ORDER BY id").to_pylist() == wanted
    assert rows(read_theirs(lake.theirs(name)), "id") == wanted
    found = lake.client.arrow(f"DESCRIBE HISTORY {name} LIMIT 1").to_pylist()[0]["operationMetrics"]
    metrics = {
        k: int(v) for k, v in (json.loads(found) if isinstance(found, str) else found).items()
    }
    assert {key: metrics[key] for key in counts} == counts
    prefix = "numTarget" if statement == "merge" else "num"
    copied = metrics["numTargetRowsCopied" if statement == "merge" else "numCopiedRows"]
    assert copied == ROWS - 600
    assert metrics[f"{prefix}FilesRemoved" if prefix != "num" else "numRemovedFiles"] == files
    cut = [path for path in lake.theirs(name).file_uris() if not path.endswith(".zstd.parquet")]
    assert len(cut) == files, "a file was written anew"


def test_what_loses_most_of_its_rows_is_written_anew(lake: Lake) -> None:
    name, sql = lake.name("most"), lake.client.sql
    sql(f"CREATE TABLE {name} AS SELECT range AS id, md5(range::VARCHAR) AS s FROM range({ROWS})")
    sql(f"DELETE FROM {name} WHERE id >= 1000")
    (file,) = lake.theirs(name).file_uris()
    assert file.endswith(".zstd.parquet")
    assert sql(f"SELECT count(*), max(id) FROM {name}") == [[1000, 999]]


def test_a_broken_file_is_told(lake: Lake) -> None:
    data = pa.table(
        {"id": pa.array(range(1000), pa.int64()), "i4": pa.array([7] * 1000, pa.int32())}
    )
    path = lake.path("broken")
    external_table(path, data, {"compression": "none", "use_dictionary": False})
    name = lake.register(path)
    file = path / original(path)
    content = bytearray(file.read_bytes())
    content[4 : len(content) // 2] = bytes(len(content) // 2 - 4)
    file.write_bytes(content)
    refused = lake.client.refused(f"DELETE FROM {name} WHERE i4 = 7 AND id < 5")
    assert refused.status in (400, 409), refused
    assert len(list(path.glob("*.parquet"))) == 1
    assert lake.client.sql(f"SELECT count(*) FROM {name}") == [[1000]]
