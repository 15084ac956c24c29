#!/usr/bin/env python3
"""Runs `cargo test` as one program of ctest, and writes what it counted where gtest would.

GTEST_OUTPUT names the folder, as for gtest's programs ("xml:FOLDER/"); cargo's own output goes on to
stdout. Tests that are ignored are what people run by hand: they do not count. Ends as cargo does, and
with 1 when it told of fewer tests than it said that it runs.
"""

import argparse
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

RESULT = re.compile(
    r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED|ignored)(?:, .*)?$", re.MULTILINE
)
COUNT = re.compile(r"^running (\d+) tests?$", re.MULTILINE)
# Control characters that XML 1.0 forbids.
FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def junit(output: str) -> ElementTree.Element:
    """The test cases that cargo told of, failed ones with what they printed."""
    suite = ElementTree.Element("testsuite", name="rust")
    for name, outcome in RESULT.findall(output):
        if outcome == "ignored":
            continue
        case = ElementTree.SubElement(suite, "testcase", name=name)
        if outcome == "FAILED":
            printed = re.search(
                rf"^---- {re.escape(name)} stdout ----$(.*?)(?=^---- |^failures:$)",
                output,
                re.MULTILINE | re.DOTALL,
            )
            failure = ElementTree.SubElement(case, "failure")
            failure.text = FORBIDDEN.sub("", printed[1].strip()) if printed else ""
    return suite


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("name", help="of the test in ctest")
    arguments.add_argument("command", nargs="+")
    options = arguments.parse_args()
    done = subprocess.run(options.command, stdout=subprocess.PIPE, check=False)
    output = done.stdout.decode(errors="replace")
    print(output)
    suite = junit(output)
    kind, _, folder = os.environ.get("GTEST_OUTPUT", "").partition(":")
    if kind == "xml":
        ElementTree.ElementTree(suite).write(Path(folder) / f"{options.name}.xml")
    promised = sum(int(count) for count in COUNT.findall(output))
    told = len(RESULT.findall(output))
    if done.returncode == 0 and (promised == 0 or promised != told):
        print(f"cargo told of {told} of {promised} tests", file=sys.stderr)
        sys.exit(1)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
