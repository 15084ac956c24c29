"""Programs sign in through the page (RFC 8628): a short code that a person approves."""

import os
import re
import subprocess
from pathlib import Path

import requests

from tests.api.checks import problem
from tests.harness.client import Client, wait_until
from tests.harness.server import ADMIN_EMAIL, BINARY, Server

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def ask(client: Client, path: str, **form: str) -> requests.Response:
    return client.request("POST", f"oauth/{path}", data={"client_id": "openbricks", **form})


def start(client: Client) -> dict:
    answer = ask(client, "device")
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    return answer.json()


def poll(client: Client, started: dict, **form: str) -> tuple[int, dict]:
    answer = ask(client, "token", grant_type=GRANT, device_code=started["device_code"], **form)
    return answer.status_code, answer.json()


def refused(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_an_approved_code_signs_in_once(admin: Client, anonymous: Client) -> None:
    config = anonymous.get("/.well-known/oauth-authorization-server").json()
    assert config["device_authorization_endpoint"].endswith("/api/v1/oauth/device")
    assert GRANT in config["grant_types_supported"]
    started = start(anonymous)
    assert re.fullmatch(r"[B-Z]{4}-[B-Z]{4}", started["user_code"])
    assert started["verification_uri_complete"].endswith(f"/device?code={started['user_code']}")
    status, pending = poll(anonymous, started)
    assert (status, pending["error"]) == (400, "authorization_pending")
    assert poll(anonymous, started)[1]["error"] == "slow_down"
    code = {"user_code": started["user_code"].lower()}
    assert "python" in admin.ok("POST", "auth/device/show", json=code)["user_agent"]
    decided = admin.post("auth/device/decide", {**code, "approve": True})
    assert decided.status_code == 204
    status, tokens = poll(anonymous, started)
    assert status == 200 and tokens["token_type"] == "Bearer"
    assert Client(admin.url, tokens["access_token"]).ok("GET", "auth/me")["email"] == ADMIN_EMAIL
    assert poll(anonymous, started)[1]["error"] == "expired_token"


def test_the_session_is_renewed_and_ended_by_the_standard(admin: Client, anonymous: Client) -> None:
    started = start(anonymous)
    admin.ok(
        "POST", "auth/device/decide", json={"user_code": started["user_code"], "approve": True}
    )
    first = poll(anonymous, started)[1]
    by_refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = ask(anonymous, "token", **by_refresh).json()
    client = Client(admin.url, second["access_token"])
    assert client.get("auth/me").ok
    assert refused(ask(anonymous, "token", **by_refresh, scope="sql:read")) == (
        400,
        "invalid_scope",
    )
    assert ask(anonymous, "revoke", token="obr_none").status_code == 200
    assert ask(anonymous, "revoke", token=second["refresh_token"]).status_code == 200
    assert client.get("auth/me").status_code == 401
    # Used twice, or ended: the same answer.
    for token in (first["refresh_token"], second["refresh_token"], "obr_none"):
        by_refresh["refresh_token"] = token
        assert refused(ask(anonymous, "token", **by_refresh)) == (400, "invalid_grant")


def test_refused_and_unknown_codes(admin: Client, anonymous: Client) -> None:
    started = start(anonymous)
    code = {"user_code": started["user_code"]}
    problem(anonymous.post("auth/device/decide", {**code, "approve": True}), 401)
    key = admin.ok("POST", "keys", json={"name": "device"})["key"]
    by_key = Client(admin.url, key).post("auth/device/decide", {**code, "approve": True})
    problem(by_key, 403, "identity.needsSession")
    assert admin.post("auth/device/decide", {**code, "approve": False}).status_code == 204
    assert poll(anonymous, started)[1]["error"] == "access_denied"
    problem(admin.post("auth/device/show", code), 404, "identity.noSuchCode")
    assert refused(ask(anonymous, "token", grant_type=GRANT)) == (400, "invalid_request")


def test_only_own_programs_get_sessions(admin: Client, anonymous: Client) -> None:
    """An application of others must not come by all that a person may do."""
    body = {"name": "App", "redirect_uris": ["https://app.example/cb"]}
    app = admin.ok("POST", "oauth/clients", json=body)
    own = {"client_id": app["id"], "client_secret": app["client_secret"]}
    for path in ("device", "token"):
        form = {"grant_type": GRANT, "device_code": "x"}
        for credentials, expected in (
            (own, (400, "unauthorized_client")),
            (own | {"client_secret": "wrong"}, (401, "invalid_client")),
            ({"client_id": "unknown"}, (401, "invalid_client")),
            ({"client_id": ""}, (401, "invalid_client")),
            ({"client_secret": "x"}, (401, "invalid_client")),
        ):
            assert refused(ask(anonymous, path, **form | credentials)) == expected, credentials
    assert refused(ask(anonymous, "device", scope="openid")) == (400, "invalid_scope")


def test_the_command_line_signs_in_by_the_page(
    server: Server, admin: Client, tmp_path: Path
) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBRICKS_")}
    environment |= {"XDG_CONFIG_HOME": str(tmp_path), "OPENBRICKS_URL": server.url}
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(variable, None)
    said = tmp_path / "said"
    with said.open("w") as output:
        program = subprocess.Popen([str(BINARY), "login"], env=environment, stderr=output)
    try:
        found = wait_until(lambda: re.search(r"\?code=(\S+)", said.read_text()))
        body = {"user_code": found.group(1), "approve": True}
        assert admin.post("auth/device/decide", body).status_code == 204
        assert program.wait(60) == 0
    finally:
        program.kill()
    assert f"as {ADMIN_EMAIL}" in said.read_text()
    answer = subprocess.run(
        [str(BINARY), "sql", "--output", "json", "SELECT 1 AS a"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"a"' in answer.stdout
