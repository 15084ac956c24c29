"""Keys that are limited to some scopes: what they may not do is refused before it begins."""

from __future__ import annotations

import pytest

from tests.api.checks import problem
from tests.api.test_audit import entries
from tests.conftest import make_user
from tests.harness.client import Client, wait_until
from tests.harness.server import Server

AREAS = ("sql", "catalog", "files", "account", "permissions", "admin")


def limited(owner: Client, *scopes: str) -> Client:
    made = owner.ok("POST", "keys", json={"name": "limited", "scopes": list(scopes)})
    client = Client(owner.url, made["key"])
    client.id = made["id"]
    return client


def lacks(response, scope: str) -> None:
    assert problem(response, 403, "identity.scope")["scope"] == scope
    assert scope in response.json()["detail"]


def test_without_scopes_a_key_does_all_that_its_owner_may(admin: Client) -> None:
    key = limited(admin)
    assert key.sql("SELECT 1") == [[1]]
    assert key.get("users").status_code == 200
    listed = [k for k in admin.ok("GET", "keys")["items"] if k["id"] == key.id]
    assert listed[0]["scopes"] == []


@pytest.mark.parametrize("area", AREAS)
def test_each_area(admin: Client, schema: str, volume: str, area: str) -> None:
    reading, writing = limited(admin, f"{area}:read"), limited(admin, f"{area}:write")
    group = admin.ok("POST", "groups", json={"name": f"{area} {schema}"})
    probes = {
        "sql": ("GET", "queries", ("POST", "saved-queries", {"name": "x", "sql": "SELECT 1"})),
        "catalog": ("GET", "catalogs", ("POST", "catalogs/main/schemas", {"name": f"{schema}_x"})),
        "files": ("GET", f"directories/{volume}/", ("PUT", f"directories/{volume}/d", None)),
        "account": ("GET", "keys", ("PATCH", "auth/me", {"name": "Administrator"})),
        "permissions": ("GET", "groups", ("PATCH", f"groups/{group['id']}", {"name": schema})),
        "admin": ("GET", "users", ("POST", "invitations", {"email": f"{schema}@example.com"})),
    }
    for name, (method, path, (change, where, body)) in probes.items():
        wanted, wanted_change = f"{name}:read", f"{name}:write"
        if name == area:
            assert reading.request(method, path).ok
            assert writing.request(method, path).ok
            lacks(reading.request(change, where, json=body), wanted_change)
            answer = writing.request(change, where, json=body)
            assert answer.ok, answer.text
        else:
            for key in (reading, writing):
                lacks(key.request(method, path), wanted)
                lacks(key.request(change, where, json=body), wanted_change)
    admin.delete(f"catalogs/main/schemas/{schema}_x")
    admin.delete(f"groups/{group['id']}")


def test_what_a_key_for_the_catalog_does_not_see(admin: Client, schema: str) -> None:
    admin.sql(f"CREATE TABLE {schema}.t AS SELECT 1 AS a")
    key = limited(admin, "catalog:write")
    path = f"catalogs/main/schemas/{schema}/tables/t"
    assert key.get(path).status_code == 200
    lacks(key.get(f"{path}/preview"), "sql:read")
    lacks(key.get("storage-credentials"), "admin:read")


def test_what_a_key_for_sql_sees_of_others(admin: Client, user: Client) -> None:
    user.sql("SELECT 'of the user' AS mine")
    seen = lambda who: any("of the user" in i["sql"] for i in who.ok("GET", "queries")["items"])
    [theirs] = [i["id"] for i in user.ok("GET", "queries")["items"] if "of the user" in i["sql"]]
    assert seen(admin) and seen(limited(admin, "sql:read", "admin:read"))
    key = limited(admin, "sql:write")
    assert not seen(key)
    assert key.get(f"queries/{theirs}").status_code == 404
    assert key.post(f"queries/{theirs}/cancel").status_code == 404


def test_statements_of_a_key_that_only_reads(admin: Client, schema: str, volume: str) -> None:
    admin.sql(f"CREATE TABLE {schema}.t AS SELECT 1 AS a")
    path = admin.upload(f"{volume}/a.csv", b"a\n1\n")
    key = limited(admin, "sql:read")
    for sql in (
        f"SELECT * FROM {schema}.t",
        f"EXPLAIN SELECT * FROM {schema}.t",
        f"DESCRIBE TABLE {schema}.t",
        f"SHOW TABLES IN {schema}",
        f"SHOW GRANTS ON TABLE {schema}.t",
        f"WITH x AS (SELECT 2 AS a) SELECT * FROM x JOIN {schema}.t USING (a)",
    ):
        key.sql(sql)
    for sql in (
        f"INSERT INTO {schema}.t VALUES (2)",
        f"UPDATE {schema}.t SET a = 2",
        f"DELETE FROM {schema}.t",
        f"MERGE INTO {schema}.t t USING (SELECT 1 AS a) s ON t.a = s.a WHEN MATCHED THEN DELETE",
        f"TRUNCATE TABLE {schema}.t",
        f"CREATE TABLE {schema}.u (a INT)",
        f"CREATE VIEW {schema}.v AS SELECT 1 AS a",
        f"CREATE SCHEMA {schema}_y",
        f"DROP TABLE {schema}.t",
        f"ALTER TABLE {schema}.t ADD COLUMN b INT",
        f"OPTIMIZE {schema}.t",
        f"VACUUM {schema}.t",
        f"COMMENT ON TABLE {schema}.t IS 'x'",
        f"GRANT SELECT ON TABLE {schema}.t TO everyone",
        f"CREATE FUNCTION {schema}.f(x INT) RETURNS INT RETURN x",
    ):
        error = key.refused(sql)
        assert (error.status, error.id) == (403, "identity.scope"), sql
        assert "sql:write" in error.detail
    assert key.refused(f"SELECT * FROM read_csv('{path}')").id == "identity.scope"
    grants = limited(admin, "permissions:read").get(f"permissions/table/main.{schema}.t")
    assert grants.status_code == 200
    assert limited(admin, "sql:read", "files:read").sql(f"SELECT * FROM read_csv('{path}')") == [
        [1]
    ]
    writer = limited(admin, "sql:write")
    writer.sql(f"INSERT INTO {schema}.t VALUES (2)")
    grant = f"GRANT SELECT ON TABLE {schema}.t TO everyone"
    assert "permissions:write" in writer.refused(grant).detail
    limited(admin, "sql:write", "permissions:write").sql(grant)
    writer.sql(f"CREATE FUNCTION {schema}.few(x INT) RETURNS BOOLEAN RETURN x < 9")
    policy = f"ALTER TABLE {schema}.t SET ROW FILTER {schema}.few ON (a)"
    for sql in (policy, f"ALTER TABLE {schema}.t DROP ROW FILTER"):
        assert "permissions:write" in writer.refused(sql).detail
    limited(admin, "sql:write", "permissions:write").sql(policy)
    assert writer.refused("SELECT * FROM system.access.audit").id == "identity.scope"
    limited(admin, "sql:read", "admin:read").sql("SELECT count(*) FROM system.access.audit")


def test_a_limited_key_makes_no_wider_one(admin: Client) -> None:
    key = limited(admin, "account:write", "sql:read")
    problem(key.post("keys", {"name": "wide"}), 403, "identity.keyTooWide")
    problem(key.post("keys", {"name": "wide", "scopes": ["sql:write"]}), 403, "identity.keyTooWide")
    made = key.ok("POST", "keys", json={"name": "narrow", "scopes": ["sql:read"]})
    assert made["scopes"] == ["sql:read"]
    assert Client(admin.url, made["key"]).sql("SELECT 1") == [[1]]


@pytest.mark.parametrize("scope", ["sql", "sql:all", "SQL:read", "", "everything", 7])
def test_bad_scopes(admin: Client, scope) -> None:
    problem(admin.post("keys", {"name": "x", "scopes": [scope]}), 400)


def test_scopes_are_listed_and_survive(fresh_server: Server) -> None:
    from tests.conftest import sign_in

    client = sign_in(fresh_server)
    key = limited(client, "files:write", "sql:read", "files:read", "admin")
    assert client.ok("GET", "keys")["items"][0]["scopes"] == [
        "sql:read",
        "files:write",
        "admin:write",
    ]
    fresh_server.restart()
    key.url = fresh_server.url
    lacks(key.get("catalogs"), "catalog:read")


def test_a_refusal_stands_in_the_audit_log(admin: Client) -> None:
    ann = make_user(admin, "ann")
    key = limited(ann, "sql:read")
    lacks(key.get("catalogs"), "catalog:read")
    email = ann.ok("GET", "auth/me")["email"]
    entry = wait_until(lambda: entries(admin, actor=email, action="api.listCatalogs"))[0]
    assert entry["actor"]["kind"] == "key" and entry["credential_id"] == key.id
    assert entry["error"] == "identity.scope" and entry["outcome"] == "denied"
