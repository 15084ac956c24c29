"""The architecture check finds what it must, and nothing else."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import check_layers  # noqa: E402


def tree(root: Path, files: dict[str, str]) -> list[str]:
    """Writes a small source tree with all modules declared properly, then checks it."""
    depends = {
        "base": "",
        "net": "base",
        "engine": "base delta",
        "delta": "base objects",
        "objects": "base",
        "query": "base catalog engine",
        "storage": "base catalog",
        "catalog": "base delta",
    }
    for module, names in depends.items():
        folder = root / "src" / module
        folder.mkdir(parents=True)
        (folder / "CMakeLists.txt").write_text(
            f"openbricks_module({module}\n  SOURCES a.cpp\n  DEPENDS {names})\n"
        )
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    return check_layers.check(root).problems


@pytest.mark.parametrize(
    "name, content, finding",
    [
        (
            "src/base/a.cpp",
            '#include "net/net.h"\n',
            "src/base/a.cpp:1: 'base' may not include 'net'",
        ),
        (
            "src/query/a.cpp",
            '\n#include "storage/storage.h"\n',
            "src/query/a.cpp:2: 'query' may not",
        ),
        ("src/delta/a.cpp", '#include "engine/engine.h"\n', "'delta' may not include 'engine'"),
        ("src/catalog/a.cpp", '#include "delta/log_reader.h"\n', "not a public header"),
        ("src/catalog/a.cpp", '#include "delta/testing.h"\n', "not a public header"),
        ("src/storage/a.cpp", '#include "db/db.h"\n', "name 'db' in DEPENDS"),
        ("src/catalog/a.cpp", "#include <boost/beast/http.hpp>\n", "belongs into net only"),
        ("src/query/a.cpp", "#include <duckdb.h>\n", "belongs into engine only"),
        ("src/engine/engine.h", "#include <duckdb.h>\n", "may not stand in a public header"),
        ("src/base/a.cpp", '#include "../net/net.h"\n', "by its path from src/"),
        ("src/base/a.cpp", "// TO" + "DO later\n", "no such marks"),
        ("src/other/a.cpp", "", "has no place in MAY_INCLUDE"),
        (
            "src/base/CMakeLists.txt",
            "openbricks_module(base SOURCES a.cpp DEPENDS net)",
            "'base' may not depend on 'net'",
        ),
    ],
)
def test_finds(tmp_path: Path, name: str, content: str, finding: str) -> None:
    problems = tree(tmp_path, {name: content})
    assert len(problems) == 1 and finding in problems[0], problems


def test_accepts_what_is_allowed(tmp_path: Path) -> None:
    assert (
        tree(
            tmp_path,
            {
                "src/query/a.cpp": '#include "catalog/catalog.h"\n#include "query/parts.h"\n',
                "src/catalog/a.cpp": '#include "delta/schema.h"\n#include "base/ids.h"\n',
                "src/net/a.cpp": "#include <boost/beast/http.hpp>\n",
                "src/engine/a.cpp": "#include <duckdb.h>\n",
                "src/catalog/a_test.cpp": '#include "delta/test_tables.h"\n',
                "src/catalog/testing.h": '#include "delta/testing.h"\n',
            },
        )
        == []
    )


def test_long_files_warn(tmp_path: Path) -> None:
    tree(tmp_path, {})
    (tmp_path / "src/base/long.cpp").write_text("\n" * 501)
    report = check_layers.check(tmp_path)
    assert report.problems == [] and "501 lines" in report.warnings[0]
