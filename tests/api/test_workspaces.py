"""Workspaces: members and their roles, folders, shared objects, catalogs, invitations, requests."""

from __future__ import annotations

import time
import uuid
from typing import Callable

import pytest

from tests.harness.client import Client
from tests.harness.server import Server


@pytest.fixture()
def people(server: Server, admin: Client) -> dict[str, Client]:
    """Fresh accounts: what one test grants does not reach another."""
    out = {"admin": admin}
    for name in ("ann", "bob", "cyd"):
        email = f"{name}-{uuid.uuid4().hex[:8]}@example.org"
        admin.ok(
            "POST", "users", json={"email": email, "name": name, "password": "a long password"}
        )
        out[name] = Client(server.url).login(email, "a long password")
        out[name].email = email
    return out


def make(client: Client, name: str = "Sales") -> str:
    return client.ok("POST", "workspaces", json={"name": name, "text": "What we sell"})["id"]


def member(owner: Client, workspace: str, who: Client, role: str) -> None:
    owner.ok("PUT", f"workspaces/{workspace}/members/{who.email}", json={"role": role})


def refused(client: Client, status: int, error: str, *request: object, **options: object) -> None:
    answer = client.request(*request, **options)
    assert (answer.status_code, answer.json().get("id")) == (status, error), answer.text


def eventually(look: Callable[[], list]) -> list:
    """What is done after the answer."""
    for _ in range(100):
        if found := look():
            return found
        time.sleep(0.1)
    return []


def test_life_of_a_workspace(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    made = ann.ok("POST", "workspaces", json={"name": "Sales"})
    path = f"workspaces/{made['id']}"
    assert made["own"] == ["browse", "read", "write", "create", "manage"]
    assert [w["id"] for w in ann.ok("GET", "workspaces")["items"]] == [made["id"]]
    assert bob.ok("GET", "workspaces")["items"] == []
    for method, body in (("GET", None), ("PATCH", {"name": "Mine"}), ("DELETE", None)):
        refused(bob, 404, "workspaces.workspaceNotFound", method, path, json=body)
    assert ann.ok("PATCH", path, json={"name": "Deals"})["name"] == "Deals"
    refused(ann, 409, "workspaces.notArchived", "DELETE", path)
    assert ann.ok("PATCH", path, json={"archived": True})["archived_at"]
    assert ann.ok("GET", "workspaces")["items"] == []
    assert len(ann.ok("GET", "workspaces?archived=true")["items"]) == 1
    refused(ann, 409, "workspaces.archived", "POST", f"{path}/folders", json={"name": "f"})
    ann.ok("DELETE", path)
    refused(ann, 404, "workspaces.workspaceNotFound", "GET", path)


def test_roles_hold_on_all_within(people: dict[str, Client]) -> None:
    ann, bob, cyd = people["ann"], people["bob"], people["cyd"]
    workspace = make(ann)
    folder = ann.ok("POST", f"workspaces/{workspace}/folders", json={"name": "Reports"})["id"]
    place = {"workspace": workspace, "folder": folder}
    query = ann.ok("POST", "saved-queries", json={"name": "daily", "sql": "SELECT 1", **place})[
        "id"
    ]
    refused(bob, 404, "query.savedNotFound", "GET", f"saved-queries/{query}")

    member(ann, workspace, bob, "viewer")
    assert bob.ok("GET", f"saved-queries/{query}")["sql"] == "SELECT 1"
    assert query in [q["id"] for q in bob.ok("GET", "saved-queries")["items"]]
    change = {"name": "daily", "sql": "SELECT 2"}
    refused(bob, 403, "identity.forbidden", "PUT", f"saved-queries/{query}", json=change)
    refused(bob, 403, "identity.forbidden", "DELETE", f"items/{query}")
    refused(
        bob,
        403,
        "identity.forbidden",
        "POST",
        f"workspaces/{workspace}/folders",
        json={"name": "x"},
    )
    refused(bob, 403, "identity.forbidden", "PUT", f"workspaces/{workspace}/members/{cyd.email}",
            json={"role": "viewer"})  # fmt: skip

    member(ann, workspace, bob, "editor")
    assert bob.ok("PUT", f"saved-queries/{query}", json=change)["sql"] == "SELECT 2"
    mine = bob.ok("POST", "saved-queries", json={"name": "b", "sql": "SELECT 3", **place})["id"]
    names = {
        m["name"]: m["role"] for m in bob.ok("GET", f"workspaces/{workspace}/members")["items"]
    }
    assert names == {"ann": "owner", "bob": "editor"}

    # One object or one folder may be shared with somebody who is no member.
    ann.ok("PUT", f"permissions/folder/{folder}/{cyd.email}", json={"role": "viewer"})
    assert [i["id"] for i in cyd.ok("GET", "me/shared")["items"]] == [folder]
    inside = cyd.ok("GET", f"workspaces/{workspace}/items?folder={folder}")["items"]
    assert {i["id"] for i in inside} == {query, mine}
    assert cyd.ok("GET", f"saved-queries/{mine}")["sql"] == "SELECT 3"
    refused(cyd, 404, "workspaces.workspaceNotFound", "GET", f"workspaces/{workspace}/items")
    why = cyd.ok("GET", f"permissions/saved_query/{mine}/{cyd.email}/explain?privilege=read")
    assert why["allowed"] and why["reasons"][0]["object"]["id"] == folder

    # Who leaves sees nothing any more.
    refused(ann, 409, "workspaces.isOwner", "DELETE", f"workspaces/{workspace}/members/{ann.email}")
    bob.ok("DELETE", f"workspaces/{workspace}/members/{bob.email}")
    refused(bob, 404, "query.savedNotFound", "GET", f"saved-queries/{query}")
    assert bob.ok("GET", f"saved-queries/{mine}")["sql"] == "SELECT 3"  # it is bob's own


def test_private_until_placed(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    workspace = make(ann)
    member(ann, workspace, bob, "editor")
    query = bob.ok("POST", "saved-queries", json={"name": "mine", "sql": "SELECT 1"})["id"]
    refused(ann, 404, "query.savedNotFound", "GET", f"saved-queries/{query}")
    bob.ok("PATCH", f"items/{query}", json={"place": {"workspace": workspace}})
    assert ann.ok("GET", f"saved-queries/{query}")["workspace"] == workspace
    other = make(bob, "Bob's")
    refused(ann, 404, "workspaces.workspaceNotFound", "PATCH", f"items/{query}",
            json={"place": {"workspace": other}})  # fmt: skip
    bob.ok("PATCH", f"items/{query}", json={"place": {}, "name": "still mine"})
    refused(ann, 404, "workspaces.itemNotFound", "GET", f"items/{query}")
    assert bob.ok("GET", f"saved-queries/{query}")["name"] == "still mine"


def test_who_is_in_no_workspace_sees_nobodys_private_queries(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    query = ann.ok("POST", "saved-queries", json={"name": "mine", "sql": "SELECT 'secret'"})["id"]
    assert bob.ok("GET", "saved-queries")["items"] == []
    assert [q["id"] for q in ann.ok("GET", "saved-queries")["items"]] == [query]


def test_paging_and_search(people: dict[str, Client]) -> None:
    ann = people["ann"]
    workspace = make(ann)
    names = [f"Folder {i:03}" for i in range(25)]
    for name in reversed(names):
        ann.ok("POST", f"workspaces/{workspace}/folders", json={"name": name})
    query = {"name": "a query 100%", "sql": "SELECT 1", "workspace": workspace}
    ann.ok("POST", "saved-queries", json=query)
    found, after = [], ""
    while True:
        page = ann.ok("GET", f"workspaces/{workspace}/items?limit=10&after={after}")
        found += [item["name"] for item in page["items"]]
        after = page.get("next")
        if not after:
            break
    assert found == [*names, "a query 100%"]
    hits = ann.ok("GET", f"workspaces/{workspace}/items?search=100%25")["items"]
    assert [item["name"] for item in hits] == ["a query 100%"]
    only = ann.ok("GET", f"workspaces/{workspace}/items?type=saved_query")["items"]
    assert len(only) == 1
    refused(ann, 400, "workspaces.badType", "GET", f"workspaces/{workspace}/items?type=nonsense")


def test_a_catalog_belongs_to_a_workspace(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    workspace = make(ann)
    name = f"c_{uuid.uuid4().hex[:8]}"
    refused(ann, 403, "catalog.forbidden", "POST", "catalogs", json={"name": name})
    made = ann.ok("POST", "catalogs", json={"name": name, "workspace": workspace})
    assert made["workspace"] == workspace
    ann.sql(f"CREATE TABLE {name}.default.t AS SELECT 1 AS a")
    refused(
        bob,
        404,
        "catalog.tableNotFound",
        "POST",
        "query",
        json={"sql": f"SELECT * FROM {name}.default.t"},
    )
    member(ann, workspace, bob, "viewer")
    assert bob.sql(f"SELECT a FROM {name}.default.t") == [[1]]
    refused(
        bob,
        403,
        "catalog.forbidden",
        "POST",
        "query",
        json={"sql": f"INSERT INTO {name}.default.t VALUES (2)"},
    )
    why = bob.ok("GET", f"permissions/table/{name}.default.t/{bob.email}/explain?privilege=read")
    assert why["reasons"][0]["object"] == {"type": "workspace", "id": workspace, "name": "Sales"}
    inherited = ann.ok("GET", f"permissions/table/{name}.default.t")["grants"]
    assert [g["inherited_from"]["type"] for g in inherited] == ["workspace"]

    member(ann, workspace, bob, "editor")
    bob.sql(f"INSERT INTO {name}.default.t VALUES (2)")
    ann.ok("PATCH", f"workspaces/{workspace}", json={"archived": True})
    refused(ann, 409, "workspaces.hasCatalogs", "DELETE", f"workspaces/{workspace}")
    for who in (bob, ann, people["admin"]):
        refused(
            who,
            409,
            "workspaces.archived",
            "POST",
            "query",
            json={"sql": f"INSERT INTO {name}.default.t VALUES (3)"},
        )
        assert who.sql(f"SELECT sum(a) FROM {name}.default.t") == [[3]]
    ann.ok("PATCH", f"workspaces/{workspace}", json={"archived": False})
    other = make(bob, "Bob's")
    refused(bob, 403, "catalog.forbidden", "PATCH", f"catalogs/{name}", json={"workspace": other})
    ann.sql(f"DROP CATALOG {name} CASCADE")


def test_ownership_goes_to_somebody_else(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    workspace = make(ann)
    member(ann, workspace, bob, "viewer")
    refused(
        bob,
        403,
        "identity.forbidden",
        "PUT",
        f"owners/workspace/{workspace}",
        json={"principal": bob.email},
    )
    refused(
        ann,
        400,
        "identity.badOwner",
        "PUT",
        f"owners/workspace/{workspace}",
        json={"principal": "everyone"},
    )
    ann.ok("PUT", f"owners/workspace/{workspace}", json={"principal": bob.email})
    refused(ann, 404, "workspaces.workspaceNotFound", "GET", f"workspaces/{workspace}")
    assert bob.ok("GET", f"workspaces/{workspace}")["owner"] == bob.email
    name = f"c_{uuid.uuid4().hex[:8]}"
    bob.ok("POST", "catalogs", json={"name": name, "workspace": workspace})
    bob.sql(f"CREATE TABLE {name}.default.t AS SELECT 1 AS a")
    for type_, object_ in (
        ("table", f"{name}.default.t"),
        ("schema", f"{name}.default"),
        ("catalog", name),
    ):
        bob.ok("PUT", f"owners/{type_}/{object_}", json={"principal": ann.email})
    assert ann.sql(f"SELECT * FROM {name}.default.t") == [[1]]
    ann.sql(f"DROP CATALOG {name} CASCADE")
    refused(
        people["admin"],
        409,
        "identity.fixedOwner",
        "PUT",
        "owners/server/server",
        json={"principal": bob.email},
    )


def test_invitation_by_email(people: dict[str, Client]) -> None:
    ann, bob, cyd = people["ann"], people["bob"], people["cyd"]
    workspace = make(ann)
    path = f"workspaces/{workspace}/invitations"
    made = ann.ok("POST", path, json={"email": bob.email.upper(), "role": "editor"})
    assert made["email"] == bob.email.upper()
    refused(ann, 400, "workspaces.badEmail", "POST", path, json={"email": "no address"})
    refused(
        ann, 404, "identity.roleNotFound", "POST", path, json={"email": bob.email, "role": "king"}
    )
    assert [i["workspace_name"] for i in bob.ok("GET", "me/invitations")["items"]] == ["Sales"]
    refused(
        cyd,
        404,
        "workspaces.invitationNotFound",
        "POST",
        f"me/invitations/{made['id']}",
        json={"accept": True},
    )
    bob.ok("POST", f"me/invitations/{made['id']}", json={"accept": True})
    assert bob.ok("GET", f"workspaces/{workspace}")["own"] == ["browse", "read", "write", "create"]
    again = ann.ok("POST", path, json={"email": cyd.email})
    refused(
        bob, 404, "workspaces.invitationNotFound", "DELETE", f"workspace-invitations/{again['id']}"
    )
    cyd.ok("POST", f"me/invitations/{again['id']}", json={"accept": False})
    assert ann.ok("GET", path)["items"] == []
    assert cyd.ok("GET", "workspaces")["items"] == []


def test_invitations_end_with_the_rights_of_who_invited(people: dict[str, Client]) -> None:
    ann, bob, cyd = people["ann"], people["bob"], people["cyd"]
    workspace = make(ann)
    member(ann, workspace, bob, "admin")
    made = bob.ok("POST", f"workspaces/{workspace}/invitations", json={"email": cyd.email})
    assert len(cyd.ok("GET", "me/invitations")["items"]) == 1
    ann.ok("DELETE", f"workspaces/{workspace}/members/{bob.email}")
    assert cyd.ok("GET", "me/invitations")["items"] == []
    refused(cyd, 404, "workspaces.invitationNotFound", "POST", f"me/invitations/{made['id']}",
            json={"accept": True})  # fmt: skip
    assert cyd.ok("GET", "workspaces")["items"] == []


def test_invitations_do_not_fill_a_mailbox(people: dict[str, Client]) -> None:
    email = f"victim-{uuid.uuid4().hex[:8]}@example.org"
    statuses = []
    for who in (people["ann"], people["bob"]):
        path = f"workspaces/{make(who)}/invitations"
        statuses += [who.post(path, {"email": email}).status_code for _ in range(4)]
    assert statuses == [201] * 5 + [429] * 3


def test_who_may_only_browse_does_not_read_queries(people: dict[str, Client]) -> None:
    ann, bob, cyd = people["ann"], people["bob"], people["cyd"]
    workspace = make(ann)
    place = {"workspace": workspace}
    query = ann.ok("POST", "saved-queries", json={"name": "q", "sql": "SELECT 'secret'", **place})
    alone = ann.ok("POST", "saved-queries", json={"name": "r", "sql": "SELECT 'secret'"})
    ann.ok("PUT", f"permissions/workspace/{workspace}/{bob.email}", json={"privileges": ["browse"]})
    ann.ok(
        "PUT",
        f"permissions/saved_query/{alone['id']}/{bob.email}",
        json={"privileges": ["browse"]},
    )
    for one in (query, alone):
        refused(bob, 403, "identity.forbidden", "GET", f"saved-queries/{one['id']}")
    assert bob.ok("GET", "saved-queries")["items"] == []
    ann.ok("PUT", f"permissions/saved_query/{alone['id']}/{cyd.email}", json={"role": "viewer"})
    assert [q["id"] for q in cyd.ok("GET", "saved-queries")["items"]] == [alone["id"]]


def test_request_for_access(people: dict[str, Client]) -> None:
    ann, bob, cyd = people["ann"], people["bob"], people["cyd"]
    workspace = make(ann)
    missing = str(uuid.uuid4())
    for object_ in (workspace, missing):  # answered alike
        answer = bob.post(
            "access-requests", {"type": "workspace", "object": object_, "message": "Please"}
        )
        assert (answer.status_code, answer.text) == (202, "{}")
    bob.post("access-requests", {"type": "workspace", "object": workspace})  # it is open already
    [seen] = eventually(lambda: ann.ok("GET", "access-requests")["items"])
    assert (seen["requester"], seen["message"], seen["role"], seen["own"]) == (
        bob.email,
        "Please",
        "viewer",
        False,
    )
    # Nor do the own requests tell which of them there is.
    eventually(lambda: bob.ok("GET", "access-requests")["items"][1:])
    own = {r["object"]: r["state"] for r in bob.ok("GET", "access-requests")["items"]}
    assert own == {workspace: "open", missing: "open"}
    assert cyd.ok("GET", "access-requests")["items"] == []
    for who in (bob, cyd):
        refused(
            who,
            404,
            "workspaces.requestNotFound",
            "POST",
            f"access-requests/{seen['id']}",
            json={"grant": True},
        )
    ann.ok("POST", f"access-requests/{seen['id']}", json={"grant": True, "role": "editor"})
    assert "create" in bob.ok("GET", f"workspaces/{workspace}")["own"]
    states = {r["object"]: r["state"] for r in bob.ok("GET", "access-requests?all=true")["items"]}
    assert states == {workspace: "granted", missing: "open"}
    refused(
        ann,
        404,
        "workspaces.requestNotFound",
        "POST",
        f"access-requests/{seen['id']}",
        json={"grant": False},
    )


def test_preferences(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    first = ann.ok("GET", "me/preferences")
    assert first["theme"] == "system" and first["editor"]["font_size"] == 13
    wanted = {**first, "theme": "dark", "time_zone": "Europe/Berlin"}
    assert ann.ok("PUT", "me/preferences", json=wanted) == wanted
    assert ann.ok("GET", "me/preferences") == wanted
    assert bob.ok("GET", "me/preferences") == first
    assert ann.request("PUT", "me/preferences", json={"theme": "pink"}).status_code == 400
    workspace = make(ann)
    ann.ok("PUT", f"workspaces/{workspace}/preferences", json={"catalog": "main"})
    assert ann.ok("GET", f"workspaces/{workspace}/preferences") == {"catalog": "main", "schema": ""}
    refused(bob, 404, "workspaces.workspaceNotFound", "GET", f"workspaces/{workspace}/preferences")
