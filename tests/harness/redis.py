"""A Redis server of our own on a free port of 127.0.0.1."""

from __future__ import annotations

import atexit
import shutil
import socket
import subprocess
import time
from pathlib import Path

PASSWORD = "a b/c:d@e"  # needs care in a URL
QUOTED = "a%20b%2Fc%3Ad%40e"


class Redis:
    """Starts and stops one server; it can be killed and started again, and is empty then."""

    def __init__(self, certificate: Path | None = None, key: Path | None = None) -> None:
        self.tls = (certificate, key) if certificate else None  # also on a port of its own
        self.process: subprocess.Popen | None = None
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.tls_port = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"redis://:{QUOTED}@127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"rediss://:{QUOTED}@127.0.0.1:{self.tls_port}/2"

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> "Redis":
        program = shutil.which("redis-server")
        if program is None:
            raise RuntimeError("There is no Redis: install the package redis-server.")
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        arguments += ["--requirepass", PASSWORD, "--dir", "/tmp", "--logfile", "/dev/null"]
        arguments += ["--notify-keyspace-events", "KEA"]  # Traefik hears of changes so
        if self.tls:
            certificate, key = map(str, self.tls)
            arguments += ["--tls-port", str(self.tls_port), "--tls-auth-clients", "no"]
            arguments += ["--tls-cert-file", certificate, "--tls-key-file", key]
        self.process = subprocess.Popen(
            [program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.ask("PING") == "PONG":
                    return self
            except OSError:
                time.sleep(0.02)
        raise RuntimeError("Redis did not start.")

    def ask(self, *command: str) -> str | list | int | None:
        """One command on a connection of its own."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            stream = connection.makefile("rwb")
            answer = None
            for words in (("AUTH", PASSWORD), command):
                stream.write(f"*{len(words)}\r\n".encode())
                for word in words:
                    raw = word.encode()
                    stream.write(f"${len(raw)}\r\n".encode() + raw + b"\r\n")
                stream.flush()
                answer = self._reply(stream)
            return answer

    def _reply(self, stream) -> str | list | int | None:
        line = stream.readline().rstrip(b"\r\n").decode()
        if not line:
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[0], line[1:]
        if kind == "$":
            return None if rest == "-1" else stream.read(int(rest) + 2)[:-2].decode()
        if kind == "*":
            return [self._reply(stream) for _ in range(int(rest))]
        if kind == "-":
            raise RuntimeError(rest)
        return int(rest) if kind == ":" else rest

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self) -> "Redis":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


_shared: Redis | None = None


def shared() -> Redis:
    """One for the whole test run, started when it is first asked for."""
    global _shared
    if _shared is None:
        _shared = Redis().start()
        atexit.register(_shared.stop)
    return _shared
