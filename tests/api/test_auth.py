"""Sign-in, tokens, users: who gets in and who does not."""

import base64
import json
import uuid
from typing import Iterator

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.api.checks import problem
from tests.conftest import USER_PASSWORD, make_user, sign_in
from tests.harness.client import Client
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server


@pytest.fixture(scope="module")
def guessed() -> Iterator[Client]:
    """A server of its own for wrong passwords, which it answers ever more slowly."""
    with Server() as running:
        yield Client(running.url)


def login(client: Client, email: str, password: str):
    return client.post("auth/login", {"email": email, "password": password})


def test_login_gives_a_bearer_token(anonymous: Client) -> None:
    answer = login(anonymous, ADMIN_EMAIL, ADMIN_PASSWORD)
    assert answer.status_code == 200
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] >= 900
    me = Client(anonymous.url, tokens["access_token"]).ok("GET", "auth/me")
    assert me["email"] == ADMIN_EMAIL and me["admin"] is True


@pytest.mark.parametrize(
    "email, password",
    [
        (ADMIN_EMAIL, "wrong"),
        (ADMIN_EMAIL, ""),
        ("nobody@example.com", ADMIN_PASSWORD),
        (ADMIN_EMAIL, ADMIN_PASSWORD + "\x00"),
        ("' or 1=1 --", "x"),
        (ADMIN_EMAIL, "x" * 5000),
    ],
)
def test_login_refuses(guessed: Client, email: str, password: str) -> None:
    problem(login(guessed, email, password), (400, 401, 422, 429))


def test_login_does_not_tell_which_part_was_wrong(fresh_server: Server) -> None:
    client = Client(fresh_server.url)
    unknown = login(client, f"{uuid.uuid4()}@example.com", "some-password").json()
    wrong = login(client, ADMIN_EMAIL, "some-password").json()
    assert (unknown["id"], unknown["detail"]) == (wrong["id"], wrong["detail"])


def test_guessing_is_slowed_down(guessed: Client) -> None:
    email = f"{uuid.uuid4()}@example.com"
    answers = [login(guessed, email, f"guess-{i}") for i in range(12)]
    assert answers[-1].status_code == 429, [a.status_code for a in answers]
    assert int(answers[-1].headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    "body, field",
    [
        ({}, "email"),
        ({"email": ADMIN_EMAIL}, "password"),
        ({"email": 5, "password": "x"}, "email"),
        ({"email": ADMIN_EMAIL, "password": None}, "password"),
    ],
)
def test_login_names_the_wrong_field(anonymous: Client, body: dict, field: str) -> None:
    errors = problem(anonymous.post("auth/login", body), (400, 422))["errors"]
    assert field in [e["field"] for e in errors]


def forged(token: str) -> list[str]:
    """Tokens that look like a real one."""
    header, payload, signature = token.split(".")

    def encode(value: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    def decode(part: str) -> dict:
        return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))

    claims = decode(payload)
    return [
        f"{encode({'alg': 'none', 'typ': 'JWT'})}.{payload}.",
        f"{encode({'alg': 'HS256', 'typ': 'JWT'})}.{payload}.{signature}",
        f"{header}.{encode({**claims, 'sub': str(uuid.uuid4())})}.{signature}",
        f"{header}.{encode({**claims, 'exp': 4102444800})}.{signature}",
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{payload}",
        "a.b.c",
        "obk_" + "A" * 43,
        "",
        "x" * 10000,
        "Bearer",
        "é",
    ]


def test_forged_tokens_are_refused(anonymous: Client, admin: Client) -> None:
    for token in forged(admin.token):
        answer = anonymous.get(
            "auth/me", headers={"Authorization": f"Bearer {token}".encode("utf-8")}
        )
        assert answer.status_code in (400, 401, 431), token[:60]


@pytest.mark.parametrize("scheme", ["Basic YTpi", "bearer", "Token x", "Bearer  "])
def test_other_schemes_are_refused(anonymous: Client, scheme: str) -> None:
    problem(anonymous.get("auth/me", headers={"Authorization": scheme}), 401)


NEEDS_IDENTITY = [
    ("GET", "auth/me"),
    ("GET", "keys"),
    ("POST", "keys"),
    ("GET", "users"),
    ("GET", "catalogs"),
    ("GET", "catalogs/main/schemas"),
    ("GET", "catalogs/main/schemas/default/tables"),
    ("GET", "search?q=a"),
    ("POST", "query"),
    ("GET", "queries"),
    ("GET", "saved-queries"),
    ("POST", "tables"),
    ("POST", "tables/infer"),
    ("POST", "uploads"),
    ("GET", "files/main/default/files/a"),
    ("PUT", "files/main/default/files/a"),
    ("GET", "directories/main/default/files"),
    ("GET", "query/pages/x"),
]


@pytest.mark.parametrize("method, path", NEEDS_IDENTITY)
def test_nothing_answers_without_identity(anonymous: Client, method: str, path: str) -> None:
    answer = problem(anonymous.request(method, path), 401)
    assert "detail" in answer


def test_refresh_rotates_and_reuse_ends_the_session(server: Server) -> None:
    client = sign_in(server)
    first = client.refresh_token
    second = client.ok("POST", "auth/refresh", json={"refresh_token": first})
    assert second["refresh_token"] != first
    Client(server.url, second["access_token"]).ok("GET", "auth/me")
    # A stolen token used again: the whole line of tokens ends.
    problem(client.post("auth/refresh", {"refresh_token": first}), 401)
    problem(client.post("auth/refresh", {"refresh_token": second["refresh_token"]}), 401)


def test_logout_ends_the_refresh_token(server: Server) -> None:
    client = sign_in(server)
    answer = client.post("auth/logout", {"refresh_token": client.refresh_token})
    assert answer.status_code == 204
    problem(client.post("auth/refresh", {"refresh_token": client.refresh_token}), 401)


COOKIE = {"X-Session": "cookie"}


def test_browsers_keep_the_refresh_token_in_a_cookie(server: Server) -> None:
    client = Client(server.url)
    body = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
    answer = client.post("auth/login", body, headers=COOKIE)
    assert "refresh_token" not in answer.json()
    set_cookies = answer.raw.headers.getlist("Set-Cookie")
    given = next(one for one in set_cookies if one.startswith("openbricks_refresh="))
    for part in ("HttpOnly", "SameSite=Strict", "Path=/api/v1/auth"):
        assert part in given
    # The cookie alone does nothing: another site's page can send it, but not the header.
    problem(client.post("auth/refresh", {}), 400)
    problem(client.post("auth/logout", {}), 400)
    cross = {**COOKIE, "Sec-Fetch-Site": "cross-site"}
    problem(client.post("auth/refresh", {}, headers=cross), 403, "identity.crossSite")
    tokens = client.post("auth/refresh", {}, headers=COOKIE)
    assert tokens.status_code == 200 and "refresh_token" not in tokens.json()
    Client(server.url, tokens.json()["access_token"]).ok("GET", "auth/me")
    assert client.post("auth/logout", {}, headers=COOKIE).status_code == 204
    assert "openbricks_refresh" not in client.http.cookies
    problem(client.post("auth/refresh", {}, headers=COOKIE), 401)


def test_change_of_password(admin: Client, server: Server) -> None:
    client = make_user(admin, "changer")
    email = client.ok("GET", "auth/me")["email"]
    problem(
        client.post("auth/password", {"current": "wrong", "password": "new-password-3"}),
        (400, 401, 403),
    )
    problem(
        client.post("auth/password", {"current": USER_PASSWORD, "password": "short"}), (400, 422)
    )
    changed = client.post("auth/password", {"current": USER_PASSWORD, "password": "new-password-3"})
    assert changed.status_code == 204
    problem(login(Client(server.url), email, USER_PASSWORD), 401)
    Client(server.url).login(email, "new-password-3")


def test_users_are_the_admins_business(admin: Client, user: Client) -> None:
    problem(user.get("users"), 403)
    problem(
        user.post("users", {"email": "x@example.com", "name": "x", "password": "long-enough-1"}),
        403,
    )
    emails = [u["email"] for u in admin.ok("GET", "users")["items"]]
    assert ADMIN_EMAIL in emails and user.ok("GET", "auth/me")["email"] in emails


def test_same_email_twice_conflicts(admin: Client, user: Client) -> None:
    email = user.ok("GET", "auth/me")["email"]
    for same in (email, email.upper()):
        body = {"email": same, "name": "x", "password": "long-enough-1"}
        problem(admin.post("users", body), 409)


def test_deleted_user_is_out(admin: Client, server: Server) -> None:
    client = make_user(admin, "leaver")
    me = client.ok("GET", "auth/me")
    key = client.ok("POST", "keys", json={"name": "k"})["key"]
    assert admin.delete(f"users/{me['id']}").status_code == 204
    problem(login(Client(server.url), me["email"], USER_PASSWORD), 401)
    problem(client.post("auth/refresh", {"refresh_token": client.refresh_token}), 401)
    problem(Client(server.url, key).get("auth/me"), 401)


def test_tokens_and_keys_survive_a_restart(fresh_server: Server) -> None:
    client = sign_in(fresh_server)
    key = client.ok("POST", "keys", json={"name": "k"})["key"]
    fresh_server.restart()
    assert client.ok("GET", "auth/me")["email"] == ADMIN_EMAIL
    assert Client(fresh_server.url, key).ok("GET", "auth/me")["email"] == ADMIN_EMAIL


def test_first_start_prints_a_made_up_password_once(tmp_path) -> None:
    with Server(data=tmp_path / "d", admin_password="") as server:
        said = [line for line in server.log if "password" in line.lower()]
        server.stop()
        server.log.clear()
        server.start()
        words = {word.strip("'\"`,.;:(){}") for line in said for word in line.split()}
        candidates = [word for word in words if len(word) >= 12 and "@" not in word]
        working = [w for w in candidates[:4] if login(Client(server.url), ADMIN_EMAIL, w).ok]
        assert len(working) == 1, said
        assert working[0] not in "\n".join(server.log)


def test_anybody_can_verify_tokens_with_the_public_keys(anonymous: Client, admin: Client) -> None:
    keys = anonymous.ok("GET", "/.well-known/jwks.json")["keys"]
    assert all("d" not in key and key["use"] == "sig" for key in keys)

    def number(text: str) -> int:
        return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")

    signed, signature = admin.token.rsplit(".", 1)
    header, claims = (
        json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        for part in signed.split(".")
    )
    assert (claims["iss"], claims["aud"]) == ("openbricks", "openbricks-api")
    key = next(key for key in keys if key["kid"] == header["kid"])
    point = ec.EllipticCurvePublicNumbers(number(key["x"]), number(key["y"]), ec.SECP256R1())
    both = f"{number(signature):0128x}"
    encoded = encode_dss_signature(int(both[:64], 16), int(both[64:], 16))
    point.public_key().verify(encoded, signed.encode(), ec.ECDSA(hashes.SHA256()))
