"""kill -9 at any moment: what was acknowledged is there afterwards, nothing half done is visible."""

from __future__ import annotations

import hashlib
import os
import random
import threading
import time
import uuid

import requests
from deltalake import DeltaTable

from tests.conftest import sign_in
from tests.harness.client import ApiError, Client
from tests.harness.server import Server, storage_options

ROUNDS = int(os.environ.get("OPENBRICKS_CRASH_ROUNDS", "6"))


class Load:
    """Writers that go on until the server dies, and remember what was acknowledged."""

    def __init__(self, server: Server, token: str) -> None:
        self.server, self.token = server, token
        self.rows: list[int] = []
        self.files: dict[str, str] = {}
        self.tried_files: dict[str, str] = {}
        self.tables: list[str] = []
        self.tried_rows: set[int] = set()
        self.deleted: set[int] = set()
        self.tried_deletes: set[int] = set()
        self.steps = [0, 0]  # of the counters, acknowledged …
        self.tried_steps = [0, 0]  # … and sent
        self.surprises: list[str] = []
        self.lock = threading.Lock()

    def run(self, seconds: float) -> None:
        jobs = [self.insert, self.insert, self.upload, self.upload_in_parts, self.create]
        jobs += [self.delete, self.update, self.merge]
        threads = [threading.Thread(target=self.loop, args=(job,)) for job in jobs]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.server.kill()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()

    def loop(self, job) -> None:
        client = Client(self.server.url, self.token)
        while True:
            try:
                job(client)
            except (requests.RequestException, ConnectionError):
                return  # the server is gone
            except ApiError as e:
                # A conflict between writers is a fair answer; it was not acknowledged.
                if e.status not in (409, 499, 503):
                    with self.lock:
                        self.surprises.append(str(e))
                    return

    def insert(self, client: Client) -> None:
        number = random.getrandbits(52)
        with self.lock:
            self.tried_rows.add(number)
        # Two rows a commit, so that half a commit would show.
        client.ok(
            "POST",
            "query",
            json={"sql": f"INSERT INTO main.default.ledger VALUES ({number}, 1), ({number}, 2)"},
        )
        with self.lock:
            self.rows.append(number)

    def delete(self, client: Client) -> None:
        with self.lock:
            left = [n for n in self.rows[-50:] if n not in self.tried_deletes]
            number = random.choice(left) if left else -1
            self.tried_deletes.add(number)
        client.sql(f"DELETE FROM main.default.ledger WHERE n = {number}")
        with self.lock:
            self.deleted.add(number)

    def update(self, client: Client) -> None:
        self.step(client, 0, "UPDATE main.default.counters SET a = a + 1, b = b + 1 WHERE id = 0")

    def merge(self, client: Client) -> None:
        self.step(
            client,
            1,
            "MERGE INTO main.default.counters t USING (SELECT 1 AS id) s ON t.id = s.id "
            "WHEN MATCHED THEN UPDATE SET a = t.a + 1, b = t.b + 1",
        )

    def step(self, client: Client, counter: int, sql: str) -> None:
        with self.lock:
            self.tried_steps[counter] += 1
        client.sql(sql)
        with self.lock:
            self.steps[counter] += 1

    def upload(self, client: Client) -> None:
        name, content = uuid.uuid4().hex, os.urandom(random.randrange(1, 300_000))
        digest = hashlib.sha256(content).hexdigest()
        with self.lock:
            self.tried_files[name] = digest
        client.upload(f"main/default/files/{name}", content, overwrite=False)
        with self.lock:
            self.files[name] = digest

    def upload_in_parts(self, client: Client) -> None:
        name, content = uuid.uuid4().hex, os.urandom(500_000)
        digest = hashlib.sha256(content).hexdigest()
        with self.lock:
            self.tried_files[name] = digest
        made = client.ok(
            "POST",
            "uploads",
            json={"path": f"/Volumes/main/default/files/{name}", "bytes": len(content)},
        )
        for offset in range(0, len(content), 100_000):
            client.ok(
                "PATCH",
                f"uploads/{made['id']}",
                data=content[offset : offset + 100_000],
                headers={"Upload-Offset": str(offset)},
            )
        client.ok("POST", f"uploads/{made['id']}/finish")
        with self.lock:
            self.files[name] = digest

    def create(self, client: Client) -> None:
        name = f"t_{uuid.uuid4().hex}"
        client.ok(
            "POST",
            "query",
            json={"sql": f"CREATE TABLE main.default.{name} AS SELECT range AS a FROM range(1000)"},
        )
        with self.lock:
            self.tables.append(name)


def check(client: Client, load: Load) -> None:
    assert not load.surprises, load.surprises[:3]
    # Rows: all acknowledged, each commit whole, nothing that nobody sent.
    found = client.sql(
        "SELECT n, count(*), count(DISTINCT part) FROM main.default.ledger GROUP BY n",
        page_rows=10000,
    )
    numbers = {row[0] for row in found}
    assert set(load.rows) - load.tried_deletes <= numbers <= load.tried_rows - load.deleted
    assert all(row[1:] == [2, 2] for row in found)
    # Counters: each step once, a refused one not at all.
    counters = client.sql("SELECT id, a, b FROM main.default.counters ORDER BY id")
    assert [row[0] for row in counters] == [0, 1]
    for (_, a, b), done, tried in zip(counters, load.steps, load.tried_steps):
        assert a == b and done <= a <= tried, (counters, load.steps, load.tried_steps)
    # Files: all acknowledged with their content; others whole or absent.
    listed = set()
    after = None
    while True:
        page = client.ok(
            "GET", "directories/main/default/files", params={"limit": 200, "after": after}
        )
        listed |= {item["name"] for item in page["items"]}
        after = page.get("next")
        if not after:
            break
    assert set(load.files) <= listed <= set(load.tried_files)
    for name in listed:
        content = client.download(f"main/default/files/{name}")
        assert hashlib.sha256(content).hexdigest() == load.tried_files[name], name
    # Tables: all acknowledged; every one that shows is whole.
    shown = [
        t["name"]
        for t in client.ok("GET", "catalogs/main/schemas/default/tables", params={"limit": 200})[
            "items"
        ]
    ]
    for name in load.tables[-200:]:
        assert client.value(f"SELECT count(*) FROM main.default.{name}") == 1000
    for name in shown:
        if name.startswith("t_"):
            assert client.value(f"SELECT count(*) FROM main.default.{name}") == 1000


def test_kill_under_load(fresh_server: Server) -> None:
    client = sign_in(fresh_server)
    client.volume()
    client.sql("CREATE TABLE main.default.ledger (n BIGINT, part INT)")
    client.sql(
        "CREATE TABLE main.default.counters AS SELECT range AS id, 0 AS a, 0 AS b FROM range(2)"
    )
    load = Load(fresh_server, client.token)
    chance = random.Random()
    for _ in range(ROUNDS):
        load.run(chance.uniform(0.05, 1.5))
        fresh_server.start()
        client = sign_in(fresh_server)
        check(client, load)
        # The server goes on writing where it was.
        number = random.getrandbits(52)
        load.tried_rows.add(number)
        client.sql(f"INSERT INTO main.default.ledger VALUES ({number}, 1), ({number}, 2)")
        load.rows.append(number)
    assert load.rows and load.files and load.tables and load.deleted and all(load.steps)
    # Another engine agrees.
    ledger = DeltaTable(client.location("main.default.ledger"), storage_options=storage_options())
    rows = ledger.to_pyarrow_table()
    assert set(load.rows) - load.tried_deletes <= set(rows.column("n").to_pylist())


def test_kill_during_start(tmp_path) -> None:
    """A start that is cut anywhere leaves data with which the next one works."""
    import subprocess

    from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, BINARY

    server = Server(data=tmp_path / "data")
    chance = random.Random()
    for _ in range(8):
        process = subprocess.Popen(
            [str(BINARY), "serve"],
            env=server.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(chance.uniform(0, 0.25))
        process.kill()
        process.wait()
    server.start()
    try:
        client = Client(server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
        assert client.value("SELECT 1 AS a") == 1
        assert "main" in [c["name"] for c in client.ok("GET", "catalogs")["items"]]
    finally:
        server.stop()


def test_stop_lets_requests_end(fresh_server: Server) -> None:
    client = sign_in(fresh_server)
    answers = []
    sql = "SELECT count(*) FROM range(30000000) t(a) WHERE sqrt(a) > 5"
    worker = threading.Thread(target=lambda: answers.append(client.query(sql)))
    worker.start()
    time.sleep(0.2)
    code = fresh_server.stop()
    worker.join(30)
    assert answers and answers[0].status_code == 200
    assert code == 0
