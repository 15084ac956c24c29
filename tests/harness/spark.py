"""Spark with Delta in a process beside the tests, bound to 127.0.0.1, with nothing of it in the tree.

`./dev test interop` and `./dev bench` install what it needs (tools/setup.sh, ensure_spark).
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

# Its warning of pandas 3: nothing here goes through pandas.
warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")

ROOT = Path(__file__).resolve().parents[2]
JARS = ROOT / "third_party/spark"
LOGGING = Path(__file__).with_name("spark-log.properties")


class Spark:
    """One session with what it needs of disk; `stop` ends its process and removes that."""

    def __init__(self, memory: str = "1g", java_options: str = "", **settings: Any) -> None:
        """Settings are Spark's, with underscores for its dots; they win over those here."""
        jars = sorted(JARS.glob("*.jar"))
        if not jars:
            raise RuntimeError("Delta's jars for Spark are missing: run ./dev test interop")
        self.folder = Path(tempfile.mkdtemp(prefix="openbricks-spark-"))
        os.environ["PYSPARK_PYTHON"] = sys.executable
        # Also where the host's name does not resolve.
        os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
        java = f"-Dlog4j2.configurationFile={LOGGING.as_uri()} -Duser.timezone=UTC {java_options}"
        builder = SparkSession.builder.master("local[2]").appName("openbricks")
        for key, value in {
            "spark.jars": ",".join(map(str, jars)),
            "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
            "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.memory": memory,
            "spark.driver.extraJavaOptions": java,
            "spark.local.dir": str(self.folder / "local"),
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": 4,
            "spark.databricks.delta.snapshotPartitions": 2,
            "spark.ui.enabled": False,
            "spark.ui.showConsoleProgress": False,
            **{key.replace("_", "."): value for key, value in settings.items()},
        }.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        # Statements that tests expect to fail, with whole stacks.
        logging.getLogger("SQLQueryContextLogger").disabled = True

    def sql(self, statement: str) -> Any:
        """The statement's data frame; commands have run when it comes back."""
        return self.session.sql(statement)

    def arrow(self, statement: str) -> Any:
        """A statement's rows as a pyarrow table."""
        return self.session.sql(statement).toArrow()

    def stop(self) -> None:
        process = self.session.sparkContext._gateway.proc
        self.session.stop()
        process.stdin.close()  # its end is the JVM's
        process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)
