"""Arrow batches as Python rows, exactly; and the SQL types of Arrow fields."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, Callable, List, Optional, Tuple

import pyarrow as pa
from pyarrow import types as at

from ._fast import lister
from .errors import DataError
from .types import Interval

Row = Tuple[Any, ...]
# (name, type_code, display_size, internal_size, precision, scale, null_ok)
Description = Tuple[str, str, None, Optional[int], Optional[int], Optional[int], Optional[bool]]
_Convert = Callable[[Any], Any]
_UTC = datetime.timezone.utc

_NAMES = {
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
    pa.uint64(): "UBIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.date32(): "DATE",
    pa.time64("us"): "TIME",
    pa.time64("ns"): "TIME_NS",
    pa.timestamp("s"): "TIMESTAMP_S",
    pa.timestamp("ms"): "TIMESTAMP_MS",
    pa.timestamp("us"): "TIMESTAMP",
    pa.timestamp("ns"): "TIMESTAMP_NS",
    pa.month_day_nano_interval(): "INTERVAL",
    pa.binary(): "BLOB",
    pa.string(): "VARCHAR",
    pa.null(): "NULL",
}


def sql_type(field: pa.Field) -> str:
    """The type as SQL spells it: ``DECIMAL(10,2)``, ``INTEGER[]``, ``STRUCT(a DATE)``."""
    told = (field.metadata or {}).get(b"sql_type")
    if told:
        return str(told.decode())
    kind = field.type
    if at.is_decimal(kind):
        return f"DECIMAL({kind.precision},{kind.scale})"
    if at.is_timestamp(kind) and kind.tz:
        return "TIMESTAMP WITH TIME ZONE"
    if at.is_fixed_size_list(kind):
        return f"{sql_type(kind.value_field)}[{kind.list_size}]"
    if at.is_list(kind):
        return sql_type(kind.value_field) + "[]"
    if at.is_map(kind):
        return f"MAP({sql_type(kind.key_field)}, {sql_type(kind.item_field)})"
    if at.is_struct(kind):
        fields = (kind.field(i) for i in range(kind.num_fields))
        return "STRUCT(" + ", ".join(f"{f.name} {sql_type(f)}" for f in fields) + ")"
    return _NAMES.get(kind, str(kind).upper())


def describe(schema: pa.Schema) -> List[Description]:
    out: List[Description] = []
    for field in schema:
        kind = field.type
        precision = kind.precision if at.is_decimal(kind) else None
        scale = kind.scale if at.is_decimal(kind) else None
        fixed = at.is_primitive(kind) and not at.is_boolean(kind)
        size = kind.bit_width // 8 if fixed else None
        out.append((field.name, sql_type(field), None, size, precision, scale, field.nullable))
    return out


class RowMaker:
    """Turns batches of one schema into tuples."""

    def __init__(self, schema: pa.Schema) -> None:
        self._names = schema.names
        self._targets = [_without_nanoseconds(field.type) for field in schema]
        self._kinds = [field.type for field in schema]
        self._listers = [lister(kind) for kind in self._targets]
        self._converts = [
            # Instants come quickly in Python's own UTC; only nested ones are converted.
            None if at.is_timestamp(field.type) and self._listers[i] else _converter(field)
            for i, field in enumerate(schema)
        ]

    def rows(self, batch: pa.RecordBatch) -> List[Row]:
        """Raises DataError for a value that no Python type holds, naming its column."""
        if not self._kinds:
            return [()] * int(batch.num_rows)
        columns = []
        for i, array in enumerate(batch.columns):
            try:
                columns.append(self._column(i, array))
            except (ValueError, OverflowError, pa.ArrowException) as error:
                raise DataError(
                    f"The column {self._names[i]!r} has a value that Python cannot hold: {error}. "
                    "Fetch it as Arrow, or cast it to VARCHAR."
                ) from error
        return list(zip(*columns))

    def _column(self, i: int, array: pa.Array) -> List[Any]:
        target = self._targets[i]
        if target is not self._kinds[i]:
            array = array.cast(target)  # refuses to cut nanoseconds off
        quick, convert = self._listers[i], self._converts[i]
        values: List[Any] = array.to_pylist() if quick is None else quick(array)
        if convert is None:
            return values
        return [None if value is None else convert(value) for value in values]


def _without_nanoseconds(kind: pa.DataType) -> pa.DataType:
    """The same object when nothing changes."""
    if at.is_timestamp(kind):
        return kind if kind.unit != "ns" else pa.timestamp("us", kind.tz)
    if at.is_time64(kind):
        return kind if kind.unit != "ns" else pa.time64("us")
    if at.is_map(kind):
        key, item = _without_nanoseconds(kind.key_type), _without_nanoseconds(kind.item_type)
        return kind if key is kind.key_type and item is kind.item_type else pa.map_(key, item)
    if at.is_list(kind) or at.is_fixed_size_list(kind):
        field = kind.value_field
        inner = _without_nanoseconds(field.type)
        if inner == field.type:
            return kind
        size = kind.list_size if at.is_fixed_size_list(kind) else -1
        return pa.list_(field.with_type(inner), size)
    if at.is_struct(kind):
        fields = [kind.field(i) for i in range(kind.num_fields)]
        inners = [_without_nanoseconds(f.type) for f in fields]
        if all(inner == f.type for inner, f in zip(inners, fields)):
            return kind
        return pa.struct([f.with_type(inner) for f, inner in zip(fields, inners)])
    return kind


def _converter(field: pa.Field) -> Optional[_Convert]:
    """From what Arrow makes of a value to ours; None: it is right already."""
    kind = field.type
    told = sql_type(field)
    if told in ("HUGEINT", "UHUGEINT"):
        return int
    if told == "UUID":
        return uuid.UUID
    if told == "TIME WITH TIME ZONE":
        return _zoned_time
    if at.is_interval(kind):
        return _interval
    if at.is_timestamp(kind) and kind.tz:  # in nested types
        return _in_utc
    if at.is_map(kind):
        return _map_converter(kind)
    if at.is_list(kind) or at.is_fixed_size_list(kind):
        element = _converter(kind.value_field)
        if element is None:
            return None
        return lambda values: [None if v is None else element(v) for v in values]
    if at.is_struct(kind):
        converts = {}
        for i in range(kind.num_fields):
            convert = _converter(kind.field(i))
            if convert is not None:
                converts[kind.field(i).name] = convert
        if not converts:
            return None
        return lambda value: {
            k: converts[k](v) if v is not None and k in converts else v for k, v in value.items()
        }
    return None


def _map_converter(kind: pa.DataType) -> _Convert:
    """A dict, or pairs where the keys cannot be a dict's."""
    key, item = _converter(kind.key_field), _converter(kind.item_field)

    def pairs(value: Any) -> List[Tuple[Any, Any]]:
        return [
            (k if key is None else key(k), v if item is None or v is None else item(v))
            for k, v in value
        ]

    if at.is_nested(kind.key_type):
        return pairs
    return lambda value: dict(pairs(value))


def _interval(value: Any) -> Any:
    if value.months == 0:
        return datetime.timedelta(days=value.days, microseconds=value.nanoseconds // 1000)
    return Interval(value.months, value.days, value.nanoseconds // 1000)


def _in_utc(value: datetime.datetime) -> datetime.datetime:
    return value.astimezone(_UTC)


def _zoned_time(text: str) -> datetime.time:
    """``12:00:00.5+02:30``, whose seconds and minutes may be left out."""
    at_sign = max(text.rfind("+"), text.rfind("-"))
    clock, zone = text[:at_sign], text[at_sign + 1 :].split(":")
    hours, minutes, seconds = clock.split(":")
    whole, _, fraction = seconds.partition(".")
    parts = [int(part) for part in zone] + [0, 0]
    offset = datetime.timedelta(hours=parts[0], minutes=parts[1], seconds=parts[2])
    return datetime.time(
        int(hours),
        int(minutes),
        int(whole),
        int((fraction + "000000")[:6]),
        datetime.timezone(offset if text[at_sign] == "+" else -offset),
    )


def whole_where_it_fits(table: pa.Table) -> pa.Table:
    """HUGEINT columns (sums of whole numbers) as 64-bit ones, where all values fit."""
    for i, field in enumerate(table.schema):
        if sql_type(field) == "HUGEINT":
            try:
                column = table.column(i).cast(pa.int64())
            except pa.ArrowInvalid:
                continue
            table = table.set_column(i, field.name, column)
    return table
