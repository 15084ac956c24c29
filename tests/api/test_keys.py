"""API keys."""

from datetime import datetime, timedelta, timezone

import pytest

from tests.api.checks import problem
from tests.harness.client import Client


def instant(delta: timedelta) -> str:
    return (datetime.now(timezone.utc) + delta).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_key_is_shown_once_and_works(admin: Client, server) -> None:
    made = admin.post("keys", {"name": "ci"})
    assert made.status_code == 201
    key = made.json()
    assert key["key"].startswith("obk_") and key["key"].startswith(key["prefix"])
    assert Client(server.url, key["key"]).value("select 41 + 1") == 42
    listed = [k for k in admin.ok("GET", "keys")["items"] if k["id"] == key["id"]]
    assert len(listed) == 1 and "key" not in listed[0]
    assert admin.delete(f"keys/{key['id']}").status_code == 204
    problem(Client(server.url, key["key"]).get("auth/me"), 401)


def test_a_key_expires(admin: Client, server) -> None:
    import time

    body = {"name": "brief", "expires_at": instant(timedelta(seconds=2))}
    key = admin.ok("POST", "keys", json=body)["key"]
    client = Client(server.url, key)
    assert client.get("auth/me").status_code == 200
    time.sleep(3)
    problem(client.get("auth/me"), 401)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x" * 1000},
        {"name": "x", "expires_at": "soon"},
        {"name": "x", "expires_at": instant(timedelta(days=-1))},
        {"name": "x", "expires_at": 5},
    ],
)
def test_bad_keys_are_refused(admin: Client, body: dict) -> None:
    problem(admin.post("keys", body), (400, 422))


def test_keys_are_their_owners(admin: Client, user: Client) -> None:
    key = admin.ok("POST", "keys", json={"name": "mine"})
    assert key["id"] not in [k["id"] for k in user.ok("GET", "keys")["items"]]
    problem(user.delete(f"keys/{key['id']}"), 404)
    assert admin.delete(f"keys/{key['id']}").status_code == 204
    problem(admin.delete(f"keys/{key['id']}"), 404)
