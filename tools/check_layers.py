#!/usr/bin/env python3
"""Checks the architecture: who includes whom, where heavy headers may stand, and plain style.

docs/ARCHITECTURE.md tells the reasons. Every finding is a line "file:line: what is wrong"; the exit
code is 1 when there is one. Files over 500 lines only warn.
"""

import argparse
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

# What each module may include, beside itself and what it names here. Lowest layer first; features
# (query, storage, …) never appear in each other's lists.
BELOW_FEATURES = {
    "base",
    "redis",
    "bus",
    "net",
    "db",
    "objects",
    "fetch",
    "api",
    "realtime",
    "audit",
    "mail",
    "collab",
    "relay",
    "delta",
    "engine",
    "identity",
    "workspaces",
    "notify",
    "catalog",
}
MAY_INCLUDE: dict[str, set[str]] = {
    "base": set(),
    "redis": {"base"},
    "bus": {"base", "redis"},
    "net": {"base"},
    "db": {"base"},
    "objects": {"base"},
    "fetch": {"base"},
    "api": {"base", "net"},
    "tracking": {"base", "net", "fetch", "api"},
    "realtime": {"base", "redis", "bus", "net", "api"},
    "audit": {"base", "net", "db", "api"},
    "mail": {"base", "net", "db", "api"},
    "collab": {"base", "redis", "bus", "net", "db", "api"},
    "relay": {"base", "net", "objects", "api"},
    "delta": {"base", "objects"},
    "engine": {"base", "objects", "relay", "delta"},
    "identity": {"base", "net", "db", "api", "audit", "mail"},
    "workspaces": {"base", "net", "db", "api", "audit", "mail", "identity"},
    "notify": {"base", "net", "db", "api", "mail", "identity", "workspaces"},
    "catalog": BELOW_FEATURES - {"catalog", "workspaces", "notify"},
    "gateway": {"base", "redis", "net", "db", "api", "audit", "identity"},
    "query": BELOW_FEATURES,
    "storage": BELOW_FEATURES,
    "sso": BELOW_FEATURES,
    "oauth": BELOW_FEATURES,
    "documents": BELOW_FEATURES,
    "app": BELOW_FEATURES
    | {"gateway", "query", "storage", "sso", "oauth", "documents", "tracking", "cli"},
    "cli": {"base"},
}

# A module's public headers: x/x.h, x/api.h, and these. All others are its own
# business; tests may also include each other's helpers, x/test*.h.
EXTRA_PUBLIC: dict[str, set[str]] = {
    "api": {"api/authenticator.h", "api/files.h"},
    "base": {"*"},
    "catalog": {"catalog/information_schema.h", "catalog/system_access.h"},
    "collab": {"collab/dynamo_place.h"},
    "db": {"db/usage.h"},
    "delta": {"delta/actions.h", "delta/maintenance.h", "delta/schema.h", "delta/values.h"},
    "gateway": {"gateway/cors.h", "gateway/redirect.h", "gateway/roles.h"},
    "identity": {
        "identity/accounts.h",
        "identity/authenticator.h",
        "identity/budget.h",
        "identity/caller.h",
        "identity/device_flow.h",
        "identity/external.h",
        "identity/grant_error.h",
        "identity/guard.h",
        "identity/passkeys.h",
        "identity/passwords.h",
        "identity/permissions.h",
        "identity/secrets.h",
        "identity/service_account_api.h",
        "identity/service_accounts.h",
    },
    "documents": {
        "documents/access.h",
        "documents/delta_protocol.h",
        "documents/export_api.h",
        "documents/companions.h",
    },
    "net": {"net/later.h", "net/loops.h", "net/together.h"},
    "objects": {"objects/files.h"},
    "query": {"query/saved_queries.h"},
}

# Headers that cost seconds a file: only in one module, and never in its public headers.
HEAVY = {"boost/beast": "net", "duckdb.h": "engine", "duckdb/": "engine"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
MODULE_CALL = re.compile(r"openbricks_module\(\s*(\w+)(.*?)\)", re.DOTALL)
KEYWORDS = {"SOURCES", "DEPENDS", "PRIVATE", "TESTS", "TEST_DEPENDS"}
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
SOURCES = {".cpp", ".h", ".inl", ".c"}
STYLE_SOURCES = SOURCES | {".py", ".ts", ".tsx", ".mjs", ".sh", ".css", ".cmake"}
SKIPPED = {"node_modules", "dist", "build", "third_party", ".venv", "__pycache__", "data"}
LINES = 500


@dataclass
class Report:
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def problem(self, file: Path, line: int, text: str) -> None:
        self.problems.append(f"{file}:{line}: {text}")


def modules(root: Path) -> dict[str, Path]:
    found = {f.name: f for f in sorted((root / "src").iterdir()) if f.is_dir()}
    if (root / "cli").is_dir():
        found["cli"] = root / "cli"
    return found


def is_public(module: str, header: str) -> bool:
    """x/x.h, x/api.h (a module's endpoints, for the composition root) and EXTRA_PUBLIC."""
    extra = EXTRA_PUBLIC.get(module, set())
    return header in (f"{module}/{module}.h", f"{module}/api.h") or header in extra or "*" in extra


def declared(folder: Path) -> dict[str, set[str]]:
    """What a module's CMakeLists.txt says: its dependencies, those of tests apart."""
    result: dict[str, set[str]] = {"all": set(), "tests": set()}
    file = folder / "CMakeLists.txt"
    if not file.exists():
        return result
    text = re.sub(r"#.*", "", file.read_text())
    for call in MODULE_CALL.finditer(text):
        keyword = ""
        for word in call.group(2).split():
            if word in KEYWORDS:
                keyword = word
            elif keyword == "DEPENDS":
                result["all"].add(word)
            elif keyword == "TEST_DEPENDS":
                result["tests"].add(word)
            elif keyword == "PRIVATE" and word.startswith("ob_"):
                result["all"].add(word[3:])
    for linked in re.findall(r"target_link_libraries\(\s*\w+(.*?)\)", text, re.DOTALL):
        result["all"] |= {word[3:] for word in linked.split() if word.startswith("ob_")}
    return result


def closure(start: set[str], uses: dict[str, dict[str, set[str]]]) -> set[str]:
    reached, waiting = set(), list(start)
    while waiting:
        module = waiting.pop()
        if module not in reached:
            reached.add(module)
            waiting += uses.get(module, {"all": set()})["all"]
    return reached


def check_cmake(root: Path, report: Report) -> dict[str, dict[str, set[str]]]:
    uses = {}
    for module, folder in modules(root).items():
        uses[module] = declared(folder)
        where = (folder / "CMakeLists.txt").relative_to(root)
        if module not in MAY_INCLUDE:
            report.problem(
                where, 1, f"module '{module}' has no place in MAY_INCLUDE (tools/check_layers.py)"
            )
            continue
        for other in sorted(uses[module]["all"] - MAY_INCLUDE[module] - {module}):
            report.problem(where, 1, f"'{module}' may not depend on '{other}'")
    return uses


def for_tests(file: Path) -> bool:
    """A test, or a helper of tests: x_test.cpp, testing.h, test_client.h."""
    return file.stem.endswith("_test") or file.name.startswith("test")


def check_include(
    module: str,
    file: Path,
    relative: Path,
    number: int,
    header: str,
    allowed: set[str],
    report: Report,
) -> None:
    is_test = for_tests(file)
    if ".." in header.split("/"):
        report.problem(relative, number, f"include {header} by its path from src/")
        return
    for prefix, home in HEAVY.items():
        if header.startswith(prefix):
            own_header = f"{module}/{file.name}"
            if module != home:
                report.problem(relative, number, f"<{header}> belongs into {home} only")
            elif file.suffix == ".h" and is_public(module, own_header):
                report.problem(relative, number, f"<{header}> may not stand in a public header")
    other = header.split("/")[0]
    if "/" not in header or other == module or other not in MAY_INCLUDE:
        return
    if other not in MAY_INCLUDE.get(module, set()) and not (is_test and other in allowed):
        report.problem(relative, number, f"'{module}' may not include '{other}' ({header})")
    elif other not in allowed:
        report.problem(
            relative, number, f"{header}: name '{other}' in DEPENDS of {module}/CMakeLists.txt"
        )
    elif not is_public(other, header) and not (is_test and Path(header).name.startswith("test")):
        report.problem(relative, number, f"{header} is not a public header of '{other}'")


def check_includes(root: Path, uses: dict[str, dict[str, set[str]]], report: Report) -> None:
    for module, folder in modules(root).items():
        library = closure(uses[module]["all"], uses)
        tests = library | closure(uses[module]["tests"], uses)
        for file in sorted(f for f in folder.rglob("*") if f.suffix in SOURCES):
            relative = file.relative_to(root)
            allowed = tests if for_tests(file) else library
            for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
                found = INCLUDE.match(line)
                if found:
                    check_include(module, file, relative, number, found.group(2), allowed, report)


def check_style(root: Path, report: Report) -> None:
    folders = [
        root / name for name in ("src", "cli", "web", "tests", "tools", "bench", "cmake", "sdk")
    ]
    for folder in folders:
        for file in sorted(folder.rglob("*")) if folder.is_dir() else []:
            relative = file.relative_to(root)
            if file.suffix not in STYLE_SOURCES or SKIPPED & set(relative.parts):
                continue
            if file.name == Path(__file__).name or "web/src/api" in relative.as_posix():
                continue
            lines = file.read_text(errors="replace").splitlines()
            if len(lines) > LINES:
                report.warnings.append(f"{relative}: {len(lines)} lines (is there a seam?)")
            for number, line in enumerate(lines, 1):
                if UNFINISHED.search(line):
                    report.problem(
                        relative, number, "finish it or file an issue; no such marks in code"
                    )


def check(root: Path) -> Report:
    report = Report()
    uses = check_cmake(root, report)
    check_includes(root, uses, report)
    check_style(root, report)
    return report


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--root", type=Path, default=Path(__file__).resolve().parent.parent)
    report = check(arguments.parse_args().root)
    for warning in report.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    for problem in report.problems:
        print(problem)
    sys.exit(1 if report.problems else 0)


if __name__ == "__main__":
    main()
