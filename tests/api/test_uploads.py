"""Resumable uploads."""

import os

import pytest

from tests.api.checks import problem
from tests.harness.client import Client


def begin(client: Client, volume: str, name: str, size: int, **more) -> dict:
    body = {"path": f"/Volumes/{volume}/{name}", "bytes": size, **more}
    answer = client.post("uploads", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["offset"] == 0
    return answer.json()


def send(client: Client, upload: dict, offset: int, part: bytes):
    return client.request(
        "PATCH", f"uploads/{upload['id']}", data=part, headers={"Upload-Offset": str(offset)}
    )


def test_parts_become_one_file(admin: Client, volume: str) -> None:
    content = os.urandom(3_000_000)
    upload = begin(admin, volume, "big.bin", len(content))
    offset = 0
    while offset < len(content):
        answer = send(admin, upload, offset, content[offset : offset + 1_000_000])
        assert answer.status_code == 204
        offset = int(answer.headers["Upload-Offset"])
        assert admin.ok("GET", f"uploads/{upload['id']}")["offset"] == offset
    problem(admin.get(f"files/{volume}/big.bin"), 404)  # not before it is finished
    done = admin.post(f"uploads/{upload['id']}/finish")
    assert done.status_code == 201 and done.json()["bytes"] == len(content)
    assert admin.download(f"{volume}/big.bin") == content
    problem(admin.get(f"uploads/{upload['id']}"), 404)


def test_offset_must_match(admin: Client, volume: str) -> None:
    upload = begin(admin, volume, "o.bin", 10)
    assert send(admin, upload, 0, b"12345").status_code == 204
    for wrong in (0, 4, 6, 10, 11, -1):
        problem(send(admin, upload, wrong, b"x"), (400, 409, 422))
    assert send(admin, upload, 5, b"67890").status_code == 204
    assert admin.post(f"uploads/{upload['id']}/finish").status_code == 201
    assert admin.download(f"{volume}/o.bin") == b"1234567890"


@pytest.mark.parametrize("offset", [None, "x", "", "1e3", "99999999999999999999"])
def test_bad_offset_headers(admin: Client, volume: str, offset) -> None:
    upload = begin(admin, volume, "h.bin", 10)
    headers = {} if offset is None else {"Upload-Offset": offset}
    answer = admin.request("PATCH", f"uploads/{upload['id']}", data=b"x", headers=headers)
    problem(answer, (400, 409, 422))


def test_more_than_announced_is_refused(admin: Client, volume: str) -> None:
    upload = begin(admin, volume, "more.bin", 4)
    problem(send(admin, upload, 0, b"12345"), (400, 409, 413))
    problem(admin.get(f"files/{volume}/more.bin"), 404)


def test_unfinished_cannot_be_finished(admin: Client, volume: str) -> None:
    upload = begin(admin, volume, "part.bin", 10)
    send(admin, upload, 0, b"123")
    problem(admin.post(f"uploads/{upload['id']}/finish"), (400, 409))


def test_cancelled(admin: Client, volume: str) -> None:
    upload = begin(admin, volume, "c.bin", 10)
    send(admin, upload, 0, b"123")
    assert admin.delete(f"uploads/{upload['id']}").status_code == 204
    problem(admin.get(f"uploads/{upload['id']}"), 404)
    problem(send(admin, upload, 3, b"4"), 404)
    problem(admin.get(f"files/{volume}/c.bin"), 404)


def test_overwrite(admin: Client, volume: str) -> None:
    admin.upload(f"{volume}/there.bin", b"old")
    refused = admin.post("uploads", {"path": f"/Volumes/{volume}/there.bin", "bytes": 3})
    if refused.status_code == 201:  # refused at the latest when it is finished
        upload = refused.json()
        send(admin, upload, 0, b"new")
        refused = admin.post(f"uploads/{upload['id']}/finish")
    problem(refused, 409)
    upload = begin(admin, volume, "there.bin", 3, overwrite=True)
    send(admin, upload, 0, b"new")
    assert admin.post(f"uploads/{upload['id']}/finish").status_code == 201
    assert admin.download(f"{volume}/there.bin") == b"new"


def test_uploads_are_their_owners(admin: Client, user: Client, volume: str) -> None:
    upload = begin(admin, volume, "mine.bin", 10)
    problem(user.get(f"uploads/{upload['id']}"), (403, 404))
    problem(send(user, upload, 0, b"x"), (403, 404))
    problem(user.post(f"uploads/{upload['id']}/finish"), (403, 404))
    problem(user.delete(f"uploads/{upload['id']}"), (403, 404))


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"path": "/Volumes/main/default", "bytes": 1},
        {"path": "/etc/passwd", "bytes": 1},
        {"path": "x", "bytes": -1},
        {"path": "x", "bytes": "many"},
        {"path": "x", "bytes": 2**63},
    ],
)
def test_bad_beginnings(admin: Client, volume: str, body: dict) -> None:
    if body.get("path") == "x":
        body = {**body, "path": f"/Volumes/{volume}/x"}
    problem(admin.post("uploads", body), (400, 404, 413, 422))


def test_survives_a_restart(fresh_server) -> None:
    from tests.conftest import sign_in

    client = sign_in(fresh_server)
    volume = client.volume()
    upload = begin(client, volume, "r.bin", 10)
    assert send(client, upload, 0, b"12345").status_code == 204
    fresh_server.kill()
    fresh_server.start()
    assert client.ok("GET", f"uploads/{upload['id']}")["offset"] == 5
    assert send(client, upload, 5, b"67890").status_code == 204
    assert client.post(f"uploads/{upload['id']}/finish").status_code == 201
    assert client.download(f"{volume}/r.bin") == b"1234567890"
