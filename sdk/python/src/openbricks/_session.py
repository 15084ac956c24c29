"""One server and one identity: settings, the token of each request, errors as exceptions."""

from __future__ import annotations

import json
import os
import platform
import ssl
import time
from typing import Any, Callable, Dict, Iterator, Mapping, Optional
from urllib.parse import quote, urlencode

from ._auth import Auth, FixedToken, Password, StoredLogin, credentials_file, read_credentials
from ._http import Body, Response, Sized, Transport
from ._version import __version__
from .errors import InterfaceError, TooManyRequests, from_problem

JSON = "application/json"
_PAGE = 200  # items of a list that are asked for at once


def new_transport(
    url: str,
    *,
    timeout: float = 60.0,
    connect_timeout: float = 10.0,
    retries: int = 3,
    ssl_context: Optional[ssl.SSLContext] = None,
) -> Transport:
    return Transport(
        url,
        timeout=timeout,
        connect_timeout=connect_timeout,
        retries=retries,
        user_agent=f"openbricks-python/{__version__} Python/{platform.python_version()}",
        ssl_context=ssl_context,
    )


def segment(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")


class Session:
    """Thread-safe; shared by a connection, its cursors and its client."""

    def __init__(
        self,
        url: Optional[str] = None,
        token: Optional[str] = None,
        email: Optional[str] = None,
        password: Optional[str] = None,
        *,
        timeout: float = 60.0,
        connect_timeout: float = 10.0,
        retries: int = 3,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        if (email is None) != (password is None):
            raise InterfaceError("Give email= and password= together.")
        if token is not None and email is not None:
            raise InterfaceError("Give token= or email= and password=, not both.")
        if not timeout > 0 or not connect_timeout > 0 or retries < 0:
            raise InterfaceError("Time-outs are seconds above 0; retries is 0 or more.")
        self.transport = new_transport(
            choose_url(url),
            timeout=timeout,
            connect_timeout=connect_timeout,
            retries=retries,
            ssl_context=ssl_context,
        )
        self.url = self.transport.url
        self._auth = self._choose_auth(token, email, password)

    def _choose_auth(
        self, token: Optional[str], email: Optional[str], password: Optional[str]
    ) -> Auth:
        if token is not None:
            return FixedToken(token)
        if email is not None and password is not None:
            return Password(email, password)
        from_environment = os.environ.get("OPENBRICKS_TOKEN", "")
        return FixedToken(from_environment) if from_environment else StoredLogin(self.url)

    def close(self) -> None:
        self.transport.close()

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Optional[Mapping[str, str]] = None,
        body: Optional[Body] = None,
        query_id: str = "",
        wait: Optional[Callable[[Callable[[float], bool]], None]] = None,
        timeout: Optional[float] = None,
    ) -> Response:
        """An answer of status 2xx or 304, its body unread; raises for every other.

        A refused token is renewed once, and a busy server (429) is asked again after the time that
        it names: neither did anything. `path` is below ``/api/v1`` and percent-encoded.
        """
        stale, tries = "", 0
        while True:
            token = self._auth.token(self.transport)
            sent = {"Accept": JSON, **(headers or {}), "Authorization": f"Bearer {token}"}
            response = self.transport.send(
                method, "/api/v1/" + path, sent, body, wait=wait, timeout=timeout
            )
            if 200 <= response.status < 300 or response.status == 304:
                return response
            error = _error_of(response, query_id)
            repeatable = not isinstance(body, Sized)
            if response.status == 401 and not stale and repeatable:
                stale = token
                if self._auth.renew(self.transport, stale):
                    continue
            if isinstance(error, TooManyRequests) and repeatable and tries < self.transport.retries:
                tries += 1
                time.sleep(min(error.retry_after or 1.0, 10.0))
                continue
            raise error

    def call(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]] = None,
        *,
        query: Optional[Mapping[str, Any]] = None,
        timeout: Optional[float] = None,
    ) -> Any:
        """JSON in and out; None for an empty answer. Query members that are None are left out."""
        sent = None if body is None else json.dumps(dict(body), allow_nan=False).encode()
        response = self.send(
            method,
            with_query(path, query),
            headers={} if sent is None else {"Content-Type": JSON},
            body=sent,
            timeout=timeout,
        )
        answer = response.read()
        if not answer:
            return None
        try:
            return json.loads(answer)
        except ValueError:
            raise InterfaceError(
                f"{self.url} did not answer with JSON: is it OpenBricks?"
            ) from None

    def items(
        self, path: str, query: Optional[Mapping[str, Any]] = None, limit: Optional[int] = None
    ) -> Iterator[Dict[str, Any]]:
        """The items of a list, page by page as they are asked for; at most `limit`."""
        if limit is not None and limit < 1:
            return
        after, left = None, limit
        while True:
            size = _PAGE if left is None else min(left, _PAGE)
            page = self.call("GET", path, query={**(query or {}), "limit": size, "after": after})
            for item in page["items"]:
                yield item
                if left is not None:
                    left -= 1
                    if left == 0:
                        return
            after = page.get("next")
            if not after:
                return


def with_query(path: str, query: Optional[Mapping[str, Any]]) -> str:
    given = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in (query or {}).items()
        if value is not None
    }
    return path + "?" + urlencode(given) if given else path


def choose_url(url: Optional[str]) -> str:
    if url:
        return url
    from_environment = os.environ.get("OPENBRICKS_URL", "")
    if from_environment:
        return from_environment
    return str(read_credentials(credentials_file()).get("last_url") or "http://127.0.0.1:8080")


def _error_of(response: Response, query_id: str) -> Exception:
    text = response.read()
    try:
        problem = json.loads(text)
    except ValueError:
        problem = {}
    retry_after = response.header("Retry-After")
    return from_problem(
        response.status,
        problem if isinstance(problem, dict) else {},
        query_id=query_id or response.header("Query-Id"),
        retry_after=float(retry_after) if retry_after.isdigit() else None,
    )
