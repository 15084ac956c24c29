"""Types with awkward values, and the same values as text of both SQL dialects."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

INTEGERS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
SIMPLE = [*INTEGERS, "FLOAT", "DOUBLE", "BOOLEAN", "STRING", "BINARY", "DATE", "TIMESTAMP"]
SIMPLE += ["TIMESTAMP_NTZ", "DECIMAL(5,2)", "DECIMAL(18,3)", "DECIMAL(38,10)", "DECIMAL(38,0)"]
# What both engines widen a column to by ALTER COLUMN … TYPE.
WIDER = {
    "TINYINT": ["SMALLINT", "INT", "BIGINT"],
    "SMALLINT": ["INT", "BIGINT"],
    "INT": ["BIGINT"],
    "FLOAT": ["DOUBLE"],
    "DECIMAL(5,2)": ["DECIMAL(18,3)", "DECIMAL(38,10)"],
    "DECIMAL(18,3)": ["DECIMAL(38,10)"],
}
# Names of types as DuckDB has them in expressions.
IN_DUCKDB = {
    "STRING": "VARCHAR",
    "BINARY": "BLOB",
    "TIMESTAMP": "TIMESTAMPTZ",
    "TIMESTAMP_NTZ": "TIMESTAMP",
}
TEXTS = ["", "a", "A", "ä", "é", "e\u0301", "it's", 'say "hi"', "back\\slash", "a/b=c%20d", " "]
TEXTS += [
    "tab\tand\nline",
    "日本語",
    "🦆🧱",
    "null",
    "NULL",
    "__HIVE_DEFAULT_PARTITION__x",  # without the x Spark takes it for NULL as a partition
    "x" * 40,
]
TEXTS += ["\u00ff" * 35, "\U0001f9f1" * 33, "#?&{}[]:;,", "trailing "]
FLOATS = ["0.0", "-0.0", "NaN", "Infinity", "-Infinity", "1.5", "-2.25", "16777216.0"]
DOUBLES = [*FLOATS, "5e-324", "1.7976931348623157E308", "0.1", "1e15", "-123456.789"]
DATES = ["0001-01-01", "1500-02-28", "1582-10-04", "1582-10-15", "1969-12-31", "1970-01-01"]
DATES += ["2024-02-29", "9999-12-31"]
TIMES = ["00:00:00.000000", "23:59:59.999999", "12:34:56.123456", "01:00:00.000001"]


@dataclass(frozen=True)
class Type:
    """`name` of a simple type, or `array`, `map`, `struct` of others."""

    name: str
    parts: tuple["Type", ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def simple(self) -> bool:
        return not self.parts

    def ddl(self) -> str:
        if self.simple:
            return self.name
        inner = [p.ddl() for p in self.parts]
        if self.fields:
            inner = [f"{field}: {part}" for field, part in zip(self.fields, inner)]
        return f"{self.name.upper()}<{', '.join(inner)}>"

    def duckdb(self) -> str:
        if self.simple:
            return IN_DUCKDB.get(self.name, self.name)
        inner = [p.duckdb() for p in self.parts]
        if self.name == "array":
            return f"{inner[0]}[]"
        if self.name == "map":
            return f"MAP({inner[0]}, {inner[1]})"
        return f"STRUCT({', '.join(f'{f} {i}' for f, i in zip(self.fields, inner))})"


def random_type(chance: random.Random, depth: int = 0) -> Type:
    kind = chance.random()
    if depth > 1 or kind < 0.75:
        return Type(chance.choice(SIMPLE))
    if kind < 0.84:
        return Type("array", (random_type(chance, depth + 1),))
    if kind < 0.9:
        key = Type(chance.choice(["STRING", "INT", "DATE"]))
        return Type("map", (key, random_type(chance, depth + 1)))
    names = ("a", "b", "c")[: chance.randint(1, 3)]
    return Type("struct", tuple(random_type(chance, depth + 1) for _ in names), names)


def random_value(chance: random.Random, of: Type, nulls: float = 0.15) -> Any:
    """None, or as the type's text: numbers, instants and days as strings; containers of those."""
    if chance.random() < nulls:
        return None
    if of.name == "array":
        return [random_value(chance, of.parts[0]) for _ in range(chance.randint(0, 3))]
    if of.name == "map":
        keys = {str(random_value(chance, of.parts[0], 0)) for _ in range(chance.randint(0, 3))}
        return {key: random_value(chance, of.parts[1]) for key in sorted(keys)}
    if of.name == "struct":
        return tuple(random_value(chance, part) for part in of.parts)
    if of.name in INTEGERS:
        edge = 1 << (INTEGERS[of.name] - 1)
        return str(chance.choice([0, 1, -1, 7, 42, 100, edge - 1, -edge]))
    if of.name.startswith("DECIMAL"):
        precision, scale = map(int, of.name[8:-1].split(","))
        edge = 10**precision - 1
        number = chance.choice([0, 1, -1, 105, edge, -edge, chance.randint(-edge, edge)])
        digits = str(abs(number)).rjust(scale + 1, "0")
        whole = digits[: len(digits) - scale] + ("." + digits[-scale:] if scale else "")
        return ("-" if number < 0 else "") + whole
    if of.name == "BINARY":
        return chance.choice(["", "00", "ff00fe", "61", "27225c", "c3"])
    if of.name in ("TIMESTAMP", "TIMESTAMP_NTZ"):
        return f"{chance.choice(DATES)} {chance.choice(TIMES)}"
    some = {"BOOLEAN": ["TRUE", "FALSE"], "STRING": TEXTS, "DATE": DATES}
    some |= {"FLOAT": FLOATS, "DOUBLE": DOUBLES}
    return chance.choice(some[of.name])


def text(value: str, spark: bool) -> str:
    if spark:
        value = value.replace("\\", "\\\\")
        return "'" + value.replace("'", "\\'") + "'"
    return "'" + value.replace("'", "''") + "'"


def literal(value: Any, of: Type, spark: bool) -> str:
    """The value as an expression of exactly the type."""
    name = of.ddl() if spark else of.duckdb()
    if value is None:
        return f"CAST(NULL AS {name})"
    if of.name == "array":
        inner = ", ".join(literal(v, of.parts[0], spark) for v in value)
        return f"CAST({f'array({inner})' if spark else f'[{inner}]'} AS {name})"
    if of.name == "map":
        pairs = [
            (literal(k, of.parts[0], spark), literal(v, of.parts[1], spark))
            for k, v in value.items()
        ]
        if spark:
            return f"CAST(map({', '.join(f'{k}, {v}' for k, v in pairs)}) AS {name})"
        return f"CAST(MAP {{{', '.join(f'{k}: {v}' for k, v in pairs)}}} AS {name})"
    if of.name == "struct":
        inner = [literal(v, part, spark) for v, part in zip(value, of.parts)]
        if spark:
            return (
                "named_struct("
                + ", ".join(f"{text(f, True)}, {v}" for f, v in zip(of.fields, inner))
                + ")"
            )
        return "{" + ", ".join(f"{text(f, False)}: {v}" for f, v in zip(of.fields, inner)) + "}"
    if of.name == "BOOLEAN":
        return value
    if of.name == "STRING":
        return text(value, spark)
    if of.name == "BINARY":
        return f"unhex('{value}')"
    if of.name == "DATE":
        return f"DATE '{value}'"
    if of.name == "TIMESTAMP":
        return f"TIMESTAMP '{value}'" if spark else f"TIMESTAMPTZ '{value}+00'"
    if of.name == "TIMESTAMP_NTZ":
        return f"TIMESTAMP_NTZ '{value}'" if spark else f"TIMESTAMP '{value}'"
    return f"CAST('{value}' AS {name})"
