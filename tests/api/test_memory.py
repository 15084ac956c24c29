"""Big files stream through a server that stays small."""

import os
from typing import Iterator

import pytest

from tests.conftest import sign_in
from tests.harness.client import Client, wait_until
from tests.harness.server import Server

MB = 1_000_000


class Zeros:
    """A readable body of a given size that is not in memory."""

    def __init__(self, size: int) -> None:
        self.left = size
        self.block = os.urandom(MB)

    def __iter__(self) -> Iterator[bytes]:
        while self.left > 0:
            part = self.block[: min(self.left, MB)]
            self.left -= len(part)
            yield part


def through(server: Server, client: Client, size: int) -> None:
    client.volume()
    put = client.put("main/default/files/big.bin", iter(Zeros(size)))
    assert put.status_code == 201 and put.json()["bytes"] == size
    assert server.memory_mb("VmHWM") < 200
    received = 0
    with client.get("files/main/default/files/big.bin", stream=True) as answer:
        for chunk in answer.iter_content(MB):
            received += len(chunk)
    assert received == size
    assert server.memory_mb("VmHWM") < 200


def test_300_mb(fresh_server: Server) -> None:
    through(fresh_server, sign_in(fresh_server), 300 * MB)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_5_gb(fresh_server: Server) -> None:
    through(fresh_server, sign_in(fresh_server), 5000 * MB)


def test_idle(fresh_server: Server) -> None:
    assert sign_in(fresh_server).value("SELECT 1 AS a") == 1
    assert fresh_server.memory_mb() < 150


def test_what_is_not_used_any_more_goes_back(fresh_server: Server) -> None:
    """The allocator keeps what a large document took, in an arena of each thread."""
    client = sign_in(fresh_server)
    before = fresh_server.memory_mb()
    ops = [
        {"insert": "ab", "attributes": {"bold": True}} if i % 2 else {"insert": "cd"}
        for i in range(200_000)
    ]
    document = client.ok("POST", "documents", json={"title": "Large"})["id"]
    client.ok("PUT", f"documents/{document}/content", json={"delta": {"ops": ops}})
    assert fresh_server.memory_mb() - before > 120, "too little for a test"
    client.ok("DELETE", f"documents/{document}")
    client.ok("DELETE", f"documents/{document}/forever")
    wait_until(lambda: fresh_server.memory_mb() - before < 100, 60, "memory goes back")
