"""Who sees a part of a table changes that part alone, and learns nothing of the rest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import make_user
from tests.harness.client import ApiError, Client

ROWS = [
    (1, "us", "111-11-1111", 100),
    (2, "eu", "222-22-2222", 200),
    (3, "us", "333-33-3333", 300),
    (4, "eu", "boom", None),
    (5, "us", "555-55-5555", 500),
]
HIDDEN = [list(row) for row in ROWS if row[1] == "eu"]
KINDS = {
    "plain": "",
    "vectors": " TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')",
    "partitioned": " PARTITIONED BY (region)",
}


class People:
    """A table of which ann sees the rows of the US, with the last digit of a number."""

    def __init__(self, admin: Client, schema: str, kind: str) -> None:
        self.admin, self.schema, self.name = admin, schema, f"{schema}.people"
        self.ann = make_user(admin, "ann")
        email = self.ann.ok("GET", "auth/me")["email"]
        admin.sql(
            f"CREATE TABLE {self.name} (id INT, region STRING, ssn STRING, pay BIGINT, "
            f"CONSTRAINT fair CHECK (coalesce(pay, 0) < 1000)){KINDS[kind]}"
        )
        self.group = f"all of {schema}"
        group = admin.ok("POST", "groups", json={"name": self.group})
        me = admin.ok("GET", "auth/me")["email"]
        admin.ok("PUT", f"groups/{group['id']}/members/{me}")
        for row in ROWS:
            values = ", ".join("NULL" if v is None else repr(v) for v in row)
            admin.sql(f"INSERT INTO {self.name} VALUES ({values})")
        admin.sql(
            f"CREATE FUNCTION {schema}.seen(region STRING) RETURN "
            f"is_member('{self.group}') OR region = 'us'"
        )
        admin.sql(
            f"CREATE FUNCTION {schema}.hide(number STRING) RETURNS STRING RETURN CASE WHEN "
            f"is_member('{self.group}') THEN number ELSE '***' || right(number, 1) END"
        )
        admin.sql(f"ALTER TABLE {self.name} SET ROW FILTER {schema}.seen ON (region)")
        admin.sql(f"ALTER TABLE {self.name} ALTER COLUMN ssn SET MASK {schema}.hide")
        admin.sql(f"GRANT SELECT, MODIFY ON TABLE {self.name} TO `{email}`")

    def truth(self) -> list[list]:
        return self.admin.sql(f"SELECT * FROM {self.name} ORDER BY id, pay")

    def shown(self) -> list[list]:
        return [row for row in self.truth() if row[1] == "us"]

    def check_hidden(self) -> None:
        assert [row for row in self.truth() if row[1] != "us"] == HIDDEN

    def refused(self, sql: str, id: str, **more: object) -> str:
        before = self.truth()
        error = self.ann.refused(sql.format(t=self.name, s=self.schema), **more)
        assert error.id == id, f"{sql}: {error.id} {error.detail}"
        for secret in ("222", "333-33", "boom", "eu"):
            assert secret not in error.detail.replace(self.schema, ""), error.detail
        assert self.truth() == before
        return error.detail

    def run(self, sql: str, **more: object) -> list[list]:
        rows = self.ann.sql(sql.format(t=self.name, s=self.schema), **more)
        self.check_hidden()
        return rows


@pytest.fixture(params=list(KINDS))
def people(request: pytest.FixtureRequest, admin: Client, schema: str) -> People:
    return People(admin, schema, request.param)


@pytest.fixture()
def plain(admin: Client, schema: str) -> People:
    return People(admin, schema, "plain")


def test_delete(people: People) -> None:
    assert people.run("DELETE FROM {t} WHERE pay >= 200 AND pay < 400")[0][0] == 1
    assert people.run("DELETE FROM {t} WHERE region = 'eu'")[0][0] == 0
    assert people.run("DELETE FROM {t} WHERE ssn = '111-11-1111'")[0][0] == 0
    assert people.run("DELETE FROM {t} WHERE ssn = '***1'")[0][0] == 1
    assert [row[0] for row in people.shown()] == [5]
    people.run("INSERT INTO {t} VALUES (6, 'us', '6', 6)")
    assert people.run("DELETE FROM {t}")[0][0] == 2
    assert people.shown() == []
    assert people.run("DELETE FROM {t}")[0][0] == 0


def test_update(people: People) -> None:
    assert people.run("UPDATE {t} SET pay = pay + 1")[0][0] == 3
    assert people.shown() == [
        [1, "us", "111-11-1111", 101],
        [3, "us", "333-33-3333", 301],
        [5, "us", "555-55-5555", 501],
    ], "a masked column that gets no value keeps its true one"
    assert people.run("UPDATE {t} SET ssn = 'new' WHERE ssn = '***3'")[0][0] == 1
    assert people.shown()[1] == [3, "us", "new", 301]
    assert people.run("UPDATE {t} SET pay = length(ssn) WHERE id = 1")[0][0] == 1
    assert people.shown()[0] == [1, "us", "111-11-1111", 4], "what is read is what is seen"
    assert people.run("UPDATE {t} SET ssn = NULL, pay = 7 WHERE id = 5")[0][0] == 1
    assert people.shown()[2] == [5, "us", None, 7]
    assert people.run("UPDATE {t} SET ssn = $1 WHERE id = $2", parameters=["p", 5])[0][0] == 1
    assert people.shown()[2] == [5, "us", "p", 7]
    assert people.run("UPDATE {t} AS x SET pay = (SELECT max(y.pay) FROM {t} y)")[0][0] == 3
    assert [row[3] for row in people.shown()] == [301, 301, 301]


def test_merge(people: People) -> None:
    source = (
        "(SELECT * FROM (VALUES (1, 'us', 'one', 11), (2, 'us', 'two', 22), (9, 'us', 'nine', 99)) "
        "AS v(id, region, ssn, pay)) AS s"
    )
    answer = people.run(
        f"MERGE INTO {{t}} t USING {source} ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET pay = s.pay "
        "WHEN NOT MATCHED THEN INSERT * "
        "WHEN NOT MATCHED BY SOURCE AND t.id = 3 THEN DELETE "
        "WHEN NOT MATCHED BY SOURCE THEN UPDATE SET ssn = 'left'"
    )
    assert [answer[0][0], *answer[0][2:]] == [5, 2, 1, 2], "row 2 is hidden: it matches nothing"
    assert people.shown() == [
        [1, "us", "111-11-1111", 11],
        [2, "us", "two", 22],
        [5, "us", "left", 500],
        [9, "us", "nine", 99],
    ]
    answer = people.run(
        f"MERGE INTO {{t}} t USING {source} ON t.id = s.id "
        "WHEN MATCHED AND t.ssn = '***1' THEN UPDATE SET * "
        "WHEN MATCHED AND s.id = 9 THEN DELETE WHEN MATCHED THEN UPDATE SET pay = 1"
    )
    assert [answer[0][0], *answer[0][2:]] == [3, 2, 1, 0]
    assert people.shown() == [
        [1, "us", "one", 11],
        [2, "us", "two", 1],
        [5, "us", "left", 500],
    ]
    twice = "(SELECT * FROM (VALUES (2, 1), (2, 2), (4, 3), (4, 4)) AS v(id, pay)) AS s"
    people.refused(
        f"MERGE INTO {{t}} t USING {twice} ON t.id = s.id WHEN MATCHED THEN UPDATE SET pay = s.pay",
        "delta.mergeManyMatches",
    )
    hidden = twice.replace("(2, 1), (2, 2), ", "")
    answer = people.run(
        f"MERGE INTO {{t}} t USING {hidden} ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET pay = s.pay"
    )
    assert answer[0][0] == 0, "a hidden row cannot match twice"


def test_new_rows_must_be_seen(people: People) -> None:
    for sql in (
        "INSERT INTO {t} VALUES (7, 'eu', 'x', 1)",
        "INSERT INTO {t} VALUES (7, 'us', 'x', 1), (8, NULL, 'x', 1)",
        "INSERT INTO {t} SELECT 7, 'e' || 'u', 'x', 1",
        "UPDATE {t} SET region = 'de' WHERE id = 1",
        "MERGE INTO {t} t USING (SELECT 1 AS id) s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET region = 'de'",
        "MERGE INTO {t} t USING (SELECT 8 AS id) s ON t.id = s.id "
        "WHEN NOT MATCHED THEN INSERT (id, region) VALUES (s.id, 'de')",
        "INSERT INTO {t} REPLACE WHERE id = 1 SELECT 1, 'de', 'x', 1",
    ):
        people.refused(sql, "sql.hiddenRow")
    assert "parameters" not in people.refused(
        "INSERT INTO {t} VALUES ($1, $2, $3, $4)", "sql.hiddenRow", parameters=[7, "de", "x", 1]
    )
    people.run("INSERT INTO {t} VALUES ($1, $2, $3, $4)", parameters=[7, "us", "x", 1])
    people.run("INSERT INTO {t} REPLACE WHERE id = 7 SELECT 7, 'us', 'y', 2")
    assert people.shown()[-1] == [7, "us", "y", 2]


def test_masks_never_replace_the_truth(people: People) -> None:
    for sql in (
        "UPDATE {t} SET ssn = ssn",
        "UPDATE {t} SET ssn = upper(people.ssn) || 'x' WHERE id = 1",
        "UPDATE {t} AS x SET pay = 1, ssn = coalesce(x.ssn, 'y')",
        "UPDATE {t} SET ssn = (SELECT max(ssn))",
        "UPDATE {t} SET ssn = (SELECT max(y.ssn) FROM {t} y)",
        "MERGE INTO {t} t USING (SELECT * FROM {t}) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET *",
        "MERGE INTO {t} t USING {t} s ON t.id = s.id WHEN MATCHED THEN UPDATE SET ssn = s.ssn",
        "MERGE INTO {t} t USING (SELECT 1 AS id) s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET ssn = t.ssn",
        "INSERT INTO {t} REPLACE WHERE id = 1 SELECT * FROM {t} WHERE id = 1",
    ):
        detail = people.refused(sql, "sql.maskedValue")
        assert "ssn" in detail or "people" in detail
    truth = people.truth()
    people.run("UPDATE {t} SET region = region, pay = pay")
    assert people.truth() == truth
    people.run(
        "MERGE INTO {t} t USING {t} s ON t.id = s.id WHEN MATCHED THEN UPDATE SET pay = s.pay + 1"
    )
    people.run(
        "MERGE INTO {t} t USING {t} s ON t.id = s.id AND s.id = 1 "
        "WHEN MATCHED THEN UPDATE SET ssn = 'constant'"
    )
    assert people.shown()[0] == [1, "us", "constant", 101]
    admin = people.admin
    for sql in (
        "INSERT OVERWRITE {t} SELECT * FROM {t}",
        "CREATE OR REPLACE TABLE {t} AS SELECT * FROM {t}",
    ):
        assert admin.refused(sql.format(t=people.name)).id == "sql.maskedValue", sql


def test_whole_rows_have_no_names(people: People) -> None:
    """Columns that tell the places of rows would tell how many are hidden between them."""
    for sql in (
        "DELETE FROM {t} WHERE __ob_row > 1",
        "UPDATE {t} SET pay = __ob_file",
        "MERGE INTO {t} t USING (SELECT 9 AS id) s ON t.id = s.id WHEN NOT MATCHED BY SOURCE AND "
        'EXISTS (SELECT 1 FROM "(pairs)".pairs.pairs) THEN DELETE',
    ):
        error = people.ann.refused(sql.format(t=people.name))
        assert error.status in (400, 404), error.detail
    for sql in (
        "UPDATE {t} SET region = to_json(people)",
        "UPDATE {t} AS x SET region = x::VARCHAR",
        "UPDATE {t} SET pay = #5",
        "UPDATE {t} SET region = (SELECT to_json(people))",
        "DELETE FROM {t} WHERE coalesce(*COLUMNS(*)) IS NULL",
        "DELETE FROM {t} WHERE len(list_value(*COLUMNS(id))) > 5",
        "MERGE INTO {t} t USING (SELECT 1 AS id) s ON t.id = s.id AND to_json(t) LIKE '%9%' "
        "WHEN MATCHED THEN DELETE",
    ):
        people.refused(sql, "sql.wholeRow")


@pytest.mark.parametrize(
    "expression",
    [
        "1 / (CASE WHEN pay = 200 THEN 0 ELSE 1 END) > 0",
        "CAST(CASE WHEN ssn = '222-22-2222' THEN 'boom' ELSE '1' END AS INT) = 1",
        "CASE WHEN region = 'eu' THEN error('eu') ELSE true END",
        "repeat('x', CASE WHEN pay = 200 THEN 1000000000 ELSE 1 END) <> ''",
    ],
)
def test_no_expression_meets_a_hidden_row(plain: People, expression: str) -> None:
    for sql in (
        f"UPDATE {{t}} SET pay = CASE WHEN {expression} THEN 1 ELSE 2 END",
        f"UPDATE {{t}} SET pay = 3 WHERE {expression}",
        f"MERGE INTO {{t}} t USING (SELECT 1 AS x) s ON {expression} WHEN MATCHED AND {expression} "
        "THEN UPDATE SET pay = 4 WHEN NOT MATCHED BY SOURCE THEN DELETE",
        f"DELETE FROM {{t}} WHERE {expression}",
    ):
        plain.run(sql)


def test_faults_show_no_hidden_value(people: People) -> None:
    people.refused("UPDATE {t} SET pay = CAST(ssn AS INT)", "sql.value")
    detail = people.refused("UPDATE {t} SET pay = 1000 WHERE id = 1", "delta.checkViolated")
    assert "fair" in detail and "111" not in detail
    assert "fair" in people.refused(
        "INSERT INTO {t} VALUES (7, 'us', 'x', 1000)", "delta.checkViolated"
    )


def test_what_takes_hidden_rows_along_is_for_managers(people: People) -> None:
    for sql in (
        "TRUNCATE TABLE {t}",
        "INSERT OVERWRITE {t} VALUES (1, 'us', 'x', 1)",
        "RESTORE TABLE {t} TO VERSION AS OF 1",
        "VACUUM {t}",
        "OPTIMIZE {t} WHERE region = 'eu'",
    ):
        people.refused(sql, "sql.fencedTable")
    detail = people.ann.sql(f"DESCRIBE DETAIL {people.name}")
    assert detail[0][8] is None and detail[0][9] is None
    admin = people.admin
    assert admin.refused(f"ALTER TABLE {people.name} ADD CONSTRAINT c CHECK (id > 0)").status == 403
    admin.sql(f"INSERT OVERWRITE {people.name} VALUES (1, 'us', 'x', 1)")
    assert people.truth() == [[1, "us", "x", 1]]
    admin.sql(f"TRUNCATE TABLE {people.name}")
    assert people.truth() == []


def test_larger_files_keep_hidden_rows(people: People) -> None:
    """Of files above a megabyte rows are cut out of the pages."""
    people.admin.sql(
        f"INSERT INTO {people.name} SELECT i + 10, CASE WHEN i % 3 = 0 THEN 'us' ELSE 'eu' END, "
        "md5(i::VARCHAR) || md5((i * 7)::VARCHAR), i % 900 FROM range(120000) AS r(i)"
    )
    total = (
        f"SELECT count(*), sum(id), md5(string_agg(id || ssn || pay, ',' ORDER BY id)) "
        f"FROM {people.name} WHERE region = 'eu' AND id > 9"
    )
    before = people.admin.sql(total)
    answer = people.ann.sql(f"UPDATE {people.name} SET pay = pay + 1 WHERE id % 100 = 10")
    assert answer[0][0] == 400
    assert people.ann.sql(f"DELETE FROM {people.name} WHERE id % 100 = 40")[0][0] == 400
    answer = people.ann.sql(
        f"MERGE INTO {people.name} t USING (SELECT i AS id FROM range(10, 400) AS r(i)) s "
        "ON t.id = s.id WHEN MATCHED AND t.id % 2 = 0 THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET ssn = 'm'"
    )
    assert people.admin.sql(total) == before
    count = people.admin.value(f"SELECT count(*) FROM {people.name} WHERE region = 'us' AND id > 9")
    assert count == 40000 - 400 - answer[0][3]
    assert people.ann.value(f"SELECT count(*) FROM {people.name} WHERE id > 9") == count
    assert people.ann.sql(f"DELETE FROM {people.name} WHERE id > 9")[0][0] == count
    assert people.admin.sql(total) == before


def test_evolution(people: People) -> None:
    people.ann.sql(
        f"MERGE WITH SCHEMA EVOLUTION INTO {people.name} t USING (SELECT 1 AS id, 'us' AS region, "
        "'s' AS ssn, 5 AS pay, 'n' AS note) s ON t.id = s.id WHEN MATCHED AND t.pay = 100 THEN "
        "UPDATE SET * WHEN MATCHED THEN UPDATE SET note = 'other'"
    )
    assert people.truth() == [
        [1, "us", "s", 5, "n"],
        *([*row, None] for row in ROWS[1:]),
    ]
    people.ann.sql(f"UPDATE {people.name} SET note = ssn WHERE id = 3")
    assert people.truth()[2] == [3, "us", "333-33-3333", 300, "***3"], "what is seen may be kept"


def test_a_source_named_as_a_masked_column(plain: People) -> None:
    plain.refused(
        "MERGE INTO {t} t USING (SELECT 1 AS id) AS ssn ON t.id = ssn.id "
        "WHEN MATCHED THEN UPDATE SET ssn = ssn",
        "sql.ambiguousAlias",
    )


def test_others_change_hidden_rows_at_the_same_time(people: People) -> None:
    """Rows of both kinds are in one file, so that each change may have to be made again."""
    people.admin.sql(
        f"INSERT OVERWRITE {people.name} SELECT * FROM (VALUES (1, 'us', 'a', 0), "
        "(2, 'eu', 'b', 0)) AS v"
    )

    def change(client: Client, id: int) -> int:
        done = 0
        for _ in range(8):
            response = client.query(f"UPDATE {people.name} SET pay = pay + 1 WHERE id = {id}")
            assert response.ok or ApiError(response).id == "delta.conflict", response.text
            done += response.ok
        return done

    with ThreadPoolExecutor(2) as pool:
        counts = [
            f.result()
            for f in [pool.submit(change, people.ann, 1), pool.submit(change, people.admin, 2)]
        ]
    assert people.truth() == [[1, "us", "a", counts[0]], [2, "eu", "b", counts[1]]]


def test_errors_are_api_errors(plain: People) -> None:
    response = plain.ann.query(f"UPDATE {plain.name} SET nothing = 1")
    assert ApiError(response).id == "delta.schemaMismatch"
