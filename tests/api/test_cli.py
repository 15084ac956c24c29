"""The command line client against a real server."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import sign_in
from tests.harness.client import Client, wait_until
from tests.harness.s3 import ACCESS_KEY, S3, SECRET_KEY
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, BINARY, Server


class Cli:
    def __init__(self, url: str, home: Path, token: str = "") -> None:
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("OPENBRICKS_")},
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "OPENBRICKS_URL": url,
            "OPENBRICKS_TOKEN": token,
        }

    def start(self, *words: str, **options) -> subprocess.Popen:
        return subprocess.Popen([str(BINARY), *words], env=self.environment, **options)

    def __call__(
        self, *words: str, stdin: bytes = b"", status: int = 0
    ) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [str(BINARY), *words],
            env=self.environment,
            input=stdin,
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == status, (
            words,
            done.returncode,
            done.stdout[-500:],
            done.stderr[-500:],
        )
        return done


@pytest.fixture()
def cli(server, admin: Client, tmp_path: Path) -> Cli:
    return Cli(server.url, tmp_path, admin.token)


def test_login_keeps_a_private_file(server, tmp_path: Path) -> None:
    cli = Cli(server.url, tmp_path)
    refused = cli("sql", "select 1", status=1)
    assert b"openbricks login" in refused.stderr
    cli("login", "--email", ADMIN_EMAIL, "--password-stdin", stdin=ADMIN_PASSWORD.encode() + b"\n")
    kept = tmp_path / "config/openbricks/credentials.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(cli("sql", "-o", "json", "select 1 as a").stdout) == [{"a": 1}]
    # An access token that has run out is renewed without a word.
    content = json.loads(kept.read_text())
    content["servers"][server.url]["expires_at"] = 0
    kept.write_text(json.dumps(content))
    assert json.loads(cli("sql", "-o", "json", "select 2 as a").stdout) == [{"a": 2}]
    content["servers"][server.url]["access_token"] = "broken"
    cli("logout")
    cli("sql", "select 1", status=1)
    wrong = cli(
        "login", "--email", "nobody@example.com", "--password-stdin", stdin=b"wrong\n", status=1
    )
    assert b"openbricks: " in wrong.stderr


def test_json_is_exact(cli: Cli) -> None:
    sql = "select 9223372036854775807 as big, 0.1::double as d, 'é\"' as s, null as n, [1,2] as l"
    assert json.loads(cli("sql", "--output", "json", sql).stdout) == [
        {"big": 9223372036854775807, "d": 0.1, "s": 'é"', "n": None, "l": [1, 2]}
    ]
    assert json.loads(cli("sql", "--output", "json", "select 1 as a where false").stdout) == []


def test_many_pages(cli: Cli) -> None:
    rows = json.loads(cli("sql", "-o", "json", "select range as a from range(25001)").stdout)
    assert [r["a"] for r in rows] == list(range(25001))


def test_csv(cli: Cli) -> None:
    out = cli("sql", "-o", "csv", "select 'a,\"b\"' as x, null as y, '' as z").stdout.decode()
    assert list(csv.reader(io.StringIO(out, newline=""))) == [["x", "y", "z"], ['a,"b"', "", ""]]


def test_table(cli: Cli) -> None:
    done = cli("sql", "select 1 as n, 'x' as name")
    assert done.stdout.decode().splitlines() == ["n  name", "─  ────", "1  x"]
    assert done.stderr.startswith(b"1 row in ")


def test_statement_from_file_and_stdin(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "q.sql").write_text("select 5 as a")
    assert b"5" in cli("sql", "--file", str(tmp_path / "q.sql")).stdout
    assert b"6" in cli("sql", "-", stdin=b"select 6 as a").stdout


def test_parameters(cli: Cli) -> None:
    out = cli("sql", "-o", "json", "-p", "a=7", "-p", "b=x y", "select $a as a, $b as b").stdout
    assert json.loads(out) == [{"a": 7, "b": "x y"}]


def test_failures(cli: Cli) -> None:
    failed = cli("sql", "select nope", status=1)
    assert b"nope" in failed.stderr and failed.stdout == b""
    cli("sql", status=1)
    cli("sql", "--output", "xml", "select 1", status=2)
    cli("nonsense", status=2)


def test_ctrl_c_cancels_on_the_server(cli: Cli, admin: Client) -> None:
    marker = "cli_cancel_marker"
    sql = f"select sum(sqrt(a.range * b.range)) as {marker} from range(10000000) a, range(100000) b"
    process = cli.start("sql", sql, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def state() -> str:
        found = [
            q
            for q in admin.ok("GET", "queries", params={"limit": 20})["items"]
            if marker in q["sql"]
        ]
        return found[0]["state"] if found else ""

    wait_until(lambda: state() == "running", what="the query")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=15)
    assert process.returncode == 130, stderr
    wait_until(lambda: state() == "cancelled", what="the cancel")


def test_tables(cli: Cli, admin: Client, schema: str, tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("id,region,amount\n1,eu,10.5\n2,us,3\n")
    name = f"main.{schema}.orders"
    made = cli("tables", "create", name, "--from", str(file), "--partition-by", "region")
    assert b"2 rows" in made.stderr
    assert admin.value(f"select sum(amount) from {name}") == 13.5
    cli("tables", "create", name, "--from", str(file), status=1)
    cli("tables", "create", name, "--from", str(file), "--mode", "append")
    assert admin.value(f"select count(*) from {name}") == 4
    # Nothing stays behind of the uploaded copies.
    assert admin.ok("GET", f"directories/main/{schema}/uploads")["items"] == []
    listed = json.loads(cli("tables", "list", f"main.{schema}", "-o", "json").stdout)
    assert [t["full_name"] for t in listed] == [name]
    assert b"region" in cli("tables", "show", name).stdout
    assert json.loads(cli("tables", "show", name, "-o", "json").stdout)["partition_columns"] == [
        "region"
    ]
    history = json.loads(cli("tables", "history", name, "-o", "json").stdout)
    assert [h["version"] for h in history] == [1, 0]
    cli("tables", "drop", name)
    cli("tables", "drop", name, status=1)
    cli("tables", "drop", name, "--if-exists")


def test_table_from_a_volume(cli: Cli, admin: Client, schema: str, volume: str) -> None:
    path = admin.upload(f"{volume}/x.json", b'[{"a": 1}, {"a": 2}]')
    cli("tables", "create", f"main.{schema}.j", "--from", path)
    assert admin.value(f"select sum(a)::bigint from main.{schema}.j") == 3
    assert admin.download(f"{volume}/x.json")


def test_failed_table_leaves_nothing(cli: Cli, admin: Client, schema: str, tmp_path: Path) -> None:
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 no")
    cli(
        "tables", "create", f"main.{schema}.b", "--from", str(tmp_path / "broken.parquet"), status=1
    )
    assert admin.ok("GET", f"directories/main/{schema}/uploads")["items"] == []
    cli("tables", "create", f"main.{schema}.b", "--from", str(tmp_path / "none.csv"), status=1)


def test_files(cli: Cli, admin: Client, volume: str, tmp_path: Path) -> None:
    root = f"/Volumes/{volume}"
    small, big = tmp_path / "small ü.txt", tmp_path / "big.bin"
    small.write_bytes(b"hello")
    big.write_bytes(os.urandom(40_000_000))
    cli("files", "put", str(small), f"{root}/")
    cli("files", "put", str(small), f"{root}/", status=1)
    cli("files", "put", str(small), f"{root}/", "--overwrite")
    cli("files", "put", str(big), f"{root}/dir/other.bin")
    cli("files", "put", "-", f"{root}/piped.txt", stdin=b"from a pipe")
    assert admin.download(f"{volume}/piped.txt") == b"from a pipe"
    names = {i["name"] for i in json.loads(cli("files", "ls", root, "-o", "json").stdout)}
    assert names == {"small ü.txt", "dir", "piped.txt"}
    back = tmp_path / "back"
    back.mkdir()
    cli("files", "get", f"{root}/dir/other.bin", str(back))
    assert (back / "other.bin").read_bytes() == big.read_bytes()
    assert cli("files", "get", f"{root}/small ü.txt", "-").stdout == b"hello"
    cli("files", "get", root, str(tmp_path / "all"), "--recursive")
    assert (tmp_path / "all/dir/other.bin").stat().st_size == 40_000_000
    cli("files", "mv", f"{root}/piped.txt", f"{root}/moved.txt")
    cli("files", "rm", f"{root}/moved.txt")
    cli("files", "rm", f"{root}/moved.txt", status=1)
    cli("files", "put", "-r", str(back), f"{root}/tree")
    cli("files", "rm", "-r", f"{root}/tree")
    cli("files", "get", f"{root}/none", str(tmp_path / "none"), status=1)
    assert not (tmp_path / "none").exists() and not (tmp_path / "none.part").exists()


def test_an_interrupted_upload_goes_on(
    cli: Cli, admin: Client, volume: str, tmp_path: Path
) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(os.urandom(120_000_000))
    target = f"/Volumes/{volume}/big.bin"
    process = cli.start("files", "put", str(big), target, stderr=subprocess.PIPE)
    notes = tmp_path / "state/openbricks"
    wait_until(lambda: notes.is_dir() and any(notes.iterdir()), what="the note of the upload")
    upload = next(notes.iterdir()).read_text().strip()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        found = admin.get(f"uploads/{upload}")
        if found.status_code != 200 or found.json()["offset"] > 0:
            break
    process.kill()
    process.communicate()
    cli("files", "put", str(big), target)
    assert admin.download(f"{volume}/big.bin") == big.read_bytes()
    assert not any(notes.iterdir())


def test_keys(cli: Cli, server, tmp_path: Path) -> None:
    key = cli("keys", "create", "cli-key", "--expires-in", "1d").stdout.decode().strip()
    assert key.startswith("obk_")
    other = Cli(server.url, tmp_path / "other", key)
    assert json.loads(other("sql", "-o", "json", "select 1 as a").stdout) == [{"a": 1}]
    names = [k["name"] for k in json.loads(cli("keys", "list", "-o", "json").stdout)]
    assert "cli-key" in names
    cli("keys", "delete", "cli-key")
    other("sql", "select 1", status=1)
    key = cli("keys", "create", "cli-narrow", "--scope", "sql:read", "--scope", "files:write")
    narrow = Cli(server.url, tmp_path / "narrow", key.stdout.decode().strip())
    assert json.loads(narrow("sql", "-o", "json", "select 1 as a").stdout) == [{"a": 1}]
    assert b"sql:write" in narrow("sql", "create table x (a int)", status=1).stderr
    listed = json.loads(cli("keys", "list", "-o", "json").stdout)
    assert [k["scopes"] for k in listed if k["name"] == "cli-narrow"] == [
        ["sql:read", "files:write"]
    ]
    assert b"scopes" in cli("keys", "create", "x", "--scope", "all", status=1).stderr


def test_no_server(tmp_path: Path) -> None:
    refused = Cli("http://127.0.0.1:9", tmp_path, "x")("sql", "select 1", status=1)
    assert b"127.0.0.1:9" in refused.stderr


def test_storage_credentials(tmp_path: Path) -> None:
    store = S3()
    try:
        with Server(objects_url="") as server:
            cli = Cli(server.url, tmp_path, sign_in(server).token)
            group = "storage-credentials"
            place = f"s3://test/cli?endpoint={store.url}&region=us-east-1"
            secrets = json.dumps({"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}).encode()
            nowhere = place.replace("s3://test", "s3://none")
            kept = tmp_path / "secrets.json"
            kept.write_bytes(secrets)

            assert json.loads(cli(group, "list", "-o", "json").stdout) == []
            refused = cli(
                group, "create", "lake", "--url-prefix", nowhere, "--secrets", str(kept), status=1
            )
            assert b"bucket" in refused.stderr and SECRET_KEY.encode() not in refused.stderr
            cli(group, "create", "lake", "--url-prefix", place, "--secrets", "-", stdin=secrets)
            listed = cli(group, "list", "-o", "json").stdout
            assert [item["name"] for item in json.loads(listed)] == ["lake"]
            assert SECRET_KEY.encode() not in listed
            cli(group, "test", "lake")
            cli("sql", "CREATE TABLE t (n BIGINT) LOCATION 's3://test/cli/t'")

            cli(group, "change", "lake", status=1)
            cli(group, "change", "lake", "--url-prefix", place, "--url-prefix", nowhere, status=1)
            cli(group, "change", "lake", "--secrets", "-", stdin=secrets)
            bad = cli(group, "change", "lake", "--secrets", "-", stdin=b"not json", status=1)
            assert b"JSON object" in bad.stderr
            cli(group, "change", "lake", "--secrets", str(tmp_path / "none"), status=1)

            used = cli(group, "delete", "lake", status=1)
            assert b"Tables lie" in used.stderr
            cli(group, "create", "other", status=2)
    finally:
        store.stop()
