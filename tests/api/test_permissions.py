"""Groups, roles and grants, by the API and by SQL: who may do what, and why."""

from __future__ import annotations

import uuid
from typing import Callable, Iterator

import pytest

from tests.api.checks import problem
from tests.conftest import make_user
from tests.harness.client import Client

People = Callable[[str], Client]


@pytest.fixture()
def people(admin: Client) -> People:
    """Makes users, who have rights on nothing."""

    def make(name: str) -> Client:
        client = make_user(admin, name)
        me = client.ok("GET", "auth/me")
        client.email, client.id = me["email"], me["id"]
        return client

    return make


@pytest.fixture()
def table(admin: Client, schema: str) -> str:
    admin.sql(f"CREATE TABLE {schema}.t AS SELECT 1 AS a")
    return f"{schema}.t"


@pytest.fixture()
def group(admin: Client) -> Iterator[dict]:
    made = admin.ok("POST", "groups", json={"name": f"group {uuid.uuid4().hex[:8]}"})
    yield made
    admin.delete(f"groups/{made['id']}")


def test_grant_and_revoke_in_sql(admin: Client, people: People, schema: str, table: str) -> None:
    ann = people("ann")
    assert ann.refused(f"SELECT * FROM {table}").id == "catalog.tableNotFound"
    admin.sql(f"GRANT SELECT ON TABLE {table} TO `{ann.email}`")
    assert ann.sql(f"SELECT * FROM {table}") == [[1]]
    assert ann.refused(f"INSERT INTO {table} VALUES (2)").status == 403
    admin.sql(f"GRANT MODIFY, MANAGE ON {table} TO '{ann.email}'")
    ann.sql(f"INSERT INTO {table} VALUES (2)")
    shown = ann.sql(f"SHOW GRANTS ON TABLE {table}")
    assert [row[:3] for row in shown] == [
        [ann.email, action, "TABLE"] for action in ("SELECT", "MODIFY", "MANAGE")
    ]
    admin.sql(f"REVOKE MANAGE, MODIFY ON TABLE {table} FROM `{ann.email}`")
    assert ann.refused(f"SHOW GRANTS ON TABLE {table}").status == 403
    assert ann.refused(f"INSERT INTO {table} VALUES (3)").status == 403
    assert "no such grant" in admin.sql(f"REVOKE MODIFY ON {table} FROM `{ann.email}`")[0][0]
    admin.sql(f"REVOKE ALL PRIVILEGES ON TABLE {table} FROM `{ann.email}`")
    assert ann.refused(f"SELECT * FROM {table}").id == "catalog.tableNotFound"


def test_grants_hold_below(admin: Client, people: People, group: dict, schema: str, table: str):
    ann, bob = people("ann"), people("bob")
    admin.ok("PUT", f"groups/{group['id']}/members/{ann.email}")
    admin.sql(f"GRANT ROLE editor ON SCHEMA {schema} TO `{group['name']}`")
    assert ann.sql(f"SELECT * FROM {table}") == [[1]]
    ann.sql(f"INSERT INTO {table} VALUES (2)")
    ann.sql(f"CREATE TABLE {schema}.anns (a INT)")
    assert ann.refused(f"DROP TABLE {table}").status == 403
    assert bob.refused(f"SELECT * FROM {table}").status == 404
    admin.sql(f"GRANT SELECT ON SCHEMA {schema} TO account users")
    assert len(bob.sql(f"SELECT * FROM {table}")) == 2
    admin.sql(f"REVOKE SELECT ON SCHEMA {schema} FROM everyone")
    assert bob.refused(f"SELECT * FROM {table}").status == 404
    admin.ok("DELETE", f"groups/{group['id']}/members/{ann.email}")
    assert ann.refused(f"SELECT * FROM {table}").status == 404
    assert ann.sql(f"SELECT * FROM {schema}.anns") == []  # her own


def test_groups_in_groups(admin: Client, people: People, group: dict, schema: str, table: str):
    ann = people("ann")
    inner = admin.ok("POST", "groups", json={"name": f"inner {uuid.uuid4().hex[:8]}"})
    admin.ok("PUT", f"groups/{inner['id']}/members/{ann.id}")
    admin.ok("PUT", f"groups/{group['id']}/members/{inner['id']}")
    admin.sql(f"GRANT SELECT ON TABLE {table} TO `{group['name']}`")
    assert ann.sql(f"SELECT * FROM {table}") == [[1]]
    circle = admin.request("PUT", f"groups/{inner['id']}/members/{group['id']}")
    problem(circle, 409, "identity.groupCircle")
    own = admin.request("PUT", f"groups/{group['id']}/members/{group['id']}")
    problem(own, 409, "identity.groupCircle")
    names = [g["name"] for g in ann.ok("GET", "groups")["items"]]
    assert sorted(names) == sorted([group["name"], inner["name"]])
    path = f"permissions/table/{table}/{ann.email}/explain"
    why = admin.ok("GET", path, params={"privilege": "read"})
    assert why["allowed"] and len(why["reasons"]) == 1
    assert [p["name"] for p in why["reasons"][0]["through"]] == [
        "ann",
        inner["name"],
        group["name"],
    ]
    assert why["reasons"][0]["privilege"] == "read"
    assert admin.ok("GET", path, params={"privilege": "write"}) == {"allowed": False, "reasons": []}
    admin.ok("DELETE", f"groups/{inner['id']}")
    assert ann.refused(f"SELECT * FROM {table}").status == 404


def test_shares_by_the_api(admin: Client, people: People, schema: str, table: str) -> None:
    ann, bob = people("ann"), people("bob")
    at = f"permissions/table/{table}"
    problem(ann.get(at), 404, "catalog.tableNotFound")
    problem(ann.request("PUT", f"{at}/{ann.email}", json={"role": "owner"}), 404)
    admin.ok("PUT", f"{at}/{ann.email}", json={"role": "viewer"})
    assert ann.ok("GET", at)["own"] == ["browse", "read"]
    assert ann.ok("GET", at)["grants"] == [], "only who manages sees who else may"
    problem(ann.request("PUT", f"{at}/{bob.email}", json={"role": "viewer"}), 403)
    problem(ann.get(f"{at}/{bob.email}/explain", params={"privilege": "read"}), 403)
    assert ann.ok("GET", f"{at}/{ann.email}/explain", params={"privilege": "read"})["allowed"]
    admin.ok("PUT", f"{at}/{ann.email}", json={"privileges": ["manage"]})  # instead of the role
    seen = ann.ok("GET", at)
    assert seen["own"] == ["browse", "read", "write", "create", "manage"]
    assert [(g["principal"]["email"], g["privileges"]) for g in seen["grants"]] == [
        (ann.email, ["manage"])
    ]
    ann.ok("PUT", f"{at}/{bob.email}", json={"role": "viewer"})
    assert bob.sql(f"SELECT * FROM {table}") == [[1]]
    ann.ok("DELETE", f"{at}/{bob.email}")
    problem(ann.delete(f"{at}/{bob.email}"), 404, "identity.grantNotFound")
    assert bob.refused(f"SELECT * FROM {table}").status == 404
    problem(ann.request("PUT", f"{at}/{bob.email}", json={}), 404)
    both = {"role": "viewer", "privileges": ["read"]}
    problem(ann.request("PUT", f"{at}/{bob.email}", json=both), 400, "identity.badGrant")
    problem(ann.request("PUT", f"{at}/nobody@nowhere", json={"role": "viewer"}), 404)
    problem(ann.request("PUT", f"{at}/{bob.email}", json={"role": "no such"}), 404)


def test_inherited_grants_are_told(admin: Client, people: People, schema: str, table: str) -> None:
    ann = people("ann")
    admin.ok("PUT", f"permissions/schema/{schema}/{ann.email}", json={"role": "editor"})
    grants = admin.ok("GET", f"permissions/table/{table}")["grants"]
    found = [g for g in grants if g["principal"].get("email") == ann.email]
    assert [(g["role"]["id"], g["inherited_from"]["type"]) for g in found] == [("editor", "schema")]


def test_roles_of_ones_own(admin: Client, people: People, schema: str, table: str) -> None:
    ann = people("ann")
    problem(ann.post("roles", {"name": "x", "privileges": ["read"]}), 403, "identity.notAdmin")
    name = f"Writer {uuid.uuid4().hex[:8]}"
    role = admin.ok("POST", "roles", json={"name": name, "privileges": ["write"]})
    problem(admin.post("roles", {"name": name.upper(), "privileges": ["read"]}), 409)
    problem(admin.post("roles", {"name": "Viewer", "privileges": ["read"]}), 409)
    problem(admin.post("roles", {"name": "none", "privileges": []}), 400)
    admin.sql(f"GRANT ROLE `{name}` ON TABLE {table} TO `{ann.email}`")
    ann.sql(f"INSERT INTO {table} VALUES (2)")
    problem(admin.delete(f"roles/{role['id']}"), 409, "identity.roleInUse")
    admin.ok("PUT", f"roles/{role['id']}", json={"name": name, "privileges": ["read"]})
    assert ann.refused(f"INSERT INTO {table} VALUES (3)").status == 403
    admin.sql(f"REVOKE ROLE `{name}` ON TABLE {table} FROM `{ann.email}`")
    admin.ok("DELETE", f"roles/{role['id']}")
    problem(admin.delete("roles/viewer"), 404, "identity.roleNotFound")
    ids = [r["id"] for r in ann.ok("GET", "roles")["items"]]
    assert ids[:5] == ["viewer", "commenter", "editor", "admin", "owner"] and role["id"] not in ids


def test_only_administrators_change_groups(admin: Client, people: People, group: dict) -> None:
    ann = people("ann")
    at = f"groups/{group['id']}"
    problem(ann.get(at), 404, "identity.groupNotFound")
    problem(ann.get(f"{at}/members"), 404)
    problem(ann.post("groups", {"name": "mine"}), 403)
    problem(ann.delete(at), 403)
    problem(ann.request("PUT", f"{at}/members/{ann.email}"), 403)
    admin.ok("PUT", f"{at}/members/{ann.email}")
    assert [m["email"] for m in ann.ok("GET", f"{at}/members")["items"]] == [ann.email]
    problem(ann.request("PATCH", at, json={"name": "other"}), 403)
    for name in ("a@b", "everyone", "Everyone"):
        problem(admin.post("groups", {"name": name}), 400, "identity.badName")
    problem(admin.post("groups", {"name": group["name"].upper()}), 409, "identity.groupExists")


def test_finding_people(admin: Client, people: People, group: dict) -> None:
    ann, bob, eve = people("ann"), people("bob"), people("eve")
    for client in (ann, bob):
        admin.ok("PUT", f"groups/{group['id']}/members/{client.email}")

    def found(client: Client, text: str) -> list[str]:
        items = client.ok("GET", "principals", params={"search": text, "limit": 100})["items"]
        return [p.get("email", p["name"]) for p in items]

    assert bob.email in found(ann, "bob-") and eve.email not in found(ann, "eve-")
    assert found(ann, eve.email.upper()) == [eve.email], "the whole address finds anybody"
    assert group["name"] in found(ann, group["name"][:10])
    assert group["name"] not in found(eve, group["name"][:10])
    assert eve.email in found(admin, "eve-")
    assert "Everyone" in found(eve, "every")
    assert found(admin, "%") == [] or all("%" in text for text in found(admin, "%"))


def test_grants_are_refused(admin: Client, people: People, schema: str, table: str) -> None:
    ann = people("ann")
    for sql, status in {
        f"GRANT SELECT ON TABLE {table} TO `nobody@nowhere`": 404,
        f"GRANT SELECT ON TABLE {schema}.missing TO everyone": 404,
        f"GRANT DANCE ON TABLE {table} TO everyone": 400,
        f"GRANT SELECT ON TABLE {table}": 400,
        f"GRANT SELECT TO everyone": 400,
        f"GRANT ROLE nothing ON TABLE {table} TO everyone": 404,
    }.items():
        assert admin.refused(sql).status == status, sql
    assert ann.refused(f"GRANT SELECT ON TABLE {table} TO `{ann.email}`").status == 404
    assert ann.refused("GRANT CREATE CATALOG ON SERVER TO everyone").status == 404
    half = f"GRANT SELECT ON TABLE {table} TO `{ann.email}`, `nobody@nowhere`"
    assert admin.refused(half).status == 404
    assert ann.refused(f"SELECT * FROM {table}").status == 404, "nothing was half done"


def test_what_is_dropped_takes_its_grants(admin: Client, people: People, schema: str) -> None:
    ann = people("ann")
    admin.sql(f"CREATE VIEW {schema}.v AS SELECT 1 AS a")
    admin.sql(f"GRANT SELECT ON VIEW {schema}.v TO `{ann.email}`")
    assert ann.sql(f"SELECT * FROM {schema}.v") == [[1]]
    admin.ok("DELETE", f"users/{ann.id}")
    left = admin.ok("GET", f"permissions/table/{schema}.v")["grants"]
    assert all(g["principal"]["id"] != ann.id for g in left)
