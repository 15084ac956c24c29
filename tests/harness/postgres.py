"""A PostgreSQL server of our own on a free port of 127.0.0.1, in a temporary directory."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

PASSWORD = "a b/c:d@e"  # needs care in a URL


def find_binaries() -> Path:
    """Where initdb and postgres are; Debian keeps each version apart and puts none on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version, reverse=True)
    if found:
        return found[0].parent
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise RuntimeError("There is no PostgreSQL: install the package postgresql.")


def _version(initdb: Path) -> int:
    return int(initdb.parts[-3].split(".")[0])


class Postgres:
    """Starts and stops one PostgreSQL server; it can be killed and started again on its data."""

    def __init__(self, **settings: str) -> None:
        self.settings = {"fsync": "off", "shared_buffers": "32MB", **settings}
        self.binaries = find_binaries()
        self.directory = Path(tempfile.mkdtemp(prefix="openbricks-postgres-"))
        self.process: subprocess.Popen | None = None
        self.port = 0
        self.databases = 0
        # PostgreSQL refuses to run as root.
        self.user = None
        if os.geteuid() == 0:
            names = {entry.pw_name for entry in pwd.getpwall()}
            self.user = "postgres" if "postgres" in names else "nobody"

    def _options(self) -> dict:
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid} if self.user else {}

    def start(self, timeout: float = 60) -> "Postgres":
        if not self.port:
            self._create()
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            self.process = self._spawn()
            while self.process.poll() is None and time.monotonic() < deadline:
                if self._answers():
                    return self
                time.sleep(0.03)
            time.sleep(0.1)  # children of a killed server may still be in its way
        raise RuntimeError("PostgreSQL did not start:\n" + self._log()[-2000:])

    def _create(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        secret = self.directory / "password"
        secret.write_text(PASSWORD)
        if self.user:
            for path in (self.directory, secret):
                shutil.chown(path, self.user)
        subprocess.run(
            [str(self.binaries / "initdb"), "--no-sync", "--auth=scram-sha-256", "--username=admin"]
            + [f"--pwfile={secret}", "--encoding=UTF8", "--locale=C.UTF-8", "-D"]
            + [str(self.directory / "data")],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self.directory,
            **self._options(),
        )

    def _spawn(self) -> subprocess.Popen:
        settings = {"listen_addresses": "127.0.0.1", "port": str(self.port)}
        settings |= {"unix_socket_directories": "", **self.settings}
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        with open(self.directory / "log", "a", encoding="utf-8") as log:
            return subprocess.Popen(
                [str(self.binaries / "postgres"), "-D", str(self.directory / "data"), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                **self._options(),
            )

    def _log(self) -> str:
        return (self.directory / "log").read_text(errors="replace")

    def _answers(self) -> bool:
        ready = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, check=False).returncode == 0

    def url(self, database: str) -> str:
        return f"postgresql://admin:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def run(self, database: str, sql: str) -> str:
        """The answer of a statement as the superuser, one line a row, columns parted by |."""
        psql = [str(self.binaries / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"]
        done = subprocess.run(
            [*psql, "-d", self.url(database), "-c", sql], check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def create_database(self) -> str:
        """A new database's name. Ordered as English is: bytes would hide a missing COLLATE "C"."""
        self.databases += 1
        name = f"test_{self.databases}"
        order = "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
        self.run("postgres", f"CREATE DATABASE {name} {order}")
        return name

    def restart(self) -> None:
        """As an operator does it: the sessions are ended."""
        self._end(signal.SIGINT)
        self.start()

    def kill(self) -> None:
        """As a crash does it."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(30)
        self.process = None

    def stop(self) -> None:
        self._end(signal.SIGQUIT)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self) -> "Postgres":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


_shared: Postgres | None = None


def shared() -> Postgres:
    """One for the whole test run, started when it is first asked for."""
    global _shared
    if _shared is None:
        _shared = Postgres().start()
        atexit.register(_shared.stop)
    return _shared
