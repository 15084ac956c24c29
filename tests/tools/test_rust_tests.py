"""What `cargo test` prints becomes test cases that count, whatever ends it."""

import os
import subprocess
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / "tools"
PASSED = "running 2 tests\ntest a::b ... ok\ntest a::by_hand ... ignored, slow\n"
FAILED = """running 2 tests
test a::b ... ok
test a::c - should panic ... FAILED

failures:

---- a::c stdout ----
left: \x1b[31m1\x1b[0m & right: <2>

failures:
    a::c
"""


def run(folder: Path, output: str, code: int) -> tuple[int, str]:
    """Exit code for such a cargo, and the closing line that its file leads to."""
    results = folder / "gtest"
    results.mkdir()
    program = f"import sys; sys.stdout.write({output!r}); sys.exit({code})"
    done = subprocess.run(
        [sys.executable, TOOLS / "rust_tests.py", "native", "--", sys.executable, "-c", program],
        env={**os.environ, "GTEST_OUTPUT": f"xml:{results}/"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert output in done.stdout
    status = "fail" if done.returncode else "run"
    ctest = f'<testsuite><testcase name="native" status="{status}"/></testsuite>'
    (folder / "ctest.xml").write_text(ctest)
    counted = subprocess.run(
        [sys.executable, TOOLS / "count_tests.py", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, counted.stdout.strip()


def test_passed(tmp_path: Path) -> None:
    assert run(tmp_path, PASSED, 0) == (0, "1 passed, 0 failed")


def test_failed_counts_once_and_tells_why(tmp_path: Path) -> None:
    assert run(tmp_path, FAILED, 101) == (101, "1 passed, 1 failed")
    assert "1[0m &amp; right: &lt;2&gt;" in (tmp_path / "gtest/native.xml").read_text()


def test_crash_within_a_test(tmp_path: Path) -> None:
    assert run(tmp_path, "running 9 tests\ntest a ... ok\n", 101) == (101, "1 passed, 1 failed")


def test_nothing_compiled(tmp_path: Path) -> None:
    assert run(tmp_path, "", 101) == (101, "0 passed, 1 failed")


def test_fewer_than_promised(tmp_path: Path) -> None:
    assert run(tmp_path, "running 9 tests\ntest a ... ok\n", 0) == (1, "1 passed, 1 failed")


def test_no_test_is_a_failure(tmp_path: Path) -> None:
    assert run(tmp_path, "running 0 tests\n", 0) == (1, "0 passed, 1 failed")
