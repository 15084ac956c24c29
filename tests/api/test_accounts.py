"""Accounts of people: registration, invitations, forgotten passwords, sessions, second factors."""

import base64
import hashlib
import hmac
import json
import struct
import time
import uuid
from typing import Iterator

import pytest
import requests

from tests.api.checks import problem
from tests.conftest import USER_PASSWORD, make_user, sign_in
from tests.harness.client import Client
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server
from tests.harness.smtp import Sink, token_of

FRESH = "a-fresh-password-3"


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


@pytest.fixture(scope="module")
def open_server(sink: Sink) -> Iterator[Server]:
    """A server that sends letters and lets everybody register."""
    with Server(smtp_url=sink.url, registration="open") as running:
        yield running


@pytest.fixture(scope="module")
def boss(open_server: Server) -> Client:
    return sign_in(open_server)


@pytest.fixture()
def guest(open_server: Server) -> Client:
    return Client(open_server.url)


def address() -> str:
    return f"{uuid.uuid4().hex[:10]}@example.com"


def login(client: Client, email: str, password: str, **options) -> requests.Response:
    return client.post("auth/login", {"email": email, "password": password}, **options)


def email_of(client: Client) -> str:
    return client.ok("GET", "auth/me")["email"]


def test_register_verify_sign_in(guest: Client, sink: Sink) -> None:
    email = address()
    body = {"email": email, "name": "Änne", "password": USER_PASSWORD}
    assert guest.post("auth/register", body).status_code == 202
    problem(login(guest, email, USER_PASSWORD), 401)
    token = token_of(sink.wait(email))
    assert guest.post("auth/verify", {"token": token}).status_code == 204
    problem(guest.post("auth/verify", {"token": token}), 400, "identity.badLink")
    me = guest.login(email, USER_PASSWORD).ok("GET", "auth/me")
    assert me["name"] == "Änne" and me["verified"] and not me["admin"]


def test_registering_a_taken_email_answers_the_same(
    boss: Client, guest: Client, sink: Sink
) -> None:
    email = email_of(make_user(boss, "taken"))
    body = {"name": "Eve", "password": "password-of-eve"}
    taken = guest.post("auth/register", {"email": email, **body})
    free = guest.post("auth/register", {"email": address(), **body})
    assert (taken.status_code, taken.text) == (free.status_code, free.text) == (202, "{}")
    assert sink.wait(email)["Subject"] == "You already have an account"
    problem(login(guest, email, "password-of-eve"), 401)


def test_forgotten_password(boss: Client, guest: Client, sink: Sink) -> None:
    client = make_user(boss, "forgetful")
    email = email_of(client)
    unknown = guest.post("auth/forgot", {"email": address()})
    known = guest.post("auth/forgot", {"email": email})
    assert (known.status_code, known.text) == (unknown.status_code, unknown.text) == (202, "{}")
    token = token_of(sink.wait(email))
    body = {"token": token, "password": FRESH}
    assert guest.post("auth/reset", body).status_code == 204
    problem(guest.post("auth/reset", body), 400, "identity.badLink")
    problem(client.get("auth/me"), 401)
    problem(client.post("auth/refresh", {"refresh_token": client.refresh_token}), 401)
    problem(login(guest, email, USER_PASSWORD), 401)
    guest.login(email, FRESH)
    assert sink.wait(email, 2)["Subject"] == "Your password was changed"


def test_invitation(boss: Client, guest: Client, sink: Sink) -> None:
    email = address()
    made = boss.ok("POST", "invitations", json={"email": email})
    assert "link" not in made
    token = token_of(sink.wait(email))
    assert guest.ok("POST", "auth/invitation", json={"token": token})["email"] == email
    assert email in [one["email"] for one in boss.ok("GET", "invitations")["items"]]
    body = {"token": token, "name": "Guest", "password": USER_PASSWORD}
    tokens = guest.post("auth/accept", body)
    assert tokens.status_code == 201
    assert email_of(Client(guest.url, tokens.json()["access_token"])) == email
    problem(guest.post("auth/accept", body), 400, "identity.badLink")
    other = boss.ok("POST", "invitations", json={"email": address()})
    assert boss.delete(f"invitations/{other['id']}").status_code == 204
    problem(boss.post("invitations", {"email": email}), 409, "identity.emailTaken")


def test_change_of_email(boss: Client, guest: Client, sink: Sink) -> None:
    client = make_user(boss, "mover")
    old, new = email_of(client), address()
    problem(client.post("auth/email", {"email": new, "password": "wrong"}), 403)
    answer = client.post("auth/email", {"email": new, "password": USER_PASSWORD})
    assert answer.status_code == 202
    token = token_of(sink.wait(new))
    assert email_of(client) == old
    assert guest.post("auth/email/confirm", {"token": token}).status_code == 204
    guest.login(new, USER_PASSWORD)
    assert new in sink.wait(old).as_string() or sink.wait(old)["Subject"]
    problem(login(Client(guest.url), old, USER_PASSWORD), 401)


def test_name_and_deletion(boss: Client) -> None:
    client = make_user(boss, "brief")
    email = email_of(client)
    assert client.ok("PATCH", "auth/me", json={"name": "New name"})["name"] == "New name"
    problem(client.post("auth/delete", {"password": "wrong"}), 403)
    assert client.post("auth/delete", {"password": USER_PASSWORD}).status_code == 204
    problem(client.get("auth/me"), 401)
    problem(login(Client(boss.url), email, USER_PASSWORD), 401)
    last = boss.post("auth/delete", {"password": ADMIN_PASSWORD})
    problem(last, 409, "identity.lastAdministrator")


def test_sessions(boss: Client) -> None:
    client = make_user(boss, "roamer")
    email = email_of(client)
    other = Client(boss.url)
    other.http.headers["User-Agent"] = "Another device"
    other.login(email, USER_PASSWORD)
    listed = client.ok("GET", "auth/sessions")["items"]
    assert [one["current"] for one in listed] == [False, True]
    assert listed[0]["user_agent"] == "Another device" and listed[0]["address"] == "127.0.0.1"
    problem(boss.delete(f"auth/sessions/{listed[0]['id']}"), 404)
    assert client.delete(f"auth/sessions/{listed[0]['id']}").status_code == 204
    problem(other.get("auth/me"), 401)
    problem(other.post("auth/refresh", {"refresh_token": other.refresh_token}), 401)
    third = Client(boss.url).login(email, USER_PASSWORD)
    assert client.delete("auth/sessions").status_code == 204
    problem(third.get("auth/me"), 401)
    client.ok("GET", "auth/me")


def test_a_stolen_refresh_token_ends_both(boss: Client) -> None:
    client = make_user(boss, "robbed")
    stolen = client.refresh_token
    thief = client.ok("POST", "auth/refresh", json={"refresh_token": stolen})
    problem(client.post("auth/refresh", {"refresh_token": stolen}), 401)
    problem(client.post("auth/refresh", {"refresh_token": thief["refresh_token"]}), 401)
    problem(Client(boss.url, thief["access_token"]).get("auth/me"), 401)
    problem(client.get("auth/me"), 401)


def code_of(secret: str, ahead: int = 0) -> str:
    """As an authenticator app makes it (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    step = int(time.time()) // 30 + ahead
    mac = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def test_second_factor(boss: Client, guest: Client) -> None:
    client = make_user(boss, "careful")
    email = email_of(client)
    enrolment = client.ok("POST", "auth/second-factor/enrol", json={"password": USER_PASSWORD})
    assert enrolment["url"].startswith("otpauth://totp/OpenBricks:")
    confirmed = client.ok(
        "POST", "auth/second-factor/confirm", json={"code": code_of(enrolment["secret"], -1)}
    )
    codes = confirmed["recovery_codes"]
    assert len(set(codes)) == 10
    assert client.ok("GET", "auth/second-factor") == {"enabled": True, "recovery_codes": 10}

    def challenge() -> str:
        answer = problem(login(guest, email, USER_PASSWORD), 401, "identity.secondFactorNeeded")
        return answer["challenge"]

    code = code_of(enrolment["secret"], 1)
    body = {"challenge": challenge(), "code": code}
    tokens = guest.ok("POST", "auth/second-factor", json=body)
    assert email_of(Client(guest.url, tokens["access_token"])) == email
    again = {"challenge": challenge(), "code": code}
    problem(guest.post("auth/second-factor", again), 401, "identity.badCode")
    by_recovery = {"challenge": challenge(), "code": codes[0].upper()}
    guest.ok("POST", "auth/second-factor", json=by_recovery)
    problem(guest.post("auth/second-factor", by_recovery), 401, "identity.badCode")
    proof = {"password": USER_PASSWORD, "code": codes[1]}
    assert client.post("auth/second-factor/disable", proof).status_code == 204
    guest.login(email, USER_PASSWORD)


def test_administrators_help(boss: Client, guest: Client, sink: Sink) -> None:
    client = make_user(boss, "helped")
    me = client.ok("GET", "auth/me")
    path = f"users/{me['id']}"
    for method, where, body in (
        ("PATCH", path, {"admin": True}),
        ("POST", f"{path}/password", {"password": FRESH}),
        ("POST", f"{path}/reset", None),
        ("DELETE", f"{path}/second-factor", None),
        ("POST", "invitations", {"email": address()}),
        ("GET", "invitations", None),
    ):
        problem(client.request(method, where, json=body), 403, "identity.notAdmin")
    assert boss.ok("PATCH", path, json={"disabled": True})["disabled"] is True
    problem(client.get("auth/me"), 401)
    problem(login(guest, me["email"], USER_PASSWORD), 403, "identity.disabled")
    problem(login(guest, me["email"], "wrong-password"), 401, "identity.badCredentials")
    boss.ok("PATCH", path, json={"disabled": False, "name": "Helped"})
    assert boss.post(f"{path}/password", {"password": FRESH}).status_code == 204
    needed = problem(login(guest, me["email"], FRESH), 403, "identity.passwordChangeNeeded")
    body = {"challenge": needed["challenge"], "password": "their-own-password"}
    guest.ok("POST", "auth/temporary-password", json=body)
    assert boss.post(f"{path}/reset").status_code == 202
    assert "/reset-password#token=" in str(
        sink.wait(me["email"]).get_body(("plain",)).get_content()
    )
    own = f"users/{boss.ok('GET', 'auth/me')['id']}"
    problem(boss.request("PATCH", own, json={"admin": False}), 409, "identity.lastAdministrator")
    problem(boss.request("PATCH", own, json={"disabled": True}), 409)


def test_registration_is_by_invitation_at_first(anonymous: Client) -> None:
    settings = anonymous.ok("GET", "auth/settings")
    assert (settings["registration"], settings["mail"]) == ("invitation", False)
    body = {"email": address(), "name": "x", "password": USER_PASSWORD}
    problem(anonymous.post("auth/register", body), 403, "identity.registrationClosed")


class FromAddress(requests.adapters.HTTPAdapter):
    """Connections from another address of this machine."""

    def __init__(self, source: str) -> None:
        self.source = source
        super().__init__()

    def init_poolmanager(self, *args, **kwargs) -> None:
        super().init_poolmanager(*args, source_address=(self.source, 0), **kwargs)


def client_from(server: Server, source: str) -> Client:
    client = Client(server.url)
    client.http.mount("http://", FromAddress(source))
    return client


def test_guesses_from_outside_are_few_and_the_owner_gets_in(fresh_server: Server) -> None:
    guesser = client_from(fresh_server, "127.6.6.6")
    answers = [login(guesser, ADMIN_EMAIL, f"guess-{i}").status_code for i in range(300)]
    assert set(answers) == {401, 429} and answers.count(401) < 20
    client_from(fresh_server, "127.1.1.1").login(ADMIN_EMAIL, ADMIN_PASSWORD)


def test_guesses_from_everywhere_do_not_lock_out_known_places(fresh_server: Server) -> None:
    sign_in(fresh_server)
    device = client_from(fresh_server, "127.1.1.1").login(ADMIN_EMAIL, ADMIN_PASSWORD)
    tried = 0
    for i in range(100):
        stranger = client_from(fresh_server, f"127.{i + 10}.6.6")
        tried += login(stranger, ADMIN_EMAIL, f"guess-{i}").status_code == 401
    assert tried < 20
    # The network where they signed in before, and the same browser somewhere else.
    client_from(fresh_server, "127.0.0.1").login(ADMIN_EMAIL, ADMIN_PASSWORD)
    device.http.mount("http://", FromAddress("127.200.1.1"))
    device.login(ADMIN_EMAIL, ADMIN_PASSWORD)
    stranger = login(client_from(fresh_server, "127.201.1.1"), ADMIN_EMAIL, ADMIN_PASSWORD)
    problem(stranger, 429, "identity.throttled")


def test_no_secret_is_in_the_log(open_server: Server, sink: Sink) -> None:
    said = "\n".join(open_server.log)
    for secret in [USER_PASSWORD, FRESH, ADMIN_PASSWORD, "password-of-eve", "guess-1"]:
        assert secret not in said
    for letter in sink.letters:
        text = letter.get_body(("plain",)).get_content()
        if "#token=" in text:
            assert token_of(letter) not in said
    assert json.loads(next(line for line in open_server.log if line.startswith("{")))["time"]
