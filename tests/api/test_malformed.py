"""Broken and hostile input: a clear error each time, and a server that goes on."""

import gzip
import json
import os
import random
import socket
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.api.checks import no_machine_paths, problem
from tests.harness.client import Client


def raw(server, data: bytes, timeout: float = 20) -> bytes:
    """Bytes to the port, and what comes back until the server closes or falls silent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=timeout) as connection:
        connection.settimeout(timeout)
        answer = b""
        try:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except (ConnectionError, TimeoutError):
            pass
        return answer


RAW = {
    "noise": os.urandom(2000),
    "empty lines": b"\r\n" * 100,
    "no version": b"GET /\r\n\r\n",
    "HTTP/9": b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "bad method": b"\x00GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "spaces": b"GET  / x HTTP/1.1\r\nHost: x\r\n\r\n",
    "long path": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "long header": b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 200_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 50_000 + b"\r\n",
    "two lengths": b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n\r\n",
    "negative length": b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    "huge length": b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "bad chunk": b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    "huge chunk": b"POST /api/v1/query HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n",
    "websocket": b"GET /ws/x HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "header line break": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\nC : d\r\n\r\n",
    "percent": b"GET /api/v1/files/%zz/%/%0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "dots": b"GET /../../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "encoded dots": b"GET /%2e%2e/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "encoded slash": b"GET /..%2f..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: x\r\n\r\n",
    "absolute": b"GET http://127.0.0.1/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "connect": b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", RAW)
def test_raw_bytes(server, anonymous: Client, name: str) -> None:
    answer = raw(server, RAW[name])
    assert b"root:" not in answer
    if answer:
        assert answer.startswith(b"HTTP/1.")
        assert not answer.startswith(b"HTTP/1.1 5"), answer[:300]
    assert anonymous.get("/healthz").status_code == 200


BODIES = {
    "empty": b"",
    "not JSON": b"hello",
    "cut": b'{"sql": "select 1"',
    "trailing": b'{"sql": "select 1"} x',
    "array": b"[]",
    "number": b"5",
    "null": b"null",
    "invalid UTF-8": b'{"sql": "select \'\xff\xfe\'"}',
    "lone surrogate": b'{"sql": "select \'\\ud800\'"}',
    "NUL": b'{"sql": "select \\u0000"}',
    "deep arrays": b"[" * 100_000,
    "deep objects": b'{"a":' * 50_000,
    "deep inside": b'{"sql":"select 1","parameters":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "duplicate keys": b'{"sql":"select 1","sql":"select 2"}',
    "unknown field": b'{"sql":"select 1","no_such":1}',
    "huge number": b'{"sql":"select 1","row_limit":1e999}',
    "long number": b'{"sql":"select 1","row_limit":' + b"9" * 100_000 + b"}",
    "fraction": b'{"sql":"select 1","row_limit":1.5}',
    "negative": b'{"sql":"select 1","row_limit":-1}',
    "comment": b'{"sql":"select 1" /* x */}',
    "BOM": b'\xef\xbb\xbf{"sql":"select 1"}',
    "UTF-16": '{"sql":"select 1"}'.encode("utf-16"),
    "NaN": b'{"sql":"select $1","parameters":[NaN]}',
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies(admin: Client, name: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = admin.request("POST", "query", data=BODIES[name], headers=headers)
    if answer.status_code != 200:
        problem(answer, (400, 413, 415, 422))
    assert admin.value("SELECT 1 AS a") == 1


def test_100_mb_of_nested_json(admin: Client, server) -> None:
    before = server.memory_mb()
    body = b'{"sql":"select 1","parameters":' + b'{"a":[' * 17_000_000
    try:
        answer = admin.request(
            "POST", "query", data=body[:100_000_000], headers={"Content-Type": "application/json"}
        )
        problem(answer, (400, 413))
    except OSError:
        pass  # refused by its length, and hung up on
    assert admin.value("SELECT 1 AS a") == 1
    assert server.memory_mb("VmHWM") - before < 600


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=x", ""]
)
def test_other_content_types(admin: Client, kind: str) -> None:
    answer = admin.request("POST", "query", data=b"select 1", headers={"Content-Type": kind})
    problem(answer, (400, 415, 422))


def parquet_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": list(range(5000)), "b": [f"v{i}" for i in range(5000)]}), sink)
    return sink.getvalue().to_pybytes()


def broken_files() -> dict[str, bytes]:
    good = parquet_bytes()
    flipped = random.Random(5)
    files = {
        "cut.parquet": good[: len(good) // 2],
        "no-footer.parquet": good[:-8],
        "magic-only.parquet": b"PAR1PAR1",
        "huge-footer.parquet": good[:-8] + b"\xff\xff\xff\x7fPAR1",
        "zeros.parquet": b"PAR1" + b"\0" * 1000 + b"PAR1",
        "text.parquet": b"a,b\n1,2\n",
        "empty.parquet": b"",
        "cut.json": b'[{"a": 1}, {"a"',
        "deep.json": b"[" * 200_000,
        "scalar.json": b"5",
        "bad.json": b"{a: 1}",
        "latin.json": b'[{"a": "\xe9"}]',
        "latin.csv": b"a,b\n1,caf\xe9\n2,x\n",
        "nul.csv": b"a,b\n1,\x00\n",
        "quote.csv": b'a,b\n1,"open\n2,3\n',
        "wide.csv": b",".join(b"c%d" % i for i in range(6_000)) + b"\n",
        "widest.csv": b",".join(b"c%d" % i for i in range(200_000)) + b"\n",
        "widest.csv.gz": gzip.compress(b";".join(b"c%d" % i for i in range(200_000)) + b"\n"),
        "ragged.csv": b"a,b\n1\n1,2,3\n,,,,\n",
        "noise.csv": os.urandom(50_000),
        "empty.csv": b"",
        "newlines.csv": b"\n" * 1000,
        "bomb.csv.gz": b"\x1f\x8b\x08\x00" + os.urandom(200),
        "unknown.xyz": os.urandom(100),
    }
    for i in range(12):  # single bytes wrong in a real file
        broken = bytearray(good)
        for _ in range(8):
            broken[flipped.randrange(len(broken))] ^= 1 << flipped.randrange(8)
        files[f"flipped-{i}.parquet"] = bytes(broken)
    return files


@pytest.mark.parametrize("name", sorted(broken_files()))
def test_broken_files(admin: Client, schema: str, volume: str, name: str) -> None:
    path = admin.upload(f"{volume}/{name}", broken_files()[name])
    for answer in (
        admin.post("tables/infer", {"path": path}),
        admin.post("tables", {"name": f"main.{schema}.broken", "path": path}),
    ):
        if answer.status_code in (200, 201):
            continue  # some are odd rather than broken
        body = problem(answer, (400, 408, 413, 415, 422))
        no_machine_paths(body["detail"])
    found = admin.get(f"catalogs/main/schemas/{schema}/tables/broken")
    if found.status_code == 200:  # made, so it can be read, or says what is wrong with it
        read = admin.query(f"SELECT * FROM main.{schema}.broken LIMIT 10")
        assert read.status_code in (200, 400)


PROTOCOL = b'{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n'
METADATA_ACTION = (
    b'{"metaData":{"id":"5fba94ed-9794-4965-ba6e-6ee3c0d22af9","format":{"provider":"parquet","options":{}},'
    b'"schemaString":"{\\"type\\":\\"struct\\",\\"fields\\":[{\\"name\\":\\"a\\",\\"type\\":\\"integer\\",'
    b'\\"nullable\\":true,\\"metadata\\":{}}]}","partitionColumns":[],"configuration":{}}}\n'
)
METADATA = PROTOCOL + METADATA_ACTION

LOGS = {
    "empty commit": {"00000000000000000000.json": b""},
    "noise": {"00000000000000000000.json": os.urandom(500)},
    "not JSON": {"00000000000000000000.json": b"hello\n"},
    "cut": {"00000000000000000000.json": b'{"metaData":{"id":"x","format":{"provid'},
    "no metadata": {
        "00000000000000000000.json": b'{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n'
    },
    "gap": {
        "00000000000000000000.json": b'{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}\n',
        "00000000000000000002.json": b'{"commitInfo":{}}\n',
    },
    "unknown feature": {
        "00000000000000000000.json": b'{"protocol":{"minReaderVersion":3,"minWriterVersion":7,'
        b'"readerFeatures":["teleport"],"writerFeatures":["teleport"]}}\n' + METADATA_ACTION
    },
    "future version": {
        "00000000000000000000.json": b'{"protocol":{"minReaderVersion":99,"minWriterVersion":99}}\n'
    },
    "broken checkpoint": {
        "_last_checkpoint": b'{"version":3,"size":1}',
        "00000000000000000003.checkpoint.parquet": b"PAR1nonsensePAR1",
    },
    "deep schema": {
        "00000000000000000000.json": json.dumps(
            {
                "metaData": {
                    "id": "x",
                    "format": {"provider": "parquet"},
                    "schemaString": "[" * 50_000,
                }
            }
        ).encode()
    },
}

# A log of a stranger's must not lead the reader out of the table's directory.
for label, target in {
    "absolute path": "/etc/passwd",
    "parent": "../../../../../../etc/passwd",
    "URL": "file:///etc/passwd",
    "encoded parent": "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "remote": "https://127.0.0.1/x.parquet",
    "missing": "nothing.parquet",
}.items():
    add = {
        "add": {
            "path": target,
            "partitionValues": {},
            "size": 10,
            "modificationTime": 0,
            "dataChange": True,
        }
    }
    LOGS[label] = {"00000000000000000000.json": METADATA + json.dumps(add).encode() + b"\n"}


@pytest.mark.parametrize("name", LOGS)
def test_broken_logs(admin: Client, schema: str, external, name: str) -> None:
    location = external / f"{schema}_log"
    (location / "_delta_log").mkdir(parents=True)
    for file, content in LOGS[name].items():
        (location / "_delta_log" / file).write_bytes(content)
    made = admin.post("tables", {"name": f"main.{schema}.x", "location": str(location)})
    if made.status_code != 201:
        body = problem(made, (400, 403, 409, 422, 501))
        assert "root:" not in made.text
        if name == "unknown feature":
            assert "teleport" in body["detail"]
        return
    read = admin.query(f"SELECT * FROM main.{schema}.x")
    assert "root:" not in read.text
    problem(read, (400, 403, 404, 409, 422, 501))


def test_older_versions_of_a_broken_log(admin: Client, schema: str) -> None:
    table = f"main.{schema}.broken_end"
    admin.sql(f"CREATE TABLE {table} AS SELECT 1 AS a")
    admin.sql(f"INSERT INTO {table} VALUES (2)")
    log = Path(admin.location(table).removeprefix("file://")) / "_delta_log"
    (log / "00000000000000000002.json").write_text('{"add":{"path":')
    for version, rows in enumerate(([[1]], [[1], [2]])):
        assert admin.sql(f"SELECT a FROM {table} VERSION AS OF {version} ORDER BY a") == rows
    told = problem(admin.query(f"SELECT * FROM {table}"), 422, "delta.badLog")
    assert "00000000000000000002.json" in told["detail"]


def test_mutated_logs(admin: Client, schema: str, external) -> None:
    """Small random changes of a real log: an answer or a clear error, never a 5xx."""
    location = external / f"{schema}_fuzz"
    columns = [{"name": "a", "type": "INT"}, {"name": "b", "type": "STRING"}]
    body = {"name": f"main.{schema}.seed", "columns": columns, "location": str(location)}
    admin.ok("POST", "tables", json=body)
    admin.sql(f"INSERT INTO main.{schema}.seed VALUES (1, 'x'), (2, 'y')")
    commits = {f.name: f.read_bytes() for f in (location / "_delta_log").glob("*.json")}
    data = {f.name: f.read_bytes() for f in location.glob("*.parquet")}
    chance = random.Random(7)
    for round in range(40):
        target = external / f"{schema}_fuzz_{round}"
        (target / "_delta_log").mkdir(parents=True)
        for file, content in data.items():
            (target / file).write_bytes(content)
        for file, content in commits.items():
            broken = bytearray(content)
            for _ in range(chance.randrange(1, 4)):
                at = chance.randrange(len(broken))
                kind = chance.randrange(3)
                if kind == 0:
                    broken[at] = chance.randrange(256)
                elif kind == 1:
                    del broken[at : at + chance.randrange(1, 20)]
                else:
                    broken[at:at] = bytes(broken[at : at + chance.randrange(1, 20)])
            (target / "_delta_log" / file).write_bytes(bytes(broken))
        made = admin.post("tables", {"name": f"main.{schema}.f{round}", "location": str(target)})
        assert made.status_code < 500 or made.status_code == 501, made.text
        if made.status_code == 201:
            read = admin.query(f"SELECT * FROM main.{schema}.f{round}")
            assert read.status_code < 500 or read.status_code == 501, read.text


def test_random_statements(admin: Client) -> None:
    """Statements stuck together from real pieces: an answer or a clear error, never a 5xx."""
    pieces = (
        "SELECT FROM WHERE WITH RECURSIVE AS ( ) , * 1 'x' \"y\" `z` NULL t.a main.default.t range(3) "
        "JOIN ON UNION ALL CREATE TABLE INSERT INTO VALUES DROP IF EXISTS ALTER RENAME TO DESCRIBE "
        "HISTORY DETAIL SHOW VERSION OF TIMESTAMP EXPLAIN -- /* */ ; $1 ? :: [ ] { } -> COLUMNS PIVOT "
        "UNDROP TRUNCATE USING delta PARTITIONED BY ARRAY<INT> STRUCT<a: INT> LOCATION '' COMMENT "
        "CASE WHEN THEN END OVER QUALIFY LATERAL VALUES GROUP ORDER LIMIT AT => é \x01"
    ).split(" ")
    chance = random.Random(11)
    for _ in range(400):
        sql = " ".join(chance.choice(pieces) for _ in range(chance.randrange(1, 14)))
        answer = admin.query(sql, timeout_s=5)
        assert answer.status_code < 500, (sql, answer.text)
