"""Whose account a sign-in at a provider leads to, what providers may be set to, and plain OAuth 2."""

from __future__ import annotations

import uuid

from tests.api.oidc_parts import (  # noqa: F401 - fixtures are used by their names
    SECRET,
    added,
    admin,
    attempt,
    begin,
    change,
    come_back,
    forged,
    fresh_email,
    me,
    problem,
    server,
    user_of,
)
from tests.conftest import sign_in
from tests.harness.client import Client
from tests.harness.forged_oidc import ForgedProvider
from tests.harness.providers import Browser
from tests.harness.server import ADMIN_EMAIL, Server

# --- whose account it is


def test_accounts_are_linked_by_verified_email_only(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    email = fresh_email()
    made = admin.ok("POST", "users", json={"email": email, "name": "A", "password": "x" * 12})
    forged.claims = {"sub": "s1", "email": email.upper(), "email_verified": False}
    assert problem(attempt(server, forged, added)) == "sso.emailUnverified"
    forged.claims["email_verified"] = True
    browser = Browser()
    come_back(server, browser, forged.authorize(begin(server, added, browser)))
    assert me(server, browser)["id"] == made["id"]
    # From now on by the subject, whatever the email is.
    forged.claims = {"sub": "s1", "email": ADMIN_EMAIL, "email_verified": False}
    browser = Browser()
    come_back(server, browser, forged.authorize(begin(server, added, browser)))
    assert me(server, browser)["id"] == made["id"]


def test_service_accounts_are_nobodys(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    name = f"robot {uuid.uuid4().hex[:8]}"
    admin.ok("POST", "service-accounts", json={"name": name})
    forged.claims = {"email": name, "email_verified": True}
    assert problem(attempt(server, forged, added)) == "identity.badEmail"
    assert admin.ok("GET", f"sso/providers/{added['id']}")["identities"] == 0


def test_sign_ins_stand_in_the_audit_log(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    email = fresh_email()
    forged.claims = {"email": email, "email_verified": True}
    attempt(server, forged, added)
    forged.claims["nonce"] = "another"
    attempt(server, forged, added)
    items = admin.ok("GET", "audit", params={"action": "auth.singleSignOn", "limit": 2})["items"]
    refused, allowed = items
    assert refused["outcome"] == "denied" and refused["error"] == "sso.untrusted"
    assert allowed["outcome"] == "allowed" and allowed["actor"]["name"] == email
    assert {one["details"]["provider"] for one in items} == {added["slug"]}


def test_linking_creating_and_domains_can_be_turned_off(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    email = fresh_email()
    forged.claims = {"email": email, "email_verified": True}
    change(admin, added, create_accounts=False)
    assert problem(attempt(server, forged, added)) == "sso.noAccount"
    change(admin, added, allowed_domains=["other.example"])
    assert problem(attempt(server, forged, added)) == "sso.domainNotAllowed"
    assert user_of(admin, email) is None
    forged.claims = {"email": ADMIN_EMAIL, "email_verified": True}
    change(admin, added, link_accounts=False)
    assert problem(attempt(server, forged, added)) == "sso.accountExists"
    change(admin, added, trust_email=True, allowed_domains=["CORP.example"])
    forged.claims = {"email": email}
    assert problem(attempt(server, forged, added)) == ""


def test_disabled_accounts_and_providers_stay_out(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    email = fresh_email()
    forged.claims = {"email": email, "email_verified": True}
    assert problem(attempt(server, forged, added)) == ""
    user = user_of(admin, email)
    admin.ok("PATCH", f"users/{user['id']}", json={"disabled": True})
    assert problem(attempt(server, forged, added)) == "identity.disabled"
    browser = Browser()
    address = forged.authorize(begin(server, added, browser))
    body = {name: added[name] for name in ("slug", "name", "kind", "settings")}
    admin.ok("PUT", f"sso/providers/{added['id']}", json=body | {"enabled": False})
    assert problem(come_back(server, browser, address)) == "sso.noSuchProvider"
    assert all(one["slug"] != added["slug"] for one in admin.ok("GET", "auth/sso")["items"])


def test_groups_follow_the_provider(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    ours = admin.ok("POST", "groups", json={"name": f"G {uuid.uuid4().hex}"})["id"]
    change(admin, added, groups_claim="realm.roles", groups={"dev": ours, "ops": ours})
    forged.claims = {"email": fresh_email(), "email_verified": True}
    for roles, members in ((["dev"], 1), (["ops", "dev"], 1), ([], 0), ("dev", 1), (["x"], 0)):
        forged.claims["realm"] = {"roles": roles}
        assert problem(attempt(server, forged, added)) == ""
        assert len(admin.ok("GET", f"groups/{ours}/members")["items"]) == members


def test_an_own_identity_is_linked_and_unlinked(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    email = fresh_email()
    password = "a-good-password-2"
    admin.ok("POST", "users", json={"email": email, "name": "A", "password": password})
    client = Client(server.url).login(email, password)
    forged.claims = {"sub": "linked", "email": "unrelated@else.example"}
    link = f"auth/sso/{added['slug']}/link"
    answer = client.post(link, {"next": "/settings?tab=account"})
    browser = Browser()
    browser.http.cookies.update(answer.cookies)
    back = forged.authorize(answer.json()["url"])
    assert come_back(server, browser, back) == "/settings?tab=account"
    # It was no sign-in, but from now on it is one.
    assert me(server, browser) is None
    browser = Browser()
    come_back(server, browser, forged.authorize(begin(server, added, browser)))
    assert me(server, browser)["email"] == email
    # Nobody else can link it.
    answer = admin.post(link, {})
    browser = Browser()
    browser.http.cookies.update(answer.cookies)
    location = come_back(server, browser, forged.authorize(answer.json()["url"]))
    assert problem(location) == "sso.linkedElsewhere"
    items = client.ok("GET", "auth/identities")["items"]
    assert admin.delete(f"auth/identities/{items[0]['id']}").status_code == 404
    client.ok("DELETE", f"auth/identities/{items[0]['id']}")
    assert client.ok("GET", "auth/identities")["items"] == []
    # Nor can a session that has ended meanwhile: whoever it was taken from has thrown them out.
    thief = Client(server.url).login(email, password)
    answer = thief.post(link, {})
    client.ok("DELETE", "auth/sessions")
    browser = Browser()
    browser.http.cookies.update(answer.cookies)
    location = come_back(server, browser, forged.authorize(answer.json()["url"]))
    assert problem(location) == "sso.badFlow"
    assert client.ok("GET", "auth/identities")["items"] == []
    # A key cannot open a way in that outlives it.
    key = client.ok("POST", "keys", json={"name": "k"})["key"]
    assert Client(server.url, key).post(link, {}).status_code == 403


# --- passwords where a provider is enforced


def test_an_enforced_domain_refuses_passwords(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    domain = f"{uuid.uuid4().hex[:8]}.example"
    email, password = f"a@{domain}", "a-good-password-2"
    admin.ok("POST", "users", json={"email": email, "name": "A", "password": password})
    guest = Client(server.url)
    assert guest.post("auth/login", {"email": email, "password": password}).ok
    change(admin, added, enforced_domains=[domain.upper()])
    for tried in (email, f"nobody@{domain}", f"A@{domain.upper()}"):
        answer = guest.post("auth/login", {"email": tried, "password": password})
        assert answer.status_code == 403 and answer.json()["id"] == "identity.singleSignOn"
        assert answer.json()["provider"] == added["slug"]
        found = guest.ok("POST", "auth/sso/lookup", json={"email": tried})
        assert found["provider"]["slug"] == added["slug"]
    assert "provider" not in guest.ok("POST", "auth/sso/lookup", json={"email": ADMIN_EMAIL})
    made = admin.ok("POST", "invitations", json={"email": f"b@{domain}", "admin": False})
    accepted = guest.post(
        "auth/accept",
        {"token": made["link"].split("=")[1], "name": "B", "password": password},
    )
    assert accepted.status_code == 403
    # The domain belongs to one provider.
    body = {"slug": "z" + domain[:5], "name": "Z", "kind": "oidc"}
    settings = {"issuer": forged.issuer, "client_id": "c", "enforced_domains": [domain]}
    assert admin.post("sso/providers", body | {"settings": settings}).status_code == 409
    forged.claims = {"email": email, "email_verified": True}
    assert problem(attempt(server, forged, added)) == ""


# --- what administrators type


def test_only_administrators_see_and_change_providers(
    server: Server, admin: Client, added: dict
) -> None:
    email, password = fresh_email(), "a-good-password-2"
    admin.ok("POST", "users", json={"email": email, "name": "A", "password": password})
    user = Client(server.url).login(email, password)
    one = f"sso/providers/{added['id']}"
    body = {"slug": "mine", "name": "M", "kind": "oidc", "settings": added["settings"]}
    assert user.get("sso/providers").status_code == 403
    assert user.get(one).status_code == 403
    assert user.post("sso/providers", body).status_code == 403
    assert user.request("PUT", one, json=body).status_code == 403
    assert user.delete(one).status_code == 403
    assert user.post(one + "/check").status_code == 403


def test_wrong_settings_are_named(admin: Client, added: dict) -> None:
    good = {"issuer": "https://idp.example", "client_id": "c"}
    for settings, field in (
        (good | {"issuer": "http://idp.example"}, "settings.issuer"),
        (good | {"issuer": "https://idp.example?a=b"}, "settings.issuer"),
        (good | {"issuer": "file:///etc/passwd"}, "settings.issuer"),
        ({"issuer": "https://idp.example"}, "settings.client_id"),
        (good | {"enforced_domains": ["a b"]}, "settings.enforced_domains"),
        (good | {"groups": {"a": "b"}, "groups_claim": "groups"}, "settings.groups"),
        (good | {"groups": {"a": "b"}}, "settings.groups_claim"),
    ):
        body = {"slug": "wrong", "name": "W", "kind": "oidc", "settings": settings}
        answer = admin.post("sso/providers", body)
        assert answer.status_code == 400, settings
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    # The secret does not go to another server.
    body = {"slug": added["slug"], "name": "W", "kind": "oidc", "settings": good}
    answer = admin.request("PUT", f"sso/providers/{added['id']}", json=body)
    assert answer.status_code == 400 and "client_secret" in answer.text


def test_private_addresses_are_not_called(server: Server) -> None:
    with Server() as strict:
        client = sign_in(strict)
        settings = {"issuer": "https://127.0.0.1:1", "client_id": "c"}
        body = {"slug": "inside", "name": "I", "kind": "oidc", "settings": settings}
        made = client.ok("POST", "sso/providers", json=body)
        answer = client.post(f"sso/providers/{made['id']}/check")
        assert answer.status_code == 502 and "private address" in answer.json()["detail"]
        settings["issuer"] = "http://127.0.0.1:1"
        assert client.post("sso/providers", body).status_code == 400


def test_a_configuration_of_another_issuer_is_refused(
    server: Server, admin: Client, forged: ForgedProvider, added: dict
) -> None:
    forged.metadata = {"issuer": "https://evil.example"}
    answer = admin.post(f"sso/providers/{added['id']}/check")
    assert answer.status_code == 502 and "another issuer" in answer.json()["detail"]
    browser = Browser()
    assert problem(begin(server, added, browser)) == "sso.providerFailed"


def test_a_provider_of_plain_oauth(server: Server, admin: Client, forged: ForgedProvider) -> None:
    made = admin.ok(
        "POST",
        "sso/providers",
        json={
            "slug": "hub",
            "name": "Hub",
            "kind": "oauth2",
            "client_secret": SECRET,
            "settings": {
                "client_id": "openbricks",
                "scopes": ["read:user", "user:email"],
                "authorize_url": f"{forged.issuer}/authorize",
                "token_url": f"{forged.issuer}/token",
                "userinfo_url": f"{forged.issuer}/me",
                "emails_url": f"{forged.issuer}/emails",
            },
        },
    )
    email = fresh_email()
    forged.userinfo = {
        "id": 4711,
        "login": "octo",
        "email": ADMIN_EMAIL,
        "emails": [
            {"email": ADMIN_EMAIL, "verified": False, "primary": True},
            {"email": email, "verified": True, "primary": False},
        ],
    }
    browser = Browser()
    come_back(server, browser, forged.authorize(begin(server, made, browser)))
    user = me(server, browser)
    assert (user["email"], user["name"]) == (email, "octo")
    # Without a verified email nobody new gets in.
    forged.userinfo = {"id": 4712, "login": "x", "email": ADMIN_EMAIL, "emails": []}
    assert problem(attempt(server, forged, made)) == "sso.emailUnverified"
    forged.userinfo = {"login": "x"}
    assert problem(attempt(server, forged, made)) == "sso.providerFailed"
