"""A thin client for tests: it shows the answers as they are and hides no status."""

from __future__ import annotations

import time
from typing import Any, Iterator
from urllib.parse import quote

import requests

ARROW = "application/vnd.apache.arrow.stream"


class ApiError(Exception):
    """An answer that is not 2xx where the test wanted one."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(
            f"{response.request.method} {response.url}: {response.status_code} {response.text[:600]}"
        )
        self.response = response
        self.status = response.status_code
        try:
            body = response.json()
        except ValueError:
            body = {}
        self.id = body.get("id", "") if isinstance(body, dict) else ""
        self.detail = body.get("detail", "") if isinstance(body, dict) else ""


def quoted(path: str) -> str:
    """A path whose parts may hold anything, percent-encoded."""
    return quote(path, safe="/")


class Client:
    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self.http = requests.Session()
        self.http.trust_env = False
        self.token = token
        self.refresh_token = ""

    # Plain HTTP. `path` below /api/v1 unless it starts with a slash.
    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = dict(options.pop("headers", None) or {})
        if self.token and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.token}"
        url = self.url + (path if path.startswith("/") else f"/api/v1/{path}")
        options.setdefault("timeout", 120)
        return self.http.request(method, url, headers=headers, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.request("POST", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return self.request("DELETE", path, **options)

    def ok(self, method: str, path: str, **options: Any) -> Any:
        """The decoded answer of a request that has to succeed."""
        response = self.request(method, path, **options)
        if not response.ok:
            raise ApiError(response)
        return response.json() if response.content else None

    # Sign-in.
    def login(self, email: str, password: str) -> "Client":
        tokens = self.ok("POST", "auth/login", json={"email": email, "password": password})
        self.token, self.refresh_token = tokens["access_token"], tokens["refresh_token"]
        return self

    # SQL.
    def query(self, sql: str, accept: str = "application/json", **body: Any) -> requests.Response:
        """The bare answer of POST /query."""
        return self.post("query", {"sql": sql, **body}, headers={"Accept": accept})

    def pages(self, sql: str, **body: Any) -> Iterator[dict]:
        response = self.query(sql, **body)
        if not response.ok:
            raise ApiError(response)
        page = response.json()
        yield page
        while page.get("next"):
            page = self.ok("GET", f"query/pages/{page['next']}")
            yield page

    def sql(self, sql: str, **body: Any) -> list[list]:
        """All rows of a statement that has to succeed."""
        return [row for page in self.pages(sql, **body) for row in page["rows"]]

    def value(self, sql: str, **body: Any) -> Any:
        rows = self.sql(sql, **body)
        assert len(rows) == 1 and len(rows[0]) == 1, f"expected one value, got {rows[:3]}"
        return rows[0][0]

    def refused(self, sql: str, **body: Any) -> ApiError:
        """The error of a statement that has to fail."""
        response = self.query(sql, **body)
        assert not response.ok, f"expected a refusal of: {sql}\ngot: {response.text[:400]}"
        return ApiError(response)

    def arrow(self, sql: str, **body: Any) -> Any:
        """A statement's result as a pyarrow table."""
        import pyarrow

        response = self.query(sql, accept=ARROW, **body)
        if not response.ok:
            raise ApiError(response)
        with pyarrow.ipc.open_stream(response.content) as reader:
            return reader.read_all()

    def location(self, table: str) -> str:
        """Where a table's files are, for other engines."""
        response = self.ok("POST", "query", json={"sql": f"DESCRIBE DETAIL {table}"})
        names = [column["name"] for column in response["columns"]]
        return response["rows"][0][names.index("location")]

    # Files.
    def volume(self, schema: str = "default", name: str = "files", catalog: str = "main") -> str:
        """Makes a volume where it is missing; returns "catalog/schema/volume"."""
        made = self.post(f"catalogs/{catalog}/schemas/{schema}/volumes", {"name": name})
        if made.status_code not in (201, 409):
            raise ApiError(made)
        return f"{catalog}/{schema}/{name}"

    def put(self, path: str, content: Any, overwrite: bool = False) -> requests.Response:
        """`path` is catalog/schema/volume/path."""
        options = {"params": {"overwrite": "true"}} if overwrite else {}
        return self.request("PUT", f"files/{quoted(path)}", data=content, **options)

    def upload(self, path: str, content: Any, overwrite: bool = True) -> str:
        """As put, has to succeed; returns the /Volumes path."""
        response = self.put(path, content, overwrite)
        if response.status_code != 201:
            raise ApiError(response)
        return f"/Volumes/{path}"

    def download(self, path: str) -> bytes:
        response = self.get(f"files/{quoted(path)}")
        if not response.ok:
            raise ApiError(response)
        return response.content


def wait_until(condition: Any, timeout: float = 15, what: str = "the condition") -> Any:
    """Polls until the condition gives something true; returns it."""
    deadline = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come about within {timeout} s")
        time.sleep(0.05)
