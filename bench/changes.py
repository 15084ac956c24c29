"""MERGE, DELETE and OPTIMIZE against delta-rs and Spark: the same files, fresh copies each round.

Spark's session is warm. delta-rs runs in this process, its tables opened anew as a statement does it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, Callable

import pyarrow as pa
from deltalake import DeltaTable

from bench.copies import Used, copy_table, measure, middle, verdict
from tests.harness.client import Client
from tests.harness.spark import Spark

SOURCE_ROWS = 10_000
DELETED = "l_orderkey % 100 = 32"
OURS = """MERGE INTO {table} t USING main.tpch.changes s ON t.o_orderkey = s.o_orderkey
WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"""
# Half of the keys are orders' (which has 8 of each 32 numbers), half are above all.
CHANGES = """CREATE TABLE main.tpch.changes AS
SELECT * EXCLUDE (n) REPLACE (CASE WHEN n % 2 = 0 THEN o_orderkey ELSE 100000000 + n END AS o_orderkey,
                              o_totalprice + 1 AS o_totalprice)
FROM (SELECT *, row_number() OVER (ORDER BY hash(o_orderkey)) - 1 AS n FROM main.tpch.orders)
WHERE n < {rows}"""


class Bench:
    def __init__(self, client: Client, pid: int, folder: Path, rounds: int) -> None:
        self.client, self.pid, self.folder, self.rounds = client, pid, folder, rounds
        self.spark = Spark(memory="2g")
        self.spark_pid = self.spark.session.sparkContext._gateway.proc.pid
        self.changes: pa.Table | None = None
        self.count = 0

    def stop(self) -> None:
        self.spark.stop()

    # The tables that are copied.
    def prepare(self) -> None:
        self.client.sql(CHANGES.format(rows=SOURCE_ROWS))
        location = self.client.location("main.tpch.changes").removeprefix("file://")
        self.changes = DeltaTable(location).to_pyarrow_table()
        self.spark.sql(f"SELECT * FROM delta.`{location}`").cache().createOrReplaceTempView(
            "changes"
        )
        self.spark.sql("SELECT count(*) FROM changes").collect()
        self.table("orders", "orders", "o_orderkey", 4)
        self.table("lineitem", "lineitem", "l_orderkey // 32", 8)
        self.table("small", "orders", "o_orderkey // 32", 200)

    def table(self, name: str, of: str, key: str, files: int) -> None:
        print(f"Making {name} of {files} files", flush=True)
        self.client.sql(
            f"CREATE TABLE main.tpch.b_{name} LOCATION '{self.folder}/{name}' AS SELECT * FROM main.tpch.{of} LIMIT 0"
        )
        for part in range(files):
            self.client.sql(
                f"INSERT INTO main.tpch.b_{name} SELECT * FROM main.tpch.{of} WHERE {key} % {files} = {part}"
            )
        with_vectors = copy_table(self.folder / name, self.folder / f"{name}-dv")
        self.client.sql(f"CREATE TABLE main.tpch.b_{name}_dv LOCATION '{with_vectors}'")
        self.client.sql(
            f"ALTER TABLE main.tpch.b_{name}_dv SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"
        )

    # One statement by each contestant on a copy of its own.
    def ours(self, table: str, statement: str) -> Callable[[Path], Callable[[], Any]]:
        def prepared(copy: Path) -> Callable[[], Any]:
            name = f"main.tpch.copy_{self.count}"
            self.client.sql(f"CREATE TABLE {name} LOCATION '{copy}'")
            return lambda: self.client.sql(statement.format(table=name))

        return prepared

    def of_spark(self, statement: str) -> Callable[[Path], Callable[[], Any]]:
        return lambda copy: lambda: self.spark.sql(
            statement.format(table=f"delta.`{copy}`")
        ).collect()

    def merge_by_delta_rs(self, copy: Path) -> Callable[[], Any]:
        return lambda: (
            DeltaTable(str(copy))
            .merge(self.changes, "t.o_orderkey = s.o_orderkey", source_alias="s", target_alias="t")
            .when_matched_update_all()
            .when_not_matched_insert_all()
            .execute()
        )

    def state(self, copy: Path, numbers: str) -> list:
        """What the table holds now, as our server reads it."""
        name = f"main.tpch.check_{self.count}"
        self.client.sql(f"CREATE TABLE {name} LOCATION '{copy}'")
        found = self.client.sql(f"SELECT count(*), {numbers} FROM {name}")
        self.client.sql(f"DROP TABLE {name}")
        return found

    def compare(self, what: str, table: str, numbers: str, contestants: dict) -> list[str]:
        pids = {"OpenBricks": self.pid, "delta-rs": os.getpid(), "Spark": self.spark_pid}
        used: dict[str, list[Used]] = {name: [] for name in contestants}
        for number in range(self.rounds + 1):  # the first warms up, and is compared
            names = list(contestants)
            states = []
            for name in names[number % 3 :] + names[: number % 3]:
                self.count += 1
                copy = copy_table(self.folder / table, self.folder / f"copy-{self.count}")
                action = contestants[name](copy)
                took = measure(pids[name], action)
                if number > 0:
                    used[name].append(took)
                else:
                    states.append(self.state(copy, numbers))
                shutil.rmtree(copy, ignore_errors=True)  # a checkpoint may be under way
            if any(state != states[0] for state in states[1:]):
                raise RuntimeError(f"{what}: the contestants do not agree: {states}")
        found = {name: middle(values) for name, values in used.items()}
        cells = [f"{u.wall * 1000:.0f} ms ({u.cpu * 1000:.0f})" for u in found.values()]
        ours = found["OpenBricks"].wall
        line = (
            f"| {what} | {' | '.join(cells)} | {verdict(ours / found['delta-rs'].wall, 0.7)} | "
            f"{verdict(ours / found['Spark'].wall, 0.1)} |"
        )
        print(line, flush=True)
        return [line]


def run(client: Client, pid: int, folder: Path, rounds: int, only: str = "") -> list[str]:
    bench = Bench(client, pid, folder, rounds)
    lines = [
        "| Statement | OpenBricks | delta-rs | Spark | to delta-rs | to Spark |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    try:
        bench.prepare()
        for kind, suffix in (("", ""), (" (deletion vectors)", "-dv")):
            if "merge" in only or not only:
                lines += bench.compare(
                    f"MERGE of {SOURCE_ROWS:,} rows into orders{kind}",
                    f"orders{suffix}",
                    "sum(o_orderkey), sum(o_totalprice)",
                    {
                        "OpenBricks": bench.ours("orders", OURS),
                        "delta-rs": bench.merge_by_delta_rs,
                        "Spark": bench.of_spark(OURS.replace("main.tpch.changes", "changes")),
                    },
                )
            if "delete" in only or not only:
                lines += bench.compare(
                    f"DELETE of 1 % of lineitem{kind}",
                    f"lineitem{suffix}",
                    "sum(l_orderkey), sum(l_extendedprice)",
                    {
                        "OpenBricks": bench.ours(
                            "lineitem", "DELETE FROM {table} WHERE " + DELETED
                        ),
                        "delta-rs": lambda copy: lambda: DeltaTable(str(copy)).delete(DELETED),
                        "Spark": bench.of_spark("DELETE FROM {table} WHERE " + DELETED),
                    },
                )
            if ("optimize" in only or not only) and not kind:
                lines += bench.compare(
                    "OPTIMIZE of 200 files",
                    "small",
                    "sum(o_orderkey), sum(o_totalprice)",
                    {
                        "OpenBricks": bench.ours("small", "OPTIMIZE {table}"),
                        "delta-rs": lambda copy: lambda: DeltaTable(str(copy)).optimize.compact(),
                        "Spark": bench.of_spark("OPTIMIZE {table}"),
                    },
                )
    finally:
        bench.stop()
    return lines
