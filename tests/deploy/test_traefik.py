"""Several instances behind a real Traefik, on one PostgreSQL, one Redis and one object store."""

import base64
import json
import os
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, Iterator

import pytest
import requests
import yaml

from tests.conftest import make_user
from tests.harness.client import Client
from tests.harness.postgres import Postgres
from tests.harness.redis import Redis
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, BINARY, ROOT, Server
from tests.harness.traefik import DEPLOY, Traefik, free_port

WORKERS = 8  # clients at a time


class Cluster:
    """What instances share, and the instances."""

    def __init__(self, folder: Path, postgres: Postgres, redis: Redis) -> None:
        self.folder, self.redis = folder, redis
        self.database = postgres.url(postgres.create_database())
        self.key_file = folder / "master.key"
        self.key_file.write_text(base64.b64encode(os.urandom(32)).decode() + "\n")
        self.key_file.chmod(0o600)
        self.instances: list[Server] = []

    def start(self, **settings: str) -> Server:
        port = free_port()
        data = self.folder / f"instance-{len(self.instances)}"
        shared = {
            "database_url": self.database,
            "objects_url": f"file://{self.folder / 'objects'}",
            "master_key_file": str(self.key_file),
            "redis_url": self.redis.url,
            "advertise_url": f"http://127.0.0.1:{port}",
            "trusted_proxies": "127.0.0.1",
            "public_url": "https://bricks.example.org",
            "rate_limits": "query.key=30/h",
            "requests_per_second": "100000",
            "drain_seconds": "2",
        }
        server = Server(data, **{**shared, **settings})
        server.port = port
        self.instances.append(server)
        return server.start()

    def stop(self) -> None:
        for server in self.instances:
            server.kill()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Postgres() as postgres, Redis() as redis:
        made = Cluster(tmp_path_factory.mktemp("cluster"), postgres, redis)
        try:
            made.start()
            made.start()
            yield made
        finally:
            made.stop()


@pytest.fixture(scope="module")
def traefik(cluster: Cluster) -> Iterator[Traefik]:
    certificate, key = cluster.folder / "chain.pem", cluster.folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    with Traefik(cluster.redis, certificate, key) as running:
        until(lambda: answers(running), "Traefik knows the instances")
        yield running


def answers(traefik: Traefik) -> bool:
    try:
        return through(traefik).get("/healthz").ok and through(traefik).get("/api/docs").ok
    except requests.ConnectionError:
        return False  # it has not read its certificate yet


def through(traefik: Traefik, token: str = "") -> Client:
    client = Client(traefik.url, token)
    client.http.verify = str(traefik.certificate)
    return client


@pytest.fixture(scope="module")
def admin(traefik: Traefik) -> Client:
    return through(traefik).login(ADMIN_EMAIL, ADMIN_PASSWORD)


def until(done: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def served(server: Server) -> int:
    """How many requests an instance answered, but for probes."""
    return sum('"message":"request"' in line for line in server.log)


def test_sign_in_on_one_is_valid_on_the_other(cluster: Cluster, admin: Client) -> None:
    one, two = cluster.instances[:2]
    token = Client(one.url).login(ADMIN_EMAIL, ADMIN_PASSWORD).token
    assert Client(two.url, token).ok("GET", "auth/me")["email"] == ADMIN_EMAIL
    # What one writes the other reads, metadata and data.
    Client(one.url, token).sql("CREATE TABLE shared_by_all AS SELECT 42 AS answer")
    assert Client(two.url, token).sql("SELECT answer FROM shared_by_all") == [[42]]
    # Signing out on one holds on the other.
    leaving = make_user(Client(one.url, token), "leaving")
    assert Client(two.url, leaving.token).get("auth/me").ok
    leaving.ok("POST", "auth/logout", json={"refresh_token": leaving.refresh_token})
    until(lambda: Client(two.url, leaving.token).get("auth/me").status_code == 401, "signed out")


def test_both_are_asked_and_know_the_client(cluster: Cluster, admin: Client) -> None:
    before = [served(server) for server in cluster.instances[:2]]
    for _ in range(20):
        assert admin.get("auth/me").ok
    after = [served(server) for server in cluster.instances[:2]]
    assert all(new - old >= 5 for old, new in zip(before, after)), (before, after)
    # The page comes with what only TLS brings; Traefik says that the client has it.
    page = admin.get("/")
    assert page.ok and page.headers["Strict-Transport-Security"]


def test_plain_http_goes_to_https(traefik: Traefik) -> None:
    plain = f"http://127.0.0.1:{traefik.ports['web']}/sql?a=b"
    answer = requests.get(plain, allow_redirects=False, timeout=10)
    assert answer.status_code in (301, 308)
    assert answer.headers["Location"] == f"{traefik.url}/sql?a=b"


def test_limits_hold_across_both(traefik: Traefik, admin: Client) -> None:
    key = admin.ok("POST", "keys", json={"name": "limited"})["key"]
    limited = through(traefik, key)
    statuses = [limited.query("SELECT 1").status_code for _ in range(45)]
    assert statuses.count(200) == 30 and statuses.count(429) == 15


def test_uploads_pass(admin: Client) -> None:
    content = os.urandom(3_000_000)
    path = f"files/{admin.volume()}/big.bin"
    assert admin.request("PUT", path, data=content).status_code == 201
    assert admin.get(path).content == content


class Load:
    """Clients that read and write without a pause; gathers what failed and when it was sent."""

    def __init__(self, traefik: Traefik, token: str) -> None:
        self.traefik, self.token = traefik, token
        self.stopped = threading.Event()
        self.sent = 0
        self.failures: list[tuple[float, str]] = []

    def _work(self, number: int) -> None:
        client = through(self.traefik, self.token)
        turn = 0
        while not self.stopped.is_set():
            begin = time.monotonic()
            turn += 1
            try:
                if turn % 2:
                    answer = client.get("auth/me")
                else:
                    answer = client.query(f"SELECT {number} + {turn}")
                if not answer.ok:
                    self.failures.append((begin, f"{answer.status_code} {answer.text[:200]}"))
            except requests.RequestException as error:
                self.failures.append((begin, str(error)))
            self.sent += 1

    def __enter__(self) -> "Load":
        self.pool = ThreadPoolExecutor(WORKERS)
        self.futures = [self.pool.submit(self._work, i) for i in range(WORKERS)]
        until(lambda: self.sent > 50, "the load runs")
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.pool.shutdown()
        for future in self.futures:
            future.result()


def test_one_is_killed_under_load(cluster: Cluster, traefik: Traefik, admin: Client) -> None:
    with Load(traefik, admin.token) as load:
        cluster.instances[1].kill()
        dead = time.monotonic()
        before = load.sent
        until(lambda: load.sent > before + 300, "the load goes on")
    later = [failure for failure in load.failures if failure[0] > dead]
    assert not later, later
    assert len(load.failures) <= WORKERS, load.failures  # in flight on the one that died


def test_a_third_is_discovered(cluster: Cluster, traefik: Traefik, admin: Client) -> None:
    with Load(traefik, admin.token) as load:
        third = cluster.start()
        until(lambda: served(third) > 20, "the third gets its share")
    assert not load.failures, load.failures


def test_one_is_stopped_under_load(cluster: Cluster, traefik: Traefik, admin: Client) -> None:
    """As an operator does it, for a new version: nobody notices."""
    with Load(traefik, admin.token) as load:
        assert cluster.instances[0].stop() == 0
        before = load.sent
        until(lambda: load.sent > before + 200, "the load goes on")
        cluster.instances[0].start()
        until(lambda: served(cluster.instances[0]) > 20, "it is back")
    assert not load.failures, load.failures


def test_roles_apart(cluster: Cluster, traefik: Traefik, admin: Client) -> None:
    storage = cluster.start(roles="storage")
    direct = Client(storage.url, admin.token)
    refused = direct.get("auth/me")
    assert refused.status_code == 404 and refused.json()["id"] == "request.otherRole"
    assert "storage" in refused.json()["detail"] and "auth" in refused.json()["detail"]
    assert direct.get("/").status_code == 404
    assert direct.get("/readyz").ok and direct.get("/metrics").ok
    path = f"files/{admin.volume()}/role.txt"
    assert direct.request("PUT", path, data=b"by its role").status_code == 201
    # Through the proxy each request finds an instance that has its role.
    before = served(storage)

    def storage_is_asked() -> bool:
        assert admin.get(path).content == b"by its role"
        assert admin.get("auth/me").ok and admin.sql("SELECT 1") == [[1]]
        return served(storage) > before

    until(storage_is_asked, "storage is asked")


def router_of(path: str, routers: dict) -> str:
    """As Traefik chooses: the highest priority, else the longest rule."""
    fitting = [
        (route.get("priority", len(route["rule"])), name)
        for name, route in routers.items()
        if any(
            path.startswith(prefix)
            for prefix in re.findall(r"PathPrefix\(`(.+?)`\)", route["rule"])
        )
    ]
    return max(fitting)[1].removeprefix("openbricks-")


def test_routes_lead_to_the_role_that_answers(cluster: Cluster) -> None:
    routers = yaml.safe_load((DEPLOY / "dynamic/openbricks.yml").read_text())["http"]["routers"]
    paths = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    server = cluster.start(roles="auth")
    try:
        found = {}
        for path in paths:
            url = server.url + re.sub(r"{.*?}", "x", path)
            answer = requests.get(url, allow_redirects=False)
            other = answer.status_code == 404 and answer.json().get("id") == "request.otherRole"
            found[path] = not other
        expected = {path: router_of(path, routers) == "auth" for path in paths}
    finally:
        server.stop()
    assert found == expected and True in found.values() and False in found.values()


def test_the_dead_leave_redis(cluster: Cluster) -> None:
    """Who stops takes itself out; who died is forgotten when its keys expire."""
    stopped = cluster.start()
    keys = "traefik/http/services/openbricks-api/loadbalancer/servers/*/url"

    def addresses() -> set:
        found = cluster.redis.ask("KEYS", keys)
        return {cluster.redis.ask("GET", key) for key in found}

    until(lambda: stopped.url in addresses(), "it is announced")
    stopped.stop()
    assert stopped.url not in addresses()
    assert all(0 < cluster.redis.ask("TTL", key) <= 15 for key in cluster.redis.ask("KEYS", keys))


def test_servers_by_hand(cluster: Cluster, traefik: Traefik, admin: Client) -> None:
    """The example without Redis, put into the watched folder."""
    services = yaml.safe_load((DEPLOY / "examples/servers.yml").read_text())
    server = cluster.instances[0]
    for service in services["http"]["services"].values():
        service["loadBalancer"]["servers"] = [{"url": server.url}]
    routes = yaml.safe_load((DEPLOY / "dynamic/openbricks.yml").read_text())["http"]["routers"]
    for name, route in routes.items():
        route["service"] = route["service"].replace("@redis", "@file")
        route["middlewares"] = []
        # Above those without the header, in their order: by the length of the rule where none is given.
        route["priority"] = route.get("priority", len(route["rule"])) + 2000
        route["rule"] = f"HeaderRegexp(`X-By-Hand`, `.`) && ({route['rule']})"
        services["http"].setdefault("routers", {})[f"{name}-by-hand"] = route
    (traefik.folder / "dynamic/servers.yml").write_text(yaml.safe_dump(services))

    def all_go_there() -> bool:
        before = served(server)
        assert all(hand_made(admin).ok for _ in range(10))
        time.sleep(0.1)  # its log may be behind
        return served(server) - before >= 10

    until(all_go_there, "the file is read")


def hand_made(admin: Client) -> requests.Response:
    return admin.get("auth/me", headers={"X-By-Hand": "1"})


def test_examples_are_whole() -> None:
    for file in sorted((DEPLOY / "examples").iterdir()):
        documents = list(yaml.safe_load_all(file.read_text()))
        assert documents and all(documents), file
    compose = yaml.safe_load((DEPLOY / "examples/compose.yml").read_text())
    kinds = [
        document["kind"]
        for document in yaml.safe_load_all((DEPLOY / "examples/kubernetes.yaml").read_text())
    ]
    assert kinds == ["Service", "Deployment", "Middleware", "IngressRoute"]
    # The settings that they name are ours.
    known = subprocess.run([str(BINARY), "serve", "--help"], capture_output=True, text=True).stdout
    container = next(
        d["spec"]["template"]["spec"]["containers"][0]
        for d in yaml.safe_load_all((DEPLOY / "examples/kubernetes.yaml").read_text())
        if d["kind"] == "Deployment"
    )
    words = compose["services"]["openbricks"]["command"].split() + container["args"]
    assert all(word in known for word in words if word.startswith("--"))
