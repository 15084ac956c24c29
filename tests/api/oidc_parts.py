"""What the tests of OpenID Connect share: a server, a provider that lies, and a browser between them."""

from __future__ import annotations

import uuid
from typing import Any, Iterator

import pytest

from tests.conftest import sign_in
from tests.harness.client import Client
from tests.harness.forged_oidc import ForgedProvider
from tests.harness.providers import Browser, me, problem
from tests.harness.server import Server

SECRET = "a-secret-of-the-client-that-nobody-sees"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(outbound_private_hosts="127.0.0.1") as running:
        yield running
        assert not any(SECRET in line for line in running.log)


@pytest.fixture(scope="module")
def admin(server: Server) -> Client:
    return sign_in(server)


@pytest.fixture()
def forged() -> Iterator[ForgedProvider]:
    provider = ForgedProvider()
    yield provider
    provider.stop()


def provider_of(admin: Client, slug: str, issuer: str, **settings: Any) -> dict:
    return admin.ok(
        "POST",
        "sso/providers",
        json={
            "slug": slug,
            "name": f"Provider {slug}",
            "kind": "oidc",
            "client_secret": SECRET,
            "settings": {"issuer": issuer, "client_id": "openbricks", **settings},
        },
    )


@pytest.fixture()
def added(admin: Client, forged: ForgedProvider) -> Iterator[dict]:
    """The forged provider, known to the server."""
    made = provider_of(admin, "p" + uuid.uuid4().hex[:10], forged.issuer)
    yield made
    admin.delete(f"sso/providers/{made['id']}")


def fresh_email() -> str:
    return f"{uuid.uuid4().hex[:10]}@corp.example"


def change(admin: Client, provider: dict, **settings: Any) -> None:
    body = {name: provider[name] for name in ("slug", "name", "kind", "enabled")}
    body["settings"] = provider["settings"] | settings
    admin.ok("PUT", f"sso/providers/{provider['id']}", json=body)


def begin(server: Server, provider: dict, browser: Browser) -> str:
    """The address at the provider that a sign-in begins with."""
    answer = browser.http.get(
        f"{server.url}/api/v1/auth/sso/{provider['slug']}/start?next=/sql", allow_redirects=False
    )
    assert answer.status_code == 303
    return answer.headers["Location"]


def come_back(server: Server, browser: Browser, address: str) -> str:
    """Where the page goes on: its path and query."""
    answer = browser.http.get(address, allow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def attempt(server: Server, forged: ForgedProvider, provider: dict, **changes: str) -> str:
    browser = Browser()
    address = forged.authorize(begin(server, provider, browser), **changes)
    return come_back(server, browser, address)


def user_of(admin: Client, email: str) -> dict | None:
    for user in admin.ok("GET", "users", params={"limit": 1000})["items"]:
        if user["email"] == email:
            return user
    return None
