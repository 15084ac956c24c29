"""Events over WebSockets and streams: who may subscribe, and how it ends."""

from __future__ import annotations

import json
from typing import Iterator

import pytest

from tests.conftest import make_user
from tests.harness.client import Client
from tests.harness.server import Server
from tests.harness.websocket import WebSocket


def connect(client: Client, token: str | None = None) -> WebSocket:
    token = client.token if token is None else token
    return WebSocket(client.url + "/ws/events" + (f"?token={token}" if token else ""))


def say(socket: WebSocket, **message: object) -> None:
    socket.send(json.dumps(message))


def hear(socket: WebSocket) -> dict:
    return json.loads(socket.receive())


def ask(socket: WebSocket, **message: object) -> dict:
    say(socket, **message)
    return hear(socket)


def closing(socket: WebSocket) -> int:
    return socket.until_closed().code


def topic_of(client: Client) -> str:
    return "user:" + client.ok("GET", "auth/me")["id"]


def test_subscribing(admin: Client) -> None:
    topic = topic_of(admin)
    with connect(admin) as socket:
        told = ask(socket, type="subscribe", topic=topic)
        assert told["type"] == "subscribed" and told["topic"] == topic
        # Again from where it was; and from where it never was.
        again = ask(socket, type="subscribe", topic=topic, after=told["sequence"])
        assert again == told
        ask(socket, type="subscribe", topic=topic, after=5)
        assert hear(socket)["type"] == "gap"
        assert ask(socket, type="unsubscribe", topic=topic)["type"] == "unsubscribed"
        assert ask(socket, type="ping") == {"type": "pong"}


def test_who_may_hear(admin: Client) -> None:
    other = make_user(admin, "listener")
    topic = topic_of(admin)
    for client, token in ((other, None), (admin, "")):
        with connect(client, token) as socket:
            told = ask(socket, type="subscribe", topic=topic)
            assert told["type"] == "refused" and told["topic"] == topic and told["reason"]
    with connect(admin) as socket:
        for unknown in ("server:all", "user:", "user:x", "nothing"):
            assert ask(socket, type="subscribe", topic=unknown)["type"] == "refused"
    # A credential that is limited to something else.
    key = admin.ok("POST", "keys", json={"name": "sql", "scopes": ["sql:read"]})["key"]
    with connect(admin, key) as socket:
        assert ask(socket, type="subscribe", topic=topic)["type"] == "refused"


def test_bad_tokens_and_messages(admin: Client) -> None:
    with connect(admin, "nonsense") as socket:
        assert closing(socket) == 4401
    for text in ("", "[]", "{", "{}", '{"type":"dance"}', '{"type":1}', '{"type":"subscribe"}'):
        with connect(admin) as socket:
            socket.send(text)
            assert closing(socket) == 4400, text
    for bad in (
        {"topic": "a b"},
        {"topic": "x" * 201},
        {"topic": 'a"'},
        {"topic": "a", "after": "x"},
    ):
        with connect(admin) as socket:
            say(socket, type="subscribe", **bad)
            assert closing(socket) == 4400, bad
    with connect(admin) as socket:
        socket.send(b'{"type":"ping"}')
        assert closing(socket) == 4400
    with connect(admin) as socket:
        socket.send(json.dumps({"type": "ping", "more": "x" * 20_000}))
        assert closing(socket) == 1009


def test_many_topics(admin: Client) -> None:
    topic = topic_of(admin)
    with connect(admin) as socket:
        for _ in range(300):  # the same one counts once
            assert ask(socket, type="subscribe", topic=topic)["type"] == "subscribed"


def test_signing_in_within(admin: Client) -> None:
    topic = topic_of(admin)
    with connect(admin, "") as socket:
        assert ask(socket, type="subscribe", topic=topic)["type"] == "refused"
        assert ask(socket, type="authenticate", token=admin.token) == {"type": "authenticated"}
        assert ask(socket, type="subscribe", topic=topic)["type"] == "subscribed"
        say(socket, type="authenticate", token="nonsense")
        assert closing(socket) == 4401


def test_a_socket_that_asks_for_nothing_is_closed(admin: Client) -> None:
    with connect(admin) as known, connect(admin, "") as nobody, connect(admin, "") as refused:
        assert ask(refused, type="subscribe", topic=topic_of(admin))["type"] == "refused"
        for socket in (nobody, refused):
            how = socket.until_closed()
            assert how.code == 4408 and "sign in" in how.reason, how
        # Who signed in may take their time.
        assert ask(known, type="ping") == {"type": "pong"}


def test_signing_out_ends_it(admin: Client) -> None:
    leaving = make_user(admin, "leaving")
    key = leaving.ok("POST", "keys", json={"name": "k"})
    with connect(leaving) as by_session, connect(leaving, key["key"]) as by_key:
        for socket in (by_session, by_key):
            assert ask(socket, type="subscribe", topic=topic_of(leaving))["type"] == "subscribed"
        leaving.ok("DELETE", f"keys/{key['id']}")
        assert closing(by_key) == 4401
        leaving.ok("POST", "auth/logout", json={"refresh_token": leaving.refresh_token})
        assert closing(by_session) == 4401


class Stream:
    """Server-sent events as they come."""

    def __init__(self, client: Client, query: str, **headers: str) -> None:
        self.answer = client.http.get(
            client.url + "/api/v1/events?" + query,
            headers={"Authorization": f"Bearer {client.token}", **headers},
            stream=True,
            timeout=30,
        )
        self.lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def events(self) -> Iterator[dict]:
        event: dict = {}
        for line in self.lines:
            if not line and event:
                yield event
                event = {}
            name, _, value = line.partition(": ")
            if name in ("id", "data", "retry"):
                event[name] = json.loads(value) if name == "data" else value

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()


def test_a_stream(admin: Client) -> None:
    topic = topic_of(admin)
    with Stream(admin, f"topic={topic}&topic=user:other") as stream:
        assert stream.answer.status_code == 200
        assert stream.answer.headers["Content-Type"] == "text/event-stream"
        events = stream.events()
        assert next(events) == {"retry": "2000"}
        told = [next(events), next(events)]
        refused = next(e for e in told if e["data"]["type"] == "refused")
        assert refused["data"]["topic"] == "user:other" and "id" not in refused
        begun = next(e for e in told if e["data"]["type"] == "subscribed")
        assert begun["id"] == f"{topic}={begun['data']['sequence']}"
    # It goes on where it was.
    with Stream(admin, f"topic={topic}", **{"Last-Event-ID": begun["id"]}) as stream:
        events = stream.events()
        assert next(events) == {"retry": "2000"}
        assert next(events) == begun
    with Stream(admin, f"topic={topic}&last_event_id={topic}%3D5") as stream:
        events = stream.events()
        assert [next(events).get("data", {}).get("type") for _ in range(3)] == [
            None,
            "subscribed",
            "gap",
        ]


@pytest.mark.parametrize(
    "query, token, status",
    [
        ("topic=user:other", None, 403),
        ("topic=user:other", "", 401),
        ("topic=user:other", "nonsense", 401),
        ("topic=a%20b", None, 400),
        ("", None, 400),
        ("&".join(f"topic=t{i}" for i in range(33)), None, 400),
    ],
)
def test_streams_that_are_refused(
    admin: Client, query: str, token: str | None, status: int
) -> None:
    client = Client(admin.url, admin.token if token is None else token)
    assert client.get("/api/v1/events?" + query).status_code == status


def test_a_stopping_server_sends_all_away() -> None:
    with Server(shutdown_seconds="100") as server:  # which no stream holds up
        admin = Client(server.url).login("admin@localhost", "test-admin-password-1")
        topic = topic_of(admin)
        with connect(admin) as socket, Stream(admin, f"topic={topic}") as stream:
            ask(socket, type="subscribe", topic=topic)
            events = stream.events()
            next(events), next(events)
            server.process.terminate()
            assert next(events)["data"]["code"] == 1001
            assert closing(socket) == 1001
            server.process.wait(30)
