"""An authenticator in software: it makes passkeys and proves them, and lies as it is told to."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from tests.harness.client import Client

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _head(major: int, value: int) -> bytes:
    if value < 24:
        return bytes([major << 5 | value])
    if value < 256:
        return bytes([major << 5 | 24, value])
    return bytes([major << 5 | 25]) + value.to_bytes(2, "big")


def cbor(value: Any) -> bytes:
    """What authenticators need of it."""
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(cbor(one) for one in value)
    parts = (cbor(name) + cbor(one) for name, one in value.items())
    return _head(5, len(value)) + b"".join(parts)


def _bytes_of(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


class Authenticator:
    def __init__(self, url: str, algorithm: str = "ES256") -> None:
        """`url`: of the server, at an address of the own machine."""
        self.url = url
        self.origin = f"http://localhost:{url.rsplit(':', 1)[1]}"
        self.rp_id = "localhost"
        self.algorithm = algorithm
        self.credential_id = secrets.token_bytes(16)
        self.flags = PRESENT | VERIFIED
        self.counter = 0
        self.user_handle = b""
        self.format: tuple[str, dict] = ("none", {})
        self.client_data: dict[str, Any] = {}  # in place of what it should be
        self.key: Any = {
            "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
            "RS256": lambda: rsa.generate_private_key(65537, 2048),
            "EdDSA": ed25519.Ed25519PrivateKey.generate,
        }[algorithm]()

    def _cose(self) -> dict[int, Any]:
        if self.algorithm == "EdDSA":
            return {1: 1, 3: -8, -1: 6, -2: self.key.public_key().public_bytes_raw()}
        numbers = self.key.public_key().public_numbers()
        if self.algorithm == "RS256":
            return {1: 3, 3: -257, -1: _bytes_of(numbers.n), -2: _bytes_of(numbers.e)}
        x, y = (value.to_bytes(32, "big") for value in (numbers.x, numbers.y))
        return {1: 2, 3: -7, -1: 1, -2: x, -3: y}

    def _client_data(self, kind: str, challenge: str) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | self.client_data).encode()

    def _data(self, attested: bool) -> bytes:
        flags = self.flags | (ATTESTED if attested else 0)
        out = hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags])
        out += self.counter.to_bytes(4, "big")
        if attested:
            out += bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id
            out += cbor(self._cose())
        return out

    def _sign(self, data: bytes) -> bytes:
        if self.algorithm == "EdDSA":
            return self.key.sign(data)
        if self.algorithm == "RS256":
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    def create(self, asked: dict, name: str = "A device") -> dict:
        """The request for POST auth/passkeys."""
        self.user_handle = unb64(asked["user_handle"])
        kind, statement = self.format
        made = {"fmt": kind, "attStmt": statement, "authData": self._data(True)}
        return {
            "ticket": asked["ticket"],
            "name": name,
            "client_data": b64(self._client_data("webauthn.create", asked["challenge"])),
            "attestation": b64(cbor(made)),
            "transports": ["internal"],
        }

    def prove(self, asked: dict) -> dict:
        """The request for POST auth/passkey-sign-in."""
        client_data = self._client_data("webauthn.get", asked["challenge"])
        data = self._data(False)
        return {
            "ticket": asked["ticket"],
            "credential_id": b64(self.credential_id),
            "client_data": b64(client_data),
            "authenticator_data": b64(data),
            "signature": b64(self._sign(data + hashlib.sha256(client_data).digest())),
            "user_handle": b64(self.user_handle),
        }

    def register(self, client: Client, password: str, **proof: str) -> dict:
        """Adds it to the account of the client."""
        body = {"password": password, **proof}
        asked = client.ok("POST", "auth/passkeys/start", json=body)
        return client.ok("POST", "auth/passkeys", json=self.create(asked))
