#!/usr/bin/env python3
"""Small appends through the HTTP API: one after another against delta-rs, and from many clients at once.

Nothing here passes or fails by the clock: it prints what it measured. The contestants of the first
part take turns, so that noise of the machine meets both.
"""

from __future__ import annotations

import argparse
import http.client
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.harness.client import Client  # noqa: E402
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server  # noqa: E402

COLUMNS = "(id BIGINT, name STRING, at TIMESTAMP, v DOUBLE)"


class Sender:
    """One connection to the API, with as little of a client's own work as Python allows."""

    def __init__(self, client: Client) -> None:
        self.http = http.client.HTTPConnection(urlsplit(client.url).netloc)
        self.http.connect()
        self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers = {
            "Authorization": f"Bearer {client.token}",
            "Content-Type": "application/json",
        }

    def insert(self, table: str, number: int) -> None:
        sql = f"INSERT INTO {table} VALUES ({number}, 'n{number}', now(), {number}.5)"
        self.http.request("POST", "/api/v1/query", json.dumps({"sql": sql}), self.headers)
        answer = self.http.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {told.decode()}")


def one(number: int) -> pa.Table:
    at = pa.array([int(time.time() * 1e6)], pa.timestamp("us", "UTC"))
    return pa.table({"id": [number], "name": [f"n{number}"], "at": at, "v": [number + 0.5]})


def sequential(client: Client, folder: Path, rounds: int) -> str:
    client.sql(f"CREATE TABLE main.default.one_by_one {COLUMNS}")
    theirs = str(folder / "theirs")
    ours_s, theirs_s = [], []
    write_deltalake(theirs, one(0))
    sender = Sender(client)
    sender.insert("main.default.one_by_one", 0)
    for number in range(1, rounds + 1):
        started = time.perf_counter()
        sender.insert("main.default.one_by_one", number)
        middle = time.perf_counter()
        write_deltalake(theirs, one(number), mode="append")
        ours_s.append(middle - started)
        theirs_s.append(time.perf_counter() - middle)
    found = client.value("SELECT count(*) FROM main.default.one_by_one")
    if found != rounds + 1:
        raise RuntimeError(f"{found} rows instead of {rounds + 1}")
    return (
        f"{rounds} appends of one row: {sum(ours_s) * 1000:.0f} ms over HTTP (median "
        f"{statistics.median(ours_s) * 1000:.1f} ms), {sum(theirs_s) * 1000:.0f} ms with delta-rs in process "
        f"(median {statistics.median(theirs_s) * 1000:.1f} ms); ratio {sum(ours_s) / sum(theirs_s):.2f} "
        "(goal 0.25)."
    )


def at_once(client: Client, clients: int, seconds: float) -> str:
    """Each client has a connection of its own and sends its next row when the last was acknowledged."""
    client.sql(f"CREATE TABLE main.default.at_once {COLUMNS}")
    acknowledged: list[int] = []
    waits: list[float] = []
    failures: list[str] = []
    lock = threading.Lock()
    end = time.monotonic() + seconds

    def work(mine: int) -> None:
        own = Sender(client)
        number = mine * 1_000_000
        while time.monotonic() < end:
            started = time.perf_counter()
            try:
                own.insert("main.default.at_once", number)
            except Exception as problem:
                with lock:
                    failures.append(str(problem)[:300])
                continue
            with lock:
                acknowledged.append(number)
                waits.append(time.perf_counter() - started)
            number += 1

    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - started
    rows = [i for (i,) in client.sql("SELECT id FROM main.default.at_once ORDER BY id")]
    lost = set(acknowledged) - set(rows)
    table = DeltaTable(client.location("main.default.at_once"))
    if lost or len(rows) != len(set(rows)) or table.to_pyarrow_table().num_rows != len(rows):
        raise RuntimeError(f"{len(lost)} acknowledged rows are lost, {len(rows)} rows in the table")
    if failures:
        print(f"{len(failures)} refused, such as: {failures[0]}", flush=True)
    waits.sort()
    return (
        f"{clients} clients appending single rows to one table for {seconds:.0f} s: {len(acknowledged) / took:.0f} "
        f"acknowledged rows/s (goal 100) in {table.version()} commits, median {statistics.median(waits) * 1000:.0f} ms, "
        f"99th percentile {waits[int(len(waits) * 0.99)] * 1000:.0f} ms."
    )


def run(
    client: Client,
    folder: Path,
    rounds: int = 200,
    clients: int = 50,
    seconds: float = 10,
) -> list[str]:
    lines = []
    for line in (
        sequential(client, folder, rounds),
        at_once(client, clients, seconds),
    ):
        print(line, flush=True)
        lines.append("- " + line)
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Server() as server:
        client = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
        run(client, Path(folder), arguments.rounds, arguments.clients, arguments.seconds)


if __name__ == "__main__":
    main()
