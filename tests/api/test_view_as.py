"""Administrators who look at the server as somebody else: they see it, and change nothing."""

from __future__ import annotations

import pytest

from tests.api.checks import problem
from tests.api.test_audit import entries, one
from tests.conftest import make_user
from tests.harness.client import Client, wait_until
from tests.harness.server import ADMIN_EMAIL, Server


def view(viewer: Client, user: Client) -> Client:
    made = viewer.ok("POST", f"users/{user.ok('GET', 'auth/me')['id']}/view-as")
    assert made["expires_in"] <= 900 and made["token_type"] == "Bearer"
    return Client(viewer.url, made["access_token"])


@pytest.fixture()
def ann(admin: Client, schema: str) -> Client:
    client = make_user(admin, "ann")
    client.email = client.ok("GET", "auth/me")["email"]
    admin.sql(f"CREATE TABLE {schema}.hers AS SELECT 1 AS a")
    admin.sql(f"CREATE TABLE {schema}.others AS SELECT 2 AS a")
    admin.sql(f"GRANT SELECT, MODIFY, MANAGE ON TABLE {schema}.hers TO `{client.email}`")
    return client


def test_it_sees_what_the_user_sees(admin: Client, ann: Client, schema: str) -> None:
    seen = view(admin, ann)
    assert seen.ok("GET", "auth/me")["email"] == ann.email
    assert seen.value("SELECT current_user()") == ann.email
    assert seen.sql(f"SELECT * FROM {schema}.hers") == [[1]]
    assert seen.refused(f"SELECT * FROM {schema}.others").status == 404
    problem(seen.get("users"), 403)


def test_it_changes_nothing(admin: Client, ann: Client, schema: str, volume: str) -> None:
    seen = view(admin, ann)
    for sql in (
        f"INSERT INTO {schema}.hers VALUES (2)",
        f"DELETE FROM {schema}.hers",
        f"DROP TABLE {schema}.hers",
        f"ALTER TABLE {schema}.hers ADD COLUMN b INT",
        f"COMMENT ON TABLE {schema}.hers IS 'x'",
        f"GRANT SELECT ON TABLE {schema}.hers TO everyone",
        f"OPTIMIZE {schema}.hers",
    ):
        assert seen.refused(sql).id == "identity.readOnly", sql
    for method, path, body in (
        ("POST", "keys", {"name": "x"}),
        ("PATCH", "auth/me", {"name": "x"}),
        ("POST", "saved-queries", {"name": "x", "sql": "SELECT 1"}),
        ("DELETE", "auth/sessions", None),
        ("POST", "auth/password", {"current": "x", "password": "y" * 12}),
        ("PUT", f"files/{volume}/x", None),
        ("PUT", f"permissions/table/main.{schema}.hers/{ann.email}", {"role": "owner"}),
    ):
        problem(seen.request(method, path, json=body), 403, "identity.readOnly")
    assert ann.sql(f"SELECT * FROM {schema}.hers") == [[1]]


def test_the_audit_log_tells_both(admin: Client, ann: Client, schema: str) -> None:
    seen = view(admin, ann)
    begun = one(admin, action="admin.viewAs", object=ann.email)
    assert begun["actor"]["name"] == ADMIN_EMAIL
    seen.sql(f"SELECT * FROM {schema}.hers")
    table = f"main.{schema}.hers"
    read = wait_until(lambda: entries(admin, action="table.read", object=table))[0]
    assert read["actor"]["name"] == ADMIN_EMAIL and read["acting_as"]["name"] == ann.email
    problem(seen.post("keys", {"name": "x"}), 403)
    refused = wait_until(lambda: entries(admin, action="api.createKey", actor=ADMIN_EMAIL))[0]
    assert refused["acting_as"]["name"] == ann.email and refused["outcome"] == "denied"


def test_only_administrators_who_are_signed_in(admin: Client, ann: Client, user: Client) -> None:
    target = ann.ok("GET", "auth/me")["id"]
    problem(user.post(f"users/{target}/view-as"), 403, "identity.notAdmin")
    problem(admin.post("users/nobody/view-as"), 404)
    key = Client(admin.url, admin.ok("POST", "keys", json={"name": "x"})["key"])
    problem(key.post(f"users/{target}/view-as"), 403, "identity.needsSession")
    # Not from one to the next.
    problem(view(admin, admin).post(f"users/{target}/view-as"), 403)


def test_it_ends_with_the_session_and_the_rank(admin: Client, ann: Client, server: Server) -> None:
    boss = make_user(admin, "boss")
    me = boss.ok("GET", "auth/me")
    admin.ok("PATCH", f"users/{me['id']}", json={"admin": True})
    boss.login(me["email"], "a-good-password-2")
    seen = view(boss, ann)
    assert seen.get("auth/me").status_code == 200
    boss.ok("POST", "auth/logout", json={"refresh_token": boss.refresh_token})
    problem(seen.get("auth/me"), 401)
    boss.login(me["email"], "a-good-password-2")
    seen = view(boss, ann)
    admin.ok("PATCH", f"users/{me['id']}", json={"admin": False})
    problem(seen.get("auth/me"), 401)
