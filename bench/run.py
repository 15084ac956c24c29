#!/usr/bin/env python3
"""Side-by-side measurements in one run: ratios against DuckDB, times and memory of the server.

Nothing here passes or fails by the clock: it prints what it measured and writes bench/RESULTS.md.
Contestants take turns query by query, so that noise of the machine meets all of them.
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import duckdb
import pyarrow as pa
from deltalake import DeltaTable

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench import appends, changes, documents, front_door, large_tables  # noqa: E402
from tests.harness.client import ARROW, Client  # noqa: E402
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server  # noqa: E402

TABLES = ("customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier")
CACHE = ROOT / ".cache/bench"
TRANSFER = "SELECT * FROM lineitem LIMIT 1000000"


def extension(name: str) -> str:
    """The path of a DuckDB extension that a Python package ships."""
    package = Path(importlib.import_module(f"duckdb_extension_{name}").__file__).parent
    return str(next(package.rglob(f"{name}.duckdb_extension")))


def connect(*extensions: str) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"allow_unsigned_extensions": "false"})
    for name in extensions:
        connection.execute(f"LOAD '{extension(name)}'")
    connection.execute("SET enable_progress_bar = false")
    return connection


def generate(scale: float) -> Path:
    """TPC-H's tables as one Parquet file each; kept between runs."""
    folder = CACHE / f"tpch-sf{scale:g}"
    if not (folder / "done").exists():
        print(f"Generating TPC-H at scale factor {scale:g}", flush=True)
        folder.mkdir(parents=True, exist_ok=True)
        connection = connect("tpch")
        connection.execute(f"CALL dbgen(sf = {scale})")
        for table in TABLES:
            connection.execute(f"COPY {table} TO '{folder}/{table}.parquet' (FORMAT parquet)")
        (folder / "done").touch()
    return folder


def queries() -> dict[int, str]:
    rows = connect("tpch").execute("SELECT query_nr, query FROM tpch_queries() ORDER BY 1")
    return dict(rows.fetchall())


def load(client: Client, folder: Path) -> dict[str, str]:
    """The tables through the product's own ways; returns where each lies."""
    client.ok("POST", "catalogs/main/schemas", json={"name": "tpch"})
    volume = client.volume("tpch", "files")
    locations = {}
    for table in TABLES:
        print(f"Loading {table}", flush=True)
        with open(folder / f"{table}.parquet", "rb") as file:
            path = client.upload(f"{volume}/{table}.parquet", file)
        client.ok("POST", "tables", json={"name": f"main.tpch.{table}", "path": path}, timeout=600)
        client.ok("DELETE", f"files/{volume}/{table}.parquet")
        locations[table] = client.location(f"main.tpch.{table}").removeprefix("file://")
    return locations


def through_server(client: Client) -> Callable[[str], pa.Table]:
    def run(sql: str) -> pa.Table:
        body = {"sql": sql, "cache": False, "catalog": "main", "schema": "tpch"}
        answer = client.post("query", body, headers={"Accept": ARROW}, stream=True, timeout=600)
        if answer.status_code != 200:
            raise RuntimeError(f"{answer.status_code} {answer.text[:500]}")
        answer.raw.decode_content = True
        with pa.ipc.open_stream(answer.raw) as reader:
            return reader.read_all()

    return run


def through_duckdb(sources: dict[str, str], *extensions: str) -> Callable[[str], pa.Table]:
    connection = connect(*extensions)
    for table, source in sources.items():
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM {source}")
    return lambda sql: connection.execute(sql).to_arrow_table()


def parquet_of(location: str) -> str:
    files = [f"'{uri.removeprefix('file://')}'" for uri in DeltaTable(location).file_uris()]
    return f"read_parquet([{', '.join(files)}])"


def same(left: pa.Table, right: pa.Table) -> bool:
    """Equal results, whatever the order of ties and the last digits of sums."""

    def rows(table: pa.Table) -> list:
        def plain(value: Any) -> Any:
            return (
                f"{float(value):.4g}"
                if isinstance(value, (float, int)) or hasattr(value, "as_tuple")
                else str(value)
            )

        return sorted(tuple(map(plain, row.values())) for row in table.to_pylist())

    return left.num_rows == right.num_rows and rows(left) == rows(right)


def timed(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def in_turns(
    contestants: dict[str, Callable[[str], Any]], sql: str, rounds: int
) -> dict[str, float]:
    """Median seconds of each contestant, which take turns and change who begins."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            times[name].append(timed(lambda: contestants[name](sql)))
    return {name: statistics.median(values) for name, values in times.items()}


def geometric_mean(values: list[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values)))


def bench_tpch(contestants: dict, rounds: int, numbers: list[int]) -> list[str]:
    texts = queries()
    lines = [
        "| Query | OpenBricks | DuckDB on Parquet | delta_scan | to DuckDB | to delta_scan |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    measured: list[dict[str, float]] = []
    for number in numbers:
        sql = texts[number].strip().rstrip(";")
        results = [run(sql) for run in contestants.values()]  # warms all up, too
        if not all(same(results[0], other) for other in results[1:]):
            raise RuntimeError(f"query {number}: the contestants do not agree")
        found = in_turns(contestants, sql, rounds)
        measured.append(found)
        line = row(f"Q{number}", found)
        print(line, flush=True)
        lines.append(line)
    total = {name: sum(found[name] for found in measured) for name in contestants}
    lines.append(row("**all**", total))
    means = [
        geometric_mean([f["server"] / f[other] for f in measured]) for other in ("parquet", "delta")
    ]
    lines.append(f"| geometric mean |  |  |  | {means[0]:.2f} | {means[1]:.2f} |")
    print("\n".join(lines[-2:]), flush=True)
    return lines


def row(label: str, found: dict[str, float]) -> str:
    ms = [f"{found[name] * 1000:.0f} ms" for name in ("server", "parquet", "delta")]
    ratios = [f"{found['server'] / found[name]:.2f}" for name in ("parquet", "delta")]
    return f"| {label} | {' | '.join(ms + ratios)} |"


def bench_transfer(contestants: dict, rounds: int) -> list[str]:
    two = {name: contestants[name] for name in ("server", "parquet")}
    rows = {run(TRANSFER).num_rows for run in two.values()}
    if len(rows) != 1:
        raise RuntimeError(f"the contestants do not agree: {rows} rows")
    found = in_turns(two, TRANSFER, rounds)
    line = (
        f"`{TRANSFER}` ({rows.pop():,} rows) as an Arrow table in Python: {found['server'] * 1000:.0f} ms over HTTP, "
        f"{found['parquet'] * 1000:.0f} ms with Python's duckdb in process; "
        f"ratio {found['server'] / found['parquet']:.2f} (goal 1.0)."
    )
    print(line, flush=True)
    return [line]


def start_and_ask(data: Path, token: str | None) -> tuple[float, Server]:
    """Seconds from the start of the process to the first answered query."""
    server = Server(data=data)
    started = time.perf_counter()
    server.start()
    client = Client(server.url, token or "")
    if token is None:
        client.login(ADMIN_EMAIL, ADMIN_PASSWORD)
    assert client.value("SELECT 42 AS a") == 42
    return time.perf_counter() - started, server


def bench_start(data: Path, token: str, rounds: int) -> list[str]:
    warm, first, idle = [], [], []
    for _ in range(rounds):
        seconds, server = start_and_ask(data, token)
        warm.append(seconds)
        time.sleep(1)
        idle.append(server.memory_mb())
        server.stop()
        with tempfile.TemporaryDirectory() as fresh:
            seconds, server = start_and_ask(Path(fresh) / "data", None)
            first.append(seconds)
            server.stop()
    lines = [
        f"- from the start of the process to the first answered query, with data: "
        f"{statistics.median(warm) * 1000:.0f} ms (goal under 1,000)",
        f"- the very first start, with making the administrator and signing in: "
        f"{statistics.median(first) * 1000:.0f} ms",
        f"- resident memory a second after that query: {statistics.median(idle):.0f} MB "
        f"(goal under 150)",
    ]
    print("\n".join(lines), flush=True)
    return lines


def machine() -> list[str]:
    info = Path("/proc/cpuinfo").read_text()
    model = next(
        (l.split(":")[1].strip() for l in info.splitlines() if "model name" in l),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    busy = os.getloadavg()[0]
    return [
        f"- {datetime.now(timezone.utc):%Y-%m-%d}, commit {commit}",
        f"- {model}, {os.cpu_count()} cores, {memory:.0f} GB, Linux {platform.release().split('-')[0]}; "
        f"load average at the start {busy:.1f}",
        f"- DuckDB {duckdb.__version__} in all contestants, each with its defaults (all cores)",
    ]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--scale", type=float, default=1)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--queries", default="1-22", help="e.g. 1-22 or 3,5,9")
    arguments.add_argument(
        "--only",
        choices=["tpch", "transfer", "start", "changes", "appends", "large", "door", "documents"],
    )
    arguments.add_argument("--no-report", action="store_true", help="leave RESULTS.md as it is")
    options = arguments.parse_args()
    numbers: list[int] = []
    for part in options.queries.split(","):
        low, _, high = part.partition("-")
        numbers += range(int(low), int(high or low) + 1)

    if options.only == "door":  # needs no data
        front_door.run()
        return
    if options.only == "documents":
        documents.run(min(options.rounds, 3))
        return
    about = machine()
    folder = generate(options.scale)
    report = ["# Results", "", "Written by `./dev bench`; the machine:", "", *about, ""]
    wanted = lambda part: options.only in (None, part)  # noqa: E731
    with tempfile.TemporaryDirectory(prefix="bench-", dir=CACHE) as scratch:
        data = Path(scratch) / "data"
        outside = Path(scratch) / "tables"  # that other engines change, too
        outside.mkdir()
        with Server(data=data, external_locations=str(outside)) as server:
            client = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
            token = client.ok("POST", "keys", json={"name": "bench"})["key"]
            client.token = token
            locations = load(client, folder)
            contestants = {
                "server": through_server(client),
                "parquet": through_duckdb({t: parquet_of(l) for t, l in locations.items()}),
                "delta": through_duckdb(
                    {t: f"delta_scan('{l}')" for t, l in locations.items()}, "delta"
                ),
            }
            if wanted("tpch"):
                report += [
                    f"## TPC-H, scale factor {options.scale:g}",
                    "",
                    f"Median of {options.rounds} rounds in turns, results fetched as Arrow: OpenBricks over "
                    'HTTP with `"cache": false` on its Delta tables; Python\'s duckdb on the same Parquet '
                    "files (goal ≤ 1.1); DuckDB's own delta extension on the same tables (goal ≤ 0.9).",
                    "",
                    *bench_tpch(contestants, options.rounds, numbers),
                    "",
                ]
            if wanted("transfer"):
                report += ["## Transfer", "", *bench_transfer(contestants, options.rounds), ""]
            if wanted("changes"):
                report += [
                    "## Changes",
                    "",
                    f"Median of {options.rounds} rounds in turns after one that warms up, each on fresh copies of "
                    "the same files; CPU time in brackets. delta-rs in process; Spark in a warm session.",
                    "",
                    *changes.run(client, server.pid, outside, options.rounds),
                    "",
                ]
            if wanted("appends"):
                report += ["## Appends", "", *appends.run(client, Path(scratch)), ""]
        if wanted("start"):
            report += ["## Start and memory", "", *bench_start(data, token, options.rounds), ""]
        if wanted("large"):
            report += [
                "## Many commits and many files",
                "",
                *large_tables.run(Path(scratch), options.rounds),
                "",
            ]
        if wanted("door"):
            report += ["## The front door", "", *front_door.run(), ""]
        if wanted("documents"):
            report += ["## Documents", "", *documents.run(min(options.rounds, 3)), ""]
    if not options.no_report and options.only is None:
        (ROOT / "bench/RESULTS.md").write_text("\n".join(report))
        print("Wrote bench/RESULTS.md")


if __name__ == "__main__":
    main()
