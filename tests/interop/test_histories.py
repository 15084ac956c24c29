"""Random histories through the server and through Spark: on two tables, and by turns on both."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.client import ApiError
from tests.interop.histories import SERVER, SPARK, History, Statement
from tests.interop.support import Lake, rows

if TYPE_CHECKING:
    from tests.harness.spark import Spark

STEPS = 12
TWINS, TURNS = 5, 3  # histories in the quick run; all others with --histories
# What Spark asks for before it widens a type or adds a column of instants without zone.
FEATURES = {"delta.enableTypeWidening": "true", "delta.feature.timestampNtz": "supported"}
# Properties that both engines heed, each in some histories; only Spark gives them to a table.
PROPERTIES = [
    {},
    {},
    {},
    {"delta.enableDeletionVectors": "true"},
    {"delta.columnMapping.mode": "name"},
    {"delta.enableInCommitTimestamps": "true"},
    {"delta.checkpointPolicy": "v2", "delta.checkpointInterval": "3"},
    {"delta.checkpointInterval": "2"},
    {"delta.dataSkippingNumIndexedCols": "1"},
]


class Table:
    """One table that both engines know."""

    def __init__(self, lake: Lake, spark: Spark, label: str) -> None:
        self.lake, self.spark, self.path = lake, spark, lake.path(label)
        self.ours, self.theirs = lake.name(label), f"delta.`{self.path}`"
        self.versions: list[int] = []  # after each step

    def create(self, engine: str, definition: str, properties: dict[str, str]) -> None:
        if engine == SERVER:
            self.lake.client.sql(f"CREATE TABLE {self.ours} {definition} LOCATION '{self.path}'")
        else:
            told = f" TBLPROPERTIES ({listed(properties)})" if properties else ""
            self.spark.sql(f"CREATE TABLE {self.theirs} {definition}{told}")
            self.lake.register(self.path)
        self.note()

    def set_properties(self, properties: dict[str, str]) -> None:
        self.spark.sql(f"ALTER TABLE {self.theirs} SET TBLPROPERTIES ({listed(properties)})")
        self.versions.pop()
        self.note()

    def run(self, engine: str, statement: Statement) -> str:
        """Why the engine refused it, or nothing."""
        version = "" if statement.restore is None else self.versions[statement.restore]
        name = self.ours if engine == SERVER else self.theirs
        text = statement.text(engine).replace("{t}", name).replace("{v}", str(version))
        try:
            if engine == SERVER:
                self.lake.client.sql(text)
            else:
                self.spark.sql(text).collect()
        except ApiError as problem:
            assert problem.status < 500, f"{text}\n{problem}"
            return problem.detail
        except Exception as problem:
            return str(problem)[:400] or repr(problem)
        finally:
            self.note()
        return ""

    def note(self) -> None:
        log = self.path / "_delta_log"
        found = [f.stem for f in log.glob("*.json") if f.stem.isdigit()]
        self.versions.append(max(map(int, found)))

    def read(self, engine: str) -> list[dict[str, Any]]:
        if engine == SERVER:
            return rows(self.lake.client.arrow(f"SELECT * FROM {self.ours}"))
        return rows(self.spark.arrow(f"SELECT * FROM {self.theirs}"))

    def schema(self) -> tuple[Any, list[str]]:
        """Names, types and nullability as the log has them, and the partition columns."""
        for version in range(self.versions[-1], -1, -1):
            file = self.path / "_delta_log" / f"{version:020}.json"
            for line in file.read_text().splitlines():
                action = json.loads(line)
                if "metaData" in action:
                    found = action["metaData"]
                    return (
                        plain_schema(json.loads(found["schemaString"])),
                        found["partitionColumns"],
                    )
        raise AssertionError("no metadata in the log")


def listed(properties: dict[str, str]) -> str:
    return ", ".join(f"'{key}' = '{value}'" for key, value in properties.items())


def plain_schema(node: Any) -> Any:
    """Without what is only in the way of comparing: metadata of columns."""
    if isinstance(node, dict):
        return {k: plain_schema(v) for k, v in node.items() if k != "metadata"}
    return [plain_schema(v) for v in node] if isinstance(node, list) else node


def play(lake: Lake, spark: Spark, seed: int, turns: bool) -> list[str]:
    """Runs a history on two tables; gives its statements as the server has them.

    Table one is the server's and table two Spark's, or else the engines change places at random.
    """
    chance, history = random.Random(seed), History(seed)
    properties = chance.choice(PROPERTIES)
    first, second = Table(lake, spark, f"a{seed}"), Table(lake, spark, f"b{seed}")
    definition, made_by_server = history.create(), not properties
    first.create(SERVER if made_by_server else SPARK, definition, properties)
    second.create(SPARK, definition, properties | FEATURES)
    if turns:
        first.set_properties(FEATURES)
    told = [f"{definition} {properties}"]
    try:
        for step in range(STEPS):
            engine = chance.choice([SERVER, SPARK]) if turns else SERVER
            other = SPARK if engine == SERVER else SERVER
            statement = history.next()
            if not statement.spark:
                engine = other = SERVER
            told.append(f"[{engine}] {statement.server}")
            refusals = first.run(engine, statement), second.run(other, statement)
            history.keep(not refusals[0])
            if any(refusals):
                told[-1] += f"  -- refused: {refusals}"
            assert bool(refusals[0]) == bool(refusals[1]), refusals
            assert first.schema() == second.schema()
            ours = first.read(SERVER)
            assert ours == second.read(SERVER)
            if step in (STEPS // 2, STEPS - 1):
                assert first.read(SPARK) == ours
                assert second.read(SPARK) == ours
    except BaseException:
        print("\n".join(told))
        raise
    return told


def seeds(config: pytest.Config, quick: int) -> range:
    first = config.getoption("--seed") * 1000
    return range(first, first + (config.getoption("--histories") or quick))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    turns = metafunc.function is test_by_turns
    chosen = seeds(metafunc.config, TURNS if turns else TWINS)
    metafunc.parametrize("number", [s + 500 * turns for s in chosen])


def test_twins(lake: Lake, spark: Spark, number: int) -> None:
    play(lake, spark, number, turns=False)


def test_by_turns(lake: Lake, spark: Spark, number: int) -> None:
    play(lake, spark, number, turns=True)
