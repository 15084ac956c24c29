"""Catalogs, schemas, tables, views, volumes over REST."""

import uuid
from typing import Iterator

import pytest

from tests.api.checks import problem
from tests.harness.client import Client, quoted


@pytest.fixture()
def catalog(admin: Client) -> Iterator[str]:
    name = f"c_{uuid.uuid4().hex[:12]}"
    made = admin.post("catalogs", {"name": name, "comment": "for a test"})
    assert made.status_code == 201, made.text
    yield name
    admin.delete(f"catalogs/{name}", params={"cascade": "true"})


def names(client: Client, path: str) -> list[str]:
    return [item["name"] for item in client.ok("GET", path)["items"]]


def test_main_and_default_are_there(admin: Client) -> None:
    assert "main" in names(admin, "catalogs")
    assert "default" in names(admin, "catalogs/main/schemas")


def test_catalog_life(admin: Client, catalog: str) -> None:
    item = admin.ok("GET", f"catalogs/{catalog}")
    assert item["name"] == catalog and item["comment"] == "for a test" and item["id"]
    problem(admin.post("catalogs", {"name": catalog.upper()}), 409)  # names ignore case
    changed = admin.request("PATCH", f"catalogs/{catalog}", json={"comment": "ünï"})
    assert changed.status_code == 200 and changed.json()["comment"] == "ünï"
    fresh = catalog + "_renamed"
    assert admin.request("PATCH", f"catalogs/{catalog}", json={"name": fresh}).status_code == 200
    problem(admin.get(f"catalogs/{catalog}"), 404)
    admin.ok("POST", f"catalogs/{fresh}/schemas", json={"name": "s"})
    problem(admin.delete(f"catalogs/{fresh}"), 409)
    assert admin.delete(f"catalogs/{fresh}", params={"cascade": "true"}).status_code == 204
    assert fresh not in names(admin, "catalogs")


def test_schema_life(admin: Client, catalog: str) -> None:
    path = f"catalogs/{catalog}/schemas"
    assert admin.post(path, {"name": "s"}).status_code == 201
    problem(admin.post(path, {"name": "S"}), 409)
    assert admin.ok("GET", f"{path}/s")["catalog"] == catalog
    assert admin.request("PATCH", f"{path}/s", json={"name": "t"}).status_code == 200
    assert "t" in names(admin, path) and "s" not in names(admin, path)
    admin.sql(f"CREATE TABLE {catalog}.t.x AS SELECT 1 AS a")
    problem(admin.delete(f"{path}/t"), 409)
    assert admin.delete(f"{path}/t", params={"cascade": "true"}).status_code == 204
    problem(admin.get(f"{path}/t/tables/x"), 404)


BAD_NAMES = ["", " ", "a/b", "a.b", "x" * 256, "a\x00b", "a\nb", "..", None, 5, ["a"]]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused(admin: Client, name) -> None:
    for path in ("catalogs", "catalogs/main/schemas", "catalogs/main/schemas/default/volumes"):
        problem(admin.post(path, {"name": name}), (400, 422))


@pytest.mark.parametrize(
    "name", ["Ünïcödé", "with space", "quote'd", 'double"d', "ba`ck", "a-b", "1", "select", "😀"]
)
def test_odd_names_work(admin: Client, schema: str, name: str) -> None:
    sql_name = "`" + name.replace("`", "``") + "`"
    admin.sql(f"CREATE TABLE main.{schema}.{sql_name} AS SELECT 7 AS a")
    assert admin.value(f"SELECT a FROM main.{schema}.{sql_name}") == 7
    detail = admin.ok("GET", f"catalogs/main/schemas/{schema}/tables/{quoted(name)}")
    assert detail["name"] == name
    assert name in names(admin, f"catalogs/main/schemas/{schema}/tables")


def test_table_detail(admin: Client, schema: str) -> None:
    admin.sql(
        f"CREATE TABLE main.{schema}.t (id BIGINT NOT NULL, name STRING COMMENT 'who', day DATE) "
        "PARTITIONED BY (day) COMMENT 'a table'"
    )
    admin.sql(f"INSERT INTO main.{schema}.t VALUES (1, 'a', DATE '2026-01-01'), (2, 'b', NULL)")
    path = f"catalogs/main/schemas/{schema}/tables/t"
    detail = admin.ok("GET", path)
    assert detail["full_name"] == f"main.{schema}.t" and detail["kind"] == "managed"
    assert detail["format"] == "delta" and detail["version"] == 1 and detail["rows"] == 2
    assert detail["files"] == 2 and detail["bytes"] > 0 and detail["comment"] == "a table"
    assert detail["partition_columns"] == ["day"]
    columns = {c["name"]: c for c in detail["columns"]}
    assert list(columns) == ["id", "name", "day"]
    assert columns["id"]["nullable"] is False and columns["name"]["comment"] == "who"
    assert columns["day"]["partition_index"] == 0
    old = admin.ok("GET", path, params={"version": 0})
    assert old["rows"] == 0 and old["version"] == 0
    problem(admin.get(path, params={"version": 99}), (400, 404))
    files = admin.ok("GET", f"{path}/files")["items"]
    assert len(files) == 2 and {f["rows"] for f in files} == {1}
    history = admin.ok("GET", f"{path}/history")["items"]
    assert [h["version"] for h in history] == [1, 0]
    preview = admin.ok("GET", f"{path}/preview", params={"limit": 1})
    assert len(preview["rows"]) == 1 and [c["name"] for c in preview["columns"]] == list(columns)


def test_history_in_pages(admin: Client, schema: str) -> None:
    table = f"main.{schema}.h"
    admin.sql(f"CREATE TABLE {table} (a INT)")
    for i in range(5):
        admin.sql(f"INSERT INTO {table} VALUES ({i})")
    path = f"catalogs/main/schemas/{schema}/tables/h/history"
    first = admin.ok("GET", path, params={"limit": 2})["items"]
    assert [h["version"] for h in first] == [5, 4]
    older = admin.ok("GET", path, params={"limit": 10, "before_version": 4})["items"]
    assert [h["version"] for h in older] == [3, 2, 1, 0]


def test_views(admin: Client, schema: str) -> None:
    admin.sql(f"CREATE TABLE main.{schema}.base AS SELECT * FROM range(10) t(a)")
    admin.sql(f"CREATE VIEW main.{schema}.v AS SELECT a * 2 AS b FROM main.{schema}.base")
    assert admin.value(f"SELECT sum(b)::BIGINT FROM main.{schema}.v") == 90
    detail = admin.ok("GET", f"catalogs/main/schemas/{schema}/tables/v")
    assert detail["kind"] == "view" and "a * 2" in detail["view_sql"]
    assert [c["name"] for c in detail["columns"]] == ["b"]


def test_rename_drop_undrop(admin: Client, schema: str) -> None:
    path = f"catalogs/main/schemas/{schema}/tables"
    admin.sql(f"CREATE TABLE main.{schema}.a AS SELECT 1 AS x")
    assert admin.request("PATCH", f"{path}/a", json={"name": "b"}).status_code == 200
    assert admin.delete(f"{path}/b").status_code == 204
    problem(admin.get(f"{path}/b"), 404, "catalog.tableNotFound")
    admin.sql(f"UNDROP TABLE main.{schema}.b")
    assert admin.value(f"SELECT x FROM main.{schema}.b") == 1


def test_volumes(admin: Client, schema: str) -> None:
    path = f"catalogs/main/schemas/{schema}/volumes"
    assert admin.post(path, {"name": "v"}).status_code == 201
    problem(admin.post(path, {"name": "v"}), 409)
    assert names(admin, path) == ["v"]
    admin.upload(f"main/{schema}/v/x", b"1")
    dropped = admin.delete(f"{path}/v")
    if dropped.status_code == 409:  # only an empty volume goes
        admin.delete(f"files/main/{schema}/v/x")
        dropped = admin.delete(f"{path}/v")
    assert dropped.status_code == 204
    problem(admin.get(f"files/main/{schema}/v/x"), 404)


def test_search(admin: Client, user: Client, schema: str) -> None:
    word = f"w{uuid.uuid4().hex[:10]}"
    admin.sql(f"CREATE TABLE main.{schema}.{word} AS SELECT 1 AS {word}_column")
    found = admin.ok("GET", "search", params={"q": word[:8]})["items"]
    assert {"table"} <= {f["kind"] for f in found}
    assert user.ok("GET", "search", params={"q": word})["items"] == []
    for odd in ("%", "_", "'", "\\", "é", "x" * 500):
        assert admin.get("search", params={"q": odd}).status_code in (200, 400, 422)


def test_others_see_and_change_nothing(admin: Client, user: Client, schema: str) -> None:
    admin.sql(f"CREATE TABLE main.{schema}.secret AS SELECT 4711 AS a")
    root = f"catalogs/main/schemas/{schema}"
    for answer in (
        user.get(f"{root}/tables/secret"),
        user.get(f"{root}/tables/secret/history"),
        user.get(f"{root}/tables/secret/files"),
        user.get(f"{root}/tables/secret/preview"),
        user.delete(f"{root}/tables/secret"),
        user.request("PATCH", f"{root}/tables/secret", json={"name": "mine"}),
        user.delete(root),
        user.post(f"{root}/volumes", {"name": "mine"}),
        user.query(f"SELECT * FROM main.{schema}.secret"),
        user.query(f"INSERT INTO main.{schema}.secret VALUES (1)"),
        user.query(f"DROP TABLE main.{schema}.secret"),
        user.query(f"DESCRIBE HISTORY main.{schema}.secret"),
        user.query(f"SELECT * FROM main.{schema}.secret VERSION AS OF 0"),
        user.query(f"CREATE TABLE main.{schema}.mine AS SELECT 1 AS a"),
        user.query(f"CREATE VIEW main.{schema}.mine AS SELECT 1 AS a"),
        user.query(f"COMMENT ON TABLE main.{schema}.secret IS 'x'"),
    ):
        assert "4711" not in problem(answer, (400, 403, 404))["detail"]
    assert admin.value(f"SELECT a FROM main.{schema}.secret") == 4711
    rows = user.sql("SELECT table_name FROM information_schema.tables WHERE table_name = 'secret'")
    assert rows == []


def test_same_name_at_the_same_time(admin: Client, schema: str) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def make(i: int) -> int:
        client = Client(admin.url, admin.token)
        return client.query(f"CREATE TABLE main.{schema}.race AS SELECT {i} AS a").status_code

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(make, range(8)))
    assert codes.count(200) == 1 and set(codes) <= {200, 409}, codes
    assert len(admin.sql(f"SELECT a FROM main.{schema}.race")) == 1
