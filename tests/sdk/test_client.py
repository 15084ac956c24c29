"""Tables, files and keys through the SDK's client, and signing in."""

from __future__ import annotations

import concurrent.futures
import io
import json
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import openbricks
from openbricks import _auth
from tests.harness.client import Client
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, BINARY, Server


@pytest.fixture()
def client(server: Server) -> Iterator[openbricks.Client]:
    made = openbricks.Client(server.url, email=ADMIN_EMAIL, password=ADMIN_PASSWORD)
    yield made


def test_tables_from_dataframes(client, schema):
    name = f"main.{schema}.p"
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "é"], "t": pd.to_datetime(["2020-01-01", None])})
    assert client.tables.create(name, frame).rows == 2
    client.tables.append(name, pl.from_pandas(frame))
    client.tables.append(name, pa.Table.from_pandas(frame).to_reader())
    assert client.tables.get(name).rows == 6
    assert client.tables.preview(name, 10, version=0).num_rows == 2
    assert [v.version for v in client.tables.history(name)] == [2, 1, 0]
    assert client.tables.overwrite(name, frame.head(1)).rows == 1
    with pytest.raises(openbricks.Error, match="already there"):
        client.tables.create(name, frame)


def test_dropping_and_bringing_back(client, schema):
    name = f"main.{schema}.e"
    client.tables.create(name, columns=[openbricks.Column("a", "BIGINT")])
    assert [t.name for t in client.tables.list(f"main.{schema}")]
    client.tables.drop(name)
    assert not list(client.tables.list(f"main.{schema}"))
    assert client.tables.undrop(name).columns[0].name == "a"


def test_files_there_and_back(client, volume, tmp_path):
    path = f"/Volumes/{volume}/big é.bin"
    content = os.urandom(3 << 20)
    seen: list[int] = []
    (tmp_path / "in.bin").write_bytes(content)
    client.files.upload(tmp_path / "in.bin", path, progress=lambda done, total: seen.append(done))
    assert seen[-1] == len(content) and seen == sorted(seen)
    assert client.files.read(path) == content
    with pytest.raises(openbricks.Error, match="exists"):
        client.files.upload(b"x", path)
    client.files.upload(io.BytesIO(b"new"), path, overwrite=True)
    client.files.download(path, tmp_path / "out.bin")
    assert (tmp_path / "out.bin").read_bytes() == b"new"
    client.files.move(path, f"/Volumes/{volume}/n")
    assert [e.name for e in client.files.list(f"/Volumes/{volume}")] == ["n"]
    client.files.delete(f"/Volumes/{volume}/n")
    assert not list(client.files.list(f"/Volumes/{volume}"))


def test_a_folder_goes_up_in_the_background(client, volume, tmp_path):
    content = {"a.txt": b"a", "sub/b.bin": b"b" * 9_000_000, "sub/deep/c": b"", "ü b.csv": b"x"}
    for name, data in content.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    seen = []
    job = client.files.upload_job(tmp_path, f"/Volumes/{volume}/in", progress=seen.append)
    files = job.wait(60)
    assert job.done and len(files) == 4
    assert job.progress == seen[-1] == openbricks.JobProgress(4, 4, 9_000_002, 9_000_002, 0)
    assert all(earlier.files_done <= later.files_done for earlier, later in zip(seen, seen[1:]))
    for name, data in content.items():
        assert client.files.read(f"/Volumes/{volume}/in/{name}") == data
    with pytest.raises(openbricks.UploadFailed) as failed:
        client.files.upload_job(tmp_path, f"/Volumes/{volume}/in").wait(60)
    assert set(failed.value.failures) == {str(tmp_path / name) for name in content}
    with client.files.upload_job(tmp_path, f"/Volumes/{volume}/in", overwrite=True):
        pass
    with pytest.raises(FileNotFoundError):
        client.files.upload_job(tmp_path / "nothing", f"/Volumes/{volume}/in")


def test_a_cancelled_job_leaves_no_part_of_a_file(client, volume, tmp_path):
    with (tmp_path / "large").open("wb") as file:
        file.truncate(400_000_000)
    sending = threading.Event()
    job = client.files.upload_job(
        tmp_path / "large",
        f"/Volumes/{volume}/large",
        progress=lambda now: sending.set() if now.bytes_done else None,
    )
    assert sending.wait(60)
    job.cancel()
    with pytest.raises((concurrent.futures.CancelledError, openbricks.Error)):
        job.wait()
    assert job.done and list(client.files.list(f"/Volumes/{volume}")) == []


def test_an_upload_goes_on_where_it_stopped(client, volume):
    content = os.urandom(40 << 20)  # more than one part
    upload = client.files.start_upload(f"/Volumes/{volume}/r", len(content))
    upload._send_part(io.BytesIO(content), None)
    again = client.files.resume_upload(upload.id)
    assert 0 < again.offset < len(content)
    assert again.run(io.BytesIO(content)).bytes == len(content)
    assert client.files.read(f"/Volumes/{volume}/r") == content


def test_keys_and_refusals(client, server):
    key = client.keys.create("k")
    mine = openbricks.Client(server.url, token=key.key)
    assert mine.me().email == ADMIN_EMAIL
    client.keys.delete(key.id)
    with pytest.raises(openbricks.Error):
        mine.me()
    with pytest.raises(openbricks.Error):
        openbricks.Client(server.url, token="wrong").me()
    with pytest.raises(openbricks.OperationalError):
        openbricks.Client("http://127.0.0.1:1", token="x", retries=1).me()


def approve(server, code, decision):
    admin = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
    body = {"user_code": code, "approve": decision}
    admin.ok("POST", "auth/device/decide", json=body)


def test_people_sign_in_through_the_browser(server):
    pages = []

    def show(page, code):
        pages.append(page)
        approve(server, code, True)

    assert openbricks.login(server.url, show=show) == ADMIN_EMAIL
    assert pages[0].startswith(f"{server.url}/device?code=")
    assert openbricks.Client().me().email == ADMIN_EMAIL
    # The command line has it too.
    after = subprocess.run([BINARY, "sql", "select 42"], capture_output=True, check=True)
    assert b"42" in after.stdout


def test_a_sign_in_that_is_refused_keeps_nothing(server):
    with pytest.raises(openbricks.AuthenticationError) as refused:
        openbricks.login(server.url, show=lambda page, code: approve(server, code, False))
    assert refused.value.id == "access_denied"
    with pytest.raises(openbricks.InterfaceError, match="openbricks.login"):
        openbricks.Client(server.url)


def test_the_command_lines_login_is_shared_by_many_at_once(server):
    login = ["login", "--email", ADMIN_EMAIL, "--password-stdin", "--url", server.url]
    subprocess.run([BINARY, *login], input=ADMIN_PASSWORD.encode() + b"\n", check=True)
    stored = Path(_auth.credentials_file())
    content = json.loads(stored.read_text())
    content["servers"][server.url]["expires_at"] = 0
    stored.write_text(json.dumps(content))
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: openbricks.Client().me().email, range(6)))
    assert found == [ADMIN_EMAIL] * 6
    after = subprocess.run([BINARY, "sql", "select 42"], capture_output=True, check=True)
    assert b"42" in after.stdout
