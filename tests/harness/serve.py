"""Runs a command beside a fresh server: python -m tests.harness.serve [--samples] -- command…

The command gets OPENBRICKS_URL, OPENBRICKS_EMAIL and OPENBRICKS_PASSWORD; its exit code is ours.
"""

import os
import subprocess
import sys

from tests.harness.server import ADMIN_EMAIL, ADMIN_PASSWORD, Server


def main() -> int:
    split = sys.argv.index("--")
    options, command = sys.argv[1:split], sys.argv[split + 1 :]
    with Server(options=options) as server:
        environment = {
            **os.environ,
            "OPENBRICKS_URL": server.url,
            "OPENBRICKS_EMAIL": ADMIN_EMAIL,
            "OPENBRICKS_PASSWORD": ADMIN_PASSWORD,
        }
        status = subprocess.run(command, env=environment, check=False).returncode
        if status != 0:
            print("The server's last lines:\n" + server.tail(15), file=sys.stderr)
        return status


if __name__ == "__main__":
    sys.exit(main())
