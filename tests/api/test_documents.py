"""Documents: who may do what, share links, trash, search, pages, templates, audit."""

from __future__ import annotations

import html
import uuid
from datetime import datetime, timedelta, timezone
from typing import Iterator

import pytest

from tests.conftest import sign_in
from tests.harness.client import Client, wait_until
from tests.harness.server import Server

PASSWORD = "a long password"
LEVELS = ("viewer", "commenter", "editor", "owner")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Passwords that are hashed quickly: each test has its own people."""
    with Server(bcrypt_cost="10") as running:
        yield running
        assert running.process.poll() is None, running.tail(60)


@pytest.fixture(scope="module")
def admin(server: Server) -> Client:
    return sign_in(server)


@pytest.fixture()
def people(server: Server, admin: Client) -> dict[str, Client]:
    """Fresh accounts: what one test grants does not reach another."""
    out = {"nobody": Client(server.url)}
    for name in ("ann", "bob", "cyd"):
        email = f"{name}-{uuid.uuid4().hex[:8]}@example.org"
        made = admin.ok("POST", "users", json={"email": email, "name": name, "password": PASSWORD})
        out[name] = Client(server.url).login(email, PASSWORD)
        out[name].email, out[name].id = email, made["id"]
    return out


def make(client: Client, title: str = "Plan", **more: str) -> str:
    return client.ok("POST", "documents", json={"title": title, **more})["id"]


def grant(owner: Client, document: str, whom: Client, role: str) -> None:
    path = f"permissions/document/{document}/{whom.email}"
    owner.ok("PUT", path, json={"role": role} if role else {})


def refused(client: Client, status: int, error: str, *request: str, **options) -> None:
    answer = client.request(*request, **options)
    assert (answer.status_code, answer.json().get("id")) == (status, error), answer.text


def titles(client: Client, **query) -> list[str]:
    return [one["title"] for one in client.ok("GET", "documents", params=query)["documents"]]


def link(owner: Client, document: str, **body) -> dict:
    return owner.ok("POST", f"documents/{document}/links", json={"level": "view", **body})


def content(client: Client, document: str, share: str = "", **query) -> str:
    headers = {"X-Share": share} if share else {}
    params = {"format": "text", **query}
    answer = client.get(f"documents/{document}/content", params=params, headers=headers)
    assert answer.ok, answer.text
    return answer.content.decode()


def write(client: Client, document: str, text: str, share: str = "") -> int:
    headers = {"X-Share": share} if share else {}
    body = {"delta": {"ops": [{"insert": text + "\n"}]}}
    return client.request(
        "PUT", f"documents/{document}/content", json=body, headers=headers
    ).status_code


# What each request is answered to whom: stranger, nobody, viewer, commenter, editor, owner.
REQUESTS = [
    ("GET", "", None, (404, 401, 200, 200, 200, 200)),
    ("GET", "/content", None, (404, 401, 200, 200, 200, 200)),
    ("PUT", "/content", {"delta": {"ops": []}}, (404, 401, 403, 403, 204, 204)),
    ("PATCH", "", {"title": "New"}, (404, 401, 403, 403, 200, 200)),
    ("PATCH", "", {"link_access": "off"}, (404, 401, 403, 403, 403, 200)),
    ("PATCH", "", {"starred": True}, (404, 401, 200, 200, 200, 200)),
    ("POST", "/duplicate", {}, (404, 401, 201, 201, 201, 201)),
    ("PUT", "/template", None, (404, 401, 403, 403, 204, 204)),
    ("GET", "/links", None, (404, 401, 403, 403, 403, 200)),
    ("POST", "/links", {"level": "view"}, (404, 401, 403, 403, 403, 201)),
    ("DELETE", "/links/none", None, (404, 401, 403, 403, 403, 404)),
    ("DELETE", "/forever", None, (404, 401, 403, 403, 403, 409)),
    ("POST", "/restore", None, (404, 401, 403, 403, 200, 200)),
    ("DELETE", "", None, (404, 401, 403, 403, 204, 204)),
]


def test_who_may_do_what(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    for method, path, body, expected in REQUESTS:
        document = make(ann)
        found = []
        for role in ("", None, *LEVELS):
            caller = people["nobody"] if role is None else bob
            if role:
                grant(ann, document, bob, role)
            answer = caller.request(method, f"documents/{document}{path}", json=body)
            found.append(answer.status_code)
            if method == "DELETE" and answer.ok:
                ann.ok("POST", f"documents/{document}/restore")
        assert tuple(found) == expected, (method, path, found)
    assert people["nobody"].get("documents").status_code == 401
    assert people["nobody"].get(f"documents/{uuid.uuid4()}").status_code == 401
    assert bob.get(f"documents/{uuid.uuid4()}").status_code == 404


def test_levels_are_told(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    document = make(ann)
    made = ann.ok("GET", f"documents/{document}")
    assert made["owner"] == {"id": ann.id, "name": "ann"} and made["access"] == "owner"
    assert (made["link_access"], made["workspace"], made["folder"]) == ("off", "", "")
    for role in LEVELS:
        grant(ann, document, bob, role)
        assert bob.ok("GET", f"documents/{document}")["access"] == role
        assert titles(bob, filter="shared") == ["Plan"]
    grant(ann, document, bob, "")
    refused(bob, 404, "documents.documentNotFound", "GET", f"documents/{document}")
    assert titles(bob) == []
    # Through a group, and to another owner.
    roles = {role["id"]: role for role in ann.ok("GET", "roles")["items"]}
    assert roles["commenter"]["privileges"] == ["read", "create"]
    ann.ok("PUT", f"owners/document/{document}", json={"principal": bob.email})
    assert bob.ok("GET", f"documents/{document}")["access"] == "owner"
    refused(ann, 404, "documents.documentNotFound", "GET", f"documents/{document}")


def test_the_address_alone(people: dict[str, Client]) -> None:
    ann, cyd, nobody = people["ann"], people["cyd"], people["nobody"]
    document = make(ann)
    path = f"documents/{document}"
    for level, access in (("view", "viewer"), ("comment", "commenter"), ("edit", "editor")):
        assert ann.ok("PATCH", path, json={"link_access": level})["link_access"] == level
        for guest in (cyd, nobody):
            assert guest.ok("GET", path)["access"] == access
            assert write(guest, document, level) == (204 if level == "edit" else 403)
    assert content(ann, document) == "edit\n"
    refused(nobody, 401, "documents.signIn", "PATCH", path, json={"starred": True})
    refused(nobody, 401, "documents.signIn", "POST", f"{path}/duplicate", json={})
    assert nobody.ok("PATCH", path, json={"title": "By a guest"})["title"] == "By a guest"
    # In nobody's lists, but of those who starred or opened it.
    assert titles(cyd) == [] and titles(cyd, filter="recent") == ["By a guest"]
    ann.ok("PATCH", path, json={"link_access": "off"})
    refused(nobody, 401, "documents.signIn", "GET", path)
    assert titles(cyd, filter="recent") == []


def test_links(people: dict[str, Client]) -> None:
    ann, bob, nobody = people["ann"], people["bob"], people["nobody"]
    document, other = make(ann), make(ann)
    made = link(ann, document, level="edit")
    assert len(made["token"]) == 43 and made["url"].endswith("/s/" + made["token"])
    assert made["has_password"] is False and made["created_by"]["id"] == ann.id
    opened = nobody.ok("POST", "shared-documents/open", json={"token": made["token"]})
    assert opened["access"] == opened["document"]["access"] == "editor"
    for share in (made["token"], opened["pass"]):
        assert write(nobody, document, "by link", share) == 204
        assert content(nobody, document, share) == "by link\n"
        # As a parameter of the address, too.
        assert nobody.get(f"documents/{document}", params={"share": share}).ok
        headers = {"X-Share": share}
        refused(nobody, 403, "documents.badLink", "GET", f"documents/{other}", headers=headers)
        # It is no sign-in.
        assert nobody.get("documents", headers=headers).status_code in (400, 401)
    listed = ann.ok("GET", f"documents/{document}/links")["links"]
    assert [one["token"] for one in listed] == [made["token"]] and "last_used_at" in listed[0]
    # A link lets in who is signed in, without making them more than it says.
    weak = link(ann, document, level="comment")
    seen = bob.ok("GET", f"documents/{document}", headers={"X-Share": weak["token"]})
    assert seen["access"] == "commenter"
    ann.ok("DELETE", f"documents/{document}/links/{made['id']}")
    headers = {"X-Share": made["token"]}
    refused(nobody, 403, "documents.badLink", "GET", f"documents/{document}", headers=headers)
    refused(
        nobody,
        404,
        "documents.linkNotFound",
        "POST",
        "shared-documents/open",
        json={"token": made["token"]},
    )
    # What does not hold takes nothing from its owner.
    assert ann.get(f"documents/{document}", headers=headers).ok


@pytest.mark.parametrize(
    "share", ["x", "p.", "p.AAAA", "A" * 43, "p." + "A" * 900, "é", "A" * 5000]
)
def test_forged_shares(people: dict[str, Client], share: str) -> None:
    document = make(people["ann"])
    path = f"documents/{document}"
    answer = people["nobody"].get(path, params={"share": share})
    assert answer.status_code in (401, 403), answer.text
    assert "Plan" not in answer.text


def test_links_that_expire(people: dict[str, Client]) -> None:
    ann, nobody = people["ann"], people["nobody"]
    document = make(ann)
    past = (datetime.now(timezone.utc) - timedelta(seconds=1)).isoformat()
    path = f"documents/{document}/links"
    refused(
        ann, 400, "documents.badExpiry", "POST", path, json={"level": "view", "expires_at": past}
    )
    soon = (datetime.now(timezone.utc) + timedelta(seconds=2)).isoformat()
    made = link(ann, document, expires_at=soon)
    headers = {"X-Share": made["token"]}
    assert nobody.get(f"documents/{document}", headers=headers).ok
    wait_until(
        lambda: nobody.get(f"documents/{document}", headers=headers).status_code == 403,
        what="the link's end",
    )
    body = {"token": made["token"]}
    refused(nobody, 404, "documents.linkNotFound", "POST", "shared-documents/open", json=body)


def test_links_with_a_password(people: dict[str, Client]) -> None:
    ann, nobody = people["ann"], people["nobody"]
    document = make(ann)
    path = f"documents/{document}"
    assert (
        ann.post(f"{path}/links", {"level": "view", "password": "short"}).json()["id"]
        == "request.invalid"
    )
    made = link(ann, document, password="open sesame")
    assert made["has_password"] is True and "open sesame" not in str(made)
    token = made["token"]
    headers = {"X-Share": token}
    refused(nobody, 403, "documents.passwordNeeded", "GET", path, headers=headers)

    def opening(**body: str) -> tuple[int, str]:
        answer = nobody.post("shared-documents/open", {"token": token, **body})
        return answer.status_code, answer.json().get("id", answer.json().get("pass", ""))

    assert opening() == (403, "documents.passwordNeeded")
    assert opening(password="open barley") == (403, "documents.wrongPassword")
    status, proof = opening(password="open sesame")
    assert status == 200 and proof != token
    assert nobody.get(path, headers={"X-Share": proof}).ok
    found = [opening(password=f"guess {n}") for n in range(20)]
    assert (429, "identity.throttled") in found
    # Nobody else's link is slowed down by that, and who is in stays in.
    again = link(ann, document, password="open sesame")["token"]
    assert nobody.post("shared-documents/open", {"token": again, "password": "open sesame"}).ok
    assert nobody.get(path, headers={"X-Share": proof}).ok
    ann.ok("DELETE", f"{path}/links/{made['id']}")
    refused(nobody, 403, "documents.badLink", "GET", path, headers={"X-Share": proof})


def test_trash(people: dict[str, Client]) -> None:
    ann, bob, nobody = people["ann"], people["bob"], people["nobody"]
    workspace = ann.ok("POST", "workspaces", json={"name": "Sales"})["id"]
    folder = ann.ok("POST", f"workspaces/{workspace}/folders", json={"name": "f"})["id"]
    document = make(ann, "Old", workspace=workspace, folder=folder)
    path = f"documents/{document}"
    grant(ann, document, bob, "viewer")
    share = link(ann, document)["token"]
    refused(ann, 409, "documents.notTrashed", "DELETE", f"{path}/forever")
    ann.ok("DELETE", path)
    assert titles(ann) == [] and titles(ann, filter="trash") == ["Old"]
    assert titles(bob) == titles(bob, filter="trash") == []
    items = ann.ok("GET", f"workspaces/{workspace}/items", params={"folder": folder})["items"]
    assert items == []
    assert "trashed_at" in ann.ok("GET", path)
    refused(bob, 404, "documents.trashed", "GET", path)
    refused(nobody, 404, "documents.trashed", "GET", path, headers={"X-Share": share})
    refused(ann, 404, "documents.trashed", "GET", f"{path}/content")
    restored = ann.ok("POST", f"{path}/restore")
    assert (restored["workspace"], restored["folder"]) == (workspace, folder)
    # The folder goes: what was in it can come back.
    ann.ok("DELETE", f"items/{folder}", params={"with_content": "true"})
    assert titles(ann, filter="trash") == ["Old"]
    assert ann.ok("POST", f"{path}/restore")["folder"] == ""
    ann.ok("DELETE", f"items/{document}")
    ann.ok("DELETE", f"{path}/forever")
    refused(ann, 404, "documents.documentNotFound", "GET", path)
    assert titles(ann, filter="trash") == []


def test_search(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    marker = f"ZÜRICH{uuid.uuid4().hex[:6]}"
    first, second = make(ann, f"Reise nach {marker}"), make(ann, "<b>Other</b>")
    assert write(ann, second, f"Wir fahren\nmorgen nach {marker}, 100% <script>") == 204
    needle = marker.lower()
    wait_until(lambda: len(titles(ann, text=needle)) == 2, what="the search to know the content")
    assert titles(ann, text=f"{needle} fahren") == ["<b>Other</b>"]
    hit = ann.ok("GET", "documents", params={"text": f"fahren {needle}"})["documents"][0]
    assert hit["snippet"] == f"Wir fahren morgen nach {marker}, 100% <script>"
    assert hit["words"] == 7 and hit["updated_by"]["id"] == ann.id
    assert titles(ann, text="100%") == ["<b>Other</b>"]
    assert titles(ann, text="10_%") == []
    assert titles(bob, text=needle) == []
    grant(ann, first, bob, "viewer")
    assert titles(bob, text=needle) == [f"Reise nach {marker}"]


def test_pages_and_order(people: dict[str, Client]) -> None:
    ann = people["ann"]
    for name in ("c", "A", "b", "E", "d"):
        make(ann, name)
    assert titles(ann, sort="title") == ["A", "b", "c", "d", "E"]
    assert titles(ann, sort="created") == ["d", "E", "b", "A", "c"]
    for sort in ("title", "created", "updated"):
        found: list[str] = []
        query = {"sort": sort, "limit": 2}
        while True:
            page = ann.ok("GET", "documents", params=query)
            found += [one["title"] for one in page["documents"]]
            if "next" not in page:
                break
            query["after"] = page["next"]
        assert found == titles(ann, sort=sort)
    refused(ann, 400, "documents.badCursor", "GET", "documents", params={"after": "x"})
    for query in ({"limit": 0}, {"limit": 201}, {"filter": "x"}, {"sort": "x"}, {"other": 1}):
        assert ann.get("documents", params=query).status_code == 400


def test_titles_are_only_text(people: dict[str, Client]) -> None:
    ann = people["ann"]
    evil = "<img src=x onerror=alert(1)>'\";--%"
    answer = ann.post("documents", {"title": evil})
    assert answer.json()["title"] == evil
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert titles(ann, text="onerror=alert") == [evil]
    assert html.escape(evil) != evil
    assert ann.post("documents", {"title": "a\nb"}).status_code == 400
    assert ann.post("documents", {"title": "x" * 201}).status_code == 400
    assert ann.post("documents", {"title": "  "}).json()["title"] == "Untitled"


def test_content(people: dict[str, Client]) -> None:
    ann = people["ann"]
    document = make(ann)
    path = f"documents/{document}/content"
    ops = [{"insert": "Title"}, {"insert": "\n", "attributes": {"header": 1}}]
    ann.ok("PUT", path, json={"delta": {"ops": ops}})
    assert ann.get(path).json() == {"ops": ops}
    ann.ok("PUT", path, json={"delta": [{"insert": "only\n"}]})
    answer = ann.get(path, params={"format": "text"})
    assert answer.content == b"only\n" and answer.headers["Content-Type"].startswith("text/plain")
    for bad in (None, 1, "x", {"ops": 1}, {"ops": [{"retain": 9}]}, [{"insert": 1}], [1]):
        assert ann.request("PUT", path, json={"delta": bad}).status_code == 400, bad
    assert content(ann, document) == "only\n"
    refused(ann, 400, "documents.badFormat", "GET", path, params={"format": "exe"})


def test_templates(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    built_in = ann.ok("GET", "documents/templates")["templates"]
    assert [one["id"] for one in built_in] == [
        "blank",
        "meeting-notes",
        "project-plan",
        "weekly-report",
        "decision-record",
    ]
    for one in built_in:
        made = ann.ok("POST", "documents", json={"template": one["id"]})
        assert made["title"] == ("Untitled" if one["id"] == "blank" else one["title"])
        assert (len(content(ann, made["id"])) > 50) == (one["id"] != "blank")
    own = make(ann, "House style")
    assert write(ann, own, "Our way") == 204
    ann.ok("PUT", f"documents/{own}/template")
    mine = ann.ok("GET", "documents/templates")["templates"][-1]
    assert (mine["id"], mine["title"], mine["built_in"]) == (own, "House style", False)
    assert content(ann, ann.ok("POST", "documents", json={"template": own})["id"]) == "Our way\n"
    assert len(bob.ok("GET", "documents/templates")["templates"]) == len(built_in)
    refused(bob, 404, "documents.documentNotFound", "POST", "documents", json={"template": own})
    refused(ann, 404, "documents.documentNotFound", "POST", "documents", json={"template": "x"})
    ann.ok("DELETE", f"documents/{own}/template")
    assert len(ann.ok("GET", "documents/templates")["templates"]) == len(built_in)


def test_places(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    workspace = ann.ok("POST", "workspaces", json={"name": "Sales"})["id"]
    refused(
        bob, 404, "workspaces.workspaceNotFound", "POST", "documents", json={"workspace": workspace}
    )
    document = make(ann)
    assert titles(bob) == []
    members = f"workspaces/{workspace}/members/{bob.email}"
    ann.ok("PUT", members, json={"role": "commenter"})
    ann.ok("PATCH", f"items/{document}", json={"place": {"workspace": workspace}})
    assert bob.ok("GET", f"documents/{document}")["access"] == "commenter"
    assert titles(bob, workspace=workspace) == ["Plan"]
    ann.ok("PATCH", f"workspaces/{workspace}", json={"archived": True})
    refused(ann, 409, "workspaces.archived", "PATCH", f"documents/{document}", json={"title": "x"})
    ann.ok("PATCH", f"documents/{document}", json={"starred": True})


def test_limited_keys(people: dict[str, Client], server: Server) -> None:
    ann = people["ann"]
    document = make(ann)

    def key(*scopes: str) -> Client:
        made = ann.ok("POST", "keys", json={"name": "k", "scopes": list(scopes)})
        return Client(server.url, made["key"])

    assert key("documents:read").get(f"documents/{document}").ok
    refused(key("documents:read"), 403, "identity.scope", "DELETE", f"documents/{document}")
    refused(key("sql:write"), 403, "identity.scope", "GET", f"documents/{document}")
    key("documents:write").ok("DELETE", f"documents/{document}")


def test_what_is_audited(people: dict[str, Client], admin: Client) -> None:
    ann, nobody = people["ann"], people["nobody"]
    document = make(ann)
    path = f"documents/{document}"
    token = link(ann, document, password="open sesame")["token"]
    nobody.ok("POST", "shared-documents/open", json={"token": token, "password": "open sesame"})
    ann.ok("PATCH", path, json={"link_access": "view"})
    ann.ok("DELETE", path)
    ann.ok("DELETE", f"{path}/forever")
    wanted = {
        "document.create",
        "document.createLink",
        "document.openLink",
        "document.share",
        "document.trash",
        "document.remove",
    }
    query = {"object": document, "limit": 100}
    wait_until(
        lambda: wanted <= {e["action"] for e in admin.ok("GET", "audit", params=query)["items"]},
        what="the entries",
    )
    entries = str(admin.ok("GET", "audit", params=query))
    assert token not in entries and "open sesame" not in entries
