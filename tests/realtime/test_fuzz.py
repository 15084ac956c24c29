"""Whatever bytes come over the sockets: no crash, bounded memory, a close with a code and a reason."""

from __future__ import annotations

import random
import struct
from typing import Callable

import pytest

from tests.harness.client import Client
from tests.harness.server import Server
from tests.harness.websocket import BINARY, Closed, WebSocket, frame
from tests.realtime import wire
from tests.realtime.conftest import new_document, raw, wait_until
from tests.realtime.test_access import content, step2

CODES = {1002, 1003, 1007, 1008, 1009, 1013, 4400, 4401, 4403, 4404}
MEGABYTE = 1 << 20
HUGE = wire.number((1 << 53) - 1)
MANY = wire.number(4_000_000_000)


def any_nested(depth: int, kind: int) -> bytes:
    """One embedded value with arrays (117) or objects (118) in one another."""
    step = b"\x75\x01" if kind == 117 else b"\x76\x01\x01a"
    value = step * depth + b"\x7e"
    return b"\1\1" + wire.number(9) + b"\0\x08\1" + wire.chunk("quill") + b"\1" + value + b"\0"


def hostile_updates() -> dict[str, bytes]:
    head = b"\1\1" + wire.number(9) + b"\0"
    text = b"\x04\1" + wire.chunk("quill")
    return {
        "nothing": b"",
        "one byte": b"\1",
        "many clients": MANY,
        "many structs": b"\1" + MANY + wire.number(9) + b"\0",
        "many deletions": b"\0" + MANY,
        "many ranges": b"\0\1\x09" + MANY,
        "huge text": head + text + HUGE + b"x",
        "text that is not UTF-8": head + text + wire.chunk(b"\xff\xfe\xfd") + b"\0",
        "unknown content": head + b"\x1f\1" + wire.chunk("quill") + b"\0",
        "half a string": wire.insert(9, 0, "abc")[:-3],
        "endless number": b"\x80" * 40,
        "many JSON": head + b"\x02\1" + wire.chunk("quill") + MANY,
        "huge binary": head + b"\x03\1" + wire.chunk("quill") + HUGE,
        "many any": head + b"\x08\1" + wire.chunk("quill") + MANY,
        "JSON that is none": head + b"\x05\1" + wire.chunk("quill") + wire.chunk("{{{") + b"\0",
        "deep JSON": head + b"\x05\1" + wire.chunk("quill") + wire.chunk("[" * 200_000) + b"\0",
        "deep arrays": any_nested(200_000, 117),
        "deep objects": any_nested(200_000, 118),
        "unknown type": head + b"\x07\1" + wire.chunk("quill") + b"\x63\0",
        "rest behind the end": wire.insert(9, 0, "abc") + b"garbage",
    }


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def hostile_messages() -> dict[str, bytes]:
    found = {
        "empty": b"",
        "unknown type": wire.number(250) + b"abc",
        "endless type": b"\xff" * 12,
        "no step": wire.number(wire.SYNC),
        "unknown step": wire.sync(9, b"abc"),
        "step without payload": wire.number(wire.SYNC) + wire.number(wire.STEP1),
        "payload of more than there is": b"\0\2" + HUGE + b"abc",
        "payload of a little more": b"\0\2" + wire.number(9) + b"abc",
        "vector of many": wire.sync(wire.STEP1, MANY),
        "vector that ends": wire.sync(wire.STEP1, b"\5\1\1"),
        "vector of nothing": wire.sync(wire.STEP1, b""),
        "presence that ends": wire.number(wire.AWARENESS) + wire.chunk(b"\5\1\1"),
        "presence of many": wire.number(wire.AWARENESS) + wire.chunk(MANY),
        "presence that is no JSON": wire.awareness(1, 1, "{{{{"),
        "deep presence": wire.awareness(1, 1, "[" * 50_000),
        "deep presence that ends": wire.awareness(1, 1, nested(65)),
        "presence that is a list": wire.awareness(1, 1, "[]"),
        "presence that is a number": wire.awareness(1, 1, "7"),
        "presence that is nothing": wire.awareness(1, 1, ""),
        "presence with a rest": wire.awareness(1, 1, "{}{}"),
        "presence that is not UTF-8": wire.awareness(1, 1, b'{"a":"\xff"}'),
        "presence of more than 64 KiB": wire.awareness(1, 1, '{"a":"%s"}' % ("x" * 65536)),
        "presence without end": wire.number(wire.AWARENESS) + HUGE,
    }
    for name, update in hostile_updates().items():
        found[f"update: {name}"] = wire.sync(wire.UPDATE, update)
        found[f"step 2: {name}"] = wire.sync(wire.STEP2, update)
    return found


def outcome(socket: WebSocket, prefix: bytes = b"") -> Closed | None:
    """How the server closed it; None if it still answers."""
    try:
        step2(socket, wire.EMPTY_VECTOR, prefix)
    except Closed as how:
        assert how.code in CODES and how.reason, how
        return how
    return None


def alive(server: Server, admin: Client, document: str) -> None:
    """Edits still go from one client to another."""
    text = f"alive {random.random()}"
    with (
        raw(server, f"yjs/{document}", token=admin.token) as one,
        raw(server, f"yjs/{document}", token=admin.token) as other,
    ):
        step2(other, wire.EMPTY_VECTOR)
        one.send(wire.sync(wire.UPDATE, wire.insert(random.randrange(1 << 31), 0, text)))
        while text.encode() not in other.receive():
            pass


@pytest.mark.parametrize("protocol", ["y-websocket", "hocuspocus"])
def test_hostile_messages(protocol: str, server: Server, admin: Client, document: str) -> None:
    before = server.memory_mb()
    stayed = []
    for name, message in hostile_messages().items():
        if protocol == "y-websocket":
            with raw(server, f"yjs/{document}", token=admin.token) as socket:
                socket.send(message)
                how = outcome(socket)
        else:
            with raw(server, "hocuspocus") as socket:
                socket.send(wire.token(document, admin.token))
                socket.send(wire.chunk(document) + message)
                how = outcome(socket, wire.chunk(document))
        if how is None:
            stayed.append(name)
        elif how.code != 4400:
            raise AssertionError(f"{name}: {how}")
    # Clients of later versions may say more than this server knows; whatever cannot be read ends.
    ends = ("many", "more", "huge", "presence")
    assert not [name for name in stayed if any(word in name for word in ends)]
    assert server.memory_mb() - before < 200
    alive(server, admin, document)


def test_states_that_pass(server: Server, admin: Client, document: str) -> None:
    """What a browser may say of itself arrives as it was said."""
    states = ["{}", nested(64), ' {"name": "half a pair: \\ud83d", "n": [1.5e3, -0, null]} ']
    with (
        raw(server, f"yjs/{document}", token=admin.token) as one,
        raw(server, f"yjs/{document}", token=admin.token) as other,
    ):
        step2(other, wire.EMPTY_VECTOR)
        for clock, state in enumerate([*states, "null"], 1):
            message = wire.awareness(77, clock, state)
            one.send(message)
            while other.receive() != message:
                pass


def frames() -> dict[str, tuple[bytes, set[int]]]:
    mask = b"\0\0\0\0"
    return {
        "text": (frame(b"hello", 1), {1003, 4400}),
        "text that is not UTF-8": (frame(b"\xff\xff", 1), {1003, 1007, 4400}),
        "a reserved bit": (b"\xf2\x81" + mask + b"x", {1002}),
        "an unknown opcode": (b"\x83\x81" + mask + b"x", {1002}),
        "no mask": (b"\x82\x01x", {1002}),
        "a continuation of nothing": (frame(b"x", 0), {1002}),
        "a ping of 200 bytes": (b"\x89\xfe\0\xc8" + mask + b"x" * 200, {1002}),
        "a ping in parts": (b"\x09\x81" + mask + b"x", {1002}),
        "a terabyte": (b"\x82\xff" + struct.pack("!Q", 1 << 40) + mask, {1009}),
        "more than 63 bits": (b"\x82\xff" + struct.pack("!Q", (1 << 64) - 1) + mask, {1002, 1009}),
        "a close of one byte": (frame(b"x", 8), {1002}),
    }


@pytest.mark.parametrize("name", frames())
@pytest.mark.parametrize("path", ["yjs", "hocuspocus"])
def test_frames(name: str, path: str, server: Server, admin: Client, document: str) -> None:
    sent, codes = frames()[name]
    place = f"yjs/{document}" if path == "yjs" else path
    with raw(server, place, token=admin.token) as socket:
        socket.send_raw(sent)
        how = socket.until_closed()
    assert how.code in codes, how


@pytest.mark.parametrize("path", ["yjs", "hocuspocus"])
def test_messages_without_end(path: str, server: Server, admin: Client, document: str) -> None:
    """One message in parts of a megabyte: it ends at the limit, and is not kept until then."""
    before = server.memory_mb()
    place = f"yjs/{document}" if path == "yjs" else path
    with raw(server, place, token=admin.token) as socket:
        socket.send_raw(frame(b"\0" * MEGABYTE, BINARY, last=False))
        part = frame(b"\0" * MEGABYTE, 0, last=False)
        socket.socket.settimeout(5)
        for _ in range(400):
            try:
                socket.socket.sendall(part)
            except OSError:
                break
        else:
            raise AssertionError("400 MB of one message were taken")
        try:
            assert socket.until_closed().code in (1009, 1006)  # what it said may be lost on the way
        except TimeoutError:
            raise AssertionError("it stays open") from None
    assert server.memory_mb() - before < 300
    alive(server, admin, document)


def test_a_stranger_fills_no_memory(server: Server, admin: Client, document: str) -> None:
    """Before anything is opened a message may have a megabyte, and nothing of it after a refusal."""
    before = server.memory_mb()
    sockets = [raw(server, "hocuspocus") for _ in range(20)]
    refused = [raw(server, f"yjs/{document}", token="none") for _ in range(20)]
    for socket in sockets:
        socket.send_raw(frame(b"\0" * 15 * MEGABYTE))
        assert socket.until_closed().code in (1009, 1006)  # what it said may be lost on the way
    head = frame(b"\0" * 15 * MEGABYTE)
    for socket in refused:
        socket.socket.settimeout(5)
        socket.send_raw(head[: 14 * MEGABYTE])  # the rest never comes
    assert server.memory_mb() - before < 150
    for socket in refused:
        assert socket.until_closed().code == 4401
        socket.close()
    # Who opened a document may say more at once.
    with raw(server, "hocuspocus") as socket:
        socket.send(wire.token(document, admin.token))
        step2(socket, wire.EMPTY_VECTOR, wire.chunk(document))
        socket.send(
            wire.chunk(document) + wire.sync(wire.UPDATE, wire.insert(31, 0, "x" * 3 * MEGABYTE))
        )
        assert outcome(socket, wire.chunk(document)) is None
    alive(server, admin, document)


def mutated(chance: random.Random, message: bytes) -> bytes:
    data = bytearray(message)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        what = chance.random()
        if what < 0.4 and at < len(data):
            data[at] = chance.randrange(256)
        elif what < 0.6:
            data[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 5)))
        elif what < 0.8:
            del data[at : at + chance.randint(1, 8)]
        else:
            data[at:at] = data[: chance.randint(0, len(data))]
    return bytes(data)


def seeds() -> list[bytes]:
    format_ = b"\1\2\x05\0\x06\1" + wire.chunk("quill") + wire.chunk("bold") + wire.chunk("true")
    return [
        wire.sync(wire.STEP1, wire.EMPTY_VECTOR),
        wire.sync(wire.STEP1, b"\2\1\5\2\7"),
        wire.sync(wire.STEP2, wire.insert(5, 0, "hello")),
        wire.sync(wire.UPDATE, wire.insert(6, 0, "hello", (5, 2))),
        wire.sync(wire.UPDATE, format_ + b"\x84\5\0" + wire.chunk("x") + b"\1\5\1\0\1"),
        wire.sync(wire.UPDATE, b"\0\1\x05\2\0\2\7\1"),
        wire.sync(wire.UPDATE, any_nested(3, 118)),
        wire.awareness(3, 1, '{"user":{"name":"x"}}'),
        wire.number(wire.QUERY_AWARENESS),
        wire.number(wire.STATELESS) + wire.chunk("hello"),
    ]


@pytest.mark.parametrize("protocol", ["y-websocket", "hocuspocus"])
def test_mutated_messages(
    protocol: str, server: Server, admin: Client, request: pytest.FixtureRequest
) -> None:
    document = new_document(admin)
    chance = random.Random(request.config.getoption("--seed"))
    before = server.memory_mb()
    prefix = wire.chunk(document) if protocol == "hocuspocus" else b""

    def connect() -> WebSocket:
        if not prefix:
            return raw(server, f"yjs/{document}", token=admin.token)
        socket = raw(server, "hocuspocus")
        socket.send(wire.token(document, admin.token))
        return socket

    socket, closed = connect(), 0
    for _ in range(600):
        message = mutated(chance, chance.choice(seeds()))
        if prefix and chance.random() < 0.2:
            message = mutated(chance, prefix + message)
        else:
            message = prefix + message
        socket.send(message)
        if outcome(socket, prefix):
            closed += 1
            socket.close()
            socket = connect()
    socket.close()
    assert closed > 20, "too few were refused for a test of refusals"
    assert server.memory_mb() - before < 200
    assert content(admin, server, document) is not None
    alive(server, admin, new_document(admin))


def flood(
    server: Server, admin: Client, document: str, message: Callable[[int], bytes], count: int
) -> Closed | None:
    with raw(server, f"yjs/{document}", token=admin.token) as socket:
        socket.socket.settimeout(20)
        try:
            for number in range(count):
                socket.socket.sendall(frame(message(number)))
        except OSError:
            return socket.until_closed()
        return outcome(socket)


def test_presence_of_thousands(server: Server, admin: Client, document: str) -> None:
    before = server.memory_mb()
    state = '{"user":"' + "x" * 1000 + '"}'
    flood(server, admin, document, lambda n: wire.awareness(n + 1, 1, state), 20_000)
    assert server.memory_mb() - before < 150
    with raw(server, f"yjs/{document}", token=admin.token) as late:
        step2(late, wire.EMPTY_VECTOR)  # and what is told of presence before it is no flood
        assert len(late.buffer) < 4 * MEGABYTE
    alive(server, admin, document)


def test_parts_that_wait_for_missing_ones(server: Server, admin: Client, document: str) -> None:
    before = server.memory_mb()
    text = "x" * 1000
    flood(
        server,
        admin,
        document,
        lambda n: wire.sync(wire.UPDATE, wire.insert(n + 1, 5_000_000, text, (n + 1, 4_999_999))),
        20_000,
    )
    assert server.memory_mb() - before < 300
    alive(server, admin, document)


def test_numbers_at_their_ends(server: Server, admin: Client, document: str) -> None:
    for client, clock in (
        ((1 << 53) - 1, 0),
        ((1 << 64) - 1, 0),
        (1, (1 << 32) - 1),
        (2, (1 << 53) - 1),
        (0, 0),
    ):
        with raw(server, f"yjs/{document}", token=admin.token) as socket:
            socket.send(wire.sync(wire.UPDATE, wire.insert(client, clock, "ab")))
            outcome(socket)
    alive(server, admin, document)


def test_thousands_of_names(server: Server, admin: Client) -> None:
    """A socket of Hocuspocus that asks for ever more documents."""
    before = server.memory_mb()
    with raw(server, "hocuspocus") as socket:
        try:
            for number in range(5_000):
                name = f"{number:08}-0000-4000-8000-000000000000"
                socket.socket.sendall(frame(wire.token(name, admin.token)))
                socket.socket.sendall(
                    frame(wire.chunk(name) + wire.sync(wire.STEP1, wire.EMPTY_VECTOR))
                )
        except OSError:
            pass
    with raw(server, "hocuspocus") as socket:
        socket.send(wire.token("n" * (2 * MEGABYTE), admin.token))
        wait_until(lambda: denied_or_closed(socket), "a name of 2 MB is refused")
    assert server.memory_mb() - before < 150
    alive(server, admin, new_document(admin))


def denied_or_closed(socket: WebSocket) -> bool:
    try:
        reader = wire.Reader(socket.receive())
        reader.chunk()
        return reader.number() == wire.AUTH and reader.number() == 1
    except Closed as how:
        return how.code in CODES


def test_formats_upon_formats(server: Server, admin: Client, document: str) -> None:
    """Each character has the formats of all before it: 400 KB of update are a delta of gigabytes."""
    count = 20_000
    out = [wire.number(1), wire.number(2 * count), wire.number(9), wire.number(0)]
    for place in range(count):
        before = wire.number(9) + wire.number(2 * place - 1) if place else b""
        out.append(b"\x86" + before if place else b"\x06\1" + wire.chunk("quill"))
        out.append(wire.chunk(f"k{place}") + wire.chunk("1"))
        out.append(b"\x84" + wire.number(9) + wire.number(2 * place) + wire.chunk("x"))
    before = server.memory_mb()
    with raw(server, f"yjs/{document}", token=admin.token) as socket:
        socket.send(wire.sync(wire.UPDATE, b"".join(out) + b"\0"))
        assert outcome(socket) is None
        for path in ("content", "content?format=text", "export?format=html", "export?format=pdf"):
            answer = admin.get(f"documents/{document}/{path}")
            assert answer.status_code == 400 and "too many formats" in answer.text, answer.text[
                :200
            ]
    assert server.memory_mb() - before < 200
    # It is not lost for its owner.
    delta = {"ops": [{"insert": "anew\n"}]}
    answer = admin.request("PUT", f"documents/{document}/content", json={"delta": delta})
    assert answer.status_code == 204, answer.text
    assert admin.get(f"documents/{document}/content").json() == delta
    alive(server, admin, document)
