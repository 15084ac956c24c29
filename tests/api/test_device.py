"""Programs sign in through the page: a short code that a person approves."""

import os
import re
import subprocess
from pathlib import Path

from tests.api.checks import problem
from tests.harness.client import Client, wait_until
from tests.harness.server import ADMIN_EMAIL, BINARY, Server


def test_an_approved_code_signs_in_once(admin: Client, anonymous: Client) -> None:
    started = anonymous.ok("POST", "auth/device")
    assert re.fullmatch(r"[B-Z]{4}-[B-Z]{4}", started["user_code"])
    assert started["verification_uri_complete"].endswith(f"/device?code={started['user_code']}")
    secret = {"device_code": started["device_code"]}
    pending = anonymous.post("auth/device/token", secret)
    problem(pending, 400, "identity.authorizationPending")
    problem(anonymous.post("auth/device/token", secret), 400, "identity.slowDown")
    code = {"user_code": started["user_code"].lower()}
    assert "python" in admin.ok("POST", "auth/device/show", json=code)["user_agent"]
    decided = admin.post("auth/device/decide", {**code, "approve": True})
    assert decided.status_code == 204
    tokens = anonymous.ok("POST", "auth/device/token", json=secret)
    assert Client(admin.url, tokens["access_token"]).ok("GET", "auth/me")["email"] == ADMIN_EMAIL
    problem(anonymous.post("auth/device/token", secret), 400, "identity.expiredCode")


def test_refused_and_unknown_codes(admin: Client, anonymous: Client) -> None:
    started = anonymous.ok("POST", "auth/device")
    code = {"user_code": started["user_code"]}
    problem(anonymous.post("auth/device/decide", {**code, "approve": True}), 401)
    key = admin.ok("POST", "keys", json={"name": "device"})["key"]
    by_key = Client(admin.url, key).post("auth/device/decide", {**code, "approve": True})
    problem(by_key, 403, "identity.needsSession")
    assert admin.post("auth/device/decide", {**code, "approve": False}).status_code == 204
    secret = {"device_code": started["device_code"]}
    problem(anonymous.post("auth/device/token", secret), 403, "identity.accessDenied")
    problem(admin.post("auth/device/show", code), 404, "identity.noSuchCode")


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
