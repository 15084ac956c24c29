"""Tables and volumes in S3: faults of the store, other engines, secrets, and how often it is asked."""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from typing import Iterator

import pyarrow
import pyarrow.fs
import pytest
from deltalake import DeltaTable, write_deltalake

from tests.conftest import sign_in
from tests.harness.client import Client, wait_until
from tests.harness.s3 import ACCESS_KEY, S3, SECRET_KEY
from tests.harness.server import Server

PREFIX = "lake/one"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    """One of our own: its faults are nobody else's."""
    store = S3()
    yield store
    store.stop()


@pytest.fixture(scope="module")
def on_s3(s3: S3) -> Iterator[Server]:
    with Server(**s3.settings(PREFIX), log_level="debug") as running:
        yield running


@pytest.fixture()
def client(s3: S3, on_s3: Server) -> Iterator[Client]:
    s3.forget()
    yield sign_in(on_s3)
    s3.forget()


@pytest.fixture()
def table(client: Client) -> str:
    name = f"main.default.t{uuid.uuid4().hex[:10]}"
    client.sql(f"CREATE TABLE {name} AS SELECT i AS n, 'x' || i AS s FROM range(1000) t(i)")
    return name


def test_other_engines_take_turns(client: Client, s3: S3, table: str) -> None:
    location = client.location(table)
    assert location.startswith(f"s3://test/{PREFIX}/tables/")
    theirs = DeltaTable(location, storage_options=s3.storage_options())
    assert theirs.to_pyarrow_table().num_rows == 1000
    more = pyarrow.table({"n": pyarrow.array([5000], pyarrow.int64()), "s": ["theirs"]})
    write_deltalake(location, more, mode="append", storage_options=s3.storage_options())
    assert client.sql(f"SELECT count(*), max(n) FROM {table}") == [[1001, 5000]]
    client.sql(f"INSERT INTO {table} VALUES (5001, 'ours')")
    theirs.update_incremental()
    assert theirs.version() == 2
    assert theirs.to_pyarrow_table().num_rows == 1002


def test_partitions_and_checkpoints(client: Client, s3: S3) -> None:
    name = f"main.default.p{uuid.uuid4().hex[:10]}"
    client.sql(
        f"CREATE TABLE {name} PARTITIONED BY (k) AS "
        "SELECT i AS n, CASE WHEN i % 3 = 0 THEN NULL ELSE 'a/b=' || (i % 3) END AS k FROM range(30) t(i)"
    )
    for i in range(11):
        client.sql(f"INSERT INTO {name} VALUES ({100 + i}, 'späte ?*[x] #%')")
    assert "PUT" in s3.seen("checkpoint")
    assert client.value(f"SELECT count(*) FROM {name} WHERE k IS NULL") == 10
    assert client.value(f"SELECT sum(n) FROM {name} WHERE k = 'späte ?*[x] #%'") == 1155
    theirs = DeltaTable(client.location(name), storage_options=s3.storage_options())
    found = theirs.to_pyarrow_table().to_pydict()
    assert len(found["n"]) == 41
    assert sorted({k for k in found["k"] if k}) == ["a/b=1", "a/b=2", "späte ?*[x] #%"]


NAMES = [
    "plain.csv",
    "with space.csv",
    "a?s3_endpoint=127.0.0.1:1&x=y.csv",
    "stars*[ab].csv",
    "%2e%2e%2f.csv",
    "~2e.csv",
    "#ümläut+.csv",
    "deep/er/x.csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_files_of_any_name_are_read(client: Client, name: str) -> None:
    volume = client.volume()
    path = client.upload(f"{volume}/{name}", f"a,b\n1,{len(name)}\n")
    sql = "SELECT * FROM read_csv('" + path + "')"
    assert client.sql(sql) == [[1, len(name)]]
    client.upload(f"{volume}/{name}", "a,b\n2,2\n3,3\n")
    assert client.sql(sql) == [[2, 2], [3, 3]]


def test_packed_json(client: Client) -> None:
    import gzip

    volume = client.volume()
    rows = "\n".join(json.dumps({"a": i}) for i in range(1000)).encode()
    path = client.upload(
        f"{volume}/rows.json.gz", gzip.compress(rows[:5000]) + gzip.compress(rows[5000:])
    )
    assert client.value(f"SELECT sum(a) FROM read_json('{path}')") == 499500
    deep = client.upload(f"{volume}/deep.json", b"[" * 1000 + b"]" * 1000)
    assert client.refused(f"SELECT * FROM read_json('{deep}')").id == "file.tooDeep"
    cut = client.upload(f"{volume}/cut.json.gz", gzip.compress(rows)[:-20])
    assert client.refused(f"SELECT * FROM read_json('{cut}')").id == "file.broken"


def test_a_statement_sent_again_asks_little(client: Client, s3: S3, table: str) -> None:
    sql = f"SELECT sum(n), count(s) FROM {table}"
    want = [[499500, 1000]]
    for i in range(4):
        client.sql(f"INSERT INTO {table} VALUES (0, 'more {i}')")
    s3.forget()
    want[0][1] += 4
    assert client.sql(sql, cache=False) == want
    assert s3.seen("part-") == ["GET"] * 6  # each small file, and the end of the first
    s3.forget()
    assert client.sql(sql, cache=False) == want
    assert s3.seen("part-") == []
    assert s3.seen("_delta_log") == ["HEAD", "HEAD"]  # is there a newer version?


def test_large_objects_go_in_parts(client: Client, s3: S3) -> None:
    name = f"main.default.l{uuid.uuid4().hex[:10]}"
    client.sql(f"CREATE TABLE {name} AS SELECT sha256(i::VARCHAR) AS h FROM range(600000) t(i)")
    assert "POST" in s3.seen("part-")  # started and completed an upload
    assert client.value(f"SELECT count(DISTINCT h) FROM {name}") == 600_000


def objects_below(s3: S3, location: str) -> list[str]:
    store = pyarrow.fs.S3FileSystem(
        endpoint_override=s3.url.removeprefix("http://"),
        scheme="http",
        region="us-east-1",
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
    )
    place = pyarrow.fs.FileSelector(location.removeprefix("s3://"), recursive=True)
    return [entry.path for entry in store.get_file_info(place) if entry.is_file]


@pytest.mark.parametrize("partition", ["", "PARTITIONED BY (k)"])
def test_a_write_that_fails_leaves_nothing(client: Client, s3: S3, partition: str) -> None:
    name = f"main.default.w{uuid.uuid4().hex[:10]}"
    client.sql(f"CREATE TABLE {name} (h STRING, n INT, k BIGINT) {partition}")
    s3.forget()
    # The last rows fail, when parts have been uploaded.
    wrong = "CAST(CASE WHEN i = 899999 THEN 'x' ELSE '1' END AS INT)"
    rows = f"SELECT sha256(i::VARCHAR), {wrong}, i % 2 FROM range(900000) t(i)"
    assert client.refused(f"INSERT INTO {name} {rows}").id == "sql.value"
    if not partition:  # partitions are written once all rows are known
        assert "PUT" in s3.seen("part-")
    left = objects_below(s3, client.location(name))
    assert all("/_delta_log/" in path for path in left), left
    client.sql(f"INSERT INTO {name} VALUES ('a', 1, 1)")
    assert client.value(f"SELECT count(*) FROM {name}") == 1


# What a client is told, by what the store does to the write of a data file.
FAULTS = [("403", 502, "objects.denied"), ("400", 502, "objects.refused")]


@pytest.mark.parametrize("fault, status, error", FAULTS)
def test_a_refusal_is_told(
    client: Client, s3: S3, table: str, fault: str, status: int, error: str
) -> None:
    s3.fault(method="PUT", key="part-", fault=fault)
    answer = client.query(f"INSERT INTO {table} VALUES (1, 'lost')")
    assert (answer.status_code, answer.json()["id"]) == (status, error), answer.text
    assert "part-" not in answer.text and s3.url not in answer.text
    assert client.value(f"SELECT count(*) FROM {table}") == 1000


@pytest.mark.parametrize("fault", ["500", "503", "cut", "lose"])
@pytest.mark.parametrize("key", ["part-", "_delta_log"])
def test_faults_that_pass_lose_and_double_nothing(
    client: Client, s3: S3, table: str, fault: str, key: str
) -> None:
    s3.fault(method="PUT", key=key, fault=fault)
    client.sql(f"INSERT INTO {table} VALUES (-1, 'once')")
    assert client.value(f"SELECT count(*) FROM {table} WHERE n = -1") == 1


@pytest.mark.parametrize("fault", ["500", "503", "cut"])
def test_a_store_that_is_away_is_told(client: Client, s3: S3, table: str, fault: str) -> None:
    s3.fault(method="PUT", key="part-", fault=fault, times=1000)
    answer = client.query(f"INSERT INTO {table} VALUES (1, 'lost')")
    s3.forget()
    assert answer.status_code == 503, answer.text
    assert answer.json()["id"] in ("objects.unavailable", "objects.throttled")
    assert client.value(f"SELECT count(*) FROM {table}") == 1000


@pytest.mark.parametrize("fault", ["503", "cut", "torn"])
def test_reads_go_on_after_a_fault(client: Client, s3: S3, table: str, fault: str) -> None:
    s3.fault(method="GET", key="part-", fault=fault, times=2)
    assert client.sql(f"SELECT count(*), sum(n) FROM {table}") == [[1000, 499500]]


def test_a_statement_that_waits_for_the_store_is_cancelled(
    client: Client, s3: S3, table: str
) -> None:
    client.sql(f"INSERT INTO {table} VALUES (1, 'x')")
    s3.fault(key="_delta_log", fault="hang", times=100)
    body = {"sql": f"SELECT * FROM {table}", "query_id": str(uuid.uuid4())}
    answers = []
    asking = threading.Thread(
        target=lambda: answers.append(
            Client(client.url, client.token).request("POST", "query", json=body)
        )
    )
    asking.start()
    wait_until(lambda: client.get(f"queries/{body['query_id']}").json().get("state") == "running")
    assert client.post(f"queries/{body['query_id']}/cancel").status_code == 204
    asking.join(30)  # the store answers after a minute
    assert not asking.is_alive()
    assert answers[0].json()["id"] == "query.cancelled"
    s3.forget()


def test_a_missing_file_is_told(client: Client, s3: S3, table: str) -> None:
    s3.fault(key="part-", fault="404", times=1000)
    answer = client.query(f"SELECT * FROM {table}")
    assert answer.status_code == 409, answer.text
    assert answer.json()["id"] == "sql.fileGone"


SPYING = [
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM which_secret('s3://objects/x', 's3')",
    "SELECT current_setting('s3_access_key_id')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM read_csv('s3://test/lake/one/tables/x.csv')",
    "SELECT * FROM read_parquet('s3://objects/s3/test/lake/one/tables/x.parquet')",
    "SELECT * FROM 's3://objects/s3/test/x.parquet'",
    "SELECT * FROM read_text('http://127.0.0.1:1/x')",
    "SELECT * FROM glob('s3://objects/**')",
    "CREATE SECRET x (TYPE s3)",
    "DROP SECRET relay",
    "COPY (SELECT 1) TO 's3://objects/s3/test/lake/one/volumes/x'",
    "CREATE TABLE main.default.spy (a INT) LOCATION 's3://test/lake/one/tables/x'",
]


@pytest.mark.parametrize("sql", SPYING)
def test_statements_reach_no_store_by_themselves(client: Client, s3: S3, sql: str) -> None:
    s3.forget()
    answer = client.query(sql)
    assert 400 <= answer.status_code < 500, answer.text
    assert s3.seen("x") == []


def test_secrets_and_places_stay_hidden(client: Client, s3: S3, on_s3: Server, table: str) -> None:
    seen = client.query(f"EXPLAIN ANALYZE SELECT * FROM {table}").text
    assert "objects/" not in seen and "127.0.0.1" not in seen
    s3.fault(key="part-", fault="403", times=1000)
    seen += client.query(f"SELECT * FROM {table}").text
    seen += "\n".join(on_s3.log)
    for secret in (SECRET_KEY, ACCESS_KEY, json.dumps(SECRET_KEY)):
        assert secret not in seen


def test_nothing_is_kept_on_the_disk(client: Client, on_s3: Server, table: str) -> None:
    client.sql(f"SELECT count(*) FROM {table}")
    kept = [p for p in on_s3.data.rglob("*") if p.suffix in (".parquet", ".json", ".csv")]
    assert kept == []


def test_a_wrong_store_is_told_at_the_start(s3: S3) -> None:
    settings = s3.settings("x")
    settings["objects_url"] = settings["objects_url"].replace("s3://test/", "s3://none/")
    with pytest.raises(RuntimeError) as failed:
        Server(**settings).start()
    assert "bucket" in str(failed.value) and "s3://none" in str(failed.value)
    assert SECRET_KEY not in str(failed.value)


def test_a_store_of_another_installation_is_left_alone(s3: S3, on_s3: Server, table: str) -> None:
    """Else the purge of what no row names would take all tables."""
    with pytest.raises(RuntimeError) as failed:
        Server(**s3.settings(PREFIX)).start()
    assert "another installation" in str(failed.value)


def test_explain_names_the_table(client: Client, table: str) -> None:
    seen = client.query(f"EXPLAIN ANALYZE SELECT * FROM {table}").text
    assert f"Filename(s): {table}" in seen


FAIR = {
    "objects.unavailable",
    "objects.throttled",
    "objects.timeout",
    "delta.conflict",
    "delta.commitUnknown",
}


def test_random_faults_lose_and_double_nothing(client: Client, s3: S3) -> None:
    """What was acknowledged is there once, what was refused at most once."""
    name = f"main.default.f{uuid.uuid4().hex[:10]}"
    client.sql(f"CREATE TABLE {name} (n BIGINT)")
    chance = random.Random()
    told: list[int] = []
    surprises: list[str] = []
    end = time.monotonic() + 6

    def write(writer: int) -> None:
        mine = Client(client.url, client.token)
        number = writer * 1_000_000
        while time.monotonic() < end:
            number += 1
            answer = mine.query(f"INSERT INTO {name} VALUES ({number})")
            if answer.ok:
                told.append(number)
            elif answer.json()["id"] not in FAIR:
                surprises.append(answer.text)

    def disturb() -> None:
        while time.monotonic() < end:
            s3.forget()
            s3.fault(
                method=chance.choice(["PUT", "GET", "HEAD"]),
                key=chance.choice(["_delta_log", "part-"]),
                fault=chance.choice(["500", "503", "cut", "lose"]),
                after=chance.randrange(5),
                times=chance.choice([1, 1, 2, 8]),
            )
            time.sleep(0.2)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(3)]
    threads.append(threading.Thread(target=disturb))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    s3.forget()
    rows = [row[0] for row in client.sql(f"SELECT n FROM {name}", row_limit=100_000)]
    assert not surprises
    assert len(told) > 10
    assert len(rows) == len(set(rows)), "a row was doubled"
    assert set(told) <= set(rows), "an acknowledged row was lost"
    theirs = DeltaTable(client.location(name), storage_options=s3.storage_options())
    assert sorted(theirs.to_pyarrow_table()["n"].to_pylist()) == sorted(rows)
