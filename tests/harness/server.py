"""A real server of our own: the release binary on a free port of 127.0.0.1 with a fresh data folder.

Its metadata is in SQLite, or in PostgreSQL where OPENBRICKS_TEST_DATABASE is "postgres"; its objects
in the data folder, or in S3 where OPENBRICKS_TEST_STORAGE is "s3".
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("OPENBRICKS_BINARY", ROOT / "build/release/openbricks"))
ADMIN_EMAIL = "admin@localhost"
ADMIN_PASSWORD = "test-admin-password-1"
DATABASES = ("sqlite", "postgres")
STORAGES = ("local", "s3")
READY = re.compile(r"(https?://[\w.\[\]:-]+:\d+)")


_databases: dict[Path, str] = {}


def storage_options() -> dict[str, str] | None:
    """What delta-rs needs to open the tables of the servers of this run."""
    if os.environ.get("OPENBRICKS_TEST_STORAGE", "local") == "local":
        return None
    from tests.harness import s3

    return s3.shared().storage_options()


class Server:
    """Starts and stops one server; it can be killed and started again on the same data."""

    def __init__(self, data: Path | None = None, options: list[str] = (), **variables: str) -> None:
        self.owned = data is None
        self.data = data or Path(tempfile.mkdtemp(prefix="openbricks-test-"))
        self.options = list(options)
        self.variables = variables
        self.database = ""  # its name in PostgreSQL
        self.process: subprocess.Popen | None = None
        self.url = ""
        self.log: list[str] = []
        self.port = 0

    def environment(self) -> dict[str, str]:
        """That of the server's process; its database is made with it."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBRICKS_")}
        return environment | {
            "OPENBRICKS_ADMIN_EMAIL": ADMIN_EMAIL,
            "OPENBRICKS_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "OPENBRICKS_HOST": "127.0.0.1",
            "OPENBRICKS_PORT": str(self.port),  # 0 at first, then the same one after a restart
            "OPENBRICKS_DATA": str(self.data),
            **self._database_variables(),
            **{
                f"OPENBRICKS_{key.upper()}": value
                for key, value in {**self._storage_settings(), **self.variables}.items()
            },
        }

    def start(self, timeout: float = 60) -> "Server":
        if not BINARY.exists():
            raise RuntimeError(f"{BINARY} is missing: run ./dev build")
        self.process = subprocess.Popen(
            [str(BINARY), "serve", *self.options],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        ready = threading.Event()
        threading.Thread(target=self._read, args=(self.process, ready), daemon=True).start()
        deadline = time.monotonic() + timeout
        while not ready.wait(0.05):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError("The server did not become ready:\n" + self.tail())
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def _database_variables(self) -> dict[str, str]:
        if os.environ.get("OPENBRICKS_TEST_DATABASE", "sqlite") == "sqlite":
            return {}
        from tests.harness import postgres

        server = postgres.shared()
        if not self.database:
            # The data folder and its database belong together, whichever object starts them.
            self.database = _databases.setdefault(self.data, "") or server.create_database()
            _databases[self.data] = self.database
        return {"OPENBRICKS_DATABASE_URL": server.url(self.database)}

    def _storage_settings(self) -> dict[str, str]:
        if os.environ.get("OPENBRICKS_TEST_STORAGE", "local") == "local":
            return {}
        from tests.harness import s3

        return s3.shared().settings(self.data.name)

    def _read(self, process: subprocess.Popen, ready: threading.Event) -> None:
        for line in process.stdout:
            self.log.append(line.rstrip("\n"))
            if not ready.is_set() and "ready" in line.lower():
                found = READY.search(line)
                if found:
                    self.url = found.group(1)
                    ready.set()

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log[-lines:])

    @property
    def pid(self) -> int:
        return self.process.pid

    def memory_mb(self, field: str = "VmRSS") -> float:
        """Resident memory now (VmRSS) or at most so far (VmHWM)."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"no {field}")

    def kill(self) -> None:
        """As a crash does it: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int | None:
        """As an operator does it: SIGTERM, and SIGKILL after 20 s. Returns the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int | None:
        process = self.process
        if process is None:
            return None
        if process.poll() is None:
            process.send_signal(how)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()
        self.process = None
        return process.returncode

    def restart(self) -> "Server":
        self.stop()
        return self.start()

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill() if self.owned else self.stop()
        if self.owned:
            shutil.rmtree(self.data, ignore_errors=True)
