"""pycrdt as an editor: its own library for documents, the messages of y-websocket by hand."""

from __future__ import annotations

import random
import select

from pycrdt import Doc, Text, UndoManager

from tests.harness.websocket import Closed, Refused, WebSocket
from tests.realtime import wire

WORDS = ["p", "py ", "ünï", "🐍", "\n", "crdt ", "-" * 30]


class PycrdtEditor:
    """Everything happens on the caller's thread: `pump` reads what came."""

    def __init__(self, address: str) -> None:
        self.address = address  # of the socket, with its token
        self.doc = Doc()
        self.text = self.doc.get("quill", type=Text)
        self.undo = UndoManager(scopes=[self.text], capture_timeout_millis=0)
        self.socket: WebSocket | None = None
        self.synced = self.applying = False
        self.watch = self.doc.observe(lambda event: self._changed(event.update))
        self.connect()

    def connect(self) -> None:
        try:
            self.socket = WebSocket(self.address)
            self.socket.send(wire.sync(wire.STEP1, self.doc.get_state()))
        except (OSError, Closed, Refused):  # the server is away
            self.disconnect()

    def disconnect(self) -> None:
        if self.socket:
            self.socket.close()
        self.socket, self.synced = None, False

    def _changed(self, update: bytes) -> None:
        if not self.applying and self.socket:
            self.socket.send(wire.sync(wire.UPDATE, update))

    def pump(self, timeout: float = 0) -> None:
        """Takes all messages that are there; connects anew where the connection broke."""
        if self.socket is None:
            return self.connect()
        try:
            while self.socket.waiting() or select.select([self.socket], [], [], timeout)[0]:
                timeout = 0
                self._received(self.socket.receive(5))
        except (Closed, TimeoutError, OSError):
            self.disconnect()

    def _received(self, message: bytes) -> None:
        reader = wire.Reader(message)
        if reader.number() != wire.SYNC:
            return
        step, payload = reader.number(), reader.chunk()
        if step == wire.STEP1:
            self.socket.send(wire.sync(wire.STEP2, self.doc.get_update(payload)))
            return
        self.applying = True
        try:
            if payload != wire.EMPTY_UPDATE:
                self.doc.apply_update(payload)
        finally:
            self.applying = False
        self.synced = self.synced or step == wire.STEP2

    def places(self) -> list[int]:
        """The offsets, in bytes of UTF-8, between characters."""
        found = [0]
        for part, _ in self.text.diff():
            for size in [len(c.encode()) for c in part] if isinstance(part, str) else [1]:
                found.append(found[-1] + size)
        return found

    def change(self, chance: random.Random) -> None:
        places = self.places()
        at = chance.randrange(len(places))
        until = min(at + chance.randint(1, 6), len(places) - 1)
        what = chance.random()
        if what < 0.55 or until <= at:
            self.text.insert(places[at], chance.choice(WORDS))
        elif what < 0.7:
            del self.text[places[at] : places[until]]
        elif what < 0.85:
            attributes = {chance.choice(["bold", "italic"]): chance.choice([True, None])}
            self.text.format(places[at], places[until], attributes)
        elif what < 0.92:
            self.text.insert_embed(places[at], {"image": "https://example.com/p.png"})
        elif self.undo.can_undo():
            self.undo.undo()

    def vector(self) -> dict[str, int]:
        reader = wire.Reader(self.doc.get_state())
        return {str(reader.number()): reader.number() for _ in range(reader.number())}

    def delta(self) -> list[dict]:
        return [
            {"insert": part, **({"attributes": attributes} if attributes else {})}
            for part, attributes in self.text.diff()
        ]
