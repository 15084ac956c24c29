"""Runs the statements of *.test files through the HTTP API, each file in a schema of its own.

A file holds blocks, separated by empty lines:

    ok                      the statement succeeds
    CREATE TABLE t (a INT)

    error sql.syntax        the statement fails with this error id
    SELEC 1

    query                   the rows, a line each: values parted by "|", NULL for none;
    SELECT a FROM t         "query sorted" compares them in any order
    ----
    1

"$schema" stands for the file's schema; a line that begins with "#" between blocks is a comment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.harness.client import Client

FILES = sorted(Path(__file__).parent.glob("*.test"))


@dataclass
class Block:
    line: int
    kind: str
    sql: str
    expected: list[str]


def blocks(text: str) -> list[Block]:
    found: list[Block] = []
    lines: list[tuple[int, str]] = []

    def close() -> None:
        while lines and lines[0][1].startswith("#"):
            lines.pop(0)
        if not lines:
            return
        number, kind = lines[0]
        body = [line for _, line in lines[1:]]
        rows: list[str] = []
        if "----" in body:
            at = body.index("----")
            body, rows = body[:at], body[at + 1 :]
        found.append(Block(number, kind, "\n".join(body), rows))

    for number, line in enumerate(text.splitlines() + [""], 1):
        if line.strip():
            lines.append((number, line))
        else:
            close()
            lines = []
    return found


def shown(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (list, dict, bool)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


@pytest.mark.parametrize("file", FILES, ids=[f.stem for f in FILES])
def test_file(admin: Client, schema: str, file: Path) -> None:
    text = file.read_text(encoding="utf-8").replace("$schema", schema)
    for block in blocks(text):
        where = f"{file.name}:{block.line}: {block.sql}"
        answer = admin.query(block.sql, schema=schema)
        if block.kind.startswith("error "):
            wanted = block.kind.split()[1]
            assert answer.status_code >= 400, f"{where}\nsucceeded: {answer.text[:300]}"
            assert answer.json()["id"] == wanted, f"{where}\n{answer.text[:600]}"
            continue
        assert answer.status_code == 200, f"{where}\n{answer.text[:600]}"
        if block.kind == "ok":
            continue
        assert block.kind in ("query", "query sorted"), f"{where}\nunknown kind {block.kind}"
        rows = ["|".join(shown(value) for value in row) for row in answer.json()["rows"]]
        expected = block.expected
        if block.kind == "query sorted":
            rows, expected = sorted(rows), sorted(expected)
        assert rows == expected, where


def test_there_are_files() -> None:
    assert FILES
