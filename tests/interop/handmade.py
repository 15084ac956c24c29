"""Delta tables made by hand, for what delta-rs does not write: deletion vectors, column mapping,
V2 and multi-part checkpoints, foreign features. After the Delta Transaction Log Protocol."""

from __future__ import annotations

import json
import struct
import uuid
import zlib
from pathlib import Path
from typing import Any, Iterable

import pyarrow as pa
import pyarrow.parquet as pq

Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
MAGIC = 1681511377


def z85(data: bytes) -> str:
    """Base85 in ZeroMQ's alphabet (RFC 32/Z85); the data is padded to 4 bytes."""
    data += b"\0" * (-len(data) % 4)
    out = []
    for (word,) in struct.iter_unpack(">I", data):
        digits = []
        for _ in range(5):
            word, digit = divmod(word, 85)
            digits.append(Z85[digit])
        out.extend(reversed(digits))
    return "".join(out)


def bitmap(rows: Iterable[int]) -> bytes:
    """A RoaringBitmapArray in the portable format, of array containers and bitmap containers."""
    high: dict[int, dict[int, list[int]]] = {}
    for row in sorted(set(rows)):
        high.setdefault(row >> 32, {}).setdefault((row >> 16) & 0xFFFF, []).append(row & 0xFFFF)
    out = struct.pack("<iQ", MAGIC, len(high))
    for key, containers in high.items():
        out += struct.pack("<I", key) + struct.pack("<II", 12346, len(containers))
        bodies = []
        for container, values in containers.items():
            out += struct.pack("<HH", container, len(values) - 1)
            if len(values) <= 4096:
                bodies.append(struct.pack(f"<{len(values)}H", *values))
            else:
                bits = bytearray(8192)
                for value in values:
                    bits[value >> 3] |= 1 << (value & 7)
                bodies.append(bytes(bits))
        offset = 8 + 8 * len(containers)
        for body in bodies:
            out += struct.pack("<I", offset)
            offset += len(body)
        out += b"".join(bodies)
    return out


def inline_vector(rows: list[int]) -> dict[str, Any]:
    data = bitmap(rows)
    return {
        "storageType": "i",
        "pathOrInlineDv": z85(data),
        "sizeInBytes": len(data),
        "cardinality": len(set(rows)),
    }


def stored_vectors(table: Path, several: list[list[int]], prefix: str = "") -> list[dict[str, Any]]:
    """One file with a vector for each list of rows; gives their descriptors."""
    name = uuid.uuid4()
    file = table / prefix / f"deletion_vector_{name}.bin"
    file.parent.mkdir(parents=True, exist_ok=True)
    content, found = b"\x01", []
    for rows in several:
        data = bitmap(rows)
        found.append(
            {
                "storageType": "u",
                "pathOrInlineDv": prefix + z85(name.bytes),
                "offset": len(content),
                "sizeInBytes": len(data),
                "cardinality": len(set(rows)),
            }
        )
        content += struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data))
    file.write_bytes(content)
    return found


def primitive(name: str, kind: Any, nullable: bool = True, **metadata: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "nullable": nullable, "metadata": metadata}


def mapped(name: str, kind: Any, physical: str, number: int) -> dict[str, Any]:
    keys = {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": physical}
    return primitive(name, kind, **keys)


class Table:
    """A directory with data files and a log, written commit by commit."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.log = root / "_delta_log"
        self.log.mkdir(parents=True)
        self.version = -1

    def data(self, table: pa.Table, path: str = "", **more: Any) -> dict[str, Any]:
        """Writes a Parquet file; gives its add action."""
        path = path or f"part-{uuid.uuid4()}.parquet"
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, file)
        add = {
            "path": path,
            "partitionValues": {},
            "size": file.stat().st_size,
            "modificationTime": 1_700_000_000_000,
            "dataChange": True,
            "stats": json.dumps({"numRecords": table.num_rows}),
        }
        return {"add": add | more}

    def commit(self, *actions: dict[str, Any], operation: str = "WRITE") -> int:
        self.version += 1
        info = {
            "commitInfo": {"timestamp": 1_700_000_000_000 + self.version, "operation": operation}
        }
        lines = [json.dumps(action) for action in (info, *actions)]
        (self.log / f"{self.version:020}.json").write_text("\n".join(lines) + "\n")
        return self.version


def protocol(
    reader: int = 1, writer: int = 2, features: list[str] | None = None, **only: list[str]
):
    action: dict[str, Any] = {"minReaderVersion": reader, "minWriterVersion": writer}
    if reader >= 3:
        action["readerFeatures"] = features or []
    if writer >= 7:
        action["writerFeatures"] = (features or []) + only.get("writer_only", [])
    return {"protocol": action}


def metadata(fields: list[dict[str, Any]], partitions: tuple[str, ...] = (), **configuration: str):
    return {
        "metaData": {
            "id": str(uuid.uuid4()),
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": fields}),
            "partitionColumns": list(partitions),
            "configuration": {k.replace("__", "."): v for k, v in configuration.items()},
            "createdTime": 1_700_000_000_000,
        }
    }


# --- checkpoints, made out of a classic one


def classic_checkpoint(table: Path) -> tuple[int, Path]:
    files = sorted((table / "_delta_log").glob("*.checkpoint.parquet"))
    assert files, "the table has no classic checkpoint"
    return int(files[-1].name.split(".")[0]), files[-1]


def forget_commits(table: Path, up_to: int) -> None:
    """Removes the JSON commits that a checkpoint stands for, so that readers depend on it."""
    for file in (table / "_delta_log").glob("*.json"):
        if file.stem.isdigit() and int(file.stem) <= up_to:
            file.unlink()


def split_checkpoint(table: Path, parts: int) -> int:
    """Replaces the classic checkpoint by one in several parts. Gives its version."""
    version, file = classic_checkpoint(table)
    rows = pq.read_table(file)
    step = -(-rows.num_rows // parts)
    for part in range(parts):
        name = f"{version:020}.checkpoint.{part + 1:010}.{parts:010}.parquet"
        pq.write_table(rows.slice(part * step, step), file.with_name(name))
    file.unlink()
    last = {"version": version, "size": rows.num_rows, "parts": parts}
    (table / "_delta_log/_last_checkpoint").write_text(json.dumps(last))
    return version


def v2_checkpoint(table: Path, sidecars: int, as_json: bool) -> int:
    """Replaces the classic checkpoint by a V2 one with sidecar files. Gives its version."""
    version, file = classic_checkpoint(table)
    rows = pq.read_table(file)
    columns = rows.column_names
    is_file = pa.array(
        [
            (rows["add"][i].is_valid if "add" in columns else False)
            or (rows["remove"][i].is_valid if "remove" in columns else False)
            for i in range(rows.num_rows)
        ]
    )
    files = rows.filter(is_file).select([c for c in ("add", "remove") if c in columns])
    folder = table / "_delta_log/_sidecars"
    folder.mkdir()
    manifest: list[dict[str, Any]] = [{"checkpointMetadata": {"version": version}}]
    step = max(1, -(-files.num_rows // sidecars))
    for start in range(0, files.num_rows, step):
        sidecar = folder / f"{uuid.uuid4()}.parquet"
        pq.write_table(files.slice(start, step), sidecar)
        manifest.append(
            {
                "sidecar": {
                    "path": sidecar.name,
                    "sizeInBytes": sidecar.stat().st_size,
                    "modificationTime": 1_700_000_000_000,
                }
            }
        )
    for row in rows.filter(pa.compute.invert(is_file)).to_pylist():
        for kind, action in row.items():
            if action is None or kind in ("add", "remove"):
                continue
            if kind == "protocol":
                action = protocol(3, 7, ["v2Checkpoint"])["protocol"]
            if kind == "metaData":
                action = dict(action)
                action["configuration"] = dict(action["configuration"] or [])
                action["format"] = {"provider": "parquet", "options": {}}
            manifest.append({kind: {k: v for k, v in action.items() if v is not None}})
    name = f"{version:020}.checkpoint.{uuid.uuid4()}"
    if as_json:
        text = "\n".join(json.dumps(action) for action in manifest) + "\n"
        file.with_name(name + ".json").write_text(text)
    else:
        pq.write_table(manifest_table(manifest), file.with_name(name + ".parquet"))
    file.unlink()
    (table / "_delta_log/_last_checkpoint").unlink(missing_ok=True)
    return version


def manifest_table(manifest: list[dict[str, Any]]) -> pa.Table:
    text = pa.map_(pa.string(), pa.string())
    schema = pa.schema(
        {
            "checkpointMetadata": pa.struct({"version": pa.int64()}),
            "sidecar": pa.struct(
                {"path": pa.string(), "sizeInBytes": pa.int64(), "modificationTime": pa.int64()}
            ),
            "protocol": pa.struct(
                {
                    "minReaderVersion": pa.int32(),
                    "minWriterVersion": pa.int32(),
                    "readerFeatures": pa.list_(pa.string()),
                    "writerFeatures": pa.list_(pa.string()),
                }
            ),
            "metaData": pa.struct(
                {
                    "id": pa.string(),
                    "name": pa.string(),
                    "description": pa.string(),
                    "format": pa.struct({"provider": pa.string(), "options": text}),
                    "schemaString": pa.string(),
                    "partitionColumns": pa.list_(pa.string()),
                    "configuration": text,
                    "createdTime": pa.int64(),
                }
            ),
            "txn": pa.struct(
                {"appId": pa.string(), "version": pa.int64(), "lastUpdated": pa.int64()}
            ),
        }
    )
    rows = []
    for action in manifest:
        row = {k: dict(v) for k, v in action.items() if k in schema.names}
        if "metaData" in row:
            row["metaData"]["configuration"] = list(row["metaData"]["configuration"].items())
            row["metaData"]["format"] = {"provider": "parquet", "options": []}
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=schema)
