"""Messages of y-websocket and Hocuspocus by hand."""

from __future__ import annotations

SYNC, AWARENESS, AUTH, QUERY_AWARENESS, SYNC_REPLY, STATELESS, CLOSE, SYNC_STATUS = (
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
)
STEP1, STEP2, UPDATE = 0, 1, 2
EMPTY_UPDATE, EMPTY_VECTOR = b"\0\0", b"\0"


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(0x80 | value & 0x7F)
        value >>= 7
    out.append(value)
    return bytes(out)


def chunk(data: bytes | str) -> bytes:
    data = data.encode() if isinstance(data, str) else data
    return number(len(data)) + data


class Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    def chunk(self) -> bytes:
        size = self.number()
        self.at += size
        return self.data[self.at - size : self.at]

    @property
    def empty(self) -> bool:
        return self.at >= len(self.data)


def sync(step: int, payload: bytes) -> bytes:
    return number(SYNC) + number(step) + chunk(payload)


def insert(client: int, clock: int, text: str, after: tuple[int, int] | None = None) -> bytes:
    """An update that puts text into "quill", at its beginning or after one of its characters."""
    out = number(1) + number(1) + number(client) + number(clock)
    if after:
        out += b"\x84" + number(after[0]) + number(after[1])
    else:
        out += b"\x04\x01" + chunk("quill")
    return out + chunk(text) + b"\0"


def awareness(client: int, clock: int, state: str | bytes) -> bytes:
    update = number(1) + number(client) + number(clock) + chunk(state)
    return number(AWARENESS) + chunk(update)


def hocuspocus(document: str, message: bytes) -> bytes:
    return chunk(document) + message


def token(document: str, value: str) -> bytes:
    return hocuspocus(document, number(AUTH) + number(0) + chunk(value) + chunk("4.8.0"))
