"""What fails on the server and in its pages is told to an error tracker, and nothing of people's."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3

import pytest

from tests.api.checks import problem
from tests.conftest import make_user, sign_in
from tests.harness.client import Client, wait_until
from tests.harness.server import Server
from tests.harness.tracker import KEY, PROJECT, Tracker

SECRET = "the-plan-nobody-may-know"


def break_table(server: Server, table: str) -> None:
    """What uses it fails from now on, as after a half-done restore."""
    sql = f"ALTER TABLE {table} RENAME TO {table}_away"
    if os.environ.get("OPENBRICKS_TEST_DATABASE", "sqlite") == "sqlite":
        with sqlite3.connect(server.data / "openbricks.db") as database:
            database.execute(sql)
        return
    from tests.harness import postgres

    postgres.shared().run(server.database, sql)


def comment(client: Client, document: str) -> dict:
    """A request that fails; with what must not get out in all its parts."""
    answer = client.post(
        f"documents/{document}/comments?x={SECRET}",
        {"text": f"{SECRET} of ann@example.com"},
        headers={"X-Request-Id": "request-of-the-test", "User-Agent": SECRET},
    )
    assert answer.status_code in (400, 500), answer.text
    answer = client.post(
        f"documents/{document}/comments",
        {"text": f"{SECRET} of ann@example.com"},
        headers={"X-Request-Id": "request-of-the-test", "User-Agent": SECRET},
    )
    return problem(answer, 500, "internal")


def test_a_failed_request() -> None:
    with (
        Tracker() as tracker,
        Server(error_tracking_dsn=tracker.dsn, error_tracking_environment="staging") as server,
    ):
        client = sign_in(server)
        document = client.ok("POST", "documents", json={"title": SECRET})["id"]
        break_table(server, "document_comments")
        comment(client, document)
        event = tracker.wait("request-of-the-test")
        assert event["tags"]["request_id"] == "request-of-the-test"
        assert event["tags"]["status"] == "500"
        assert event["transaction"] == "POST /api/v1/documents/{id}/comments"
        [exception] = event["exception"]["values"]
        assert exception["type"] == "internal"
        assert "document_comments" in exception["value"] or "relation" in exception["value"]
        assert event["environment"] == "staging" and event["level"] == "error"
        assert re.fullmatch(r"openbricks@\d+\.\d+\.\d+", event["release"])
        assert event["server_name"] == socket.gethostname()
        [path, headers] = tracker.requests[-1]
        assert path == f"/api/{PROJECT}/envelope/"
        assert headers["Content-Type"] == "application/x-sentry-envelope"
        auth = dict(part.split("=") for part in headers["X-Sentry-Auth"][7:].split(", "))
        assert auth["sentry_version"] == "7" and auth["sentry_key"] == KEY
        told = json.dumps(tracker.events())
        for hidden in (SECRET, document, client.token, "ann@", "@localhost", str(server.data)):
            assert hidden not in told, hidden
        log = "\n".join(server.log)
        assert KEY not in log and SECRET not in log
        numbers = client.request("GET", "/metrics").text
        assert 'openbricks_tracked_errors_total{result="failed"} 0' in numbers


def test_what_is_no_failure_is_not_told() -> None:
    with Tracker() as tracker, Server(error_tracking_dsn=tracker.dsn) as server:
        client = sign_in(server)
        assert client.get("documents/none").status_code == 404
        assert Client(server.url).get("inbox").status_code == 401
        document = client.ok("POST", "documents", json={"title": "x"})["id"]
        break_table(server, "document_comments")
        comment(client, document)
        server.stop()  # which sends what waits
        assert [event["tags"]["status"] for event in tracker.events()] == ["500"]


def test_background_work_that_fails() -> None:
    with Tracker() as tracker, Server(error_tracking_dsn=tracker.dsn) as server:
        sign_in(server)
        server.stop()
        break_table(server, "inbox_letters")
        server.start()
        event = tracker.wait("inbox_letters")
        assert event["logentry"]["formatted"] == "the inbox failed"
        assert "transaction" not in event


def test_a_tracker_that_is_away_or_slow_harms_nobody() -> None:
    silent = socket.create_server(("127.0.0.1", 0))  # takes connections and says nothing
    dsn = f"http://{KEY}@127.0.0.1:{silent.getsockname()[1]}/{PROJECT}"
    with silent, Server(error_tracking_dsn=dsn) as server:
        client = sign_in(server)
        document = client.ok("POST", "documents", json={"title": "x"})["id"]
        break_table(server, "document_comments")
        for _ in range(150):
            answer = client.post(f"documents/{document}/comments", {"text": "x"})
            problem(answer, 500, "internal")
        assert client.ok("GET", f"documents/{document}")["title"] == "x"
        wait_until(lambda: 'result="failed"} 0' not in client.request("GET", "/metrics").text)
        numbers = client.request("GET", "/metrics").text
        full = re.search(r'tracked_errors_total\{result="full"\} (\d+)', numbers)
        assert int(full.group(1)) >= 40
        assert any("the error tracker takes no errors" in line for line in server.log)
        assert KEY not in "\n".join(server.log)
        assert server.stop() == 0


def test_a_tracker_that_takes_no_more_is_left_alone() -> None:
    with Tracker() as tracker, Server(error_tracking_dsn=tracker.dsn) as server:
        tracker.status, tracker.headers = 429, {"Retry-After": "3600"}
        client = sign_in(server)
        document = client.ok("POST", "documents", json={"title": "x"})["id"]
        break_table(server, "document_comments")
        for number in range(5):
            problem(client.post(f"documents/{document}/comments", {"text": "x"}), 500, "internal")
            limited = f'openbricks_tracked_errors_total{{result="limited"}} {number + 1}'
            wait_until(lambda: limited in client.request("GET", "/metrics").text)
        assert len(tracker.requests) == 1


def page_error(**members: str) -> dict:
    return {"kind": "TypeError", "message": "x is undefined", "page": "/documents/$id", **members}


def test_errors_of_pages() -> None:
    with Tracker() as tracker, Server(error_tracking_dsn=tracker.dsn) as server:
        client = sign_in(server)
        stack = (
            f"TypeError: x is undefined\n    at draw ({server.url}/assets/editor-1.js:10:5)\n"
            f"    at {server.url}/s/{SECRET}:3:4"
        )
        report = page_error(message=f"no way to ann@example.com at '{SECRET}'", stack=stack)
        assert client.post("page-errors", report).status_code == 204
        event = tracker.wait("TypeError")
        [exception] = event["exception"]["values"]
        assert exception["value"] == "no way to [e-mail] at '…'"
        assert [frame["function"] for frame in exception["stacktrace"]["frames"]] == ["?", "draw"]
        assert exception["stacktrace"]["frames"][1]["filename"] == "app:///assets/editor-1.js"
        assert event["platform"] == "javascript" and event["transaction"] == "/documents/$id"
        told = json.dumps(event) + "\n".join(server.log)
        assert SECRET not in told and "ann@example.com" not in json.dumps(event)
        # It is no act that the audit log has to know of.
        entries = client.ok("GET", "audit?action=api.reportPageError")["items"]
        assert entries == []


@pytest.fixture(scope="module")
def somebody(admin: Client) -> Client:
    return make_user(admin, "page-errors")


@pytest.mark.parametrize(
    "report",
    [
        {},
        page_error(message="x" * 2001),
        page_error(kind="x" * 101),
        page_error(page="x" * 201),
        page_error(stack="x" * 20_001),
        page_error(message=["x"]),
    ],
)
def test_reports_that_are_refused(somebody: Client, report: dict) -> None:
    problem(somebody.post("page-errors", report), 400, "request.invalid")


def test_reports_are_of_those_who_are_signed_in_and_few(
    admin: Client, anonymous: Client, server: Server
) -> None:
    problem(anonymous.post("page-errors", page_error()), 401, "auth.missing")
    loud, quiet = make_user(admin, "loud"), make_user(admin, "quiet")
    codes = [loud.post("page-errors", page_error()).status_code for _ in range(40)]
    assert codes[:20] == [204] * 20 and 429 in codes[20:]
    # Without a tracker the log has it all the same.
    assert quiet.post("page-errors", page_error(kind="QuietError")).status_code == 204
    wait_until(lambda: any("QuietError" in line for line in server.log))


@pytest.mark.parametrize("dsn", ["nonsense", "https://host/1", "https://hidden-key@host"])
def test_a_setting_that_is_no_dsn_stops_the_start(dsn: str) -> None:
    server = Server(error_tracking_dsn=dsn)
    with pytest.raises(RuntimeError, match="error_tracking_dsn"):
        server.start()
    assert "hidden-key" not in "\n".join(server.log)
