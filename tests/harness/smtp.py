"""An SMTP server that keeps what it gets, on a free port of 127.0.0.1."""

from __future__ import annotations

import email
import email.message
import email.policy
import re
import ssl
import subprocess
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.harness.client import wait_until

USER, PASSWORD = "mailer", "mail-secret-1"


class AnyPort(Controller):
    """A controller on a free port: it tries its server out at the port that it was given."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


class Sink:
    """Letters as they came. `refuse`: what RCPT answers instead of taking them."""

    def __init__(self, tls: ssl.SSLContext | None = None, sign_in: bool = False) -> None:
        self.letters: list[email.message.EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.refuse = ""
        self.signed_in = 0
        self.controller = AnyPort(
            self,
            hostname="127.0.0.1",
            port=0,
            ready_timeout=10,
            tls_context=tls,
            require_starttls=tls is not None,
            auth_required=sign_in,
            authenticator=self._authenticate,
            auth_require_tls=tls is not None,
        )

    def _authenticate(self, server: SMTP, session, envelope, mechanism, data) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (
            USER.encode(),
            PASSWORD.encode(),
        )
        self.signed_in += good
        return AuthResult(success=good)

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        self.recipients.append(list(envelope.rcpt_tos))
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    @property
    def port(self) -> int:
        return self.controller.port

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> "Sink":
        self.controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.controller.stop()

    def to(self, address: str) -> list[email.message.EmailMessage]:
        return [letter for letter in self.letters if address in str(letter["To"])]

    def wait(self, address: str, count: int = 1) -> email.message.EmailMessage:
        """The newest letter to an address, once there are so many."""
        wait_until(lambda: len(self.to(address)) >= count, what=f"letter {count} to {address}")
        return self.to(address)[-1]


def text_of(letter: email.message.EmailMessage) -> str:
    return letter.get_body(("plain",)).get_content()


def link_of(letter: email.message.EmailMessage) -> str:
    return re.search(r"https?://\S+", text_of(letter)).group(0)


def token_of(letter: email.message.EmailMessage) -> str:
    return link_of(letter).split("#token=")[1]


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """A certificate that signs itself, and a context that serves with it."""
    pem, key = folder / "smtp.pem", folder / "smtp.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        + ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{name}"]
        + ["-keyout", str(key), "-out", str(pem)],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pem, key)
    return pem, context
