"""Identity providers for tests of single sign-on: real ones from npm, started on 127.0.0.1."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from tests.harness.client import Client
from tests.harness.server import ROOT, Server

FOLDER = ROOT / "tests" / "sso"


class NodeProvider:
    """A script of tests/sso that prints its address when it listens."""

    def __init__(self, script: str, settings: dict[str, Any]) -> None:
        if not (FOLDER / "node_modules").is_dir():
            raise RuntimeError("tests/sso/node_modules is missing: run ./dev test api")
        self.process = subprocess.Popen(
            ["node", str(FOLDER / script), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.url = ""
        said = []
        for line in self.process.stdout:
            said.append(line)
            if re.match(r"http://127\.0\.0\.1:\d+", line):
                self.url = line.strip()
                break
        if not self.url:
            raise RuntimeError("The provider did not start:\n" + "".join(said))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self) -> "NodeProvider":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Browser:
    """What a browser does without its screen: cookies, redirects by hand, forms."""

    def __init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        self.history: list[str] = []

    def get(self, url: str, until: str = "", most: int = 15) -> requests.Response:
        """Follows redirects, but none whose address begins with `until`."""
        for _ in range(most):
            self.history.append(url)
            answer = self.http.get(url, allow_redirects=False, timeout=30)
            if not answer.is_redirect:
                return answer
            url = urljoin(url, answer.headers["Location"])
            if until and url.startswith(until):
                return answer
        raise AssertionError(f"too many redirects: {self.history}")

    def submit(self, page: requests.Response, values: dict[str, str]) -> requests.Response:
        """The page's first form, with its hidden fields, by POST; not followed."""
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text).group(1)
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
        return self.http.post(
            urljoin(page.url, action), data=fields | values, allow_redirects=False, timeout=30
        )

    def sign_in_at_provider(self, start: str, login: str, back: str) -> str:
        """Through the pages of oidc-provider; the address that leads back."""
        page = self.get(start, until=back)
        for _ in range(8):
            if page.is_redirect:
                where = urljoin(page.url, page.headers["Location"])
                if where.startswith(back):
                    return where
                page = self.get(where, until=back)
                continue
            values = {"login": login, "password": "any"} if 'name="login"' in page.text else {}
            page = self.submit(page, values)
        raise AssertionError(f"not back after: {self.history}\n{page.text[:800]}")


def problem(location: str) -> str:
    """What the page is told of a sign-in, by the address where it goes on; nothing: it worked."""
    query = parse_qs(urlsplit(location).query)
    return query["problem"][0] if "problem" in query else ""


def me(server: Server, browser: Browser) -> dict | None:
    """Who the browser's cookies sign in."""
    answer = browser.http.post(
        f"{server.url}/api/v1/auth/refresh", json={}, headers={"X-Session": "cookie"}
    )
    if not answer.ok:
        return None
    return Client(server.url, answer.json()["access_token"]).ok("GET", "auth/me")
