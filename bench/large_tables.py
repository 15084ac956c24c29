"""Tables with many commits and many files: how long the first query takes, and planning when warm.

Their logs are made here in the form of the server's own add actions; each data file is a real one.
"""

from __future__ import annotations

import json
import statistics
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.harness.client import Client
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server

COMMITS = 20_000
FILES = 100_000
DAYS = 1_000
ROWS_A_FILE = 10


def make_by_server(
    client: Client, table: str, columns: str, location: Path, values: str
) -> tuple[list[dict], dict]:
    """A table with one row by the server: the lines of its commit, and the add action in it."""
    client.sql(f"CREATE TABLE {table} {columns.format(location=location)}")
    client.sql(f"INSERT INTO {table} VALUES {values}")
    lines = [
        json.loads(line)
        for line in (location / f"_delta_log/{1:020}.json").read_text().splitlines()
    ]
    add = next(line["add"] for line in lines if "add" in line)
    return [line for line in lines if "add" not in line], add


def stats(rows: int, low: dict, high: dict) -> str:
    return json.dumps({
        "numRecords": rows, "minValues": low, "maxValues": high,
        "nullCount": {name: 0 for name in low}, "tightBounds": True,
    }, separators=(",", ":"))  # fmt: skip


def write_commit(log: Path, version: int, others: list[dict], adds: list[dict]) -> None:
    lines = [*others, *({"add": add} for add in adds)]
    (log / f"{version:020}.json").write_text(
        "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    )


def checkpointed(client: Client, table: str, location: Path, values: str, wanted: int) -> None:
    """Appends until the server has written a checkpoint of at least that version."""
    last = location / "_delta_log/_last_checkpoint"
    deadline = time.monotonic() + 120
    while not last.exists() or json.loads(last.read_text())["version"] < wanted:
        if time.monotonic() > deadline:
            raise RuntimeError(f"no checkpoint of {table}")
        client.sql(f"INSERT INTO {table} VALUES {values}")


def many_commits(client: Client, location: Path) -> int:
    """As single-row appends leave it: 20,000 commits, a file each. Returns the rows."""
    columns = "(id BIGINT, name STRING, v DOUBLE) LOCATION '{location}'"
    others, add = make_by_server(
        client, "main.default.commits", columns, location, "(0, 'n0', 0.5)"
    )
    for i in range(1, COMMITS):
        name = f"part-{i:05}.parquet"
        pq.write_table(pa.table({"id": [i], "name": [f"n{i}"], "v": [i + 0.5]}), location / name)
        bounds = {"id": i, "name": f"n{i}", "v": i + 0.5}
        mine = add | {
            "path": name,
            "size": (location / name).stat().st_size,
            "stats": stats(1, bounds, bounds),
        }
        write_commit(location / "_delta_log", i + 1, others, [mine])
    checkpointed(client, "main.default.commits", location, "(-1, 'n', 0.5)", COMMITS)
    return client.value("SELECT count(*) FROM main.default.commits")


def many_files(client: Client, location: Path) -> None:
    """100,000 add actions over 1,000 days; the log says of each what a file of ten rows would hold.

    Only the files that the queries below keep are there: the rest would take minutes to write.
    """
    columns = "(id BIGINT, v DOUBLE, day DATE) PARTITIONED BY (day) LOCATION '{location}'"
    others, add = make_by_server(
        client, "main.default.files", columns, location, "(-1, 0.5, DATE '1999-01-01')"
    )
    first = time.mktime(time.strptime("2000-01-01", "%Y-%m-%d"))
    adds = []
    for i in range(FILES):
        day = time.strftime("%Y-%m-%d", time.localtime(first + 86_400 * (i % DAYS) + 43_200))
        low, high = i * ROWS_A_FILE, (i + 1) * ROWS_A_FILE - 1
        name = f"day={day}/part-{i:06}.parquet"
        size = 700
        if i in (4_321, 77_777) or i % DAYS == 500:
            (location / name).parent.mkdir(exist_ok=True)
            ids = range(low, high + 1)
            pq.write_table(
                pa.table({"id": pa.array(ids), "v": [n + 0.5 for n in ids]}), location / name
            )
            size = (location / name).stat().st_size
        bounds = {"id": low, "v": low + 0.5}, {"id": high, "v": high + 0.5}
        adds.append(
            add
            | {
                "path": name,
                "size": size,
                "stats": stats(ROWS_A_FILE, *bounds),
                "partitionValues": {"day": day},
            }
        )
        if len(adds) == 5_000:
            write_commit(location / "_delta_log", 2 + i // 5_000, others, adds)
            adds = []
    checkpointed(
        client, "main.default.files", location, "(-1, 0.5, DATE '1999-01-01')", 1 + FILES // 5_000
    )


def ask(client: Client, sql: str, expected: object) -> float:
    started = time.perf_counter()
    found = client.sql(sql, cache=False)
    seconds = time.perf_counter() - started
    if expected is not None and found != expected:
        raise RuntimeError(f"{sql}: {found} instead of {expected}")
    return seconds


def first_query(
    data: Path, folder: Path, queries: list[tuple[str, object]], rounds: int
) -> list[tuple[float, float]]:
    """Median seconds of each query as a server's first of the table, and of the same one after it."""
    out = []
    for sql, expected in queries:
        first, again = [], []
        for _ in range(rounds):
            with Server(data=data, external_locations=str(folder)) as server:
                client = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
                client.value("SELECT 1 AS a")
                first.append(ask(client, sql, expected))
                again.append(ask(client, sql, expected))
        out.append((statistics.median(first), statistics.median(again)))
    return out


def line(what: str, seconds: float, goal: float, more: str) -> str:
    met = "met" if seconds <= goal else "not met"
    return f"| {what} | {seconds * 1000:.0f} ms | {goal * 1000:.0f} ms | {met} | {more} |"


def bench_commits(data: Path, folder: Path, rows: int, rounds: int) -> list[str]:
    table = "main.default.commits"
    queries = [
        (f"SELECT count(*) FROM {table}", [[rows]]),
        (f"SELECT v FROM {table} WHERE id = 12345", [[12345.5]]),
        (
            f"SELECT count(*), sum(id) FROM {table} WHERE id >= 0",
            [[COMMITS, COMMITS * (COMMITS - 1) // 2]],
        ),
    ]
    return [
        line(
            f"first query, {COMMITS:,} commits with a file each: `{sql}`",
            first,
            1,
            f"again: {again * 1000:.0f} ms",
        )
        for (sql, _), (first, again) in zip(queries, first_query(data, folder, queries, rounds))
    ]


def bench_files(data: Path, folder: Path, rounds: int) -> list[str]:
    table = "main.default.files"
    day = time.strftime("%Y-%m-%d", time.gmtime(946_684_800 + 86_400 * 500))
    queries = [
        (f"SELECT v FROM {table} WHERE id = 43215", [[43215.5]]),
        (
            f"SELECT count(*), sum(v) FROM {table} WHERE id BETWEEN 43212 AND 43218",
            [[7, 43215.5 * 7]],
        ),
        (f"SELECT count(*) FROM {table} WHERE day = DATE '{day}' AND id < 100000", [[100]]),
        (f"SELECT count(*), min(id) FROM {table} WHERE day = DATE '{day}'", [[1000, 5000]]),
    ]
    out = []
    with Server(data=data, external_locations=str(folder)) as server:
        client = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
        before = server.memory_mb()
        first = ask(client, *queries[0])
        a_file = (server.memory_mb() - before) * 2**20 / FILES
        for sql, expected in queries:
            warm = [ask(client, sql, expected) for _ in range(3 * rounds + 1)][1:]
            out.append(line(f"{FILES:,} files: `{sql}`", statistics.median(warm), 0.2, ""))
    out.append(
        f"| the first query of that table: {first * 1000:.0f} ms; resident memory after it: {a_file:.0f} bytes a file | | | | |"
    )
    return out


def run(scratch: Path, rounds: int) -> list[str]:
    data, folder = scratch / "large-data", scratch / "large-tables"
    folder.mkdir(parents=True)
    lines = ["| Query | took | goal |  |  |", "|---|---:|---:|---|---|"]
    with Server(data=data, external_locations=str(folder)) as server:
        client = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
        print("Making a table of many commits", flush=True)
        rows = many_commits(client, folder / "commits")
        print("Making a table of many files", flush=True)
        many_files(client, folder / "files")
    lines += bench_commits(data, folder, rows, rounds)
    lines += bench_files(data, folder, rounds)
    print("\n".join(lines), flush=True)
    return lines
