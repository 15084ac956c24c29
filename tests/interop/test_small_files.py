"""Tables of many small files that other writers made, in all ways in which Parquet encodes values: the
server, which reads such files without DuckDB, gives what pyarrow gives."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from tests.interop import handmade
from tests.interop.support import Lake, rows
from tests.interop.test_cut_rows import COLUMNS, settings_of

FILES = 100
FLAT = [name for name in COLUMNS if name not in ("d38", "list", "st")]


PLAIN: dict[str, Any] = {
    "version": "2.6",
    "use_deprecated_int96_timestamps": False,
    "store_decimal_as_integer": True,
}


def some_rows(rng: random.Random, names: list[str], first: int, count: int) -> pa.Table:
    made = {"id": pa.array(range(first, first + count), pa.int64())}
    for name in names:
        _, kind, makes, _ = COLUMNS[name]
        make, nulls = rng.choice(makes), rng.choice([0, 0, 0.3, 1.0])
        values = [None if rng.random() < nulls else make(rng) for _ in range(count)]
        made[name] = pa.array(values, kind)
    return pa.table(made)


def small_table(path: Path, rng: random.Random, names: list[str]) -> pa.Table:
    """A file for each of FILES, each written with settings of its own; gives all rows."""
    table = handmade.Table(path)
    fields = [handmade.primitive("id", "long")]
    fields += [handmade.primitive(name, COLUMNS[name][0]) for name in names]
    parts: list[pa.Table] = []
    adds = []
    while len(parts) < FILES:
        data = some_rows(rng, names, len(parts) * 1000, rng.choice([0, 1, 7, 200]))
        settings: dict[str, Any] = settings_of(rng, data)
        # Files of one shape are read together, and their first tells whether that is done here, as
        # it is of most of these tables.
        if rng.random() < 0.9:
            settings |= PLAIN
        if rng.random() < 0.05:
            settings["compression"] = "brotli"
        add = table.data(data)
        try:
            pq.write_table(data, path / add["add"]["path"], **settings)
        except (NotImplementedError, OSError, pa.ArrowException):
            continue  # pyarrow does not write this
        add["add"]["size"] = (path / add["add"]["path"]).stat().st_size
        parts.append(data)
        adds.append(add)
    table.commit(handmade.protocol(), handmade.metadata(fields), *adds)
    return pa.concat_tables(parts)


def assert_read_here(lake: Lake, name: str) -> None:
    plan = lake.client.sql(f"EXPLAIN SELECT * FROM {name}")[0][0]
    assert "READ_PARQUET (small files)" in plan
    assert "__OB" not in plan.upper()


@pytest.mark.parametrize("seed", range(25))
def test_all_ways_to_write_them(lake: Lake, seed: int) -> None:
    rng = random.Random(seed)
    names = rng.sample(FLAT, 5)
    path = lake.path(f"small-{seed}")
    data = small_table(path, rng, names)
    name = lake.register(path)
    assert "__OB" not in lake.client.sql(f"EXPLAIN SELECT * FROM {name}")[0][0]
    found = lake.client.arrow(f"SELECT * FROM {name}")
    assert rows(found) == rows(data)
    column = rng.choice(names)
    found = lake.client.arrow(f"SELECT {column}, id FROM {name} WHERE id % 1000 < 100")
    wanted = data.filter([i.as_py() % 1000 < 100 for i in data["id"]]).select([column, "id"])
    assert rows(found) == rows(wanted)


def test_what_delta_rs_appends(lake: Lake) -> None:
    path = lake.path("appended")
    rng = random.Random(1)
    # OPTIMIZE may lose the sign of a zero (docs/delta.md).
    names = [name for name in FLAT if name not in ("f4", "f8")]
    parts = [some_rows(rng, names, i * 10, rng.randint(1, 3)) for i in range(70)]
    for part in parts:
        write_deltalake(path, part, mode="append")
    name = lake.register(path)
    assert_read_here(lake, name)
    assert rows(lake.client.arrow(f"SELECT * FROM {name}")) == rows(pa.concat_tables(parts))
    lake.client.sql(f"DELETE FROM {name} WHERE id = 0")
    left = [row for row in rows(pa.concat_tables(parts)) if row["id"] != 0]
    assert rows(lake.client.arrow(f"SELECT * FROM {name}")) == left
    lake.client.sql(f"OPTIMIZE {name}")
    assert len(lake.theirs(name).file_uris()) == 1
    assert rows(lake.client.arrow(f"SELECT * FROM {name}")) == left
