"""Files in documents: stored as they are, and served so that no page runs what they hold."""

from __future__ import annotations

import pytest
import requests

from tests.api.checks import problem
from tests.api.test_document_comments import document, people, refused  # noqa: F401
from tests.harness.client import Client

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


def put(client: Client, document: str, name: str, data: bytes) -> requests.Response:  # noqa: F811
    return client.request("POST", f"documents/{document}/files", params={"name": name}, data=data)


def test_pictures_are_shown(people: dict[str, Client], document: str) -> None:  # noqa: F811
    ann, cyd = people["ann"], people["cyd"]
    answer = put(ann, document, "ein Bild ü.png", PNG)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["type"], made["bytes"]) == ("ein Bild ü.png", "image/png", len(PNG))
    shown = cyd.get(made["url"])
    assert shown.content == PNG
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["Content-Disposition"].startswith('inline; filename="ein Bild')
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["Cache-Control"].startswith("private")
    again = cyd.get(made["url"], headers={"If-None-Match": shown.headers["ETag"]})
    assert again.status_code == 304 and not again.content
    head = cyd.request("HEAD", made["url"])
    assert head.headers["Content-Length"] == str(len(PNG))
    listed = cyd.ok("GET", f"documents/{document}/files")["files"]
    assert [file["id"] for file in listed] == [made["id"]]


def test_parts(people: dict[str, Client], document: str) -> None:  # noqa: F811
    data = bytes(range(256)) * 4096  # more than one piece of a stream
    url = put(people["ann"], document, "a.bin", data).json()["url"]

    def part(wanted: str, **headers: str) -> requests.Response:
        return people["cyd"].get(url, headers={"Range": wanted, **headers})

    whole = people["cyd"].get(url)
    assert whole.status_code == 200 and whole.headers["Accept-Ranges"] == "bytes"
    some = part("bytes=300000-900000")
    assert some.status_code == 206 and some.content == data[300000:900001]
    assert some.headers["Content-Range"] == f"bytes 300000-900000/{len(data)}"
    assert part("bytes=-5").content == data[-5:]
    assert some.headers["Content-Disposition"] == whole.headers["Content-Disposition"]
    assert "sandbox" in some.headers["Content-Security-Policy"]
    beyond = part(f"bytes={len(data)}-")
    assert beyond.headers["Content-Range"] == f"bytes */{len(data)}"
    problem(beyond, 416, "documents.badRange")
    for same in (whole.headers["ETag"], whole.headers["Last-Modified"]):
        assert part("bytes=0-9", **{"If-Range": same}).content == data[:10]
    other = part("bytes=0-9", **{"If-Range": '"another"'})
    assert other.status_code == 200 and other.content == data
    assert people["dan"].get(url, headers={"Range": "bytes=0-9"}).status_code == 404


@pytest.mark.parametrize(
    "name, data",
    [
        ("a.svg", SVG),
        ("a.png", SVG),
        ("a.html", b"<script>1</script>"),
        ("a", b""),
        ("b.gif", b"GIF"),
    ],
)
def test_everything_else_is_a_download(
    people: dict[str, Client], document: str, name: str, data: bytes  # noqa: F811
) -> None:
    made = put(people["ann"], document, name, data).json()
    shown = people["ann"].get(made["url"])
    assert shown.content == data
    assert shown.headers["Content-Type"] == "application/octet-stream"
    assert shown.headers["Content-Disposition"].startswith("attachment;")
    assert shown.headers["X-Content-Type-Options"] == "nosniff"


def test_who_may(people: dict[str, Client], document: str) -> None:  # noqa: F811
    ann, bob, dan = people["ann"], people["bob"], people["dan"]
    guest = Client(ann.url)
    made = put(ann, document, "a.png", PNG).json()
    assert put(bob, document, "b", b"x").status_code == 403
    assert put(dan, document, "b", b"x").status_code == 404
    assert put(guest, document, "b", b"x").status_code == 401
    assert bob.delete(made["url"]).status_code == 403
    assert dan.get(made["url"]).status_code == 404
    assert guest.get(made["url"]).status_code == 401
    link = ann.ok("POST", f"documents/{document}/links", json={"level": "view"})
    assert guest.get(made["url"], params={"share": link["token"]}).content == PNG
    other = dan.ok("POST", "documents", json={"title": "Mine"})["id"]
    where = f"documents/{other}/files/{made['id']}"
    refused(dan, 404, "documents.fileNotFound", "GET", where)
    refused(dan, 404, "documents.fileNotFound", "DELETE", where)
    ann.ok("DELETE", made["url"])
    refused(ann, 404, "documents.fileNotFound", "GET", made["url"])


def test_bounds(people: dict[str, Client], document: str) -> None:  # noqa: F811
    ann, path = people["ann"], f"documents/{document}/files"
    for name in ("", "x" * 256, "a/b", "a\\b", "..", "a\nb"):
        assert put(ann, document, name, b"x").status_code == 400, name
    large = b"x" * (25 << 20)
    assert put(ann, document, "large", large).json()["bytes"] == len(large)
    refused(
        ann, 413, "documents.fileTooLarge", "POST", path, params={"name": "x"}, data=large + b"x"
    )

    def pieces():
        for _ in range(26):
            yield b"x" * (1 << 20)

    # Without a length that could be refused at once.
    assert ann.request("POST", path, params={"name": "x"}, data=pieces()).status_code == 413
    assert len(ann.ok("GET", path)["files"]) == 1


def content_with(made: dict, other: str) -> list[dict]:
    """Two pictures of the document, one twice, a link to it, and one that is nowhere."""
    picture = {"insert": {"image": made["url"]}}
    return [
        {"insert": "Look: "},
        picture,
        picture,
        {"insert": "here", "attributes": {"link": made["url"]}},
        {"insert": {"image": other}},
        {"insert": "\n"},
    ]


def urls_of(client: Client, document: str) -> list[str]:  # noqa: F811
    ops = client.ok("GET", f"documents/{document}/content")["ops"]
    pictures = [op["insert"]["image"] for op in ops if isinstance(op["insert"], dict)]
    return pictures + [op["attributes"]["link"] for op in ops if "link" in op.get("attributes", {})]


@pytest.mark.parametrize("way", ["duplicate", "template"])
def test_a_copy_has_files_of_its_own(people: dict[str, Client], way: str) -> None:
    ann, bob, dan = people["ann"], people["bob"], people["dan"]
    source = ann.ok("POST", "documents", json={"title": "The original"})["id"]
    ann.ok("PUT", f"permissions/document/{source}/{bob.email}", json={"role": "viewer"})
    made = put(ann, source, "a.png", PNG).json()
    put(ann, source, "unused.bin", b"x")
    nowhere = made["url"][:-36] + "00000000-0000-4000-8000-000000000000"
    ann.ok(
        "PUT",
        f"documents/{source}/content",
        json={"delta": {"ops": content_with(made, nowhere)}},
    )
    if way == "duplicate":
        copy = bob.ok("POST", f"documents/{source}/duplicate", json={})["id"]
    else:
        copy = bob.ok("POST", "documents", json={"title": "x", "template": source})["id"]
    first, second, missing, link = urls_of(bob, copy)
    assert first == second == link and f"/documents/{copy}/files/" in first and missing == nowhere
    listed = bob.ok("GET", f"documents/{copy}/files")["files"]
    assert [(file["name"], file["type"], file["url"]) for file in listed] == [
        ("a.png", "image/png", first)
    ]
    assert urls_of(ann, source)[0] == made["url"]
    # Whoever may read the copy, and nobody else, sees its pictures; whatever becomes of the other.
    assert ann.get(first).status_code == 404 and dan.get(first).status_code == 404
    bob.ok("PUT", f"permissions/document/{copy}/{dan.email}", json={"role": "viewer"})
    ann.ok("DELETE", f"documents/{source}")
    ann.ok("DELETE", f"documents/{source}/forever")
    assert ann.get(made["url"]).status_code == 404
    assert dan.get(first).content == PNG and bob.get(first).content == PNG


def test_copies_take_no_files_of_others(people: dict[str, Client]) -> None:
    ann, bob = people["ann"], people["bob"]
    source = ann.ok("POST", "documents", json={"title": "Secret"})["id"]
    made = put(ann, source, "a.png", PNG).json()
    # A content that names files of a document that its author may not read copies nothing of them.
    mine = bob.ok("POST", "documents", json={"title": "Mine"})["id"]
    ops = [{"insert": {"image": made["url"]}}, {"insert": "\n"}]
    bob.ok("PUT", f"documents/{mine}/content", json={"delta": {"ops": ops}})
    copy = bob.ok("POST", f"documents/{mine}/duplicate", json={})["id"]
    assert urls_of(bob, copy) == [made["url"]]
    assert bob.ok("GET", f"documents/{copy}/files")["files"] == []
    assert bob.get(made["url"]).status_code == 404
