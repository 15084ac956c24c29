"""How the server does, for administrators: every part, other instances, and what fails."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from tests.api.checks import problem
from tests.conftest import sign_in
from tests.harness.client import Client, wait_until
from tests.harness.redis import Redis
from tests.harness.server import Server

PARTS = "server database storage memory mail redis disk queries caches audit".split()


def parts(client: Client) -> dict[str, dict]:
    return {part["id"]: part for part in client.ok("GET", "admin/health")["parts"]}


def fact(part: dict, name: str) -> dict:
    return next(one for one in part["facts"] if one["id"] == name)


def test_only_for_administrators(admin: Client, user: Client, anonymous: Client) -> None:
    problem(user.get("admin/health"), 403, "identity.notAdmin")
    problem(anonymous.get("admin/health"), 401)
    answer = admin.get("admin/health")
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"


def test_every_part_is_told(admin: Client, server: Server) -> None:
    health = admin.ok("GET", "admin/health")
    assert [part["id"] for part in health["parts"]] == PARTS
    assert health["version"].count(".") == 2 and health["started_at"] < health["checked_at"]
    told = {part["id"]: part for part in health["parts"]}
    for name in ("server", "database", "storage", "queries", "caches", "audit"):
        assert told[name]["state"] == "ok", told[name]
    assert told["redis"]["state"] == told["mail"]["state"] == "off"
    assert "smtp_url" in told["mail"]["text"] and "redis_url" in told["redis"]["text"]
    assert fact(told["database"], "kind")["text"].split()[0] in ("SQLite", "PostgreSQL")
    assert fact(told["database"], "size")["value"] > 0
    for name in ("resident", "engine"):
        memory = fact(told["memory"], name)
        assert 0 <= memory["value"] < memory["most"] and memory["unit"] == "bytes"
    assert 0 < fact(told["disk"], "data_free")["value"] < fact(told["disk"], "data")["most"]
    assert str(server.data) not in str(health)


def test_it_counts(admin: Client) -> None:
    before = parts(admin)
    for _ in range(2):
        admin.sql("SELECT 40 + 2 AS counted_for_health")
    after = parts(admin)
    hits = [fact(told["caches"], "hits")["value"] for told in (before, after)]
    answered = [fact(told["server"], "answered")["value"] for told in (before, after)]
    assert hits[1] > hits[0] and answered[1] >= answered[0] + 2
    assert fact(after["queries"], "running")["value"] == 0


def test_the_work_in_the_background(admin: Client) -> None:
    def done() -> list[dict]:
        tasks = admin.ok("GET", "admin/health")["tasks"]
        return tasks if len(tasks) == 4 and all("next_at" in task for task in tasks) else []

    for task in wait_until(done):
        assert task["state"] == "ok" and task["started_at"] <= task["ended_at"] < task["next_at"]


def test_instances_find_each_other() -> None:
    with Redis() as redis, Server(redis_url=redis.url, roles="auth,api") as first:
        client = sign_in(first)

        def instances() -> list[dict]:
            return client.ok("GET", "admin/health")["instances"]

        with Server(redis_url=redis.url) as second:
            one, other = wait_until(lambda: instances() if len(instances()) == 2 else None)
            assert (one["self"], other["self"]) == (True, False)
            assert one["roles"] == ["auth", "api"] and "worker" in other["roles"]
            assert other["state"] == "ok" and other["seen_seconds_ago"] < 30
            assert parts(client)["redis"]["state"] == "ok"
            assert second.stop() == 0
            assert len(instances()) == 1  # it has said goodbye
        # This one has no work in the background to tell of.
        assert client.ok("GET", "admin/health")["tasks"] == []


def test_what_does_not_answer_is_told() -> None:
    with Redis() as redis, Server(redis_url=redis.url) as server:
        client = sign_in(server)
        wait_until(lambda: parts(client)["redis"]["state"] == "ok")
        redis.process.send_signal(signal.SIGKILL)
        wait_until(lambda: parts(client)["redis"]["state"] == "failing")
        health = client.ok("GET", "admin/health")
        assert health["state"] == "failing" and len(health["instances"]) == 1


@pytest.mark.skipif(os.environ.get("OPENBRICKS_TEST_STORAGE") == "s3", reason="of a local disk")
def test_storage_that_is_gone() -> None:
    with Server() as server:
        client = sign_in(server)
        shutil.rmtree(server.data / "objects")
        (server.data / "objects").write_text("in the way")
        part = wait_until(
            lambda: one if (one := parts(client)["storage"])["state"] == "failing" else None
        )
        assert part["text"] and str(server.data) not in part["text"]
