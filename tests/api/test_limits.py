"""Rate limits: whose, of what, what the answers tell, and with Redis across instances."""

import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import pytest
import requests

from tests.api.checks import problem
from tests.conftest import make_user, sign_in
from tests.harness.client import Client
from tests.harness.redis import Redis
from tests.harness.server import Server

SELECT = {"sql": "SELECT 1"}


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    with Redis() as running:
        yield running


@pytest.fixture(scope="module")
def limited() -> Iterator[Server]:
    rules = "query.user=5/h, upload.key=2/h, write.address=1000/m"
    with Server(rate_limits=rules) as running:
        yield running


def left(answer: requests.Response) -> int:
    return int(answer.headers["RateLimit-Remaining"])


def test_every_answer_tells_what_is_left(admin: Client) -> None:
    first, second = admin.get("auth/me"), admin.get("auth/me")
    for answer in (first, second):
        assert answer.headers["RateLimit-Limit"] == "1000"
        assert answer.headers["RateLimit-Policy"] == "1000;w=1"
        assert 0 <= left(answer) < 1000 and answer.headers["RateLimit-Reset"] == "1"


def test_users_have_budgets_of_their_own(limited: Server) -> None:
    admin = sign_in(limited)
    other = make_user(admin, "other")
    for expected in (4, 3, 2, 1, 0):
        answer = admin.post("query", SELECT)
        assert answer.ok and left(answer) == expected
        assert answer.headers["RateLimit-Policy"] == "5;w=3600"
    refused = admin.post("query", SELECT)
    body = problem(refused, 429, "request.tooMany")
    assert "5 in 3600 seconds" in body["detail"] and "this user" in body["detail"]
    assert 600 < int(refused.headers["Retry-After"]) <= 720
    assert admin.get("auth/me").ok  # another class
    assert other.post("query", SELECT).ok


def test_keys_have_budgets_of_their_own(limited: Server) -> None:
    admin = sign_in(limited)
    path = f"files/{admin.volume()}/x"
    keys = [admin.ok("POST", "keys", json={"name": f"k{i}"})["key"] for i in range(2)]
    one, two = (Client(limited.url, key) for key in keys)
    statuses = [one.request("PUT", f"{path}{i}", data=b"a").status_code for i in range(3)]
    assert statuses == [201, 201, 429]
    assert two.request("PUT", f"{path}4", data=b"a").status_code == 201
    assert admin.request("PUT", f"{path}5", data=b"a").status_code == 201


def test_metrics_count_refusals(limited: Server) -> None:
    text = Client(limited.url).get("/metrics").text
    assert float(text.split("\nopenbricks_http_limited_total ")[1].split()[0]) >= 1


@pytest.mark.parametrize("rules", ["any.address=0/s", "all.user=5/s", "any.user=5 per second"])
def test_wrong_rules_stop_the_start(rules: str) -> None:
    with pytest.raises(RuntimeError, match="Setting 'rate_limits' has the rule"):
        Server(rate_limits=rules).start()


def test_limits_hold_across_instances(redis: Redis) -> None:
    settings = {"rate_limits": "read.address=40/h", "redis_url": redis.url}
    with Server(**settings) as first, Server(**settings) as second:
        clients = [sign_in(first), sign_in(second)]
        for client in clients:
            wait_for_redis(client, "connected")
        statuses = [clients[i % 2].get("auth/me").status_code for i in range(60)]
        assert statuses.count(200) == 40 and statuses.count(429) == 20


def test_tokens_that_are_taken_ahead_are_given_once(redis: Redis) -> None:
    """Many at a time on both: what the bucket can have given in that time, and no more."""
    burst, per_second = 200, 100
    rule = f"read.address={per_second}/s:{burst}"
    settings = {"rate_limits": rule, "redis_url": redis.url, "requests_per_second": "100000"}
    redis.ask("FLUSHALL")
    began = time.monotonic()
    with Server(**settings) as first, Server(**settings) as second:
        tokens = [sign_in(server) for server in (first, second)]
        for client in tokens:
            wait_for_redis(client, "connected")

        def ask(number: int) -> int:
            own = Client(tokens[number % 2].url, tokens[number % 2].token)
            return sum(own.get("auth/me").status_code == 200 for _ in range(200))

        with ThreadPoolExecutor(8) as pool:
            admitted = sum(pool.map(ask, range(8)))
        most = burst + per_second * (time.monotonic() - began) + 1
    assert burst * 0.8 <= admitted <= most


def wait_for_redis(client: Client, state: str) -> None:
    deadline = time.monotonic() + 30
    while client.ok("GET", "/readyz")["redis"] != state:
        assert time.monotonic() < deadline, state
        time.sleep(0.05)


def test_without_redis_an_instance_goes_on(redis: Redis) -> None:
    own = Redis().start()
    try:
        with Server(rate_limits="read.address=10/h", redis_url=own.url) as server:
            client = sign_in(server)
            wait_for_redis(client, "connected")
            assert client.get("auth/me").ok
            # It hangs, then it is gone: nobody waits for it for long, and limits hold here.
            own.process.send_signal(signal.SIGSTOP)
            statuses = [client.get("auth/me").status_code for _ in range(12)]
            assert statuses == [200] * 10 + [429] * 2
            own.stop()
            wait_for_redis(client, "away")
            assert any("Redis is away" in line for line in server.log)
            assert "openbricks_redis_up 0" in client.get("/metrics").text
            own.start()
            wait_for_redis(client, "connected")
            assert client.get("auth/me").ok
            assert "a b/c:d@e" not in "\n".join(server.log)
    finally:
        own.stop()


def test_a_server_starts_without_its_redis() -> None:
    gone = Redis()
    with Server(redis_url=gone.url) as server:
        client = sign_in(server)
        assert client.ok("GET", "/readyz") == {"status": "ready", "redis": "away"}
        assert client.get("auth/me").ok


def test_redis_with_tls(tmp_path: Path) -> None:
    """Its certificate is checked."""
    certificate, key = tmp_path / "redis.pem", tmp_path / "redis.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    with Redis(certificate, key) as redis:
        with Server(redis_url=redis.tls_url, redis_ca_file=str(certificate)) as server:
            client = Client(server.url)
            wait_for_redis(client, "connected")
            assert client.get("/api/docs").ok
            assert "db2:keys=" in redis.ask("INFO", "keyspace")
        with Server(redis_url=redis.tls_url) as server:
            until_logged = time.monotonic() + 30
            while not any("Redis is away" in line for line in server.log):
                assert time.monotonic() < until_logged
                time.sleep(0.05)
            assert Client(server.url).ok("GET", "/readyz")["redis"] == "away"
