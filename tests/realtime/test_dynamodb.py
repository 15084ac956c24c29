"""Contents of documents in DynamoDB (moto's): crashes, compaction, large documents, faults of the table,
and documents of the service before."""

from __future__ import annotations

import json
import threading
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Iterator

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.conftest import sign_in
from tests.harness.client import Client
from tests.harness.s3 import ACCESS_KEY, S3, SECRET_KEY
from tests.harness.server import Server
from tests.realtime.conftest import new_document, wait_until
from tests.realtime.pycrdt_editor import PycrdtEditor

OLD = {"ops": [{"insert": "Hello "}, {"insert": "you", "attributes": {"bold": True}}]}


@pytest.fixture(scope="module")
def dynamo() -> Iterator[S3]:
    """One of our own: its faults are nobody else's."""
    running = S3()
    yield running
    running.stop()


@pytest.fixture()
def table() -> str:
    return f"SocketDocuments-{uuid.uuid4().hex[:8]}"


@pytest.fixture()
def server(dynamo: S3, table: str) -> Iterator[Server]:
    dynamo.forget()
    with Server(**dynamo.documents_settings(table), log_level="debug") as running:
        yield running
        assert SECRET_KEY not in "\n".join(running.log)
    dynamo.forget()


@pytest.fixture()
def admin(server: Server) -> Client:
    return sign_in(server)


def editor(server: Server, admin: Client, document: str) -> PycrdtEditor:
    url = f"{server.url}/ws/yjs/{document}?token={admin.token}"
    found = PycrdtEditor(url)
    synced(found)
    return found


def synced(*editors: PycrdtEditor) -> None:
    def all_are() -> bool:
        for one in editors:
            one.pump()
        return all(one.synced for one in editors)

    wait_until(all_are, "all are synced")


def sees(editor: PycrdtEditor, text: str) -> None:
    def there() -> bool:
        editor.pump(0.02)
        return text in str(editor.text)

    wait_until(there, f"{text!r} arrives", 30)


def content(admin: Client, document: str) -> str:
    delta = admin.ok("GET", f"documents/{document}/content")["ops"]
    return "".join(op["insert"] for op in delta)


def items(dynamo: S3, table: str, document: str) -> dict[str, dict]:
    """All of a document's items."""
    found: dict[str, dict] = {}
    for page in dynamo.client("dynamodb").get_paginator("scan").paginate(TableName=table):
        for item in page["Items"]:
            if item["id"]["S"].startswith(document):
                found[item["id"]["S"]] = item
    return found


def restarted(server: Server) -> Client:
    server.kill()
    server.start()
    return sign_in(server)


def test_what_was_seen_survives_a_crash(
    dynamo: S3, table: str, server: Server, admin: Client
) -> None:
    document = new_document(admin)
    one, two = editor(server, admin, document), editor(server, admin, document)
    one.text += "From the first. "
    sees(two, "From the first. ")
    two.text += "From the second."
    sees(one, "From the second.")
    written = content(restarted(server), document)
    assert "From the first." in written and "From the second." in written
    assert not (server.data / "documents.db").exists()
    head = items(dynamo, table, document)[document]
    assert head["record"]["N"] != "0" and "Data" not in head
    description = dynamo.client("dynamodb").describe_table(TableName=table)["Table"]
    assert description["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_compaction_beside_the_editing(
    dynamo: S3, table: str, server: Server, admin: Client
) -> None:
    document = new_document(admin)
    one, two = editor(server, admin, document), editor(server, admin, document)
    wanted = "".join(f"{number}," for number in range(600))
    for number in range(600):
        one.text += f"{number},"
        sees(two, f"{number},")  # so that each is an update of its own

    def compacted() -> bool:
        return len(items(dynamo, table, document)) < 150

    wait_until(compacted, "a snapshot takes the place of the updates", 30)
    assert items(dynamo, table, document)[document]["generation"]["N"] == "1"
    assert content(restarted(server), document) == wanted


def test_a_large_document(dynamo: S3, table: str, server: Server, admin: Client) -> None:
    document = new_document(admin)
    line = "".join(chr(0x4E00 + number) for number in range(300)) + "\n"
    text = "".join(f"{number} {line}" for number in range(6000))  # 5.4 MB in UTF-8
    admin.ok("PUT", f"documents/{document}/content", json={"delta": {"ops": [{"insert": text}]}})
    again = restarted(server)
    assert content(again, document) == text
    assert len(items(dynamo, table, document)) > 10  # of 400 KB at most
    one = editor(server, again, document)
    one.text += "the end"
    one.disconnect()
    wait_until(lambda: content(again, document) == text + "the end", "the edit is there")
    again.ok("DELETE", f"documents/{document}")
    again.ok("DELETE", f"documents/{document}/forever")
    assert items(dynamo, table, document) == {}


def test_faults_that_pass_are_not_noticed(dynamo: S3, server: Server, admin: Client) -> None:
    document = new_document(admin)
    one, two = editor(server, admin, document), editor(server, admin, document)
    for number, fault in enumerate(["throttle", "500", "503", "cut", "lose"]):
        dynamo.fault(key="TransactWriteItems", fault=fault, times=2)
        one.text += f"{fault}{number} "
        sees(two, f"{fault}{number} ")
    assert one.synced and two.synced
    written = content(restarted(server), document)
    assert written == "throttle0 5001 5032 cut3 lose4 "


def test_nobody_sees_what_could_not_be_stored(dynamo: S3, server: Server, admin: Client) -> None:
    document = new_document(admin)
    one, two = editor(server, admin, document), editor(server, admin, document)
    one.text += "stored "
    sees(two, "stored ")
    dynamo.fault(key="TransactWriteItems", fault="throttle", times=1_000_000)
    one.text += "lost?"

    def sent_away() -> bool:
        two.pump(0.02)
        assert "lost?" not in str(two.text)
        return not two.synced

    wait_until(sent_away, "the server says that it failed", 60)
    # A server that starts now does not have it either.
    assert content(restarted(server), document) == "stored "
    dynamo.forget()
    # The first one still has it, and sends it again.
    for client in (one, two):
        client.disconnect()
    synced(one, two)
    sees(two, "lost?")
    assert content(restarted(server), document) == "stored lost?"


def test_a_document_that_cannot_be_read_is_not_an_empty_one(
    dynamo: S3, server: Server, admin: Client
) -> None:
    document = new_document(admin)
    one = editor(server, admin, document)
    one.text += "stored"
    wait_until(lambda: content(admin, document) == "stored", "the edit is there")
    again = restarted(server)
    dynamo.fault(key="BatchGetItem", fault="500", times=1_000_000)
    answer = again.get(f"documents/{document}/content")
    assert (answer.status_code, answer.json()["id"]) == (503, "collab.unavailable")
    delta = {"ops": [{"insert": "instead"}]}
    answer = again.request("PUT", f"documents/{document}/content", json={"delta": delta})
    assert answer.status_code == 503
    dynamo.forget()
    assert content(again, document) == "stored"


def test_documents_of_the_service_before(
    dynamo: S3, table: str, server: Server, admin: Client
) -> None:
    document = str(uuid.uuid4())
    dynamo.client("dynamodb").put_item(
        TableName=table, Item={"id": {"S": document}, "Data": {"S": json.dumps(OLD)}}
    )

    def get(client: Client, path: str) -> Any:
        answer = client.get(f"/api/database/documents/{path}/{document}")
        assert answer.ok, answer.text
        return json.loads(answer.json()["Data"])

    # Nobody may read it before somebody who is signed in takes it over.
    anonymous = Client(server.url)
    url = f"/api/database/documents/get/{document}"
    assert anonymous.get(url).status_code in (401, 404)
    assert get(admin, "getorcreate") == OLD
    one = editor(server, admin, document)
    one.text += "!"
    one.disconnect()
    wait_until(lambda: content(admin, document) == "Hello you!", "the edit is there")
    assert content(restarted(server), document) == "Hello you!"


def test_a_table_with_another_key_is_refused(dynamo: S3, table: str) -> None:
    dynamo.client("dynamodb").create_table(
        TableName=table,
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "number")
        ],
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "number", "KeyType": "RANGE"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    with pytest.raises(RuntimeError, match="has another key than documents need"):
        Server(**dynamo.documents_settings(table)).start()


def test_wrong_settings_say_so(dynamo: S3, table: str) -> None:
    settings = dynamo.documents_settings(table)
    for wrong in (
        {"documents_store": "dynamodb://key:hidden@us-east-1/SocketDocuments"},
        {"documents_secret_key": ""},
    ):
        with pytest.raises(RuntimeError, match="documents_") as failed:
            Server(**{**settings, **wrong}).start()
        assert "hidden" not in str(failed.value)


def test_requests_are_signed_as_aws_wants_it(dynamo: S3, table: str) -> None:
    """moto believes every signature; botocore tells the right one."""
    seen: list[tuple[str, dict[str, str], bytes]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            said = b'{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"x"}'
            self.send_response(400)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    listener = HTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{listener.server_port}"
    settings = dynamo.documents_settings(table)
    settings["documents_store"] = f"dynamodb://eu-north-1/{table}?endpoint={url}"
    with pytest.raises(RuntimeError, match="refused the access .*AccessDeniedException"):
        Server(**settings, documents_session_token="a-token").start()
    listener.shutdown()
    path, headers, body = seen[0]
    assert len(seen) == 1  # what is refused for good is not tried again
    assert headers["x-amz-security-token"] == "a-token"
    given = dict(
        part.split("=", 1) for part in headers["authorization"].split(" ", 1)[1].split(", ")
    )
    signed = {name: headers[name] for name in given["SignedHeaders"].split(";")}
    assert {"host", "x-amz-target", "x-amz-date", "x-amz-security-token"} <= set(signed)
    judge = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "dynamodb", "eu-north-1")
    request = AWSRequest("POST", url + path, signed, body)
    request.context["timestamp"] = signed["x-amz-date"]
    text = judge.string_to_sign(request, judge.canonical_request(request))
    assert given["Signature"] == judge.signature(text, request)
    assert given["Credential"].endswith("/eu-north-1/dynamodb/aws4_request")
