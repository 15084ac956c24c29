"""An error tracker that speaks Sentry's protocol, on a free port of 127.0.0.1, and keeps what it got."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.harness.client import wait_until

KEY, PROJECT = "0123456789abcdef0123456789abcdef", "42"


def events_of(envelope: bytes) -> list[dict]:
    """The events in an envelope, strictly as its format has them."""
    head, rest = envelope.split(b"\n", 1)
    header = json.loads(head)
    events = []
    while rest:
        line, rest = rest.split(b"\n", 1)
        item = json.loads(line)
        length = item.get("length", rest.find(b"\n"))
        body, rest = rest[:length], rest[length:]
        assert len(body) == length and rest[:1] in (b"", b"\n"), "the length of an item is wrong"
        rest = rest[1:]
        if item["type"] == "event":
            event = json.loads(body)
            assert event["event_id"] == header["event_id"] and len(event["event_id"]) == 32
            events.append(event)
    return events


class Tracker:
    """`status`, `headers`: what it answers."""

    def __init__(self) -> None:
        self.envelopes: list[bytes] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.status, self.headers = 200, {}
        tracker = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                tracker.requests.append((self.path, dict(self.headers)))
                tracker.envelopes.append(body)
                self.send_response(tracker.status)
                for name, value in tracker.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://{KEY}@127.0.0.1:{self.http.server_port}/{PROJECT}"

    def __enter__(self) -> "Tracker":
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()

    def events(self) -> list[dict]:
        return [event for one in list(self.envelopes) for event in events_of(one)]

    def wait(self, what: str) -> dict:
        """The newest event whose JSON holds the text."""

        def found() -> list[dict]:
            return [event for event in self.events() if what in json.dumps(event)]

        wait_until(lambda: bool(found()), what=f"an event with {what}")
        return found()[-1]
