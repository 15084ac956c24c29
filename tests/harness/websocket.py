"""A WebSocket client by hand: tests send whatever bytes they want with it, and see every answer."""

from __future__ import annotations

import os
import socket
import struct
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MASK = b"\x37\xfa\x21\x3d"


@dataclass
class Closed(Exception):
    """How the other side ended it; 1006 where it sent no closing frame."""

    code: int
    reason: str = ""


class Refused(Exception):
    """An answer to the upgrade that is not 101."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status} {text[:300]}")
        self.status, self.text = status, text


def masked(payload: bytes) -> bytes:
    if len(payload) < 1 << 16:
        mask = (MASK * (len(payload) // 4 + 1))[: len(payload)]
        return bytes(a ^ b for a, b in zip(payload, mask))
    whole = int.from_bytes(payload, "big") ^ int.from_bytes(
        (MASK * (len(payload) // 4 + 1))[: len(payload)], "big"
    )
    return whole.to_bytes(len(payload), "big")


def frame(payload: bytes, opcode: int = BINARY, last: bool = True) -> bytes:
    size = len(payload)
    head = bytes([(0x80 if last else 0) | opcode])
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 1 << 16:
        head += bytes([0x80 | 126]) + struct.pack("!H", size)
    else:
        head += bytes([0x80 | 127]) + struct.pack("!Q", size)
    return head + MASK + masked(payload)


class WebSocket:
    def __init__(
        self, url: str, headers: dict[str, str] | None = None, timeout: float = 20
    ) -> None:
        address = urlsplit(url)
        self.socket = socket.create_connection((address.hostname, address.port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout = timeout
        self.buffer = b""
        self.parts = b""
        target = address.path + (f"?{address.query}" if address.query else "")
        lines = [
            f"GET {target} HTTP/1.1",
            f"Host: {address.netloc}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version: 13",
            *(f"{name}: {value}" for name, value in (headers or {}).items()),
        ]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self._read()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        status = int(head.split(b" ", 2)[1])
        if status != 101:
            self.socket.settimeout(1)
            try:
                while more := self.socket.recv(65536):
                    self.buffer += more
            except OSError:
                pass
            self.socket.close()
            raise Refused(status, self.buffer.decode(errors="replace"))

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, payload: bytes | str) -> None:
        text = isinstance(payload, str)
        self.send_raw(frame(payload.encode() if text else payload, TEXT if text else BINARY))

    def send_raw(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError:
            # What it said before it closed may still be there to read.
            pass

    def receive(self, timeout: float | None = None) -> bytes | str:
        """The next message. Raises Closed, or TimeoutError if none comes in time."""
        deadline = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            found = self._frame()
            if found is None:
                self._read(deadline)
                continue
            opcode, last, payload = found
            if opcode == CLOSE:
                self.send_raw(frame(payload[:2], CLOSE))
                self.socket.close()
                code = struct.unpack("!H", payload[:2])[0] if len(payload) > 1 else 1005
                raise Closed(code, payload[2:].decode())
            if opcode == PING:
                self.send_raw(frame(payload, PONG))
            elif opcode != PONG:
                self.parts += payload
                if last:
                    whole, self.parts = self.parts, b""
                    return whole.decode() if opcode == TEXT else whole

    def waiting(self) -> bool:
        """Whether a whole frame was read already."""
        return self._frame(peek=True) is not None

    def until_closed(self, timeout: float = 20) -> Closed:
        """Reads until the server closes, and tells how."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.receive(max(deadline - time.monotonic(), 0))
            except Closed as how:
                return how

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "WebSocket":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, deadline: float | None = None) -> None:
        left = self.timeout if deadline is None else deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("no message came")
        self.socket.settimeout(left)
        try:
            found = self.socket.recv(1 << 20)
        except TimeoutError:
            raise TimeoutError("no message came") from None
        except OSError as error:
            raise Closed(1006, str(error)) from None
        if not found:
            raise Closed(1006)
        self.buffer += found

    def _frame(self, peek: bool = False) -> tuple[int, bool, bytes] | None:
        data = self.buffer
        if len(data) < 2:
            return None
        size, head = data[1] & 0x7F, 2
        if size == 126:
            head = 4
            if len(data) < head:
                return None
            size = struct.unpack("!H", data[2:4])[0]
        elif size == 127:
            head = 10
            if len(data) < head:
                return None
            size = struct.unpack("!Q", data[2:10])[0]
        if len(data) < head + size:
            return None
        if not peek:
            self.buffer = data[head + size :]
        return data[0] & 0x0F, bool(data[0] & 0x80), data[head : head + size]
