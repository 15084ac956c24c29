"""An OpenID Connect provider of the tests' own, which lies as it is told to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Key:
    """A signing key: RSA, or EC on P-256."""

    def __init__(self, kind: str = "RSA", bits: int = 2048) -> None:
        self.kid = secrets.token_hex(6)
        self.private = (
            rsa.generate_private_key(65537, bits)
            if kind == "RSA"
            else ec.generate_private_key(ec.SECP256R1())
        )

    def jwk(self) -> dict[str, str]:
        public = self.private.public_key().public_numbers()
        if isinstance(self.private, rsa.RSAPrivateKey):
            parts = {"kty": "RSA", "n": number(public.n), "e": number(public.e)}
        else:
            x, y = public.x.to_bytes(32, "big"), public.y.to_bytes(32, "big")
            parts = {"kty": "EC", "crv": "P-256", "x": b64(x), "y": b64(y)}
        return {"kid": self.kid, "use": "sig", **parts}

    def pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, data: bytes, algorithm: str) -> bytes:
        digest = hashes.SHA256()
        if algorithm == "RS256":
            return self.private.sign(data, padding.PKCS1v15(), digest)
        if algorithm == "PS256":
            return self.private.sign(data, padding.PSS(padding.MGF1(digest), 32), digest)
        if algorithm == "ES256":
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(digest)))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        raise ValueError(algorithm)


def token(claims: dict, key: Key, algorithm: str = "RS256", **header: Any) -> str:
    head = {"alg": algorithm, "kid": key.kid, "typ": "JWT", **header}
    head = {name: value for name, value in head.items() if value is not None}
    data = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    if algorithm == "none":
        return data + "."
    if algorithm == "HS256":
        return f"{data}.{b64(hmac.digest(key.pem(), data.encode(), 'sha256'))}"
    return f"{data}.{b64(key.sign(data.encode(), algorithm))}"


class ForgedProvider:
    """`claims` are those of the next ID tokens beside the usual ones; `forge` may make the token
    otherwise: it is given the right claims and the key."""

    def __init__(self) -> None:
        self.key = Key()
        self.published = [self.key]
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.forge: Callable[[dict, Key], str] = lambda claims, key: token(claims, key)
        self.requests: list[str] = []
        self.grants: dict[str, dict] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, b"")

            def do_POST(self) -> None:
                size = int(self.headers.get("content-length", 0))
                provider.answer(self, self.rfile.read(size))

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, http: BaseHTTPRequestHandler, body: bytes) -> None:
        address = urlsplit(http.path)
        self.requests.append(address.path)
        pages = {
            "/.well-known/openid-configuration": self._configuration,
            "/keys": lambda *_: {"keys": [key.jwk() for key in self.published]},
            "/token": self._token,
            "/me": lambda *_: self.userinfo,
            "/emails": lambda *_: self.userinfo.get("emails", []),
        }
        page = pages.get(address.path)
        content = json.dumps(page(http, body) if page else {}).encode()
        http.send_response(200 if page else 404)
        http.send_header("Content-Type", "application/json")
        http.send_header("Content-Length", str(len(content)))
        http.end_headers()
        http.wfile.write(content)

    def _configuration(self, *_: Any) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/me",
            "jwks_uri": f"{self.issuer}/keys",
            **self.metadata,
        }

    def authorize(self, url: str, **changes: str) -> str:
        """As if somebody signed in at the address: where the browser is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_hex(8)
        self.grants[code] = asked
        return (
            asked["redirect_uri"]
            + "?"
            + urlencode({"code": code, "state": asked["state"]} | changes)
        )

    def _token(self, http: BaseHTTPRequestHandler, body: bytes) -> dict[str, Any]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        asked = self.grants.pop(form["code"], None)
        if asked is None:
            return {"error": "invalid_grant"}
        challenge = b64(hashlib.sha256(form["code_verifier"].encode()).digest())
        assert challenge == asked["code_challenge"], "PKCE"
        access = secrets.token_hex(16)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": asked["client_id"],
            "sub": "someone",
            "iat": now,
            "exp": now + 300,
            "nonce": asked.get("nonce"),
            "at_hash": b64(hashlib.sha256(access.encode()).digest()[:16]),
            **self.claims,
        }
        return {
            "access_token": access,
            "token_type": "Bearer",
            "id_token": self.forge(claims, self.key),
        }
