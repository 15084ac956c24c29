"""SAML responses that are wrong or forged, and what becomes of them."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from cryptography.hazmat.primitives import hashes

from tests.api.saml_parts import (  # noqa: F401 - fixtures are used by their names
    OTHER,
    SIGNER,
    admin,
    open_door,
    post,
    problem,
    says,
    server,
    state,
)
from tests.harness.client import Client
from tests.harness.forged_saml import ASSERTION, DS, ENVELOPED, EXCLUSIVE, Says, response
from tests.harness.providers import Browser
from tests.harness.server import Server

VICTIM = "victim@corp.example"
XMLNS = f'xmlns:saml="{ASSERTION}"'

WRONG: dict[str, Callable[[dict], Says]] = {
    "audience": lambda p: says(p, audience="https://another.example"),
    "no audience": lambda p: says(p, audience_xml=""),
    "two audience restrictions, one of another": lambda p: says(
        p,
        audience_xml="".join(
            f"<saml:AudienceRestriction><saml:Audience>{one}</saml:Audience></saml:AudienceRestriction>"
            for one in (p["metadata_url"], "https://another.example")
        ),
    ),
    "no conditions": lambda p: says(p, conditions=False),
    "unknown condition": lambda p: says(p, audience_xml="<saml:Condition></saml:Condition>"),
    "recipient": lambda p: says(p, recipient=p["redirect_url"] + "/x"),
    "issuer": lambda p: says(p, issuer="urn:another:idp"),
    "expired": lambda p: says(p, until=-120),
    "not yet": lambda p: says(p, not_before=600),
    "confirmation expired": lambda p: says(p, subject_until=-120),
    "confirmation without an end": lambda p: says(p, subject_until=None),
    "confirmation for years": lambda p: says(p, subject_until=10**8),
    "session ended": lambda p: says(p, session_until=-120),
    "no statement": lambda p: says(p, statement=False),
    "holder of key": lambda p: says(p, method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"),
    "empty subject": lambda p: says(p, subject=""),
    "subject too long": lambda p: says(p, subject="x" * 300),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_assertions_are_refused(
    server: Server, admin: Client, open_door: dict, what: str
) -> None:
    before = state(admin)
    text = response(WRONG[what](open_door).signed(SIGNER))
    assert problem(post(server, open_door, Browser(), text)) == "sso.untrusted"
    assert state(admin) == before


def wrapped(provider: dict, how: str) -> str:
    """Signature wrapping: a signed assertion and an evil one, in the known arrangements."""
    good = says(provider)
    bare, signed = good.assertion(), good.signed(SIGNER)
    signature = SIGNER.signature(bare, good.id)
    evil = says(provider, subject=VICTIM)
    same_id = says(provider, subject=VICTIM, id=good.id)
    insert = Says.insert
    arrangements = {
        "evil before good": evil.assertion() + signed,
        "evil after good": signed + evil.assertion(),
        "good inside evil": evil.assertion().replace(
            "</saml:Assertion>", signed + "</saml:Assertion>"
        ),
        "evil holds the signature, good after it": insert(evil.assertion(), signature) + bare,
        "evil holds the signature, good before it": bare + insert(evil.assertion(), signature),
        "good inside evil's signature": insert(
            evil.assertion(), signature.replace("</ds:Signature>", bare + "</ds:Signature>")
        ),
        "good in an object of evil's signature": insert(
            evil.assertion(),
            signature.replace("</ds:Signature>", f"<ds:Object>{bare}</ds:Object></ds:Signature>"),
        ),
        "good in extensions": f"<samlp:Extensions>{bare}</samlp:Extensions>"
        + insert(evil.assertion(), signature),
        "signed good in extensions": f"<samlp:Extensions>{signed}</samlp:Extensions>"
        + evil.assertion(),
        "good inside evil's advice": insert(
            evil.assertion().replace(
                "</saml:Assertion>", f"<saml:Advice>{bare}</saml:Advice></saml:Assertion>"
            ),
            signature,
        ),
        "the same id, evil first": same_id.assertion() + signed,
        "the same id, good first": signed + same_id.assertion(),
        "the same id, good hidden": insert(same_id.assertion(), signature)
        + f"<samlp:Extensions>{bare}</samlp:Extensions>",
        "another attribute as the id": insert(
            evil.assertion().replace("<saml:Subject>", f'<saml:Subject xml:id="{good.id}">'),
            signature,
        ),
        "the id in small letters": insert(
            evil.assertion().replace("<saml:Subject>", f'<saml:Subject id="{good.id}">'), signature
        ),
        "a response inside": response(signed) + evil.assertion(),
        "a signed response around evil": evil.assertion(),
        "an assertion of another namespace": signed
        + evil.assertion().replace(ASSERTION, "urn:oasis:names:tc:SAML:1.0:assertion")
        + evil.assertion(),
    }
    return response(arrangements[how])


WRAPPINGS = [
    "evil before good",
    "evil after good",
    "good inside evil",
    "evil holds the signature, good after it",
    "evil holds the signature, good before it",
    "good inside evil's signature",
    "good in an object of evil's signature",
    "good in extensions",
    "signed good in extensions",
    "good inside evil's advice",
    "the same id, evil first",
    "the same id, good first",
    "the same id, good hidden",
    "another attribute as the id",
    "the id in small letters",
    "a response inside",
    "a signed response around evil",
    "an assertion of another namespace",
]


@pytest.mark.parametrize("how", WRAPPINGS)
def test_signature_wrapping_is_refused(
    server: Server, admin: Client, open_door: dict, how: str
) -> None:
    before = state(admin)
    assert problem(post(server, open_door, Browser(), wrapped(open_door, how))) == "sso.untrusted"
    assert state(admin) == before


def attributes(count: int) -> str:
    """An element that has so many, in the canonical order."""
    return "<x " + " ".join(f'a{i:04}="b"' for i in range(count)) + "></x>"


def forgeries(provider: dict) -> dict[str, str | bytes]:
    good = says(provider)
    bare, signed = good.assertion(), good.signed(SIGNER)
    insert = Says.insert

    def with_signature(**changes: Any) -> str:
        return response(good.signed(SIGNER, **changes))

    comment = says(provider, subject="admin@localhost.evil.example")
    comment_signed = comment.signed(SIGNER).replace(
        "admin@localhost.evil", "admin@localhost<!-- -->.evil"
    )
    instruction = comment.signed(SIGNER).replace("localhost.evil", "localhost<?x y?>.evil")
    dtd = '<!DOCTYPE a [<!ENTITY e "admin@localhost">]>'
    bomb = (
        "<!DOCTYPE a ["
        + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
        + '<!ENTITY e0 "x">]>'
    )
    entity = says(provider, subject_xml="&e;").signed(SIGNER)
    root_signature = SIGNER.signature("x", good.id)
    return {
        "unsigned": response(bare),
        "signature of another key": response(good.signed(OTHER)),
        "changed subject": response(signed.replace(good.subject, VICTIM)),
        "changed attribute": response(
            signed.replace(
                "<saml:AttributeStatement>",
                '<saml:AttributeStatement><saml:Attribute Name="roles"></saml:Attribute>',
            )
        ),
        "comment in the NameID": response(comment_signed),
        "instruction in the NameID": response(instruction),
        "comment elsewhere": response(signed, before="<!-- hello -->"),
        "document type": response(entity, before=dtd),
        "document type of a file": response(
            entity, before='<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        ),
        "entities that grow": response(entity.replace("&e;", "&e11;"), before=bomb),
        "undeclared entity": response(entity),
        "UTF-16": ('<?xml version="1.0" encoding="UTF-16"?>' + response(signed)).encode("utf-16"),
        "another encoding": ('<?xml version="1.0" encoding="UTF-7"?>' + response(signed)).encode(),
        "SHA-1": with_signature(
            method=DS + "rsa-sha1", digest_method=DS + "sha1", hash=hashes.SHA1
        ),
        "SHA-1 digest only": with_signature(digest_method=DS + "sha1"),
        "shared secret": with_signature(
            method="http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
        ),
        "no transform": with_signature(transforms=()),
        "one transform": with_signature(transforms=(EXCLUSIVE,)),
        "inclusive form": with_signature(
            transforms=(ENVELOPED, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315")
        ),
        "form with comments": with_signature(transforms=(ENVELOPED, EXCLUSIVE + "WithComments")),
        "path transform": with_signature(
            transforms=(ENVELOPED, "http://www.w3.org/TR/1999/REC-xpath-19991116")
        ),
        "style sheet": with_signature(
            transforms=(ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116")
        ),
        "whole document": with_signature(uri=""),
        "no reference of its own": with_signature(uri="#another"),
        "reference to a file": with_signature(uri="file:///etc/passwd"),
        "reference to another server": with_signature(uri="http://127.0.0.1:1/"),
        "path as the reference": with_signature(uri=f"#xpointer(id('{good.id}'))"),
        "two references": with_signature(references=2),
        "no reference": with_signature(references=0),
        "two signatures": response(insert(signed, root_signature)),
        "empty signature": response(insert(bare, f'<ds:Signature xmlns:ds="{DS}"/>')),
        "no id": response(signed.replace(f' ID="{good.id}"', "")),
        "encrypted": response(f"<saml:EncryptedAssertion {XMLNS}/>"),
        "no assertion": response(""),
        "assertion without a response": signed,
        "logout": response(signed).replace("samlp:Response", "samlp:LogoutResponse"),
        "response of SAML 1": response(signed)
        .replace('Version="2.0" ', 'Version="1.1" ')
        .replace('Version="2.0"><samlp:Status>', 'Version="1.1"><samlp:Status>'),
        "for another address": response(signed, "https://another.example/acs"),
        "no status": response(signed).replace("samlp:Status>", "samlp:Other>"),
        "not XML": "hello",
        "empty": "",
        "cut short": response(signed)[:-20],
        "two documents": response(signed) * 2,
        "deep": "<a>" * 5000 + "</a>" * 5000,
        "large": response(signed, before=" " * 300_000),
        "many attributes": response(says(provider, extra=attributes(101)).signed(SIGNER)),
        "a long tag": response(says(provider, extra=f'<x a="{"b" * 20_000}"></x>').signed(SIGNER)),
        "a NUL": response(signed).replace("corp", "co\0rp"),
        "not UTF-8": response(signed).encode().replace(b"corp", b"co\xffrp"),
    }


FORGERIES = list(forgeries({"metadata_url": "a", "redirect_url": "b"}))


@pytest.mark.parametrize("how", FORGERIES)
def test_forged_responses_are_refused(
    server: Server, admin: Client, open_door: dict, how: str
) -> None:
    before = state(admin)
    location = post(server, open_door, Browser(), forgeries(open_door)[how])
    assert problem(location) == "sso.untrusted"
    assert state(admin) == before


def test_the_forger_can_make_right_ones(server: Server, open_door: dict) -> None:
    """Or all refusals above would mean nothing."""
    location = post(server, open_door, Browser(), response(says(open_door).signed(SIGNER)))
    assert problem(location) == ""
    extra = attributes(100) + f'<x a="{"b" * 10_000}>">{"c" * 20_000}</x>'
    text = response(says(open_door, extra=extra).signed(SIGNER))
    assert problem(post(server, open_door, Browser(), text)) == ""
    sha512 = {
        "method": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        "digest_method": "http://www.w3.org/2001/04/xmlenc#sha512",
        "hash": hashes.SHA512,
    }
    location = post(
        server, open_door, Browser(), response(says(open_door).signed(SIGNER, **sha512))
    )
    assert problem(location) == ""
