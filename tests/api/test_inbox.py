"""The inbox: what people are told, and the letters about what they did not read."""

from __future__ import annotations

from tests.conftest import make_user, sign_in
from tests.harness.client import Client
from tests.harness.server import Server
from tests.harness.smtp import Sink, link_of, text_of


def mention(author: Client, document: str, text: str, who: str) -> None:
    body = {"text": text, "mentions": [who]}
    author.ok("POST", f"documents/{document}/comments", json=body)


def shared(admin: Client, names: list[str]) -> tuple[str, list[Client]]:
    """A document of the administrator's that they may read."""
    document = admin.ok("POST", "documents", json={"title": "The plan"})["id"]
    people = []
    for name in names:
        user = make_user(admin, name)
        user.me = user.ok("GET", "auth/me")
        admin.ok(
            "PUT", f"permissions/document/{document}/{user.me['email']}", json={"role": "viewer"}
        )
        people.append(user)
    return document, people


def test_reading(server: Server, admin: Client) -> None:
    document, [ann, bob] = shared(admin, ["inbox-ann", "inbox-bob"])
    for number in range(5):
        mention(admin, document, str(number), ann.me["id"])
    page = ann.ok("GET", "inbox?limit=3")
    assert [item["text"] for item in page["items"]] == ["4", "3", "2"] and page["unread"] == 5
    rest = ann.ok("GET", "inbox", params={"limit": 3, "after": page["next"]})
    assert [item["text"] for item in rest["items"]] == ["1", "0"] and "next" not in rest
    one = page["items"][0]
    assert one["document"] == document and one["path"].startswith(f"/documents/{document}")
    # Somebody else's stay as they are.
    assert bob.ok("POST", "inbox/read", json={"ids": [one["id"]]}) == {"unread": 0}
    assert ann.ok("GET", "inbox")["unread"] == 5
    assert ann.ok("POST", "inbox/read", json={"ids": [one["id"]]}) == {"unread": 4}
    unread = ann.ok("GET", "inbox?unread=true")["items"]
    assert [item["text"] for item in unread] == ["3", "2", "1", "0"]
    assert ann.ok("GET", "inbox")["items"][0]["read_at"]
    assert ann.ok("POST", "inbox/read", json={"all": True}) == {"unread": 0}
    assert bob.ok("GET", "inbox")["items"] == []
    for body in (
        {},
        {"all": False},
        {"ids": []},
        {"ids": ["x"], "all": True},
        {"ids": ["x"] * 501},
    ):
        assert ann.post("inbox/read", body).status_code == 400
    assert Client(server.url).get("inbox").status_code == 401


def test_letters() -> None:
    with Sink() as sink, Server(smtp_url=sink.url, inbox_letter_seconds="0") as server:
        admin = sign_in(server)
        document, [ann, bob] = shared(admin, ["ann", "bob"])
        bob.ok("PUT", "me/preferences", json={"notifications": {"email": False}})
        mention(admin, document, "for bob", bob.me["id"])
        mention(admin, document, "Look at www.example.com", ann.me["id"])
        letter = sink.wait(ann.me["email"])
        assert str(letter["Subject"]).endswith("mentioned you in “The plan”")
        assert "Look at www.example.com" in text_of(letter)
        assert link_of(letter).startswith(f"{server.url}/documents/{document}?comment=")
        assert sink.to(bob.me["email"]) == []
