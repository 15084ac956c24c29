"""Writers of both sides append, update, delete and merge on one table; exact books tell the rest."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import uuid
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tests.conftest import sign_in
from tests.harness import s3
from tests.harness.client import Client
from tests.harness.server import ROOT, Server
from tests.interop.ledger import COLUMNS, RANGE, Ledger, Operation, Refused, Rows, Unknown, listed
from tests.interop.support import read_theirs

if TYPE_CHECKING:
    from tests.harness.spark import Spark

WRITERS = 4  # of each side


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest) -> Iterator[tuple[Client, str, dict[str, str] | None]]:
    """A server of its own with one table; the table's location, and what delta-rs needs to open it."""
    settings = {}
    if request.param == "s3":
        settings = s3.shared().settings(f"ledger-{uuid.uuid4().hex}")
    with Server(**settings) as server:
        client = sign_in(server)
        client.sql(f"CREATE TABLE t ({COLUMNS})")
        options = s3.shared().storage_options() if request.param == "s3" else None
        yield client, client.location("t"), options
        assert server.process.poll() is None, server.tail(60)


def through_server(client: Client) -> Callable[[Operation], None]:
    own = Client(client.url, client.token)

    def statement(operation: Operation) -> str:
        values = ", ".join(f"({i}, 'ours', {operation.n})" for i in operation.ids)
        source = f"SELECT id, who, n, 7 * n + id AS m FROM (VALUES {values}) AS v(id, who, n)"
        chosen = f"id IN ({listed(operation.ids)})"
        return {
            "insert": f"INSERT INTO t {source}",
            "update": f"UPDATE t SET n = {operation.n}, m = 7 * {operation.n} + id WHERE {chosen}",
            "delete": f"DELETE FROM t WHERE {chosen}",
            "merge": f"MERGE INTO t USING ({source}) s ON t.id = s.id "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
            "optimize": "OPTIMIZE t",
        }[operation.kind]

    def execute(operation: Operation) -> None:
        answer = own.query(statement(operation))
        if answer.ok:
            return
        found = answer.json().get("id")
        if found == "delta.conflict":
            raise Refused
        if found == "delta.unknownOutcome":
            raise Unknown
        raise RuntimeError(answer.text[:400])

    return execute


class Watcher(threading.Thread):
    """Reads all the while; no version may show a row twice or a torn one."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self.client, self.ended = Client(client.url, client.token), threading.Event()
        self.reads, self.problems = 0, []

    def run(self) -> None:
        while not self.ended.wait(0.1):
            try:
                checked(self.client.arrow("SELECT * FROM t"))
                self.reads += 1
            except Exception as problem:
                self.problems.append(str(problem)[:400])
                return


def checked(table: pa.Table) -> Rows:
    rows = table.select(["id", "n", "m"]).to_pylist()
    twice = [i for i, count in Counter(r["id"] for r in rows).items() if count > 1]
    torn = [r for r in rows if r["m"] != 7 * r["n"] + r["id"]]
    assert not twice and not torn, f"twice: {twice[:10]}, torn: {torn[:10]}"
    return {r["id"]: r["n"] for r in rows}


def start_theirs(order: dict[str, Any]) -> subprocess.Popen:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.interop.ledger"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdin.write(json.dumps(order))
    process.stdin.close()
    return process


def from_spark(spark: Spark, place: str, folder: Path) -> pa.Table:
    """Through a copy where Spark cannot reach the store: a table's log names its files relatively."""
    if place.startswith("s3://"):
        s3.shared().copy(place.removeprefix(f"s3://{s3.BUCKET}/"), folder)
        place = str(folder)
    return spark.arrow(f"SELECT * FROM delta.`{place}`")


def test_eight_writers(
    place: tuple[Client, str, dict[str, str] | None],
    spark: Spark,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    client, location, options = place
    seconds = pytestconfig.getoption("--ledger-seconds")
    seed = pytestconfig.getoption("--seed")
    order = {"place": location, "options": options, "seconds": seconds}
    theirs = [
        (n * RANGE, start_theirs({**order, "first": n * RANGE, "seed": seed + n}))
        for n in range(1, WRITERS + 1)
    ]
    ours = [Ledger(n * RANGE, seed + n) for n in range(WRITERS + 1, 2 * WRITERS + 1)]
    threads = [
        threading.Thread(target=ledger.run, args=(through_server(client), seconds))
        for ledger in ours
    ]
    watcher = Watcher(client)
    for thread in [*threads, watcher]:
        thread.start()
    for thread in threads:
        thread.join()
    books = list(ours)
    for first, process in theirs:
        out, err = process.stdout.read(), process.stderr.read()
        assert process.wait(120) == 0, err[-2000:]
        books.append(Ledger.from_json(first, json.loads(out)))
    watcher.ended.set()
    watcher.join()
    assert [b.problems for b in books] == [[]] * len(books)
    assert not watcher.problems and watcher.reads
    sums = [sum((b.counts for b in part), Counter()) for part in (ours, books[len(ours) :])]
    print(f"server: {dict(sums[0])}, delta-rs: {dict(sums[1])}, reads: {watcher.reads}")

    found = checked(client.arrow("SELECT * FROM t"))
    assert [d for b in books for d in b.differences(of(b, found))] == []
    assert len(found) == sum(len(of(b, found)) for b in books), "rows of nobody"
    theirs_read = read_theirs(DeltaTable(location, storage_options=options))
    assert checked(theirs_read) == found
    assert checked(from_spark(spark, location, tmp_path / "copy")) == found
    changes = ("update", "delete", "merge")
    assert all(s["insert"] and any(s[kind] for kind in changes) for s in sums), sums


def of(ledger: Ledger, found: Rows) -> Rows:
    return {i: n for i, n in found.items() if ledger.first <= i < ledger.first + RANGE}
