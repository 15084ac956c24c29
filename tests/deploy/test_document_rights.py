"""Rights in documents where two instances share PostgreSQL and Redis: whoever becomes a reader
writes no more, by whatever message and at whichever instance; what takes long is still answered."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from typing import Iterator
from urllib.parse import urlsplit

import pytest

from tests.harness.client import Client
from tests.harness.postgres import PASSWORD, Postgres
from tests.harness.redis import Redis
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server
from tests.harness.websocket import Closed, WebSocket
from tests.realtime import wire
from tests.realtime.conftest import new_document, person, raw, share, wait_until


class Pair:
    """Two instances, and the PostgreSQL below."""

    def __init__(self, postgres: Postgres, redis: Redis, folder) -> None:
        key_file = folder / "master.key"
        key_file.write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
        key_file.chmod(0o600)
        self.postgres, self.database = postgres, postgres.create_database()
        shared = {
            "database_url": postgres.url(self.database),
            "objects_url": f"file://{folder / 'objects'}",
            "master_key_file": str(key_file),
            "redis_url": redis.url,
            "bcrypt_cost": "10",
            "sockets_per_address": "1000",
            "requests_per_second": "100000",
        }
        self.servers = [Server(folder / name, **shared) for name in "ab"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with Postgres() as postgres, Redis() as redis:
        made = Pair(postgres, redis, tmp_path_factory.mktemp("pair"))
        try:
            for server in made.servers:
                server.start()
            yield made
        finally:
            for server in made.servers:
                server.kill()


@pytest.fixture(scope="module")
def admin(pair: Pair) -> Client:
    return Client(pair.servers[0].url).login(ADMIN_EMAIL, ADMIN_PASSWORD)


def synced(socket: WebSocket, prefix: bytes = b"") -> None:
    """Waits for the answer to a state vector: the document is open."""
    socket.send(prefix + wire.sync(wire.STEP1, wire.EMPTY_VECTOR))
    while True:
        reader = wire.Reader(socket.receive())
        if prefix:
            reader.chunk()
        if reader.number() in (wire.SYNC, wire.SYNC_REPLY) and reader.number() == wire.STEP2:
            return


class Writer:
    """One socket that writes by one kind of message; each text by a Yjs client of its own."""

    def __init__(self, server: Server, document: str, token: str, way: str) -> None:
        protocol, self.kind = way.split(": ")
        self.count, self.server = 0, server
        self.prefix = b""
        if protocol == "old":
            self.socket = WebSocket(f"{server.url}/ws/documents/{document}?token={token}")
            self.tell("get-document", {"id": document})
            self.content = json.loads(json.loads(self.socket.receive())["data"]["Data"])["ops"]
        elif protocol == "yjs":
            self.socket = raw(server, f"yjs/{document}", token=token)
            synced(self.socket)
        else:
            self.prefix = wire.chunk(document)
            self.socket = raw(server, "hocuspocus")
            self.socket.send(wire.token(document, token))
            synced(self.socket, self.prefix)

    def tell(self, type: str, data: object) -> None:
        self.socket.send(json.dumps({"type": type, "data": data}))

    def write(self, text: str) -> None:
        self.count += 1
        update = wire.insert(time.monotonic_ns() & 0x7FFFFFFF, 0, text)
        if self.kind == "changes-received":
            self.tell(self.kind, {"ops": [{"insert": text}]})
        elif self.kind == "save-changes":
            self.tell(self.kind, {"ops": [{"insert": text}, *self.content]})
        elif self.kind == "stateless":
            self.socket.send(self.prefix + wire.number(6) + wire.chunk(text))
        else:
            step = wire.STEP2 if "step 2" in self.kind else wire.UPDATE
            kind = wire.SYNC_REPLY if "reply" in self.kind else wire.SYNC
            self.socket.send(self.prefix + wire.number(kind) + wire.sync(step, update)[1:])

    def closed(self) -> Closed | None:
        """How the server closed it, if it did."""
        try:
            while True:
                self.socket.receive(0.05)
        except TimeoutError:
            return None
        except Closed as how:
            return how
        except OSError:
            return Closed(1006)


WAYS = [
    "yjs: update",
    "yjs: step 2",
    "hocuspocus: update",
    "hocuspocus: step 2",
    "hocuspocus: reply, update",
    "hocuspocus: reply, step 2",
    "hocuspocus: stateless",
    "old: changes-received",
    "old: save-changes",
]


class Watcher:
    """What everybody sees: the text, and what was told to all beside it."""

    def __init__(self, pair: Pair, admin: Client, document: str) -> None:
        self.admin, self.document = admin, document
        self.socket = raw(pair.servers[0], "hocuspocus")
        self.socket.send(wire.token(document, admin.token))
        synced(self.socket, wire.chunk(document))
        self.told = ""

    def sees(self, text: str) -> bool:
        try:
            while True:
                message = self.socket.receive(0.01)
                self.told += message.decode(errors="replace")
        except TimeoutError:
            pass
        content = self.admin.get(f"documents/{self.document}/content?format=text").text
        return text in content or text in self.told


@pytest.mark.parametrize("where", [0, 1], ids=["here", "elsewhere"])
@pytest.mark.parametrize("way", WAYS[:-1])
def test_an_editor_who_becomes_a_viewer(way: str, where: int, pair: Pair, admin: Client) -> None:
    document = new_document(admin)
    watcher = Watcher(pair, admin, document)  # the first instance holds the document
    editor = person(admin, "editor")
    share(admin, document, editor, "editor")
    server = pair.servers[where]
    writer = Writer(server, document, editor.token, way)
    writer.write("early")
    wait_until(lambda: watcher.sees("early"), "an editor writes")

    share(admin, document, editor, "viewer")
    begin = time.monotonic()
    while (how := writer.closed()) is None:
        assert time.monotonic() - begin < 10, "it stays open"
        writer.write("late.")
    assert how.code == 4403 and how.reason, how
    print(f"{way}, instance {where}: over after {time.monotonic() - begin:.2f} s")

    # Whoever comes back as a viewer does not write either.
    again = Writer(server, document, editor.token, way)
    again.write("never")
    assert again.closed() is None or way == "old: changes-received"
    Writer(server, document, admin.token, way).write("still")
    wait_until(lambda: watcher.sees("still"), "an owner writes")
    assert not watcher.sees("never")


@pytest.mark.parametrize("where", [0, 1], ids=["here", "elsewhere"])
def test_what_a_viewer_saves(where: int, pair: Pair, admin: Client) -> None:
    """Clients of the old protocol save what they have all the time, and are not cut for it."""
    document, way = new_document(admin), WAYS[-1]
    watcher = Watcher(pair, admin, document)
    editor = person(admin, "editor")
    share(admin, document, editor, "editor")
    writer, owner = (
        Writer(pair.servers[where], document, client.token, way) for client in (editor, admin)
    )

    def saves(who: Writer, text: str) -> bool:
        # What is saved while others type does not count.
        who.write(text)
        return watcher.sees(text)

    wait_until(lambda: saves(writer, "early"), "an editor saves")
    share(admin, document, editor, "viewer")
    wait_until(lambda: saves(writer, "late") or saves(owner, "still"), "somebody saves")
    # A save counts some time after the last that was told: here the owner is told last.
    for client in (writer, owner):
        client.tell("get-document", {"id": document})
        while json.loads(client.socket.receive())["type"] != "db-document":
            pass
        assert client.closed() is None

    def both_save() -> bool:
        writer.write("never")
        return saves(owner, "again")

    wait_until(both_save, "an owner saves")
    assert not watcher.sees("never")


class Locked:
    """Holds a table of the database, so that whoever asks for it waits."""

    def __init__(self, pair: Pair, table: str) -> None:
        self.pair, self.table = pair, table

    def __enter__(self) -> None:
        address = urlsplit(self.pair.postgres.url(self.pair.database))
        self.psql = subprocess.Popen(
            [
                str(self.pair.postgres.binaries / "psql"),
                *("-h", address.hostname, "-p", str(address.port), "-U", address.username),
                *("-d", self.pair.database, "-qAt"),
            ],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.psql.stdin.write(
            f"BEGIN; LOCK TABLE {self.table} IN ACCESS EXCLUSIVE MODE; SELECT 'held';\n"
        )
        self.psql.stdin.flush()
        assert self.psql.stdout.readline().strip() == "held"

    def __exit__(self, *_: object) -> None:
        self.psql.stdin.close()
        self.psql.wait(10)
        self.psql.stdout.close()


def denied(socket: WebSocket) -> str:
    reader = wire.Reader(socket.receive())
    name = reader.chunk().decode()
    assert reader.number() == wire.AUTH and reader.number() == 1 and reader.chunk()
    return name


def test_a_refusal_after_the_time_to_open(pair: Pair) -> None:
    """A client has ten seconds to open something; what is refused only then ends the socket."""
    nobody = ["00000000-0000-4000-8000-00000000000%d" % n for n in (1, 2)]
    with raw(pair.servers[0], "hocuspocus") as socket:
        opened = time.monotonic()
        for name, until in zip(nobody, (6, 11)):
            with Locked(pair, "documents"):
                socket.send(wire.token(name, ""))
                time.sleep(opened + until - time.monotonic())
            assert denied(socket) == name
        how = socket.until_closed()
        assert how.code == 4408 and "authenticate" in how.reason, how


def test_what_cannot_be_looked_up_is_no_refusal(pair: Pair, admin: Client) -> None:
    """The database waits for ten seconds; the client is told to come again."""
    document = new_document(admin)
    with Locked(pair, "documents"), raw(pair.servers[0], "hocuspocus") as socket:
        socket.send(wire.token(document, admin.token))
        assert socket.until_closed(60).code == 1013
    with raw(pair.servers[0], "hocuspocus") as socket:
        socket.send(wire.token(document, admin.token))
        synced(socket, wire.chunk(document))
