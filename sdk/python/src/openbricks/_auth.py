"""Who we are: a fixed token, an e-mail address with password, or what `openbricks login` kept."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, Optional

from ._http import Transport
from .errors import AuthenticationError, InterfaceError, from_problem

_EARLY = 60  # seconds before its end that an access token is renewed


class Auth:
    """Gives the bearer token of each request. Thread-safe."""

    def token(self, transport: Transport) -> str:
        raise NotImplementedError

    def renew(self, transport: Transport, stale: str) -> bool:
        """A fresh token in place of one that was refused; False: there is no way to one."""
        raise NotImplementedError


class FixedToken(Auth):
    """An API key or an access token; it cannot be renewed."""

    def __init__(self, token: str) -> None:
        if not token or any(c <= " " or c > "~" for c in token):
            raise InterfaceError("The token is empty or holds characters that no token has.")
        self._token = token

    def token(self, transport: Transport) -> str:
        return self._token

    def renew(self, transport: Transport, stale: str) -> bool:
        return False


def _exchange(transport: Transport, path: str, body: Dict[str, str]) -> Dict[str, Any]:
    response = transport.send(
        "POST",
        "/api/v1/auth/" + path,
        {"Content-Type": "application/json", "Accept": "application/json"},
        json.dumps(body).encode(),
    )
    answer = response.read()
    try:
        decoded = json.loads(answer)
    except ValueError:
        decoded = {}
    if response.status != 200:
        raise from_problem(response.status, decoded if isinstance(decoded, dict) else {})
    if not isinstance(decoded, dict) or "access_token" not in decoded:
        raise InterfaceError(f"{transport.url} did not answer as OpenBricks does.")
    decoded["expires_at"] = int(time.time()) + int(decoded.get("expires_in", 0))
    return decoded


class Password(Auth):
    """Signs in when first needed; renews with the refresh token, else with the password again."""

    def __init__(self, email: str, password: str) -> None:
        self._email, self._password = email, password
        self._lock = threading.Lock()  # a refresh token works once: threads take turns
        self._tokens: Optional[Dict[str, Any]] = None

    def token(self, transport: Transport) -> str:
        with self._lock:
            if self._tokens is None:
                self._sign_in(transport)
            elif time.time() + _EARLY >= self._tokens["expires_at"]:
                self._refresh(transport)
            assert self._tokens is not None
            return str(self._tokens["access_token"])

    def renew(self, transport: Transport, stale: str) -> bool:
        with self._lock:
            if self._tokens is None or self._tokens["access_token"] == stale:
                self._refresh(transport)
            return True

    def _sign_in(self, transport: Transport) -> None:
        self._tokens = None
        self._tokens = _exchange(
            transport, "login", {"email": self._email, "password": self._password}
        )

    def _refresh(self, transport: Transport) -> None:
        refresh = self._tokens and self._tokens.get("refresh_token")
        if refresh:
            try:
                self._tokens = _exchange(transport, "refresh", {"refresh_token": str(refresh)})
                return
            except AuthenticationError:
                self._tokens = None  # used or ended: sign in anew
        self._sign_in(transport)


class StoredLogin(Auth):
    """The sign-in of `openbricks login`, shared with the command line and other processes."""

    def __init__(self, url: str, file: Optional[Path] = None) -> None:
        self._url, self._file = url, file or credentials_file()
        self._lock = threading.Lock()
        self._kept = read_credentials(self._file)["servers"].get(url)
        if not self._kept:
            raise InterfaceError(
                f"Not signed in to {url}. Pass token= or email= and password=, set "
                "OPENBRICKS_TOKEN to an API key, call openbricks.login(), or run: "
                f"openbricks login --url {url}"
            )

    def token(self, transport: Transport) -> str:
        with self._lock:
            if time.time() + _EARLY >= int(self._kept.get("expires_at", 0)):
                self._renew(transport, str(self._kept["access_token"]))
            return str(self._kept["access_token"])

    def renew(self, transport: Transport, stale: str) -> bool:
        with self._lock:
            self._renew(transport, stale)
            return True

    def _renew(self, transport: Transport, stale: str) -> None:
        with _locked(self._file):
            root = read_credentials(self._file)
            now_kept = root["servers"].get(self._url)
            if now_kept and now_kept.get("access_token") != stale:  # another process was quicker
                self._kept = now_kept
                return
            try:
                tokens = _exchange(
                    transport, "refresh", {"refresh_token": str(self._kept["refresh_token"])}
                )
            except AuthenticationError as error:
                root["servers"].pop(self._url, None)
                _write_private(self._file, root)
                raise AuthenticationError(
                    f"The sign-in to {self._url} has ended. Run openbricks login again.",
                    id=error.id,
                    status=error.status,
                ) from error
            names = ("access_token", "refresh_token", "expires_at")
            self._kept = {"email": self._kept.get("email", ""), **{n: tokens[n] for n in names}}
            root["servers"][self._url] = self._kept
            _write_private(self._file, root)


def keep_login(url: str, email: str, tokens: Dict[str, Any]) -> None:
    """For StoredLogin and the command line: `tokens` as the token endpoint answered them."""
    file = credentials_file()
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(file):
        root = read_credentials(file)
        root["last_url"] = url
        root["servers"][url] = {
            "email": email,
            "access_token": str(tokens["access_token"]),
            "refresh_token": str(tokens["refresh_token"]),
            "expires_at": int(time.time()) + int(tokens["expires_in"]),
        }
        _write_private(file, root)


def user_folder(variable: str, below_home: str) -> Path:
    """The command line's own rule, so that both find the same files."""
    folder = os.environ.get(variable, "")
    base = Path(folder) if folder.startswith("/") else Path.home() / below_home
    return base / "openbricks"


def credentials_file() -> Path:
    return user_folder("XDG_CONFIG_HOME", ".config") / "credentials.json"


def read_credentials(file: Path) -> Dict[str, Any]:
    """`{"last_url", "servers": {url: {...}}}`; empty where nobody has signed in."""
    try:
        root = json.loads(file.read_text())
    except FileNotFoundError:
        root = {}
    except (OSError, ValueError) as error:
        raise InterfaceError(f"{file} cannot be read: {error}. Sign in again.") from error
    if not isinstance(root, dict) or not isinstance(root.get("servers", {}), dict):
        raise InterfaceError(f"{file} is not what `openbricks login` wrote: sign in again.")
    root.setdefault("servers", {})
    return root


def write_private_text(file: Path, text: str) -> None:
    """Replaces the file as a whole; only its owner can read it."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    os.replace(fresh, file)


def _write_private(file: Path, root: Dict[str, Any]) -> None:
    write_private_text(file, json.dumps(root) + "\n")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """The command line's lock: a refresh token works once, so processes take turns."""
    try:
        import fcntl
    except ImportError:
        raise InterfaceError(
            "The sign-in of the command line cannot be shared on this system: pass token=."
        ) from None
    lock = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
