"""HTTP/1.1 to one server: kept connections for many threads, clear errors, careful retries."""

from __future__ import annotations

import http.client
import os
import select
import socket
import ssl
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Union
from urllib.parse import urlsplit

from .errors import ConnectionLost, Error, InterfaceError, RequestTimeout, ServerUnavailable

# Errors of a connection while an answer is waited for or read.
BROKEN = (OSError, http.client.HTTPException)
PIECE = 1 << 20  # bytes that a file is sent and received by
_IDLE_CONNECTIONS = 16
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 4}

Body = Union[bytes, "Sized"]


class Sized:
    """A body that is read while it is sent: `source.read(n)`, `length` bytes in all.

    It cannot be sent twice, so a request with it is never repeated.
    """

    def __init__(
        self, source: Any, length: int, progress: Optional[Callable[[int], None]] = None
    ) -> None:
        self.source, self.length, self.progress = source, length, progress

    def send(self, connection: http.client.HTTPConnection) -> None:
        sent = 0
        while sent < self.length:
            piece = self.source.read(min(PIECE, self.length - sent))
            if not piece:
                raise InterfaceError(f"The source ended after {sent} of {self.length} bytes.")
            connection.send(piece)
            sent += len(piece)
            if self.progress is not None:
                self.progress(sent)


class _Connection:
    """One socket with keep-alive probes, so that a vanished server is noticed."""

    def __init__(self, transport: "Transport") -> None:
        address = transport.address
        options: Dict[str, Any] = {"timeout": transport.connect_timeout, "blocksize": PIECE}
        if transport.ssl_context is not None:
            self.http: http.client.HTTPConnection = http.client.HTTPSConnection(
                address.hostname or "", address.port, context=transport.ssl_context, **options
            )
        else:
            self.http = http.client.HTTPConnection(address.hostname or "", address.port, **options)
        self.http.connect()
        sock = self.http.sock
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in _KEEPALIVE.items():
            option = getattr(socket, name, None)
            if option is not None:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)

    def readable(self, seconds: float) -> bool:
        """Whether bytes, or the end, have arrived."""
        sock = self.http.sock
        if sock is None:
            return True
        if isinstance(sock, ssl.SSLSocket) and sock.pending():
            return True
        if hasattr(select, "poll"):  # select() cannot watch descriptors above 1023
            poll = select.poll()
            poll.register(sock, select.POLLIN)
            return bool(poll.poll(int(seconds * 1000)))
        return bool(select.select([sock], [], [], seconds)[0])


class Response:
    """An answer whose body is still on its way. Read it whole, or close it."""

    def __init__(
        self, transport: "Transport", connection: _Connection, raw: http.client.HTTPResponse
    ) -> None:
        self._transport, self._connection = transport, connection
        self.raw = raw
        self.status = raw.status
        self._open = True

    def header(self, name: str, default: str = "") -> str:
        return self.raw.getheader(name) or default

    def read(self) -> bytes:
        """The whole body; the connection is kept for others."""
        try:
            body = self.raw.read()
        except BROKEN as error:
            self.close()
            raise _lost(self._transport, error) from error
        self.finish()
        return body

    def finish(self) -> None:
        """After the body was read: gives the connection back, or ends it where a rest is left."""
        if not self._open:
            return
        self._open = False
        try:
            whole = self.raw.isclosed() or (not self.raw.read(1) and self.raw.isclosed())
        except BROKEN:
            whole = False
        self._transport.give_back(self._connection, whole and not self.raw.will_close)

    def shut(self) -> None:
        """Ends the connection under a thread that reads from it."""
        sock = self._connection.http.sock or getattr(self.raw.fp, "raw", None)
        sock = getattr(sock, "_sock", sock)
        if isinstance(sock, socket.socket):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has ended by itself

    def close(self) -> None:
        """Gives the rest up: the server notices, and stops the work."""
        if not self._open:
            return
        self._open = False
        self.raw.close()
        self._transport.give_back(self._connection, False)


def _lost(transport: "Transport", error: BaseException) -> Error:
    if isinstance(error, socket.timeout):
        return RequestTimeout(f"{transport.url} did not answer in time.")
    return ConnectionLost(
        f"The connection to {transport.url} ended before the whole answer had come "
        f"({str(error) or type(error).__name__}). Whether the server did what was asked is not known."
    )


class Transport:
    """Thread-safe. Times are in seconds; `timeout` bounds each wait for bytes, not a whole answer."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        connect_timeout: float,
        retries: int,
        user_agent: str,
        ssl_context: Optional[ssl.SSLContext] = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.address = urlsplit(self.url)
        try:
            port_is_good = self.address.port is None or self.address.port > 0
        except ValueError:
            port_is_good = False
        if (
            self.address.scheme not in ("http", "https")
            or not self.address.hostname
            or not port_is_good
        ):
            raise InterfaceError(
                f"{url!r} is not a server's URL: it looks like https://bricks.example.com or "
                "http://127.0.0.1:8080."
            )
        if self.address.scheme == "https":
            self.ssl_context = ssl_context or ssl.create_default_context()
        else:
            self.ssl_context = None  # type: ignore[assignment]
        self.timeout, self.connect_timeout, self.retries = timeout, connect_timeout, retries
        self.user_agent = user_agent
        self._lock = threading.Lock()
        self._idle: List[_Connection] = []
        self._pid = os.getpid()
        self._closed = False

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.http.close()

    def give_back(self, connection: _Connection, good: bool) -> None:
        with self._lock:
            if good and not self._closed and len(self._idle) < _IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.http.close()

    def _take(self) -> _Connection:
        with self._lock:
            if self._closed:
                raise InterfaceError("The connection is closed.")
            if self._pid != os.getpid():  # forked: the sockets are the parent's
                self._idle, self._pid = [], os.getpid()
        while True:
            with self._lock:
                if not self._idle:
                    break
                connection = self._idle.pop()
            if not connection.readable(0):
                return connection
            connection.http.close()  # the server has ended it
        return self._connect()

    def _connect(self) -> _Connection:
        for attempt in range(self.retries + 1):
            try:
                return _Connection(self)
            except ssl.SSLError as error:
                raise ServerUnavailable(
                    f"No secure connection to {self.url}: {error}. Pass ssl_context= for a server "
                    "with a certificate of your own."
                ) from error
            except OSError as error:  # nothing was sent: trying again is always safe
                if attempt == self.retries or isinstance(error, socket.gaierror):
                    raise ServerUnavailable(
                        f"{self.url} cannot be reached: {error.strerror or error}. Is the server "
                        "running, and is the URL right?"
                    ) from error
            time.sleep(min(0.1 * 2**attempt, 2))
        raise AssertionError("unreachable")

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Optional[Body] = None,
        *,
        wait: Optional[Callable[[Callable[[float], bool]], None]] = None,
        timeout: Optional[float] = None,
    ) -> Response:
        """One request. GET and HEAD are repeated when the connection broke; others never.

        Args:
            wait: returns when `readable(seconds)`, its argument, says that the answer begins.
            timeout: seconds of a wait for bytes; None: the usual, 0: no limit.
        """
        repeatable = method in ("GET", "HEAD") and not isinstance(body, Sized)
        attempts = self.retries + 1 if repeatable else 1
        for attempt in range(attempts):
            try:
                return self._send_once(method, path, headers, body, wait, timeout)
            except ConnectionLost:
                if attempt + 1 == attempts:
                    raise
                time.sleep(min(0.1 * 2**attempt, 2))
        raise AssertionError("unreachable")

    def _send_once(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Optional[Body],
        wait: Optional[Callable[[Callable[[float], bool]], None]],
        timeout: Optional[float],
    ) -> Response:
        connection = self._take()
        try:
            limit = self.timeout if timeout is None else timeout
            connection.http.sock.settimeout(limit or None)
            self._put(connection, method, path, headers, body)
            if wait is not None:
                wait(connection.readable)
            return Response(self, connection, connection.http.getresponse())
        except BROKEN as error:
            self.give_back(connection, False)
            raise _lost(self, error) from error
        except BaseException:  # a callback's error, Ctrl-C: the answer is not wanted any more
            self.give_back(connection, False)
            raise

    def _put(
        self,
        connection: _Connection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: Optional[Body],
    ) -> None:
        http_connection = connection.http
        http_connection.putrequest(method, self.address.path + path, skip_accept_encoding=True)
        http_connection.putheader("User-Agent", self.user_agent)
        for name, value in headers.items():
            http_connection.putheader(name, value)
        if isinstance(body, Sized):
            http_connection.putheader("Content-Length", str(body.length))
            http_connection.endheaders()
            try:
                body.send(http_connection)
            except (BrokenPipeError, ConnectionResetError):
                if not connection.readable(1):
                    raise
                # The server has answered before the end: its answer tells why.
        else:
            if body is not None or method in ("POST", "PUT", "PATCH"):
                http_connection.putheader("Content-Length", str(len(body or b"")))
            http_connection.endheaders(body or None)
