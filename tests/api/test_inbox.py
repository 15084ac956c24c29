"""The inbox: what people are told, and the letters about what they did not read."""

from __future__ import annotations

from tests.conftest import make_user, sign_in
from tests.harness.client import Client
from tests.harness.server import Server
from tests.harness.smtp import Sink, link_of, text_of


def mention(author: Client, document: str, text: str, who: str) -> None:
    body = {"text": text, "mentions": [who]}
    author.ok("POST", f"documents/{document}/comments", json=body)


def person(admin: Client, name: str) -> Client:
    user = make_user(admin, name)
    user.me = user.ok("GET", "auth/me")
    return user


def grant(owner: Client, type: str, id: str, to: Client, role: str = "viewer") -> None:
    owner.ok("PUT", f"permissions/{type}/{id}/{to.me['email']}", json={"role": role})


def shared(admin: Client, names: list[str]) -> tuple[str, list[Client]]:
    """A document of the administrator's that they may read, and know of."""
    document = admin.ok("POST", "documents", json={"title": "The plan"})["id"]
    people = [person(admin, name) for name in names]
    for user in people:
        grant(admin, "document", document, user)
        user.ok("POST", "inbox/read", json={"all": True})
    return document, people


def shares(user: Client) -> list[tuple[str, str]]:
    items = user.ok("GET", "inbox")["items"]
    return [(item["title"], item["path"]) for item in items if item["kind"] == "share"]


def test_reading(server: Server, admin: Client) -> None:
    document, [ann, bob] = shared(admin, ["inbox-ann", "inbox-bob"])
    for number in range(5):
        mention(admin, document, str(number), ann.me["id"])
    page = ann.ok("GET", "inbox?unread=true&limit=3")
    assert [item["text"] for item in page["items"]] == ["4", "3", "2"] and page["unread"] == 5
    rest = ann.ok("GET", "inbox?unread=true", params={"limit": 3, "after": page["next"]})
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
    assert [item["kind"] for item in bob.ok("GET", "inbox")["items"]] == ["share"]
    for body in (
        {},
        {"all": False},
        {"ids": []},
        {"ids": ["x"], "all": True},
        {"ids": ["x"] * 501},
    ):
        assert ann.post("inbox/read", body).status_code == 400
    assert Client(server.url).get("inbox").status_code == 401


def test_sharing(admin: Client) -> None:
    owner, friend = person(admin, "share-owner"), person(admin, "share-friend")
    document = owner.ok("POST", "documents", json={"title": "Ours"})["id"]
    grant(owner, "document", document, friend)
    item = friend.ok("GET", "inbox")["items"][0]
    assert (item["kind"], item["document"], item["title"]) == ("share", document, "Ours")
    assert item["from"]["id"] == owner.me["id"] and item["text"] == ""
    ours = ("Ours", f"/documents/{document}")
    # Another role is no news, and neither is what is unread already.
    grant(owner, "document", document, friend, "editor")
    owner.ok("DELETE", f"permissions/document/{document}/{friend.me['email']}")
    grant(owner, "document", document, friend)
    assert shares(friend) == [ours]
    # What was taken away and is given anew is, and nobody tells themselves.
    friend.ok("POST", "inbox/read", json={"all": True})
    owner.ok("DELETE", f"permissions/document/{document}/{friend.me['email']}")
    grant(owner, "document", document, friend, "owner")
    assert shares(friend) == [ours, ours]
    grant(friend, "document", document, owner)
    grant(friend, "document", document, friend, "editor")
    assert shares(friend) == [ours, ours] and shares(owner) == []
    owner.ok("PUT", f"permissions/document/{document}/everyone", json={"role": "viewer"})
    assert len(shares(friend)) == 2
    # It goes with the document.
    owner.ok("DELETE", f"documents/{document}")
    owner.ok("DELETE", f"documents/{document}/forever")
    assert shares(friend) == []


def test_sharing_all_kinds(admin: Client, schema: str) -> None:
    friend = person(admin, "share-kinds")
    workspace = admin.ok("POST", "workspaces", json={"name": "Shared space"})["id"]
    folder = admin.ok("POST", f"workspaces/{workspace}/folders", json={"name": "Plans"})["id"]
    admin.sql(f"CREATE TABLE main.{schema}.`odd name` (n INT)")
    grant(admin, "workspace", workspace, friend)
    grant(admin, "folder", folder, friend)
    admin.sql(f"GRANT SELECT ON TABLE main.{schema}.`odd name` TO `{friend.me['email']}`")
    grant(admin, "schema", f"main.{schema}", friend)
    assert shares(friend) == [
        (f"main.{schema}", f"/catalog/main/{schema}"),
        (f"main.{schema}.`odd name`", f"/catalog/main/{schema}/odd%20name"),
        ("Plans", f"/workspaces/{workspace}?folder={folder}"),
        ("Shared space", f"/workspaces/{workspace}"),
    ]
    assert all("document" not in item for item in friend.ok("GET", "inbox")["items"])


def test_letters() -> None:
    with Sink() as sink, Server(smtp_url=sink.url, inbox_letter_seconds="0") as server:
        admin = sign_in(server)
        ann, bob = person(admin, "ann"), person(admin, "bob")
        bob.ok("PUT", "me/preferences", json={"notifications": {"email": False}})
        document = admin.ok("POST", "documents", json={"title": "The plan"})["id"]
        grant(admin, "document", document, bob)
        grant(admin, "document", document, ann)
        letter = sink.wait(ann.me["email"])
        assert str(letter["Subject"]).endswith("shared “The plan” with you")
        assert link_of(letter) == f"{server.url}/documents/{document}"
        mention(admin, document, "for bob", bob.me["id"])
        mention(admin, document, "Look at www.example.com", ann.me["id"])
        letter = sink.wait(ann.me["email"], 2)
        assert str(letter["Subject"]).endswith("mentioned you in “The plan”")
        assert "Look at www.example.com" in text_of(letter)
        assert link_of(letter).startswith(f"{server.url}/documents/{document}?comment=")
        assert sink.to(bob.me["email"]) == []
