"""Quick ways from Arrow arrays to lists of Python values, straight from their buffers.

Each gives exactly what ``array.to_pylist()`` gives, several times sooner.
"""

from __future__ import annotations

import datetime
import sys
from typing import Any, Callable, Dict, List, Optional

import pyarrow as pa

_EPOCH = datetime.datetime(1970, 1, 1)
_EPOCH_UTC = _EPOCH.replace(tzinfo=datetime.timezone.utc)
_FIRST_DAY = datetime.date(1970, 1, 1).toordinal()

_FORMATS = {
    pa.int8(): "b",
    pa.int16(): "h",
    pa.int32(): "i",
    pa.int64(): "q",
    pa.uint8(): "B",
    pa.uint16(): "H",
    pa.uint32(): "I",
    pa.uint64(): "Q",
    pa.float32(): "f",
    pa.float64(): "d",
}


def lister(kind: pa.DataType) -> Optional[Callable[[pa.Array], List[Any]]]:
    """None: there is no quicker way than Arrow's own."""
    if sys.byteorder != "little":
        return None
    if kind in _FORMATS:
        code = _FORMATS[kind]
        return lambda array: _with_nulls(array, _numbers(array, code))
    if kind == pa.string():
        return _texts
    if kind == pa.date32():
        return _dates
    if pa.types.is_timestamp(kind) and kind.unit == "us":
        return _instants if kind.tz else _timestamps
    return None


def _numbers(array: pa.Array, code: str, buffer: int = 1, more: int = 0) -> List[Any]:
    length = len(array) + more
    raw = array.buffers()[buffer]
    if raw is None or length == 0:
        return []
    numbers: Any = memoryview(raw).cast("b")
    taken: List[Any] = numbers.cast(code)[array.offset : array.offset + length].tolist()
    return taken


def _with_nulls(array: pa.Array, values: List[Any]) -> List[Any]:
    if not array.null_count:
        return values
    valid = array.is_valid().to_pylist()
    return [value if there else None for value, there in zip(values, valid)]


def _texts(array: pa.Array) -> List[Any]:
    offsets = _numbers(array, "i", more=1)
    data = array.buffers()[2]
    if not offsets:
        return []
    first, last = offsets[0], offsets[-1]
    content = bytes(memoryview(data)[first:last]) if data is not None else b""
    ends = zip(offsets, offsets[1:])
    if content.isascii():
        text = content.decode("ascii")
        values = [text[begin - first : end - first] for begin, end in ends]
    else:
        values = [str(content[begin - first : end - first], "utf-8") for begin, end in ends]
    return _with_nulls(array, values)


def _dates(array: pa.Array) -> List[Any]:
    known: Dict[Any, Any] = {None: None}
    out = []
    for day in _with_nulls(array, _numbers(array, "i")):
        date = known.get(day)
        if date is None and day is not None:
            date = known[day] = datetime.date.fromordinal(day + _FIRST_DAY)
        out.append(date)
    return out


def _timestamps(array: pa.Array) -> List[Any]:
    return _since(_EPOCH, array)


def _instants(array: pa.Array) -> List[Any]:
    return _since(_EPOCH_UTC, array)


def _since(epoch: datetime.datetime, array: pa.Array) -> List[Any]:
    delta = datetime.timedelta
    values = _with_nulls(array, _numbers(array, "q"))
    return [None if value is None else epoch + delta(0, 0, value) for value in values]
