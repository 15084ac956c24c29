"""Signing in through the browser (RFC 8628): a code that the person approves on the server's page."""

from __future__ import annotations

import json
import ssl
import sys
import time
from typing import Any, Callable, Dict, Optional
from urllib.parse import urlencode

from ._auth import keep_login
from ._session import Session, choose_url, new_transport
from .errors import AuthenticationError, InterfaceError, from_problem

_CLIENT = "openbricks"
_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_USUAL_INTERVAL = 5.0  # seconds; what the RFC says where the server says nothing


def _show(page: str, code: str) -> None:
    print(
        f"Open this page, check that it shows the code {code}, and approve it:\n  {page}",
        file=sys.stderr,
        flush=True,
    )


class _Endpoint:
    """The server's endpoints of RFC 6749: forms in, JSON out."""

    def __init__(self, url: str, ssl_context: Optional[ssl.SSLContext]) -> None:
        self.transport = new_transport(url, ssl_context=ssl_context)

    def post(self, path: str, form: Dict[str, str]) -> Dict[str, Any]:
        """The answer; of a refusal its `error` and `error_description`."""
        response = self.transport.send(
            "POST",
            "/api/v1/oauth/" + path,
            {
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            },
            urlencode({"client_id": _CLIENT, **form}).encode(),
        )
        try:
            answer = json.loads(response.read())
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise InterfaceError(f"{self.transport.url} did not answer as OpenBricks does.")
        if response.status != 200 and "error" not in answer:
            raise from_problem(response.status, answer)
        return answer


def _wait_for_tokens(endpoint: _Endpoint, started: Dict[str, Any]) -> Dict[str, Any]:
    interval = float(started.get("interval", _USUAL_INTERVAL))
    form = {"grant_type": _GRANT, "device_code": str(started["device_code"])}
    while True:
        time.sleep(interval)
        answer = endpoint.post("token", form)
        error = answer.get("error")
        if error == "slow_down":
            interval += _USUAL_INTERVAL
        elif error is None:
            return answer
        elif error != "authorization_pending":
            raise AuthenticationError(
                str(answer.get("error_description") or error), id=str(error), status=400
            )


def login(
    url: Optional[str] = None,
    *,
    show: Callable[[str, str], None] = _show,
    ssl_context: Optional[ssl.SSLContext] = None,
) -> str:
    """Signs in through the browser and keeps the sign-in, as `openbricks login` does.

    Blocks until the person has approved the code, at most ten minutes. Afterwards `connect(url)`
    needs no token; the command line shares the sign-in.

    Args:
        url: the server; by default OPENBRICKS_URL, that of the last login, or this machine.
        show: gets the page's address and the code; by default prints both to standard error.

    Returns:
        The email of the account.

    Raises:
        AuthenticationError: it was refused, or not approved in time.
    """
    endpoint = _Endpoint(choose_url(url), ssl_context)
    try:
        started = endpoint.post("device", {})
        if "device_code" not in started:
            raise InterfaceError(
                str(started.get("error_description") or "The server knows no such sign-in.")
            )
        show(
            str(started.get("verification_uri_complete") or started["verification_uri"]),
            str(started["user_code"]),
        )
        tokens = _wait_for_tokens(endpoint, started)
    finally:
        endpoint.transport.close()
    address = endpoint.transport.url
    session = Session(address, token=str(tokens["access_token"]), ssl_context=ssl_context)
    try:
        email = str(session.call("GET", "auth/me")["email"])
    finally:
        session.close()
    keep_login(address, email, tokens)
    return email
