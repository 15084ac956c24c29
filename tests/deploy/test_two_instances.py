"""Two instances on one database, without a proxy: what works once works once on both, and what is
counted is counted together."""

from __future__ import annotations

import base64
import os
from typing import Iterator
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest
import requests

from tests.api.saml_parts import SIGNER, add, says
from tests.conftest import make_user
from tests.harness.client import Client
from tests.harness.forged_saml import DS, encrypted, response
from tests.harness.postgres import Postgres
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    folder = tmp_path_factory.mktemp("pair")
    key_file = folder / "master.key"
    key_file.write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
    key_file.chmod(0o600)
    with Postgres() as postgres:
        shared = {
            "database_url": postgres.url(postgres.create_database()),
            "objects_url": f"file://{folder / 'objects'}",
            "master_key_file": str(key_file),
            "trusted_proxies": "127.0.0.1",
            "public_url": "https://bricks.example.org",
            "bcrypt_cost": "10",
        }
        with Server(folder / "a", **shared) as first, Server(folder / "b", **shared) as second:
            yield first, second


@pytest.fixture(scope="module")
def admin(pair: tuple[Server, Server]) -> Client:
    return Client(pair[0].url).login(ADMIN_EMAIL, ADMIN_PASSWORD)


def consume(server: Server, provider: dict, text: str) -> str:
    """Why an assertion was refused; empty: it was not."""
    answer = requests.post(
        server.url + urlsplit(provider["redirect_url"]).path,
        data={"SAMLResponse": base64.b64encode(text.encode()).decode(), "RelayState": "/"},
        allow_redirects=False,
    )
    return parse_qs(urlsplit(answer.headers["Location"]).query).get("problem", [""])[0]


def test_an_assertion_works_once_on_both(pair: tuple[Server, Server], admin: Client) -> None:
    door = add(admin, "open", idp_initiated=True)
    for first, second in (pair, pair[::-1]):
        text = response(says(door).signed(SIGNER))
        assert consume(first, door, text) == ""
        assert consume(second, door, text) == consume(first, door, text) == "sso.untrusted"


def test_both_open_what_was_encrypted_for_one(pair: tuple[Server, Server], admin: Client) -> None:
    door = add(admin, "sealed", idp_initiated=True)
    found = set()
    for server in pair:
        text = Client(server.url).get("/api/v1/auth/sso/sealed/metadata").text
        found.add(ElementTree.fromstring(text).find(f".//{{{DS}}}X509Certificate").text)
    (certificate,) = found
    for server in pair:
        hidden = encrypted(says(door).signed(SIGNER), certificate)
        assert consume(server, door, response(hidden)) == ""


def test_a_code_works_once_on_both(pair: tuple[Server, Server], admin: Client) -> None:
    body = {"name": "App", "redirect_uris": ["https://app.example/cb"], "trusted": True}
    app = admin.ok("POST", "oauth/clients", json=body)
    asked = {
        "client_id": app["id"],
        "redirect_uri": "https://app.example/cb",
        "response_type": "code",
        "scope": "openid",
        "decision": "open",
    }
    back = admin.ok("POST", "oauth/authorize", json=asked)["redirect"]
    form = {
        "grant_type": "authorization_code",
        "redirect_uri": "https://app.example/cb",
        "code": parse_qs(urlsplit(back).query)["code"][0],
    }
    proof = (app["id"], app["client_secret"])
    first, second = (
        requests.post(f"{server.url}/api/v1/oauth/token", data=form, auth=proof) for server in pair
    )
    assert first.status_code == 200, first.text
    assert second.json()["error"] == "invalid_grant"
    header = {"Authorization": f"Bearer {first.json()['access_token']}"}
    userinfo = f"{pair[0].url}/api/v1/oauth/userinfo"
    assert requests.get(userinfo, headers=header).status_code == 401


def test_a_program_that_began_on_one_goes_on_at_the_other(
    pair: tuple[Server, Server], admin: Client
) -> None:
    form = {"client_id": "openbricks"}
    started = requests.post(f"{pair[1].url}/api/v1/oauth/device", data=form).json()
    body = {"user_code": started["user_code"], "approve": True}
    assert admin.post("auth/device/decide", body).status_code == 204
    form |= {"grant_type": GRANT, "device_code": started["device_code"]}
    tokens = requests.post(f"{pair[1].url}/api/v1/oauth/token", data=form).json()
    assert Client(pair[0].url, tokens["access_token"]).ok("GET", "auth/me")["email"] == ADMIN_EMAIL
    again = requests.post(f"{pair[0].url}/api/v1/oauth/token", data=form).json()
    assert again["error"] == "expired_token"


def test_guesses_are_counted_together(pair: tuple[Server, Server], admin: Client) -> None:
    email = make_user(admin, "guessed").ok("GET", "auth/me")["email"]
    tried = 0
    for number in range(200):
        answer = requests.post(
            f"{pair[number % 2].url}/api/v1/auth/login",
            json={"email": email, "password": f"guess-{number}"},
            headers={"X-Forwarded-For": f"10.1.{number}.1"},
        )
        assert answer.status_code in (401, 429)
        tried += answer.status_code == 401
    assert 5 <= tried < 20
