"""Tables from files: inference, create, append, overwrite."""

import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.api.checks import problem
from tests.harness.client import Client

CSV = (
    b'id,name,price,day,ok\n1,Ada,1.5,2026-01-01,true\n2,Bob,,2026-01-02,false\n3,"C, D",-3,,true\n'
)


def put(client: Client, volume: str, name: str, content: bytes) -> str:
    return client.upload(f"{volume}/{name}", content)


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def test_infer_csv(admin: Client, volume: str) -> None:
    path = put(admin, volume, "a.csv", CSV)
    found = admin.ok("POST", "tables/infer", json={"path": path})
    assert found["format"] == "csv"
    types = {c["name"]: c["type"].upper() for c in found["columns"]}
    assert list(types) == ["id", "name", "price", "day", "ok"]
    assert types["id"] in ("BIGINT", "LONG", "INT", "INTEGER") and types["day"] == "DATE"
    assert types["ok"] == "BOOLEAN" and types["price"] == "DOUBLE"
    assert len(found["rows"]) == 3 and found["rows"][2][1] == "C, D"


SAME_ROWS = [
    ("rows.csv", CSV),
    (
        "rows.json",
        json.dumps(
            [
                {"id": 1, "name": "Ada", "price": 1.5, "day": "2026-01-01", "ok": True},
                {"id": 2, "name": "Bob", "price": None, "day": "2026-01-02", "ok": False},
                {"id": 3, "name": "C, D", "price": -3, "day": None, "ok": True},
            ]
        ).encode(),
    ),
    (
        "rows.jsonl",
        b'{"id":1,"name":"Ada","price":1.5,"day":"2026-01-01","ok":true}\n'
        b'{"id":2,"name":"Bob","day":"2026-01-02","ok":false}\n'
        b'{"id":3,"name":"C, D","price":-3.0,"ok":true}\n',
    ),
    (
        "rows.parquet",
        parquet(
            pa.table(
                {
                    "id": pa.array([1, 2, 3], pa.int64()),
                    "name": ["Ada", "Bob", "C, D"],
                    "price": pa.array([1.5, None, -3.0]),
                    "day": pa.array([20454, 20455, None], pa.date32()),
                    "ok": [True, False, True],
                }
            )
        ),
    ),
]


@pytest.mark.parametrize("name, content", SAME_ROWS, ids=[n for n, _ in SAME_ROWS])
def test_create_append_overwrite(admin: Client, schema: str, volume: str, name, content) -> None:
    path = put(admin, volume, name, content)
    table = f"main.{schema}.made"
    made = admin.post("tables", {"name": table, "path": path, "comment": "from a file"})
    assert made.status_code == 201, made.text
    assert made.json()["version"] == 0 and made.json()["rows"] == 3
    rows = admin.sql(f"SELECT id, name, price, cast(day AS VARCHAR), ok FROM {table} ORDER BY id")
    assert rows == [
        [1, "Ada", 1.5, "2026-01-01", True],
        [2, "Bob", None, "2026-01-02", False],
        [3, "C, D", -3, None, True],
    ]
    problem(admin.post("tables", {"name": table, "path": path}), 409)
    added = admin.post("tables", {"name": table, "path": path, "mode": "append"})
    assert added.status_code == 201 and added.json()["version"] == 1
    assert admin.value(f"SELECT count(*) FROM {table}") == 6
    replaced = admin.post("tables", {"name": table, "path": path, "mode": "overwrite"})
    assert replaced.status_code == 201
    assert admin.value(f"SELECT count(*) FROM {table}") == 3
    assert admin.value(f"SELECT count(*) FROM {table} VERSION AS OF 1") == 6


def test_partitioned(admin: Client, schema: str, volume: str) -> None:
    path = put(admin, volume, "p.csv", b"k,v\na/b,1\n\xc3\xa9 =%,2\n,3\n")
    table = f"main.{schema}.p"
    made = admin.post("tables", {"name": table, "path": path, "partition_by": ["k"]})
    assert made.status_code == 201 and made.json()["partition_columns"] == ["k"]
    assert admin.sql(f"SELECT k, v FROM {table} ORDER BY v") == [["a/b", 1], ["é =%", 2], [None, 3]]


def test_from_columns(admin: Client, schema: str) -> None:
    columns = [
        {"name": "id", "type": "BIGINT", "nullable": False},
        {"name": "tags", "type": "ARRAY<STRING>", "comment": "labels"},
        {"name": "at", "type": "TIMESTAMP"},
        {"name": "m", "type": "MAP<STRING, DECIMAL(10,2)>"},
    ]
    made = admin.post("tables", {"name": f"main.{schema}.c", "columns": columns})
    assert made.status_code == 201, made.text
    assert [c["name"] for c in made.json()["columns"]] == ["id", "tags", "at", "m"]
    problem(admin.query(f"INSERT INTO main.{schema}.c (tags) VALUES (['x'])"), 400, "delta.notNull")


REFUSED = [
    {},
    {"name": "x.y.z.w"},
    {"name": "main.{schema}.t"},
    {"name": "main.{schema}.t", "columns": []},
    {"name": "main.{schema}.t", "columns": [{"name": "a", "type": "NONSENSE"}]},
    {
        "name": "main.{schema}.t",
        "columns": [{"name": "a", "type": "INT"}, {"name": "A", "type": "INT"}],
    },
    {"name": "main.{schema}.t", "columns": [{"name": "a", "type": "INT"}], "partition_by": ["b"]},
    {"name": "main.{schema}.t", "columns": [{"name": "a", "type": "INT"}], "mode": "destroy"},
    {"name": "main.{schema}.t", "columns": [{"name": "a", "type": "INT"}], "location": "/etc"},
    {"name": "main.{schema}.t", "columns": [{"name": "a", "type": "INT"}], "location": "../x"},
    {
        "name": "main.{schema}.t",
        "columns": [{"name": "a", "type": "INT"}],
        "location": "file:///etc",
    },
    {"name": "main.{schema}.t", "path": "/etc/passwd"},
    {"name": "main.{schema}.t", "path": "/Volumes/{volume}/none.csv"},
    {"name": "main.{schema}.t", "path": "/Volumes/{volume}/../../x.csv"},
    {"name": "main.nowhere.t", "columns": [{"name": "a", "type": "INT"}]},
    {"name": 5, "columns": "x"},
]


@pytest.mark.parametrize("body", REFUSED)
def test_refused(admin: Client, schema: str, volume: str, body: dict) -> None:
    text = json.dumps(body).replace("{schema}", schema).replace("{volume}", volume)
    problem(admin.post("tables", json.loads(text)), (400, 403, 404, 422))
    assert admin.ok("GET", f"catalogs/main/schemas/{schema}/tables")["items"] == []


def test_schema_is_enforced_on_append(admin: Client, schema: str, volume: str) -> None:
    table = f"main.{schema}.e"
    admin.sql(f"CREATE TABLE {table} (id BIGINT, name STRING)")
    extra = put(admin, volume, "extra.csv", b"id,name,other\n1,a,2\n")
    wrong = put(admin, volume, "wrong.csv", b"id,name\nabc,a\n")
    for path in (extra, wrong):
        problem(admin.post("tables", {"name": table, "path": path, "mode": "append"}), 400)
    assert admin.value(f"SELECT count(*) FROM {table}") == 0
    less = put(admin, volume, "less.csv", b"name\nb\n")
    assert admin.post("tables", {"name": table, "path": less, "mode": "append"}).status_code == 201
    assert admin.sql(f"SELECT id, name FROM {table}") == [[None, "b"]]


def test_external_table(admin: Client, schema: str, external) -> None:
    location = external / schema
    columns = [{"name": "a", "type": "INT"}]
    body = {"name": f"main.{schema}.x", "columns": columns, "location": str(location)}
    made = admin.post("tables", body)
    assert made.status_code == 201 and made.json()["kind"] == "external"
    admin.sql(f"INSERT INTO main.{schema}.x VALUES (1), (2)")
    assert (location / "_delta_log/00000000000000000001.json").exists()
    assert admin.delete(f"catalogs/main/schemas/{schema}/tables/x").status_code == 204
    assert (location / "_delta_log").exists()  # dropping forgets an external table, no more
    again = admin.post("tables", {"name": f"main.{schema}.again", "location": str(location)})
    assert again.status_code == 201, again.text
    assert admin.value(f"SELECT sum(a)::BIGINT FROM main.{schema}.again") == 3
