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
    assert ours == duckdb.sql(
        hashes.format(path / original(path), f"id NOT IN ({numbers})")
    ).fetchall()
    check_stats(json.loads(add["stats"]), data.filter(pa.array(keep)))


def original(path: Path) -> str:
    first = (path / "_delta_log/00000000000000000000.json").read_text().splitlines()
    (add,) = [json.loads(line)["add"] for line in first if "add" in json.loads(line)]
    return str(add["path"])
