"""Service accounts: secrets, tokens by client credentials (RFC 6749), rights, and their end."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any, Iterator
from urllib.parse import quote_plus

import pytest
import requests

from tests.api.checks import problem
from tests.api.test_audit import entries, one
from tests.harness.client import Client, wait_until


class Account:
    def __init__(self, admin: Client) -> None:
        self.admin = admin
        self.name = f"load {uuid.uuid4().hex[:8]}"
        self.id = admin.ok("POST", "service-accounts", json={"name": self.name})["id"]

    def secret(self, **body: Any) -> dict:
        return self.admin.ok("POST", f"service-accounts/{self.id}/secrets", json=body)

    def post(self, **form: str) -> requests.Response:
        return self.admin.http.post(f"{self.admin.url}/api/v1/oauth/token", data=form, timeout=30)

    def token(self, secret: str, **form: str) -> Client:
        answer = self.post(
            grant_type="client_credentials", client_id=self.id, client_secret=secret, **form
        )
        assert answer.status_code == 200, answer.text
        return Client(self.admin.url, answer.json()["access_token"])


@pytest.fixture()
def account(admin: Client) -> Iterator[Account]:
    made = Account(admin)
    yield made
    admin.delete(f"service-accounts/{made.id}")


def test_client_credentials(account: Account) -> None:
    made = account.secret()
    assert made["client_secret"].startswith("obs_") and made["client_id"] == account.id
    answer = account.post(
        grant_type="client_credentials",
        client_id=account.id,
        client_secret=made["client_secret"],
        scope="sql:read catalog:read",
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Pragma"] == "no-cache"
    body = answer.json()
    assert body["token_type"] == "Bearer" and 0 < body["expires_in"] <= 900
    assert body["scope"] == "sql:read catalog:read" and "refresh_token" not in body
    client = Client(account.admin.url, body["access_token"])
    assert client.value("SELECT current_user()") == account.name
    problem(client.get("groups"), 403, "identity.scope")
    entry = one(account.admin, action="auth.clientCredentials", actor=account.id)
    assert entry["actor"] == {"kind": "service", "id": account.id, "name": account.name}
    listed = account.admin.ok("GET", f"service-accounts/{account.id}/secrets")["items"]
    assert listed[0]["last_used_at"] and "client_secret" not in listed[0]


def test_basic_authentication(account: Account) -> None:
    secret = account.secret()["client_secret"]
    url = f"{account.admin.url}/api/v1/oauth/token"
    form = {"grant_type": "client_credentials"}
    pair = f"{quote_plus(account.id)}:{quote_plus(secret)}"
    header = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    assert requests.post(url, data=form, headers=header, timeout=30).status_code == 200
    twice = requests.post(url, data=form | {"client_secret": secret}, headers=header, timeout=30)
    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    wrong = {"Authorization": "Basic " + base64.b64encode(b"a:b").decode()}
    refused = requests.post(url, data=form, headers=wrong, timeout=30)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    other = requests.post(url, data=form, headers={"Authorization": "Digest x"}, timeout=30)
    assert (other.status_code, other.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "form,status,error",
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials", "client_secret": "x"}, 401, "invalid_client"),
        (
            {"grant_type": "client_credentials", "client_id": "x", "client_secret": "x"},
            401,
            "invalid_client",
        ),
    ],
)
def test_errors_are_those_of_the_rfc(account: Account, form: dict, status: int, error: str) -> None:
    answer = account.post(**form)
    assert answer.status_code == status and answer.json()["error"] == error
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["error_description"] and answer.headers["Cache-Control"] == "no-store"


def test_odd_requests(account: Account) -> None:
    secret = account.secret()["client_secret"]
    url = f"{account.admin.url}/api/v1/oauth/token"
    form = "application/x-www-form-urlencoded"

    def send(body: str, content: str = form) -> requests.Response:
        return requests.post(url, data=body, headers={"Content-Type": content}, timeout=30)

    assert send("grant_type=a&grant_type=b").json()["error"] == "invalid_request"
    assert send("grant_type=%zz").json()["error"] == "invalid_request"
    assert send("x" * 20_000).status_code == 413
    assert send('{"grant_type": "client_credentials"}', "application/json").status_code == 415
    bad = account.post(
        grant_type="client_credentials", client_id=account.id, client_secret=secret, scope="all"
    )
    assert (bad.status_code, bad.json()["error"]) == (400, "invalid_scope")


def test_rights_groups_and_ownership(account: Account, schema: str) -> None:
    admin = account.admin
    admin.sql(f"CREATE TABLE {schema}.t AS SELECT 1 AS a")
    client = account.token(account.secret()["client_secret"])
    assert client.refused(f"SELECT * FROM {schema}.t").status == 404
    admin.sql(f"GRANT SELECT ON TABLE {schema}.t TO `{account.name}`")
    assert client.sql(f"SELECT * FROM {schema}.t") == [[1]]
    group = admin.ok("POST", "groups", json={"name": f"g {uuid.uuid4().hex[:8]}"})
    admin.ok("PUT", f"groups/{group['id']}/members/{account.id}")
    admin.sql(f"GRANT ROLE editor ON SCHEMA {schema} TO `{group['name']}`")
    client.sql(f"CREATE TABLE {schema}.own AS SELECT 2 AS a")
    client.sql(f"GRANT SELECT ON TABLE {schema}.own TO everyone")
    owner = admin.ok("GET", f"catalogs/main/schemas/{schema}/tables/own")["owner"]
    assert owner == account.name
    client.sql(f"CREATE VIEW {schema}.v AS SELECT * FROM {schema}.own")
    assert admin.sql(f"SELECT * FROM {schema}.v") == [[2]]
    found = admin.ok("GET", "principals", params={"search": account.name})["items"]
    assert [p["kind"] for p in found] == ["service"]
    problem(client.get("users"), 403)
    problem(client.post("keys", {"name": "x"}), 403, "identity.noKeys")
    admin.delete(f"groups/{group['id']}")


def test_no_password(account: Account) -> None:
    anonymous = Client(account.admin.url)
    for password in ("", "x" * 12, account.secret()["client_secret"]):
        answer = anonymous.post("auth/login", {"email": account.name, "password": password})
        assert answer.status_code in (400, 401)
    path = f"users/{account.id}"
    problem(account.admin.post(f"{path}/password", {"password": "a-good-password"}), 404)
    problem(account.admin.request("PATCH", path, json={"admin": True}), 404)
    problem(account.admin.post(f"{path}/reset"), 404)
    problem(account.admin.delete(path), 404)
    assert account.id not in [u["id"] for u in account.admin.ok("GET", "users")["items"]]


def test_disabling_stops_at_once(account: Account) -> None:
    secret = account.secret()["client_secret"]
    client = account.token(secret)
    path = f"service-accounts/{account.id}"
    assert client.sql("SELECT 1") == [[1]]
    assert account.admin.ok("PATCH", path, json={"disabled": True})["disabled"]
    problem(client.get("auth/me"), 401)
    form = {"grant_type": "client_credentials", "client_id": account.id, "client_secret": secret}
    assert account.post(**form).json()["error"] == "invalid_client"
    account.admin.ok("PATCH", path, json={"disabled": False})
    problem(client.get("auth/me"), 401)  # what ended stays ended
    assert account.token(secret).sql("SELECT 1") == [[1]]


def test_deleting_a_secret_stops_its_tokens(account: Account) -> None:
    first, second = account.secret(), account.secret()
    one_client = account.token(first["client_secret"])
    other_client = account.token(second["client_secret"])
    path = f"service-accounts/{account.id}/secrets"
    account.admin.ok("DELETE", f"{path}/{first['id']}")
    problem(one_client.get("auth/me"), 401)
    assert other_client.get("auth/me").status_code == 200
    problem(account.admin.delete(f"{path}/{first['id']}"), 404)
    assert [s["id"] for s in account.admin.ok("GET", path)["items"]] == [second["id"]]


def test_deleting_the_account(account: Account) -> None:
    client = account.token(account.secret()["client_secret"])
    account.admin.ok("DELETE", f"service-accounts/{account.id}")
    problem(client.get("auth/me"), 401)
    problem(account.admin.get(f"service-accounts/{account.id}"), 404)
    acts = [e["action"] for e in entries(account.admin, object=account.id)]
    assert acts[0] == "serviceAccount.delete" and acts[-1] == "serviceAccount.create"


def test_secrets_expire(account: Account) -> None:
    soon = datetime.now(timezone.utc) + timedelta(seconds=2)
    made = account.secret(expires_at=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    past = datetime.now(timezone.utc) - timedelta(days=1)
    body = {"expires_at": past.strftime("%Y-%m-%dT%H:%M:%SZ")}
    path = f"service-accounts/{account.id}/secrets"
    problem(account.admin.post(path, body), 400, "identity.badExpiry")
    form = {"grant_type": "client_credentials", "client_id": account.id}
    wait_until(lambda: account.post(**form, client_secret=made["client_secret"]).status_code == 401)


def test_names(admin: Client, account: Account) -> None:
    problem(admin.post("service-accounts", {"name": account.name}), 409, "identity.nameTaken")
    problem(admin.post("service-accounts", {"name": account.name.upper()}), 409)
    problem(admin.post("groups", {"name": account.name}), 409)
    group = admin.ok("POST", "groups", json={"name": f"g {uuid.uuid4().hex[:8]}"})
    problem(admin.post("service-accounts", {"name": group["name"]}), 409)
    for bad in ("a@b", "everyone", "Everyone", "x\n", ""):
        problem(admin.post("service-accounts", {"name": bad}), 400)
    path = f"service-accounts/{account.id}"
    problem(admin.request("PATCH", path, json={"name": group["name"]}), 409)
    renamed = admin.ok("PATCH", path, json={"name": f"{account.name} 2"})
    assert renamed["name"] == f"{account.name} 2"
    admin.delete(f"groups/{group['id']}")


def test_only_administrators(account: Account, user: Client) -> None:
    path = f"service-accounts/{account.id}"
    problem(user.get("service-accounts"), 403)
    problem(user.get(path), 403)
    problem(user.post("service-accounts", {"name": "mine"}), 403)
    problem(user.post(f"{path}/secrets", {}), 403)
    problem(user.delete(path), 403)


def test_a_token_survives_a_restart_and_its_end_too(fresh_server) -> None:
    from tests.conftest import sign_in

    account = Account(sign_in(fresh_server))
    secrets = [account.secret(), account.secret()]
    clients = [account.token(s["client_secret"]) for s in secrets]
    account.admin.ok("DELETE", f"service-accounts/{account.id}/secrets/{secrets[0]['id']}")
    fresh_server.restart()
    for client in clients:
        client.url = fresh_server.url
    problem(clients[0].get("auth/me"), 401)
    assert clients[1].get("auth/me").status_code == 200
