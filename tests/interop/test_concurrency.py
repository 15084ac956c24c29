"""Writers of ours and theirs on one table at the same time, by an exact ledger."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from deltalake import DeltaTable

from tests.conftest import sign_in
from tests.harness.client import Client
from tests.harness.server import Server
from tests.interop.support import Lake, read_theirs

SECONDS = 3

# One writer of delta-rs as a process of its own: prints each id once it is committed.
THEIRS = """
import sys, time
import pyarrow as pa
from deltalake import write_deltalake
place, first, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
end = time.monotonic() + seconds
while time.monotonic() < end:
    row = pa.table({"id": pa.array([first], pa.int64()), "who": ["theirs"]})
    try:
        write_deltalake(place, row, mode="append")
        print(first, flush=True)
    except Exception as problem:
        print("refused", str(problem)[:200], file=sys.stderr)
    first += 1
"""


class Writer(threading.Thread):
    """Appends single rows through the server; the ids that were acknowledged, and where."""

    def __init__(self, client: Client, table: str, first: int) -> None:
        super().__init__()
        self.client = Client(client.url, client.token)
        self.table, self.first = table, first
        self.versions: dict[int, int] = {}
        self.problems: list[str] = []

    def run(self) -> None:
        end = time.monotonic() + SECONDS
        number = self.first
        while time.monotonic() < end:
            answer = self.client.query(f"INSERT INTO {self.table} VALUES ({number}, 'ours')")
            if answer.ok:
                self.versions[number] = answer.json()["rows"][0][1]
            elif answer.status_code != 409:
                self.problems.append(answer.text[:300])
            number += 1


def test_appends_of_six_writers(lake: Lake) -> None:
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (id BIGINT, who STRING)")
    place = lake.client.location(name)
    ours = [Writer(lake.client, name, n * 1_000_000) for n in range(1, 5)]
    theirs = [
        subprocess.Popen(
            [sys.executable, "-c", THEIRS, place, str(n * 1_000_000), str(SECONDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(5, 7)
    ]
    for writer in ours:
        writer.start()
    for writer in ours:
        writer.join()
    told = [process.communicate(timeout=60) for process in theirs]
    assert [w.problems for w in ours] == [[]] * 4
    acknowledged = {number: version for w in ours for number, version in w.versions.items()}
    from_theirs = {int(line) for out, _ in told for line in out.split()}
    assert acknowledged and from_theirs, told

    found = [i for (i,) in lake.client.sql(f"SELECT id FROM {name} ORDER BY id")]
    assert sorted(read_theirs(DeltaTable(place))["id"].to_pylist()) == found
    assert len(found) == len(set(found)), "a row is there twice"
    # Theirs may report a failure although the commit was written; ours never.
    assert acknowledged.keys() | from_theirs <= set(found), "an acknowledged row is lost"
    assert {i for i in found if i < 5_000_000} == acknowledged.keys()

    # Each row is in the version that its writer was told.
    log = Path(place) / "_delta_log"
    rows_of: dict[int, int] = {}
    for file in sorted(log.glob("*.json")):
        actions = [json.loads(line) for line in file.read_text().splitlines()]
        rows_of[int(file.stem)] = sum(
            json.loads(a["add"]["stats"])["numRecords"] for a in actions if "add" in a
        )
    assert sorted(rows_of) == list(range(len(rows_of)))
    for version in set(acknowledged.values()):
        told_here = sum(v == version for v in acknowledged.values())
        assert rows_of[version] == told_here


def test_optimize_beside_appends(lake: Lake) -> None:
    """Compaction is in nobody's way, and nobody's rows get lost in it."""
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (id BIGINT, who STRING)")
    place = lake.client.location(name)
    writers = [Writer(lake.client, name, n * 1_000_000) for n in range(1, 4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        answer = lake.client.query(f"OPTIMIZE {name}")
        assert answer.ok, answer.text
        time.sleep(0.1)
    for writer in writers:
        writer.join()
    assert [w.problems for w in writers] == [[]] * 3
    wanted = sorted(i for w in writers for i in w.versions)
    assert [i for (i,) in lake.client.sql(f"SELECT id FROM {name} ORDER BY id")] == wanted
    assert sorted(read_theirs(DeltaTable(place))["id"].to_pylist()) == wanted


def test_two_servers_on_one_table(lake: Lake, external: Path) -> None:
    """Two processes of ours that know nothing of each other, and compaction by one of them."""
    path = lake.path("t")
    name = lake.name("t")
    lake.client.sql(f"CREATE TABLE {name} (id BIGINT, who STRING) LOCATION '{path}'")
    with Server(external_locations=str(external)) as other:
        second = sign_in(other)
        second.sql(f"CREATE TABLE t LOCATION '{path}'")
        writers = [
            Writer(client, table, n * 1_000_000)
            for n, (client, table) in enumerate([(lake.client, name), (second, "t")] * 2)
        ]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            assert second.query("OPTIMIZE t").ok
            time.sleep(0.3)
        for writer in writers:
            writer.join()
        assert [w.problems for w in writers] == [[]] * 4
        wanted = sorted(i for w in writers for i in w.versions)
        for client, table in ((lake.client, name), (second, "t")):
            assert [i for (i,) in client.sql(f"SELECT id FROM {table} ORDER BY id")] == wanted
    assert sorted(read_theirs(DeltaTable(str(path)))["id"].to_pylist()) == wanted
