"""Files in volumes: bytes in, the same bytes out, and nothing outside the volume."""

import hashlib
import os

import pytest

from tests.api.checks import no_machine_paths, problem
from tests.harness.client import Client, quoted

NAMES = [
    "plain.txt",
    "with space.csv",
    "ünï-cødé 日本語.txt",
    "a%b.txt",
    "a?b#c&d=e.txt",
    "a+b.txt",
    "'quote\".txt",
    "semi;colon.txt",
    "deep/er/and/deeper.txt",
    ".hidden",
    "…",
    "a" * 200,
]


@pytest.mark.parametrize("name", NAMES)
def test_round_trip_of_names(admin: Client, volume: str, name: str) -> None:
    content = os.urandom(1000) + name.encode()
    put = admin.put(f"{volume}/{name}", content)
    assert put.status_code == 201, put.text
    assert put.json()["bytes"] == len(content)
    assert put.json()["path"] == f"/Volumes/{volume}/{name}"
    assert admin.download(f"{volume}/{name}") == content
    folder, _, last = name.rpartition("/")
    listed = admin.ok("GET", f"directories/{quoted(f'{volume}/{folder}'.rstrip('/'))}")["items"]
    assert [i for i in listed if i["name"] == last and not i["directory"]], listed


OUTSIDE = [
    "../x",
    "..",
    "a/../../x",
    "a/../../../../../../../../tmp/openbricks-escape",
    "./x",
    "a//b",
    "a/./b",
    "a\\..\\b/../../x",
    "x\x00y",
    "x\ny",
    "a" * 300,
    "/".join(["d"] * 600),
]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_names_cannot_leave_the_volume(admin: Client, volume: str, name: str, method: str) -> None:
    encoded = "".join(f"%{b:02X}" for b in name.encode())  # so that no client tidies it up
    url = f"{admin.url}/api/v1/files/{volume}/{encoded}"
    request = admin.http.prepare_request(
        __import__("requests").Request(
            method, url, headers={"Authorization": f"Bearer {admin.token}"}
        )
    )
    request.url = url
    answer = admin.http.send(request, timeout=30)
    assert answer.status_code in (400, 404, 414, 422), (answer.status_code, answer.text[:300])
    no_machine_paths(answer.text, name)
    assert not os.path.exists("/tmp/openbricks-escape")


def test_overwrite_only_when_wanted(admin: Client, volume: str) -> None:
    path = f"{volume}/a.txt"
    assert admin.put(path, b"one").status_code == 201
    problem(admin.put(path, b"two"), 409)
    assert admin.download(path) == b"one"
    assert admin.put(path, b"two", overwrite=True).status_code == 201
    assert admin.download(path) == b"two"


def test_empty_file(admin: Client, volume: str) -> None:
    assert admin.put(f"{volume}/empty", b"").json()["bytes"] == 0
    assert admin.download(f"{volume}/empty") == b""


RANGES = [
    ("bytes=0-0", 206, slice(0, 1), "bytes 0-0/1000"),
    ("bytes=10-19", 206, slice(10, 20), "bytes 10-19/1000"),
    ("bytes=990-", 206, slice(990, 1000), "bytes 990-999/1000"),
    ("bytes=-10", 206, slice(990, 1000), "bytes 990-999/1000"),
    ("bytes=-5000", 206, slice(0, 1000), "bytes 0-999/1000"),
    ("bytes=990-5000", 206, slice(990, 1000), "bytes 990-999/1000"),
    ("bytes=1000-", 416, None, "bytes */1000"),
    ("bytes=5-2", (200, 416), None, None),
    ("bytes=a-b", (200, 400, 416), None, None),
    ("lines=1-2", 200, None, None),
]


@pytest.mark.parametrize("header, status, part, content_range", RANGES)
def test_ranges(admin: Client, volume: str, header, status, part, content_range) -> None:
    content = bytes(i % 251 for i in range(1000))
    admin.upload(f"{volume}/r.bin", content)
    answer = admin.get(f"files/{volume}/r.bin", headers={"Range": header})
    assert answer.status_code in ((status,) if isinstance(status, int) else status)
    if answer.status_code == 206:
        assert answer.content == content[part]
        assert answer.headers["Content-Range"] == content_range
    if answer.status_code == 200:
        assert answer.content == content
    if answer.status_code == 416:
        assert answer.headers["Content-Range"] == "bytes */1000"


def test_head_etag_and_not_modified(admin: Client, volume: str) -> None:
    admin.upload(f"{volume}/e.txt", b"hello")
    head = admin.request("HEAD", f"files/{volume}/e.txt")
    assert head.status_code == 200 and head.headers["Content-Length"] == "5" and not head.content
    tag = head.headers["ETag"]
    same = admin.get(f"files/{volume}/e.txt", headers={"If-None-Match": tag})
    assert same.status_code == 304 and not same.content
    admin.upload(f"{volume}/e.txt", b"other")
    changed = admin.get(f"files/{volume}/e.txt", headers={"If-None-Match": tag})
    assert changed.status_code == 200 and changed.content == b"other"


def test_downloads_cannot_run_as_pages(admin: Client, volume: str) -> None:
    admin.upload(f"{volume}/x.html", b"<script>alert(1)</script>")
    answer = admin.get(f"files/{volume}/x.html")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (
        answer.headers.get("Content-Disposition", "").startswith("attachment")
        or "sandbox" in answer.headers.get("Content-Security-Policy", "")
        or not answer.headers["Content-Type"].startswith("text/html")
    )


def test_delete(admin: Client, volume: str) -> None:
    admin.upload(f"{volume}/gone.txt", b"x")
    assert admin.delete(f"files/{volume}/gone.txt").status_code == 204
    problem(admin.get(f"files/{volume}/gone.txt"), 404)
    problem(admin.delete(f"files/{volume}/gone.txt"), 404)


def test_directories(admin: Client, volume: str) -> None:
    made = admin.request("PUT", f"directories/{volume}/d/e")
    assert made.status_code in (200, 201, 204)
    admin.upload(f"{volume}/d/f.txt", b"x")
    items = {i["name"]: i for i in admin.ok("GET", f"directories/{volume}/d")["items"]}
    assert items["e"]["directory"] is True and items["f.txt"]["bytes"] == 1
    problem(admin.delete(f"directories/{volume}/d"), 409)
    assert admin.delete(f"directories/{volume}/d", params={"recursive": "true"}).status_code == 204
    problem(admin.get(f"directories/{volume}/d"), 404)


def test_listing_in_pages(admin: Client, volume: str) -> None:
    names = [f"f{i:03}" for i in range(25)]
    for name in names:
        admin.upload(f"{volume}/{name}", b"")
    seen, after = [], None
    while True:
        page = admin.ok("GET", f"directories/{volume}", params={"limit": 10, "after": after})
        assert len(page["items"]) <= 10
        seen += [i["name"] for i in page["items"]]
        after = page.get("next")
        if not after:
            break
    assert sorted(seen) == names and len(seen) == 25


def test_move(admin: Client, volume: str) -> None:
    root = f"/Volumes/{volume}"
    admin.upload(f"{volume}/a.txt", b"a")
    admin.upload(f"{volume}/b.txt", b"b")
    move = {"from": f"{root}/a.txt", "to": f"{root}/b.txt"}
    problem(admin.post("files/move", move), 409)
    assert admin.post("files/move", {**move, "overwrite": True}).status_code == 204
    assert admin.download(f"{volume}/b.txt") == b"a"
    problem(admin.get(f"files/{volume}/a.txt"), 404)
    problem(admin.post("files/move", {"from": f"{root}/none", "to": f"{root}/c"}), 404)
    for outside in ("/etc/passwd", "/Volumes/main", f"{root}/../x", "relative"):
        problem(admin.post("files/move", {"from": outside, "to": f"{root}/c"}), (400, 404, 422))
        problem(admin.post("files/move", {"from": f"{root}/b.txt", "to": outside}), (400, 404, 422))


def test_others_see_nothing(admin: Client, user: Client, volume: str) -> None:
    admin.upload(f"{volume}/secret.txt", b"s")
    for answer in (
        user.get(f"files/{volume}/secret.txt"),
        user.put(f"{volume}/mine.txt", b"x"),
        user.delete(f"files/{volume}/secret.txt"),
        user.get(f"directories/{volume}"),
        user.post(
            "files/move", {"from": f"/Volumes/{volume}/secret.txt", "to": f"/Volumes/{volume}/x"}
        ),
        user.post("uploads", {"path": f"/Volumes/{volume}/x", "bytes": 1}),
        user.post("tables/infer", {"path": f"/Volumes/{volume}/secret.txt"}),
    ):
        problem(answer, (403, 404))
    assert admin.download(f"{volume}/secret.txt") == b"s"


def test_a_body_without_length_streams(admin: Client, volume: str) -> None:
    parts = [os.urandom(100_000) for _ in range(20)]
    put = admin.put(f"{volume}/chunked.bin", iter(parts))
    assert put.status_code == 201 and put.json()["bytes"] == 2_000_000
    digest = hashlib.sha256(b"".join(parts)).digest()
    assert hashlib.sha256(admin.download(f"{volume}/chunked.bin")).digest() == digest


def test_a_cut_upload_leaves_nothing(admin: Client, server, volume: str) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            f"PUT /api/v1/files/{volume}/cut.bin HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {admin.token}\r\nContent-Length: 1000000\r\n\r\n".encode()
            + b"x" * 5000
        )
    problem(admin.get(f"files/{volume}/cut.bin"), 404)
    assert admin.ok("GET", f"directories/{volume}")["items"] == []
