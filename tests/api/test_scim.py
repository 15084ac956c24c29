"""SCIM 2.0: requests as Okta and Entra send them, and what strangers and mistakes get."""

from __future__ import annotations

import uuid
from typing import Any, Iterator

import pytest

from tests.conftest import sign_in
from tests.harness.client import Client
from tests.harness.server import ADMIN_EMAIL, Server

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
PASSWORD = "a-good-password-2"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Client:
    return sign_in(server)


class Scim(Client):
    """As a provider calls: its own media type, and answers that have to be of it."""

    def call(self, method: str, path: str, status: int, body: Any = None, **options: Any) -> Any:
        if body is not None:
            options |= {"json": body}
            options["headers"] = {"Content-Type": "application/scim+json; charset=utf-8"}
        answer = self.request(method, f"/scim/v2/{path}", **options)
        assert answer.status_code == status, answer.text
        if status == 204:
            assert not answer.content
            return None
        assert answer.headers["Content-Type"] == "application/scim+json"
        found = answer.json()
        if status >= 400:
            assert found["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
            assert found["status"] == str(status) and found["detail"]
        if status == 201:
            assert answer.headers["Location"] == found["meta"]["location"]
        return found

    def patch(self, path: str, *operations: dict, status: int = 200) -> Any:
        return self.call("PATCH", path, status, {"schemas": [PATCH], "Operations": operations})


def add_provider(admin: Client, **settings: Any) -> dict:
    body = {
        "slug": "p" + uuid.uuid4().hex[:10],
        "name": "P",
        "kind": "oidc",
        "settings": {"issuer": "https://idp.example", "client_id": "c", **settings},
    }
    return admin.ok("POST", "sso/providers", json=body)


def scim_of(admin: Client, provider: dict) -> Scim:
    made = admin.ok("POST", f"sso/providers/{provider['id']}/scim-token")
    assert made["base_url"] == f"{admin.url}/scim/v2"
    return Scim(admin.url, made["token"])


@pytest.fixture(scope="module")
def scim(admin: Client) -> Scim:
    return scim_of(admin, add_provider(admin))


def email() -> str:
    return f"{uuid.uuid4().hex[:10]}@corp.example"


def okta_user(address: str, **more: Any) -> dict:
    return {
        "schemas": [USER],
        "userName": address,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"primary": True, "value": address, "type": "work"}],
        "displayName": "Ada Lovelace",
        "locale": "en-US",
        "externalId": "00u" + uuid.uuid4().hex[:8],
        "groups": [],
        "password": "they-send-one-perhaps",
        "active": True,
        **more,
    }


def account(admin: Client, id: str) -> dict:
    users = admin.ok("GET", "users", params={"limit": 1000})["items"]
    return next(user for user in users if user["id"] == id)


def test_what_the_server_can_do(scim: Scim) -> None:
    config = scim.call("GET", "ServiceProviderConfig", 200)
    assert config["patch"]["supported"] and config["filter"]["supported"]
    assert not config["bulk"]["supported"]
    assert isinstance(config["authenticationSchemes"], list)
    types = scim.call("GET", "ResourceTypes", 200)["Resources"]
    assert [one["id"] for one in types] == ["User", "Group"]
    assert types[0]["schemaExtensions"] == [{"schema": ENTERPRISE, "required": False}]
    schemas = scim.call("GET", "Schemas", 200)["Resources"]
    assert [one["id"] for one in schemas] == [USER, ENTERPRISE, GROUP]
    assert all(one["schemas"] and one["attributes"] for one in schemas)


def test_as_okta_does_it(server: Server, admin: Client, scim: Scim) -> None:
    address = email()
    question = {"filter": f'userName eq "{address}"', "startIndex": "1", "count": "100"}
    found = scim.call("GET", "Users", 200, params=question)
    assert (found["totalResults"], found["Resources"]) == (0, [])
    made = scim.call("POST", "Users", 201, okta_user(address))
    assert made["active"] and made["userName"] == address and made["schemas"] == [USER]
    assert "password" not in made and "groups" not in made
    assert account(admin, made["id"])["name"] == "Ada Lovelace"
    found = scim.call("GET", "Users", 200, params={"filter": f'userName eq "{address.upper()}"'})
    assert found["Resources"] == [made] and found["itemsPerPage"] == 1
    refused = scim.call("POST", "Users", 409, okta_user(address))
    assert refused["scimType"] == "uniqueness"
    # It updates by PUT, and deactivates by a PATCH without a path.
    changed = scim.call(
        "PUT", f"Users/{made['id']}", 200, okta_user(address, displayName="A. King")
    )
    assert changed["displayName"] == "A. King"
    assert changed["meta"]["created"] == made["meta"]["created"]
    assert account(admin, made["id"])["name"] == "A. King"
    off = scim.patch(f"Users/{made['id']}", {"op": "replace", "value": {"active": False}})
    assert off["active"] is False and account(admin, made["id"])["disabled"]
    on = scim.patch(f"Users/{made['id']}", {"op": "replace", "value": {"active": True}})
    assert on["active"] is True and not account(admin, made["id"])["disabled"]


def test_deactivation_ends_sessions_and_keys_at_once(
    server: Server, admin: Client, scim: Scim
) -> None:
    address = email()
    admin.ok("POST", "users", json={"email": address, "name": "A", "password": PASSWORD})
    taken_up = scim.call("POST", "Users", 201, okta_user(address))
    person = Client(server.url).login(address, PASSWORD)
    assert person.ok("GET", "auth/me")["id"] == taken_up["id"]
    key = Client(server.url, person.ok("POST", "keys", json={"name": "k"})["key"])
    key.ok("GET", "auth/me")
    scim.patch(f"Users/{taken_up['id']}", {"op": "Replace", "path": "active", "value": "False"})
    assert person.get("auth/me").status_code == 401
    assert key.get("auth/me").status_code == 401
    refresh = Client(server.url).post("auth/refresh", {"refresh_token": person.refresh_token})
    assert refresh.status_code == 401
    again = Client(server.url).post("auth/login", {"email": address, "password": PASSWORD})
    assert again.json()["id"] == "identity.disabled"


def test_as_entra_does_it(admin: Client, scim: Scim) -> None:
    address = email()
    user = {
        "schemas": [USER, ENTERPRISE],
        "externalId": uuid.uuid4().hex,
        "userName": address,
        "active": True,
        "displayName": "Grace Hopper",
        "emails": [{"primary": True, "type": "work", "value": address}],
        "meta": {"resourceType": "User"},
        "name": {"formatted": "G H", "familyName": "Hopper", "givenName": "Grace"},
        ENTERPRISE: {"department": "Compilers"},
    }
    made = scim.call("POST", "Users", 201, user)
    assert made["schemas"] == [USER, ENTERPRISE]
    one = f"Users/{made['id']}"
    changed = scim.patch(
        one,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "new." + address},
        {"op": "Add", "path": "name.familyName", "value": "H."},
        {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Navy"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"},
    )
    assert changed["emails"] == [{"primary": True, "type": "work", "value": "new." + address}]
    assert changed["name"]["familyName"] == "H." and changed[ENTERPRISE] == {"department": "Navy"}
    assert changed["phoneNumbers"] == [{"type": "mobile", "value": "1"}]
    assert account(admin, made["id"])["email"] == "new." + address
    removed = scim.patch(one, {"op": "Remove", "path": "phoneNumbers"})
    assert "phoneNumbers" not in removed
    found = scim.call(
        "GET", "Users", 200, params={"filter": f'externalId eq "{user["externalId"]}"'}
    )
    assert [one["id"] for one in found["Resources"]] == [made["id"]]
    # Groups: made empty, then filled, and asked for without their members.
    group = scim.call(
        "POST",
        "Groups",
        201,
        {"schemas": [GROUP], "displayName": f"G {made['id']}", "externalId": "g1", "members": []},
    )
    scim.patch(
        f"Groups/{group['id']}",
        {"op": "Add", "path": "members", "value": [{"value": made["id"]}]},
    )
    question = {"filter": f'displayName eq "G {made["id"]}"', "excludedAttributes": "members"}
    found = scim.call("GET", "Groups", 200, params=question)["Resources"]
    assert [one["id"] for one in found] == [group["id"]] and "members" not in found[0]
    question = {"filter": f'id eq "{group["id"]}" and members eq "{made["id"]}"'}
    assert scim.call("GET", "Groups", 200, params=question)["totalResults"] == 1
    members = admin.ok("GET", f"groups/{group['id']}/members")["items"]
    assert [one["id"] for one in members] == [made["id"]]
    scim.patch(
        f"Groups/{group['id']}",
        {"op": "Remove", "path": "members", "value": [{"value": made["id"]}]},
    )
    assert admin.ok("GET", f"groups/{group['id']}/members")["items"] == []


def test_groups_change_and_keep_who_is_not_of_the_provider(admin: Client, scim: Scim) -> None:
    people = [scim.call("POST", "Users", 201, okta_user(email()))["id"] for _ in range(3)]
    name = f"G {uuid.uuid4().hex[:8]}"
    group = scim.call(
        "POST", "Groups", 201, {"displayName": name, "members": [{"value": people[0]}]}
    )
    one = f"Groups/{group['id']}"
    assert [member["value"] for member in group["members"]] == people[:1]
    stranger = admin.ok("GET", "auth/me")["id"]
    admin.ok("PUT", f"groups/{group['id']}/members/{stranger}")
    wanted = [{"value": id} for id in people[1:]]
    changed = scim.call("PUT", one, 200, {"displayName": name + "x", "members": wanted})
    assert {member["value"] for member in changed["members"]} == set(people[1:])
    found = {one["id"] for one in admin.ok("GET", f"groups/{group['id']}/members")["items"]}
    assert found == {stranger, *people[1:]}
    scim.patch(one, {"op": "remove", "path": f'members[value eq "{people[1]}"]'})
    renamed = scim.patch(one, {"op": "replace", "value": {"id": group["id"], "displayName": name}})
    assert renamed["displayName"] == name
    assert [member["value"] for member in renamed["members"]] == people[2:]
    for members in ([{"value": "nobody"}], [{"value": stranger}], [{}], "x"):
        body = {"displayName": name, "members": members}
        assert scim.call("PUT", one, 400, body)["scimType"] == "invalidValue"
    taken = scim.call("POST", "Groups", 409, {"displayName": name.upper()})
    assert taken["scimType"] == "uniqueness"
    assert scim.call("POST", "Groups", 400, {"displayName": ""})["scimType"] == "invalidValue"
    scim.call("DELETE", one, 204)
    scim.call("GET", one, 404)
    assert admin.get(f"groups/{group['id']}").status_code == 404


def test_lists_have_pages_and_attributes(admin: Client) -> None:
    scim = scim_of(admin, add_provider(admin))
    made = [scim.call("POST", "Users", 201, okta_user(email()))["id"] for _ in range(5)]
    seen = []
    for start in (1, 3, 5, 7):
        page = scim.call("GET", "Users", 200, params={"startIndex": start, "count": 2})
        assert page["totalResults"] == 5 and page["startIndex"] == start
        seen += [one["id"] for one in page["Resources"]]
    assert sorted(seen) == sorted(made)
    params = {"filter": 'userName co "CORP" and active eq true', "startIndex": 2, "count": 3}
    page = scim.call("GET", "Users", 200, params=params)
    assert page["totalResults"] == 5 and page["itemsPerPage"] == 3
    page = scim.call("GET", "Users", 200, params={"count": 0})
    assert (page["totalResults"], page["Resources"]) == (5, [])
    page = scim.call("GET", "Users", 200, params={"attributes": "userName", "count": 1})
    assert set(page["Resources"][0]) == {"schemas", "id", "userName"}
    one = scim.call("GET", f"Users/{made[0]}", 200, params={"excludedAttributes": "name,emails"})
    assert "name" not in one and "emails" not in one and "userName" in one
    for params in ({"startIndex": "x"}, {"filter": "userName is 1"}, {"filter": "("}):
        scim.call("GET", "Users", 400, params=params)


def test_a_user_who_is_given_up_keeps_the_account_disabled(admin: Client, scim: Scim) -> None:
    address = email()
    made = scim.call("POST", "Users", 201, okta_user(address))
    scim.call("DELETE", f"Users/{made['id']}", 204)
    for method in ("GET", "DELETE"):
        scim.call(method, f"Users/{made['id']}", 404)
    scim.call("PUT", f"Users/{made['id']}", 404, okta_user(address))
    assert account(admin, made["id"])["disabled"]
    again = scim.call("POST", "Users", 201, okta_user(address))
    assert again["id"] == made["id"] and not account(admin, made["id"])["disabled"]


def test_wrong_resources_are_refused(scim: Scim) -> None:
    address = email()
    for body in (
        {},
        {"userName": ""},
        {"userName": 7},
        {"userName": "no-address"},
        okta_user(address, active="perhaps"),
        okta_user(address, userName="x" * 300),
        okta_user(address, title="x" * 40_000),
    ):
        assert scim.call("POST", "Users", 400, body)["scimType"] == "invalidValue", body
    broken = scim.request(
        "POST",
        "/scim/v2/Users",
        data="{",
        headers={"Content-Type": "application/scim+json"},
    )
    assert broken.status_code == 400 and broken.json()["scimType"] == "invalidSyntax"
    made = scim.call("POST", "Users", 201, okta_user(address))
    one = f"Users/{made['id']}"
    refused = scim.patch(one, {"op": "remove", "path": "userName"}, status=400)
    assert refused["scimType"] == "invalidValue"
    scim.patch(one, {"op": "explode"}, status=400)
    assert scim.call("GET", one, 200) == made


def test_a_provider_sees_its_own_only(server: Server, admin: Client, scim: Scim) -> None:
    other = scim_of(admin, add_provider(admin, link_accounts=False))
    address = email()
    mine = scim.call("POST", "Users", 201, okta_user(address))
    group = scim.call("POST", "Groups", 201, {"displayName": mine["id"]})
    for path in (f"Users/{mine['id']}", f"Groups/{group['id']}"):
        other.call("GET", path, 404)
        other.call("DELETE", path, 404)
        other.patch(path, {"op": "replace", "value": {"displayName": "x"}}, status=404)
    other.call("GET", f"Users/{account_id(admin, ADMIN_EMAIL)}", 404)
    assert other.call("GET", "Users", 200)["totalResults"] == 0
    # An account that is there already is taken up only where linking is on.
    assert other.call("POST", "Users", 409, okta_user(address))["scimType"] == "uniqueness"
    bound = scim_of(admin, add_provider(admin, allowed_domains=["else.example"]))
    assert bound.call("POST", "Users", 400, okta_user(email()))["scimType"] == "invalidValue"


def account_id(admin: Client, address: str) -> str:
    users = admin.ok("GET", "users", params={"limit": 1000})["items"]
    return next(user["id"] for user in users if user["email"] == address)


def test_the_last_administrator_stays(admin: Client, scim: Scim) -> None:
    with Server() as own:
        boss = sign_in(own)
        provider = scim_of(boss, add_provider(boss))
        body = {"userName": "boss", "emails": [{"value": ADMIN_EMAIL}]}
        made = provider.call("POST", "Users", 201, body)
        refused = provider.patch(
            f"Users/{made['id']}", {"op": "replace", "value": {"active": False}}, status=409
        )
        assert "last administrator" in refused["detail"]
        boss.ok("GET", "auth/me")


def test_only_the_token_opens(server: Server, admin: Client) -> None:
    made = add_provider(admin)
    for token in ("", admin.token, "obs_wrong", "x" * 5000):
        answer = Client(server.url, token).get("/scim/v2/Users")
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
    first = scim_of(admin, made)
    assert Client(server.url, first.token).get("auth/me").status_code == 401
    first.call("GET", "Users", 200)
    shown = admin.ok("GET", f"sso/providers/{made['id']}")
    assert shown["scim_since"] and shown["scim_used_at"]
    second = scim_of(admin, made)
    first.call("GET", "Users", 401)
    second.call("GET", "Users", 200)
    body = {name: made[name] for name in ("slug", "name", "kind", "settings")}
    admin.ok("PUT", f"sso/providers/{made['id']}", json=body | {"enabled": False})
    second.call("GET", "Users", 401)
    admin.ok("PUT", f"sso/providers/{made['id']}", json=body)
    second.call("GET", "Users", 200)
    admin.ok("DELETE", f"sso/providers/{made['id']}/scim-token")
    second.call("GET", "Users", 401)
    user = {"email": email(), "name": "A", "password": PASSWORD}
    admin.ok("POST", "users", json=user)
    person = Client(server.url).login(user["email"], PASSWORD)
    assert person.post(f"sso/providers/{made['id']}/scim-token").status_code == 403
    assert admin.post("sso/providers/nobody/scim-token").status_code == 404
