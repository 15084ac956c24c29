"""The audit log: what stands in it, that it is there when the answer is, and how it is read."""

from __future__ import annotations

import csv
import io
import json
import uuid
from typing import Any

import pytest

from tests.api.checks import problem
from tests.conftest import USER_PASSWORD, make_user, sign_in
from tests.harness.client import Client, wait_until
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server


def entries(admin: Client, **filters: Any) -> list[dict]:
    return admin.ok("GET", "audit", params={"limit": 1000, **filters})["items"]


def one(admin: Client, **filters: Any) -> dict:
    """The newest entry that fits; it has to be there at once."""
    found = entries(admin, **filters)
    assert found, f"no entry for {filters}"
    return found[0]


def read(admin: Client, **filters: Any) -> list[dict]:
    """Entries that nobody waited for: they come within a moment."""
    return wait_until(lambda: entries(admin, **filters), what=f"an entry for {filters}")


def email_of(client: Client) -> str:
    return client.ok("GET", "auth/me")["email"]


def test_sign_ins(admin: Client, server: Server) -> None:
    ann = make_user(admin, "ann")
    email = email_of(ann)
    agent = f"agent {uuid.uuid4()}"
    client = Client(server.url)
    client.http.headers["User-Agent"] = agent
    client.login(email, USER_PASSWORD)
    good = one(admin, action="auth.signIn", actor=email)
    assert good["outcome"] == "allowed" and good["actor"]["kind"] == "user"
    assert good["user_agent"] == agent and good["address"] == "127.0.0.1"
    assert good["session_id"] and good["request_id"]
    body = {"email": email, "password": "not-the-password"}
    answer = client.post("auth/login", body, headers={"X-Request-Id": "bad-1"})
    problem(answer, 401)
    bad = one(admin, action="auth.signIn", object=email, outcome="denied")
    assert bad["actor"]["kind"] == "anonymous" and bad["error"] == "identity.badCredentials"
    assert bad["request_id"] == "bad-1" and bad["status"] == 401
    client.ok("POST", "auth/logout", json={"refresh_token": client.refresh_token})
    out = one(admin, action="auth.signOut", actor=email)
    assert out["session_id"] == good["session_id"]


def test_throttled_sign_ins(admin: Client, server: Server) -> None:
    email = email_of(make_user(admin, "guessed"))
    client = Client(server.url)
    for _ in range(30):
        if client.post("auth/login", {"email": email, "password": "x" * 10}).status_code == 429:
            break
    found = read(admin, action="auth.signIn", object=email)
    assert {e.get("error") for e in found} >= {"identity.badCredentials"}
    throttled = wait_until(
        lambda: [e for e in entries(admin, object=email) if e.get("error") == "identity.throttled"]
    )
    assert throttled[0]["outcome"] == "denied" and throttled[0]["status"] == 429


def test_a_stolen_refresh_token_says_why(admin: Client, server: Server) -> None:
    ann = make_user(admin, "ann")
    email, stolen = email_of(ann), ann.refresh_token
    thief = Client(server.url)
    taken = thief.ok("POST", "auth/refresh", json={"refresh_token": stolen})
    problem(ann.post("auth/refresh", {"refresh_token": stolen}), 401)
    # Both sessions of the family have ended: the owner's and the thief's.
    problem(ann.get("auth/me"), 401)
    thief.token = taken["access_token"]
    problem(thief.get("auth/me"), 401)
    problem(thief.post("auth/refresh", {"refresh_token": taken["refresh_token"]}), 401)
    entry = one(admin, action="auth.refreshTokenReused", object=email)
    assert entry["outcome"] == "denied" and entry["session_id"]
    assert "used twice" in entry["details"]["why"] and "ended" in entry["details"]["why"]


def test_grants_groups_and_roles(admin: Client, schema: str) -> None:
    me = make_user(admin, "ann").ok("GET", "auth/me")
    ann, ann_id = me["email"], me["id"]
    admin.sql(f"CREATE TABLE {schema}.t AS SELECT 1 AS a")
    name = f"main.{schema}.t"
    admin.sql(f"GRANT SELECT ON TABLE {schema}.t TO `{ann}`")
    grant = one(admin, action="permission.grant", object=name)
    assert grant["actor"]["name"] == ADMIN_EMAIL and grant["statement_id"]
    assert grant["details"] == {"principal": ann, "principal_id": ann_id, "privileges": ["read"]}
    assert grant["object"]["type"] == "table" and grant["object"]["id"]
    admin.sql(f"REVOKE SELECT ON TABLE {schema}.t FROM `{ann}`")
    assert one(admin, action="permission.revoke", object=name)["outcome"] == "allowed"
    admin.ok("PUT", f"permissions/table/{name}/{ann}", json={"role": "editor"})
    assert one(admin, action="permission.set", object=name)["details"]["role"] == "editor"
    group = admin.ok("POST", "groups", json={"name": f"g {uuid.uuid4().hex[:8]}"})
    admin.ok("PUT", f"groups/{group['id']}/members/{ann}")
    admin.ok("DELETE", f"groups/{group['id']}/members/{ann}")
    admin.ok("DELETE", f"groups/{group['id']}")
    acts = [e["action"] for e in entries(admin, object=group["id"])]
    assert acts == ["group.delete", "group.removeMember", "group.addMember", "group.create"]


def test_people_and_keys(admin: Client, server: Server) -> None:
    ann = make_user(admin, "ann")
    me = ann.ok("GET", "auth/me")
    key = ann.ok("POST", "keys", json={"name": "ci"})
    assert one(admin, action="key.create", object=key["id"])["actor"]["id"] == me["id"]
    Client(server.url, key["key"]).sql("SELECT 1")
    ann.ok("DELETE", f"keys/{key['id']}")
    one(admin, action="key.delete", object=key["id"])
    admin.ok("PATCH", f"users/{me['id']}", json={"disabled": True})
    assert one(admin, action="admin.changeUser", object=me["id"])["details"] == {"disabled": True}
    admin.ok("DELETE", f"users/{me['id']}")
    gone = one(admin, action="admin.deleteUser", object=me["id"])
    assert gone["object"]["name"] == me["email"]
    assert [e["action"] for e in entries(admin, object=me["id"], action="admin.*")] == [
        "admin.deleteUser",
        "admin.changeUser",
        "admin.createUser",
    ]


def test_reads_of_a_statement(admin: Client, schema: str, server: Server) -> None:
    for table in ("a", "b"):
        admin.sql(f"CREATE TABLE {schema}.{table} AS SELECT 1 AS n")
    admin.sql(f"CREATE VIEW {schema}.v AS SELECT * FROM {schema}.a")
    ann = make_user(admin, "ann")
    email = email_of(ann)
    admin.sql(f"GRANT SELECT ON TABLE {schema}.b TO `{email}`")
    admin.sql(f"GRANT SELECT ON VIEW {schema}.v TO `{email}`")
    statement = str(uuid.uuid4())
    sql = f"SELECT * FROM {schema}.v JOIN {schema}.b USING (n) JOIN {schema}.b AS c USING (n)"
    for _ in range(2):  # the second time from the cache
        ann.sql(sql, query_id=statement)
        found = wait_until(
            lambda: len(
                e := [e for e in entries(admin, actor=email) if e["statement_id"] == statement]
            )
            == 3
            and e
        )
        assert sorted((e["action"], e["object"]["name"]) for e in found) == [
            ("table.read", f"main.{schema}.a"),
            ("table.read", f"main.{schema}.b"),
            ("view.read", f"main.{schema}.v"),
        ]
        # The table below the view was read by the view's owner's rights.
        below = next(e for e in found if e["object"]["name"].endswith(".a"))
        assert below["acting_as"]["name"] == ADMIN_EMAIL
        statement = str(uuid.uuid4())
    ann.ok("GET", f"catalogs/main/schemas/{schema}/tables/b/preview")
    assert len(read(admin, actor=email, object=f"main.{schema}.b")) >= 3


def test_what_changes_data(admin: Client, schema: str) -> None:
    table = f"main.{schema}.t"
    admin.sql(f"CREATE TABLE {table} AS SELECT 1 AS a")
    for sql in (
        f"INSERT INTO {table} VALUES (2)",
        f"UPDATE {table} SET a = 3 WHERE a = 2",
        f"DELETE FROM {table} WHERE a = 3",
        f"MERGE INTO {table} t USING (SELECT 9 AS a) s ON t.a = s.a WHEN NOT MATCHED THEN INSERT *",
        f"ALTER TABLE {table} ADD COLUMN b INT",
        f"OPTIMIZE {table}",
        f"INSERT OVERWRITE {table} VALUES (1, 2)",
        f"RESTORE TABLE {table} TO VERSION AS OF 0",
        f"TRUNCATE TABLE {table}",
        f"COMMENT ON TABLE {table} IS 'x'",
        f"DROP TABLE {table}",
        f"UNDROP TABLE {table}",
    ):
        admin.sql(sql)
    acts = [e["action"] for e in entries(admin, object=table) if e["action"] != "table.read"]
    assert acts[::-1] == [
        "table.create",
        "table.insert",
        "table.update",
        "table.delete",
        "table.merge",
        "table.addColumns",
        "table.optimize",
        "table.overwrite",
        "table.restore",
        "table.truncate",
        "table.comment",
        "table.drop",
        "table.undrop",
    ]
    assert all(e["statement_id"] and e["object"]["id"] for e in entries(admin, object=table))
    admin.refused(f"ALTER TABLE {table} ADD COLUMN a INT")
    failed = one(admin, object=table, outcome="failed")
    assert failed["action"] == "table.addColumns" and failed["error"] and failed["status"] >= 400


def test_files(admin: Client, volume: str) -> None:
    path = admin.upload(f"{volume}/a.csv", b"a\n1\n")
    up = one(admin, action="file.upload", object=path)
    assert up["details"]["bytes"] == 4
    admin.download(f"{volume}/a.csv")
    assert read(admin, action="file.download", object=path)
    admin.sql(f"SELECT * FROM read_csv('{path}')")
    assert read(admin, action="file.read", object=path)[0]["statement_id"]
    admin.ok("DELETE", f"files/{volume}/a.csv")
    one(admin, action="file.delete", object=path)


def test_denials(admin: Client, user: Client, schema: str, volume: str) -> None:
    me = email_of(user)
    admin.sql(f"CREATE TABLE {schema}.t AS SELECT 1 AS a")
    table = f"main.{schema}.t"
    user.refused(f"SELECT * FROM {table}")
    hidden = one(admin, actor=me, object=table)
    assert (hidden["action"], hidden["outcome"], hidden["status"]) == ("table.read", "denied", 404)
    admin.sql(f"GRANT SELECT ON TABLE {table} TO `{me}`")
    user.refused(f"INSERT INTO {table} VALUES (2)")
    refused = one(admin, actor=me, object=table, outcome="denied")
    assert (refused["action"], refused["status"]) == ("table.insert", 403)
    problem(user.get("users"), 403)
    denied = read(admin, actor=me, action="api.listUsers")[0]
    assert denied["outcome"] == "denied" and denied["error"] == "identity.notAdmin"
    problem(user.get(f"files/{volume}/x"), 404)
    assert read(admin, actor=me, action="file.download", outcome="denied")
    problem(user.get("audit"), 403)
    assert one(admin, actor=me, action="audit.read")["outcome"] == "denied"
    problem(Client(admin.url, "obk_wrong").get("auth/me"), 401)
    assert read(admin, action="auth.badToken", outcome="denied")


def test_what_no_service_records_the_gateway_does(admin: Client) -> None:
    saved = admin.ok("POST", "saved-queries", json={"name": "x", "sql": "SELECT 1"})
    made = read(admin, action="api.saveQuery")[0]
    assert made["object"] == {"type": "queries", "id": "", "name": "/api/v1/saved-queries"}
    admin.ok("DELETE", f"saved-queries/{saved['id']}")
    assert read(admin, action="api.deleteSavedQuery", object=f"*")
    # What a service recorded is not there twice, and reading leaves nothing.
    admin.ok("GET", "groups")
    assert not entries(admin, action="api.createGroup")
    assert not entries(admin, action="api.list*", outcome="allowed")


def test_pages_and_times(admin: Client) -> None:
    first = admin.ok("GET", "audit", params={"limit": 3})
    second = admin.ok("GET", "audit", params={"limit": 3, "after": first["next"]})
    times = [e["time"] for e in first["items"] + second["items"]]
    assert len(times) == 6 and times == sorted(times, reverse=True)
    assert not {e["id"] for e in first["items"]} & {e["id"] for e in second["items"]}
    middle = times[3]
    for entry in entries(admin, **{"from": middle, "limit": 1000}):
        assert entry["time"] >= middle
    for entry in admin.ok("GET", "audit", params={"to": middle, "limit": 10})["items"]:
        assert entry["time"] < middle


@pytest.mark.parametrize(
    "params",
    [
        {"after": "x"},
        {"after": "!!"},
        {"outcome": "x"},
        {"format": "xml"},
        {"limit": 0},
        {"limit": 1001},
        {"from": "soon"},
        {"actor": "x" * 301},
    ],
)
def test_bad_filters(admin: Client, params: dict) -> None:
    problem(admin.get("audit", params=params), 400)


def test_exports(admin: Client, server: Server) -> None:
    agent = f'=cmd|"{uuid.uuid4()}"'
    bad = Client(server.url)
    bad.http.headers["User-Agent"] = agent
    email = f"{uuid.uuid4().hex}@example.com"
    bad.post("auth/login", {"email": email, "password": "wrong-password"})
    answer = admin.get("audit", params={"format": "csv", "object": email})
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 1 and rows[0]["action"] == "auth.signIn" and rows[0]["object"] == email
    assert rows[0]["user_agent"] == "'" + agent  # no formula in a spreadsheet
    answer = admin.get("audit", params={"format": "ndjson", "object": email})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert len(lines) == 1 and lines[0]["user_agent"] == agent
    assert one(admin, action="audit.export")["details"] == {"object": email}
    assert len(admin.get("audit", params={"format": "ndjson"}).text.splitlines()) > 20


def test_in_sql(admin: Client, user: Client, server: Server) -> None:
    name = f"g {uuid.uuid4().hex[:8]}"
    group = admin.ok("POST", "groups", json={"name": name})
    row = admin.sql(
        "SELECT action, outcome, actor, object_type, acting_as, status FROM system.access.audit "
        f"WHERE object_id = '{group['id']}'"
    )
    assert row == [["group.create", "allowed", ADMIN_EMAIL, "group", None, None]]
    counted = admin.sql(
        "SELECT action, count(*) AS n FROM system.access.audit WHERE time > now() - INTERVAL 1 DAY "
        "GROUP BY action ORDER BY n DESC"
    )
    assert len(counted) > 3
    assert admin.value("SELECT count(*) FROM system.access.audit") > 5
    joined = admin.sql(
        "SELECT u.n FROM system.access.audit a JOIN (SELECT 7 AS n, 'group.create' AS action) u "
        f"USING (action) WHERE a.object = '{name}'"
    )
    assert joined == [[7]]
    assert admin.sql("DESCRIBE SELECT time, status FROM system.access.audit")[0][1].startswith(
        "TIMESTAMP"
    )
    assert user.refused("SELECT * FROM system.access.audit").id == "catalog.tableNotFound"
    assert user.refused("SELECT * FROM system.access.nothing").id == "catalog.tableNotFound"
    assert admin.refused("SELECT * FROM __ob_rows(1)").status == 400
    assert read(admin, action="audit.read", object="system.access.audit")


def test_it_is_there_after_a_crash(fresh_server: Server) -> None:
    """What was answered stands in the log, however soon after that the server dies."""
    client = sign_in(fresh_server)
    client.sql("CREATE TABLE t (a INT)")
    for number in range(5):
        client.sql(f"INSERT INTO t VALUES ({number})")
        group = client.ok("POST", "groups", json={"name": f"g{number}"})
        problem(client.post("auth/login", {"email": ADMIN_EMAIL, "password": "x" * 12}), (401, 429))
        fresh_server.kill()
        fresh_server.start()
        client.url = fresh_server.url
        assert len(entries(client, action="table.insert")) == number + 1
        one(client, action="group.create", object=group["id"])
        denied = entries(client, action="auth.signIn", outcome="denied", object=ADMIN_EMAIL)
        assert len(denied) == number + 1 or any(e.get("status") == 429 for e in denied)


def test_reads_are_there_after_a_stop(fresh_server: Server) -> None:
    client = sign_in(fresh_server)
    client.sql("CREATE TABLE t AS SELECT 1 AS a")
    for _ in range(20):
        client.sql("SELECT * FROM t", cache=False)
    fresh_server.restart()
    client.url = fresh_server.url
    assert len(entries(client, action="table.read", object="main.default.t")) == 20


def test_retention(tmp_path) -> None:
    with Server(data=tmp_path / "data", audit_days="30") as server:
        client = sign_in(server)
        client.ok("POST", "groups", json={"name": "old"})
        database = server.database
        server.stop()
        age(server, database, 31)
        server.start()
        client = sign_in(server)
        wait_until(lambda: not entries(client, action="group.create"), what="the clean-up")
        assert entries(client, action="auth.signIn")


def age(server: Server, database: str, days: int) -> None:
    """Makes all entries older."""
    sql = f"UPDATE audit_entries SET time = time - {days} * 86400000000"
    if database:
        from tests.harness import postgres

        postgres.shared().run(database, sql)
        return
    import sqlite3

    with sqlite3.connect(server.data / "openbricks.db") as connection:
        connection.execute(sql)
    connection.close()


def test_no_secret_is_in_it(admin: Client, server: Server) -> None:
    ann = make_user(admin, "ann")
    key = ann.ok("POST", "keys", json={"name": "secret"})["key"]
    change = {"current": USER_PASSWORD, "password": "another-Password-77"}
    ann.ok("POST", "auth/password", json=change)
    problem(
        ann.post(
            "auth/login", {"email": "my-password-in-the-wrong-field", "password": "Pa55-word-x"}
        ),
        401,
    )
    wait_until(lambda: entries(admin, action="auth.changePassword"))
    text = admin.get("audit", params={"format": "ndjson"}).text
    secrets = [key, ann.token, ann.refresh_token, USER_PASSWORD, "another-Password-77"]
    for secret in [*secrets, ADMIN_PASSWORD, "my-password-in-the-wrong-field", "Pa55-word-x"]:
        assert secret not in text
