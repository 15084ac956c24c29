"""What those may not who only read, and how soon a right that is gone is gone."""

from __future__ import annotations

import pytest

from tests.harness.client import Client
from tests.harness.server import Server
from tests.harness.websocket import Closed, WebSocket
from tests.realtime import wire
from tests.realtime.conftest import (
    Editor,
    Node,
    new_document,
    person,
    raw,
    share,
    unshare,
    wait_until,
)

WRITES = {
    "update": lambda update: wire.sync(wire.UPDATE, update),
    "step 2": lambda update: wire.sync(wire.STEP2, update),
    "a reply of Hocuspocus": lambda update: wire.number(wire.SYNC_REPLY)
    + wire.sync(wire.UPDATE, update)[1:],
    "a reply with step 2": lambda update: wire.number(wire.SYNC_REPLY)
    + wire.sync(wire.STEP2, update)[1:],
}


def content(owner: Client, server: Server, document: str) -> bytes:
    """The whole document as an update, by a fresh connection."""
    with raw(server, f"yjs/{document}", token=owner.token) as socket:
        return step2(socket, wire.EMPTY_VECTOR)


def step2(socket: WebSocket, vector: bytes, prefix: bytes = b"") -> bytes:
    """What the server answers to a state vector."""
    socket.send(prefix + wire.sync(wire.STEP1, vector))
    while True:
        reader = wire.Reader(socket.receive())
        if prefix:
            reader.chunk()
        if reader.number() in (wire.SYNC, wire.SYNC_REPLY) and reader.number() == wire.STEP2:
            return reader.chunk()


def ended(socket: WebSocket, prefix: bytes = b"") -> Closed | None:
    """Waits until the server has looked at all that was sent, or closed the connection."""
    try:
        step2(socket, wire.EMPTY_VECTOR, prefix)
    except Closed as how:
        return how
    return None


@pytest.mark.parametrize("role", ["viewer", "commenter"])
@pytest.mark.parametrize("how", WRITES)
@pytest.mark.parametrize("protocol", ["y-websocket", "hocuspocus"])
def test_readers_cannot_write(
    role: str, how: str, protocol: str, server: Server, admin: Client, document: str
) -> None:
    if protocol == "y-websocket" and "reply" in how:
        pytest.skip("a message of Hocuspocus only")
    reader = person(admin, role)
    share(admin, document, reader, role)
    # A writer with the very same messages, so that what fails is not the message.
    for client, may in ((reader, False), (admin, True)):
        message = WRITES[how](wire.insert(77, 0, "typed"))
        if protocol == "y-websocket":
            with raw(server, f"yjs/{document}", token=client.token) as socket:
                socket.send(message)
                closed = ended(socket)
        else:
            name = wire.chunk(document)
            with raw(server, "hocuspocus") as socket:
                socket.send(wire.token(document, client.token))
                socket.send(name + message)
                closed = ended(socket, name)
        assert closed is None or (not may and closed.code == 4403 and closed.reason)
        assert (b"typed" in content(admin, server, document)) == may


def test_hocuspocus_says_that_nothing_was_saved(
    server: Server, admin: Client, document: str
) -> None:
    viewer = person(admin, "viewer")
    share(admin, document, viewer, "viewer")
    with raw(server, "hocuspocus") as socket:
        socket.send(wire.token(document, viewer.token))
        socket.send(wire.chunk(document) + wire.sync(wire.UPDATE, wire.insert(78, 0, "typed")))
        while True:
            reader = wire.Reader(socket.receive())
            reader.chunk()
            if reader.number() == wire.SYNC_STATUS:
                assert reader.number() == 0
                break


def test_a_revoked_editor_is_cut(node: Node, server: Server, admin: Client, document: str) -> None:
    editor = person(admin, "editor")
    share(admin, document, editor, "editor")
    with (
        raw(server, f"yjs/{document}", token=editor.token) as plain,
        raw(server, "hocuspocus") as other,
    ):
        step2(plain, wire.EMPTY_VECTOR)
        other.send(wire.token(document, editor.token))
        step2(other, wire.EMPTY_VECTOR, wire.chunk(document))
        unshare(admin, document, editor)
        how = plain.until_closed(10)
        assert how.code in (4403, 4404) and how.reason
        told_of_end(other, document)
    # Nothing of what is written afterwards reaches them, nor does a new connection.
    with raw(server, f"yjs/{document}", token=editor.token) as again:
        assert again.until_closed(10).code in (4403, 4404)


def told_of_end(socket: WebSocket, document: str) -> None:
    """Hocuspocus: the document or the whole socket is closed, or access denied."""
    try:
        while True:
            reader = wire.Reader(socket.receive(10))
            assert reader.chunk().decode() == document
            kind = reader.number()
            if kind == wire.CLOSE or (kind == wire.AUTH and reader.number() == 1):
                assert reader.chunk(), "no reason"
                return
    except Closed as how:
        assert how.code in (4403, 4404) and how.reason


def test_an_editor_who_becomes_a_viewer_writes_no_more(
    server: Server, admin: Client, document: str
) -> None:
    editor = person(admin, "editor")
    share(admin, document, editor, "editor")
    name = wire.chunk(document)
    with raw(server, "hocuspocus") as socket:
        socket.send(wire.token(document, editor.token))
        socket.send(name + wire.sync(wire.UPDATE, wire.insert(79, 0, "early")))
        step2(socket, wire.EMPTY_VECTOR, name)
        share(admin, document, editor, "viewer")
        clock = 5

        def refused() -> bool:
            nonlocal clock
            try:
                update = wire.insert(79, clock, "x", (79, clock - 1))
                socket.send(name + wire.sync(wire.UPDATE, update))
                while True:
                    reader = wire.Reader(socket.receive())
                    reader.chunk()
                    if reader.number() == wire.SYNC_STATUS:
                        saved = reader.number() == 1
                        clock += saved
                        return not saved
            except Closed as how:
                return how.code == 4403

        wait_until(refused, "the server refuses the edits of a viewer")
    assert b"early" in content(admin, server, document)


@pytest.mark.parametrize("end", ["key", "trash", "user"])
def test_other_ends_of_a_right(end: str, server: Server, admin: Client) -> None:
    document = new_document(admin)
    user = person(admin, "somebody")
    share(admin, document, user, "editor")
    key = user.ok("POST", "keys", json={"name": "editor"})
    with raw(server, f"yjs/{document}", token=key["key"]) as socket:
        step2(socket, wire.EMPTY_VECTOR)
        if end == "key":
            user.ok("DELETE", f"keys/{key['id']}")
        elif end == "trash":
            admin.ok("DELETE", f"documents/{document}")
        else:
            me = user.ok("GET", "auth/me")
            admin.ok("DELETE", f"users/{me['id']}")
        how = socket.until_closed(10)
        assert how.code in (4401, 4403, 4404) and how.reason


def test_a_message_for_a_document_that_nobody_signed_in_to(server: Server, admin: Client) -> None:
    """On a socket of Hocuspocus each document needs its own sign-in."""
    mine, other = new_document(admin), new_document(admin)
    viewer = person(admin, "viewer")
    share(admin, mine, viewer, "editor")
    with raw(server, "hocuspocus") as socket:
        socket.send(wire.token(mine, viewer.token))
        step2(socket, wire.EMPTY_VECTOR, wire.chunk(mine))
        socket.send(wire.chunk(other) + wire.sync(wire.STEP1, wire.EMPTY_VECTOR))
        socket.send(wire.chunk(other) + wire.sync(wire.UPDATE, wire.insert(80, 0, "typed")))
        ended(socket, wire.chunk(mine))
    assert b"typed" not in content(admin, server, other)


def test_a_viewers_presence_changes_nothing(
    node: Node, server: Server, admin: Client, document: str
) -> None:
    viewer = person(admin, "viewer")
    share(admin, document, viewer, "viewer")
    writer = Editor(node, server, "y-websocket", document, token=admin.token)
    wait_until(lambda: writer.state()["synced"], "synced")
    mine = writer.state()["client"]
    with raw(server, f"yjs/{document}", token=viewer.token) as socket:
        # Somebody else's presence is not theirs to end.
        socket.send(wire.awareness(mine, 1000, "null"))
        assert ended(socket) is None or True
    writer.present(state={"user": {"name": "me"}})
    late = Editor(node, server, "y-websocket", document, token=admin.token)
    wait_until(lambda: str(mine) in late.people(), "the writer is still seen")
    for editor in (writer, late):
        editor.crash()


def test_a_socket_that_opens_no_document_is_closed(
    server: Server, admin: Client, document: str
) -> None:
    with (
        raw(server, "hocuspocus") as silent,
        raw(server, "hocuspocus") as refused,
        raw(server, "hocuspocus") as waiting,
        raw(server, "hocuspocus") as opened,
    ):
        refused.send(wire.token(document, "nonsense"))
        waiting.send(wire.hocuspocus(document, wire.sync(wire.STEP1, wire.EMPTY_VECTOR)))
        opened.send(wire.token(document, admin.token))
        for socket in (silent, refused, waiting):
            how = socket.until_closed()
            assert how.code == 4408 and "authenticate" in how.reason, how
        step2(opened, wire.EMPTY_VECTOR, wire.chunk(document))
