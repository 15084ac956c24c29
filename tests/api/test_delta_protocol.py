"""The seed's protocol: documents by REST with their content as a text of JSON, and a socket of deltas."""

from __future__ import annotations

import json
import re
import threading
import uuid
from typing import Callable

import pytest
from pycrdt import Doc, Text

from tests.harness.client import Client, wait_until
from tests.harness.server import Server
from tests.harness.websocket import Closed, WebSocket

OPS = {"ops": [{"insert": "Hello "}, {"insert": "you", "attributes": {"bold": True}}]}


def socket_url(server: Server, document: str, token: str = "") -> str:
    query = f"?token={token}" if token else ""
    return f"{server.url.replace('http', 'ws', 1)}/ws/documents/{document}{query}"


def text_of(delta: dict) -> str:
    return "".join(op["insert"] if isinstance(op["insert"], str) else "?" for op in delta["ops"])


class OldClient:
    """What the seed's page does: it applies what comes to what it has, and sends what is typed."""

    def __init__(self, server: Server, document: str, token: str = "") -> None:
        self.socket = WebSocket(socket_url(server, document, token))
        self.text: str | None = None
        self.lock = threading.Lock()
        self.closed: Closed | None = None
        self.send("get-document", {"id": document})
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        assert wait_until(lambda: self.text is not None or self.closed)

    def listen(self) -> None:
        try:
            while True:
                message = json.loads(self.socket.receive(60))
                with self.lock:
                    if message["type"] == "db-document":
                        self.text = text_of(json.loads(message["data"]["Data"]))
                    else:
                        assert message["type"] == "update-document"
                        self.apply(message["data"]["ops"])
        except Closed as closed:
            self.closed = closed
        except OSError:
            pass

    def apply(self, ops: list[dict]) -> None:
        at = 0
        for op in ops:
            at = min(at, len(self.text))
            if "retain" in op:
                at += op["retain"]
            elif "delete" in op:
                self.text = self.text[:at] + self.text[at + op["delete"] :]
            else:
                insert = op["insert"] if isinstance(op["insert"], str) else "?"
                self.text = self.text[:at] + insert + self.text[at:]
                at += len(insert)

    def send(self, type: str, data: object) -> None:
        self.socket.send(json.dumps({"type": type, "data": data}))

    def type(self, at: Callable[[str], int], text: str) -> None:
        with self.lock:
            place = at(self.text)
            ops = ([{"retain": place}] if place else []) + [{"insert": text}]
            self.apply(ops)
            self.send("changes-received", {"ops": ops})

    def save(self) -> None:
        with self.lock:
            self.send("save-changes", {"ops": [{"insert": self.text}]})


@pytest.fixture()
def open_document(admin: Client) -> str:
    """Anyone with its address may edit it."""
    made = admin.ok("POST", "documents", json={"title": "Old"})["id"]
    admin.ok("PATCH", f"documents/{made}", json={"link_access": "edit"})
    return made


def database(client: Client, method: str, path: str = "", **options):
    return client.request(method, f"/api/database/documents{path}", **options)


def test_documents_by_rest(server: Server, admin: Client) -> None:
    made = database(admin, "POST", json={"Data": json.dumps(OPS)})
    assert made.status_code == 201, made.text
    document = made.json()
    assert set(document) == {"id", "Data"} and json.loads(document["Data"]) == OPS
    path = f"/{document['id']}"
    assert database(admin, "GET", f"/get{path}").json() == document
    assert database(admin, "GET", f"/getorcreate{path}").json() == document
    changed = {"ops": [{"insert": "Bye\n"}]}
    assert database(admin, "PUT", path, json={"Data": changed}).status_code == 200
    assert json.loads(database(admin, "GET", f"/get{path}").json()["Data"]) == changed
    fresh = str(uuid.uuid4())
    assert database(admin, "GET", f"/get/{fresh}").status_code == 404
    assert database(admin, "GET", f"/getorcreate/{fresh}").json()["id"] == fresh
    assert database(admin, "GET", f"/get/{fresh}").status_code == 200
    assert database(admin, "GET", "/getorcreate/no-uuid").status_code in (400, 404)
    # They send the document as they have it; what a change cut an emoji in two to, too.
    whole = {"id": document["id"], "Data": '{"ops":[{"insert":"\\ud83d!"}]}'}
    assert json.loads(database(admin, "PUT", path, json=whole).json()["Data"]) == {
        "ops": [{"insert": "\ufffd!"}]
    }
    whole["id"] = fresh
    assert database(admin, "PUT", path, json=whole).status_code == 400
    assert database(admin, "PUT", path, json={"Data": "no json"}).status_code == 400
    assert database(admin, "PUT", path, json={"Data": {"ops": [{"retain": 3}]}}).status_code == 400


def test_a_removed_document_does_not_come_back(server: Server, admin: Client, user: Client) -> None:
    """Else who still has a copy of it would give what he wrote to whoever made its id anew."""
    document = database(admin, "POST", json={"Data": json.dumps(OPS)}).json()["id"]
    admin.ok("DELETE", f"documents/{document}")
    admin.ok("DELETE", f"documents/{document}/forever")
    for client in (user, admin):
        got = database(client, "GET", f"/getorcreate/{document}")
        assert (got.status_code, got.json()["id"]) == (404, "documents.documentNotFound"), got.text
        made = database(client, "POST", json={"id": document})
        assert made.json()["id"] == "documents.idInUse", made.text
        assert client.request("GET", f"documents/{document}").status_code == 404
    assert database(Client(server.url), "GET", f"/getorcreate/{document}").status_code == 401


def test_too_many_formats_for_a_socket(server: Server, admin: Client) -> None:
    """A mirror of each client holds every part of the text; by REST there is no more than the text."""
    ops = [{"insert": "a"}, {"insert": "b", "attributes": {"bold": True}}]
    document = database(admin, "POST", json={"Data": {"ops": ops * 50_001}}).json()["id"]
    with WebSocket(socket_url(server, document, admin.token)) as socket:
        closed = socket.until_closed()
    assert closed.code == 4400 and "100,000" in closed.reason
    content = json.loads(database(admin, "GET", f"/get/{document}").json()["Data"])
    assert len(content["ops"]) == 100_002
    database(admin, "PUT", f"/{document}", json={"Data": {"ops": ops}})
    assert OldClient(server, document, admin.token).text == "ab"


def test_who_knows_no_sign_in(server: Server, admin: Client, open_document: str) -> None:
    nobody = Client(server.url)
    closed = database(admin, "POST", json={}).json()["id"]
    assert database(nobody, "GET", f"/get/{open_document}").status_code == 200
    put = database(nobody, "PUT", f"/{open_document}", json={"Data": json.dumps(OPS)})
    assert put.status_code == 200, put.text
    for method, path in (("GET", f"/get/{closed}"), ("PUT", f"/{closed}"), ("POST", "")):
        refused = database(nobody, method, path, json={"Data": ""} if method != "GET" else None)
        assert refused.status_code in (401, 404), (method, path, refused.text)
    with_token = database(nobody, "GET", f"/get/{closed}", params={"token": admin.token})
    assert with_token.status_code == 200, with_token.text
    by_token = {"params": {"token": admin.token}, "json": {"Data": json.dumps(OPS)}}
    assert database(nobody, "POST", **by_token).status_code == 201
    put = database(nobody, "PUT", f"/{closed}", **by_token)
    assert json.loads(put.json()["Data"]) == OPS
    by_token["params"] = {"token": "nonsense"}
    assert database(nobody, "PUT", f"/{closed}", **by_token).status_code == 401


def test_two_old_clients_and_a_yjs_client_agree(
    server: Server, admin: Client, open_document: str
) -> None:
    admin.ok(
        "PUT",
        f"documents/{open_document}/content",
        json={"delta": {"ops": [{"insert": "one two three\n"}]}},
    )
    ann, bob = OldClient(server, open_document), OldClient(server, open_document, admin.token)
    assert ann.text == bob.text == "one two three\n"
    for i in range(40):
        ann.type(lambda text: 4, chr(ord("a") + i % 26))
        bob.type(lambda text: len(text) - 1, chr(ord("A") + i % 26))
        if i % 10 == 0:
            bob.save()

    def content() -> str:
        return text_of(admin.ok("GET", f"documents/{open_document}/content"))

    def agreed() -> bool:
        # As their pages do every other second.
        ann.save()
        bob.save()
        return ann.text == bob.text == content()

    assert wait_until(agreed), (ann.text, bob.text, content())
    final = content()
    letters = [chr(ord("a") + i % 26) for i in range(40)], [
        chr(ord("A") + i % 26) for i in range(40)
    ]
    assert sorted(final) == sorted("".join(letters[0] + letters[1]) + "one two three\n")
    figures = admin.request("GET", "/metrics").text
    count = re.search(r'openbricks_document_update_seconds_bucket\{le="\+Inf"\} (\d+)', figures)
    assert count and int(count[1]) > 0
    assert f"openbricks_document_update_seconds_count {count[1]}" in figures
    # A Yjs client has the same.
    doc = Doc()
    with WebSocket(
        server.url.replace("http", "ws", 1) + f"/ws/yjs/{open_document}?token={admin.token}"
    ) as socket:
        socket.send(b"\0\0\1\0")
        for _ in range(5):
            message = socket.receive()
            if message[:2] == b"\0\1":
                doc.apply_update(unframed(message[2:]))
                break
    assert str(doc.get("quill", type=Text)) == final


def unframed(data: bytes) -> bytes:
    size = shift = at = 0
    while True:
        size |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return data[at : at + size]


def test_whoever_may_only_read(server: Server, admin: Client, open_document: str) -> None:
    admin.ok("PATCH", f"documents/{open_document}", json={"link_access": "view"})
    reader = OldClient(server, open_document)
    reader.save()  # as its page does every other second: no harm
    reader.type(lambda text: 0, "x")
    assert wait_until(lambda: reader.closed)
    assert reader.closed.code == 4403
    assert text_of(admin.ok("GET", f"documents/{open_document}/content")) == ""
    other = OldClient(server, open_document)
    admin.ok("PATCH", f"documents/{open_document}", json={"link_access": "off"})
    assert wait_until(lambda: other.closed)
    assert other.closed.code in (4401, 4403, 4404)


@pytest.mark.parametrize(
    "message",
    ["no json", "[]", "{}", '{"type": 3}', '{"type": "other", "data": 1}', b"\x00\x01"]
    + [json.dumps({"type": "changes-received", "data": data}) for data in (1, "x", {"ops": 3})]
    + [json.dumps({"type": "save-changes", "data": {"ops": [{"delete": 1}]}})],
)
def test_what_is_malformed_closes_the_socket(
    server: Server, open_document: str, message: str | bytes
) -> None:
    client = OldClient(server, open_document)
    client.socket.send(message)
    assert wait_until(lambda: client.closed)
    assert client.closed.code == 4400 and client.closed.reason


def test_half_of_an_emoji_is_no_reason_to_close(
    server: Server, admin: Client, open_document: str
) -> None:
    """Browsers write it as an escape of its own, when messages crossed in the middle of an emoji."""
    client = OldClient(server, open_document)
    half = '{"ops":[{"insert":"a\\ud83d"}]}'
    client.socket.send('{"type":"changes-received","data":%s}' % half)
    client.socket.send('{"type":"save-changes","data":{"Data":%s}}' % json.dumps(half))
    content = f"documents/{open_document}/content"
    assert wait_until(lambda: text_of(admin.ok("GET", content)) == "a\ufffd")
    client.send("get-document", None)
    assert wait_until(lambda: client.text == "a\ufffd")
    assert client.closed is None


def test_an_unknown_document_is_refused(server: Server, admin: Client) -> None:
    client = OldClient(server, str(uuid.uuid4()), admin.token)
    assert client.closed.code == 4404
    assert OldClient(server, str(uuid.uuid4())).closed.code in (4401, 4404)
