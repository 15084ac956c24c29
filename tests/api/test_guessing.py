"""Ten thousand guesses of passwords: few are tried, the true user gets in, and nobody learns who has
an account. (What time tells is measured by `./dev bench --only door`.)"""

from __future__ import annotations

import http.client
import itertools
import json
import uuid
from dataclasses import dataclass
from typing import Iterator
from urllib.parse import urlsplit

import pytest

from tests.conftest import USER_PASSWORD, sign_in
from tests.harness.client import Client, wait_until
from tests.harness.server import Server

FEW = 20  # an hour, of one account, from places that it was never at
_places = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    # Only the guard of passwords is looked at, not how many requests an address may send.
    limits = {"requests_per_second": "1000000", "rate_limits": "auth.address=1000000/s"}
    with Server(bcrypt_cost="10", trusted_proxies="127.0.0.0/8", **limits) as running:
        yield running


@pytest.fixture(scope="module")
def admin(server: Server) -> Client:
    return sign_in(server)


@dataclass
class Answer:
    status: int
    body: dict
    device: str  # the cookie that marks the browser
    retry_after: str


class Door:
    """A kept connection through a trusted proxy that tells where people come from."""

    def __init__(self, server: Server) -> None:
        address = urlsplit(server.url)
        self.http = http.client.HTTPConnection(address.hostname, address.port, timeout=60)

    def sign_in(self, email: str, password: str, address: str, device: str = "") -> Answer:
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
        if device:
            headers["Cookie"] = device
        body = json.dumps({"email": email, "password": password})
        self.http.request("POST", "/api/v1/auth/login", body, headers)
        answer = self.http.getresponse()
        cookies = [value.split(";")[0] for value in answer.headers.get_all("Set-Cookie") or []]
        text = json.loads(answer.read())
        device = next((one for one in cookies if "device" in one), "")
        return Answer(answer.status, text, device, answer.headers.get("Retry-After", ""))

    def tried(self, email: str, addresses: Iterator[str]) -> int:
        """How many guesses were looked at; all others were put off."""
        count = 0
        for number, address in enumerate(addresses):
            answer = self.sign_in(email, f"guess-{number}", address)
            if answer.status == 401:
                count += 1
            else:
                assert answer.body["id"] == "identity.throttled" and int(answer.retry_after) > 0
        return count


@pytest.fixture()
def door(server: Server) -> Iterator[Door]:
    made = Door(server)
    yield made
    made.http.close()


@pytest.fixture()
def email(admin: Client) -> str:
    address = f"owner-{uuid.uuid4().hex[:8]}@example.com"
    admin.ok("POST", "users", json={"email": address, "name": "O", "password": USER_PASSWORD})
    return address


def elsewhere() -> str:
    """An address where nobody of the tests has been, in a neighbourhood of its own."""
    number = next(_places)
    return f"100.{64 + number // 250}.{number % 250}.7"


def test_from_one_address(door: Door, email: str) -> None:
    assert 5 <= door.tried(email, itertools.repeat("198.51.100.7", 2500)) < FEW
    # The owner, at a place that was never seen.
    assert door.sign_in(email, USER_PASSWORD, elsewhere()).status == 200


def test_from_one_neighbourhood(door: Door, email: str) -> None:
    addresses = (f"198.51.101.{number % 250}" for number in range(1500))
    assert 5 <= door.tried(email, addresses) < FEW
    assert door.sign_in(email, USER_PASSWORD, elsewhere()).status == 200


def test_from_everywhere(server: Server, door: Door, email: str) -> None:
    home, travelling = elsewhere(), elsewhere()
    device = door.sign_in(email, USER_PASSWORD, home).device
    assert device
    addresses = (f"10.{number % 250}.{number // 250}.9" for number in range(4000))
    assert 5 <= door.tried(email, addresses) < FEW
    # From where they were before, and with the browser that they used before.
    assert door.sign_in(email, USER_PASSWORD, home).status == 200
    assert door.sign_in(email, USER_PASSWORD, travelling, device).status == 200
    # Where they have been by then counts, too.
    assert door.sign_in(email, USER_PASSWORD, travelling).status == 200
    # Somebody else's mark is none.
    assert door.sign_in(email, USER_PASSWORD, elsewhere(), device[:-4] + "AAAA").status == 429
    # From a new place without any mark, a letter opens the way.
    new = elsewhere()
    assert door.sign_in(email, USER_PASSWORD, new).status == 429
    Client(server.url).ok("POST", "auth/forgot", json={"email": email})
    token = letter_token(server, email)
    answer = Client(server.url).post(
        "auth/reset",
        {"token": token, "password": "another-good-password"},
        headers={"X-Forwarded-For": new},
    )
    assert answer.ok, answer.text
    assert door.sign_in(email, "another-good-password", new).status == 200


def letter_token(server: Server, email: str) -> str:
    def found() -> str:
        said = "\n".join(server.log)
        rest = said.rsplit(email, 1)[-1] if email in said else ""
        return rest.split("#token=")[1].split('"')[0].split("\\")[0] if "#token=" in rest else ""

    return wait_until(found, what="the letter in the log")


def test_many_accounts_from_many_addresses(door: Door, admin: Client) -> None:
    """Each account by itself, when the same addresses go through all of them."""
    accounts = [f"one-of-{number}-{uuid.uuid4().hex[:6]}@example.com" for number in range(4)]
    for one in accounts:
        admin.ok("POST", "users", json={"email": one, "name": "O", "password": USER_PASSWORD})
    tried = dict.fromkeys(accounts, 0)
    for number in range(2000):
        one = accounts[number % len(accounts)]
        answer = door.sign_in(one, f"guess-{number}", f"10.{number % 200}.{number % 7}.3")
        assert answer.status in (401, 429)
        tried[one] += answer.status == 401
    assert max(tried.values()) < FEW and min(tried.values()) > 0


def test_who_has_an_account_is_not_told(door: Door, email: str) -> None:
    """The same answers at the same guess, whether there is an account or not."""
    nobody = f"nobody-{uuid.uuid4().hex[:8]}@example.com"
    service = "no-address-at-all"
    seen = []
    for one in (email, nobody, service):
        answers = []
        for number in range(20):
            answer = door.sign_in(one, f"guess-{number}", f"172.20.{number}.1")
            body = {key: value for key, value in answer.body.items() if key != "request_id"}
            if answer.status == 429:
                body.pop("detail")  # it tells the seconds
            answers.append((answer.status, body))
        seen.append(answers)
    assert seen[0] == seen[1] == seen[2]
    assert {status for status, _ in seen[0]} == {401, 429}
