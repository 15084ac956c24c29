"""Writers that change rows of their own in a table that many share, and keep exact books of it.

Each row holds `n` and `m = 7 n + id`, so that a row put together from two versions shows.
As a program it is one writer of delta-rs: reads its order as JSON, prints its books as JSON.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Callable

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

COLUMNS = "id BIGINT, who STRING, n BIGINT, m BIGINT"
RANGE = 1_000_000  # of ids that one writer owns

Rows = dict[int, int]  # id to n


class Refused(Exception):
    """The statement failed, and the engine says that nothing was written."""


class Unknown(Exception):
    """The statement failed, and the engine says that it may have been written all the same."""


@dataclass
class Operation:
    kind: str  # insert, update, delete, merge, optimize
    ids: list[int]
    n: int
    before: Rows
    after: Rows


@dataclass
class Ledger:
    """What one writer knows of its rows."""

    first: int
    seed: int
    rows: Rows = field(default_factory=dict)
    # Either all of `before` or all of `after` is there: rows that are not touched again.
    open: list[tuple[Rows, Rows]] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.next_id = self.first

    def choose(self) -> Operation:
        kinds = {"insert": 6, "update": 4, "delete": 2, "merge": 3, "optimize": 0.3}
        kind = self.random.choices(list(kinds), list(kinds.values()))[0]
        n = self.random.randrange(1_000_000)
        fresh = list(range(self.next_id, self.next_id + self.random.randint(1, 4)))
        known = self.random.sample(sorted(self.rows), min(len(self.rows), 3))
        if kind == "insert" or not known:
            kind, ids = "insert", fresh
        elif kind == "merge":
            ids = known + fresh
        else:
            ids = known
        before = {i: self.rows[i] for i in ids if i in self.rows}
        after = before if kind == "optimize" else {} if kind == "delete" else dict.fromkeys(ids, n)
        if ids[-1] >= self.next_id:
            self.next_id = ids[-1] + 1
        return Operation(kind, ids, n, before, after)

    def step(self, execute: Callable[[Operation], None]) -> None:
        operation = self.choose()
        try:
            execute(operation)
        except Refused:
            self.counts["refused"] += 1
            return
        except Unknown:
            self.counts["unknown"] += 1
            self.open.append((operation.before, operation.after))
            for i in operation.ids:
                self.rows.pop(i, None)
            return
        except Exception as problem:  # told at the end, with its statement
            self.problems.append(f"{operation.kind} {operation.ids}: {problem}")
            return
        self.counts[operation.kind] += 1
        for i in operation.before:
            self.rows.pop(i)
        self.rows |= operation.after

    def run(self, execute: Callable[[Operation], None], seconds: float) -> "Ledger":
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.step(execute)
        return self

    def to_json(self) -> dict[str, Any]:
        return {
            "rows": list(self.rows.items()),
            "open": [(list(b.items()), list(a.items())) for b, a in self.open],
            "counts": self.counts,
            "problems": self.problems,
        }

    @staticmethod
    def from_json(first: int, told: dict[str, Any]) -> "Ledger":
        return Ledger(
            first,
            0,
            dict(told["rows"]),
            [(dict(b), dict(a)) for b, a in told["open"]],
            Counter(told["counts"]),
            told["problems"],
        )

    def differences(self, found: Rows) -> list[str]:
        """What a table's rows of this writer say otherwise."""
        left = dict(found)
        out = []
        for before, after in self.open:
            there = {i: left.pop(i) for i in before.keys() | after.keys() if i in left}
            if there not in (before, after):
                out.append(f"neither {before} nor {after} but {there}")
        for i in sorted(left.keys() | self.rows.keys()):
            if left.get(i) != self.rows.get(i):
                out.append(f"row {i} has {left.get(i)}, not {self.rows.get(i)}")
        return out


def values(operation: Operation, who: str) -> pa.Table:
    ids = operation.ids
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "who": pa.array([who] * len(ids)),
            "n": pa.array([operation.n] * len(ids), pa.int64()),
            "m": pa.array([7 * operation.n + i for i in ids], pa.int64()),
        }
    )


def listed(ids: list[int]) -> str:
    return ", ".join(map(str, ids))


# What delta-rs says where it did not write: another writer was first, and it may not follow.
CONFLICTS = (
    "concurrent",
    "Max commit attempts",
    "max_retries",
    "Failed to commit transaction",
    "already exists",
)
# It listed a local log while others wrote it: readdir may leave out a file that came meanwhile and
# yet tell of a later one. It does so after its commit, too.
TORN_LISTS = ("Expected contiguous commit files",)


def with_delta_rs(place: str, options: dict[str, str] | None) -> Callable[[Operation], None]:
    def table() -> DeltaTable:
        return DeltaTable(place, storage_options=options)

    def act(operation: Operation) -> None:
        if operation.kind == "insert":
            data = values(operation, "theirs")
            write_deltalake(place, data, mode="append", storage_options=options)
        elif operation.kind == "update":
            updates = {"n": str(operation.n), "m": f"{7 * operation.n} + id"}
            table().update(updates=updates, predicate=f"id IN ({listed(operation.ids)})")
        elif operation.kind == "delete":
            table().delete(f"id IN ({listed(operation.ids)})")
        elif operation.kind == "merge":
            merge = table().merge(
                values(operation, "theirs"), "t.id = s.id", source_alias="s", target_alias="t"
            )
            merge.when_matched_update_all().when_not_matched_insert_all().execute()
        else:
            table().optimize.compact()

    def execute(operation: Operation) -> None:
        try:
            act(operation)
        except Exception as problem:
            if any(sign in str(problem) for sign in CONFLICTS):
                raise Refused from problem
            if any(sign in str(problem) for sign in TORN_LISTS):
                raise Unknown from problem
            raise

    return execute


def main() -> None:
    order = json.load(sys.stdin)
    ledger = Ledger(order["first"], order["seed"])
    ledger.run(with_delta_rs(order["place"], order["options"]), order["seconds"])
    json.dump(ledger.to_json(), sys.stdout)


if __name__ == "__main__":
    main()
