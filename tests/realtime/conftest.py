"""Editors of documents: npm's in a process of Node, pycrdt's in this one."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
import uuid
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from tests.conftest import USER_PASSWORD
from tests.harness.client import Client
from tests.harness.server import Server
from tests.harness.websocket import WebSocket

FOLDER = Path(__file__).parent


class EditorError(Exception):
    """What a library in Node threw."""


class Node:
    """One process of Node with any number of editors."""

    def __init__(self) -> None:
        if not (FOLDER / "node_modules").is_dir():
            raise RuntimeError(
                "tests/realtime/node_modules is missing: run ./dev test realtime once"
            )
        self.process = subprocess.Popen(
            ["node", "editors.mjs"],
            cwd=FOLDER,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.answers: dict[int, queue.Queue] = {}
        self.count = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout:
            answer = json.loads(line)
            self.answers.pop(answer["id"]).put(answer)
        for waiting in list(self.answers.values()):
            waiting.put({"error": "Node ended"})

    def begin(self, command: str, **settings: Any) -> Callable[..., Any]:
        """Starts a command; what it returns waits for the answer."""
        self.count += 1
        answers = self.answers[self.count] = queue.Queue()
        line = json.dumps({"id": self.count, "command": command, **settings})
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

        def wait(timeout: float = 120) -> Any:
            answer = answers.get(timeout=timeout)
            if "error" in answer:
                raise EditorError(answer["error"])
            return answer["value"]

        return wait

    def __call__(self, command: str, **settings: Any) -> Any:
        return self.begin(command, **settings)()

    def stop(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class Editor:
    """An editor in Node."""

    def __init__(
        self, node: Node, server: Server, kind: str, document: str, **settings: Any
    ) -> None:
        self.node, self.kind, self.name = node, kind, f"{kind}-{uuid.uuid4().hex[:6]}"
        url = server.url.replace("http", "ws", 1)
        node("open", name=self.name, kind=kind, url=url, document=document, **settings)

    def edit(self, **change: Any) -> None:
        self.node("edit", name=self.name, **change)

    def state(self) -> dict:
        return self.node("state", name=self.name)

    def __getattr__(self, command: str) -> Callable[..., Any]:
        return lambda **settings: self.node(command, name=self.name, **settings)


def wait_until(happened: Callable[[], Any], what: str, timeout: float = 20) -> Any:
    """The first true answer; fails with `what` if none comes."""
    deadline = time.monotonic() + timeout
    while True:
        found = happened()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:.0f} s in vain: {what}")
        time.sleep(0.02)


def new_document(owner: Client, title: str = "Test") -> str:
    return owner.ok("POST", "documents", json={"title": title})["id"]


def person(admin: Client, name: str) -> Client:
    """A new user, signed in, who knows their own address."""
    email = f"{name}-{uuid.uuid4().hex[:8]}@example.com"
    admin.ok("POST", "users", json={"email": email, "name": name, "password": USER_PASSWORD})
    client = Client(admin.url).login(email, USER_PASSWORD)
    client.email = email
    return client


def share(owner: Client, document: str, who: Client, role: str) -> None:
    owner.ok("PUT", f"permissions/document/{document}/{who.email}", json={"role": role})


def unshare(owner: Client, document: str, who: Client) -> None:
    owner.ok("DELETE", f"permissions/document/{document}/{who.email}")


def raw(server: Server, path: str, token: str = "", **parameters: str) -> WebSocket:
    """A bare socket to /ws/…."""
    given = {**({"token": token} if token else {}), **parameters}
    query = "&".join(f"{name}={value}" for name, value in given.items())
    return WebSocket(f"{server.url}/ws/{path}{'?' if query else ''}{query}")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Other limits than the whole suite's server: all clients come from one address."""
    with Server(
        sockets_per_address="20000", requests_per_second="100000", access_token_seconds="86400"
    ) as running:
        yield running
        assert running.process.poll() is None, "the server died:\n" + running.tail(60)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    running = Node()
    yield running
    running.stop()


@pytest.fixture()
def document(admin: Client) -> str:
    return new_document(admin)
