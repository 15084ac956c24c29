"""Secrets are given to every endpoint that takes one, good ones and wrong ones; then they are looked
for in the log, the audit log, error answers, metrics and the files of the server."""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from typing import Iterator
from urllib.parse import quote

import pytest
import requests

from tests.api.endpoint_requests import REQUESTS
from tests.api.endpoint_world import Cell, World
from tests.api.test_accounts import code_of
from tests.api.test_endpoint_matrix import endpoints
from tests.conftest import USER_PASSWORD
from tests.harness.client import Client
from tests.harness.s3 import ACCESS_KEY, S3, SECRET_KEY
from tests.harness.server import ADMIN_EMAIL, Server
from tests.harness.smtp import Sink, token_of

# Names of fields that hold a secret.
SECRET = re.compile(
    r"password|secret|token|challenge|^code$|_code$|access_key|account_key|service_account|^current$"
)
SHORTEST = 8  # a shorter text may stand anywhere by chance
SETTINGS = {"admin_password": "planted-admin-password-1"}


def fields_of(document: dict) -> list[tuple[str, str]]:
    """Operation and field of all that takes a secret in its body."""
    schemas = document["components"]["schemas"]
    found = []
    for operation, (_, _, description) in endpoints(document).items():
        content = description.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        for name in schema.get("properties", {}):
            if SECRET.search(name):
                found.append((operation, name))
    return found


class Story:
    """What was given and what was answered."""

    def __init__(self, server: Server, sink: Sink, store: S3) -> None:
        self.server, self.sink, self.store = server, sink, store
        self.secrets: set[str] = {*SETTINGS.values(), USER_PASSWORD, SECRET_KEY}
        self.errors: list[str] = []
        self.admin = self.client().login(ADMIN_EMAIL, SETTINGS["admin_password"])
        self.keep(self.admin.token, self.admin.refresh_token)

    def client(self, token: str = "") -> Client:
        client = Client(self.server.url, token)
        client.http.hooks["response"].append(self.see)
        return client

    def see(self, response: requests.Response, **_: object) -> None:
        if response.status_code >= 400:
            # A challenge is what some errors are for.
            text = re.sub(r'"challenge":"[^"]*"', "", response.text)
            self.errors.append(f"{response.status_code} {response.headers} {text}")

    def keep(self, *secrets: str) -> None:
        self.secrets |= {s for s in secrets if len(s) >= SHORTEST}

    def plant(self, what: str = "") -> str:
        secret = f"planted-{what}-{uuid.uuid4().hex}"
        self.keep(secret)
        return secret

    # Each of these succeeds, so that the secret gets as far as it can.
    def real_ones(self) -> None:
        self.passwords_and_letters()
        self.second_factor()
        self.keys_and_accounts()
        self.storage()

    def passwords_and_letters(self) -> None:
        password, fresh, temporary = (self.plant("p")[:60] for _ in range(3))
        self.keep(password, fresh, temporary)
        guest, email = self.client(), f"{uuid.uuid4().hex[:8]}@example.com"
        body = {"email": email, "name": "x", "password": password}
        guest.ok("POST", "auth/register", json=body)
        self.follow(email, 1, "auth/verify", {})
        guest.login(email, password)
        self.keep(guest.token, guest.refresh_token)
        guest.ok("POST", "auth/forgot", json={"email": email})
        self.follow(email, 2, "auth/reset", {"password": fresh})
        guest.login(email, fresh)
        old = guest.refresh_token
        tokens = guest.ok("POST", "auth/refresh", json={"refresh_token": old})
        self.keep(old, tokens["access_token"], tokens["refresh_token"])
        me = Client(self.server.url, tokens["access_token"]).ok("GET", "auth/me")
        self.admin.ok("POST", f"users/{me['id']}/password", json={"password": temporary})
        needed = guest.post("auth/login", {"email": email, "password": temporary}).json()
        body = {"challenge": needed["challenge"], "password": password}
        signed_in = guest.ok("POST", "auth/temporary-password", json=body)
        self.keep(needed["challenge"], signed_in["refresh_token"])
        guest.token = signed_in["access_token"]
        body = {"current": password, "password": fresh}
        guest.ok("POST", "auth/password", json=body)
        guest.login(email, fresh)
        other = f"{uuid.uuid4().hex[:8]}@example.com"
        guest.ok("POST", "auth/email", json={"email": other, "password": fresh})
        self.follow(other, 1, "auth/email/confirm", {})
        invited = f"{uuid.uuid4().hex[:8]}@example.com"
        self.admin.ok("POST", "invitations", json={"email": invited})
        self.follow(invited, 1, "auth/accept", {"name": "x", "password": password})
        guest.login(other, fresh)
        guest.ok("POST", "auth/delete", json={"password": fresh})

    def follow(self, email: str, count: int, path: str, body: dict) -> None:
        """Does what the newest letter says."""
        token = token_of(self.sink.wait(email, count))
        self.keep(token)
        self.client().ok("POST", path, json={"token": token, **body})

    def second_factor(self) -> None:
        email = f"{uuid.uuid4().hex[:8]}@example.com"
        body = {"email": email, "name": "x", "password": USER_PASSWORD}
        self.admin.ok("POST", "users", json=body)
        client = self.client().login(email, USER_PASSWORD)
        enrolled = client.ok("POST", "auth/second-factor/enrol", json={"password": USER_PASSWORD})
        codes = client.ok(
            "POST", "auth/second-factor/confirm", json={"code": code_of(enrolled["secret"])}
        )["recovery_codes"]
        self.keep(enrolled["secret"], enrolled["url"], *codes)
        body = {"email": email, "password": USER_PASSWORD}
        challenge = client.post("auth/login", body).json()["challenge"]
        self.keep(challenge)
        body = {"challenge": challenge, "code": codes[0]}
        client.ok("POST", "auth/second-factor", json=body)
        body = {"password": USER_PASSWORD, "code": codes[1]}
        client.ok("POST", "auth/second-factor/disable", json=body)

    def keys_and_accounts(self) -> None:
        key = self.admin.ok("POST", "keys", json={"name": "planted"})["key"]
        self.keep(key)
        self.client(key).sql("SELECT 1")
        form = {"client_id": "openbricks"}
        started = self.client().ok("POST", "oauth/device", data=form)
        self.keep(started["device_code"], started["user_code"])
        body = {"approve": True, "user_code": started["user_code"]}
        self.admin.ok("POST", "auth/device/decide", json=body)
        form |= {
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
            "device_code": started["device_code"],
        }
        tokens = self.client().ok("POST", "oauth/token", data=form)
        self.keep(tokens["access_token"], tokens["refresh_token"])
        self.client().ok("POST", "auth/logout", json={"refresh_token": tokens["refresh_token"]})
        account = self.admin.ok("POST", "service-accounts", json={"name": "planted"})
        made = self.admin.ok("POST", f"service-accounts/{account['id']}/secrets", json={})
        secret = made["client_secret"]
        form = {"grant_type": "client_credentials", "client_id": account["id"]}
        url = f"{self.server.url}/api/v1/oauth/token"
        answer = self.admin.http.post(url, data=form | {"client_secret": secret}, timeout=30)
        self.keep(secret, answer.json()["access_token"])
        basic = base64.b64encode(f"{account['id']}:{secret}".encode()).decode()
        self.keep(basic)
        header = {"Authorization": f"Basic {basic}"}
        assert self.admin.http.post(url, data=form, headers=header, timeout=30).ok
        user = self.admin.ok("GET", "auth/me")["id"]
        self.keep(self.admin.ok("POST", f"users/{user}/view-as")["access_token"])

    def storage(self) -> None:
        place = f"s3://test/planted?endpoint={self.store.url}&region=us-east-1"
        body = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
        self.admin.ok(
            "POST", "storage-credentials", json={"name": "planted", "urls": [place], **body}
        )
        self.admin.ok("PATCH", "storage-credentials/planted", json=body)
        self.admin.ok("POST", "storage-credentials/planted/test")
        nowhere = place.replace("s3://test", "s3://none")
        for field in ("secret_key", "session_token", "access_key"):
            wrong = body | {field: self.plant(field)}
            self.admin.post(
                "storage-credentials", {"name": "wrong", "urls": [nowhere, place], **wrong}
            )
            self.admin.request("PATCH", "storage-credentials/planted", json=wrong)
        for url, fields in (
            ("gs://test/x", ("service_account",)),
            ("az://test/x?account=a", ("account_key", "sas_token")),
            ("az://test/x?account=a", ("tenant_id", "client_id", "client_secret")),
        ):
            wrong = {field: self.plant(field) for field in fields}
            self.admin.post("storage-credentials", {"name": "wrong", "urls": [url], **wrong})

    # Wrong ones, in every field, in other forms, and where nothing of the kind belongs.
    def wrong_ones(self, document: dict) -> None:
        world = World(self.admin, self.server.data / "openbricks.db")
        known = endpoints(document)
        for operation, field in fields_of(document):
            method, path, _ = known[operation]
            for form in ("text", "object", "list", "long", "unknown"):
                world.refill()
                self.send(Cell(world, "admin"), operation, method, path, field, form)
        for header in ("Authorization", "Cookie", "X-Session", "X-Api-Key"):
            for value in ("Bearer {}", "Basic {}", "{}", "openbricks_refresh={}", "obk_{}"):
                planted = value.format(self.plant("header"))
                self.client().get("auth/me", headers={header: planted})
        for path in ("auth/me", "users", "query", "nothing", "/healthz", "/", "/assets/x"):
            self.client().get(path, params={"token": self.plant("query"), "password": "x"})
        for email in (self.plant("email"), f"{self.plant('email')}@"):
            self.client().post("auth/login", {"email": email, "password": self.plant("p")})
        for body in ('{"password": "%s"', '{"password": "%s"}', "%s", '["%s"]'):
            planted = body % self.plant("body")
            headers = {"Content-Type": "application/json"}
            self.client().request("POST", "auth/login", data=planted, headers=headers)
            self.client().request("POST", "oauth/token", data=planted)

    def send(
        self, cell: Cell, operation: str, method: str, path: str, field: str, form: str
    ) -> None:
        options = dict(REQUESTS[operation](cell))
        for name, value in options.pop("path", {}).items():
            path = path.replace("{" + name + "}", quote(value, safe="/"))
        planted = self.plant(operation)
        value = {
            "text": planted[:70],
            "object": {"a": planted},
            "list": [planted],
            "long": planted * 100,
            "unknown": planted,
        }[form]
        self.keep(planted[:70])
        name = f"{field}_x" if form == "unknown" else field
        body = dict(options.pop("json", {})) | {name: value}
        self.client(cell.client.token).request(method, path, json=body, **options)


def forms(secret: str) -> set[bytes]:
    raw = secret.encode()
    return {
        raw,
        base64.b64encode(raw).rstrip(b"="),
        base64.urlsafe_b64encode(raw).rstrip(b"="),
        raw.hex().encode(),
        quote(secret, safe="").encode(),
        json.dumps(secret)[1:-1].encode(),
        raw.replace(b"/", b"\\/"),
    }


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    store = S3()
    try:
        with (
            Sink() as sink,
            Server(
                smtp_url=sink.url,
                registration="open",
                bcrypt_cost="10",
                log_level="debug",
                **SETTINGS,
            ) as server,
        ):
            told = Story(server, sink, store)
            told.real_ones()
            told.wrong_ones(told.admin.get("/api/openapi.json").json())
            time.sleep(0.3)  # what nobody waited for reaches the log
            yield told
    finally:
        store.stop()


def look(story: Story, where: dict[str, bytes]) -> None:
    found = [
        f"{secret} in {name}"
        for secret in sorted(story.secrets)
        for form in forms(secret)
        for name, content in where.items()
        if form in content
    ]
    assert not found, "\n".join(found[:20])


def test_the_story_is_a_long_one(story: Story) -> None:
    assert len(story.secrets) > 150 and len(story.errors) > 100
    assert len(fields_of(story.admin.get("/api/openapi.json").json())) > 20
    # What is looked for would be found: the log tells of these requests.
    assert any("/api/v1/auth/login" in line for line in story.server.log)


def test_nothing_in_the_log(story: Story) -> None:
    look(story, {"the log": "\n".join(story.server.log).encode()})


def test_nothing_in_the_audit_log(story: Story) -> None:
    text = story.admin.get("audit", params={"format": "ndjson"}).content
    assert text.count(b"\n") > 200
    look(story, {"the audit log": text})
    look(story, {"csv": story.admin.get("audit", params={"format": "csv"}).content})
    rows = story.admin.query("SELECT * FROM system.access.audit", accept="text/csv").content
    look(story, {"SQL": rows})


def test_nothing_in_errors(story: Story) -> None:
    look(story, {f"an error: {text[:600]}": text.encode() for text in story.errors})


def test_nothing_in_metrics(story: Story) -> None:
    look(story, {"metrics": Client(story.server.url).get("/metrics").content})


def test_nothing_in_lists(story: Story) -> None:
    """What administrators and owners see of it all afterwards."""
    for path in ("keys", "users", "invitations", "admin/mail", "storage-credentials", "queries"):
        look(story, {path: story.admin.get(path).content})


def test_nothing_in_the_files(story: Story) -> None:
    story.server.stop()
    files = {
        str(path.relative_to(story.server.data)): path.read_bytes()
        for path in story.server.data.rglob("*")
        if path.is_file()
    }
    assert any(name.endswith(".db") for name in files) or story.server.database
    look(story, files)
