"""The SDK against a real server."""

from __future__ import annotations

import sys
from typing import Iterator

import pytest

from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, ROOT, Server

sys.path.insert(0, str(ROOT / "sdk/python/src"))

import openbricks  # noqa: E402


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.delenv("OPENBRICKS_URL", raising=False)
    monkeypatch.delenv("OPENBRICKS_TOKEN", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture()
def connection(server: Server, schema: str) -> Iterator[openbricks.Connection]:
    """Signed in as the administrator, in a schema of the test's own."""
    with openbricks.connect(
        server.url, email=ADMIN_EMAIL, password=ADMIN_PASSWORD, schema=schema
    ) as made:
        yield made


@pytest.fixture()
def cursor(connection: openbricks.Connection) -> Iterator[openbricks.Cursor]:
    with connection.cursor() as made:
        yield made
