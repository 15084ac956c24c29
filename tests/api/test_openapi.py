"""Schemathesis on the OpenAPI document: no 5xx and no undocumented answer."""

import json
import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from tests.conftest import sign_in
from tests.harness.server import ROOT, Server

EXAMPLES = int(os.environ.get("OPENBRICKS_SCHEMATHESIS_EXAMPLES", "15"))
SNAPSHOT = ROOT / "docs/openapi.json"
METHODS = {"get", "put", "post", "patch", "delete", "head"}
# They would end or lock the session with which all else is tried.
LEFT_OUT = {"/api/v1/auth/logout", "/api/v1/auth/password", "/api/v1/auth/refresh"}
CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]


def operations(document: dict) -> list[tuple[str, str]]:
    return sorted(
        (path, method)
        for path, item in document["paths"].items()
        for method in item
        if method in METHODS and path not in LEFT_OUT
    )


@pytest.fixture(scope="module")
def api():
    """A server of its own, for these requests change and delete whatever they hit."""
    with Server() as server:
        client = sign_in(server)
        client.volume()
        client.sql("CREATE TABLE main.default.t AS SELECT range AS a, 'x' AS b FROM range(10)")
        client.upload("main/default/files/a.csv", b"a,b\n1,2\n")
        yield schemathesis.openapi.from_url(f"{server.url}/api/openapi.json"), client.token
        assert server.process.poll() is None, server.tail()


def test_the_snapshot_is_what_the_server_says(api) -> None:
    assert operations(api[0].raw_schema) == operations(json.loads(SNAPSHOT.read_text()))


@pytest.mark.parametrize(
    "path, method", operations(json.loads(SNAPSHOT.read_text())) if SNAPSHOT.exists() else []
)
def test_every_answer_is_documented(api, path: str, method: str) -> None:
    schema, token = api
    headers = {"Authorization": f"Bearer {token}"}

    @given(case=schema[path][method.upper()].as_strategy())
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    def attempt(case) -> None:
        response = case.call(headers=headers, timeout=60)
        case.validate_response(response, checks=CHECKS)

    attempt()
