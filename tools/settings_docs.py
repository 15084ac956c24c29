#!/usr/bin/env python3
"""Writes .env.example and docs/CONFIGURATION.md from the settings table in src/base/config.cpp.

--check compares instead, and fails where they differ.
"""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETTING = re.compile(
    r'\{"(?P<key>\w+)",\s*"(?P<default>[^"]*)",\s*(?P<text>(?:"(?:[^"\\]|\\.)*"\s*)+)'
    r"(?:,\s*Kind::(?P<kind>\w+)(?:,\s*(?P<low>[\d']+),\s*(?P<high>[\d']+))?)?\s*\}"
)

CONFIGURATION = """# Configuration

This page is written by `./dev gen` from the settings table in `src/base/config.cpp`.

Each setting is a flag of `openbricks serve`, a variable and a key of a TOML file (`--config FILE`).
Where more than one says something, the flag wins over the variable, the variable over the file, and
the file over the default. An unknown key or a value out of bounds stops the start with a message.

| Variable | Flag | Default | Bounds | Meaning |
|---|---|---|---|---|
"""

EXAMPLE = """# Settings of `openbricks serve`. Copy to .env and load it (set -a; . ./.env), or use flags or a TOML
# file; docs/CONFIGURATION.md explains. Written by `./dev gen`. Commented lines show the defaults.
"""


def settings() -> list[dict[str, str]]:
    source = (ROOT / "src/base/config.cpp").read_text()
    start = source.index("Config::load") if "Config::load" in source else len(source)
    table = source[source.index("table{") : start]
    found = []
    for match in SETTING.finditer(table):
        row = {k: v or "" for k, v in match.groupdict().items()}
        row["text"] = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', row["text"]))
        row["low"], row["high"] = row["low"].replace("'", ""), row["high"].replace("'", "")
        found.append(row)
    keys = re.findall(r'\{"(\w+)",', table)
    if [row["key"] for row in found] != keys:
        sys.exit("The settings table in src/base/config.cpp has a row that this tool cannot read.")
    return found


def pages(rows: list[dict[str, str]]) -> dict[Path, str]:
    table, example = CONFIGURATION, EXAMPLE
    for row in rows:
        variable = f"OPENBRICKS_{row['key'].upper()}"
        flag = f"--{row['key'].replace('_', '-')}"
        bounds = f"{row['low']} to {row['high']}" if row["high"] else ""
        bounds = "true, false" if row["kind"] == "flag" else bounds
        default = f"`{row['default']}`" if row["default"] else ""
        table += f"| `{variable}` | `{flag}` | {default} | {bounds} | {row['text']} |\n"
        example += f"\n# {row['text']}{f' ({bounds})' if bounds else ''}\n"
        example += f"# {variable}={row['default']}\n"
    return {ROOT / "docs/CONFIGURATION.md": table, ROOT / ".env.example": example}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()
    stale = []
    for path, text in pages(settings()).items():
        if not options.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(path.name)
    if stale:
        sys.exit(f"{', '.join(stale)} differ from the settings table: run ./dev gen.")


if __name__ == "__main__":
    main()
