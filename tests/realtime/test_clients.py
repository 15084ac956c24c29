"""Every kind of unmodified client edits with every other kind; presence; how each signs in."""

from __future__ import annotations

import itertools

import pytest

from tests.harness.client import Client
from tests.harness.server import Server
from tests.harness.websocket import Closed
from tests.realtime import wire
from tests.realtime.conftest import (
    Editor,
    Node,
    new_document,
    person,
    raw,
    share,
    wait_until,
)
from tests.realtime.pycrdt_editor import PycrdtEditor

KINDS = ("y-websocket", "hocuspocus", "quill", "codemirror", "tiptap")
TEXTS = ("y-websocket", "hocuspocus", "quill", "codemirror")  # those that show the same text


def address(server: Server, document: str, token: str) -> str:
    return f"{server.url}/ws/yjs/{document}?token={token}"


def synced(*editors: Editor) -> None:
    for editor in editors:
        wait_until(lambda: editor.state()["synced"], f"{editor.name} synced: {editor.state()}")


def same(*editors: Editor) -> dict:
    """What all editors agree on; waits until they do."""

    def agreed() -> dict | None:
        states = [editor.state() for editor in editors]
        parts = [(s["delta"], s["fragment"], s["vector"], s["pending"]) for s in states]
        return states[0] if all(part == parts[0] for part in parts) else None

    return wait_until(agreed, "they agree")


@pytest.mark.parametrize("one,other", itertools.combinations_with_replacement(KINDS, 2))
def test_each_kind_with_each(
    one: str, other: str, node: Node, server: Server, admin: Client, document: str
) -> None:
    a = Editor(node, server, one, document, token=admin.token)
    b = Editor(node, server, other, document, token=admin.token)
    synced(a, b)
    a.edit(insert="first ")
    wait_until(lambda: "first " in str(b.state()), "the first edit arrives")
    b.edit(insert="second")
    found = same(a, b)
    assert found["vector"], "nothing was edited"
    shown = [editor.state()["view"] for editor in (a, b)]
    if one in TEXTS and other in TEXTS or one == other:
        wait_until(lambda: a.state()["view"] == b.state()["view"], f"both show the same: {shown}")
        assert "first" in shown[0] and "second" in shown[0]
    # Who comes later sees the same.
    late = Editor(node, server, "y-websocket", document, token=admin.token)
    synced(late)
    assert same(a, b, late)["vector"] == found["vector"]
    for editor in (a, b, late):
        editor.crash()


def test_pycrdt_with_the_others(node: Node, server: Server, admin: Client, document: str) -> None:
    python = PycrdtEditor(address(server, document, admin.token))
    others = [Editor(node, server, kind, document, token=admin.token) for kind in TEXTS]
    synced(*others)
    python.text += "von Python 🐍"
    for editor in others:
        wait_until(
            lambda: editor.state()["view"] == "von Python 🐍", f"it arrives at {editor.name}"
        )
    others[2].edit(at=0, insert="Quill ", format={"bold": True})

    def arrived() -> bool:
        python.pump(0.05)
        return str(python.text) == "Quill von Python 🐍"

    wait_until(arrived, "Quill's edit arrives at pycrdt")
    assert python.delta() == same(*others)["delta"]
    assert python.vector() == others[0].state()["vector"]
    python.disconnect()
    for editor in others:
        editor.crash()


def test_undo_and_embeds(node: Node, server: Server, admin: Client, document: str) -> None:
    a = Editor(node, server, "y-websocket", document, token=admin.token)
    b = Editor(node, server, "quill", document, token=admin.token)
    synced(a, b)
    a.edit(insert="kept ")
    same(a, b)
    b.edit(embed={"image": "https://example.com/a.png"}, at=0)
    a.edit(insert="undone", at=5)
    same(a, b)
    a.edit(undo=True)
    delta = same(a, b)["delta"]
    assert {"insert": {"image": "https://example.com/a.png"}} in delta
    assert "undone" not in str(delta) and "kept " in str(delta)
    for editor in (a, b):
        editor.crash()


def test_work_while_disconnected_is_sent_later(
    node: Node, server: Server, admin: Client, document: str
) -> None:
    for kind in ("y-websocket", "hocuspocus"):
        a = Editor(node, server, kind, document, token=admin.token)
        b = Editor(node, server, "quill", document, token=admin.token)
        synced(a, b)
        a.disconnect()
        a.edit(insert=f"away with {kind} ")
        b.edit(insert="meanwhile ", at=0)
        a.connect()
        text = same(a, b)["text"]
        assert f"away with {kind} " in text and "meanwhile " in text
        for editor in (a, b):
            editor.crash()


def test_presence(node: Node, server: Server, admin: Client, document: str) -> None:
    editors = [
        Editor(node, server, kind, document, token=admin.token)
        for kind in ("y-websocket", "hocuspocus")
    ]
    synced(*editors)
    for number, editor in enumerate(editors):
        editor.present(state={"user": {"name": f"person {number}"}})
    for editor in editors:
        wait_until(
            lambda: {state.get("user", {}).get("name") for state in editor.people().values()}
            == {"person 0", "person 1"},
            f"{editor.name} sees both",
        )
    # Who comes later sees them, too; and who leaves is gone.
    late = Editor(node, server, "hocuspocus", document, token=admin.token)
    wait_until(lambda: len(late.people()) == 3, "the late one sees all")
    gone = str(editors[0].state()["client"])
    editors[0].crash()
    wait_until(lambda: gone not in late.people(), "who left is gone")
    assert gone not in editors[1].people() or wait_until(
        lambda: gone not in editors[1].people(), "who left is gone for the other"
    )
    for editor in (editors[1], late):
        editor.crash()


def close_of(server: Server, document: str, **parameters: str) -> Closed:
    with raw(server, f"yjs/{document}", **parameters) as socket:
        socket.send(wire.sync(wire.STEP1, wire.EMPTY_VECTOR))
        return socket.until_closed()


def test_y_websocket_without_rights(server: Server, admin: Client, document: str) -> None:
    stranger = person(admin, "stranger")
    unknown = "00000000-0000-4000-8000-000000000000"
    for code, name, parameters in (
        (4401, document, {}),
        (4401, document, {"token": "nonsense"}),
        (4404, unknown, {"token": admin.token}),
        (4404, "not-an-id", {"token": admin.token}),
        (4404, document, {"token": stranger.token}),
        (4404, unknown, {"token": stranger.token}),
    ):
        found = close_of(server, name, **parameters)
        assert found.code == code, (name, found)
        assert found.reason, "no reason"


def test_hocuspocus_without_rights(server: Server, admin: Client, document: str) -> None:
    stranger = person(admin, "stranger")
    unknown = "00000000-0000-4000-8000-000000000000"
    for name, token in (
        (document, ""),
        (document, "nonsense"),
        (unknown, admin.token),
        (document, stranger.token),
    ):
        with raw(server, "hocuspocus") as socket:
            socket.send(wire.token(name, token))
            socket.send(wire.hocuspocus(name, wire.sync(wire.STEP1, wire.EMPTY_VECTOR)))
            try:
                reader = wire.Reader(socket.receive())
                assert reader.chunk().decode() == name
                assert (reader.number(), reader.number()) == (wire.AUTH, 1), "not denied"
                assert reader.chunk(), "no reason"
            except Closed as how:
                assert how.code in (4401, 4403, 4404) and how.reason


def test_the_providers_tell_of_denials(node: Node, server: Server, document: str) -> None:
    denied = Editor(node, server, "hocuspocus", document, token="nonsense")
    wait_until(lambda: denied.state()["denied"], "Hocuspocus's provider is denied")
    assert not denied.state()["synced"]
    refused = Editor(node, server, "y-websocket", document, token="nonsense")
    found = wait_until(lambda: refused.state()["closed"], "y-websocket's provider is closed")
    assert found["code"] == 4401
    for editor in (denied, refused):
        editor.crash()


def test_api_keys_sign_in(node: Node, server: Server, admin: Client) -> None:
    document = new_document(admin)
    key = admin.ok("POST", "keys", json={"name": "editor"})["key"]
    editors = [
        Editor(node, server, kind, document, token=key) for kind in ("y-websocket", "hocuspocus")
    ]
    synced(*editors)
    editors[0].edit(insert="with a key")
    assert same(*editors)["text"] == "with a key"
    for editor in editors:
        editor.crash()


def test_several_documents_on_one_socket(server: Server, admin: Client) -> None:
    """Hocuspocus's sockets carry any number of documents, each with its own sign-in."""
    documents = [new_document(admin) for _ in range(3)]
    with raw(server, "hocuspocus") as socket:
        for name in documents[:2]:
            socket.send(wire.token(name, admin.token))
            socket.send(wire.hocuspocus(name, wire.sync(wire.STEP1, wire.EMPTY_VECTOR)))
        socket.send(wire.token(documents[2], "nonsense"))
        seen: dict[str, set] = {}
        while not all(
            {(wire.AUTH, 2), (wire.SYNC, wire.STEP2)} <= seen.get(name, set())
            for name in documents[:2]
        ) or (wire.AUTH, 1) not in seen.get(documents[2], set()):
            reader = wire.Reader(socket.receive())
            name = reader.chunk().decode()
            kind = reader.number()
            kind = wire.SYNC if kind == wire.SYNC_REPLY else kind
            seen.setdefault(name, set()).add((kind, reader.number()))
    assert (wire.SYNC, wire.STEP2) not in seen[documents[2]]


def test_viewers_get_the_document(node: Node, server: Server, admin: Client, document: str) -> None:
    viewer = person(admin, "viewer")
    share(admin, document, viewer, "viewer")
    writer = Editor(node, server, "quill", document, token=admin.token)
    readers = [
        Editor(node, server, kind, document, token=viewer.token)
        for kind in ("y-websocket", "hocuspocus")
    ]
    synced(writer, *readers)
    assert readers[1].state()["scope"] == "readonly"
    writer.edit(insert="to be read")
    for reader in readers:
        wait_until(lambda: reader.state()["text"] == "to be read", f"{reader.name} gets it")
    for editor in (writer, *readers):
        editor.crash()
