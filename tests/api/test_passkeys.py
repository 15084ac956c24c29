"""Passkeys: adding them, signing in with them, and everything that must not sign anybody in."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from typing import Callable

import pytest
import requests

from tests.api.checks import problem
from tests.conftest import USER_PASSWORD, make_user, sign_in
from tests.harness.authenticator import (
    BACKED_UP,
    ELIGIBLE,
    PRESENT,
    Authenticator,
    b64,
)
from tests.harness.client import Client
from tests.harness.server import ADMIN_PASSWORD, Server

SIGN_IN = "auth/passkey-sign-in"


@pytest.fixture(scope="module")
def server():
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Client:
    return sign_in(server)


@pytest.fixture()
def owner(admin: Client) -> Client:
    client = make_user(admin, "ann")
    client.email = client.ok("GET", "auth/me")["email"]
    return client


@pytest.fixture()
def device(owner: Client) -> Authenticator:
    """A passkey of the owner's."""
    made = Authenticator(owner.url)
    made.register(owner, USER_PASSWORD)
    return made


def prove(device: Authenticator, **changes: str) -> requests.Response:
    client = Client(device.url)
    asked = client.ok("POST", f"{SIGN_IN}/start")
    return client.post(SIGN_IN, device.prove(asked) | changes)


def signed_in(device: Authenticator) -> Client:
    answer = prove(device)
    assert answer.status_code == 200, answer.text
    return Client(device.url, answer.json()["access_token"])


def code_of(secret: str, ahead: int = 0) -> str:
    step = struct.pack(">Q", int(time.time() // 30) + ahead)
    mac = hmac.new(base64.b32decode(secret), step, hashlib.sha1).digest()
    value = struct.unpack(">I", mac[mac[19] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{value % 1_000_000:06}"


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "EdDSA"])
def test_it_signs_in_without_a_password(admin: Client, owner: Client, algorithm: str) -> None:
    assert owner.ok("GET", "auth/passkeys") == {"items": [], "password": True}
    device = Authenticator(owner.url, algorithm)
    device.flags |= ELIGIBLE | BACKED_UP
    added = device.register(owner, USER_PASSWORD)
    assert added["backed_up"] and "last_used_at" not in added
    client = signed_in(device)
    assert client.ok("GET", "auth/me")["email"] == owner.email
    (listed,) = client.ok("GET", "auth/passkeys")["items"]
    assert listed["id"] == added["id"] and listed["last_used_at"] > listed["created_at"]
    sessions = client.ok("GET", "auth/sessions")["items"]
    assert [one["via"] for one in sessions if one["current"]] == ["a passkey"]
    entry = admin.ok("GET", "audit", params={"action": "auth.passkeySignIn", "limit": 1})
    assert entry["items"][0]["actor"]["name"] == owner.email
    assert entry["items"][0]["outcome"] == "allowed"


def test_a_foreign_attestation_is_not_looked_at(owner: Client) -> None:
    device = Authenticator(owner.url)
    device.format = ("packed", {"alg": -7, "sig": b"nothing", "x5c": [b"no certificate"]})
    device.register(owner, USER_PASSWORD)
    signed_in(device)


def test_where_passkeys_work_is_told(server: Server, owner: Client) -> None:
    settings = Client(server.url).ok("GET", "auth/settings")
    assert settings["passkey_origin"] == f"http://localhost:{server.port}"
    with Server(public_url="http://10.1.2.3:8080") as other:
        client = sign_in(other)
        assert client.ok("GET", "auth/settings")["passkey_origin"] == ""
        problem(client.post(f"{SIGN_IN}/start"), 409, "identity.noPasskeysHere")
        body = {"password": USER_PASSWORD}
        problem(client.post("auth/passkeys/start", body), 409, "identity.noPasskeysHere")
    with Server(public_url="https://bricks.example.org/lake/") as other:
        client = Client(other.url)
        settings = client.ok("GET", "/lake/api/v1/auth/settings")
        assert settings["passkey_origin"] == "https://bricks.example.org"
        asked = client.ok("POST", f"/lake/api/v1/{SIGN_IN}/start")
        assert asked["rp_id"] == "bricks.example.org" and asked["allow"] == []


def lie(**members: object) -> Callable[[Authenticator], None]:
    def tell(device: Authenticator) -> None:
        for name, value in members.items():
            setattr(device, name, value)

    return tell


LIES = {
    "origin": lie(origin="http://localhost:1"),
    "origin of another site": lie(origin="https://evil.example"),
    "relying party": lie(rp_id="evil.example"),
    "challenge": lie(client_data={"challenge": b64(bytes(32))}),
    "no challenge": lie(client_data={"challenge": ""}),
    "type": lie(client_data={"type": "payment.get"}),
    "frame": lie(client_data={"crossOrigin": True}),
    "user not verified": lie(flags=PRESENT),
    "nobody there": lie(flags=4),
    "flags that contradict": lie(flags=5 | BACKED_UP),
}


@pytest.mark.parametrize("name", LIES)
def test_lies_sign_nobody_in(device: Authenticator, owner: Client, name: str) -> None:
    LIES[name](device)
    problem(prove(device), 401, "identity.badPasskey")
    # Nor do they add a passkey.
    other = Authenticator(owner.url)
    LIES[name](other)
    asked = owner.ok("POST", "auth/passkeys/start", json={"password": USER_PASSWORD})
    problem(owner.post("auth/passkeys", other.create(asked)), 400, "identity.badPasskey")


def test_answers_are_the_same_whatever_is_wrong(
    admin: Client, owner: Client, device: Authenticator
) -> None:
    stranger = Authenticator(owner.url)
    stranger.user_handle = device.user_handle
    answers = [prove(stranger)]
    somebody = Authenticator(owner.url)
    somebody.register(make_user(admin, "ben"), USER_PASSWORD)
    somebody.user_handle = device.user_handle  # another user's credential
    answers.append(prove(somebody))
    answers.append(prove(somebody, credential_id=b64(device.credential_id)))
    answers.append(prove(device, user_handle=""))
    answers.append(prove(device, signature=b64(b"nothing")))
    answers.append(prove(device, ticket="none"))
    told = {problem(answer, 401, "identity.badPasskey")["detail"] for answer in answers}
    assert len(told) == 1
    signed_in(device)


def test_a_challenge_works_once(device: Authenticator, owner: Client) -> None:
    client = Client(owner.url)
    proof = device.prove(client.ok("POST", f"{SIGN_IN}/start"))
    assert client.post(SIGN_IN, proof).status_code == 200
    problem(client.post(SIGN_IN, proof), 401, "identity.badPasskey")
    # A ticket of something else is no ticket.
    asked = owner.ok("POST", "auth/passkeys/start", json={"password": USER_PASSWORD})
    problem(client.post(SIGN_IN, device.prove(asked)), 401, "identity.badPasskey")


def test_a_counter_that_goes_back_is_refused_and_told(admin: Client, device: Authenticator) -> None:
    device.counter = 7
    signed_in(device)
    device.counter = 7
    problem(prove(device), 401, "identity.badPasskey")
    filters = {"action": "auth.passkeySignIn", "outcome": "denied", "limit": 1}
    (entry,) = admin.ok("GET", "audit", params=filters)["items"]
    assert "counter went back" in entry["details"]["why"]
    device.counter = 8
    signed_in(device)


def test_a_credential_is_of_one_account(
    admin: Client, owner: Client, device: Authenticator
) -> None:
    for client in (owner, make_user(admin, "eve")):
        asked = client.ok("POST", "auth/passkeys/start", json={"password": USER_PASSWORD})
        again = client.post("auth/passkeys", device.create(asked))
        problem(again, 409, "identity.passkeyTaken")


def test_changes_take_proof(admin: Client, owner: Client, device: Authenticator) -> None:
    wrong = {"password": "not the password"}
    problem(owner.post("auth/passkeys/start", wrong), 403, "identity.badCredentials")
    problem(owner.post("auth/passkeys/start", {}), 403, "identity.badCredentials")
    key = owner.ok("POST", "keys", json={"name": "k"})["key"]
    right = {"password": USER_PASSWORD}
    by_key = Client(owner.url, key)
    problem(by_key.post("auth/passkeys/start", right), 403, "identity.needsSession")
    (item,) = owner.ok("GET", "auth/passkeys")["items"]
    remove = f"auth/passkeys/{item['id']}/remove"
    problem(by_key.post(remove, right), 403, "identity.needsSession")
    problem(owner.post(remove, wrong), 403, "identity.badCredentials")
    problem(make_user(admin, "eve").post(remove, right), 404, "identity.passkeyNotFound")
    path = f"auth/passkeys/{item['id']}"
    assert owner.ok("PATCH", path, json={"name": "Mine"})["name"] == "Mine"
    problem(make_user(admin, "eve").request("PATCH", path, json={"name": "x"}), 404)
    assert owner.post(remove, right).status_code == 204
    problem(prove(device), 401, "identity.badPasskey")
    names = {
        entry["action"]
        for entry in admin.ok("GET", "audit", params={"actor": owner.email, "limit": 50})["items"]
    }
    assert {"auth.addPasskey", "auth.renamePasskey", "auth.removePasskey"} <= names


def test_it_stands_for_the_second_factor(owner: Client, device: Authenticator) -> None:
    enrolled = owner.ok("POST", "auth/second-factor/enrol", json={"password": USER_PASSWORD})
    code = {"code": code_of(enrolled["secret"], -1)}
    recovery = owner.ok("POST", "auth/second-factor/confirm", json=code)["recovery_codes"]
    body = {"password": USER_PASSWORD}
    problem(owner.post("auth/passkeys/start", body), 403, "identity.badCode")
    owner.ok("POST", "auth/passkeys/start", json=body | {"code": recovery[0]})
    # Alone it stands for both factors.
    signed_in(device)
    client = Client(owner.url)
    half = client.post("auth/login", {"email": owner.email, "password": USER_PASSWORD})
    needed = problem(half, 401, "identity.secondFactorNeeded")
    assert needed["passkeys"] == "true"
    challenge = {"challenge": needed["challenge"]}
    asked = client.ok("POST", "auth/passkey-second-factor/start", json=challenge)
    assert [one["credential_id"] for one in asked["allow"]] == [b64(device.credential_id)]
    other = Authenticator(owner.url)
    wrong = client.post("auth/passkey-second-factor", other.prove(asked) | challenge)
    problem(wrong, 401, "identity.badPasskey")
    device.flags = PRESENT  # the password was the first factor
    proof = device.prove(asked) | challenge
    tokens = client.ok("POST", "auth/passkey-second-factor", json=proof)
    assert Client(owner.url, tokens["access_token"]).ok("GET", "auth/me")["email"] == owner.email
    again = client.post("auth/passkey-second-factor", proof)
    problem(again, 401, "identity.badPasskey")
    missing = client.post("auth/passkey-second-factor/start", {"challenge": "none"})
    problem(missing, 401, "identity.badChallenge")


def test_who_may_not_sign_in_may_not_with_a_passkey(
    admin: Client, owner: Client, device: Authenticator
) -> None:
    id = owner.ok("GET", "auth/me")["id"]
    admin.ok("PATCH", f"users/{id}", json={"disabled": True})
    problem(prove(device), 403, "identity.disabled")
    admin.ok("PATCH", f"users/{id}", json={"disabled": False})
    admin.ok("POST", f"users/{id}/password", json={"password": "for the moment"})
    problem(prove(device), 403, "identity.passwordChangeNeeded")
    admin.ok("DELETE", f"users/{id}/passkeys")
    problem(prove(device), 401, "identity.badPasskey")


def test_an_enforced_domain_signs_in_with_its_provider(admin: Client) -> None:
    email = "ann@enforced.example"
    admin.ok("POST", "users", json={"email": email, "name": "Ann", "password": USER_PASSWORD})
    user = Client(admin.url).login(email, USER_PASSWORD)
    device = Authenticator(admin.url)
    device.register(user, USER_PASSWORD)
    settings = {
        "issuer": "https://idp.example",
        "client_id": "c",
        "enforced_domains": ["enforced.example"],
    }
    body = {"slug": "enforced", "name": "P", "kind": "oidc", "settings": settings}
    provider = admin.ok("POST", "sso/providers", json=body)
    try:
        problem(prove(device), 403, "identity.singleSignOn")
        again = user.post("auth/passkeys/start", {"password": USER_PASSWORD})
        problem(again, 403, "identity.singleSignOn")
    finally:
        admin.ok("DELETE", f"sso/providers/{provider['id']}")
    signed_in(device)


HOSTILE = {
    "empty": b"",
    "no CBOR": b"\xff" * 40,
    "endless": b"\xbf" + b"\x61a\x01" * 10,
    "a length beyond": b"\xa3\x63fmt\x5b\xff\xff\xff\xff\xff\xff\xff\xff",
    "deep": b"\x81" * 20_000,
    "wide": b"\x9a\x7f\xff\xff\xff",
    "a map of nothing": b"\xa0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused(owner: Client, device: Authenticator, name: str) -> None:
    asked = owner.ok("POST", "auth/passkeys/start", json={"password": USER_PASSWORD})
    body = Authenticator(owner.url).create(asked) | {"attestation": b64(HOSTILE[name])}
    refused = owner.post("auth/passkeys", body)
    assert refused.status_code == 400, refused.text
    data = b64(HOSTILE[name][:6000])
    refused = prove(device, authenticator_data=data)
    assert refused.status_code in (400, 401), refused.text


def test_too_many_failures_wait() -> None:
    with Server() as server:
        client = sign_in(server)
        device = Authenticator(server.url)
        asked = Client(server.url).ok("POST", f"{SIGN_IN}/start")
        proof = device.prove(asked)
        answers = [client.post(SIGN_IN, proof).status_code for _ in range(60)]
        assert answers[:40] == [401] * 40 and answers[-1] == 429
        # Passwords are counted by themselves.
        sign_in(server)
        assert client.ok("GET", "auth/passkeys")["items"] == []


def test_it_outlives_a_restart_and_works_on_every_instance(tmp_path) -> None:
    with Server(data=tmp_path / "data") as server:
        client = sign_in(server)
        device = Authenticator(server.url)
        device.register(client, ADMIN_PASSWORD)
        asked = Client(server.url).ok("POST", f"{SIGN_IN}/start")
        server.kill()
        server.start()
        # The challenge was of the process before.
        proof = device.prove(asked)
        assert Client(server.url).post(SIGN_IN, proof).status_code == 200
        server.kill()
        server.start()
        problem(Client(server.url).post(SIGN_IN, proof), 401, "identity.badPasskey")
