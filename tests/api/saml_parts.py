"""What the tests of SAML share: a server, providers of ours, and a browser's way through them."""

from __future__ import annotations

import base64
import uuid
import zlib
from typing import Any, Iterator
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pytest

from tests.conftest import sign_in
from tests.harness.client import Client
from tests.harness.forged_saml import ASSERTION, Says, Signer
from tests.harness.providers import Browser, me, problem
from tests.harness.server import Server

ISSUER = "urn:forged:idp"
SIGNER = Signer()
OTHER = Signer()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(outbound_private_hosts="127.0.0.1") as running:
        yield running
        assert running.process.poll() is None, running.tail()


@pytest.fixture(scope="module")
def admin(server: Server) -> Client:
    return sign_in(server)


def add(admin: Client, slug: str, **settings: Any) -> dict:
    return admin.ok(
        "POST",
        "sso/providers",
        json={
            "slug": slug,
            "name": f"Provider {slug}",
            "kind": "saml",
            "settings": {
                "entity_id": ISSUER,
                "sign_on_url": "https://idp.example/sso",
                "certificates": [SIGNER.certificate],
                "trust_email": True,
                **settings,
            },
        },
    )


@pytest.fixture(scope="module")
def forged(admin: Client) -> dict:
    return add(admin, "forged")


@pytest.fixture(scope="module")
def open_door(admin: Client) -> dict:
    return add(admin, "open", idp_initiated=True, groups_claim="roles")


def begin(server: Server, provider: dict, browser: Browser) -> tuple[str, str]:
    """The id of the request that a sign-in begins with, and its relay state."""
    answer = browser.http.get(
        f"{server.url}/api/v1/auth/sso/{provider['slug']}/start?next=/sql", allow_redirects=False
    )
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    request = zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15).decode()
    parsed = ElementTree.fromstring(request)
    assert parsed.get("AssertionConsumerServiceURL") == provider["redirect_url"]
    assert parsed.find(f"{{{ASSERTION}}}Issuer").text == provider["metadata_url"]
    return parsed.get("ID"), query["RelayState"][0]


def post(
    server: Server, provider: dict, browser: Browser, text: str | bytes, relay: str = ""
) -> str:
    """Where the page goes on after the form of another site's page."""
    data = text.encode() if isinstance(text, str) else text
    # A browser leaves SameSite cookies out of it.
    cookies, browser.http.cookies = browser.http.cookies, type(browser.http.cookies)()
    answer = browser.http.post(
        provider["redirect_url"],
        data={"SAMLResponse": base64.b64encode(data), "RelayState": relay},
        allow_redirects=False,
    )
    browser.http.cookies = cookies
    assert answer.status_code == 303, answer.text
    location = answer.headers["Location"]
    if "/finish?" not in location:
        return location
    return browser.http.get(server.url + location, allow_redirects=False).headers["Location"]


def says(provider: dict, asked: str = "", **changes: Any) -> Says:
    subject = f"{uuid.uuid4().hex[:10]}@corp.example"
    values = {
        "issuer": ISSUER,
        "audience": provider["metadata_url"],
        "recipient": provider["redirect_url"],
        "in_response_to": asked,
        "subject": subject,
    }
    return Says(**(values | changes))


def state(admin: Client) -> tuple[int, list]:
    users = admin.ok("GET", "users", params={"limit": 1000})["items"]
    people = [one["identities"] for one in admin.ok("GET", "sso/providers")["items"]]
    return len(users), people
