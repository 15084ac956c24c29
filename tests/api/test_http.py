"""What stands around the API: health, metrics, headers, the page, limits."""

import gzip
import json
import re
import socket

import pytest

from tests.api.checks import problem
from tests.harness.client import Client


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health(anonymous: Client, path: str) -> None:
    assert anonymous.get(path).status_code == 200


def test_metrics(anonymous: Client, admin: Client) -> None:
    answer = anonymous.get("/metrics")
    if answer.status_code == 401:
        answer = admin.get("/metrics")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    assert lines and all(re.fullmatch(r"[a-zA-Z_:][\w:]*(\{.*\})? \S+", line) for line in lines)
    assert "# TYPE" in answer.text


def test_openapi(anonymous: Client) -> None:
    document = anonymous.ok("GET", "/api/openapi.json")
    assert document["openapi"].startswith("3.1")
    operations = [
        o["operationId"]
        for path in document["paths"].values()
        for k, o in path.items()
        if k in ("get", "put", "post", "patch", "delete", "head")
    ]
    assert len(operations) == len(set(operations)) > 40


def test_explorer(anonymous: Client) -> None:
    answer = anonymous.get("/api/docs")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    assert "http://" not in answer.text.replace(
        "http://www.w3.org", ""
    )  # all it needs comes from here


def test_the_page(anonymous: Client) -> None:
    answer = anonymous.get("/")
    assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    assert "<div id=" in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (
        "script-src" in answer.headers["Content-Security-Policy"]
        or "default-src" in answer.headers["Content-Security-Policy"]
    )
    # A link to a page of the app works after a reload.
    assert anonymous.get("/sql").text == answer.text
    scripts = re.findall(r'src="\.(/assets/[^"]+\.js)"', answer.text)  # named by their content
    assert scripts
    script = anonymous.get(scripts[0])
    assert script.status_code == 200 and "javascript" in script.headers["Content-Type"]
    assert "immutable" in script.headers["Cache-Control"]


def test_unknown_paths(anonymous: Client, admin: Client) -> None:
    problem(admin.get("/api/v1/nothing"), 404)
    problem(admin.get("/api/nothing"), 404)
    answer = admin.request("DELETE", "/api/v1/query")
    problem(answer, 405)
    assert "POST" in answer.headers["Allow"]


def test_request_id(anonymous: Client) -> None:
    first, second = anonymous.get("/healthz"), anonymous.get("/healthz")
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    body = problem(anonymous.get("keys"), 401)
    assert body["request_id"]


def test_logs_are_json_and_hold_no_secrets(server, anonymous: Client, admin: Client) -> None:
    admin.ok("GET", "auth/me")
    key = admin.ok("POST", "keys", json={"name": "log-check"})["key"]
    Client(server.url, key).get("auth/me")
    lines = [line for line in server.log if line.startswith("{")]
    assert lines
    for line in lines:
        entry = json.loads(line)
        assert entry["time"] and entry["level"] and entry["message"]
    text = "\n".join(server.log)
    assert key not in text and admin.token not in text and "test-admin-password" not in text


def test_compression(admin: Client) -> None:
    sql = {"sql": "SELECT repeat('x', 1000) AS a FROM range(100)"}
    plain = admin.post("query", sql, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    packed = admin.post("query", sql, headers={"Accept-Encoding": "gzip"}, stream=True)
    assert packed.headers.get("Content-Encoding") == "gzip"
    body = json.loads(gzip.decompress(packed.raw.read(decode_content=False)))
    assert body["rows"] == plain.json()["rows"]


def test_keep_alive_and_pipelining(server) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(request * 4 + last)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    assert answer.count(b"HTTP/1.1 200") == 5


def test_other_origins_get_no_cors(anonymous: Client) -> None:
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = anonymous.request("OPTIONS", "query", headers=headers)
    assert "Access-Control-Allow-Origin" not in answer.headers
