"""Fixtures for all black-box tests: a real server, and clients signed in to it."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import Iterator

import pytest

from tests.harness.client import Client
from tests.harness.server import (
    ADMIN_EMAIL,
    ADMIN_PASSWORD,
    DATABASES,
    STORAGES,
    Server,
)

USER_PASSWORD = "a-good-password-2"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=DATABASES, help="where servers keep their metadata")
    parser.addoption("--storage", choices=STORAGES, help="where servers keep their objects")
    parser.addoption(
        "--write-matrix", action="store_true", help="write the table in docs/delta.md anew"
    )
    parser.addoption(
        "--write-endpoints", action="store_true", help="write tests/api/endpoint_matrix.json anew"
    )
    parser.addoption("--seed", type=int, default=1, help="of random histories and writers")
    parser.addoption(
        "--ledger-seconds", type=float, default=6, help="how long the writers of a ledger write"
    )
    parser.addoption(
        "--edits", type=int, default=900, help="of editors that have to converge (20000: all of it)"
    )
    parser.addoption(
        "--histories", type=int, default=0, help="how many random histories beside Spark"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--database"):
        os.environ["OPENBRICKS_TEST_DATABASE"] = config.getoption("--database")
    if config.getoption("--storage"):
        os.environ["OPENBRICKS_TEST_STORAGE"] = config.getoption("--storage")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("OPENBRICKS_SLOW_TESTS") == "1":
        return
    skip = pytest.mark.skip(reason="slow: set OPENBRICKS_SLOW_TESTS=1 to run it")
    for item in items:
        if "slow" in item.keywords:
            item.add_marker(skip)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failed test shows what its server said."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for name in ("fresh_server", "server"):
            found = getattr(item, "funcargs", {}).get(name)
            if isinstance(found, Server):
                report.sections.append(("server", found.tail(6)))


@pytest.fixture(scope="session")
def external(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory where the shared server lets external tables live."""
    return tmp_path_factory.mktemp("external")


@pytest.fixture(scope="session")
def server(external: Path) -> Iterator[Server]:
    """One server for all tests of a run; tests keep to schemas of their own."""
    # Long runs of random histories take more than an hour.
    with Server(external_locations=str(external), access_token_seconds="86400") as running:
        yield running
        assert running.process.poll() is None, "the server died:\n" + running.tail(60)


@pytest.fixture(scope="session")
def admin(server: Server) -> Client:
    return Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)


@pytest.fixture(scope="session")
def anonymous(server: Server) -> Client:
    return Client(server.url)


def make_user(admin: Client, name: str) -> Client:
    email = f"{name}-{uuid.uuid4().hex[:8]}@example.com"
    admin.ok("POST", "users", json={"email": email, "name": name, "password": USER_PASSWORD})
    return Client(admin.url).login(email, USER_PASSWORD)


@pytest.fixture(scope="session")
def user(admin: Client) -> Client:
    """Somebody without any right that was not given to everyone."""
    return make_user(admin, "mallory")


@pytest.fixture()
def schema(admin: Client) -> Iterator[str]:
    """A schema of the test's own in the catalog main; goes with all that is in it."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    admin.ok("POST", "catalogs/main/schemas", json={"name": name})
    yield name
    admin.delete(f"catalogs/main/schemas/{name}", params={"cascade": "true"})


@pytest.fixture()
def volume(admin: Client, schema: str) -> str:
    """A volume of the test's own, as catalog/schema/volume."""
    return admin.volume(schema)


@pytest.fixture()
def fresh_server() -> Iterator[Server]:
    """A server of the test's own, to be killed and restarted."""
    with Server() as running:
        yield running


def sign_in(server: Server) -> Client:
    return Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
