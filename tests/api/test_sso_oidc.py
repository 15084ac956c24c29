"""Single sign-on by OpenID Connect: a certified provider, and one that lies."""

from __future__ import annotations

import time
import uuid
from typing import Any, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.oidc_parts import (  # noqa: F401 - fixtures are used by their names
    SECRET,
    added,
    admin,
    attempt,
    begin,
    come_back,
    forged,
    fresh_email,
    me,
    problem,
    provider_of,
    server,
    user_of,
)
from tests.harness.client import Client
from tests.harness.forged_oidc import ForgedProvider, Key, token
from tests.harness.providers import Browser, NodeProvider
from tests.harness.server import ADMIN_EMAIL, Server

# --- the certified provider


@pytest.fixture(scope="module")
def certified(server: Server, admin: Client) -> Iterator[dict]:
    accounts = {
        "ada": {
            "email": "ada@corp.example",
            "email_verified": True,
            "name": "Ada Lovelace",
            "groups": ["engineers", "others"],
        },
        "eve": {"email": ADMIN_EMAIL, "email_verified": False, "name": "Eve"},
    }
    client = {
        "client_id": "openbricks",
        "client_secret": SECRET,
        "redirect_uris": [f"{server.url}/api/v1/auth/sso/certified/callback"],
        "scope": "openid email profile groups",
    }
    with NodeProvider("oidc.mjs", {"clients": [client], "accounts": accounts}) as running:
        group = admin.ok("POST", "groups", json={"name": "Engineers"})
        made = provider_of(
            admin,
            "certified",
            running.url,
            scopes=["email", "profile", "groups"],
            groups_claim="groups",
            groups={"engineers": group["id"]},
        )
        yield made | {"group": group["id"]}


def test_the_providers_are_offered_to_everybody(server: Server, certified: dict) -> None:
    items = Client(server.url).ok("GET", "auth/sso")["items"]
    assert {"slug": "certified", "name": "Provider certified", "kind": "oidc"} in items


def test_the_secret_is_never_shown(admin: Client, certified: dict) -> None:
    shown = admin.get(f"sso/providers/{certified['id']}")
    assert shown.json()["has_secret"] is True
    assert SECRET not in shown.text
    assert SECRET not in admin.get("sso/providers").text


def test_sign_in_with_a_certified_provider(server: Server, admin: Client, certified: dict) -> None:
    admin.ok("POST", f"sso/providers/{certified['id']}/check")
    browser = Browser()
    back = browser.sign_in_at_provider(
        begin(server, certified, browser), "ada", certified["redirect_url"]
    )
    assert come_back(server, browser, back) == "/sign-in?signed=in&next=%2Fsql"
    user = me(server, browser)
    assert user["email"] == "ada@corp.example" and user["name"] == "Ada Lovelace"
    assert user["verified"] and not user["admin"]
    members = admin.ok("GET", f"groups/{certified['group']}/members")["items"]
    assert [one["email"] for one in members] == ["ada@corp.example"]

    # The same address once more: the state was used.
    assert problem(come_back(server, browser, back)) == "sso.badFlow"

    # A second sign-in finds the same account.
    again = Browser()
    back = again.sign_in_at_provider(begin(server, certified, again), "ada", back.split("?")[0])
    come_back(server, again, back)
    assert me(server, again)["id"] == user["id"]
    client = Client(server.url, signed_in_token(server, again))
    sessions = client.ok("GET", "auth/sessions")["items"]
    assert {one["via"] for one in sessions} == {"Provider certified"}
    linked = client.ok("GET", "auth/identities")["items"]
    assert [(one["provider"], one["email"]) for one in linked] == [
        ("Provider certified", "ada@corp.example")
    ]
    # It is the only way in.
    assert client.delete(f"auth/identities/{linked[0]['id']}").status_code == 409


def signed_in_token(server: Server, browser: Browser) -> str:
    answer = browser.http.post(
        f"{server.url}/api/v1/auth/refresh", json={}, headers={"X-Session": "cookie"}
    )
    assert answer.ok, answer.text
    return answer.json()["access_token"]


def test_an_unverified_email_takes_no_account(server: Server, certified: dict) -> None:
    browser = Browser()
    back = browser.sign_in_at_provider(
        begin(server, certified, browser), "eve", certified["redirect_url"]
    )
    assert problem(come_back(server, browser, back)) == "sso.emailUnverified"
    assert me(server, browser) is None


# --- the one that lies

NOW = int(time.time())
LIES: dict[str, Any] = {
    "wrong signature": lambda c, k: token(c, Key()).replace("x", "x"),
    "signature of another key under the known id": lambda c, k: token(c, Key(), kid=k.kid),
    "changed claims": lambda c, k: ".".join(
        [
            token(c, k).split(".")[0],
            token(c | {"sub": "x"}, k).split(".")[1],
            token(c, k).split(".")[2],
        ]
    ),
    "no algorithm": lambda c, k: token(c, k, "none"),
    "no algorithm in capitals": lambda c, k: token(c, k, "none", alg="NONE"),
    "public key as a shared secret": lambda c, k: token(c, k, "HS256"),
    "another algorithm's name": lambda c, k: token(c, k, "RS256", alg="ES256"),
    "demands extensions": lambda c, k: token(c, k, crit=["b64"], b64=False),
    "wrong audience": lambda c, k: token(c | {"aud": "another"}, k),
    "other audiences": lambda c, k: token(c | {"aud": ["another", "third"]}, k),
    "several audiences without a party": lambda c, k: token(c | {"aud": [c["aud"], "b"]}, k),
    "wrong party": lambda c, k: token(c | {"azp": "another"}, k),
    "no audience": lambda c, k: token({n: v for n, v in c.items() if n != "aud"}, k),
    "wrong issuer": lambda c, k: token(c | {"iss": "https://evil.example"}, k),
    "issuer with a slash": lambda c, k: token(c | {"iss": c["iss"] + "/"}, k),
    "wrong nonce": lambda c, k: token(c | {"nonce": "another"}, k),
    "no nonce": lambda c, k: token({n: v for n, v in c.items() if n != "nonce"}, k),
    "expired": lambda c, k: token(c | {"exp": NOW - 120}, k),
    "no expiry": lambda c, k: token({n: v for n, v in c.items() if n != "exp"}, k),
    "expiry as a text": lambda c, k: token(c | {"exp": "9999999999"}, k),
    "issued in the future": lambda c, k: token(c | {"iat": NOW + 3600}, k),
    "issued long ago": lambda c, k: token(c | {"iat": NOW - 86400}, k),
    "not valid yet": lambda c, k: token(c | {"nbf": NOW + 3600}, k),
    "wrong at_hash": lambda c, k: token(c | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, k),
    "no subject": lambda c, k: token({n: v for n, v in c.items() if n != "sub"}, k),
    "empty subject": lambda c, k: token(c | {"sub": ""}, k),
    "subject too long": lambda c, k: token(c | {"sub": "x" * 300}, k),
    "no token": lambda c, k: "",
    "not a token": lambda c, k: "a.b.c",
    "five parts": lambda c, k: "a.b.c.d.e",
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_are_refused(
    server: Server, admin: Client, forged: ForgedProvider, added: dict, lie: str
) -> None:
    email = fresh_email()
    forged.claims = {"email": email, "email_verified": True}
    forged.forge = LIES[lie]
    assert problem(attempt(server, forged, added)) == "sso.untrusted"
    assert user_of(admin, email) is None
    assert admin.ok("GET", f"sso/providers/{added['id']}")["identities"] == 0


@pytest.mark.parametrize("kind, algorithm", [("RSA", "RS256"), ("RSA", "PS256"), ("EC", "ES256")])
def test_honest_tokens_are_taken(
    server: Server, admin: Client, forged: ForgedProvider, added: dict, kind: str, algorithm: str
) -> None:
    email = fresh_email()
    forged.key = Key(kind)
    forged.published = [Key(), forged.key]
    forged.claims = {"email": email, "email_verified": True, "name": "N"}
    forged.forge = lambda c, k: token(c, k, algorithm)
    assert problem(attempt(server, forged, added)) == ""
    assert user_of(admin, email)["name"] == "N"


def test_small_rsa_keys_are_refused(server: Server, forged: ForgedProvider, added: dict) -> None:
    forged.key = Key(bits=1024)
    forged.published = [forged.key]
    assert problem(attempt(server, forged, added)) == "sso.untrusted"


def test_keys_are_fetched_anew_when_they_rotate_but_not_at_every_lie(
    server: Server, forged: ForgedProvider, added: dict
) -> None:
    forged.claims = {"email": fresh_email(), "email_verified": True}
    assert problem(attempt(server, forged, added)) == ""
    forged.key = Key()
    forged.published = [forged.key]
    assert problem(attempt(server, forged, added)) == ""
    fetched = forged.requests.count("/keys")
    assert fetched == 2
    forged.forge = lambda c, k: token(c, Key())
    for _ in range(12):
        assert problem(attempt(server, forged, added)) == "sso.untrusted"
    assert forged.requests.count("/keys") - fetched <= 6


def test_a_code_of_another_flow_or_browser_does_nothing(
    server: Server, forged: ForgedProvider, added: dict
) -> None:
    forged.claims = {"email": fresh_email(), "email_verified": True}
    mine, theirs = Browser(), Browser()
    address = forged.authorize(begin(server, added, mine))
    # Somebody else is made to open the attacker's address.
    assert problem(come_back(server, theirs, address)) == "sso.badFlow"
    begin(server, added, theirs)
    assert problem(come_back(server, theirs, address)) == "sso.badFlow"
    # The right state with a code that the provider gave in another flow: nonce or PKCE do not fit.
    other = forged.authorize(begin(server, added, theirs))
    code = parse_qs(urlsplit(other).query)["code"][0]
    state = parse_qs(urlsplit(address).query)["state"][0]
    mixed = f"{address.split('?')[0]}?code={code}&state={state}"
    assert problem(come_back(server, mine, mixed)) in ("sso.untrusted", "sso.providerFailed")
    # That state is used up.
    assert problem(come_back(server, mine, address)) == "sso.badFlow"


def test_a_state_of_another_provider_does_nothing(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    other = provider_of(admin, "q" + uuid.uuid4().hex[:8], forged.issuer)
    browser = Browser()
    address = forged.authorize(begin(server, added, browser))
    moved = address.replace(f"/{added['slug']}/", f"/{other['slug']}/")
    assert problem(come_back(server, browser, moved)) == "sso.badFlow"
    admin.ok("DELETE", f"sso/providers/{other['id']}")


def test_the_issuer_of_the_answer_counts(
    server: Server, forged: ForgedProvider, added: dict
) -> None:
    forged.claims = {"email": fresh_email(), "email_verified": True}
    assert problem(attempt(server, forged, added, iss="https://evil.example")) == "sso.untrusted"
    assert problem(attempt(server, forged, added, iss=forged.issuer)) == ""


def test_what_the_provider_refuses_is_told(
    server: Server, forged: ForgedProvider, added: dict
) -> None:
    assert problem(attempt(server, forged, added, error="access_denied")) == "sso.refused"
    assert problem(attempt(server, forged, added, error="server_error")) == "sso.providerFailed"


def test_next_leads_nowhere_else(server: Server, forged: ForgedProvider, added: dict) -> None:
    forged.claims = {"email": fresh_email(), "email_verified": True}
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:1"):
        browser = Browser()
        answer = browser.http.get(
            f"{server.url}/api/v1/auth/sso/{added['slug']}/start",
            params={"next": evil},
            allow_redirects=False,
        )
        back = forged.authorize(answer.headers["Location"])
        assert come_back(server, browser, back) == "/sign-in?signed=in&next=%2F"
