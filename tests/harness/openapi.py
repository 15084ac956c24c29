"""Writes the server's OpenAPI document, sorted and indented: python -m tests.harness.openapi FILE"""

import json
import sys
from pathlib import Path

from tests.harness.client import Client
from tests.harness.server import Server


def main() -> None:
    with Server() as server:
        document = Client(server.url).ok("GET", "/api/openapi.json")
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)
    Path(sys.argv[1]).write_text(text + "\n")


if __name__ == "__main__":
    main()
