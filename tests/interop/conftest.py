from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Iterator

import pytest

from tests.harness.client import Client
from tests.interop.support import Lake

if TYPE_CHECKING:
    from tests.harness.spark import Spark


@pytest.fixture()
def lake(admin: Client, schema: str, external: Path) -> Lake:
    folder = external / schema
    folder.mkdir()
    return Lake(admin, schema, folder)


@pytest.fixture(scope="session")
def spark() -> Iterator[Spark]:
    """One for the run; statements name tables by their path: delta.`/…`."""
    from tests.harness.spark import Spark

    # Short statements on small data: what saves compiling and tasks is faster.
    running = Spark(
        java_options="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
        spark_sql_codegen_wholeStage=False,
        spark_sql_codegen_factoryMode="NO_CODEGEN",
        spark_sql_adaptive_enabled=False,
        spark_sql_shuffle_partitions=1,
        spark_default_parallelism=1,
        spark_databricks_delta_snapshotPartitions=1,
        # Its advice against ordering by columns without statistics, as an error.
        spark_databricks_delta_optimize_zorder_checkStatsCollection_enabled=False,
    )
    yield running
    running.stop()
