"""The little that a client must know of SQL: where the parameters stand, and how it begins.

Values are never written into a statement: they travel beside it. Only types are written around a
placeholder, where JSON cannot tell a value's type: ``CAST(? AS DATE)``.
"""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from ._parameters import Type, encode_parameter, encode_top, merge, type_of, wrap
from .errors import DataError, ProgrammingError

Parameters = Union[Sequence[Any], Mapping[str, Any]]

_WORD = "[A-Za-z_\x80-\U0010ffff]"
_TOKEN = re.compile(
    rf"""(?P<space>[\s\ufeff]+|--[^\r\n]*)
    |(?P<comment>/\*)
    |(?P<text>[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`)
    |(?P<parameter>\$\d+|\?\d*|\$(?:{_WORD}|\d)+(?!\$|{_WORD}|\d))
    |(?P<dollar>\$(?:{_WORD}|\d)*\$)
    |(?P<word>{_WORD}(?:{_WORD}|[\d$])*)
    |(?P<number>(?:\d|\.\d)[\w.]*)
    |(?P<symbol>::|:=|\|\||<=|>=|<>|!=|==|->>|->|\*\*|//|.)""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT_PART = re.compile(r"/\*|\*/")
# After these a value begins, so that `:name` is a parameter and no slice, cast or field.
_BEFORE_VALUE = frozenset(
    "= < > <= >= <> != == + - * / % || // ** ( , select where and or not like ilike between limit "
    "offset when then else having on in values set by case using".split()
)
# Rows of one INSERT that executemany sends: bounds on its text and its values.
_MERGED_VALUES, _MERGED_BYTES = 20_000, 512 * 1024


class Token(NamedTuple):
    kind: str
    text: str
    begin: int
    end: int


def tokens(sql: str) -> Iterator[Token]:
    """All but spaces and comments. What has no end runs to the statement's: the server refuses it."""
    at = 0
    while at < len(sql):
        found = _TOKEN.match(sql, at)
        assert found is not None  # the last symbol is any character
        kind, begin, at = found.lastgroup or "", at, found.end()
        if kind == "comment":
            at = _comment_end(sql, at)
        elif kind == "dollar":
            close = sql.find(found.group(), at)
            at = len(sql) if close < 0 else close + len(found.group())
            yield Token("text", sql[begin:at], begin, at)
        elif kind != "space":
            yield Token(kind, found.group(), begin, at)


def _comment_end(sql: str, at: int) -> int:
    depth = 1
    while depth:
        found = _COMMENT_PART.search(sql, at)
        if found is None:
            return len(sql)
        depth += 1 if found.group() == "/*" else -1
        at = found.end()
    return at


def first_word(sql: str) -> str:
    """In upper case; empty when the statement begins with something else."""
    for token in tokens(sql):
        if token.text == "(":
            continue
        return token.text.upper() if token.kind == "word" else ""
    return ""


class Placeholder(NamedTuple):
    begin: int
    end: int
    key: Union[int, str]  # position from 0, or name


def placeholders(sql: str) -> List[Placeholder]:
    found: List[Placeholder] = []
    asked = 0
    before = last = Token("symbol", "", 0, 0)
    for token in tokens(sql):
        if token.kind == "parameter":
            name = token.text[1:]
            if not name:  # a bare ?
                found.append(Placeholder(token.begin, token.end, asked))
                asked += 1
            else:
                key: Union[int, str] = int(name) - 1 if name.isdigit() else name
                found.append(Placeholder(token.begin, token.end, key))
        elif (
            token.kind == "word"
            and last.text == ":"
            and last.end == token.begin
            and before.text.lower() in _BEFORE_VALUE
        ):
            found.append(Placeholder(last.begin, token.end, token.text))
        before, last = last, token
    return found


def bind(sql: str, parameters: Optional[Parameters]) -> Tuple[str, Any]:
    """The statement with its types, and the parameters as JSON values (None: there are none)."""
    if parameters is None:
        return sql, None
    if isinstance(parameters, Mapping):
        if not all(isinstance(key, str) for key in parameters):
            raise ProgrammingError("The names of parameters must be strings.")
        encoded = {key: encode_parameter(value) for key, value in parameters.items()}
        kinds: Dict[Union[int, str], Type] = {key: kind for key, (_, kind) in encoded.items()}
        values: Any = {key: value for key, (value, _) in encoded.items()}
    elif isinstance(parameters, Sequence) and not isinstance(parameters, (str, bytes, bytearray)):
        listed = [encode_parameter(value) for value in parameters]
        kinds = {i: kind for i, (_, kind) in enumerate(listed)}
        values = [value for value, _ in listed]
    else:
        raise ProgrammingError(
            "Parameters are a sequence for ? and $1, or a mapping for :name and $name, not "
            f"{type(parameters).__name__}."
        )
    if not values:
        return sql, None
    if all(wrap("", kind) == "" for kind in kinds.values()):
        return sql, values
    out: List[str] = []
    at = 0
    for place in placeholders(sql):
        kind = kinds.get(place.key)
        if kind is not None:
            out += [sql[at : place.begin], wrap(sql[place.begin : place.end], kind)]
            at = place.end
    return "".join(out) + sql[at:], values


class Insert(NamedTuple):
    """``INSERT … VALUES (…)`` cut so that its one row can be repeated."""

    head: str
    pieces: List[str]  # of the row, between the placeholders
    keys: List[Union[int, str]]


def as_insert(sql: str) -> Optional[Insert]:
    """None when the statement is not an INSERT of one row with all its placeholders in it."""
    found = list(tokens(sql))
    if found and found[-1].text == ";":
        found.pop()
    if not found or found[0].text.upper() != "INSERT" or found[-1].text != ")":
        return None
    depth, start = 0, -1
    for i in range(len(found) - 1, -1, -1):
        if found[i].kind != "symbol":
            continue
        depth += {")": 1, "(": -1}.get(found[i].text, 0)
        if depth == 0:
            start = i
            break
    if start < 1 or found[start - 1].kind != "word" or found[start - 1].text.upper() != "VALUES":
        return None
    begin, end = found[start].begin, found[-1].end
    places = placeholders(sql)
    if not places or any(place.begin < begin for place in places):
        return None
    pieces, at = [], begin
    for place in places:
        pieces.append(sql[at : place.begin])
        at = place.end
    pieces.append(sql[at:end])
    return Insert(sql[:begin], pieces, [place.key for place in places])


def merged_inserts(
    insert: Insert, rows: Iterator[Parameters]
) -> Iterator[Tuple[str, List[Any], int]]:
    """`(statement, parameters, rows)`: as many rows a statement as are sure to fit."""
    pending: List[List[Any]] = []
    kinds: List[Type] = []
    text_bytes = sum(len(piece.encode("utf-8")) for piece in insert.pieces)
    bytes_so_far = 0
    for row in rows:
        values = _row_values(insert, row)
        own = [type_of(value) for value in values]
        size = text_bytes + len(values) * 60 + _value_bytes(values)
        full = (len(pending) + 1) * len(values) > _MERGED_VALUES
        try:
            both = own if not pending else [merge(a, b) for a, b in zip(kinds, own)]
        except DataError:  # as statements of their own each is for the server to judge
            full, both = True, own
        if pending and (full or bytes_so_far + size > _MERGED_BYTES):
            yield _insert_of(insert, pending, kinds)
            pending, bytes_so_far, both = [], 0, own
        pending.append(values)
        kinds = both
        bytes_so_far += size
    if pending:
        yield _insert_of(insert, pending, kinds)


def _row_values(insert: Insert, row: Parameters) -> List[Any]:
    try:
        if isinstance(row, Mapping):
            used = {str(key) for key in insert.keys}
            surplus = set(row) - used
            values = [row[key] for key in insert.keys]  # type: ignore[index]
        else:
            surplus = set(range(len(row))) - set(insert.keys)  # type: ignore[assignment]
            values = [row[key] for key in insert.keys]  # type: ignore[index]
    except (KeyError, IndexError, TypeError) as error:
        raise ProgrammingError(f"A row has no value for the parameter {error}.") from None
    if surplus:
        raise ProgrammingError(f"The statement has no parameter {sorted(surplus, key=str)[0]}.")
    return values


def _value_bytes(values: List[Any]) -> int:
    total = 0
    for value in values:
        if isinstance(value, (str, bytes)):
            total += len(value) * 2
        elif isinstance(value, (list, dict, tuple)):
            total += len(json.dumps(value, default=str))
        else:
            total += 24
    return total


def _insert_of(
    insert: Insert, rows: List[List[Any]], kinds: List[Type]
) -> Tuple[str, List[Any], int]:
    count = len(kinds)
    texts: List[str] = []
    values: List[Any] = []
    for r, row in enumerate(rows):
        parts = []
        for i, piece in enumerate(insert.pieces[:-1]):
            parts += [piece, wrap(f"${r * count + i + 1}", kinds[i])]
        parts.append(insert.pieces[-1])
        texts.append("".join(parts))
        values += [encode_top(_value, kind) for _value, kind in zip(row, kinds)]
    return insert.head + ",\n".join(texts), values, len(rows)
