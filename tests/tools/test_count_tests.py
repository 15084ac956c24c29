"""The closing line of ./dev test adds up what the runners counted."""

import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools/count_tests.py"
PASSED = '<testcase name="a" status="run"/>'
FAILED = '<testcase name="b" status="run"><failure message="x"/></testcase>'
SKIPPED = '<testcase name="c"><skipped/></testcase>'


def count(folder: Path, files: dict[str, str], *options: str) -> tuple[str, int]:
    for name, body in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"<testsuites><testsuite>{body}</testsuite></testsuites>")
    done = subprocess.run(
        [sys.executable, TOOL, folder, *options], capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()[-1], done.returncode


def test_adds_up(tmp_path: Path) -> None:
    files = {"gtest/ob_base_test.xml": PASSED * 3, "pytest-api.xml": PASSED + SKIPPED}
    assert count(tmp_path, files) == ("4 passed, 0 failed, 1 skipped", 0)


def test_failure(tmp_path: Path) -> None:
    assert count(tmp_path, {"vitest.xml": PASSED + FAILED}) == ("1 passed, 1 failed", 1)


def test_colours_in_a_failure(tmp_path: Path) -> None:
    coloured = '<testcase name="b"><failure>\x1b[31mred\x1b[0m</failure></testcase>'
    assert count(tmp_path, {"e2e.xml": PASSED + coloured}) == ("1 passed, 1 failed", 1)


def test_crashed_program_counts_once(tmp_path: Path) -> None:
    ctest = '<testcase name="db" status="fail"><failure/></testcase><testcase name="base" status="run"/>'
    files = {"gtest/ob_base_test.xml": PASSED, "ctest.xml": ctest}
    assert count(tmp_path, files) == ("1 passed, 1 failed", 1)


def test_failed_program_with_named_failures_counts_those(tmp_path: Path) -> None:
    ctest = '<testcase name="db" status="fail"><failure/></testcase>'
    files = {"gtest/ob_db_test.xml": PASSED + FAILED * 2, "ctest.xml": ctest}
    assert count(tmp_path, files) == ("1 passed, 2 failed", 1)


def test_no_test_is_a_failure(tmp_path: Path) -> None:
    assert count(tmp_path, {}) == ("0 passed, 0 failed", 1)


def test_a_failed_runner_is_a_failure(tmp_path: Path) -> None:
    assert count(tmp_path, {"a.xml": PASSED}, "--runners-failed", "1") == ("1 passed, 0 failed", 1)
