"""Encryption of objects by the S3 store: asked for with every write, and checked at the start."""

import os

import pytest

from tests.conftest import sign_in
from tests.harness.s3 import S3, shared
from tests.harness.server import Server


@pytest.fixture(scope="module")
def s3() -> S3:
    return shared()


@pytest.mark.parametrize(
    "how, key", [("AES256", ""), ("aws:kms", ""), ("aws:kms", "arn:aws:kms:us-east-1:1:key/abc")]
)
def test_everything_that_is_written_is_encrypted(s3: S3, how: str, key: str) -> None:
    prefix = f"encrypted-{os.urandom(4).hex()}"
    settings = s3.settings(prefix) | {"objects_encryption": how, "objects_kms_key": key}
    with Server(**settings) as server:
        admin = sign_in(server)
        admin.sql("CREATE TABLE t AS SELECT * FROM range(100)")
        for i in range(11):  # a checkpoint comes too
            admin.sql(f"INSERT INTO t VALUES ({i})")
        path = f"files/{admin.volume()}"
        large = os.urandom(20_000_000)  # in parts
        assert admin.request("PUT", f"{path}/large.bin", data=large).status_code == 201
        assert admin.request("PUT", f"{path}/small.txt", data=b"small").status_code == 201
        volume = f"/Volumes/{admin.volume()}"
        moved = {"from": f"{volume}/small.txt", "to": f"{volume}/moved.txt"}
        assert admin.post("files/move", moved).ok
        assert admin.get(f"{path}/large.bin").content == large
        assert admin.value("SELECT count(*) FROM t") == 111
    objects = s3.objects(prefix)
    assert len(objects) > 20 and any(o["ContentLength"] == len(large) for o in objects)
    plain = [o["Key"] for o in objects if o.get("ServerSideEncryption") != how]
    assert not plain, plain
    if key:
        assert all(o["SSEKMSKeyId"] == key for o in objects)


def test_a_store_that_does_not_encrypt_is_refused(s3: S3) -> None:
    prefix = f"plain-{os.urandom(4).hex()}"
    s3.fault(method="PUT", key=prefix, fault="unencrypted", times=100)
    settings = s3.settings(prefix) | {"objects_encryption": "aws:kms"}
    with pytest.raises(RuntimeError, match="does not encrypt as objects_encryption asks"):
        Server(**settings).start()
    s3.forget()
    assert not s3.objects(prefix)  # the probe is gone


@pytest.mark.parametrize(
    "settings",
    [
        {"objects_encryption": "AES128"},
        {"objects_encryption": "AES256", "objects_kms_key": "abc"},
        {"objects_encryption": "AES256", "objects_url": ""},
    ],
)
def test_wrong_settings_stop_the_start(s3: S3, settings: dict[str, str]) -> None:
    with pytest.raises(RuntimeError, match="Setting 'objects_"):
        Server(**{**s3.settings("wrong"), **settings}).start()
