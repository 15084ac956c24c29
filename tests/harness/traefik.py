"""A real Traefik before our servers, with the configuration of deploy/traefik on ports of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import requests
import yaml

from tests.harness.redis import PASSWORD, Redis

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy/traefik"
PROGRAM = Path(os.environ.get("TRAEFIK", ROOT / ".cache/traefik/bin/traefik"))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Traefik:
    def __init__(self, redis: Redis, certificate: Path, key: Path) -> None:
        self.redis = redis
        self.certificate, self.key = certificate, key
        self.folder = Path(tempfile.mkdtemp(prefix="openbricks-traefik-"))
        self.ports = {name: free_port() for name in ("web", "websecure", "internal")}
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.ports['websecure']}"

    def _configure(self) -> None:
        """The shipped files, but for addresses, certificates and what has to be quick in a test."""
        shutil.copytree(DEPLOY / "dynamic", self.folder / "dynamic")
        static = yaml.safe_load((DEPLOY / "traefik.yml").read_text())
        for name, port in self.ports.items():
            static["entryPoints"][name]["address"] = f"127.0.0.1:{port}"
        static["entryPoints"]["web"]["http"]["redirections"]["entryPoint"][
            "to"
        ] = f":{self.ports['websecure']}"
        acme = static["certificatesResolvers"]["letsencrypt"]["acme"]
        acme |= {"storage": str(self.folder / "acme.json"), "caServer": "http://127.0.0.1:1/none"}
        static["providers"]["file"]["directory"] = str(self.folder / "dynamic")
        static["providers"]["redis"] |= {"endpoints": [self.redis.address], "password": PASSWORD}
        static["providers"]["providersThrottleDuration"] = "100ms"
        static["accessLog"]["filePath"] = str(self.folder / "access.log")
        (self.folder / "traefik.yml").write_text(yaml.safe_dump(static))
        pair = {"certFile": str(self.certificate), "keyFile": str(self.key)}
        tls = {"tls": {"stores": {"default": {"defaultCertificate": pair}}}}
        (self.folder / "dynamic/certificates.yml").write_text(yaml.safe_dump(tls))

    def start(self) -> "Traefik":
        if not PROGRAM.exists():
            raise RuntimeError(f"{PROGRAM} is missing: run ./dev test deploy, which installs it")
        self._configure()
        with open(self.folder / "log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [str(PROGRAM), f"--configFile={self.folder / 'traefik.yml'}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                ping = f"http://127.0.0.1:{self.ports['internal']}/ping"
                if requests.get(ping, timeout=5).ok:
                    return self
            except requests.ConnectionError:
                time.sleep(0.05)
        raise RuntimeError("Traefik did not start:\n" + self.log()[-3000:])

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> "Traefik":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
