"""Delta tables and views by name, and tables made from files, DataFrames and Arrow."""

from __future__ import annotations

import os
import tempfile
import uuid
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    Dict,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    Union,
)

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import types as at

from . import models
from ._parameters import quoted
from ._session import segment
from .errors import AlreadyExists, DataError, Error, InterfaceError, NotFound
from .files import BytesProgress, Files

if TYPE_CHECKING:
    from .client import Volumes
    from .connection import Connection

# A pandas or Polars DataFrame, a pyarrow Table, RecordBatch or RecordBatchReader, or whatever else
# gives a stream of Arrow (``__arrow_c_stream__``).
Frame = Any
Data = Union[str, "os.PathLike[str]", Frame]

_STAGING = "uploads"  # the volume where files lie while their table is made, as of the command line
_BATCH = 1 << 17  # rows


class Tables:
    """Names are ``catalog.schema.table``; what is left out is the connection's own."""

    def __init__(self, connection: "Connection", files: Files, volumes: "Volumes") -> None:
        self._connection, self._session = connection, connection.session
        self._files, self._volumes = files, volumes

    def list(
        self, schema: Optional[str] = None, *, dropped: bool = False
    ) -> List[models.TableItem]:
        """Tables and views of a schema, ``catalog.schema``; or those dropped in the last 7 days."""
        parts = (schema or f"{self._connection.catalog}.{self._connection.schema}").split(".")
        if len(parts) == 1:
            parts.insert(0, self._connection.catalog)
        if len(parts) != 2:
            raise InterfaceError(f"{schema!r} is not a schema's name: write catalog.schema.")
        path = f"catalogs/{segment(parts[0])}/schemas/{segment(parts[1])}/tables"
        items = self._session.items(path, {"dropped": dropped or None})
        return [models.decode(models.TableItem, item) for item in items]

    def get(self, name: str, version: Optional[int] = None) -> models.Table:
        """A table's columns, size and more, also as it was. Raises NotFound."""
        answer = self._session.call("GET", self._path(name), query={"version": version})
        return models.decode(models.Table, answer)

    def exists(self, name: str) -> bool:
        try:
            self.get(name)
        except NotFound:
            return False
        return True

    def create(
        self,
        name: str,
        data: Optional[Data] = None,
        *,
        columns: Sequence[models.Column] = (),
        partition_by: Sequence[str] = (),
        comment: str = "",
        location: Optional[str] = None,
        format: Optional[str] = None,  # noqa: A002 - the server's word
        options: Optional[Mapping[str, Any]] = None,
        progress: Optional[BytesProgress] = None,
    ) -> models.Table:
        """Makes a table.

        Args:
            data: a file here (CSV, JSON, Parquet), a file ``/Volumes/…`` there, a pandas or Polars
                DataFrame (its index is left out), or anything of Arrow, a stream too; None: an
                empty table of `columns`.
            columns: names and types; by default those of the data.
            partition_by: columns by which the files are kept apart.
            location: directory of an external table; the server must allow it.
            format: csv, json or parquet; by default told from the file.
            options: of the reader of CSV or JSON, such as ``{"delimiter": ";"}``.
            progress: called with bytes sent so far and in all.

        Raises:
            AlreadyExists: there is one of that name.
            DataError: a column has a type or values that a table cannot hold.
        """
        body = {"comment": comment or None, "location": location, "format": format}
        body["options"] = dict(options) if options else None  # type: ignore[assignment]
        extra: Dict[str, Any] = {k: v for k, v in body.items() if v is not None}
        if partition_by:
            extra["partition_by"] = list(partition_by)
        if columns:
            extra["columns"] = [
                {"name": c.name, "type": c.type, "nullable": c.nullable, "comment": c.comment}
                for c in columns
            ]
        return self._make(name, data, "create", extra, progress)

    def append(
        self,
        name: str,
        data: Data,
        *,
        format: Optional[str] = None,  # noqa: A002
        options: Optional[Mapping[str, Any]] = None,
        progress: Optional[BytesProgress] = None,
    ) -> models.Table:
        """Adds rows in one new version; `data` and the rest as of `create`. Raises NotFound."""
        return self._make(name, data, "append", _reader(format, options), progress)

    def overwrite(
        self,
        name: str,
        data: Data,
        *,
        format: Optional[str] = None,  # noqa: A002
        options: Optional[Mapping[str, Any]] = None,
        progress: Optional[BytesProgress] = None,
    ) -> models.Table:
        """Replaces all rows in one new version; older versions stay readable."""
        return self._make(name, data, "overwrite", _reader(format, options), progress)

    def drop(self, name: str, *, if_exists: bool = False) -> None:
        """Drops a table or view; `undrop` brings it back within 7 days."""
        try:
            self._session.call("DELETE", self._path(name))
        except NotFound:
            if not if_exists:
                raise

    def undrop(self, name: str) -> models.Table:
        """Brings the newest dropped table of that name back."""
        self._session.call("POST", self._path(name) + "/undrop")
        return self.get(name)

    def history(self, name: str, limit: int = 100) -> List[models.Version]:
        """The newest versions, newest first, at most `limit`."""
        versions: List[models.Version] = []
        before: Optional[int] = None
        while len(versions) < limit:
            query = {"limit": min(limit - len(versions), 200), "before_version": before}
            items = self._session.call("GET", self._path(name) + "/history", query=query)["items"]
            versions += [models.decode(models.Version, item) for item in items]
            if not items or versions[-1].version == 0:
                break
            before = versions[-1].version
        return versions

    def preview(self, name: str, limit: int = 100, version: Optional[int] = None) -> pa.Table:
        """The first rows as Arrow, also of an older version."""
        sql = "SELECT * FROM " + ".".join(quoted(part) for part in self._parts(name))
        if version is not None:
            sql += f" VERSION AS OF {int(version)}"
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, row_limit=limit).fetch_arrow_table()

    # --- making tables

    def _make(
        self,
        name: str,
        data: Optional[Data],
        mode: str,
        extra: Dict[str, Any],
        progress: Optional[BytesProgress],
    ) -> models.Table:
        full_name = ".".join(_dotted(part) for part in self._parts(name))
        body = {"name": full_name, "mode": mode, **extra}
        if data is None:
            return self._post(body)
        if isinstance(data, (str, os.PathLike)):
            if str(data).startswith("/Volumes/"):
                return self._post({**body, "path": str(data)})
            return self._from_local(name, Path(data), body, progress)
        with tempfile.TemporaryDirectory(prefix="openbricks-") as folder:
            file = Path(folder) / "data.parquet"
            write_parquet(data, file)
            return self._from_local(name, file, {**body, "format": "parquet"}, progress)

    def _post(self, body: Mapping[str, Any]) -> models.Table:
        return models.decode(models.Table, self._session.call("POST", "tables", body, timeout=0))

    def _from_local(
        self, name: str, local: Path, body: Dict[str, Any], progress: Optional[BytesProgress]
    ) -> models.Table:
        if not local.is_file():
            raise InterfaceError(f"There is no file {local} here.")
        catalog, schema, _ = self._parts(name)
        try:
            self._volumes.create(
                f"{catalog}.{schema}.{_STAGING}", "Files on their way into tables."
            )
        except AlreadyExists:
            pass
        folder = f"/Volumes/{catalog}/{schema}/{_STAGING}/{uuid.uuid4()}"
        try:
            staged = self._files.upload(local, f"{folder}/{local.name}", progress=progress)
            return self._post({**body, "path": staged.path})
        finally:
            self._remove_staged(folder)

    def _remove_staged(self, folder: str) -> None:
        try:
            self._files.delete_directory(folder, recursive=True)
        except Error:  # never made; or the server is gone, which the error being raised tells
            return

    def _parts(self, name: str) -> Tuple[str, str, str]:
        parts = split_name(name)
        if not 1 <= len(parts) <= 3 or not all(parts):
            raise InterfaceError(f"{name!r} is not a table's name: write catalog.schema.table.")
        own = [self._connection.catalog, self._connection.schema]
        catalog, schema, table = own[: 3 - len(parts)] + parts
        return catalog, schema, table

    def _path(self, name: str) -> str:
        catalog, schema, table = (segment(part) for part in self._parts(name))
        return f"catalogs/{catalog}/schemas/{schema}/tables/{table}"


def split_name(name: str) -> List[str]:
    """Parts between dots; a part with dots of its own stands in backticks or double quotes."""
    parts: List[str] = []
    part, at_char = "", 0
    while at_char < len(name):
        c = name[at_char]
        if c in '`"' and not part:
            close = at_char + 1
            while close < len(name):
                if name[close] == c:
                    if name[close + 1 : close + 2] != c:
                        break
                    close += 1
                part += name[close]
                close += 1
            at_char = close
        elif c == ".":
            parts.append(part)
            part = ""
        else:
            part += c
        at_char += 1
    return [*parts, part]


def _dotted(part: str) -> str:
    return "`" + part.replace("`", "``") + "`" if "." in part or "`" in part else part


def _reader(
    format: Optional[str], options: Optional[Mapping[str, Any]]
) -> Dict[str, Any]:  # noqa: A002
    body: Dict[str, Any] = {}
    if format is not None:
        body["format"] = format
    if options:
        body["options"] = dict(options)
    return body


def write_parquet(data: Frame, file: Path) -> int:
    """Writes a DataFrame or Arrow, batch by batch; returns the rows.

    Raises:
        DataError: a type or value that a Delta table has not.
        InterfaceError: `data` is not tabular.
    """
    reader = _as_reader(data)
    schema = pa.schema([f.with_type(_stored_type(f.type, f.name)) for f in reader.schema])
    if not len(schema):
        raise DataError("A table needs at least one column.")
    rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd", version="2.6") as writer:
        for batch in reader:
            table = pa.Table.from_batches([batch])
            try:
                stored = table.cast(schema)
            except pa.ArrowInvalid as error:
                raise DataError(
                    f"A value does not fit: {error}. Tables hold times to the microsecond: round "
                    "finer ones first."
                ) from error
            writer.write_table(stored, row_group_size=_BATCH)
            rows += stored.num_rows
    return rows


def _as_reader(data: Frame) -> pa.RecordBatchReader:
    if isinstance(data, pa.RecordBatchReader):
        return data
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    elif type(data).__module__.partition(".")[0] == "pandas" and hasattr(data, "columns"):
        data = pa.Table.from_pandas(data, preserve_index=False)
    elif type(data).__module__.partition(".")[0] == "polars" and hasattr(data, "collect_schema"):
        data = (data.collect() if hasattr(data, "collect") else data).to_arrow()
    if isinstance(data, pa.Table):
        return data.replace_schema_metadata(None).to_reader(max_chunksize=_BATCH)
    if hasattr(data, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(data)
    if isinstance(data, Iterator):
        return _from_batches(data)
    raise InterfaceError(
        f"A {type(data).__name__} is not tabular: pass a file's path, a DataFrame, or Arrow."
    )


def _from_batches(batches: Iterator[Any]) -> pa.RecordBatchReader:
    first = next(batches, None)
    if not isinstance(first, pa.RecordBatch):
        raise InterfaceError("An iterator has to give pyarrow.RecordBatch, at least one.")

    def chained() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return pa.RecordBatchReader.from_batches(first.schema, chained())


def _stored_type(kind: pa.DataType, name: str) -> pa.DataType:
    """What Parquet and a Delta table hold in its place."""
    if at.is_dictionary(kind):
        return _stored_type(kind.value_type, name)
    if at.is_timestamp(kind):
        return pa.timestamp("us", kind.tz)
    if at.is_large_string(kind) or str(kind) == "string_view":
        return pa.string()
    if at.is_large_binary(kind) or at.is_fixed_size_binary(kind) or str(kind) == "binary_view":
        return pa.binary()
    if at.is_float16(kind):
        return pa.float32()
    if at.is_date64(kind):
        return pa.date32()
    if at.is_list(kind) or at.is_large_list(kind) or at.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(_stored_type(kind.value_type, name)))
    if at.is_struct(kind):
        children = (kind.field(i) for i in range(kind.num_fields))
        return pa.struct([c.with_type(_stored_type(c.type, f"{name}.{c.name}")) for c in children])
    if at.is_map(kind):
        return pa.map_(_stored_type(kind.key_type, name), _stored_type(kind.item_type, name))
    if at.is_duration(kind) or at.is_interval(kind) or at.is_time(kind) or at.is_null(kind):
        raise DataError(
            f"The column {name!r} is of type {kind}, which a table cannot hold: cast it first."
        )
    return kind
