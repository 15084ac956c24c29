"""Data files and logs that somebody spoilt: each is refused by its name, in bounded time and memory."""

import os
import struct
from pathlib import Path

import pytest

from tests.api.checks import no_machine_paths, problem
from tests.harness.client import Client


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out) + bytes([number])


def parquet(footer: bytes) -> bytes:
    return b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1"


def schema_of(elements: bytes, count: int) -> bytes:
    """A file of no rows with these parts of a schema."""
    return parquet(b"\x15\x02\x19\xfc" + varint(count) + elements + b"\x16\x00\x19\x0c\x00")


PARENT = b"\x35\x02\x18\x01a\x15\x02\x00"  # an optional group of one child
COLUMN = b"\x15\x02\x25\x02\x18\x01a\x00"

SPOILT = {
    "cut": b"PAR1",
    "nested schema": schema_of(PARENT * 100_000 + COLUMN, 100_001),
    "counts without things": schema_of(COLUMN, 2**31 - 1),
    "nested footer": parquet(b"\x1c" * 300_000),
}


@pytest.fixture
def table(admin: Client, schema: str) -> str:
    name = f"main.{schema}.t"
    admin.sql(f"CREATE TABLE {name} (a BIGINT)")
    for i in range(3):
        admin.sql(f"INSERT INTO {name} VALUES ({i})")
    return name


def folder_of(admin: Client, table: str) -> Path:
    return Path(admin.location(table).removeprefix("file://"))


def refused(admin: Client, table: str, name: str, status: int, id: str) -> None:
    for sql in ("SELECT sum(a) FROM {}", "DELETE FROM {} WHERE a > random() * 0", "OPTIMIZE {}"):
        body = problem(admin.query(sql.format(table), timeout_s=20), status, id)
        assert name in body["detail"], sql
        no_machine_paths(body["detail"])


@pytest.mark.parametrize("kind", SPOILT)
def test_spoilt_data_files(admin: Client, table: str, kind: str) -> None:
    assert (
        len(admin.sql(f"SELECT * FROM {table}")) == 3
    )  # what was known of the file is no longer so
    file = min(folder_of(admin, table).glob("*.parquet"))
    file.write_bytes(SPOILT[kind])
    refused(admin, table, file.name, 409, "delta.dataFileUnreadable")


def test_a_pipe_for_a_data_file(admin: Client, table: str) -> None:
    file = min(folder_of(admin, table).glob("*.parquet"))
    file.unlink()
    os.mkfifo(file)  # nobody will ever write to it
    refused(admin, table, file.name, 409, "delta.dataFileUnreadable")


def test_a_link_into_another_table(admin: Client, table: str) -> None:
    other = f"{table}_other"
    admin.sql(f"CREATE TABLE {other} AS SELECT 77::BIGINT AS a")
    file = min(folder_of(admin, table).glob("*.parquet"))
    file.unlink()
    file.symlink_to(min(folder_of(admin, other).glob("*.parquet")))
    refused(admin, table, file.name, 422, "delta.badPath")


def test_a_missing_file_has_a_name(admin: Client, table: str) -> None:
    file = min(folder_of(admin, table).glob("*.parquet"))
    file.unlink()
    refused(admin, table, file.name, 409, "sql.fileGone")


def test_uploaded_files(admin: Client, volume: str) -> None:
    for kind in ("nested schema", "counts without things", "nested footer"):
        path = admin.upload(f"{volume}/{kind}.parquet", SPOILT[kind])
        problem(admin.query(f"SELECT * FROM read_parquet('{path}')"), 400)
        problem(admin.post("tables/infer", {"path": path}), 400, "file.broken")
    assert admin.value("SELECT 1 AS a") == 1


def test_a_spoilt_checkpoint(admin: Client, schema: str, external: Path) -> None:
    location = external / f"{schema}_checkpoint"
    checkpoint = location / "_delta_log" / "00000000000000000009.checkpoint.parquet"
    checkpoint.parent.mkdir(parents=True)
    for kind in SPOILT:
        checkpoint.write_bytes(SPOILT[kind])
        made = admin.post("tables", {"name": f"main.{schema}.x", "location": str(location)})
        told = problem(made, 400, "delta.badCheckpoint")
        assert checkpoint.name in told["detail"]


def test_a_link_for_the_next_commit(admin: Client, table: str) -> None:
    commit = folder_of(admin, table) / "_delta_log" / "00000000000000000004.json"
    commit.symlink_to("/dev/zero")
    told = problem(admin.query(f"INSERT INTO {table} VALUES (9)"), 422, "delta.badLog")
    assert commit.name in told["detail"]
    commit.unlink()
    admin.sql(f"INSERT INTO {table} VALUES (9)")
    assert len(admin.sql(f"SELECT * FROM {table}")) == 4
