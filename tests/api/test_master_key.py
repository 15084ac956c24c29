"""The master key: from a file or a variable, and changed without losing what it seals."""

import base64
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.api.checks import problem
from tests.api.saml_parts import SIGNER, add, says
from tests.api.test_accounts import code_of
from tests.api.test_storage_credentials import credential
from tests.conftest import sign_in
from tests.harness import s3
from tests.harness.client import Client
from tests.harness.forged_saml import encrypted, response
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, BINARY, Server

CREDENTIALS = {"email": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
SMTP = "smtp://127.0.0.1:1"  # nobody listens: letters wait


def new_key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def reseal(server: Server, *options: str, **variables: str) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBRICKS_")}
    environment |= {"OPENBRICKS_DATA": str(server.data)} | server._database_variables()
    environment |= {f"OPENBRICKS_{k.upper()}": v for k, v in variables.items()}
    return subprocess.run(
        [str(BINARY), "reseal", *options], env=environment, capture_output=True, text=True
    )


def plant(client: Client) -> str:
    """Something sealed of each kind: a credential, a letter that waits, a second factor, the
    signing key, the key for assertions, a share link. Returns the second factor's secret."""
    client.ok("POST", "storage-credentials", json=credential(s3.shared(), "lake", "ext/sealed"))
    provider = {"slug": "plain", "name": "Plain", "kind": "oauth2", "client_secret": "planted"}
    provider["settings"] = {
        "client_id": "bricks",
        "authorize_url": "https://idp.example/authorize",
        "token_url": "https://idp.example/token",
        "userinfo_url": "https://idp.example/user",
    }
    client.ok("POST", "sso/providers", json=provider)
    add(client, "sealed", idp_initiated=True)
    assert client.get("/api/v1/auth/sso/sealed/metadata").ok  # makes the key for assertions
    client.ok("POST", "invitations", json={"email": "later@example.com"})
    document = client.ok("POST", "documents", json={"title": "Sealed"})["id"]
    client.ok("POST", f"documents/{document}/links", json={"level": "view"})
    enrolled = client.ok("POST", "auth/second-factor/enrol", json={"password": ADMIN_PASSWORD})
    code = {"code": code_of(enrolled["secret"], -1)}
    client.ok("POST", "auth/second-factor/confirm", json=code)
    return enrolled["secret"]


def opens_assertions(client: Client) -> bool:
    """Whether what a provider encrypted for the metadata's key is taken."""
    items = client.ok("GET", "sso/providers")["items"]
    provider = next(one for one in items if one["slug"] == "sealed")
    text = client.get("/api/v1/auth/sso/sealed/metadata").text
    certificate = text.split("X509Certificate>")[1].split("<")[0]
    hidden = response(encrypted(says(provider).signed(SIGNER), certificate))
    form = {"SAMLResponse": base64.b64encode(hidden.encode()).decode(), "RelayState": "/"}
    path = urlsplit(provider["redirect_url"]).path
    answer = client.request("POST", path, data=form, allow_redirects=False)
    return "problem=" not in answer.headers["Location"]


def check(server: Server, token: str, secret: str, ahead: int) -> None:
    """All that was planted can be used."""
    client = Client(server.url, token)
    assert client.get("auth/me").ok  # signed by the key of before
    tested = client.ok("POST", "storage-credentials/lake/test")
    assert all(one["works"] for one in tested["items"]), tested
    assert opens_assertions(client)
    shared = client.ok("GET", "documents")["documents"][0]["id"]
    link = client.ok("GET", f"documents/{shared}/links")["links"][0]["token"]
    opened = client.post("/api/v1/shared-documents/open", {"token": link})
    assert opened.ok, opened.text
    challenge = problem(client.post("auth/login", CREDENTIALS), 401)["challenge"]
    body = {"challenge": challenge, "code": code_of(secret, ahead)}
    assert client.post("auth/second-factor", body).ok


def counts(done: subprocess.CompletedProcess) -> dict[str, tuple[int, int]]:
    assert done.returncode == 0, done.stderr
    rows = re.findall(r"^(\w+): (\d+) of (\d+) sealed anew$", done.stdout, re.MULTILINE)
    return {table: (int(changed), int(of)) for table, changed, of in rows}


def test_the_key_is_changed(tmp_path: Path) -> None:
    with Server(smtp_url=SMTP) as server:
        token = sign_in(server).token
        secret = plant(Client(server.url, token))
        running = reseal(server, "--new-key")
        assert running.returncode == 1 and "in use by another server" in running.stderr
        server.stop()
        file = server.data / "master.key"
        before = file.read_text()
        first = counts(reseal(server, "--new-key"))
        assert set(first) == {
            "signing_keys",
            "second_factors",
            "mail_outbox",
            "sso_providers",
            "sso_keys",
            "catalog_storage_credentials",
            "document_links",
        }
        assert all(changed == of >= 1 for changed, of in first.values()), first
        lines = file.read_text().splitlines(keepends=True)
        assert len(lines) == 2 and lines[1] == before
        assert all(changed == 0 for changed, _ in counts(reseal(server)).values())
        # The old key is not needed any more …
        file.write_text(lines[0])
        alone = counts(reseal(server))
        assert alone == {table: (0, of) for table, (_, of) in first.items()}
        server.start()
        check(server, token, secret, 0)
        server.stop()
        # … and does not open anything.
        file.write_text(before)
        refused = reseal(server)
        assert refused.returncode == 1 and "does not open the secrets" in refused.stderr
        with pytest.raises(RuntimeError, match="does not open the secrets"):
            server.start()
        file.write_text(lines[0])
        server.start()


def test_the_key_is_changed_while_servers_run(tmp_path: Path) -> None:
    """Step by step, as with several instances: all learn the new key before one seals with it."""
    old, new = new_key(), new_key()
    file = tmp_path / "key"
    file.write_text(f"{old}\n")
    file.chmod(0o600)
    with Server(master_key_file=str(file), smtp_url=SMTP) as server:
        token = sign_in(server).token
        secret = plant(Client(server.url, token))
        file.write_text(f"{old}\n{new}\n")
        server.restart()
        assert all(c == 0 for c, _ in counts(reseal(server, master_key_file=str(file))).values())
        file.write_text(f"{new}\n{old}\n")
        server.restart()
        assert sum(c for c, _ in counts(reseal(server, master_key_file=str(file))).values()) >= 4
        check(server, token, secret, 0)
        file.write_text(f"{new}\n")
        server.restart()
        check(server, token, secret, 1)


def test_the_key_in_a_variable() -> None:
    old, new = new_key(), new_key()
    with Server(master_key=old, smtp_url=SMTP) as server:
        token = sign_in(server).token
        secret = plant(Client(server.url, token))
        assert not (server.data / "master.key").exists()
        server.variables["master_key"] = f"{new},{old}"
        server.restart()
        assert "by master_key" in reseal(server, "--new-key", master_key=new).stderr
        counts(reseal(server, master_key=f"{new}, {old}"))
        server.variables["master_key"] = new
        server.restart()
        check(server, token, secret, 0)
        assert not any(old in line or new in line for line in server.log)


@pytest.mark.parametrize("key", ["", "x", "AAAA", "A" * 43 + "= " + "A" * 43 + "="])
def test_bad_keys_stop_the_start(tmp_path: Path, key: str) -> None:
    file = tmp_path / "key"
    file.write_text(key)
    with pytest.raises(RuntimeError, match="master key file must hold"):
        Server(master_key_file=str(file)).start()
