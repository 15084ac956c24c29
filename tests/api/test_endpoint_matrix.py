"""Every endpoint × who calls it: the status that they get, from the table in endpoint_matrix.json.

The endpoints come from the server's OpenAPI document. A new one needs a request in
endpoint_requests.py (REQUESTS) and a row in the table; without them the suite fails and shows the
row as it would be now, to be checked and added. `pytest --write-endpoints` writes the table anew.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Iterator

import pytest
import requests

from tests.api.endpoint_requests import REQUESTS
from tests.api.endpoint_world import ROLES, Cell, World
from tests.conftest import sign_in
from tests.harness.client import Client, quoted, wait_until
from tests.harness.server import ROOT, Server

TABLE = ROOT / "tests/api/endpoint_matrix.json"
SNAPSHOT = ROOT / "docs/openapi.json"
CALLERS = ("anonymous", "stranger", *ROLES, "admin", "expired key", "wrong scope")
AREAS = ("sql", "catalog", "files", "documents", "account", "permissions", "admin")
METHODS = ("get", "put", "post", "patch", "delete")


def endpoints(document: dict) -> dict[str, tuple[str, str, dict]]:
    """Method, path and description by operation."""
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    }


OPERATIONS = sorted(endpoints(json.loads(SNAPSHOT.read_text())))
EXPECTED: dict[str, dict[str, int]] = json.loads(TABLE.read_text()) if TABLE.exists() else {}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server(bcrypt_cost="10", registration="open") as running:
        yield running
        assert running.process.poll() is None, running.tail(60)


@pytest.fixture(scope="module")
def document(server: Server) -> dict[str, tuple[str, str, dict]]:
    return endpoints(Client(server.url).get("/api/openapi.json").json())


@pytest.fixture(scope="module")
def world(server: Server) -> World:
    return World(sign_in(server), server.data / "openbricks.db")


@pytest.fixture(scope="module")
def expired(world: World) -> str:
    soon = datetime.now(timezone.utc) + timedelta(seconds=1)
    body = {"name": "brief", "expires_at": soon.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
    key = world.admin.ok("POST", "keys", json=body)["key"]
    client = Client(world.admin.url, key)
    wait_until(lambda: client.get("auth/me").status_code == 401, what="the key's end")
    return key


@pytest.fixture(scope="module")
def keys(world: World) -> dict[str, str]:
    """Keys of the administrator that lack one scope each."""
    made = {}
    for area in AREAS:
        for lacking in ("read", "write"):
            scopes = [f"{other}:write" for other in AREAS if other != area]
            if lacking == "write":
                scopes.append(f"{area}:read")
            body = {"name": "limited", "scopes": scopes}
            made[f"{area}:{lacking}"] = world.admin.ok("POST", "keys", json=body)["key"]
    return made


# The log has the attempt to make what is there already; a page is the same for all who may not see it.
TOLD_OTHERWISE = {"getOrCreateSocketDocument", "readDocumentPage"}


def send(cell: Cell, token: str | None, method: str, path: str, recipe) -> requests.Response:
    options = dict(recipe(cell))
    for name, value in options.pop("path", {}).items():
        path = path.replace("{" + name + "}", quoted(value))
    client = cell.client if token is None else Client(cell.admin.url, token)
    headers = options.pop("headers", {}) | {"X-Request-Id": f"matrix-{cell.number}"}
    return client.request(method, path, headers=headers, **options)


def audited(cell: Cell, outcome: str) -> bool:
    """Whether the audit log tells of the cell's request."""
    items = cell.admin.ok("GET", "audit", params={"limit": 50, "outcome": outcome})["items"]
    return any(item["request_id"] == f"matrix-{cell.number}" for item in items)


def statuses(world: World, operation: str, endpoint, recipe, expired: str, keys: dict):
    method, path, description = endpoint
    found = {}
    for caller in CALLERS:
        if caller in world.people:
            cell = Cell(world, caller)
            status = found[caller] = send(cell, None, method, path, recipe).status_code
            changed = description.get("x-scope", "").endswith(":write") and status < 400
            refused = "x-scope" in description and status in (403, 404)
            told = operation not in TOLD_OTHERWISE
            if told and caller in ("stranger", "admin") and (changed or refused):
                outcome = "allowed" if changed else "denied"
                wait_until(lambda: audited(cell, outcome), what=f"an entry for {caller}'s request")
            continue
        token = {"anonymous": "", "expired key": expired}.get(caller)
        if token is None:
            token = keys.get(description.get("x-scope", ""), "")
        answer = send(world.shared, token, method, path, recipe)
        found[caller] = answer.status_code
        if caller == "wrong scope" and found[caller] == 403:
            assert answer.json()["id"] == "identity.scope"
    return found


def row_text(operation: str, found: dict[str, int]) -> str:
    return f"{json.dumps(operation)}: {json.dumps(found)}"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_who_gets_which_answer(
    request: pytest.FixtureRequest, world: World, document, expired, keys, operation: str
) -> None:
    assert operation in REQUESTS, (
        f"The endpoint {operation} is new: add a request for it to REQUESTS in "
        "tests/api/endpoint_requests.py, then a row to tests/api/endpoint_matrix.json."
    )
    found = statuses(world, operation, document[operation], REQUESTS[operation], expired, keys)
    if request.config.getoption("--write-endpoints"):
        EXPECTED[operation] = found
        rows = ",\n".join(f"  {row_text(name, EXPECTED[name])}" for name in sorted(EXPECTED))
        TABLE.write_text("{\n" + rows + "\n}\n")
    assert operation in EXPECTED, (
        f"The endpoint {operation} has no row in tests/api/endpoint_matrix.json. These are its "
        f"answers now; check that they are right and add them:\n  {row_text(operation, found)}"
    )
    assert found == EXPECTED[operation]


def test_every_row_has_its_endpoint(document) -> None:
    assert not set(EXPECTED) - set(document), "These rows are of endpoints that are gone."
    assert set(OPERATIONS) == set(document), "docs/openapi.json is old: run ./dev gen"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_table_itself_is_sound(document, operation: str) -> None:
    """What holds for every endpoint, whatever its row says."""
    row = EXPECTED.get(operation, {})
    assert set(row) == set(CALLERS), f"the row of {operation} must name {CALLERS}"
    method, _, description = document[operation]
    if operation == "streamEvents":
        return  # signs in by itself: browsers' streams send no header
    if description.get("security") == []:
        assert len(set(row.values())) == 1, "an endpoint without identity looks at nobody"
        return
    # Guests may have come by a link; whoever names themselves wrongly is no guest.
    guests = {} in description.get("security", [])
    assert row["anonymous"] == 401 or (
        guests and (row["anonymous"] < 400 or operation in TOLD_OTHERWISE)
    )
    assert row["expired key"] == 401
    assert row["wrong scope"] == 403
    # Whoever has more rights never gets less.
    good = [row[caller] < 400 for caller in ("stranger", *ROLES)]
    personal = row["owner"] < 400 <= row["admin"]
    assert good == sorted(good) or personal
