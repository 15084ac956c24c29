#!/usr/bin/env python3
"""Sums what the test runners of ./dev test counted and prints the one closing line.

Reads gtest's, Rust's, pytest's, Vitest's and Node's JUnit files below the results folder, and ctest's
for programs that ended (crashed, timed out) without a failure in their own file.
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

# Control characters that XML 1.0 forbids; runners copy them from a failed test's output (colours).
FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def testcases(file: Path) -> list[ElementTree.Element]:
    """The test cases of a JUnit file."""
    return list(ElementTree.fromstring(FORBIDDEN.sub(b"", file.read_bytes())).iter("testcase"))


def cases(file: Path) -> list[str]:
    """The outcome of each test case in a JUnit file: passed, failed or skipped."""
    outcomes = []
    for case in testcases(file):
        tags = {child.tag for child in case}
        if tags & {"failure", "error"}:
            outcomes.append("failed")
        elif "skipped" in tags or case.get("status") in ("notrun", "disabled"):
            outcomes.append("skipped")
        else:
            outcomes.append("passed")
    return outcomes


def ctest_failures(file: Path, gtest: Path) -> int:
    """Failed ctest programs whose own file shows no failure: each counts as one."""
    failures = 0
    for case in testcases(file):
        if case.get("status") != "fail" and case.find("failure") is None:
            continue
        own = [gtest / f"ob_{case.get('name')}_test.xml", gtest / f"{case.get('name')}.xml"]
        if not any(f.exists() and "failed" in cases(f) for f in own):
            print(f"{case.get('name')} ended before it could report its tests", file=sys.stderr)
            failures += 1
    return failures


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("results", type=Path)
    arguments.add_argument("--runners-failed", type=int, default=0)
    options = arguments.parse_args()

    totals = {"passed": 0, "failed": 0, "skipped": 0}
    for file in sorted(options.results.rglob("*.xml")):
        if file.name == "ctest.xml":
            totals["failed"] += ctest_failures(file, options.results / "gtest")
            continue
        for outcome in cases(file):
            totals[outcome] += 1
    if options.runners_failed and not totals["failed"]:
        print("A test runner failed without naming a test: see its output.", file=sys.stderr)
    line = f"{totals['passed']} passed, {totals['failed']} failed"
    if totals["skipped"]:
        line += f", {totals['skipped']} skipped"
    print(line, flush=True)
    ran = totals["passed"] + totals["failed"] > 0
    sys.exit(1 if totals["failed"] or options.runners_failed or not ran else 0)


if __name__ == "__main__":
    main()
