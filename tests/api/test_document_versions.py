"""Versions of documents: kept, compared, restored, and for whom; activity of documents."""

from __future__ import annotations

from tests.api.test_document_comments import document, people, refused  # noqa: F401
from tests.harness.client import Client


def write(client: Client, document: str, text: str) -> None:
    delta = {"ops": [{"insert": text}]}
    client.ok("PUT", f"documents/{document}/content", json={"delta": delta})


def content(client: Client, document: str) -> str:
    answer = client.ok("GET", f"documents/{document}/content?format=delta")
    ops = answer.get("ops", answer.get("delta", {}).get("ops"))
    return "".join(op["insert"] for op in ops)


def test_kept_compared_and_restored(people: dict[str, Client], document: str) -> None:  # noqa: F811
    ann, path = people["ann"], f"documents/{document}/versions"
    write(ann, document, "one two three\n")
    first = ann.ok("POST", path, json={"name": "First"})
    assert (first["name"], first["words"], first["automatic"]) == ("First", 3, False)
    assert first["authors"] == [{"id": ann.id, "name": "ann"}] and first["bytes"] > 10
    write(ann, document, "one 2 three\n")
    second = ann.ok("POST", path, json={})
    assert "name" not in second
    assert [v["id"] for v in ann.ok("GET", path)["versions"]] == [second["id"], first["id"]]
    page = ann.ok("GET", f"{path}?limit=1")
    rest = ann.ok("GET", f"{path}?limit=1&after={page['next']}")
    assert [v["id"] for v in rest["versions"]] == [first["id"]]

    expected = [
        {"insert": "one "},
        {"insert": "2", "attributes": {"diff": "insert"}},
        {"insert": "two", "attributes": {"diff": "delete"}},
        {"insert": " three\n"},
    ]
    shown = ann.ok("GET", f"{path}/{first['id']}?compare={second['id']}")
    assert shown["delta"] == {"ops": [{"insert": "one two three\n"}]}
    assert shown["diff"] == expected
    assert ann.ok("GET", f"{path}/{first['id']}?compare=current")["diff"] == expected
    assert "diff" not in ann.ok("GET", f"{path}/{first['id']}")

    restored = ann.ok("POST", f"{path}/{first['id']}/restore")
    assert restored["id"] == document
    assert content(ann, document) == "one two three\n"
    versions = ann.ok("GET", path)["versions"]
    assert len(versions) == 3
    before = ann.ok("GET", f"{path}/{versions[0]['id']}")
    assert before["delta"] == {"ops": [{"insert": "one 2 three\n"}]}
    assert ann.ok("PATCH", f"{path}/{second['id']}", json={"name": "2"})["name"] == "2"
    ann.ok("DELETE", f"{path}/{first['id']}")
    gone = (404, "documents.versionNotFound")
    refused(ann, *gone, "GET", f"{path}/{first['id']}")
    refused(ann, *gone, "GET", f"{path}/{second['id']}?compare={first['id']}")


def test_editors_only(people: dict[str, Client], document: str) -> None:  # noqa: F811
    ann, bob, dan = people["ann"], people["bob"], people["dan"]
    path = f"documents/{document}/versions"
    made = ann.ok("POST", path, json={"name": "x"})["id"]
    requests = (
        ("GET", path, None),
        ("POST", path, {"name": "y"}),
        ("GET", f"{path}/{made}", None),
        ("PATCH", f"{path}/{made}", {"name": "y"}),
        ("POST", f"{path}/{made}/restore", None),
        ("DELETE", f"{path}/{made}", None),
    )
    for method, where, body in requests:
        assert bob.request(method, where, json=body).status_code == 403, (method, where)
        assert dan.request(method, where, json=body).status_code == 404, (method, where)
        assert Client(ann.url).request(method, where, json=body).status_code == 401
    ann.ok("PUT", f"permissions/document/{document}/{bob.email}", json={"role": "editor"})
    for method, where, body in requests[:-1]:
        assert bob.request(method, where, json=body).ok, (method, where)
    refused(bob, 403, "documents.ownersOnly", "DELETE", f"{path}/{made}")
    # Of one document by way of another.
    other = dan.ok("POST", "documents", json={"title": "Mine"})["id"]
    for method, rest in (("GET", ""), ("POST", "/restore"), ("DELETE", "")):
        where = f"documents/{other}/versions/{made}{rest}"
        refused(dan, 404, "documents.versionNotFound", method, where)
    where = f"documents/{other}/versions"
    own = dan.ok("POST", where, json={})["id"]
    refused(dan, 404, "documents.versionNotFound", "GET", f"{where}/{own}?compare={made}")


def test_activity_is_the_owners(people: dict[str, Client], document: str) -> None:  # noqa: F811
    ann, bob, dan = people["ann"], people["bob"], people["dan"]
    path = f"documents/{document}/activity"
    shown = ann.ok("GET", path)
    assert set(shown) == {"days", "people", "edits", "views"}
    assert bob.get(path).status_code == 403
    assert dan.get(path).status_code == 404
    assert Client(ann.url).get(path).status_code == 401
    assert ann.get(f"{path}?days=0").status_code == 400
    assert ann.get(f"{path}?days=401").status_code == 400
