"""Random histories of statements, each as text for the server and for Spark."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

from tests.interop.nasty import WIDER, Type, literal, random_type, random_value

SERVER, SPARK = "server", "spark"
ID = Type("BIGINT")
COMPARABLE = ("=", "<>", "<", "<=", ">", ">=")


@dataclass
class Column:
    name: str
    type: Type
    required: bool = False

    def ddl(self) -> str:
        return f"{self.name} {self.type.ddl()}{' NOT NULL' if self.required else ''}"


@dataclass(frozen=True)
class Statement:
    """`{t}` stands for the table. A restore names the step whose version it goes back to.

    Without text for Spark, which cannot do it, the server runs it on all tables.
    """

    server: str
    spark: str
    restore: int | None = None

    def text(self, engine: str) -> str:
        return self.server if engine == SERVER else self.spark


def same(text: str) -> Statement:
    return Statement(text, text)


@dataclass
class Shape:
    columns: list[Column]
    partitions: list[str]
    checks: set[str] = field(default_factory=set)

    def copy(self) -> "Shape":
        return Shape([replace(c) for c in self.columns], list(self.partitions), set(self.checks))


def with_zero(value: Any, zero: str) -> Any:
    """The value with this one for all zeros of floating point in it."""
    if isinstance(value, (list, tuple)):
        return type(value)(with_zero(v, zero) for v in value)
    if isinstance(value, dict):
        return {with_zero(k, zero): with_zero(v, zero) for k, v in value.items()}
    return zero if value in ("0.0", "-0.0") else value


class History:
    """Gives statement after statement; `keep` says whether the engines took the last one."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.shapes: list[Shape] = []  # after each step
        self.next_id = 1
        self.names = (f"c{n}" for n in range(1, 1000))
        # One sign of zero in each: the dictionaries of DuckDB's Parquet files hold only one, and
        # Spark, which searches dictionaries for the literal, misses the other.
        self.zero = self.random.choice(["0.0", "-0.0"])
        self.shape = self.first_shape()
        self.after: Shape | None = None

    def first_shape(self) -> Shape:
        columns = [Column("id", ID, self.random.random() < 0.3)]
        for _ in range(self.random.randint(2, 5)):
            columns.append(Column(next(self.names), random_type(self.random)))
        # Of bytes as partitions Spark keeps only those that are text.
        simple = [c.name for c in columns[1:] if c.type.simple and c.type.name != "BINARY"]
        self.random.shuffle(simple)
        count = min(len(simple), self.random.choice([0, 0, 0, 1, 1, 2]), len(columns) - 2)
        return Shape(columns, simple[:count])

    def create(self) -> str:
        """What follows CREATE TABLE and the name."""
        columns = ", ".join(c.ddl() for c in self.shape.columns)
        parts = f" PARTITIONED BY ({', '.join(self.shape.partitions)})"
        self.shapes.append(self.shape.copy())
        return f"({columns}) USING DELTA{parts if self.shape.partitions else ''}"

    def next(self) -> Statement:
        kinds = {
            self.insert: 8,
            self.insert_select: 2,
            self.update: 5,
            self.delete: 4,
            self.merge: 6,
            self.overwrite: 1,
            self.replace_where: 1.5,
            self.add_column: 1.2,
            self.widen: 1.2,
            self.not_null: 0.7,
            self.check: 0.7,
            self.restore: 1,
            self.optimize: 0.8,
            self.truncate: 0.3,
        }
        while True:
            self.after = self.shape.copy()
            made = self.random.choices(list(kinds), list(kinds.values()))[0]()
            if made is not None:
                return made

    def keep(self, taken: bool) -> None:
        if taken:
            self.shape = self.after
        self.shapes.append(self.shape.copy())

    # Pieces of statements: pairs of the same for the server and for Spark.

    def value(self, of: Type, nulls: float = 0.15) -> Any:
        return with_zero(random_value(self.random, of, nulls), self.zero)

    def both(self, value: Any, of: Type) -> tuple[str, str]:
        return literal(value, of, False), literal(value, of, True)

    def row(self, columns: list[Column], own_id: int | None = None) -> tuple[str, str]:
        cells = []
        for column in columns:
            if column.name == "id":
                value = None if self.random.random() < 0.02 else str(own_id or self.fresh_id())
            else:
                value = self.value(column.type)
            cells.append(self.both(value, column.type))
        return tuple("(" + ", ".join(c[i] for c in cells) + ")" for i in (0, 1))

    def fresh_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def some_id(self) -> int:
        return self.random.randint(1, self.next_id)

    def rows(self, columns: list[Column], most: int = 8) -> tuple[str, str]:
        made = [self.row(columns) for _ in range(self.random.randint(1, most))]
        return tuple(", ".join(r[i] for r in made) for i in (0, 1))

    def condition(self, prefix: str = "", depth: int = 0) -> tuple[str, str]:
        kind = self.random.random()
        if depth < 2 and kind < 0.25:
            left, right = self.condition(prefix, depth + 1), self.condition(prefix, depth + 1)
            word = self.random.choice(["AND", "OR"])
            return tuple(f"({a} {word} {b})" for a, b in zip(left, right))
        if depth < 2 and kind < 0.3:
            return tuple(f"NOT ({a})" for a in self.condition(prefix, depth + 1))
        if kind < 0.5:
            low = self.some_id()
            told = self.random.choice(
                [
                    f"{prefix}id % 3 = {low % 3}",
                    f"{prefix}id BETWEEN {low} AND {low + 6}",
                    f"{prefix}id IN ({low}, {low + 2}, {low + 5})",
                ]
            )
            return told, told
        column = self.random.choice(self.shape.columns)
        name, of = prefix + column.name, column.type
        if of.name == "struct" and self.random.random() < 0.7:
            chosen = self.random.randrange(len(of.parts))
            name, of = f"{name}.{of.fields[chosen]}", of.parts[chosen]
        if not of.simple or self.random.random() < 0.25:
            told = f"{name} IS {self.random.choice(['', 'NOT '])}NULL"
            return told, told
        value = self.both(self.value(of, 0.03), of)
        other = self.both(self.value(of, 0.1), of)
        if self.random.random() < 0.2:
            return tuple(f"{name} IN ({v}, {o})" for v, o in zip(value, other))
        sign = self.random.choice(COMPARABLE if of.name != "BOOLEAN" else ("=", "<>"))
        return tuple(f"{name} {sign} {v}" for v in value)

    def assignments(self, source: str = "", target: str = "") -> tuple[str, str]:
        """What follows SET; `source` and `target` prefix columns of a MERGE."""
        known = [c for c in self.shape.columns if c.name != "id"]
        out: list[tuple[str, str]] = []
        for column in self.random.sample(known, min(len(known), self.random.randint(1, 2))):
            alike = [c.name for c in known if c.type == column.type]
            kind = self.random.random()
            if source and kind < 0.5:
                out.append((f"{column.name} = {source}{column.name}",) * 2)
            elif kind < 0.7:
                out.append((f"{column.name} = {target}{self.random.choice(alike)}",) * 2)
            elif column.type.name in ("INT", "BIGINT", "SMALLINT") and kind < 0.85:
                out.append((f"{column.name} = {target}{column.name} + 1",) * 2)
            elif column.type.name == "STRING" and kind < 0.85:
                # Not concat(), which of DuckDB's takes NULL for nothing.
                out.append((f"{column.name} = {target}{column.name} || 'ü'",) * 2)
            elif column.type.name == "struct" and kind < 0.9 and not source:
                chosen = self.random.randrange(len(column.type.parts))
                of = column.type.parts[chosen]
                value = self.both(self.value(of), of)
                path = f"{column.name}.{column.type.fields[chosen]}"
                out.append(tuple(f"{path} = {v}" for v in value))
            else:
                value = self.both(self.value(column.type), column.type)
                out.append(tuple(f"{column.name} = {v}" for v in value))
        return tuple(", ".join(o[i] for o in out) for i in (0, 1))

    # Statements.

    def insert(self) -> Statement:
        columns = self.shape.columns
        if self.random.random() < 0.25:
            columns = [c for c in columns if c.name == "id" or self.random.random() < 0.6]
            self.random.shuffle(columns)
        names = ", ".join(c.name for c in columns)
        listed = f" ({names})" if columns != self.shape.columns else ""
        ours, theirs = self.rows(columns)
        return Statement(
            f"INSERT INTO {{t}}{listed} VALUES {ours}", f"INSERT INTO {{t}}{listed} VALUES {theirs}"
        )

    def insert_select(self) -> Statement:
        offset = self.random.randint(100, 999) * 1000
        chosen = ", ".join(
            "id + " + str(offset) if c.name == "id" else c.name for c in self.shape.columns
        )
        ours, theirs = self.condition()
        return Statement(
            f"INSERT INTO {{t}} SELECT {chosen} FROM {{t}} WHERE id < 100 AND {ours}",
            f"INSERT INTO {{t}} SELECT {chosen} FROM {{t}} WHERE id < 100 AND {theirs}",
        )

    def update(self) -> Statement:
        values, where = self.assignments(), self.condition()
        return Statement(
            f"UPDATE {{t}} SET {values[0]} WHERE {where[0]}",
            f"UPDATE {{t}} SET {values[1]} WHERE {where[1]}",
        )

    def delete(self) -> Statement:
        ours, theirs = self.condition()
        return Statement(f"DELETE FROM {{t}} WHERE {ours}", f"DELETE FROM {{t}} WHERE {theirs}")

    def source(self) -> tuple[str, str]:
        """A query with the table's columns: rows that are there and rows that are not."""
        known = {self.some_id() for _ in range(self.random.randint(1, 5))}
        made = [self.row(self.shape.columns, i) for i in sorted(known)]
        made += [self.row(self.shape.columns) for _ in range(self.random.randint(0, 3))]
        names = ", ".join(c.name for c in self.shape.columns)
        return tuple(
            f"SELECT * FROM (VALUES {', '.join(r[i] for r in made)}) AS v({names})" for i in (0, 1)
        )

    def merge(self) -> Statement:
        clauses: list[tuple[str, str]] = []
        chance = self.random.random
        if chance() < 0.4:
            when = self.condition("t.")
            clauses.append(tuple(f"WHEN MATCHED AND {w} THEN DELETE" for w in when))
        if chance() < 0.3:
            when, values = self.condition("s."), self.assignments("s.", "t.")
            clauses.append(
                tuple(f"WHEN MATCHED AND {w} THEN UPDATE SET {v}" for w, v in zip(when, values))
            )
        if chance() < 0.7:
            values = self.assignments("s.", "t.") if chance() < 0.6 else ("*", "*")
            clauses.append(tuple(f"WHEN MATCHED THEN UPDATE SET {v}" for v in values))
        if chance() < 0.3:
            when = self.condition("s.")
            clauses.append(tuple(f"WHEN NOT MATCHED AND {w} THEN INSERT *" for w in when))
        if chance() < 0.6:
            columns = [c.name for c in self.shape.columns if c.name == "id" or chance() < 0.8]
            told = f"({', '.join(columns)}) VALUES ({', '.join('s.' + c for c in columns)})"
            clauses.append((f"WHEN NOT MATCHED THEN INSERT {told}",) * 2)
        if chance() < 0.25:
            when = self.condition("t.")
            clauses.append(tuple(f"WHEN NOT MATCHED BY SOURCE AND {w} THEN DELETE" for w in when))
        if chance() < 0.25:
            when, values = self.condition("t."), self.assignments("", "t.")
            clauses.append(
                tuple(
                    f"WHEN NOT MATCHED BY SOURCE AND {w} THEN UPDATE SET {v}"
                    for w, v in zip(when, values)
                )
            )
        if not clauses:
            clauses.append(("WHEN MATCHED THEN DELETE",) * 2)
        source = self.source()
        return Statement(
            *(
                f"MERGE INTO {{t}} AS t USING ({source[i]}) AS s ON t.id = s.id "
                + " ".join(c[i] for c in clauses)
                for i in (0, 1)
            )
        )

    def overwrite(self) -> Statement:
        ours, theirs = self.rows(self.shape.columns)
        return Statement(
            f"INSERT OVERWRITE {{t}} VALUES {ours}", f"INSERT OVERWRITE {{t}} VALUES {theirs}"
        )

    def replace_where(self) -> Statement:
        low = self.some_id()
        where = f"id >= {low} AND id < {low + 5}"
        inside = self.random.random() < 0.8
        made = [
            self.row(self.shape.columns, low + n if inside else low + 3 * n) for n in range(1, 4)
        ]
        ours, theirs = (", ".join(r[i] for r in made) for i in (0, 1))
        return Statement(
            f"INSERT INTO {{t}} REPLACE WHERE {where} VALUES {ours}",
            f"INSERT INTO {{t}} REPLACE WHERE {where} VALUES {theirs}",
        )

    def add_column(self) -> Statement | None:
        structs = [c for c in self.after.columns if c.type.name == "struct"]
        if structs and self.random.random() < 0.4:
            column, name = self.random.choice(structs), next(self.names)
            of = Type(self.random.choice(["INT", "STRING"]))
            column.type = replace(
                column.type, parts=(*column.type.parts, of), fields=(*column.type.fields, name)
            )
            return same(f"ALTER TABLE {{t}} ADD COLUMNS ({column.name}.{name} {of.ddl()})")
        column = Column(next(self.names), random_type(self.random))
        place = self.random.choice(["", "", " FIRST", f" AFTER {self.after.columns[0].name}"])
        at = {"": len(self.after.columns), " FIRST": 0}.get(place, 1)
        self.after.columns.insert(at, column)
        return same(f"ALTER TABLE {{t}} ADD COLUMNS ({column.ddl()}{place})")

    def widen(self) -> Statement | None:
        known = [
            c
            for c in self.after.columns
            if c.type.name in WIDER and c.name not in self.after.partitions
        ]
        if not known:
            return None
        column = self.random.choice(known)
        column.type = Type(self.random.choice(WIDER[column.type.name]))
        return same(f"ALTER TABLE {{t}} ALTER COLUMN {column.name} TYPE {column.type.ddl()}")

    def not_null(self) -> Statement | None:
        column = self.random.choice(self.after.columns)
        column.required = not column.required
        change = f"ALTER TABLE {{t}} ALTER COLUMN {column.name}"
        if column.required:
            return Statement(f"{change} SET NOT NULL", "")
        return same(f"{change} DROP NOT NULL")

    def check(self) -> Statement:
        if self.after.checks and self.random.random() < 0.4:
            name = self.random.choice(sorted(self.after.checks))
            self.after.checks.remove(name)
            return same(f"ALTER TABLE {{t}} DROP CONSTRAINT {name}")
        name = next(self.names)
        self.after.checks.add(name)
        limit = self.random.choice([0, 0, 3, 2_000_000])
        told = self.random.choice([f"id > {limit}", f"id <> {self.next_id + 2}", "id IS NOT NULL"])
        return same(f"ALTER TABLE {{t}} ADD CONSTRAINT {name} CHECK ({told})")

    def restore(self) -> Statement:
        step = self.random.randrange(len(self.shapes))
        self.after = self.shapes[step].copy()
        text = "RESTORE TABLE {t} TO VERSION AS OF {v}"
        return Statement(text, text, step)

    def optimize(self) -> Statement:
        simple = [
            c.name
            for c in self.shape.columns
            if c.type.simple and c.name not in self.shape.partitions and c.type.name != "BINARY"
        ]
        order = f" ZORDER BY ({self.random.choice(simple)})" if self.random.random() < 0.5 else ""
        return same("OPTIMIZE {t}" + order)

    def truncate(self) -> Statement:
        return Statement("TRUNCATE TABLE {t}", "DELETE FROM {t}")
