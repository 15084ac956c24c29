"""Comments on documents: threads, mentions, guests, and who may do what."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.harness.client import Client
from tests.harness.server import Server


@pytest.fixture()
def people(server: Server, admin: Client) -> dict[str, Client]:
    out = {"admin": admin}
    for name in ("ann", "bob", "cyd", "dan"):
        email = f"{name}-{uuid.uuid4().hex[:8]}@example.org"
        made = admin.ok(
            "POST", "users", json={"email": email, "name": name, "password": "a long password"}
        )
        out[name] = Client(server.url).login(email, "a long password")
        out[name].email, out[name].id = email, made["id"]
    return out


@pytest.fixture()
def document(people: dict[str, Client]) -> str:
    """Of ann, with bob as a commenter and cyd as a viewer."""
    made = people["ann"].ok("POST", "documents", json={"title": "The plan"})["id"]
    for name, role in (("bob", "commenter"), ("cyd", "viewer")):
        path = f"permissions/document/{made}/{people[name].email}"
        people["ann"].ok("PUT", path, json={"role": role})
        assert told(people[name]) == [("share", "")]
    return made


def refused(client: Client, status: int, error: str, *request: Any, **options: Any) -> None:
    answer = client.request(*request, **options)
    assert (answer.status_code, answer.json().get("id")) == (status, error), answer.text


def told(client: Client) -> list[tuple[str, str]]:
    """What is unread, oldest first; it is read then."""
    items = client.ok("GET", "inbox?unread=true")["items"]
    client.ok("POST", "inbox/read", json={"all": True})
    return [(item["kind"], item["text"]) for item in reversed(items)]


def test_life_of_a_thread(people: dict[str, Client], document: str) -> None:
    ann, bob, cyd = people["ann"], people["bob"], people["cyd"]
    path = f"documents/{document}/comments"
    body = {"text": "Why?", "quote": "the plan", "anchor": "AAEC"}
    made = bob.ok("POST", path, json=body)
    assert made["thread"] == made["id"] and made["author"] == {"id": bob.id, "name": "bob"}
    assert (made["quote"], made["anchor"], made["mentions"]) == ("the plan", "AAEC", [])
    answer = ann.ok("POST", f"{path}/{made['id']}/replies", json={"text": "Because"})
    assert answer["thread"] == made["id"]
    shown = cyd.ok("GET", path)["comments"]
    assert [(c["text"], [r["text"] for r in c["replies"]]) for c in shown] == [
        ("Why?", ["Because"])
    ]
    edited = bob.ok("PATCH", f"{path}/{made['id']}", json={"text": "Why not?"})
    assert edited["text"] == "Why not?" and edited["edited_at"]
    resolved = bob.ok("PATCH", f"{path}/{made['id']}", json={"resolved": True})
    assert resolved["resolved_by"]["name"] == "bob" and resolved["resolved_at"]
    assert cyd.ok("GET", f"{path}?resolved=open")["comments"] == []
    ann.ok("PATCH", f"{path}/{made['id']}", json={"resolved": False})
    assert "resolved_at" not in cyd.ok("GET", f"{path}?resolved=open")["comments"][0]
    ann.ok("DELETE", f"{path}/{made['id']}")  # the owner, somebody else's
    assert ann.ok("GET", path)["comments"] == []


def test_who_may_do_what(people: dict[str, Client], document: str) -> None:
    ann, bob, cyd, dan = (people[name] for name in ("ann", "bob", "cyd", "dan"))
    path = f"documents/{document}/comments"
    made = ann.ok("POST", path, json={"text": "x"})["id"]
    for method, rest, body in (
        ("POST", "", {"text": "y"}),
        ("POST", f"/{made}/replies", {"text": "y"}),
        ("PATCH", f"/{made}", {"text": "y"}),
        ("PATCH", f"/{made}", {"resolved": True}),
        ("DELETE", f"/{made}", None),
    ):
        assert cyd.request(method, path + rest, json=body).status_code == 403
        assert dan.request(method, path + rest, json=body).status_code == 404
        assert Client(dan.url).request(method, path + rest, json=body).status_code == 401
    assert dan.get(path).status_code == 404
    not_yours = (403, "documents.notYourComment")
    refused(bob, *not_yours, "PATCH", f"{path}/{made}", json={"text": "y"})
    refused(bob, *not_yours, "DELETE", f"{path}/{made}")
    # Of one document by way of another.
    other = bob.ok("POST", "documents", json={"title": "Mine"})["id"]
    gone = (404, "documents.commentNotFound")
    refused(bob, *gone, "DELETE", f"documents/{other}/comments/{made}")
    refused(bob, *gone, "PATCH", f"documents/{other}/comments/{made}", json={"resolved": True})
    refused(bob, *gone, "POST", f"documents/{other}/comments/{made}/replies", json={"text": "y"})
    assert [c["text"] for c in ann.ok("GET", path)["comments"]] == ["x"]


def test_who_is_told(people: dict[str, Client], document: str) -> None:
    ann, bob, cyd, dan = (people[name] for name in ("ann", "bob", "cyd", "dan"))
    path = f"documents/{document}/comments"
    made = bob.ok("POST", path, json={"text": "Look, cyd", "mentions": [cyd.id]})
    assert made["mentions"] == [{"id": cyd.id, "name": "cyd"}]
    assert told(ann) == [("comment", "Look, cyd")] and told(bob) == []
    item = cyd.ok("GET", "inbox")["items"][0]
    assert (item["kind"], item["document"], item["comment"]) == ("mention", document, made["id"])
    assert (item["title"], item["from"]["name"]) == ("The plan", "bob")
    ann.ok("POST", f"{path}/{made['id']}/replies", json={"text": "I see", "mentions": [ann.id]})
    assert told(bob) == [("reply", "I see")] and told(ann) == []
    ann.ok("PATCH", f"{path}/{made['id']}", json={"resolved": True})
    assert told(bob) == [("resolved", "Look, cyd")]
    for stranger in (dan.id, "nobody"):
        body = {"text": "x", "mentions": [stranger]}
        refused(bob, 400, "documents.mentionUnseen", "POST", path, json=body)
    # Who lost access is told no more.
    ann.ok("DELETE", f"permissions/document/{document}/{bob.email}")
    ann.ok("POST", f"{path}/{made['id']}/replies", json={"text": "secret"})
    assert told(bob) == []


def test_guests(people: dict[str, Client], document: str) -> None:
    ann, guest = people["ann"], Client(people["ann"].url)
    path = f"documents/{document}/comments"
    ann.ok("PATCH", f"documents/{document}", json={"link_access": "view"})
    assert guest.ok("GET", path)["comments"] == []
    assert guest.post(path, {"text": "x"}).status_code in (401, 403)
    ann.ok("PATCH", f"documents/{document}", json={"link_access": "comment"})
    made = guest.ok("POST", path, json={"text": "Nice"})
    assert "author" not in made
    guest.ok("POST", f"{path}/{made['id']}/replies", json={"text": "Very"})
    assert told(ann) == [("comment", "Nice")]
    item = ann.ok("GET", "inbox")["items"][0]
    assert "from" not in item
    refused(
        guest, 403, "documents.notYourComment", "PATCH", f"{path}/{made['id']}", json={"text": "y"}
    )
    refused(guest, 403, "documents.notYourComment", "DELETE", f"{path}/{made['id']}")
    body = {"text": "x", "mentions": [ann.id]}
    refused(guest, 403, "documents.guestMayNot", "POST", path, json=body)
    # By a share link, too.
    ann.ok("PATCH", f"documents/{document}", json={"link_access": "off"})
    assert guest.post(path, {"text": "x"}).status_code == 401
    link = ann.ok("POST", f"documents/{document}/links", json={"level": "comment"})
    share = {"headers": {"X-Share": link["token"]}}
    assert guest.ok("POST", path, json={"text": "By a link"}, **share)["text"] == "By a link"
    ann.ok("DELETE", f"documents/{document}/links/{link['id']}")
    assert guest.post(path, {"text": "x"}, **share).status_code in (401, 403, 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " \n "},
        {"text": "x" * 5001},
        {"text": "x", "quote": "x" * 2001},
        {"text": "x", "anchor": "x" * 4001},
        {"text": "x", "mentions": ["x"] * 51},
        {"text": "x\0"},
        {"text": "x", "author": "me"},
    ],
)
def test_bad_comments(people: dict[str, Client], document: str, body: dict) -> None:
    answer = people["bob"].post(f"documents/{document}/comments", body)
    assert answer.status_code == 400, answer.text
    assert people["bob"].ok("GET", f"documents/{document}/comments")["comments"] == []


def test_pages(people: dict[str, Client], document: str) -> None:
    bob, path = people["bob"], f"documents/{document}/comments"
    for number in range(5):
        bob.ok("POST", path, json={"text": str(number)})
    seen, after = [], ""
    while True:
        page = bob.ok("GET", path, params={"limit": 2, "after": after})
        seen += [comment["text"] for comment in page["comments"]]
        if not (after := page.get("next", "")):
            break
    assert seen == ["0", "1", "2", "3", "4"]


def test_a_document_takes_its_comments_along(people: dict[str, Client], document: str) -> None:
    ann, bob = people["ann"], people["bob"]
    path = f"documents/{document}/comments"
    bob.ok("POST", path, json={"text": "x"})
    ann.ok("DELETE", f"documents/{document}")
    assert bob.get(path).status_code == 404
    ann.ok("POST", f"documents/{document}/restore")
    assert len(bob.ok("GET", path)["comments"]) == 1
    ann.ok("DELETE", f"documents/{document}")
    ann.ok("DELETE", f"documents/{document}/forever")
    assert [i for i in ann.ok("GET", "inbox")["items"] if i.get("document") == document] == []
