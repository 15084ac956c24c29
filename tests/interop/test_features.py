"""Checkpoints of all kinds, deletion vectors, column mapping, and what must be refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.harness.client import wait_until
from tests.interop import handmade
from tests.interop.handmade import Table, mapped, metadata, primitive, protocol
from tests.interop.support import Lake, read_theirs, rows, same

IDS = [primitive("id", "long"), primitive("s", "string")]


def numbers(first: int, last: int) -> pa.Table:
    return pa.table(
        {"id": pa.array(range(first, last), pa.int64()), "s": [f"s{i}" for i in range(first, last)]}
    )


def found_ids(lake: Lake, name: str) -> list[int]:
    return [i for (i,) in lake.client.sql(f"SELECT id FROM {name} ORDER BY id")]


# --- checkpoints


def test_our_checkpoints(lake: Lake) -> None:
    """After 25 commits others need nothing but our checkpoint and the commits behind it."""
    name = lake.name("t")
    kinds = "id BIGINT, p STRING, st STRUCT<a: INT>, ts TIMESTAMP, d DECIMAL(10,2)"
    lake.client.sql(f"CREATE TABLE {name} ({kinds}) PARTITIONED BY (p)")
    for i in range(24):
        lake.client.sql(
            f"INSERT INTO {name} VALUES ({i}, 'p/{i % 3}', {{'a': {i}}}, now(), {i}.25), (NULL, NULL, NULL, NULL, NULL)"
        )
        if i == 12:
            DeltaTable(lake.client.location(name)).delete("id = 3")
    wanted = same(lake, name)
    assert len(wanted) == 47
    place = lake.client.location(name)
    hint = Path(place) / "_delta_log/_last_checkpoint"
    # Written behind the commits.
    wait_until(lambda: hint.exists() and json.loads(hint.read_text())["version"] >= 20)
    last = json.loads(hint.read_text())
    copy = lake.path("copy")
    shutil.copytree(place, copy)
    handmade.forget_commits(copy, last["version"])
    table = DeltaTable(str(copy))
    assert rows(read_theirs(table)) == wanted
    actions = pa.table(table.get_add_actions(flatten=True)).to_pylist()
    assert all(a["num_records"] is not None for a in actions)
    # We read it too, and go on from it.
    registered = lake.register(copy)
    lake.client.sql(f"INSERT INTO {registered} VALUES (1000, 'new', NULL, NULL, NULL)")
    assert len(same(lake, registered)) == 48


@pytest.fixture()
def checkpointed(lake: Lake) -> Lake:
    """A table of delta-rs with 12 commits and a checkpoint in between."""
    path = lake.path("t")
    for i in range(8):
        write_deltalake(str(path), numbers(i * 10, i * 10 + 10), mode="append")
    DeltaTable(str(path)).delete("id % 10 = 5")
    DeltaTable(str(path)).create_checkpoint()
    for i in range(8, 11):
        write_deltalake(str(path), numbers(i * 10, i * 10 + 10), mode="append")
    return lake


WANTED = [i for i in range(80) if i % 10 != 5] + list(range(80, 110))


def use(lake: Lake) -> None:
    name = lake.register(lake.path("t"))
    assert found_ids(lake, name) == WANTED
    lake.client.sql(f"INSERT INTO {name} VALUES (1000, 'ours')")
    assert found_ids(lake, name) == [*WANTED, 1000]


def test_their_checkpoint(checkpointed: Lake) -> None:
    version, _ = handmade.classic_checkpoint(checkpointed.path("t"))
    handmade.forget_commits(checkpointed.path("t"), version)
    use(checkpointed)
    same(checkpointed, checkpointed.name("t"))


def test_checkpoint_without_last_checkpoint(checkpointed: Lake) -> None:
    version, _ = handmade.classic_checkpoint(checkpointed.path("t"))
    handmade.forget_commits(checkpointed.path("t"), version)
    (checkpointed.path("t") / "_delta_log/_last_checkpoint").unlink()
    use(checkpointed)


@pytest.mark.parametrize("parts", [2, 5])
def test_checkpoint_in_parts(checkpointed: Lake, parts: int) -> None:
    version = handmade.split_checkpoint(checkpointed.path("t"), parts)
    handmade.forget_commits(checkpointed.path("t"), version)
    use(checkpointed)


def test_incomplete_checkpoint_is_not_used(checkpointed: Lake) -> None:
    version = handmade.split_checkpoint(checkpointed.path("t"), 2)
    log = checkpointed.path("t") / "_delta_log"
    (log / f"{version:020}.checkpoint.0000000002.0000000002.parquet").unlink()
    use(checkpointed)


@pytest.mark.parametrize("as_json", [True, False], ids=["json", "parquet"])
@pytest.mark.parametrize("sidecars", [1, 3])
def test_v2_checkpoint(checkpointed: Lake, as_json: bool, sidecars: int) -> None:
    path = checkpointed.path("t")
    version = handmade.v2_checkpoint(path, sidecars, as_json)
    handmade.forget_commits(path, version)
    name = checkpointed.register(path)
    assert found_ids(checkpointed, name) == WANTED


@pytest.mark.parametrize("damage", ["cut", "empty", "noise"])
def test_broken_checkpoint(checkpointed: Lake, damage: str) -> None:
    """A clear error where the commits are gone; never a crash, never wrong rows."""
    version, file = handmade.classic_checkpoint(checkpointed.path("t"))
    content = file.read_bytes()
    file.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "empty": b"",
            "noise": b"PAR1" + bytes(range(256)) * 40,
        }[damage]
    )
    handmade.forget_commits(checkpointed.path("t"), version)
    path = checkpointed.path("t")
    answer = checkpointed.client.query(
        f"CREATE TABLE {checkpointed.name('t')} USING DELTA LOCATION '{path}'"
    )
    if answer.ok:
        answer = checkpointed.client.query(f"SELECT * FROM {checkpointed.name('t')}")
    assert 400 <= answer.status_code < 500, answer.text


# --- deletion vectors

DV = ["deletionVectors"]


def dv_table(lake: Lake, name: str = "t") -> Table:
    table = Table(lake.path(name))
    table.commit(
        protocol(3, 7, DV),
        metadata(IDS, delta__enableDeletionVectors="true"),
        operation="CREATE TABLE",
    )
    return table


def test_deletion_vectors(lake: Lake) -> None:
    table = dv_table(lake)
    inline, small, big = [1, 3, 9], [0], list(range(0, 70_000, 3))
    stored = handmade.stored_vectors(table.root, [small, big], prefix="ab")
    table.commit(
        table.data(numbers(0, 10), deletionVector=handmade.inline_vector(inline)),
        table.data(numbers(100, 110), deletionVector=stored[0]),
        table.data(numbers(1000, 71_000), deletionVector=stored[1]),
        table.data(numbers(80_000, 80_010)),
    )
    name = lake.register(table.root)
    wanted = [i for i in range(10) if i not in inline]
    wanted += list(range(101, 110))
    wanted += [i + 1000 for i in range(70_000) if i % 3]
    wanted += list(range(80_000, 80_010))
    assert lake.client.arrow(f"SELECT id FROM {name} ORDER BY id")["id"].to_pylist() == wanted
    assert lake.client.value(f"SELECT count(*) FROM {name}") == len(wanted)
    assert (
        lake.client.value(f"SELECT count(*) FROM {name} WHERE id IN (0, 1, 100, 1000, 1001)") == 2
    )
    assert sorted(read_theirs(DeltaTable(str(table.root)))["id"].to_pylist()) == wanted
    detail = lake.client.ok("GET", f"catalogs/main/schemas/{lake.schema}/tables/t")
    assert detail["rows"] == len(wanted)


def test_deletion_vectors_by_version(lake: Lake) -> None:
    table = dv_table(lake)
    first = table.data(numbers(0, 10))
    table.commit(first)
    again = {"add": first["add"] | {"deletionVector": handmade.inline_vector([0, 1])}}
    remove = {"path": first["add"]["path"], "deletionTimestamp": 1, "dataChange": True}
    table.commit({"remove": remove}, again)
    wider = {"add": first["add"] | {"deletionVector": handmade.inline_vector([0, 1, 2])}}
    remove = remove | {"deletionVector": again["add"]["deletionVector"]}
    table.commit({"remove": remove}, wider)
    name = lake.register(table.root)
    for version, gone in ((1, 0), (2, 2), (3, 3)):
        ours = lake.client.sql(f"SELECT id FROM {name} VERSION AS OF {version} ORDER BY id")
        assert [i for (i,) in ours] == list(range(gone, 10))
    assert found_ids(lake, name) == list(range(3, 10))


def test_deletion_vector_of_a_whole_file(lake: Lake) -> None:
    table = dv_table(lake)
    table.commit(table.data(numbers(0, 5), deletionVector=handmade.inline_vector([0, 1, 2, 3, 4])))
    name = lake.register(table.root)
    assert found_ids(lake, name) == []


@pytest.mark.parametrize("damage", ["flip", "cut", "missing", "magic", "cardinality"])
def test_broken_deletion_vectors(lake: Lake, damage: str) -> None:
    table = dv_table(lake)
    (vector,) = handmade.stored_vectors(table.root, [[1, 2, 3]])
    (file,) = table.root.glob("deletion_vector_*.bin")
    content = bytearray(file.read_bytes())
    if damage == "flip":
        content[-6] ^= 0xFF
    if damage == "cut":
        content = content[:-8]
    if damage == "magic":
        content[5] ^= 0xFF
    if damage == "cardinality":
        vector = vector | {"cardinality": 2}
    file.write_bytes(content)
    if damage == "missing":
        file.unlink()
    table.commit(table.data(numbers(0, 10), deletionVector=vector))
    name = lake.register(table.root)
    refused = lake.client.refused(f"SELECT * FROM {name}")
    assert 400 <= refused.status < 500 and str(table.root) not in refused.detail


# --- column mapping


@pytest.mark.parametrize("mode", ["name", "id"])
def test_column_mapping(lake: Lake, mode: str) -> None:
    """Renamed, dropped and added columns, nested ones too, with a partition."""

    def field(name: str, kind: pa.DataType, number: int) -> pa.Field:
        return pa.field(name, kind, metadata={b"PARQUET:field_id": str(number).encode()})

    inner = {
        "type": "struct",
        "fields": [mapped("inside now", "string", "col-in", 5)],
    }
    now = [
        mapped("the id", "long", "col-1", 1),
        mapped("nested", inner, "col-2", 2),
        mapped("part", "string", "col-3", 3),
        mapped("added, later", "double", "col-6", 6),
    ]
    table = Table(lake.path("t"))
    table.commit(
        protocol(2, 5),
        metadata(
            now,
            ("part",),
            delta__columnMapping__mode=mode,
            delta__columnMapping__maxColumnId="6",
        ),
    )
    # Under mode "id" the names of columns in the files mean nothing.
    names = ["col-1", "col-2", "col-in", "col-4"] if mode == "name" else ["w", "x", "col-in", "z"]
    schema = pa.schema(
        [
            field(names[0], pa.int64(), 1),
            field(names[1], pa.struct([field(names[2], pa.string(), 5)]), 2),
            field(names[3], pa.string(), 4),  # dropped since
        ]
    )
    old = pa.Table.from_pylist(
        [{names[0]: i, names[1]: {names[2]: f"v{i}"}, names[3]: "gone"} for i in range(3)], schema
    )
    table.commit(
        table.data(old, partitionValues={"col-3": "a b"}),
        table.data(old.slice(1, 1), partitionValues={"col-3": None}),
    )
    name = lake.register(table.root)
    found = rows(lake.client.arrow(f"SELECT * FROM {name}"))
    wanted = [("a b", i) for i in range(3)] + [(None, 1)]
    assert found == sorted(
        (
            {"the id": i, "nested": {"inside now": f"v{i}"}, "part": p, "added, later": None}
            for p, i in wanted
        ),
        key=repr,
    )
    assert lake.client.value(f'SELECT nested."inside now" FROM {name} WHERE part IS NULL') == "v1"
    assert (
        lake.client.value(f"SELECT count(*) FROM {name} WHERE part = 'a b' AND `the id` > 0") == 2
    )
    # Writing keeps the mapping or is refused; it never loses it.
    answer = lake.client.query(f"INSERT INTO {name} VALUES (9, NULL, 'new', 0.5)")
    if answer.ok:
        assert lake.client.value(f"SELECT part FROM {name} WHERE `the id` = 9") == "new"
        last = json.loads((table.log / f"{2:020}.json").read_text().splitlines()[-1])
        assert last["add"]["partitionValues"] == {"col-3": "new"}
        written = pq.ParquetFile(table.root / unquote(last["add"]["path"])).schema_arrow
        assert [f.name for f in written] == ["col-1", "col-2", "col-6"]
        assert [f.metadata[b"PARQUET:field_id"] for f in written] == [b"1", b"2", b"6"]
    else:
        assert answer.status_code == 400 and "columnMapping" in answer.text


# --- what is unknown or broken


def test_unknown_reader_feature_is_refused_by_name(lake: Lake) -> None:
    table = Table(lake.path("t"))
    table.commit(protocol(3, 7, ["fancyFeature"]), metadata(IDS))
    table.commit(table.data(numbers(0, 3)))
    answer = lake.client.query(f"CREATE TABLE {lake.name('t')} USING DELTA LOCATION '{table.root}'")
    if answer.ok:
        answer = lake.client.query(f"SELECT * FROM {lake.name('t')}")
    assert answer.status_code == 400 and "fancyFeature" in answer.text


def test_unknown_writer_feature_is_read_only(lake: Lake) -> None:
    table = Table(lake.path("t"))
    table.commit(protocol(3, 7, [], writer_only=["fancyWriting"]), metadata(IDS))
    table.commit(table.data(numbers(0, 3)))
    name = lake.register(table.root)
    assert found_ids(lake, name) == [0, 1, 2]
    refused = lake.client.refused(f"INSERT INTO {name} VALUES (9, 'x')")
    assert refused.status == 400 and "fancyWriting" in refused.detail
    assert DeltaTable(str(table.root)).version() == 1


@pytest.mark.parametrize("reader,writer", [(4, 7), (99, 99), (1, 8)])
def test_versions_from_the_future(lake: Lake, reader: int, writer: int) -> None:
    table = Table(lake.path("t"))
    table.commit(protocol(reader, writer, []), metadata(IDS))
    table.commit(table.data(numbers(0, 3)))
    answer = lake.client.query(f"CREATE TABLE {lake.name('t')} USING DELTA LOCATION '{table.root}'")
    if answer.ok:
        verb = "SELECT * FROM" if reader > 3 else "INSERT INTO"
        tail = "" if reader > 3 else " VALUES (9, 'x')"
        answer = lake.client.query(f"{verb} {lake.name('t')}{tail}")
    assert answer.status_code == 400, answer.text


BREAKS = {
    "cut json": lambda t: cut(t.log / f"{1:020}.json", 40),
    "not json": lambda t: (t.log / f"{1:020}.json").write_text("hello\n"),
    "not utf-8": lambda t: (t.log / f"{1:020}.json").write_bytes(b'{"add": {"path": "\xff"}}\n'),
    "deep json": lambda t: (t.log / f"{1:020}.json").write_text("[" * 100_000 + "\n"),
    "gap": lambda t: (t.log / f"{1:020}.json").unlink(),
    "no metadata": lambda t: (t.log / f"{0:020}.json").write_text('{"commitInfo": {}}\n'),
    "bad schema": lambda t: (t.log / f"{0:020}.json").write_text(
        (t.log / f"{0:020}.json").read_text().replace("struct", "strict")
    ),
    "missing file": lambda t: [f.unlink() for f in t.root.glob("*.parquet")],
    "cut file": lambda t: [cut(f, 200) for f in t.root.glob("*.parquet")],
    "file of noise": lambda t: [f.write_bytes(b"PAR1" * 100) for f in t.root.glob("*.parquet")],
    "path out": lambda t: replace_path(t, "../../../../../../etc/passwd"),
    "absolute path out": lambda t: replace_path(t, "/etc/passwd"),
    "url out": lambda t: replace_path(t, "file:///etc/passwd"),
    "encoded path out": lambda t: replace_path(t, "%2e%2e/%2e%2e/%2e%2e/etc/passwd"),
}


def cut(file, size: int) -> None:
    file.write_bytes(file.read_bytes()[:size])


def replace_path(table: Table, path: str) -> None:
    file = table.log / f"{1:020}.json"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for action in lines:
        if "add" in action:
            action["add"]["path"] = path
    file.write_text("\n".join(json.dumps(a) for a in lines) + "\n")


@pytest.mark.parametrize("damage", BREAKS)
def test_broken_tables(lake: Lake, damage: str) -> None:
    """An error of the caller's kind each time, without paths; the server stays up."""
    table = Table(lake.path("t"))
    table.commit(protocol(), metadata(IDS))
    table.commit(table.data(numbers(0, 3)))
    table.commit(table.data(numbers(3, 6)))
    BREAKS[damage](table)
    name = lake.name("t")
    answer = lake.client.query(f"CREATE TABLE {name} USING DELTA LOCATION '{table.root}'")
    if answer.ok:
        answer = lake.client.query(f"SELECT * FROM {name}")
    assert 400 <= answer.status_code < 500, answer.text
    assert str(lake.folder) not in answer.text.replace("\\/", "/") and "root:" not in answer.text
    assert lake.client.value("SELECT 1") == 1


def test_breaking_a_table_in_use(lake: Lake) -> None:
    """What is known already goes on; a broken commit behind it is reported, then mended."""
    path = lake.path("t")
    write_deltalake(str(path), numbers(0, 3))
    name = lake.register(path)
    assert found_ids(lake, name) == [0, 1, 2]
    broken = path / "_delta_log" / f"{1:020}.json"
    broken.write_text("{broken\n")
    assert 400 <= lake.client.refused(f"SELECT * FROM {name}").status < 500
    broken.unlink()
    write_deltalake(str(path), numbers(3, 5), mode="append")
    assert found_ids(lake, name) == [0, 1, 2, 3, 4]


def test_change_data_feed_tables(lake: Lake) -> None:
    """Appends need no change files; what would need them is refused or done right."""
    path = lake.path("t")
    write_deltalake(str(path), numbers(0, 3), configuration={"delta.enableChangeDataFeed": "true"})
    name = lake.register(path)
    answer = lake.client.query(f"INSERT INTO {name} VALUES (3, 's3')")
    if answer.ok:
        changes = pa.table(DeltaTable(str(path)).load_cdf(starting_version=1).read_all())
        assert changes["id"].to_pylist() == [3]
        assert changes["_change_type"].to_pylist() == ["insert"]
    else:
        assert answer.status_code == 400 and "changeDataFeed" in answer.text
    same(lake, name)
