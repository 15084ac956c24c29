"""SAML assertions that are encrypted for this server: by a real identity provider, and by hand."""

from __future__ import annotations

import base64
import uuid
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from tests.api.saml_parts import (  # noqa: F401 - fixtures are used by their names
    OTHER,
    SIGNER,
    add,
    admin,
    me,
    open_door,
    post,
    problem,
    says,
    server,
    state,
)
from tests.api.test_sso_saml import sign_in_by_form
from tests.harness.client import Client
from tests.harness.forged_saml import (
    DS,
    ENCRYPTION,
    ENCRYPTION11,
    OAEP,
    OAEP11,
    Says,
    encrypted,
    response,
)
from tests.harness.providers import Browser, NodeProvider
from tests.harness.server import Server


@pytest.fixture(scope="module")
def certificate(server: Server, open_door: dict) -> str:
    """What the metadata say that assertions are to be encrypted for."""
    text = Client(server.url).get(f"/api/v1/auth/sso/{open_door['slug']}/metadata").text
    root = ElementTree.fromstring(text)
    descriptor = root.find(".//{urn:oasis:names:tc:SAML:2.0:metadata}KeyDescriptor")
    assert descriptor.get("use") == "encryption"
    return descriptor.find(f".//{{{DS}}}X509Certificate").text


def pem(certificate: str) -> tuple[str, str]:
    read = x509.load_der_x509_certificate(base64.b64decode(certificate))
    public = read.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return read.public_bytes(serialization.Encoding.PEM).decode(), public.decode()


def test_a_real_identity_provider_encrypts(server: Server, admin: Client, certificate: str) -> None:
    made = add(admin, "sealing", entity_id="urn:sealing:idp", email_field="email")
    whole, public = pem(certificate)
    settings = {
        "cert": SIGNER.certificate,
        "key": SIGNER.private,
        "issuer": "urn:sealing:idp",
        "acsUrl": made["redirect_url"],
        "audience": made["metadata_url"],
        "signResponse": False,
        "encryptAssertion": True,
        "encryptionCert": whole,
        "encryptionPublicKey": public,
        "encryptionAlgorithm": ENCRYPTION11 + "aes256-gcm",
    }
    email = f"{uuid.uuid4().hex[:8]}@corp.example"
    with NodeProvider("saml.mjs", settings) as idp:
        browser = Browser()
        sent, location = sign_in_by_form(
            server, admin, made, idp, browser, {"userName": email, "email": email}
        )
    assert b"EncryptedAssertion" in sent and email.encode() not in sent
    assert location == "/sign-in?signed=in&next=%2Fsql"
    assert me(server, browser)["email"] == email


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("method", [OAEP, OAEP11])
@pytest.mark.parametrize(
    "algorithm",
    [ENCRYPTION11 + "aes128-gcm", ENCRYPTION11 + "aes256-gcm"]
    + [ENCRYPTION + "aes128-cbc", ENCRYPTION + "aes256-cbc"],
)
def test_the_usual_algorithms(
    server: Server, open_door: dict, certificate: str, algorithm: str, method: str, beside: bool
) -> None:
    good = says(open_door)
    hidden = encrypted(good.signed(SIGNER), certificate, algorithm, method, beside=beside)
    browser = Browser()
    assert problem(post(server, open_door, browser, response(hidden))) == ""
    assert me(server, browser)["email"] == good.subject
    assert problem(post(server, open_door, browser, response(hidden))) == "sso.untrusted"  # once


def prefix_from_around(good: Says) -> str:
    """The assertion as a serialiser writes it whose prefix is declared further up."""
    return good.signed(SIGNER).replace(' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"', "", 1)


def test_a_prefix_that_is_declared_around_it(
    server: Server, open_door: dict, certificate: str
) -> None:
    hidden = encrypted(prefix_from_around(says(open_door)), certificate)
    assert problem(post(server, open_door, Browser(), response(hidden))) == ""


def wrong_ones(provider: dict, certificate: str) -> dict[str, str]:
    good = says(provider)
    signed = good.signed(SIGNER)
    others = "".join(OTHER.certificate.splitlines()[1:-1])
    comment = signed.replace("@corp", "@corp<!-- -->")
    hidden = encrypted(signed, certificate)
    head = hidden[: hidden.rindex("<xenc:CipherData>")]
    return {
        "unsigned": encrypted(good.assertion(), certificate),
        "signed by another": encrypted(good.signed(OTHER), certificate),
        "changed after it was signed": encrypted(signed.replace(good.subject, "a@b"), certificate),
        "for another key": encrypted(signed, others),
        "a bit is wrong": encrypted(signed, certificate, change=True),
        "a bit is wrong in CBC": encrypted(
            signed, certificate, ENCRYPTION + "aes256-cbc", change=True
        ),
        "PKCS1 padding of the key": encrypted(signed, certificate, method=ENCRYPTION + "rsa-1_5"),
        "a key of another length": encrypted(signed, certificate, key=b"k" * 16),
        "an unknown algorithm": hidden.replace("aes256-gcm", "aes256-xyz"),
        "triple DES": hidden.replace(ENCRYPTION11 + "aes256-gcm", ENCRYPTION + "tripledes-cbc"),
        "two of them": hidden + hidden,
        "one beside a clear one": hidden + signed,
        "inside of an extension": f"<samlp:Extensions>{hidden}</samlp:Extensions>",
        "encrypted twice": encrypted(hidden, certificate),
        "a comment inside": encrypted(comment, certificate),
        "a document type inside": encrypted("<!DOCTYPE a>" + signed, certificate),
        "two elements inside": encrypted(signed + good.assertion(), certificate),
        "text inside": encrypted("hello", certificate),
        "nothing inside": encrypted("", certificate),
        "another element inside": encrypted(f"<a>{signed}</a>", certificate),
        "no value": encrypted(signed, certificate).replace("CipherValue>", "Cipher>"),
        "no key": hidden.replace("EncryptedKey", "OtherKey"),
        "a reference in place of the value": head
        + '<xenc:CipherData><xenc:CipherReference URI="file:///etc/passwd"/></xenc:CipherData>'
        + "</xenc:EncryptedData></saml:EncryptedAssertion>",
    }


HOW = list(
    wrong_ones(
        {"metadata_url": "a", "redirect_url": "b"}, "".join(SIGNER.certificate.splitlines()[1:-1])
    )
)


@pytest.mark.parametrize("how", HOW)
def test_wrong_ones_are_refused_all_alike(
    server: Server, admin: Client, open_door: dict, certificate: str, how: str
) -> None:
    before = state(admin)
    text = response(wrong_ones(open_door, certificate)[how])
    assert problem(post(server, open_door, Browser(), text)) == "sso.untrusted"
    assert state(admin) == before


def test_the_key_stays(server: Server, admin: Client, open_door: dict, certificate: str) -> None:
    """One for all providers, sealed in the database, and there after a restart."""
    path = server.data / "openbricks.db"
    assert not path.exists() or b"PRIVATE KEY" not in path.read_bytes()
    server.stop()
    server.start()
    text = Client(server.url).get(f"/api/v1/auth/sso/{open_door['slug']}/metadata").text
    assert certificate in text
    hidden = encrypted(says(open_door).signed(SIGNER), certificate)
    assert problem(post(server, open_door, Browser(), response(hidden))) == ""
