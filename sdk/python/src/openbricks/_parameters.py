"""Python values as parameters: JSON for the wire, and the SQL type where JSON does not tell it."""

from __future__ import annotations

import base64
import datetime
import decimal
import math
import uuid
from typing import Any, Dict, NamedTuple, Tuple

from .errors import DataError, ProgrammingError
from .types import Interval

_MAX_DEPTH = 30


class Type(NamedTuple):
    """A SQL type; DECIMAL has digits before and after the point, nested types have children."""

    name: str
    digits: int = 0
    scale: int = 0
    labels: Tuple[str, ...] = ()
    children: Tuple["Type", ...] = ()


NULL = Type("NULL")
_BIGINT, _DOUBLE = Type("BIGINT"), Type("DOUBLE")
# What the server binds from bare JSON.
_JSON_TYPES = frozenset({"NULL", "BOOLEAN", "BIGINT", "UBIGINT", "DOUBLE", "VARCHAR"})
_WHOLE = {"BIGINT": 19, "UBIGINT": 20, "HUGEINT": 38}  # decimal digits


def type_of(value: Any, depth: int = 0) -> Type:
    """Throws DataError for a value that SQL cannot take."""
    if depth > _MAX_DEPTH:
        raise DataError("A parameter is nested too deeply.")
    if _is_null(value):
        return NULL
    if isinstance(value, bool):
        return Type("BOOLEAN")
    if isinstance(value, int):
        return _whole_type(value)
    if isinstance(value, float):
        return _DOUBLE if math.isfinite(value) else Type("DOUBLE", digits=1)
    if isinstance(value, str):
        return Type("VARCHAR")
    if isinstance(value, (bytes, bytearray, memoryview)):
        return Type("BLOB")
    if isinstance(value, decimal.Decimal):
        return _decimal_type(value)
    if isinstance(value, datetime.datetime):
        if getattr(value, "nanosecond", 0):
            raise DataError("A parameter has nanoseconds, which SQL's TIMESTAMP has not: round it.")
        return Type("TIMESTAMP_NTZ" if value.utcoffset() is None else "TIMESTAMPTZ")
    if isinstance(value, datetime.date):
        return Type("DATE")
    if isinstance(value, datetime.time):
        return Type("TIME" if value.tzinfo is None else "TIMETZ")
    if isinstance(value, (datetime.timedelta, Interval)):
        return Type("INTERVAL")
    if isinstance(value, uuid.UUID):
        return Type("UUID")
    if isinstance(value, (list, tuple)):
        element = NULL
        for item in value:
            element = merge(element, type_of(item, depth + 1))
        return Type("LIST", children=(element,))
    if isinstance(value, dict):
        return _struct_type(value, depth)
    plain = _plain(value)
    if plain is not value:
        return type_of(plain, depth)
    raise ProgrammingError(f"A {type(value).__name__} cannot be a parameter.")


def merge(a: Type, b: Type) -> Type:
    """The type that holds both; throws DataError where there is none."""
    if a == b or b.name == "NULL":
        return a
    if a.name == "NULL":
        return b
    if a.name == b.name:
        if a.name == "DECIMAL":
            return _decimal(max(a.digits, b.digits), max(a.scale, b.scale))
        if a.name == "DOUBLE":
            return Type("DOUBLE", digits=1)
        if a.labels != b.labels:
            raise DataError("The dicts in a list must have the same keys in one order.")
        children = tuple(merge(x, y) for x, y in zip(a.children, b.children))
        return a._replace(children=children)
    if a.name in _WHOLE and b.name in _WHOLE:
        return Type("HUGEINT")
    numbers = {"DOUBLE", "DECIMAL", *_WHOLE}
    if a.name not in numbers or b.name not in numbers:
        raise DataError(f"One list or column has values of {a.name} and of {b.name}.")
    if "DOUBLE" in (a.name, b.name):
        return Type("DOUBLE", digits=1 if "DECIMAL" in (a.name, b.name) else a.digits | b.digits)
    whole, other = (a, b) if a.name in _WHOLE else (b, a)
    return _decimal(max(_WHOLE[whole.name], other.digits), other.scale)


def encode(value: Any, kind: Type, as_text: bool = False) -> Any:
    """The JSON of a value; as text where `kind` is not one that JSON tells."""
    if _is_null(value):
        return None
    value = _plain(value)
    as_text = as_text or not is_json(kind)
    if isinstance(value, (list, tuple)) and not isinstance(value, Interval):
        if kind.children[0].name == "NULL":  # an array without a type cannot be bound
            return "[" + ", ".join("NULL" for _ in value) + "]"
        return [encode(item, kind.children[0], as_text) for item in value]
    if isinstance(value, dict):
        return {k: encode(v, c, as_text) for (k, v), c in zip(value.items(), kind.children)}
    if isinstance(value, str):
        return _text(value)
    if not as_text:
        return float(value) if kind.name == "DOUBLE" and isinstance(value, int) else value
    return _scalar_text(value)


def is_json(kind: Type) -> bool:
    """Whether the server binds bare JSON as this very type."""
    if kind.name == "LIST" and kind.children[0].name == "NULL":
        return False
    if kind.name in ("LIST", "STRUCT"):
        return all(is_json(child) for child in kind.children)
    return kind.name in _JSON_TYPES and not kind.digits


def sql_type(kind: Type) -> str:
    """Its spelling in a CAST."""
    if kind.name == "DECIMAL":
        return f"DECIMAL({max(kind.digits + kind.scale, 1)},{kind.scale})"
    if kind.name == "LIST":
        return sql_type(kind.children[0]) + "[]"
    if kind.name == "STRUCT":
        fields = zip(kind.labels, kind.children)
        return "STRUCT(" + ", ".join(f"{quoted(n)} {sql_type(c)}" for n, c in fields) + ")"
    return "VARCHAR" if kind.name == "NULL" else kind.name


def wrap(placeholder: str, kind: Type) -> str:
    """The expression that gives the parameter its type; the value itself stays outside the SQL."""
    if is_json(kind):
        return placeholder
    if kind.name == "BLOB":
        return f"from_base64({placeholder})"
    return f"CAST({placeholder} AS {sql_type(kind)})"


def encode_top(value: Any, kind: Type) -> Any:
    """As encode(), for a value that `wrap` stands around."""
    if kind.name == "BLOB" and not _is_null(value):
        return base64.b64encode(bytes(value)).decode("ascii")
    return encode(value, kind)


def quoted(name: str) -> str:
    """A name between double quotes, with those inside it doubled."""
    if "\0" in name or not name:
        raise ProgrammingError("A name is empty or holds a zero character.")
    return '"' + _text(name).replace('"', '""') + '"'


def _is_null(value: Any) -> bool:
    # pandas' NaT is a datetime that differs from itself; its NA refuses to be compared.
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return False


def _plain(value: Any) -> Any:
    """A NumPy scalar as Python's own; others as they are."""
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        plain = value.item()
        if str(value.dtype).startswith(("datetime64", "timedelta64")) and isinstance(plain, int):
            raise DataError(f"A {value.dtype} parameter does not fit: cast it to microseconds.")
        return plain
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return value.tolist()
    return value


def _whole_type(value: int) -> Type:
    if -(2**63) <= value < 2**63:
        return _BIGINT
    if 0 <= value < 2**64:
        return Type("UBIGINT")
    if -(2**127) <= value < 2**127:
        return Type("HUGEINT")
    if 0 <= value < 2**128:
        return Type("UHUGEINT")
    raise DataError("A whole number has more than 128 bits.")


def _decimal(digits: int, scale: int) -> Type:
    if digits + scale > 38:
        raise DataError(
            f"A DECIMAL with {digits} digits before the point and {scale} after it has more than "
            "the 38 that SQL allows: round it, or pass floats."
        )
    return Type("DECIMAL", digits, scale)


def _decimal_type(value: decimal.Decimal) -> Type:
    if not value.is_finite():
        raise DataError("A DECIMAL cannot be NaN or infinite: pass a float.")
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if exponent >= 0:
        return _decimal(len(digits) + exponent if value else 1, 0)
    return _decimal(max(len(digits) + exponent, 0), -exponent)


def _struct_type(value: Dict[Any, Any], depth: int) -> Type:
    if not value:
        raise DataError("An empty dict cannot be a parameter.")
    if not all(isinstance(key, str) for key in value):
        raise DataError("The keys of a dict that is a parameter must be strings.")
    children = tuple(type_of(item, depth + 1) for item in value.values())
    return Type("STRUCT", labels=tuple(value), children=children)


def _text(value: str) -> str:
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise DataError(f"A text is not valid Unicode: {error.reason}.") from None
    return str(value)


def _scalar_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        offset = value.utcoffset()
        if offset is None:
            return value.isoformat(" ")
        # Subtracted, not converted: the first and last hours of Python's calendar stay possible.
        shifted = value.replace(tzinfo=None) - offset
        return shifted.isoformat(" ") + "+00"
    if isinstance(value, datetime.time) and value.tzinfo is not None and value.utcoffset() is None:
        raise DataError("A time's zone depends on its date: give it a fixed offset.")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return f"{value.days} days {value.seconds} seconds {value.microseconds} microseconds"
    if isinstance(value, Interval):
        return f"{value.months} months {value.days} days {value.microseconds} microseconds"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "".join(f"\\x{byte:02X}" for byte in bytes(value))
    if isinstance(value, float):
        return "NaN" if math.isnan(value) else repr(value)
    return str(value)


Encoded = Tuple[Any, Type]


def encode_parameter(value: Any) -> Encoded:
    """`(JSON, type)` of one parameter."""
    kind = type_of(value)
    value = _plain(value)
    return encode_top(value, kind), kind
