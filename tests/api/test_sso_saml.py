"""Single sign-on by SAML 2.0: a real identity provider, and right responses made by hand."""

from __future__ import annotations

import base64
import html
import re
import uuid
from xml.etree import ElementTree

from tests.api.saml_parts import (  # noqa: F401 - fixtures are used by their names
    ISSUER,
    OTHER,
    SIGNER,
    add,
    admin,
    begin,
    forged,
    me,
    open_door,
    post,
    problem,
    says,
    server,
    state,
)
from tests.harness.client import Client, wait_until
from tests.harness.forged_saml import Signer, response
from tests.harness.providers import Browser, NodeProvider
from tests.harness.server import Server

INPUT = r"""<input[^>]*name=["']([^"']+)["'][^>]*value=["']([^"']*)["']"""


def inputs(page: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in re.findall(INPUT, page)}


def sign_in_by_form(
    server: Server,
    admin: Client,
    made: dict,
    idp: NodeProvider,
    browser: Browser,
    person: dict[str, str],
) -> tuple[bytes, str]:
    """What the real provider posts for somebody, and where the page goes on."""
    body = {name: made[name] for name in ("slug", "name", "kind")}
    body["settings"] = made["settings"] | {"sign_on_url": idp.url + "/saml/sso"}
    made = admin.ok("PUT", f"sso/providers/{made['id']}", json=body)
    page = browser.get(f"{server.url}/api/v1/auth/sso/{made['slug']}/start?next=/sql")
    action = re.search(r'<form[^>]*action="([^"]+)"', page.text).group(1)
    page = browser.http.post(idp.url + action, data=inputs(page.text) | person)
    assert page.ok, page.text
    form = inputs(page.text)
    sent = base64.b64decode(form["SAMLResponse"])
    return sent, post(server, made, browser, sent, form["RelayState"])


# --- a real provider


def test_metadata_describe_the_server(server: Server, forged: dict) -> None:
    answer = Client(server.url).get(f"/api/v1/auth/sso/{forged['slug']}/metadata")
    assert answer.headers["Content-Type"] == "application/samlmetadata+xml"
    root = ElementTree.fromstring(answer.text)
    assert root.get("entityID") == forged["metadata_url"] == answer.url
    consumer = root.find(".//{urn:oasis:names:tc:SAML:2.0:metadata}AssertionConsumerService")
    assert consumer.get("Location") == forged["redirect_url"]
    assert Client(server.url).get("/api/v1/auth/sso/nobody/metadata").status_code == 404


def test_sign_in_with_a_real_identity_provider(server: Server, admin: Client) -> None:
    group = admin.ok("POST", "groups", json={"name": "SAML developers"})["id"]
    made = add(
        admin,
        "real",
        entity_id="urn:real:idp",
        email_field="email",
        name_field="displayName",
        groups_claim="groups",
        groups={"dev": group},
    )
    settings = {
        "cert": SIGNER.certificate,
        "key": SIGNER.private,
        "issuer": "urn:real:idp",
        "acsUrl": made["redirect_url"],
        "audience": made["metadata_url"],
        "signResponse": False,
    }
    email = f"{uuid.uuid4().hex[:8]}@corp.example"
    with NodeProvider("saml.mjs", settings) as idp:
        browser = Browser()
        person = {"userName": email, "email": email, "displayName": "Grace", "groups": "dev"}
        _, location = sign_in_by_form(server, admin, made, idp, browser, person)
        assert location == "/sign-in?signed=in&next=%2Fsql"
    user = me(server, browser)
    assert (user["email"], user["name"]) == (email, "Grace")
    assert len(admin.ok("GET", f"groups/{group}/members")["items"]) == 1


# --- right ones made by hand


def test_a_right_response_signs_in_once_and_only_the_browser_that_asked(
    server: Server, admin: Client, forged: dict
) -> None:
    browser, other = Browser(), Browser()
    asked, relay = begin(server, forged, browser)
    good = says(forged, asked, attributes={"displayName": ["A &amp; B"]})
    text = response(good.signed(SIGNER), forged["redirect_url"])
    assert post(server, forged, browser, text, relay) == "/sign-in?signed=in&next=%2Fsql"
    user = me(server, browser)
    assert (user["email"], user["name"]) == (good.subject, "A & B")
    before = state(admin)
    assert problem(post(server, forged, browser, text, relay)) == "sso.untrusted"
    asked, relay = begin(server, forged, browser)
    stolen = response(says(forged, asked).signed(SIGNER))
    assert problem(post(server, forged, other, stolen, relay)) == "sso.badFlow"
    # The answer to one's own question with somebody else's assertion.
    asked_too, relay_too = begin(server, forged, other)
    stolen = response(says(forged, asked).signed(SIGNER))
    assert problem(post(server, forged, other, stolen, relay_too)) == "sso.badFlow"
    assert state(admin) == before


def test_a_provider_may_begin_where_that_is_allowed(
    server: Server, forged: dict, open_door: dict
) -> None:
    browser = Browser()
    unasked = response(says(forged).signed(SIGNER))
    assert problem(post(server, forged, browser, unasked)) == "sso.untrusted"
    unasked = response(says(open_door).signed(SIGNER))
    for relay, leads in (("/catalog", "%2Fcatalog"), ("https://evil.example", "%2F")):
        unasked = response(says(open_door).signed(SIGNER))
        location = post(server, open_door, browser, unasked, relay)
        assert location == f"/sign-in?signed=in&next={leads}"
    assert problem(post(server, open_door, browser, unasked)) == "sso.untrusted"  # once


def test_certificates_overlap_while_they_change(server: Server, admin: Client) -> None:
    bare = "".join(OTHER.certificate.splitlines()[1:-1])
    made = add(admin, "change", certificates=[SIGNER.certificate, bare], idp_initiated=True)
    for signer in (SIGNER, OTHER):
        text = response(says(made).signed(signer))
        assert problem(post(server, made, Browser(), text)) == ""


def test_a_status_of_failure_is_no_sign_in(server: Server, open_door: dict) -> None:
    text = response(says(open_door).signed(SIGNER), status="Responder")
    assert problem(post(server, open_door, Browser(), text)) == "sso.refused"


def test_a_transient_subject_is_told_to_the_administrator(server: Server, open_door: dict) -> None:
    transient = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    text = response(says(open_door, format=transient).signed(SIGNER))
    assert problem(post(server, open_door, Browser(), text)) == "sso.providerFailed"
    wait_until(lambda: any("transient" in line for line in server.log), what="the line of the log")


# --- what administrators type


def test_wrong_settings_are_named(admin: Client) -> None:
    good = {
        "entity_id": ISSUER,
        "sign_on_url": "https://idp.example/sso",
        "certificates": [SIGNER.certificate],
    }
    for settings, field in (
        (good | {"certificates": []}, "settings.certificates"),
        (good | {"certificates": ["hello"]}, "settings.certificates"),
        (good | {"certificates": [Signer(1024).certificate]}, "settings.certificates"),
        (good | {"entity_id": ""}, "settings.entity_id"),
        (good | {"sign_on_url": "javascript:alert(1)"}, "settings.sign_on_url"),
        (good | {"sign_on_url": "http://idp.example"}, "settings.sign_on_url"),
    ):
        body = {"slug": "wrong", "name": "W", "kind": "saml", "settings": settings}
        answer = admin.post("sso/providers", body)
        assert answer.status_code == 400, settings
        assert [one["field"] for one in answer.json()["errors"]] == [field]
