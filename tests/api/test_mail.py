"""Letters leave by SMTP, survive what goes wrong, and show nothing to whom they are not for."""

import json

import pytest

from tests.api.checks import problem
from tests.conftest import make_user, sign_in
from tests.harness.client import Client, wait_until
from tests.harness.server import ADMIN_EMAIL, Server
from tests.harness.smtp import PASSWORD, USER, Sink, certificate, link_of, text_of, token_of

SOMEBODY = "somebody@example.com"


def invite(server: Server, email: str = SOMEBODY) -> Client:
    client = sign_in(server)
    client.ok("POST", "invitations", json={"email": email})
    return client


def posted(client: Client) -> dict:
    return client.ok("GET", "admin/mail")["items"][0]


def test_a_letter_has_both_forms_and_a_link() -> None:
    with (
        Sink() as sink,
        Server(smtp_url=sink.url, mail_from="Ünser <bricks@example.org>") as server,
    ):
        client = invite(server)
        letter = sink.wait(SOMEBODY)
        assert str(letter["From"]) == "Ünser <bricks@example.org>"
        assert str(letter["Subject"]) == "You are invited to OpenBricks"
        assert letter["Auto-Submitted"] == "auto-generated" and letter["Message-ID"]
        assert ADMIN_EMAIL in text_of(letter)
        html = letter.get_body(("html",)).get_content()
        link = link_of(letter)
        assert link.startswith(f"{server.url}/accept-invitation#token=") and link in html
        wait_until(lambda: posted(client)["state"] == "sent")
        shown = client.ok("GET", "admin/mail")
        assert shown["has_server"] is True and shown["items"][0]["to"] == SOMEBODY
        assert token_of(letter) not in json.dumps(shown)
        assert token_of(letter) not in "\n".join(server.log)


def test_links_lead_to_the_public_address() -> None:
    with Sink() as sink, Server(smtp_url=sink.url, public_url="https://ob.example/x/") as server:
        client = sign_in(server)
        client.http.headers["Host"] = "evil.example"
        client.ok("POST", "invitations", json={"email": SOMEBODY})
        assert link_of(sink.wait(SOMEBODY)).startswith("https://ob.example/x/accept-invitation#")


def test_a_server_that_is_away_gets_the_letter_later(tmp_path) -> None:
    with Sink() as sink:
        gone = sink.url
    with Server(data=tmp_path / "d", smtp_url=gone) as server:
        client = invite(server)
        wait_until(lambda: posted(client)["attempts"] == 1 and posted(client).get("error"))
        assert posted(client)["state"] == "waiting"
        server.kill()
        with Sink() as sink:
            server.variables["smtp_url"] = sink.url
            server.start()
            # It waits for some seconds after its first failure.
            wait_until(lambda: sink.to(SOMEBODY), timeout=60)
            wait_until(lambda: posted(client)["state"] == "sent")


def test_a_refused_mailbox_is_given_up() -> None:
    with Sink() as sink, Server(smtp_url=sink.url) as server:
        sink.refuse = "550 no such mailbox"
        client = invite(server)
        wait_until(lambda: posted(client)["state"] == "failed")
        assert posted(client)["attempts"] == 1 and "550" in posted(client)["error"]


def test_starttls_and_password(tmp_path) -> None:
    pem, tls = certificate(tmp_path)
    with Sink(tls, sign_in=True) as sink:
        url = f"smtp://{USER}:{PASSWORD}@127.0.0.1:{sink.port}"
        with Server(smtp_url=url, smtp_ca_file=str(pem)) as server:
            invite(server)
            sink.wait(SOMEBODY)
            assert sink.signed_in >= 1
            assert PASSWORD not in "\n".join(server.log)
        # A certificate of nobody's is not trusted.
        with Server(smtp_url=url) as server:
            client = invite(server, "other@example.com")
            wait_until(lambda: posted(client).get("error"))
            assert not sink.to("other@example.com")
            assert PASSWORD not in json.dumps(client.ok("GET", "admin/mail"))


def test_without_a_server_letters_are_shown_in_the_log(fresh_server: Server) -> None:
    client = sign_in(fresh_server)
    made = client.ok("POST", "invitations", json={"email": SOMEBODY})
    wait_until(lambda: posted(client)["state"] == "previewed")
    shown = [line for line in fresh_server.log if "preview of a letter" in line]
    assert len(shown) == 1 and json.loads(shown[0])["level"] == "info"
    assert made["link"] in json.loads(shown[0])["text"]


def test_only_administrators_see_letters(admin: Client, user: Client, anonymous: Client) -> None:
    problem(user.get("admin/mail"), 403)
    problem(anonymous.get("admin/mail"), 401)
    problem(admin.get("admin/mail", params={"limit": "0"}), 400)


@pytest.mark.parametrize(
    "settings",
    [
        {"smtp_url": "mail.example.org"},
        {"smtp_url": "http://mail.example.org"},
        {"mail_from": "nobody"},
        {"public_url": "ob.example"},
        {"registration": "sometimes"},
    ],
)
def test_bad_settings_stop_the_start(settings: dict) -> None:
    with pytest.raises(RuntimeError):
        Server(**settings).start()


def test_pages_of_letters(fresh_server: Server) -> None:
    client = sign_in(fresh_server)
    for i in range(3):
        client.ok("POST", "invitations", json={"email": f"p{i}@example.com"})
    first = client.ok("GET", "admin/mail", params={"limit": "2"})
    rest = client.ok("GET", "admin/mail", params={"limit": "2", "after": first["next"]})
    assert [item["to"] for item in first["items"] + rest["items"]] == [
        "p2@example.com",
        "p1@example.com",
        "p0@example.com",
    ]
    make_user(client, "x")
