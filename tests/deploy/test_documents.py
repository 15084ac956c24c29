"""Documents on several instances that share PostgreSQL and Redis: clients of all edit together, and
go on when the instance that holds the document is killed. The contents are in PostgreSQL, and again
in DynamoDB (moto's)."""

from __future__ import annotations

import base64
import os
import select
import signal
import threading
import time
import uuid
from collections import deque
from typing import Callable, Iterator

import pytest
from pycrdt import Doc, Text

from tests.harness.client import Client
from tests.harness.postgres import Postgres
from tests.harness.redis import Redis
from tests.harness.s3 import S3
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server
from tests.harness.websocket import Closed, Refused, WebSocket

SYNC, AUTH, SYNC_REPLY, SYNC_STATUS = 0, 2, 4, 8
STEP1, STEP2, UPDATE = 0, 1, 2


def number(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def chunk(data: bytes) -> bytes:
    return number(len(data)) + data


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self) -> int:
        out = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            out |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return out

    def chunk(self) -> bytes:
        size = self.number()
        self.at += size
        return self.data[self.at - size : self.at]


class Editor(threading.Thread):
    """Types words at the front without a pause, and connects again wherever it can.

    With Hocuspocus it knows which words are stored.
    """

    def __init__(self, name: str, servers: list[str], document: str, token: str, hocus: bool):
        super().__init__(daemon=True)
        self.name_, self.servers, self.document, self.token = name, servers, document, token
        self.hocus = hocus
        self.typing, self.stopped = True, False
        self.typed: list[str] = []
        self.stored: set[str] = set()
        self.text = ""
        self.codes: list[int] = []
        self.failure: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except Exception as error:  # told by the test
            self.failure = error

    def _work(self) -> None:
        doc = Doc()
        text = doc.get("quill", type=Text)
        last = 0.0
        self.unsent: list[str] = []
        while not self.stopped:
            try:
                socket = self._connect(doc)
            except (OSError, Refused, Closed):
                self.servers = self.servers[1:] + self.servers[:1]
                time.sleep(0.1)
                continue
            self.synced = False
            self.waiting: deque[list[str]] = deque()
            try:
                while not self.stopped:
                    if self.synced and self.typing and time.monotonic() - last > 0.03:
                        last = time.monotonic()
                        self._type(doc, text, socket)
                    if socket.waiting() or select.select([socket], [], [], 0.01)[0]:
                        self._take(doc, socket.receive(5), socket)
                        self.text = str(text)
            except (OSError, Closed) as error:
                self.codes.append(getattr(error, "code", 0))
            # Whatever has no answer goes along with the next sync.
            self.unsent = [word for words in self.waiting for word in words] + self.unsent
            socket.close()
            if not self.stopped:
                time.sleep(0.1)

    def _connect(self, doc: Doc) -> WebSocket:
        if not self.hocus:
            address = f"{self.servers[0]}/ws/yjs/{self.document}?token={self.token}"
            socket = WebSocket(address)
        else:
            socket = WebSocket(self.servers[0] + "/ws/hocuspocus")
            self._say(socket, number(AUTH) + number(0) + chunk(self.token.encode()))
        self._say(socket, number(SYNC) + number(STEP1) + chunk(doc.get_state()))
        return socket

    def _say(self, socket: WebSocket, message: bytes) -> None:
        socket.send((chunk(self.document.encode()) if self.hocus else b"") + message)

    def _send(self, socket: WebSocket, step: int, update: bytes, words: list[str]) -> None:
        self.waiting.append(words)
        self._say(socket, number(SYNC) + number(step) + chunk(update))

    def _type(self, doc: Doc, text: Text, socket: WebSocket) -> None:
        word = f"{self.name_}.{len(self.typed)}"
        before = doc.get_state()
        text.insert(0, word + " ")
        self.typed.append(word)
        self._send(socket, UPDATE, doc.get_update(before), [word])

    def _take(self, doc: Doc, message: bytes, socket: WebSocket) -> None:
        reader = Reader(message)
        if self.hocus:
            reader.chunk()
        kind = reader.number()
        if kind == SYNC_STATUS:
            if reader.number() == 1:
                self.stored.update(self.waiting.popleft())
        elif kind == AUTH and self.hocus:
            assert reader.number() == 2, message
        elif kind in (SYNC, SYNC_REPLY):
            step, data = reader.number(), reader.chunk()
            if step == STEP1:
                words, self.unsent = self.unsent, []
                self._send(socket, STEP2, doc.get_update(data), words)
            else:
                doc.apply_update(data)
                self.synced = self.synced or step == STEP2


class Cluster:
    def __init__(self, folder, postgres: Postgres, redis: Redis, **settings: str) -> None:
        key_file = folder / "master.key"
        key_file.write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
        key_file.chmod(0o600)
        self.redis = redis
        self.shared = {
            "database_url": postgres.url(postgres.create_database()),
            "objects_url": f"file://{folder / 'objects'}",
            "master_key_file": str(key_file),
            "redis_url": redis.url,
            "bcrypt_cost": "10",
            "sockets_per_address": "1000",
            **settings,
        }
        self.folder = folder
        self.servers: list[Server] = []

    def start(self) -> Server:
        server = Server(self.folder / f"instance-{len(self.servers)}", **self.shared)
        self.servers.append(server)
        return server.start()


@pytest.fixture(scope="module")
def dynamo() -> Iterator[S3]:
    running = S3()
    yield running
    running.stop()


@pytest.fixture(params=["database", "dynamodb"])
def cluster(tmp_path, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    settings, table = {}, f"Documents-{uuid.uuid4().hex[:8]}"
    if request.param == "dynamodb":
        dynamo = request.getfixturevalue("dynamo")
        settings = dynamo.documents_settings(table)
    with Postgres() as postgres, Redis() as redis:
        made = Cluster(tmp_path, postgres, redis, **settings)
        try:
            made.start()
            made.start()
            yield made
            if settings:
                assert dynamo.client("dynamodb").scan(TableName=table)["Count"] > 0
        finally:
            for server in made.servers:
                server.kill()


def until(done: Callable[[], bool], what: str, seconds: float = 60) -> float:
    begin = time.monotonic()
    while not done():
        assert time.monotonic() - begin < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.01)
    return time.monotonic() - begin


def settled(editors: list[Editor], lost: list[Editor] = ()) -> str:
    """Stops the typing, and gives the text in which all end."""
    for editor in editors:
        editor.typing = False
    words = {word for editor in editors for word in editor.typed}
    words |= {word for editor in lost for word in editor.stored}

    def agree() -> bool:
        texts = {editor.text for editor in editors}
        return len(texts) == 1 and words <= set(texts.pop().split())

    def state() -> str:
        missing = words - set(editors[0].text.split())
        return (
            f"{[len(e.text) for e in editors]} {sorted(missing)[:5]} {[e.failure for e in editors]}"
        )

    try:
        until(agree, "all have the same, and all that was typed")
    except AssertionError as error:
        raise AssertionError(f"{error}: {state()}") from None
    text = editors[0].text
    for editor in editors:
        editor.stopped = True
    # Each word once.
    assert sorted(text.split()) == sorted(set(text.split()))
    return text


def open_document(server: Server) -> tuple[Client, str]:
    admin = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
    return admin, admin.ok("POST", "documents", json={"title": "Shared"})["id"]


def many(cluster: Cluster, document: str, token: str, count: int = 10) -> list[Editor]:
    """Half of them at each instance; the first instance holds the document."""
    urls = [server.url for server in cluster.servers]
    first = Editor("a0", urls, document, token, False)
    until(lambda: len(first.typed) > 3, "the first one types")
    others = [
        Editor(f"{'ab'[i % 2]}{i}", urls[i % 2 :] + urls[: i % 2], document, token, i % 3 == 0)
        for i in range(1, count)
    ]
    editors = [first, *others]
    until(lambda: all(len(e.typed) > 10 for e in editors), "all type")
    until(lambda: all(f"{o.name_}.5" in e.text for e in editors for o in editors), "all see all")
    return editors


def test_the_holder_is_killed(cluster: Cluster) -> None:
    admin, document = open_document(cluster.servers[0])
    editors = many(cluster, document, admin.token)
    # One whose client ends with the server: only what it knew to be stored counts.
    ending = Editor("end", [cluster.servers[0].url], document, admin.token, True)
    until(lambda: len(ending.stored) > 10, "its words are stored")
    cluster.servers[0].kill()
    ending.stopped = True
    counts = [len(editor.typed) for editor in editors]

    def goes_on() -> bool:
        """Everybody sees a word that everybody else typed since."""
        return all(
            f"{o.name_}.{count + 1}" in e.text for e in editors for o, count in zip(editors, counts)
        )

    took = until(goes_on, "editing goes on")
    print(f"all {len(editors)} edit together again {took:.2f} s after the kill")
    text = settled(editors, [ending])
    # So it is stored, too.
    fresh = Client(cluster.servers[1].url, admin.token)
    assert fresh.get(f"documents/{document}/content?format=text").text.split() == text.split()


def test_the_holder_sleeps(cluster: Cluster) -> None:
    """It wakes when another one holds the document, and must not store or confirm anything then."""
    admin, document = open_document(cluster.servers[0])
    editors = many(cluster, document, admin.token)
    ending = Editor("end", [cluster.servers[0].url], document, admin.token, True)
    until(lambda: len(ending.stored) > 10, "its words are stored")
    process = cluster.servers[0].process
    process.send_signal(signal.SIGSTOP)
    awake = [editor for editor in editors if editor.name_[0] == "b"]
    until(lambda: all(editor.codes for editor in awake), "the others notice")
    counts = [len(editor.typed) for editor in awake]

    def goes_on() -> bool:
        return all(f"{o.name_}.{n + 1}" in e.text for e in awake for o, n in zip(awake, counts))

    until(goes_on, "editing goes on")
    known = len(ending.stored)
    process.send_signal(signal.SIGCONT)
    until(lambda: ending.codes or len(ending.stored) > known + 5, "it is awake")
    ending.stopped = True
    text = settled(editors, [ending])
    for server in cluster.servers:
        client = Client(server.url, admin.token)
        assert client.get(f"documents/{document}/content?format=text").text.split() == text.split()


def test_the_other_is_killed_and_comes_back(cluster: Cluster) -> None:
    admin, document = open_document(cluster.servers[0])
    editors = many(cluster, document, admin.token)
    cluster.servers[1].kill()
    until(lambda: all(e.codes for e in editors if e.name_[0] == "b"), "they notice")
    cluster.servers[1].start()
    counts = [len(editor.typed) for editor in editors]
    until(lambda: all(len(e.typed) > n + 20 for e, n in zip(editors, counts)), "all type")
    settled(editors)


def test_redis_is_killed_and_comes_back(cluster: Cluster) -> None:
    admin, document = open_document(cluster.servers[0])
    editors = many(cluster, document, admin.token)
    cluster.redis.stop()
    until(lambda: all(e.codes for e in editors if e.name_[0] == "b"), "they notice")
    counts = [len(editor.typed) for editor in editors]
    until(lambda: all(len(e.typed) > n + 20 for e, n in zip(editors, counts)), "all type")
    cluster.redis.start()
    settled(editors)


def test_contents_are_the_same_on_both(cluster: Cluster) -> None:
    admin, document = open_document(cluster.servers[0])
    other = Client(cluster.servers[1].url, admin.token)
    content = f"documents/{document}/content"
    editor = Editor("a", [cluster.servers[0].url], document, admin.token, True)
    until(lambda: len(editor.stored) > 3, "it types")
    editor.typing = False
    until(lambda: len(editor.stored) == len(editor.typed), "all is stored")
    for client in (admin, other):
        assert client.get(content + "?format=text").text.split() == editor.text.split()
    # A change by the one that does not hold it.
    delta = {"ops": [{"insert": "anew\n"}]}
    assert other.request("PUT", content, json={"delta": delta}).ok
    until(lambda: editor.text == "anew\n", "the editor sees it")
    editor.stopped = True
