"""SAML responses made by hand, right ones and forged ones. All XML is written in the canonical form
(exclusive, without comments), so that digests are those of the texts themselves."""

from __future__ import annotations

import base64
import datetime
import hashlib
import os
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
ENVELOPED = DS + "enveloped-signature"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
EMAIL = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


ENCRYPTION = "http://www.w3.org/2001/04/xmlenc#"
ENCRYPTION11 = "http://www.w3.org/2009/xmlenc11#"
OAEP, OAEP11 = ENCRYPTION + "rsa-oaep-mgf1p", ENCRYPTION11 + "rsa-oaep"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def instant(seconds: int = 0) -> str:
    now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
    return now.strftime("%Y-%m-%dT%H:%M:%SZ")


class Signer:
    """A key with a certificate that it signed itself."""

    def __init__(self, bits: int = 2048) -> None:
        self.key = rsa.generate_private_key(65537, bits)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.private = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ).decode()

    def signature(
        self,
        content: str,
        id: str,
        method: str = RSA_SHA256,
        digest_method: str = SHA256,
        transforms: tuple[str, ...] = (ENVELOPED, EXCLUSIVE),
        uri: str | None = None,
        references: int = 1,
        objects: str = "",
        hash: Any = hashes.SHA256,
    ) -> str:
        digest = b64(hashlib.new(hash.name, content.encode()).digest())
        listed = "".join(f'<ds:Transform Algorithm="{one}"></ds:Transform>' for one in transforms)
        reference = (
            f'<ds:Reference URI="{"#" + id if uri is None else uri}">'
            f"<ds:Transforms>{listed}</ds:Transforms>"
            f'<ds:DigestMethod Algorithm="{digest_method}"></ds:DigestMethod>'
            f"<ds:DigestValue>{digest}</ds:DigestValue></ds:Reference>"
        )
        info = (
            f'<ds:SignedInfo xmlns:ds="{DS}">'
            f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE}"></ds:CanonicalizationMethod>'
            f'<ds:SignatureMethod Algorithm="{method}"></ds:SignatureMethod>'
            f"{reference * references}</ds:SignedInfo>"
        )
        value = b64(self.key.sign(info.encode(), padding.PKCS1v15(), hash()))
        bare = "".join(self.certificate.splitlines()[1:-1])
        return (
            f'<ds:Signature xmlns:ds="{DS}">{info}<ds:SignatureValue>{value}</ds:SignatureValue>'
            f"<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{bare}</ds:X509Certificate>"
            f"</ds:X509Data></ds:KeyInfo>{objects}</ds:Signature>"
        )


@dataclass
class Says:
    """What an assertion says; everything is right unless it is changed."""

    issuer: str
    audience: str
    recipient: str
    in_response_to: str = ""
    subject: str = "someone@corp.example"
    format: str = EMAIL
    attributes: dict[str, list[str]] = field(default_factory=dict)
    id: str = field(default_factory=lambda: "_" + secrets.token_hex(10))
    until: int = 300
    not_before: int = -5
    subject_until: int | None = 300
    session_until: int | None = None
    audience_xml: str | None = None
    conditions: bool = True
    statement: bool = True
    method: str = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
    subject_xml: str | None = None
    extra: str = ""

    def assertion(self, signature: str = "") -> str:
        asked = f' InResponseTo="{self.in_response_to}"' if self.in_response_to else ""
        end = "" if self.subject_until is None else f' NotOnOrAfter="{instant(self.subject_until)}"'
        audience = (
            f"<saml:AudienceRestriction><saml:Audience>{self.audience}</saml:Audience>"
            "</saml:AudienceRestriction>"
            if self.audience_xml is None
            else self.audience_xml
        )
        conditions = (
            f'<saml:Conditions NotBefore="{instant(self.not_before)}" '
            f'NotOnOrAfter="{instant(self.until)}">{audience}</saml:Conditions>'
        )
        session = (
            ""
            if self.session_until is None
            else f' SessionNotOnOrAfter="{instant(self.session_until)}"'
        )
        statement = (
            f'<saml:AuthnStatement AuthnInstant="{instant()}"{session}><saml:AuthnContext>'
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
            "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
        )
        values = "".join(
            f'<saml:Attribute Name="{name}">'
            + "".join(f"<saml:AttributeValue>{one}</saml:AttributeValue>" for one in list)
            + "</saml:Attribute>"
            for name, list in self.attributes.items()
        )
        subject = self.subject if self.subject_xml is None else self.subject_xml
        return (
            f'<saml:Assertion xmlns:saml="{ASSERTION}" ID="{self.id}" '
            f'IssueInstant="{instant()}" Version="2.0"><saml:Issuer>{self.issuer}</saml:Issuer>'
            f'{signature}<saml:Subject><saml:NameID Format="{self.format}">{subject}</saml:NameID>'
            f'<saml:SubjectConfirmation Method="{self.method}"><saml:SubjectConfirmationData'
            f'{asked}{end} Recipient="{self.recipient}"></saml:SubjectConfirmationData>'
            f"</saml:SubjectConfirmation></saml:Subject>{conditions if self.conditions else ''}"
            f"{statement if self.statement else ''}"
            f"<saml:AttributeStatement>{values}</saml:AttributeStatement>{self.extra}</saml:Assertion>"
        )

    def signed(self, signer: Signer, **changes: Any) -> str:
        bare = self.assertion()
        return self.insert(bare, signer.signature(bare, self.id, **changes))

    @staticmethod
    def insert(bare: str, signature: str) -> str:
        return bare.replace("</saml:Issuer>", "</saml:Issuer>" + signature, 1)


def response(content: str, destination: str = "", before: str = "", status: str = "Success") -> str:
    to = f' Destination="{destination}"' if destination else ""
    return (
        f'{before}<samlp:Response xmlns:samlp="{PROTOCOL}" ID="_{secrets.token_hex(8)}" '
        f'IssueInstant="{instant()}" Version="2.0"{to}><samlp:Status>'
        f'<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/>'
        f"</samlp:Status>{content}</samlp:Response>"
    )


def seal(content: bytes, key: bytes, mode: str) -> bytes:
    if mode == "gcm":
        nonce = os.urandom(12)
        return nonce + AESGCM(key).encrypt(nonce, content, None)
    vector = os.urandom(16)
    missing = 16 - len(content) % 16
    padded = content + os.urandom(missing - 1) + bytes([missing])
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return vector + encryptor.update(padded) + encryptor.finalize()


def wrap(key: bytes, certificate: str, method: str) -> str:
    """An EncryptedKey for the key of a certificate (base64 of DER)."""
    public = x509.load_der_x509_certificate(base64.b64decode(certificate)).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    hashed = hashes.SHA256() if method == OAEP11 else hashes.SHA1()
    more = (
        f'<ds:DigestMethod xmlns:ds="{DS}" Algorithm="{SHA256}"/>'
        f'<e11:MGF xmlns:e11="{ENCRYPTION11}" Algorithm="{ENCRYPTION11}mgf1sha256"/>'
        if method == OAEP11
        else ""
    )
    scheme: Any = padding.OAEP(padding.MGF1(hashed), hashed, None)
    if method.endswith("rsa-1_5"):
        scheme = padding.PKCS1v15()
    value = b64(public.encrypt(key, scheme))
    return (
        f'<xenc:EncryptedKey xmlns:xenc="{ENCRYPTION}">'
        f'<xenc:EncryptionMethod Algorithm="{method}">{more}</xenc:EncryptionMethod>'
        f"<xenc:CipherData><xenc:CipherValue>{value}</xenc:CipherValue></xenc:CipherData>"
        "</xenc:EncryptedKey>"
    )


def encrypted(
    content: str,
    certificate: str,
    algorithm: str = ENCRYPTION11 + "aes256-gcm",
    method: str = OAEP,
    key: bytes | None = None,
    beside: bool = False,
    change: bool = False,
) -> str:
    """An EncryptedAssertion; `beside`: its key is not inside of the data; `change`: one bit is wrong."""
    bits = int("".join(c for c in algorithm.rsplit("#")[-1] if c.isdigit()))
    key = key or os.urandom(bits // 8)
    sealed = seal(content.encode(), key, algorithm.rsplit("-")[-1])
    if change:
        sealed = sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:]
    wrapped = wrap(key, certificate, method)
    inside = "" if beside else f'<ds:KeyInfo xmlns:ds="{DS}">{wrapped}</ds:KeyInfo>'
    return (
        f'<saml:EncryptedAssertion xmlns:saml="{ASSERTION}">'
        f'<xenc:EncryptedData xmlns:xenc="{ENCRYPTION}" Type="{ENCRYPTION}Element">'
        f'<xenc:EncryptionMethod Algorithm="{algorithm}"/>{inside}'
        f"<xenc:CipherData><xenc:CipherValue>{b64(sealed)}</xenc:CipherValue></xenc:CipherData>"
        f"</xenc:EncryptedData>{wrapped if beside else ''}</saml:EncryptedAssertion>"
    )
