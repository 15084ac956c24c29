"""An S3 and DynamoDB server for tests: python -m tests.harness.s3 -- command…

The command gets OPENBRICKS_TEST_S3, the server's URL; its exit code is ours. Without a command it
prints that URL and serves until it is ended; S3 is such a server for Python. There is a bucket
`test`. Requests take effect one at a time, so conditions are exact. POST /_faults with a list of
rules makes the next matching requests go wrong:

    {"method": "PUT", "key": "part of the path", "query": "part of the query", "after": 0,
     "times": 1,
     "fault": "503" | "cut" | "lose" | "hang" | "torn" | "unconditional" | "unencrypted"}

A number answers with that status; `cut` closes the connection before the request has any effect,
`lose` after it had its effect; `hang` answers only after a minute; `torn` sends half of the body;
`unconditional` forgets If-None-Match, `unencrypted` how the object is to be encrypted; `throttle`
is DynamoDB's way to say that there are too many requests. The path of a request to DynamoDB is its
operation, as in /DynamoDB_20120810.GetItem. GET /_seen?key=… tells the methods of what was asked for;
DELETE /_faults forgets all rules and requests.

Below /gcs/ the same bucket speaks as Google Cloud Storage does in XML: other names of headers, and
conditions on copies.
"""

import atexit
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, Iterable
from urllib.parse import quote, unquote

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "test"
ACCESS_KEY = "openbricks-test"
SECRET_KEY = "a-secret-of-the-tests/+="
ERROR = "<Error><Code>{}</Code><Message>A fault of the test.</Message></Error>"
THROTTLED = json.dumps(
    {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}
)
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, Signature=x"
CODES = {403: "AccessDenied", 500: "InternalError", 503: "SlowDown"}


class Faulty:
    """moto behind a lock, and faults before or after it."""

    def __init__(self) -> None:
        self.app = DomainDispatcherApplication(create_backend_app)
        self.lock = threading.Lock()
        self.rules: list[dict[str, Any]] = []
        self.seen: list[tuple[str, str]] = []

    @staticmethod
    def path(request: Request) -> str:
        target = request.headers.get("X-Amz-Target")
        return f"/{target}" if target else unquote(request.path)

    def take_fault(self, request: Request, path: str) -> str | None:
        with self.lock:
            self.seen.append((request.method, path))
            for rule in self.rules:
                query = request.query_string.decode()
                if (
                    rule.get("times", 1) > 0
                    and rule.get("method", request.method) == request.method
                    and rule.get("key", "") in path
                    and rule.get("query", "") in query
                ):
                    if rule.get("after", 0) > 0:
                        rule["after"] -= 1
                        continue
                    rule["times"] = rule.get("times", 1) - 1
                    return rule["fault"]
        return None

    def control(self, request: Request, path: str) -> Response:
        with self.lock:
            if path == "/_faults" and request.method == "DELETE":
                self.rules.clear()
                self.seen.clear()
                return Response(status=204)
            if path == "/_faults":
                self.rules += json.loads(request.get_data())
                return Response(status=204)
            part = request.args.get("key", "")
            return Response(" ".join(method for method, seen in self.seen if part in seen))

    def answer(self, environ: dict, body: bytes) -> Response:
        environ["wsgi.input"] = io.BytesIO(body)
        with self.lock:
            if environ["PATH_INFO"].startswith("/gcs/"):
                return self.answer_as_google(environ)
            return Response.from_app(self.app, environ, buffered=True)

    def answer_as_google(self, environ: dict) -> Response:
        for name in ("PATH_INFO", "RAW_URI", "REQUEST_URI"):
            environ[name] = environ.get(name, "").replace("/gcs/", "/", 1)
        for name in [name for name in environ if name.startswith("HTTP_X_GOOG_")]:
            environ[name.replace("X_GOOG", "X_AMZ")] = environ.pop(name)
        environ["HTTP_AUTHORIZATION"] = SIGNED
        if environ.pop("HTTP_X_AMZ_IF_GENERATION_MATCH", "") == "0":
            environ["HTTP_IF_NONE_MATCH"] = "*"
            if "HTTP_X_AMZ_COPY_SOURCE" in environ:
                head = {**environ, "REQUEST_METHOD": "HEAD"}
                head.pop("HTTP_X_AMZ_COPY_SOURCE")
                head.pop("HTTP_IF_NONE_MATCH")
                if Response.from_app(self.app, head, buffered=True).status_code == 200:
                    return Response(ERROR.format("PreconditionFailed"), 412)
        response = Response.from_app(self.app, environ, buffered=True)
        for name, value in list(response.headers):
            if name.lower().startswith("x-amz-meta-"):
                response.headers[name.lower().replace("x-amz", "x-goog")] = value
        return response

    def __call__(self, environ: dict, start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        body = request.get_data()
        path = self.path(request)
        if path.startswith("/_"):
            return self.control(request, path)(environ, start_response)
        fault = self.take_fault(request, path)
        if fault is None:
            return self.answer(environ, body)(environ, start_response)
        if fault == "throttle":
            return Response(THROTTLED, 400)(environ, start_response)
        if fault.isdigit():
            text = ERROR.format(CODES.get(int(fault), "Unknown"))
            return Response(text, int(fault))(environ, start_response)
        if fault == "hang":
            time.sleep(60)
        if fault in ("unconditional", "unencrypted"):
            forgotten = {
                "unconditional": "IF_NONE_MATCH",
                "unencrypted": "X_AMZ_SERVER_SIDE_ENCRYPTION",
            }
            environ.pop(f"HTTP_{forgotten[fault]}", None)
            return self.answer(environ, body)(environ, start_response)
        response = self.answer(environ, body) if fault in ("lose", "torn") else Response()
        connection: socket.socket = environ["werkzeug.socket"]
        if fault == "torn":
            whole = response.get_data()
            head = f"HTTP/1.1 {response.status}\r\n" + "".join(
                f"{name}: {value}\r\n" for name, value in response.headers
            )
            connection.sendall(head.encode() + b"\r\n" + whole[: len(whole) // 2])
        connection.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError(fault)


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_: Any, **__: Any) -> None:
        """The tests tell what matters."""


def serve() -> str:
    """Serves on a thread of its own; returns the URL."""
    server = make_server("127.0.0.1", 0, Faulty(), threaded=True, request_handler=Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    request = urllib.request.Request(f"{url}/{BUCKET}", method="PUT")
    request.add_header("Authorization", SIGNED)
    urllib.request.urlopen(request, timeout=60).close()
    return url


class S3:
    """A server in a process of its own."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.harness.s3"],
            cwd=ROOT,
            stdin=subprocess.PIPE,  # its end is the server's
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("The S3 server did not start.")

    def settings(self, prefix: str) -> dict[str, str]:
        """Of a server that keeps its objects below the prefix."""
        return {
            "objects_url": f"s3://{BUCKET}/{prefix}?endpoint={self.url}&region=us-east-1",
            "objects_access_key": ACCESS_KEY,
            "objects_secret_key": SECRET_KEY,
        }

    def documents_settings(self, table: str) -> dict[str, str]:
        """Of a server that keeps the contents of documents in that table of DynamoDB."""
        return {
            "documents_store": f"dynamodb://us-east-1/{table}?endpoint={self.url}",
            "documents_access_key": ACCESS_KEY,
            "documents_secret_key": SECRET_KEY,
        }

    def storage_options(self) -> dict[str, str]:
        """The same for delta-rs."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_ALLOW_HTTP": "true",
            "aws_conditional_put": "etag",
        }

    def _control(self, method: str, path: str, body: bytes | None = None) -> str:
        request = urllib.request.Request(self.url + path, data=body, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read().decode()

    def fault(self, **rule: Any) -> None:
        self._control("POST", "/_faults", json.dumps([rule]).encode())

    def forget(self) -> None:
        """Faults that have not happened, and the requests so far."""
        self._control("DELETE", "/_faults")

    def seen(self, key: str = "") -> list[str]:
        """Methods of the requests whose path has that part."""
        return self._control("GET", f"/_seen?key={quote(key)}").split()

    def client(self, service: str = "s3") -> Any:
        """boto3's, for what is asked of the bucket or the tables themselves."""
        import boto3

        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )

    def objects(self, prefix: str) -> list[dict]:
        """What HEAD says of all objects below a prefix."""
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return [{"Key": key, **client.head_object(Bucket=BUCKET, Key=key)} for key in keys]

    def copy(self, prefix: str, folder: Path) -> None:
        """All objects below a prefix into a folder."""
        client = self.client()
        prefix = prefix.rstrip("/") + "/"
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
            for item in page.get("Contents", ()):
                file = folder / item["Key"].removeprefix(prefix)
                file.parent.mkdir(parents=True, exist_ok=True)
                client.download_file(BUCKET, item["Key"], str(file))

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


_shared: S3 | None = None


def shared() -> S3:
    """One for the whole test run, started when it is first asked for."""
    global _shared
    if _shared is None:
        _shared = S3()
        atexit.register(_shared.stop)
    return _shared


def main() -> int:
    if "--" not in sys.argv:
        print(serve(), flush=True)
        sys.stdin.read()
        return 0
    environment = {**os.environ, "OPENBRICKS_TEST_S3": serve()}
    command = sys.argv[sys.argv.index("--") + 1 :]
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
