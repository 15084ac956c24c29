"""What every error answer must be."""

from __future__ import annotations

import re

import requests

PATHS = re.compile(r"/(tmp|root|home|var|usr|work|proc|etc)/[\w./-]+")


def problem(
    response: requests.Response, status: int | tuple[int, ...], id: str | None = None
) -> dict:
    """Checks an error's form (RFC 9457) and that it gives away nothing of the machine."""
    statuses = (status,) if isinstance(status, int) else status
    assert response.status_code in statuses, f"{response.status_code}: {response.text[:500]}"
    assert response.headers["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert body["status"] == response.status_code
    assert re.fullmatch(r"[a-z]\w*(\.[a-z]\w*)*", body["id"]), body
    assert body["detail"] and body["title"] and body["request_id"], body
    assert "\x00" not in body["detail"]
    if id is not None:
        assert body["id"] == id, body
    return body


def no_machine_paths(text: str, *allowed: str) -> None:
    """No path of the machine in a public text, other than what the caller wrote."""
    for given in allowed:
        text = text.replace(given, "")
    found = PATHS.search(text)
    assert found is None, f"gives away {found.group(0)}: {text}"
