"""Behind proxies and below a path: whose address counts, TLS, redirects, cookies, CORS."""

import socket
import ssl
import subprocess
import time
from http.client import HTTPSConnection
from pathlib import Path
from typing import Iterator

import pytest
import requests

from tests.harness.client import Client
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server

CREDENTIALS = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}


@pytest.fixture(scope="module")
def proxied() -> Iterator[Server]:
    """Trusts us, is below /bricks and allows 20 requests a second from an address."""
    with Server(
        trusted_proxies="127.0.0.0/8, ::1",
        public_url="https://example.org/bricks",
        https_redirect="true",
        requests_per_second="20",
        cors_origins="https://app.example",
        cors_credentials="true",
        response_headers="X-Robots-Tag: noindex\n-X-Frame-Options",
    ) as running:
        yield running


def from_address(address: str, **others: str) -> dict[str, str]:
    return {"X-Forwarded-For": address, "X-Forwarded-Proto": "https", **others}


def test_each_client_has_limits_of_its_own(proxied: Server) -> None:
    client = Client(proxied.url)
    flood = from_address("203.0.113.1")
    statuses = [client.get("/api/docs", headers=flood).status_code for _ in range(60)]
    assert statuses.count(429) > 20
    # What the client itself wrote before the proxy's word does not make it another.
    forged = from_address("198.51.100.9, 203.0.113.1")
    statuses = [client.get("/api/docs", headers=forged).status_code for _ in range(20)]
    assert statuses.count(429) > 5
    assert client.get("/api/docs", headers=from_address("203.0.113.2")).status_code == 200


def test_the_address_in_sessions_and_logs(proxied: Server) -> None:
    client = Client(proxied.url)
    headers = from_address("198.51.100.7")
    client.token = client.ok("POST", "auth/login", json=CREDENTIALS, headers=headers)[
        "access_token"
    ]
    sessions = client.ok("GET", "auth/sessions", headers=headers)["items"]
    assert any(s["address"] == "198.51.100.7" for s in sessions), sessions
    assert any('"address":"198.51.100.7"' in line for line in proxied.log)


def test_strangers_are_not_believed(server: Server) -> None:
    client = Client(server.url)
    answer = client.get("/", headers=from_address("198.51.100.8", **{"X-Forwarded-Prefix": "/p"}))
    assert answer.status_code == 200 and '<base href="/"' in answer.text
    assert "Strict-Transport-Security" not in answer.headers
    client.post("auth/login", CREDENTIALS, headers=from_address("198.51.100.8"))
    assert not any("198.51.100.8" in line for line in server.log)


def test_to_https(proxied: Server) -> None:
    client = Client(proxied.url)
    plain = {"X-Forwarded-For": "198.51.100.20", "X-Forwarded-Proto": "http"}
    answer = client.get("/bricks/sql?q=1", headers=plain, allow_redirects=False)
    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://example.org/bricks/sql?q=1"
    assert client.get("/readyz", headers={}).status_code == 200  # a probe beside the proxy
    secure = client.get("/bricks/sql", headers=from_address("198.51.100.20"))
    assert secure.headers["Strict-Transport-Security"].startswith("max-age=")


def test_below_a_path(proxied: Server) -> None:
    client = Client(proxied.url)
    headers = from_address("198.51.100.30", **{"X-Session": "cookie"})
    page = client.get("/bricks/catalog", headers=headers)
    assert '<base href="/bricks/"' in page.text
    signed_in = client.request(
        "POST", "/bricks/api/v1/auth/login", json=CREDENTIALS, headers=headers
    )
    assert signed_in.ok
    cookies = signed_in.raw.headers.getlist("Set-Cookie")
    assert cookies and all("; Path=/bricks/api/v1/auth;" in c and "; Secure" in c for c in cookies)
    other = from_address("198.51.100.30", **{"X-Forwarded-Prefix": "/elsewhere"})
    assert '<base href="/elsewhere/"' in client.get("/sql", headers=other).text


def test_headers(proxied: Server) -> None:
    client = Client(proxied.url)
    answer = client.get("/", headers=from_address("198.51.100.40"))
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "X-Frame-Options" not in answer.headers
    policy = answer.headers["Content-Security-Policy"]
    scripts = next(p for p in policy.split("; ") if p.startswith("script-src"))
    assert scripts == "script-src 'self'" and "frame-ancestors 'none'" in policy
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "geolocation=()" in answer.headers["Permissions-Policy"]


def test_cors_with_cookies(proxied: Server) -> None:
    client = Client(proxied.url)
    asked = from_address(
        "198.51.100.50",
        **{"Origin": "https://app.example", "Access-Control-Request-Method": "DELETE"},
    )
    answer = client.request("OPTIONS", "keys/1", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    assert "Upload-Offset" in answer.headers["Access-Control-Allow-Headers"]
    assert answer.headers["Access-Control-Max-Age"] == "600"


@pytest.mark.parametrize(
    "setting",
    [
        {"trusted_proxies": "10.0.0.0/99"},
        {"cors_origins": "*", "cors_credentials": "true"},
        {"response_headers": "Content-Length: 3"},
        {"redirect_port": "8081"},
        {"https_redirect": "true"},
        {"advertise_url": "http://127.0.0.1:8080"},
        {"roles": "api,everything"},
    ],
)
def test_wrong_settings_stop_the_start(setting: dict[str, str]) -> None:
    server = Server(**setting)
    with pytest.raises(RuntimeError, match=f"Setting '{list(setting)[-1]}'"):
        server.start()


def test_files_never_run_in_our_origin(admin: Client, volume: str) -> None:
    page = b"<script>alert(1)</script>"
    for name in ("a.html", "a.svg", "a.xml", "a.js", "a.pdf"):
        put = admin.request("PUT", f"files/{volume}/{name}", data=page)
        assert put.status_code == 201
        got = admin.get(f"files/{volume}/{name}")
        assert got.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in got.headers["Content-Security-Policy"]
        assert "allow-scripts" not in got.headers["Content-Security-Policy"]
        assert got.headers["X-Content-Type-Options"] == "nosniff"


def make_certificate(certificate: Path, key: Path, name: str = "127.0.0.1") -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )


def shown_by(server: Server) -> str:
    """The certificate that a new connection gets."""
    return ssl.get_server_certificate(("127.0.0.1", server.port), timeout=10)


def test_a_renewed_certificate_is_picked_up(tmp_path: Path) -> None:
    certificate, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    make_certificate(certificate, key, "first")
    with Server(tls_certificate=str(certificate), tls_key=str(key)) as server:
        context = ssl.create_default_context(cafile=str(certificate))
        kept = HTTPSConnection("127.0.0.1", server.port, timeout=10, context=context)
        kept.request("GET", "/healthz")
        assert kept.getresponse().read()
        first = certificate.read_text()
        assert shown_by(server) == first
        fresh, its_key = tmp_path / "new.pem", tmp_path / "new.key"
        make_certificate(fresh, its_key, "second")
        second = fresh.read_text()
        # One file after the other, as tools do it: in between the old pair stays.
        fresh.rename(certificate)
        deadline = time.monotonic() + 30
        while not any("one of before stays" in line for line in server.log):
            assert shown_by(server) == first and time.monotonic() < deadline
            time.sleep(0.1)
        its_key.rename(key)
        while shown_by(server) != second:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        kept.request("GET", "/healthz")  # the connection of before goes on
        assert kept.getresponse().read()
        kept.close()


def test_tls_with_a_plain_port_beside(tmp_path: Path) -> None:
    certificate, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    make_certificate(certificate, key)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Server(
        tls_certificate=str(certificate), tls_key=str(key), redirect_port=str(port)
    ) as server:
        plain = requests.get(f"http://127.0.0.1:{port}/a?b=c", allow_redirects=False, timeout=10)
        assert plain.status_code == 308
        assert plain.headers["Location"] == f"https://127.0.0.1:{server.port}/a?b=c"
        secure = requests.get(f"{server.url}/", verify=str(certificate), timeout=10)
        assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
        context = ssl.create_default_context(cafile=str(certificate))
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, OSError)):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
                context.wrap_socket(raw, server_hostname="127.0.0.1")
