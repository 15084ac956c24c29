#!/usr/bin/env python3
"""The front door: what a decision and a token cost, what a flood of guesses does to the true user, and
whether time tells if an account exists.

Nothing here passes or fails by the clock: it prints what it measured.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Callable
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.harness.client import Client  # noqa: E402
from tests.harness.redis import Redis  # noqa: E402
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server  # noqa: E402

DECISIONS = ROOT / "build/release/bench/ob_bench_decisions"
GUESSES, ACCOUNTS, THREADS, REQUESTS = 10_000, 60, 4, 1000
PASSWORD = "a-good-password-of-theirs"


class Door:
    """One kept connection that comes from wherever it says (the server trusts it as a proxy)."""

    def __init__(self, server: Server) -> None:
        address = urlsplit(server.url)
        self.http = http.client.HTTPConnection(address.hostname, address.port, timeout=120)

    def sign_in(self, email: str, password: str, address: str) -> int:
        body = json.dumps({"email": email, "password": password})
        headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
        self.http.request("POST", "/api/v1/auth/login", body, headers)
        answer = self.http.getresponse()
        answer.read()
        return answer.status


def verdict(value: float, goal: str) -> str:
    """`goal` is the number that the value must stay below, with its unit."""
    return f"goal {goal}: {'met' if value < float(goal.split()[0]) else 'not met'}"


def decisions() -> list[str]:
    text = subprocess.run([DECISIONS], capture_output=True, text=True, check=True).stdout
    found = json.loads(text)
    us = lambda name, part="median": found[name][part] / 1000  # noqa: E731
    return [
        f"- a decision about one of {found['paths']:,} tables (by groups in groups, roles and inherited grants; "
        f"{found['allowed']:,} allowed), rights in memory: median {us('decision'):.2f} µs "
        f"({verdict(us('decision'), '5 µs')}), 99 % within {us('decision', 'p99'):.2f} µs; the first after a change of "
        f"grants {us('decision_after_change'):.0f} µs; {found['decisions_a_second'] / 1e6:.1f} million a second "
        "from two threads",
        f"- a token and a decision: median {us('token_again'):.1f} µs ({verdict(us('token_again'), '100 µs')}), 99 % "
        f"within {us('token_again', 'p99'):.1f} µs; with the token's signature, at its first use, "
        f"{us('first_use_of_token'):.0f} µs ({verdict(us('first_use_of_token'), '100 µs')})",
    ]


def over_http(server: Server, admin: Client) -> list[str]:
    """One endpoint, asked by who needs no decision and by who does, with a token used before and a new one."""
    admin.sql("CREATE TABLE main.default.door (a INT)")
    made = admin.ok("POST", "users", json=user("reader"))
    group = admin.ok("POST", "groups", json={"name": "readers"})["id"]
    admin.ok("PUT", f"groups/{group}/members/{made['id']}")
    admin.sql("GRANT SELECT ON TABLE main.default.door TO readers")
    reader = Client(server.url).login(made["email"], PASSWORD)
    path = "catalogs/main/schemas/default/tables/door"

    def fresh() -> Client:
        body = {"refresh_token": reader.refresh_token}
        tokens = reader.ok("POST", "auth/refresh", json=body)
        reader.refresh_token = tokens["refresh_token"]
        other = Client(server.url, tokens["access_token"])
        other.http = reader.http  # the same connection
        return other

    takes: dict[str, list[float]] = {"administrator": [], "reader": [], "new token": []}
    for _ in range(300):
        contestants = {"administrator": admin, "reader": reader, "new token": fresh()}
        for name, client in contestants.items():
            started = time.perf_counter()
            assert client.get(path).ok
            takes[name].append(time.perf_counter() - started)
    us = {name: statistics.median(values) * 1e6 for name, values in takes.items()}
    return [
        f"- `GET …/tables/door` over HTTP: {us['administrator']:.0f} µs for an administrator (nothing to decide), "
        f"{us['reader']:.0f} µs by a group's grant, {us['new token']:.0f} µs with a token seen for the first time "
        "(the client in Python included)"
    ]


def limiter() -> list[str]:
    """What counting together through Redis adds to a request."""
    with Redis() as redis, Server(redis_url=redis.url) as shared, Server() as alone:
        doors = {}
        for name, server in (("shared", shared), ("alone", alone)):
            client = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
            doors[name] = (Door(server), {"Authorization": f"Bearer {client.token}"})
        until = time.monotonic() + 30
        while Client(shared.url).ok("GET", "/readyz")["redis"] != "connected":
            if time.monotonic() > until:
                raise RuntimeError("the server did not find Redis")
            time.sleep(0.05)
        before = scripts_run(redis)
        takes: dict[str, list[float]] = {name: [] for name in doors}
        for _ in range(REQUESTS):
            for name, (door, headers) in doors.items():
                started = time.perf_counter()
                door.http.request("GET", "/api/v1/auth/me", headers=headers)
                answer = door.http.getresponse()
                answer.read()
                takes[name].append((time.perf_counter() - started) * 1e6)
                if answer.status != 200:
                    raise RuntimeError(f"a request got {answer.status}")
        asked = scripts_run(redis) - before
    us = {name: statistics.median(values) for name, values in takes.items()}
    return [
        f"- `GET …/auth/me` with limits shared through Redis: median {us['shared']:.0f} µs, counted in the process "
        f"{us['alone']:.0f} µs; Redis was asked {asked / REQUESTS:.2f} times a request, about two buckets each"
    ]


def scripts_run(redis: Redis) -> int:
    found = re.search(r"cmdstat_evalsha:calls=(\d+)", str(redis.ask("INFO", "commandstats")))
    return int(found.group(1)) if found else 0


def user(name: str) -> dict:
    return {"email": f"{name}@example.com", "name": name, "password": PASSWORD}


def flood(server: Server, email: str, address_of: Callable[[int], str]) -> tuple[dict, list[float]]:
    """Guesses by status, and how long each sign-in of the true user took meanwhile."""
    statuses: dict[int, int] = {}
    lock, numbers = threading.Lock(), iter(range(GUESSES))

    def guess() -> None:
        door = Door(server)
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            status = door.sign_in(email, f"guess-{number}", address_of(number))
            with lock:
                statuses[status] = statuses.get(status, 0) + 1

    threads = [threading.Thread(target=guess) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    door, waits, refusals = Door(server), [], []
    while any(thread.is_alive() for thread in threads):
        started = time.perf_counter()
        status = door.sign_in(email, PASSWORD, "203.0.113.77")
        waits.append(time.perf_counter() - started)
        if status != 200:
            refusals.append(status)
    if refusals:  # told when the threads are done with the server
        raise RuntimeError(f"the true user was refused: {refusals}")
    return statuses, waits


def guessing(server: Server, admin: Client) -> list[str]:
    lines = []
    for name, address_of, known in (
        ("one address", lambda n: "198.51.100.7", False),
        ("10,000 addresses", lambda n: f"10.{n % 250}.{n // 250}.9", True),
    ):
        email = f"{name.split()[0].replace(',', '')}@example.com"
        admin.ok("POST", "users", json=user(email.split("@")[0]))
        if known and Door(server).sign_in(email, PASSWORD, "203.0.113.77") != 200:
            raise RuntimeError("the true user did not sign in before")
        statuses, waits = flood(server, email, address_of)
        tried = statuses.get(401, 0)
        lines.append(
            f"- {GUESSES:,} guesses at one account from {name}: {tried} tried ({verdict(tried, '20')}), "
            f"{statuses.get(429, 0):,} refused; meanwhile the true user signed in {len(waits)} times from "
            f"{'a network that they had been at' if known else 'another address'}, within "
            f"{max(waits):.2f} s at most ({verdict(max(waits), '2 s')})"
        )
    return lines


def timing(server: Server, admin: Client) -> list[str]:
    """One wrong guess at each of many accounts, half of which do not exist, in a random order."""
    names = [f"exists{number}" for number in range(ACCOUNTS)]
    for name in names:
        admin.ok("POST", "users", json=user(name))
    cases = [(f"{name}@example.com", True) for name in names]
    cases += [(f"nobody{number}@example.com", False) for number in range(ACCOUNTS)]
    random.Random(1).shuffle(cases)
    door = Door(server)
    takes: dict[bool, list[float]] = {True: [], False: []}
    for number, (email, exists) in enumerate(cases):
        started = time.perf_counter()
        status = door.sign_in(email, "a-wrong-password", f"10.200.{number}.9")
        takes[exists].append((time.perf_counter() - started) * 1000)
        if status != 401:
            raise RuntimeError(f"a first guess got {status}")
    pairs = [(a > b) + (a == b) / 2 for a in takes[True] for b in takes[False]]
    # 95 % of what chance alone gives (Mann and Whitney).
    spread = 1.96 * ((2 * ACCOUNTS + 1) / (12 * ACCOUNTS * ACCOUNTS)) ** 0.5
    there, gone = statistics.median(takes[True]), statistics.median(takes[False])
    return [
        f"- a wrong password for one of {ACCOUNTS} accounts that exist: median {there:.1f} ms; for {ACCOUNTS} that do "
        f"not: {gone:.1f} ms. Of two such times the longer one was an existing account's in "
        f"{statistics.fmean(pairs):.0%} of the pairs; chance alone gives {0.5 - spread:.0%} to {0.5 + spread:.0%}."
    ]


def run() -> list[str]:
    lines = decisions()
    settings = {
        "trusted_proxies": "127.0.0.0/8",
        "requests_per_second": "1000000",
        "rate_limits": "auth.address=1000000/s",  # the guard of passwords alone is looked at
    }
    with Server(**settings) as server:
        admin = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
        lines += over_http(server, admin)
        lines += timing(server, admin)
        lines += guessing(server, admin)
    lines += limiter()
    print("\n".join(lines), flush=True)
    return lines


if __name__ == "__main__":
    run()
