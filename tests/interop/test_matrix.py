"""Feature by feature: what each engine writes, the others read, and the server writes on.

What comes out is the table in docs/delta.md; with --write-matrix it is written there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from tests.harness.client import ApiError
from tests.harness.server import ROOT
from tests.interop.case_parts import Case
from tests.interop.cases import CASES
from tests.interop.support import Lake, read_theirs, rows

if TYPE_CHECKING:
    from tests.harness.spark import Spark

DOCUMENT = ROOT / "docs/delta.md"
BEGIN, END = "<!-- matrix: written by the interop tests -->\n", "<!-- end of the matrix -->\n"
NONE, YES = "–", "yes"
HEADINGS = (
    "",
    "Spark reads ours",
    "delta-rs reads ours",
    "read of Spark's",
    "written after Spark",
    "read of delta-rs's",
    "written after delta-rs",
)
Cells = list[str]
found: dict[str, Cells] = {}  # by the title of the case


@dataclass
class Table:
    """One table of a case, as all three see it."""

    lake: Lake
    spark: Spark
    name: str
    place: str

    def ours(self) -> list[dict[str, Any]]:
        return rows(self.lake.client.arrow(f"SELECT * FROM {self.name}"))

    def by_spark(self) -> list[dict[str, Any]]:
        return rows(self.spark.arrow(f"SELECT * FROM delta.`{self.place}`"))

    def by_delta_rs(self) -> str:
        """Yes, or why not; wrong rows are a failure."""
        try:
            theirs = rows(read_theirs(self.lake.theirs(self.name)))
        except Exception as problem:
            return refusal(str(problem))
        assert theirs == self.ours()
        return YES

    def changed(self) -> str:
        """The server appends and then updates; the other engines read what it reads."""
        said = []
        names = self.lake.client.arrow(f"SELECT * FROM {self.name}").column_names
        columns = ", ".join("id + 100" if c == "id" else f'"{c}"' for c in names)
        first = f"id = (SELECT min(id) FROM {self.name})"
        for statement in (
            f"INSERT INTO {self.name} SELECT {columns} FROM {self.name} WHERE {first}",
            f"UPDATE {self.name} SET id = id + 1000 WHERE {first}",
        ):
            before = self.ours()
            try:
                self.lake.client.sql(statement)
                assert self.ours() != before
                said.append(YES)
            except ApiError as problem:
                assert problem.status == 400, problem
                assert self.ours() == before
                said.append(refusal(problem.detail))
        assert self.by_spark() == self.ours()
        if said[0] == said[1]:
            return said[0]
        return f"appends; changes {said[1]}" if said[0] == YES else f"changes; appends {said[0]}"


def refusal(reason: str) -> str:
    """Short, the same on every run."""
    features = re.search(r"does not support: ([^.]*)\.", reason)
    if features:
        return f"refused: {features[1]}"
    line = re.sub(r"/[\w./-]*|[0-9a-f]{8}-[0-9a-f-]{27}", "…", reason.strip().splitlines()[0])
    return "refused: " + re.sub(r"\s+", " ", line.replace("|", "/"))[:110].rstrip(" .:")


def run(
    steps: Any, execute: Callable[[str], Any], table: str, place: Callable[[], str], *more: Any
) -> None:
    for step in steps:
        if isinstance(step, str):
            execute(step.replace("{t}", table))
        else:
            step(place(), *more[: step.__code__.co_argcount - 1])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_case(case: Case, lake: Lake, spark: Spark) -> None:
    cells = []
    ours: pa.Table | None = None
    if case.server:
        name = lake.name("ours")
        run(case.server, lake.client.sql, name, lambda: lake.client.location(name))
        table = Table(lake, spark, name, lake.client.location(name))
        ours = lake.client.arrow(f"SELECT * FROM {name} ORDER BY id")
        assert ours["id"].to_pylist() == case.ids
        assert table.by_spark() == table.ours()
        cells += [YES, table.by_delta_rs()]
    else:
        cells += [NONE, NONE]

    if case.spark:
        path = lake.path("spark")
        quoted = f"delta.`{path}`"
        run(case.spark, lambda s: spark.sql(s).collect(), quoted, lambda: str(path), spark)
        table = Table(lake, spark, lake.name(path.name), str(path))
        cells += read_and_change(table, case.ids, table.by_spark)
    else:
        cells += [NONE, NONE]

    if case.delta_rs:
        path = lake.path("delta-rs")
        case.delta_rs(str(path), ours)
        table = Table(lake, spark, lake.name(path.name), str(path))
        theirs = lambda: rows(read_theirs(DeltaTable(str(path))))  # noqa: E731
        cells += read_and_change(table, case.ids, theirs)
    else:
        cells += [NONE, NONE]
    found[case.title] = cells


def read_and_change(table: Table, ids: list[int], theirs: Callable[[], Any]) -> Cells:
    """Of a table that another engine made; `theirs` are the rows as that engine reads them."""
    try:
        table.lake.register(Path(table.place))
        ours = table.ours()
    except ApiError as problem:
        assert problem.status == 400, problem
        return [refusal(problem.detail), NONE]
    assert sorted(r["id"] for r in ours) == ids
    assert theirs() == ours
    return [YES, table.changed()]


def matrix() -> str:
    out, group = [], ""
    for case in CASES:
        if case.group != group:
            group = case.group
            out += [
                "",
                "| " + " | ".join([group, *HEADINGS[1:]]) + " |",
                "|---" * len(HEADINGS) + "|",
            ]
        out.append("| " + " | ".join([case.title, *found[case.title]]) + " |")
    return "\n".join(out[1:]) + "\n"


def test_document(pytestconfig: pytest.Config) -> None:
    if len(found) < len(CASES):
        pytest.skip("only a part of the matrix was run")
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    wanted = before + BEGIN + matrix() + END + after
    if pytestconfig.getoption("--write-matrix"):
        DOCUMENT.write_text(wanted)
    assert DOCUMENT.read_text() == wanted, "docs/delta.md: write it anew with --write-matrix"
