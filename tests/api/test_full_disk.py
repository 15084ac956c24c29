"""A disk that fills up: each refusal says so, nothing acknowledged is lost, and all goes on after."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Iterator

import pytest
from deltalake import DeltaTable

from tests.conftest import sign_in
from tests.harness.client import ApiError, Client
from tests.harness.server import Server

SIZE = 96 << 20
FULL = ("query.diskFull", "objects.diskFull", "db.diskFull")

all_on_the_disk = pytest.mark.skipif(
    os.environ.get("OPENBRICKS_TEST_DATABASE", "sqlite") != "sqlite"
    or os.environ.get("OPENBRICKS_TEST_STORAGE", "local") != "local",
    reason="needs all data on the disk",
)


@pytest.fixture()
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("only root can mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def leave(disk: Path, space: int) -> Path:
    """Fills the disk but for this many bytes; gives the file that does so."""
    state = os.statvfs(disk)
    filler = disk / "filler"
    # The server may take some of it in the meantime.
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        file.write(bytes(max(0, state.f_bavail * state.f_frsize - space)))
    return filler


def parts(table: DeltaTable) -> tuple[set[str], set[str]]:
    """The data files that the newest version has, and those that lie in the directory."""
    folder = Path(table.table_uri.removeprefix("file://"))
    return set(table.file_uris()), {str(path) for path in folder.glob("*.parquet")}


def insert(client: Client, number: int) -> None:
    client.sql(
        f"INSERT INTO main.default.t SELECT {number}, md5(random()::VARCHAR) FROM range(20000)"
    )


@all_on_the_disk
def test_statements_on_a_full_disk(small_disk: Path) -> None:
    with Server(data=small_disk / "data") as server:
        client = sign_in(server)
        client.volume()
        client.sql("CREATE TABLE main.default.t (n BIGINT, x STRING)")
        filler = leave(small_disk, 6 << 20)
        kept, refused = [], 0
        for number in range(40):
            try:
                insert(client, number)
                kept.append(number)
            except ApiError as error:
                if error.id == "audit.unrecorded":  # it was done
                    kept.append(number)
                    continue
                assert error.status == 507 and error.id in FULL, error
                assert "full" in error.detail and str(small_disk) not in error.detail
                refused += 1
        assert kept and refused
        leave(small_disk, 0)
        for sql in (
            "INSERT INTO main.default.t VALUES (100, 'a')",
            "UPDATE main.default.t SET x = 'b' WHERE n = 0",
            "DELETE FROM main.default.t WHERE n = 0",
            f"DELETE FROM main.default.t WHERE n = {kept[-1]} AND x < '1'",
            "OPTIMIZE main.default.t",
            "CREATE TABLE main.default.u AS SELECT range AS a FROM range(10)",
            "CREATE SCHEMA main.s",
        ):
            error = client.refused(sql)
            assert error.status == 507 and error.id in FULL, (sql, error)
        assert client.put("main/default/files/a", b"x" * 3_000_000).status_code == 507

        live, there = parts(DeltaTable(client.location("main.default.t")))
        assert {Path(p).name for p in live} == {Path(p).name for p in there}, "remains of failures"

        filler.unlink()
        # Reads stand in the audit log, so they wait for space there too.
        found = client.sql("SELECT n, count(*) FROM main.default.t GROUP BY n ORDER BY n")
        assert found == [[n, 20000] for n in kept]
        insert(client, 100)
        client.sql("DELETE FROM main.default.t WHERE n = 0")
        client.sql("OPTIMIZE main.default.t")
        client.sql("CREATE TABLE main.default.u AS SELECT range AS a FROM range(10)")
        found = client.sql("SELECT n, count(*) FROM main.default.t GROUP BY n ORDER BY n")
        assert found == [[n, 20000] for n in [*kept[1:], 100]]


@all_on_the_disk
def test_what_is_called_refused_was_not_done(small_disk: Path) -> None:
    """Whoever is told to try again must not find the row twice."""
    with Server(data=small_disk / "data") as server:
        client = sign_in(server)
        client.sql("CREATE TABLE main.default.t (n BIGINT)")
        kept, refused = [], 0
        for number in range(12):
            filler = leave(small_disk, 4096 * (number % 12))
            answer = client.query(f"INSERT INTO main.default.t VALUES ({number})")
            filler.unlink()
            if answer.ok or answer.json()["id"] == "audit.unrecorded":
                kept.append(number)
            else:
                assert answer.json()["id"] in FULL, answer.text
                refused += 1
            found = client.sql("SELECT n FROM main.default.t ORDER BY n")
            assert found == [[n] for n in kept], answer.text
        assert kept and refused
