"""Row filters and masks that look up other tables: whose rights, whose names, how fresh."""

from __future__ import annotations

import pytest

from tests.conftest import make_user
from tests.harness.client import Client


class World:
    def __init__(self, admin: Client, schema: str) -> None:
        self.admin, self.schema = admin, schema
        self.t, self.acl = f"{schema}.sales", f"{schema}.acl"
        self.ann, self.bob = (make_user(admin, name) for name in ("ann", "bob"))
        self.emails = [c.ok("GET", "auth/me")["email"] for c in (self.ann, self.bob)]
        admin.sql(f"CREATE TABLE {self.t} (id INT, region STRING, price INT)")
        admin.sql(f"INSERT INTO {self.t} VALUES (1, 'us', 10), (2, 'eu', 20), (3, 'de', 30)")
        admin.sql(f"CREATE TABLE {self.acl} (user STRING, region STRING)")
        admin.sql(
            f"INSERT INTO {self.acl} VALUES ('{self.emails[0]}', 'us'), ('{self.emails[1]}', 'eu')"
        )
        admin.sql(
            f"CREATE FUNCTION {schema}.may(region STRING) RETURN EXISTS (SELECT 1 FROM acl "
            "WHERE acl.user = current_user() AND acl.region = region)"
        )
        for email in self.emails:
            admin.sql(f"GRANT SELECT, MODIFY ON TABLE {self.t} TO `{email}`")

    def guard(self) -> World:
        self.admin.sql(f"ALTER TABLE {self.t} SET ROW FILTER {self.schema}.may ON (region)")
        return self


@pytest.fixture()
def world(admin: Client, schema: str) -> World:
    return World(admin, schema)


def test_mapping_table(world: World) -> None:
    world.guard()
    all_ids = f"SELECT id FROM {world.t} ORDER BY id"
    assert world.ann.sql(all_ids) == [[1]]
    assert world.bob.sql(all_ids) == [[2]]
    assert world.admin.sql(all_ids) == []
    assert world.ann.refused(f"SELECT * FROM {world.acl}").status == 404, "the owner reads it"
    # An alias of the caller's cannot stand for a table of the filter's.
    for sql in (
        f"WITH acl AS (SELECT '{world.emails[0]}' AS user, 'de' AS region) {all_ids}",
        f"SELECT id FROM (SELECT '{world.emails[0]}' AS user, 'eu' AS region) AS acl, {world.t}",
        f"SELECT acl.id FROM {world.t} AS acl",
    ):
        assert world.ann.sql(sql) == [[1]], sql


def test_a_changed_mapping_table_counts_at_once(world: World) -> None:
    world.guard()
    ids = f"SELECT id FROM {world.t} ORDER BY id"
    for _ in range(2):
        assert world.ann.sql(ids) == [[1]]
    world.admin.sql(f"INSERT INTO {world.acl} VALUES ('{world.emails[0]}', 'de')")
    assert world.ann.sql(ids) == [[1], [3]]
    world.admin.sql(f"DELETE FROM {world.acl} WHERE region = 'us'")
    assert world.ann.sql(ids) == [[3]]
    assert world.ann.value(f"SELECT count(*) FROM {world.t}") == 1
    world.admin.sql(f"TRUNCATE TABLE {world.acl}")
    assert world.ann.sql(ids) == []
    assert world.ann.value(f"SELECT count(*) FROM {world.t}") == 0


def test_changing_rows(world: World) -> None:
    world.guard()
    assert world.ann.sql(f"UPDATE {world.t} SET price = price + 1")[0][0] == 1
    assert world.ann.sql(f"DELETE FROM {world.t} WHERE id = 2")[0][0] == 0
    merge = (
        f"MERGE INTO {world.t} t USING (SELECT 2 AS id) s ON t.id = s.id WHEN MATCHED THEN DELETE"
    )
    assert world.ann.sql(merge)[0][0] == 0
    for sql, parameters in (
        (f"INSERT INTO {world.t} VALUES (4, 'eu', 1)", None),
        (f"INSERT INTO {world.t} SELECT $1, $2, price FROM {world.t}", [4, "eu"]),
        (f"UPDATE {world.t} SET region = 'eu'", None),
    ):
        assert world.ann.refused(sql, parameters=parameters).id == "sql.hiddenRow", sql
    world.ann.sql(
        f"INSERT INTO {world.t} SELECT $1, $2, price FROM {world.t}", parameters=[4, "us"]
    )
    world.bob.sql(f"INSERT INTO {world.t} VALUES (5, 'eu', 1)")
    assert world.ann.sql(f"SELECT * FROM {world.t} ORDER BY id") == [[1, "us", 11], [4, "us", 11]]
    world.admin.sql(f"ALTER TABLE {world.t} DROP ROW FILTER")
    assert world.admin.sql(f"SELECT id, region FROM {world.t} ORDER BY id") == [
        [1, "us"],
        [2, "eu"],
        [3, "de"],
        [4, "us"],
        [5, "eu"],
    ]


def test_masks_look_up_too(world: World) -> None:
    s = world.schema
    world.admin.sql(
        f"CREATE FUNCTION {s}.price(price INT, r STRING) RETURNS INT RETURN CASE WHEN r IN "
        f"(SELECT t.region FROM acl AS t WHERE t.user = current_user()) THEN price ELSE -1 END"
    )
    world.admin.sql(
        f"ALTER TABLE {world.t} ALTER COLUMN price SET MASK {s}.price USING COLUMNS (region)"
    )
    assert world.ann.sql(f"SELECT id, price FROM {world.t} ORDER BY 1") == [
        [1, 10],
        [2, -1],
        [3, -1],
    ]
    assert world.ann.sql(f"UPDATE {world.t} SET region = 'x' WHERE price = 10")[0][0] == 1
    assert world.ann.refused(f"UPDATE {world.t} SET price = price + 1").id == "sql.maskedValue"


def test_circles_are_refused(world: World) -> None:
    s, admin = world.schema, world.admin
    admin.sql(
        f"CREATE FUNCTION {s}.self(region STRING) RETURN region IN (SELECT x.region FROM sales x)"
    )
    sql = f"ALTER TABLE {world.t} SET ROW FILTER {s}.self ON (region)"
    assert admin.refused(sql).id == "sql.policyCycle"
    admin.sql(f"CREATE VIEW {s}.v AS SELECT * FROM {world.t}")
    admin.sql(
        f"CREATE FUNCTION {s}.by_view(r STRING) RETURN EXISTS (SELECT 1 FROM v WHERE v.id > 1)"
    )
    assert admin.refused(sql.replace(".self", ".by_view")).id == "sql.policyCycle"
    world.guard()
    admin.sql(f"CREATE FUNCTION {s}.back(region STRING) RETURN EXISTS (SELECT 1 FROM sales)")
    sql = f"ALTER TABLE {world.acl} SET ROW FILTER {s}.back ON (region)"
    assert admin.refused(sql).id == "sql.policyCycle"
    # Made later, the circle is found by who reads.
    admin.sql(
        f"CREATE OR REPLACE FUNCTION {s}.may(region STRING) RETURNS BOOLEAN RETURN "
        "EXISTS (SELECT 1 FROM sales s WHERE s.id > 0)"
    )
    assert admin.refused(f"SELECT * FROM {world.t}").id == "sql.viewCycle"
    assert world.ann.refused(f"SELECT * FROM {world.t}").id == "sql.viewCycle"


def test_policies_of_what_is_looked_up_hold(world: World) -> None:
    s, admin = world.schema, world.admin
    world.guard()
    admin.sql(f"CREATE FUNCTION {s}.mine(u STRING) RETURN u = current_user() AND u <> 'x'")
    admin.sql(f"ALTER TABLE {world.acl} SET ROW FILTER {s}.mine ON (user)")
    assert world.ann.sql(f"SELECT id FROM {world.t}") == [[1]]
    admin.sql(f"CREATE OR REPLACE FUNCTION {s}.mine(u STRING) RETURNS BOOLEAN RETURN false")
    assert world.ann.sql(f"SELECT id FROM {world.t}") == []


def test_it_fails_closed(world: World) -> None:
    world.guard()
    admin = world.admin
    # `who` of the protected table, or of the query's, must not step in for the lost column.
    admin.sql(f"CREATE OR REPLACE TABLE {world.acl} (who STRING, region STRING)")
    admin.sql(f"INSERT INTO {world.acl} VALUES ('{world.emails[0]}', 'us'), ('x', 'eu')")
    admin.sql(
        f"CREATE OR REPLACE FUNCTION {world.schema}.may(r STRING) RETURNS BOOLEAN RETURN "
        "EXISTS (SELECT 1 FROM acl WHERE who = current_user() AND acl.region = r)"
    )
    assert world.ann.sql(f"SELECT id FROM {world.t}") == [[1]]
    admin.sql(f"CREATE OR REPLACE TABLE {world.acl} (someone STRING, region STRING)")
    admin.sql(f"INSERT INTO {world.acl} VALUES ('x', 'us'), ('x', 'eu'), ('x', 'de')")
    for sql in (
        f"SELECT id FROM {world.t}",
        f"SELECT s.id FROM (SELECT '{world.emails[0]}' AS who) AS u, {world.t} AS s",
    ):
        error = world.ann.refused(sql)
        assert error.id == "sql.lookupBroken" and "acl" not in error.detail, error.detail
    admin.sql(f"DROP TABLE {world.acl}")
    assert world.ann.refused(f"SELECT id FROM {world.t}").id == "sql.lookupBroken"
    assert world.ann.refused(f"DELETE FROM {world.t}").id == "sql.lookupBroken"


def test_functions_of_queries(world: World) -> None:
    s, admin = world.schema, world.admin
    admin.sql(
        f"CREATE FUNCTION {s}.regions(who STRING) RETURNS BIGINT RETURN "
        "(SELECT count(*) FROM acl AS q WHERE q.user = who)"
    )
    for email in world.emails:
        admin.sql(f"GRANT EXECUTE ON FUNCTION {s}.regions TO `{email}`")
    first = world.emails[0]
    assert world.ann.value(f"SELECT {s}.regions('{first}')") == 1
    # The arguments mean what they mean outside, whatever the names inside.
    sql = f"SELECT {s}.regions(q.user) FROM (VALUES ('{first}'), ('nobody')) AS q(user) ORDER BY 1"
    assert world.ann.sql(sql) == [[0], [1]]
    sql = f"SELECT sum({s}.regions(u)) FROM (VALUES ('{first}'), ('nobody')) AS v(u)"
    assert world.ann.value(sql) == 1
    values = f"(VALUES ('{first}'), ('a')) AS v(u)"
    assert world.ann.refused(f"SELECT {s}.regions(max(u)) FROM {values}").id == "sql.badFunction"
    sql = f"SELECT {s}.regions(m) FROM (SELECT max(u) AS m FROM {values})"
    assert world.ann.value(sql) == 1
    assert world.ann.value(f"SELECT max({s}.regions(u)) FROM {values} GROUP BY upper('x')") == 1
    assert world.ann.refused(f"EXPLAIN SELECT {s}.regions('x')").status == 403
    # Who replaces it lends it their rights.
    admin.sql(f"GRANT MANAGE ON FUNCTION {s}.regions TO `{world.emails[1]}`")
    admin.sql(f"GRANT BROWSE, CREATE ON SCHEMA {s} TO `{world.emails[1]}`")
    replaced = (
        f"CREATE OR REPLACE FUNCTION {s}.regions(who STRING) RETURNS BIGINT RETURN "
        "(SELECT max(length(user)) FROM acl)"
    )
    assert world.bob.refused(replaced).status == 403
    admin.sql(f"GRANT SELECT ON TABLE {world.acl} TO `{world.emails[1]}`")
    world.bob.sql(replaced)
    assert world.ann.value(f"SELECT {s}.regions('x')") == len(first)
    admin.sql(f"REVOKE SELECT ON TABLE {world.acl} FROM `{world.emails[1]}`")
    assert world.ann.refused(f"SELECT {s}.regions('x')").id == "sql.lookupBroken"
