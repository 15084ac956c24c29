"""Who reads documents stands in the audit log, and in the figures of their owners."""

from __future__ import annotations

import json

import pytest

from tests.api.test_document_comments import document, people  # noqa: F401
from tests.harness.client import Client, wait_until
from tests.harness.websocket import WebSocket
from tests.realtime import wire


def readings(admin: Client, document: str) -> list[dict]:  # noqa: F811
    items = admin.ok("GET", "audit", params={"action": "document.read", "object": document})
    return items["items"]


def told(admin: Client, document: str, count: int) -> dict:  # noqa: F811
    """The newest entry, once there are so many."""
    wait_until(lambda: len(readings(admin, document)) >= count, what=f"reading {count}")
    found = readings(admin, document)
    assert len(found) == count
    return found[0]


def test_by_http(admin: Client, people: dict[str, Client], document: str) -> None:  # noqa: F811
    ann, cyd, dan = people["ann"], people["cyd"], people["dan"]
    cyd.ok("GET", f"documents/{document}/content")
    entry = told(admin, document, 1)
    assert entry["actor"]["id"] == cyd.id and entry["outcome"] == "allowed"
    assert entry["object"] == {"type": "document", "id": document, "name": "The plan"}
    assert entry["address"] == "127.0.0.1" and "how" not in entry.get("details", {})
    for number, get in enumerate(
        (
            f"documents/{document}/export?format=html",
            f"documents/{document}/content?format=text",
            f"/api/database/documents/get/{document}",
        ),
        2,
    ):
        assert cyd.get(get).status_code == 200
        told(admin, document, number)
    version = ann.ok("POST", f"documents/{document}/versions", json={"name": "x"})["id"]
    ann.ok("GET", f"documents/{document}/versions/{version}")
    assert told(admin, document, 5)["details"] == {"how": "version"}
    # Neither what does not show the content, nor what changes it, nor what is refused.
    cyd.ok("GET", f"documents/{document}")
    cyd.ok("GET", f"documents/{document}/comments")
    ann.ok("GET", f"documents/{document}/versions")
    body = {"Data": json.dumps({"ops": [{"insert": "x\n"}]})}
    ann.ok("PUT", f"/api/database/documents/{document}", json=body)
    assert dan.get(f"documents/{document}/content").status_code == 404
    ann.ok("GET", f"documents/{document}/content")
    assert told(admin, document, 6)["actor"]["id"] == ann.id


def test_guests(admin: Client, people: dict[str, Client], document: str) -> None:  # noqa: F811
    guest = Client(admin.url)
    people["ann"].ok("PATCH", f"documents/{document}", json={"link_access": "view"})
    assert guest.request("GET", f"/d/{document}").status_code == 200
    entry = told(admin, document, 1)
    assert entry["actor"]["kind"] == "anonymous" and entry["object"]["name"] == "The plan"
    link = people["ann"].ok("POST", f"documents/{document}/links", json={"level": "view"})
    people["ann"].ok("PATCH", f"documents/{document}", json={"link_access": "off"})
    assert guest.request("GET", f"/s/{link['token']}").status_code == 200
    assert told(admin, document, 2)["object"]["name"] == "The plan"


@pytest.mark.parametrize("protocol", ["yjs", "hocuspocus", "deltas"])
def test_live(
    admin: Client, people: dict[str, Client], document: str, protocol: str  # noqa: F811
) -> None:
    """One entry, whatever is said afterwards."""
    cyd = people["cyd"]
    place = {"yjs": f"yjs/{document}", "deltas": f"documents/{document}"}.get(protocol, protocol)
    token = "" if protocol == "hocuspocus" else f"?token={cyd.token}"
    with WebSocket(f"{admin.url}/ws/{place}{token}") as socket:
        if protocol == "deltas":
            for _ in range(3):
                socket.send(json.dumps({"type": "get-document", "data": document}))
                assert json.loads(socket.receive())["type"] == "db-document"
        else:
            prefix = b""
            if protocol == "hocuspocus":
                socket.send(wire.token(document, cyd.token))
                prefix = wire.chunk(document)
            for _ in range(3):
                socket.send(prefix + wire.sync(wire.STEP1, wire.EMPTY_VECTOR))
                socket.receive()
        entry = told(admin, document, 1)
    assert entry["actor"]["id"] == cyd.id and entry["details"] == {"how": "live"}


@pytest.mark.parametrize("protocol", ["yjs", "hocuspocus", "deltas"])
def test_guests_live(
    admin: Client, people: dict[str, Client], document: str, protocol: str  # noqa: F811
) -> None:
    link = people["ann"].ok("POST", f"documents/{document}/links", json={"level": "view"})
    place = {"yjs": f"yjs/{document}", "deltas": f"documents/{document}"}.get(protocol, protocol)
    with WebSocket(f"{admin.url}/ws/{place}?share={link['token']}") as socket:
        if protocol == "hocuspocus":
            socket.send(wire.token(document, f"share:{link['token']}"))
        entry = told(admin, document, 1)
    assert entry["actor"]["kind"] == "anonymous" and entry["details"] == {"how": "live"}
    assert entry["object"] == {"type": "document", "id": document, "name": "The plan"}


def test_readings_count_as_views(people: dict[str, Client], document: str) -> None:  # noqa: F811
    ann, bob, cyd = people["ann"], people["bob"], people["cyd"]
    for _ in range(3):
        bob.ok("GET", f"documents/{document}/content")
    assert cyd.get(f"documents/{document}/export?format=markdown").status_code == 200
    shown = ann.ok("GET", f"documents/{document}/activity?days=1")
    assert {(person["id"], person["views"]) for person in shown["people"]} == {
        (bob.id, 1),
        (cyd.id, 1),
    }
    assert (shown["days"][0]["views"], shown["days"][0]["viewers"]) == (2, 2)
