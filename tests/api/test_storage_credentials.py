"""External tables in S3, and the credentials that open their places."""

from __future__ import annotations

import uuid
from typing import Iterator

import pyarrow
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.api.test_object_store import on_s3, s3  # noqa: F401
from tests.conftest import make_user, sign_in
from tests.harness.client import Client
from tests.harness.s3 import ACCESS_KEY, S3, SECRET_KEY
from tests.harness.server import Server


def credential(s3: S3, name: str, *prefixes: str) -> dict:
    urls = [f"s3://test/{prefix}?endpoint={s3.url}&region=us-east-1" for prefix in prefixes]
    return {"name": name, "urls": urls, "access_key": ACCESS_KEY, "secret_key": SECRET_KEY}


@pytest.fixture(scope="module")
def lender(s3: S3) -> Iterator[Server]:
    """Its own data is local; external tables may live in the store."""
    with Server(objects_url="") as running:
        admin = sign_in(running)
        # Connections of the engine from before the first store.
        assert admin.value("SELECT 1") == 1
        made = admin.post("storage-credentials", credential(s3, "lake", "ext/a", "ext/b"))
        assert made.status_code == 201, made.text
        assert SECRET_KEY not in made.text and ACCESS_KEY not in made.text
        yield running


def test_external_tables_in_a_store(s3: S3, lender: Server) -> None:
    admin = sign_in(lender)
    place = f"s3://test/ext/a/{uuid.uuid4().hex}"
    admin.sql(f"CREATE TABLE ext1 (n BIGINT, k STRING) PARTITIONED BY (k) LOCATION '{place}/'")
    admin.sql("INSERT INTO ext1 SELECT i, 'k' || (i % 2) FROM range(10) t(i)")
    assert admin.location("ext1") == place
    theirs = DeltaTable(place, storage_options=s3.storage_options())
    assert theirs.to_pyarrow_table().num_rows == 10
    more = pyarrow.table({"n": pyarrow.array([99], pyarrow.int64()), "k": ["k2"]})
    write_deltalake(place, more, mode="append", storage_options=s3.storage_options())
    assert admin.sql("SELECT k, sum(n) FROM ext1 GROUP BY k ORDER BY k") == [
        ["k0", 20],
        ["k1", 25],
        ["k2", 99],
    ]
    lender.restart()
    admin = sign_in(lender)
    assert admin.value("SELECT count(*) FROM ext1") == 11
    for file in lender.data.glob("openbricks.db*"):
        assert SECRET_KEY.encode() not in file.read_bytes()


def test_a_table_of_another_engine_is_registered(s3: S3, lender: Server) -> None:
    admin = sign_in(lender)
    place = f"s3://test/ext/b/{uuid.uuid4().hex}"
    rows = pyarrow.table({"n": pyarrow.array([1, 2, 3], pyarrow.int64())})
    write_deltalake(place, rows, storage_options=s3.storage_options())
    admin.sql(f"CREATE TABLE ext2 LOCATION '{place}'")
    assert admin.value("SELECT sum(n) FROM ext2") == 6
    refusal = admin.refused(f"CREATE TABLE ext3 (n BIGINT) LOCATION '{place}/inside'")
    assert refusal.id == "catalog.locationTaken"
    admin.sql("DROP TABLE ext2")
    assert DeltaTable(place, storage_options=s3.storage_options()).to_pyarrow_table().num_rows == 3


@pytest.mark.parametrize(
    "location, error",
    [
        ("s3://test/ext/a", "catalog.locationNotAllowed"),
        ("s3://test/ext/ab/x", "catalog.locationNotAllowed"),
        ("s3://other/ext/a/x", "catalog.locationNotAllowed"),
        ("gs://test/ext/a/x", "catalog.locationNotAllowed"),
        ("s3://test/ext/a/../c/x", "catalog.badLocation"),
        ("s3://test/ext/a//x", "catalog.badLocation"),
        ("s3://test/ext/a/x?endpoint=http://127.0.0.1:1", "catalog.badLocation"),
        ("s3://test", "catalog.badLocation"),
        ("http://127.0.0.1:1/x", "catalog.badLocation"),
    ],
)
def test_other_locations_are_refused(lender: Server, location: str, error: str) -> None:
    answer = sign_in(lender).refused(f"CREATE TABLE nowhere (n BIGINT) LOCATION '{location}'")
    assert answer.id == error


def test_storage_credentials_are_for_administrators(s3: S3, lender: Server) -> None:
    admin = sign_in(lender)
    user = make_user(admin, "mallory")
    assert user.get("storage-credentials").status_code == 403
    assert user.post("storage-credentials", credential(s3, "x", "ext/x")).status_code == 403
    assert user.delete("storage-credentials/lake").status_code == 403
    refusal = user.refused("CREATE TABLE t (n BIGINT) LOCATION 's3://test/ext/a/mine'")
    assert refusal.status in (403, 404)
    listed = admin.get("storage-credentials")
    assert [c["name"] for c in listed.json()["items"]] == ["lake"]
    assert SECRET_KEY not in listed.text and ACCESS_KEY not in listed.text


def test_storage_credentials_are_checked(s3: S3, lender: Server, on_s3: Server) -> None:
    admin = sign_in(lender)

    def refused(body: dict, client: Client = admin) -> str:
        answer = client.post("storage-credentials", body)
        assert answer.status_code >= 400 and SECRET_KEY not in answer.text, answer.text
        return answer.json()["id"]

    assert refused(credential(s3, "LAKE", "ext/other")) == "catalog.credentialExists"
    assert refused(credential(s3, "x", "ext")) == "catalog.locationTaken"
    assert refused(credential(s3, "x", "ext/a/inner")) == "catalog.locationTaken"
    gone = credential(s3, "x", "ext/x")
    gone["urls"] = [gone["urls"][0].replace("s3://test", "s3://none")]
    assert refused(gone) == "objects.noBucket"
    assert refused({**gone, "urls": ["file:///etc"]}) == "catalog.badCredential"
    assert refused({**gone, "urls": ["s3://test/x?secret=1"]}) == "objects.badUrl"
    assert (
        refused(credential(s3, "x", "lake/one/tables"), sign_in(on_s3)) == "catalog.locationTaken"
    )


def test_storage_credentials_are_dropped_when_nothing_uses_them(s3: S3, lender: Server) -> None:
    admin = sign_in(lender)
    body = credential(s3, "short", "ext/short")
    admin.ok("POST", "storage-credentials", json=body)
    assert admin.delete("storage-credentials/short").status_code == 204
    assert admin.delete("storage-credentials/short").status_code == 404
    refusal = admin.refused("CREATE TABLE t (n BIGINT) LOCATION 's3://test/ext/short/t'")
    assert refusal.id == "catalog.locationNotAllowed"
    admin.ok("POST", "storage-credentials", json=body)
    admin.sql("CREATE TABLE used (n BIGINT) LOCATION 's3://test/ext/short/t'")
    answer = admin.delete("storage-credentials/short")
    assert (answer.status_code, answer.json()["id"]) == (409, "catalog.credentialInUse")


def test_storage_credentials_are_changed_and_tested(s3: S3, lender: Server) -> None:
    admin = sign_in(lender)
    body = credential(s3, "turn", "ext/turn/a", "ext/turn/b")
    old = admin.ok("POST", "storage-credentials", json=body)
    admin.sql("CREATE TABLE turned (n BIGINT) LOCATION 's3://test/ext/turn/a/t'")
    tests = admin.ok("POST", "storage-credentials/turn/test")["items"]
    assert [(t["url"], t["works"]) for t in tests] == [(url, True) for url in body["urls"]]

    def change(**values) -> tuple[int, str]:
        answer = admin.request("PATCH", "storage-credentials/turn", json=values)
        assert SECRET_KEY not in answer.text
        return answer.status_code, answer.json().get("id", "")

    # A store that refuses changes nothing; a URL that tables need stays.
    gone = [url.replace("s3://test", "s3://none") for url in body["urls"]]
    assert change(urls=[*body["urls"], gone[0]])[1] == "objects.noBucket"
    assert change(urls=body["urls"][1:]) == (409, "catalog.credentialInUse")
    assert change(urls=credential(s3, "x", "ext")["urls"]) == (409, "catalog.locationTaken")
    assert change(urls=[])[0] == 400
    admin.sql("INSERT INTO turned VALUES (1)")
    # URLs alone keep the secrets; secrets alone, the URLs.
    status, fresh = change(urls=[*body["urls"][:1], *credential(s3, "x", "ext/turn/c")["urls"]])
    assert status == 200 and fresh != old["id"]
    assert change(access_key=ACCESS_KEY, secret_key=SECRET_KEY)[0] == 200
    admin.sql("INSERT INTO turned VALUES (2)")
    admin.sql("CREATE TABLE moved (n BIGINT) LOCATION 's3://test/ext/turn/c/t'")
    refusal = admin.refused("CREATE TABLE t (n BIGINT) LOCATION 's3://test/ext/turn/b/t'")
    assert refusal.id == "catalog.locationNotAllowed"
    lender.restart()
    admin = sign_in(lender)
    assert admin.sql("SELECT n FROM turned ORDER BY n") == [[1], [2]]
    user = make_user(admin, "mallory")
    assert user.request("PATCH", "storage-credentials/turn", json={}).status_code == 403
    assert user.post("storage-credentials/turn/test").status_code == 403
    assert admin.post("storage-credentials/none/test").status_code == 404
