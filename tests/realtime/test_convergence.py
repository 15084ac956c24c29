"""Many editors of all kinds, random edits, lost connections, a server that is killed: all end with the
same document, a restarted server gives the same, and nothing that was acknowledged is missing.

    pytest tests/realtime/test_convergence.py --edits 20000 --seed 7      the long form
"""

from __future__ import annotations

import random
import re
import time
from typing import Any

import pytest

from tests.harness import s3
from tests.harness.client import Client
from tests.harness.server import Server
from tests.realtime.conftest import Editor, Node, new_document, wait_until
from tests.realtime.pycrdt_editor import PycrdtEditor

SHORT = {"y-websocket": 2, "hocuspocus": 3, "quill": 2, "pycrdt": 2}
LONG = {"y-websocket": 8, "hocuspocus": 8, "quill": 8, "pycrdt": 6}
ROUND = 300  # edits between two looks at the whole


def normal(delta: list[dict]) -> list[dict]:
    """Neighbours with the same format as one: libraries cut differently."""
    found: list[dict] = []
    for op in delta:
        one = {"insert": op["insert"], "attributes": op.get("attributes") or {}}
        last = found[-1] if found else None
        texts = isinstance(one["insert"], str) and last and isinstance(last["insert"], str)
        if texts and last["attributes"] == one["attributes"]:
            last["insert"] += one["insert"]
        else:
            found.append(one)
    return found


def halved(delta: list[dict]) -> list[dict]:
    """Yjs leaves two U+FFFD of a character of two units that an edit cut; yrs keeps it whole."""
    return [
        (
            {**op, "insert": re.sub("[\U00010000-\U0010ffff]", "\ufffd" * 2, op["insert"])}
            if isinstance(op["insert"], str)
            else op
        )
        for op in delta
    ]


class Crowd:
    def __init__(self, node: Node, server: Server, admin: Client, sizes: dict[str, int], seed: int):
        self.node, self.server, self.admin, self.sizes = node, server, admin, sizes
        self.document = new_document(admin)
        self.chance = random.Random(seed)
        self.editors: list[Editor] = []
        self.pythons: list[PycrdtEditor] = []
        self.enter()

    def open(self, kind: str, **settings: Any) -> Editor:
        return Editor(
            self.node, self.server, kind, self.document, token=self.admin.token, **settings
        )

    def python(self) -> PycrdtEditor:
        return PycrdtEditor(f"{self.server.url}/ws/yjs/{self.document}?token={self.admin.token}")

    def enter(self) -> None:
        for kind, count in self.sizes.items():
            for number in range(count):
                if kind == "pycrdt":
                    self.pythons.append(self.python())
                else:
                    quill = {"provider": ("y-websocket", "hocuspocus")[number % 2]}
                    self.editors.append(self.open(kind, **(quill if kind == "quill" else {})))

        def all_synced() -> bool:
            self.pump()
            return all(p.synced for p in self.pythons) and all(
                e.state()["synced"] for e in self.editors
            )

        wait_until(all_synced, "all are synced", 60)

    def pump(self) -> None:
        for python in self.pythons:
            python.pump()

    def storm(self, edits: int, kill: bool) -> None:
        """Edits of everybody at once; in the middle the server dies and comes back."""
        share = edits * len(self.editors) // (len(self.editors) + len(self.pythons))
        names = [editor.name for editor in self.editors]
        done = self.node.begin(
            "storm", names=names, seed=self.chance.randrange(1 << 30), edits=share
        )
        own = edits - share
        killed_at = self.chance.randrange(own) if kill else -1
        for number in range(own):
            python = self.chance.choice(self.pythons)
            python.change(self.chance)
            if self.chance.random() < 0.02:
                python.disconnect()
            self.pump()
            time.sleep(0.002)
            if number == killed_at:
                self.server.kill()
                self.pump()
                self.server.start()
        done(1200)

    def blackout(self) -> None:
        """The server and all editors die in the middle of it: what was acknowledged is there again."""
        names = [editor.name for editor in self.editors]
        done = self.node.begin("storm", names=names, seed=self.chance.randrange(1 << 30), edits=60)
        time.sleep(self.chance.random() * 0.1)
        self.server.kill()
        done(60)
        ledgers = {
            f"{editor.name} ({editor.state()['client']})": ledger
            for editor in self.editors
            if (ledger := editor.ledger())
        }
        assert ledgers, "nothing was acknowledged"
        for editor in self.editors:
            editor.crash()
        for python in self.pythons:
            python.disconnect()
        self.editors, self.pythons = [], []
        self.server.start()
        fresh = self.open("y-websocket")
        wait_until(lambda: fresh.state()["synced"], "a fresh client is synced", 60)
        for name, ledger in ledgers.items():
            missing = fresh.missing(update=ledger)
            assert not missing, f"acknowledged edits of {name} are lost: {missing}"
        fresh.crash()
        self.enter()

    def agreed(self) -> tuple[list, dict]:
        """Waits until all have the same content and vector, and nothing waits for missing parts."""
        found: list = []
        waiting: dict[str, str] = {}

        def same() -> bool:
            self.pump()
            states = [editor.state() for editor in self.editors]
            waiting.clear()
            for editor, state in zip(self.editors, states):
                if state["pending"] or not state["synced"]:
                    told = ("pending", "synced", "unsynced", "closed", "denied")
                    waiting[editor.name] = str({name: state[name] for name in told})
            if waiting:
                return False
            found[:] = [(normal(state["delta"]), state["vector"]) for state in states]
            pythons = [(halved(normal(p.delta())), p.vector()) for p in self.pythons]
            first = halved(found[0][0]), found[0][1]
            found.extend(found[0] if one == first else one for one in pythons)
            return all(one == found[0] for one in found)

        try:
            wait_until(same, "all agree", 90)
        except AssertionError:
            different = [
                (n, delta != found[0][0], vector != found[0][1])
                for n, (delta, vector) in enumerate(found)
                if (delta, vector) != found[0]
            ]
            raise AssertionError(
                f"of {len(found)} differ from the first (content, vector): {different}; "
                f"waiting: {waiting}"
            ) from None
        return found[0]

    def leave(self) -> None:
        for editor in self.editors:
            editor.crash()
        for python in self.pythons:
            python.disconnect()


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("store", ["database", "dynamodb"])
def test_all_converge(node: Node, request: pytest.FixtureRequest, store: str) -> None:
    edits, seed = request.config.getoption("--edits"), request.config.getoption("--seed")
    settings = {"sockets_per_address": "10000", "requests_per_second": "100000"}
    if store == "dynamodb":
        settings |= s3.shared().documents_settings(f"SocketDocuments-{seed}-{time.time_ns()}")
    with Server(access_token_seconds="86400", **settings) as server:
        admin = Client(server.url).login("admin@localhost", "test-admin-password-1")
        crowd = Crowd(node, server, admin, LONG if edits >= 5000 else SHORT, seed)
        for number in range(max(edits // ROUND, 1)):
            crowd.storm(min(ROUND, edits), kill=number % 2 == 0)
            if number % 3 == 1:
                crowd.blackout()
        delta, vector = crowd.agreed()
        assert len(vector) > 5 and delta, "too little happened"
        crowd.leave()
        # The same from a server that starts with what is stored: after a crash, and after a stop.
        for end in (server.kill, server.stop):
            end()
            server.start()
            crowd.editors, crowd.pythons = [crowd.open("y-websocket")], [crowd.python()]
            assert crowd.agreed() == (delta, vector)
            crowd.leave()
