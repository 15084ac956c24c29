"""OpenBricks as an OpenID Connect provider: a certified client library, and what must not work."""

from __future__ import annotations

import base64
import hashlib
import json
import uuid
from typing import Any, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.conftest import USER_PASSWORD, make_user, sign_in
from tests.harness.client import Client
from tests.harness.providers import NodeProvider
from tests.harness.server import Server

BACK = "https://app.example/cb?a=b"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Client:
    return sign_in(server)


@pytest.fixture(scope="module")
def person(admin: Client) -> Client:
    return make_user(admin, "ada")


@pytest.fixture(scope="module")
def application() -> Iterator[str]:
    with NodeProvider("client.mjs", {}) as running:
        yield running.url


def register(admin: Client, *uris: str, **more: Any) -> dict:
    body = {"name": "An app", "redirect_uris": list(uris or (BACK,)), **more}
    return admin.ok("POST", "oauth/clients", json=body)


@pytest.fixture(scope="module")
def client(admin: Client) -> dict:
    return register(admin)


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")


def asked(client: dict, **changes: Any) -> dict:
    values = {
        "client_id": client["id"],
        "redirect_uri": client["redirect_uris"][0],
        "response_type": "code",
        "scope": "openid email profile offline_access",
        "state": "s t&te",
        "nonce": "n",
        "code_challenge": CHALLENGE.decode(),
        "code_challenge_method": "S256",
    } | changes
    return {name: value for name, value in values.items() if value is not None}


def step(person: Client, client: dict, decision: str = "approve", **changes: Any) -> dict:
    return person.ok(
        "POST", "oauth/authorize", json=asked(client, **changes) | {"decision": decision}
    )


def code_for(person: Client, client: dict, **changes: Any) -> str:
    return query_of(step(person, client, **changes)["redirect"])["code"]


def exchange(
    server: Server, client: dict, auth: Any = None, **form: str | None
) -> requests.Response:
    values = {
        "grant_type": "authorization_code",
        "redirect_uri": client["redirect_uris"][0],
        "code_verifier": VERIFIER,
    } | form
    values = {name: value for name, value in values.items() if value is not None}
    auth = auth or (client["id"], client.get("client_secret", ""))
    return requests.post(f"{server.url}/api/v1/oauth/token", data=values, auth=auth)


def form_post(server: Server, client: dict, path: str, **form: str) -> requests.Response:
    auth = (client["id"], client["client_secret"])
    return requests.post(f"{server.url}/api/v1/oauth/{path}", data=form, auth=auth)


def userinfo(server: Server, token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{server.url}/api/v1/oauth/userinfo", headers=headers)


# --- a certified client library


@pytest.mark.parametrize("confidential", [True, False])
def test_an_application_signs_people_in(
    server: Server, admin: Client, person: Client, application: str, confidential: bool
) -> None:
    group = admin.ok("POST", "groups", json={"name": f"G {uuid.uuid4().hex}"})
    me = person.ok("GET", "auth/me")
    admin.ok("PUT", f"groups/{group['id']}/members/{me['id']}")
    made = register(admin, f"{application}/callback", confidential=confidential)
    assert ("client_secret" in made) == confidential
    params = {
        "issuer": server.url,
        "client_id": made["id"],
        "client_secret": made.get("client_secret", ""),
        "scope": "openid email profile groups" + (" offline_access" if confidential else ""),
    }
    to = requests.get(f"{application}/login", params=params, allow_redirects=False)
    assert to.headers.get("Location", "").startswith(
        f"{server.url}/api/v1/oauth/authorize?"
    ), to.text
    page = requests.get(to.headers["Location"], allow_redirects=False)
    assert page.status_code == 303 and page.headers["Location"].startswith("/oauth/authorize?")
    wants = query_of(page.headers["Location"])
    shown = person.ok("POST", "oauth/authorize", json=wants)
    assert shown["client_name"] == "An app" and "groups" in shown["scopes"]
    back = person.ok("POST", "oauth/authorize", json=wants | {"decision": "approve"})["redirect"]
    got = requests.get(back).json()
    assert "error" not in got, got
    assert got["claims"]["sub"] == got["info"]["sub"] == me["id"]
    assert got["claims"]["aud"] == made["id"] and got["claims"]["iss"] == server.url
    for place in ("claims", "info"):
        assert got[place]["email"] == me["email"] and got[place]["email_verified"]
        assert got[place]["name"] == me["name"] and group["name"] in got[place]["groups"]
    if confidential:
        assert got["introspected"]["active"] and got["introspected"]["username"] == me["email"]
        assert got["revoked"] == {"active": False}
    # The second time nobody is asked, and silently too.
    params["prompt"] = "none"
    to = requests.get(f"{application}/login", params=params, allow_redirects=False)
    back = person.ok("POST", "oauth/authorize", json=query_of(to.headers["Location"]))["redirect"]
    assert requests.get(back).json()["claims"]["sub"] == me["id"]


def test_key_and_configuration_fit_each_other(server: Server, person: Client, client: dict) -> None:
    config = requests.get(f"{server.url}/.well-known/openid-configuration").json()
    assert config["issuer"] == server.url
    keys = requests.get(config["jwks_uri"]).json()["keys"]
    tokens = exchange(server, client, code=code_for(person, client)).json()
    header = json.loads(base64.urlsafe_b64decode(tokens["id_token"].split(".")[0] + "=="))
    assert header["alg"] in config["id_token_signing_alg_values_supported"]
    assert header["kid"] in {key["kid"] for key in keys}


def test_programs_sign_in_with_a_standard_library(
    server: Server, person: Client, application: str
) -> None:
    params = {"issuer": server.url, "client_id": "openbricks"}
    started = requests.get(f"{application}/device", params=params).json()
    assert started["verification_uri"].startswith(server.url), started
    code = {"user_code": started["user_code"], "approve": True}
    person.ok("POST", "auth/device/decide", json=code)
    got = requests.get(f"{application}/device/tokens").json()
    token = got["refreshed"]["access_token"]
    assert Client(server.url, token).ok("GET", "auth/me")["id"] == person.ok("GET", "auth/me")["id"]


@pytest.mark.parametrize("post", ["", "1"])
def test_service_accounts_with_a_standard_library(
    server: Server, admin: Client, application: str, post: str
) -> None:
    account = admin.ok("POST", "service-accounts", json={"name": f"s {uuid.uuid4().hex[:8]}"})
    made = admin.ok("POST", f"service-accounts/{account['id']}/secrets", json={})
    params = {name: made[name] for name in ("client_id", "client_secret")}
    params |= {"issuer": server.url, "scope": "sql:read", "post": post}
    got = requests.get(f"{application}/machine", params=params).json()
    assert got["scope"] == "sql:read", got
    assert Client(server.url, got["access_token"]).value("SELECT 1") == 1


# --- consent


def test_people_decide_once_and_can_take_it_back(server: Server, admin: Client) -> None:
    person = make_user(admin, "grace")
    made = register(admin)
    shown = step(person, made, "open")
    assert shown["client_name"] == "An app" and shown["host"] == "app.example"
    assert set(shown["scopes"]) == {"openid", "email", "profile", "offline_access"}
    refused = query_of(step(person, made, "refuse")["redirect"])
    assert refused["error"] == "access_denied" and refused["state"] == "s t&te"
    assert refused["a"] == "b" and refused["iss"] == server.url
    silent = query_of(step(person, made, "open", prompt="none")["redirect"])
    assert silent["error"] == "consent_required"
    tokens = exchange(server, made, code=code_for(person, made)).json()
    assert "code" in query_of(step(person, made, "open")["redirect"])
    more = step(person, made, "open", scope="openid groups")
    assert more["scopes"] == ["groups"]
    again = step(person, made, "open", prompt="consent", scope="openid")
    assert again["scopes"] == ["openid"]
    items = person.ok("GET", "oauth/consents")["items"]
    assert [(one["client_id"], one["client_name"]) for one in items] == [(made["id"], "An app")]
    person.ok("DELETE", f"oauth/consents/{made['id']}")
    assert person.delete(f"oauth/consents/{made['id']}").status_code == 404
    assert userinfo(server, tokens["access_token"]).status_code == 401
    assert step(person, made, "open")["client_name"] == "An app"
    trusted = register(admin, trusted=True)
    assert "code" in query_of(step(person, trusted, "open")["redirect"])


def test_a_sign_in_that_is_too_old_is_made_anew(person: Client, client: dict) -> None:
    assert step(person, client, max_age="0")["sign_in_again"] is True
    silent = query_of(step(person, client, max_age="0", prompt="none")["redirect"])
    assert silent["error"] == "login_required"
    assert "redirect" in step(person, client, max_age="3600")


def test_nobody_signed_in_and_nobody_to_be_asked(server: Server, client: dict) -> None:
    entry = f"{server.url}/api/v1/oauth/authorize"
    params = asked(client) | {"no_session": "true", "prompt": "none", "unknown": "x"}
    answer = requests.get(entry, params=params, allow_redirects=False)
    assert query_of(answer.headers["Location"])["error"] == "login_required"
    params["redirect_uri"] = "https://evil.example/"
    answer = requests.get(entry, params=params, allow_redirects=False)
    assert answer.status_code == 400 and "Location" not in answer.headers


# --- what must not work


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/cb",
        "https://app.example/cb?a=b&c=d",
        "https://app.example/cb?a=b#x",
        "https://app.example.evil/cb?a=b",
        "https://app.example/CB?a=b",
        "",
    ],
)
def test_only_registered_addresses_get_answers(person: Client, client: dict, uri: str) -> None:
    for decision in ("open", "approve", "refuse"):
        answer = person.post(
            "oauth/authorize", asked(client, redirect_uri=uri) | {"decision": decision}
        )
        assert answer.status_code == 400 and answer.json()["id"] == "oauth.badClient"
    answer = person.post("oauth/authorize", asked(client, client_id="obc_wrong"))
    assert answer.status_code == 400 and answer.json()["id"] == "oauth.badClient"


@pytest.mark.parametrize(
    "changes, error",
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "email"}, "invalid_scope"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_wrong_questions_go_back(person: Client, client: dict, changes: dict, error: str) -> None:
    back = query_of(step(person, client, **changes)["redirect"])
    assert back["error"] == error and "code" not in back and back["state"] == "s t&te"


def test_public_applications_need_pkce(server: Server, admin: Client, person: Client) -> None:
    public = register(admin, confidential=False)
    back = query_of(
        step(person, public, code_challenge=None, code_challenge_method=None)["redirect"]
    )
    assert back["error"] == "invalid_request"
    code = code_for(person, public)
    body = {"client_id": public["id"], "code": code, "grant_type": "authorization_code"}
    body["redirect_uri"] = BACK
    url = f"{server.url}/api/v1/oauth/token"
    assert requests.post(url, data=body).json()["error"] == "invalid_grant"
    with_secret = body | {"client_secret": "x", "code_verifier": VERIFIER}
    assert requests.post(url, data=with_secret).json()["error"] == "invalid_client"
    assert requests.post(url, data=body | {"code_verifier": VERIFIER}).status_code == 200


def test_a_code_works_once_for_its_client_with_its_proof(
    server: Server, admin: Client, person: Client, client: dict
) -> None:
    other = register(admin)
    code = code_for(person, client)
    for form, status, error in (
        ({"code_verifier": "w" * 50}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"redirect_uri": "https://app.example/cb"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_grant"),
        ({"code": "x"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 400, "unauthorized_client"),
        ({"grant_type": DEVICE_GRANT, "device_code": "x"}, 400, "unauthorized_client"),
        ({"grant_type": None}, 400, "invalid_request"),
    ):
        answer = exchange(server, client, **({"code": code} | form))
        assert (answer.status_code, answer.json()["error"]) == (status, error), form
    stolen = exchange(server, client, code=code, auth=(other["id"], other["client_secret"]))
    assert stolen.json()["error"] == "invalid_grant"
    for auth in ((client["id"], "wrong"), (client["id"], ""), ("obc_wrong", "x")):
        answer = exchange(server, client, code=code, auth=auth)
        assert answer.status_code == 401 and answer.json()["error"] == "invalid_client"
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    answer = exchange(server, client, code=code)
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    tokens = answer.json()
    assert userinfo(server, tokens["access_token"]).status_code == 200
    # Twice: somebody else has it, so what came of it ends.
    assert exchange(server, client, code=code).json()["error"] == "invalid_grant"
    assert userinfo(server, tokens["access_token"]).status_code == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert exchange(server, client, **refresh).json()["error"] == "invalid_grant"


def test_refresh_tokens_rotate_and_a_second_use_ends_all(
    server: Server, admin: Client, person: Client, client: dict
) -> None:
    first = exchange(server, client, code=code_for(person, client)).json()
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    larger = exchange(server, client, **refresh, scope="openid groups")
    assert larger.json()["error"] == "invalid_scope"
    other = register(admin)
    stolen = exchange(server, client, **refresh, auth=(other["id"], other["client_secret"]))
    assert stolen.json()["error"] == "invalid_grant"
    second = exchange(server, client, **refresh).json()
    assert userinfo(server, second["access_token"]).status_code == 200
    assert exchange(server, client, **refresh).json()["error"] == "invalid_grant"
    for token in (first["access_token"], second["access_token"]):
        assert userinfo(server, token).status_code == 401
    refresh["refresh_token"] = second["refresh_token"]
    assert exchange(server, client, **refresh).json()["error"] == "invalid_grant"
    # Without offline_access there is none.
    code = code_for(person, client, scope="openid")
    assert "refresh_token" not in exchange(server, client, code=code).json()


def test_tokens_of_applications_open_nothing_else(
    server: Server, person: Client, client: dict
) -> None:
    tokens = exchange(server, client, code=code_for(person, client)).json()
    for token in (tokens["access_token"], tokens["id_token"], tokens["refresh_token"]):
        assert Client(server.url, token).get("auth/me").status_code == 401
        assert Client(server.url, token).get("catalogs").status_code == 401
    for token in (tokens["id_token"], tokens["refresh_token"], person.token, "", "x" * 5000):
        answer = userinfo(server, token)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


def test_keys_cannot_let_applications_in(server: Server, person: Client, client: dict) -> None:
    key = person.ok("POST", "keys", json={"name": "k"})["key"]
    answer = Client(server.url, key).post(
        "oauth/authorize", asked(client) | {"decision": "approve"}
    )
    assert answer.status_code == 403
    answer = Client(server.url).post("oauth/authorize", asked(client))
    assert answer.status_code == 401


def test_disabled_accounts_end(server: Server, admin: Client, client: dict) -> None:
    person = make_user(admin, "gone")
    id = person.ok("GET", "auth/me")["id"]
    tokens = exchange(server, client, code=code_for(person, client)).json()
    code = code_for(person, client)
    admin.ok("PATCH", f"users/{id}", json={"disabled": True})
    assert userinfo(server, tokens["access_token"]).status_code == 401
    asked_of = form_post(server, client, "introspect", token=tokens["access_token"])
    assert asked_of.json() == {"active": False}
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert exchange(server, client, **refresh).json()["error"] == "invalid_grant"
    assert exchange(server, client, code=code).json()["error"] == "invalid_grant"
    admin.ok("DELETE", f"users/{id}")
    assert userinfo(server, tokens["access_token"]).status_code == 401


def test_introspection_and_revocation_are_for_the_own_tokens(
    server: Server, admin: Client, person: Client, client: dict
) -> None:
    tokens = exchange(server, client, code=code_for(person, client)).json()
    other = register(admin)
    access = tokens["access_token"]
    assert form_post(server, other, "introspect", token=access).json() == {"active": False}
    assert form_post(server, other, "revoke", token=access).status_code == 200
    assert userinfo(server, access).status_code == 200
    known = form_post(server, client, "introspect", token=access).json()
    assert known["active"] and known["scope"] == "email offline_access openid profile"
    assert form_post(server, client, "revoke", token="nonsense").status_code == 200
    assert form_post(server, client, "revoke", token=access).status_code == 200
    assert userinfo(server, access).status_code == 401
    public = register(admin, confidential=False)
    answer = requests.post(
        f"{server.url}/api/v1/oauth/introspect", data={"client_id": public["id"], "token": access}
    )
    assert answer.status_code == 401


def test_broken_forms_are_refused(server: Server, client: dict) -> None:
    url = f"{server.url}/api/v1/oauth/token"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, headers, error in (
        ("grant_type=a&grant_type=b", {}, "invalid_request"),
        ("client_secret=x", {"Authorization": "Basic YTpi"}, "invalid_request"),
        ("client_id=x", {"Authorization": "Basic YTpi"}, "invalid_request"),
        ("", {"Authorization": "Basic %%%"}, "invalid_client"),
        ("", {"Authorization": "Basic YQ=="}, "invalid_client"),
        ("a=%zz", {}, "invalid_request"),
    ):
        answer = requests.post(url, data=body, headers=form | headers)
        assert answer.json()["error"] == error, body
    assert requests.post(url, json={}).status_code == 415
    assert requests.post(url, data="a" * 100_000, headers=form).status_code == 413


# --- administrators


def test_applications_are_registered_by_administrators(
    server: Server, admin: Client, person: Client
) -> None:
    made = register(admin)
    one = f"oauth/clients/{made['id']}"
    body = {"name": "B", "redirect_uris": ["http://127.0.0.1:8000/cb", "com.example.app:/cb"]}
    for method, path in (
        ("GET", "oauth/clients"),
        ("POST", "oauth/clients"),
        ("PUT", one),
        ("POST", one + "/secret"),
        ("DELETE", one),
    ):
        answer = person.request(method, path, json=body if method in ("POST", "PUT") else None)
        assert answer.status_code in (400, 403), (method, path)
        assert person.request("PUT", one, json=body).status_code == 403
    changed = admin.ok("PUT", one, json=body)
    assert changed["name"] == "B" and "client_secret" not in changed
    listed = admin.get("oauth/clients")
    assert made["id"] in listed.text and made["client_secret"] not in listed.text
    code = code_for(person, changed)
    fresh = admin.ok("POST", one + "/secret")["client_secret"]
    assert (
        exchange(server, changed | {"client_secret": made["client_secret"]}, code=code).status_code
        == 401
    )
    tokens = exchange(server, changed | {"client_secret": fresh}, code=code).json()
    admin.ok("DELETE", one)
    assert userinfo(server, tokens["access_token"]).status_code == 401
    assert admin.delete(one).status_code == 404
    public = register(admin, confidential=False)
    assert admin.post(f"oauth/clients/{public['id']}/secret").status_code == 409


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example/cb",
        "http://localhost.evil.example/cb",
        "http://127.0.0.1@evil.example/cb",
        "https://user@app.example/cb",
        "https://app.example/cb#fragment",
        "https:///cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "app:/cb",
        "https://app.example/a b",
        "/cb",
        "cb",
    ],
)
def test_addresses_that_lead_astray_are_not_registered(admin: Client, uri: str) -> None:
    answer = admin.post("oauth/clients", {"name": "A", "redirect_uris": [uri]})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "redirect_uris"


def test_secrets_are_not_kept_in_clear(server: Server, person: Client, client: dict) -> None:
    tokens = exchange(server, client, code=code_for(person, client)).json()
    secrets = [client["client_secret"], tokens["access_token"], tokens["refresh_token"]]
    stored = b"".join(path.read_bytes() for path in server.data.glob("openbricks.db*"))
    for secret in [*secrets, USER_PASSWORD]:
        assert secret.encode() not in stored
        assert not any(secret in line for line in server.log)
