"""MERGE: what becomes of rows."""

from __future__ import annotations

import pytest

from tests.api.test_dml import ids, metrics
from tests.harness.client import Client


@pytest.fixture()
def m(admin: Client, schema: str) -> tuple[str, str]:
    target, source = f"main.{schema}.target", f"main.{schema}.source"
    admin.sql(
        f"CREATE TABLE {target} AS SELECT unnest([1, 2, 3, 4]) AS id, "
        "unnest(['a', 'b', 'c', NULL]) AS name, unnest([10, 20, 30, 40]) AS n"
    )
    admin.sql(
        f"CREATE TABLE {source} AS SELECT unnest([2, 3, 5, 6]) AS id, "
        "unnest(['B', 'C', 'E', 'F']) AS name, unnest([200, 300, 500, 600]) AS n"
    )
    return target, source


MERGES = [
    (
        "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *",
        [[1, "a", 10], [2, "B", 200], [3, "C", 300], [4, None, 40], [5, "E", 500], [6, "F", 600]],
        [4, 2, 0, 2],
    ),
    (
        "WHEN MATCHED AND s.n > 250 THEN DELETE WHEN MATCHED THEN UPDATE SET n = t.n + s.n",
        [[1, "a", 10], [2, "b", 220], [4, None, 40]],
        [2, 1, 1, 0],
    ),
    (
        "WHEN NOT MATCHED AND s.id = 5 THEN INSERT (id, n) VALUES (s.id, 1) "
        "WHEN NOT MATCHED BY TARGET THEN INSERT (n, id, name) VALUES (s.n, s.id * 10, 'new')",
        [[1, "a", 10], [2, "b", 20], [3, "c", 30], [4, None, 40], [5, None, 1], [60, "new", 600]],
        [2, 0, 0, 2],
    ),
    (
        "WHEN NOT MATCHED BY SOURCE AND t.name IS NULL THEN DELETE "
        "WHEN NOT MATCHED BY SOURCE THEN UPDATE SET name = 'gone', t.n = t.n - 1",
        [[1, "gone", 9], [2, "b", 20], [3, "c", 30]],
        [2, 1, 1, 0],
    ),
    (
        "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT * "
        "WHEN NOT MATCHED BY SOURCE AND t.id = 1 THEN UPDATE SET n = 0",
        [[1, "a", 0], [4, None, 40], [5, "E", 500], [6, "F", 600]],
        [5, 1, 2, 2],
    ),
    (
        "WHEN MATCHED AND t.id = 2 THEN UPDATE SET name = s.name "
        "WHEN MATCHED AND t.id = 3 THEN UPDATE SET n = CASE WHEN s.n > 1 THEN 7 ELSE 8 END",
        [[1, "a", 10], [2, "B", 20], [3, "c", 7], [4, None, 40]],
        [2, 2, 0, 0],
    ),
    (
        "WHEN MATCHED AND s.n > 1000 THEN DELETE",
        [[1, "a", 10], [2, "b", 20], [3, "c", 30], [4, None, 40]],
        [0, 0, 0, 0],
    ),
]


@pytest.mark.parametrize("clauses,expected,counts", MERGES)
def test_merge(
    admin: Client, m: tuple[str, str], clauses: str, expected: list, counts: list[int]
) -> None:
    target, source = m
    answer = admin.sql(f"MERGE INTO {target} AS t USING {source} s ON t.id = s.id {clauses}")
    assert [answer[0][0], *answer[0][2:]] == counts
    assert admin.sql(f"SELECT id, name, n FROM {target} ORDER BY id") == expected
    if counts[0]:
        found = metrics(admin, target)
        assert [found[f"numTargetRows{what}"] for what in ("Updated", "Deleted", "Inserted")] == [
            str(n) for n in counts[1:]
        ]
        assert found["numSourceRows"] == "4"
        assert (
            int(found["numOutputRows"]) == int(found["numTargetRowsCopied"]) + counts[1] + counts[3]
        )


def test_merge_names(admin: Client, m: tuple[str, str]) -> None:
    target, source = m
    schema = target.split(".")[1]
    admin.sql(
        f"MERGE INTO {target} USING {source} ON {schema}.target.id = {source}.id "
        f"WHEN MATCHED THEN UPDATE SET {target}.name = source.name || '!'"
    )
    assert admin.sql(f"SELECT name FROM {target} WHERE id IN (2, 3) ORDER BY id") == [
        ["B!"],
        ["C!"],
    ]
    admin.sql(f"DELETE FROM {source}")
    answer = admin.sql(
        f"MERGE INTO {target} t USING {source} VERSION AS OF 0 AS s ON t.id = s.id "
        "WHEN MATCHED THEN DELETE"
    )
    assert answer[0][3] == 2


def test_merge_many_matches(admin: Client, m: tuple[str, str]) -> None:
    target, _ = m
    twice = "(SELECT unnest([2, 2, 9]) AS id, unnest([1, 2, 3]) AS n) s"
    merge = f"MERGE INTO {target} t USING {twice} ON t.id = s.id "
    error = admin.refused(merge + "WHEN MATCHED THEN UPDATE SET n = s.n")
    assert (error.status, error.id) == (400, "delta.mergeManyMatches")
    assert (
        admin.refused(
            merge
            + "WHEN MATCHED AND s.n = 1 THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (1)"
        ).id
        == "delta.mergeManyMatches"
    )
    # One of the two is taken: that is clear.
    admin.sql(merge + "WHEN MATCHED AND s.n = 2 THEN UPDATE SET n = s.n")
    assert admin.value(f"SELECT n FROM {target} WHERE id = 2") == 2
    assert admin.sql(merge + "WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, s.n)")[0][4] == 1
    assert admin.sql(merge + "WHEN MATCHED THEN DELETE")[0][3] == 2
    assert ids(admin, target) == [1, 3, 4]


def test_merge_source_is_evaluated_once(admin: Client, m: tuple[str, str]) -> None:
    target, _ = m
    admin.sql(
        f"MERGE INTO {target} t USING (SELECT i AS id, random() AS r FROM range(1000) AS x(i)) s "
        "ON t.id = s.id AND s.r >= 0 WHEN MATCHED THEN UPDATE SET name = s.r "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, s.r)"
    )
    assert admin.value(f"SELECT count(*) FROM {target}") == 1000
    assert admin.value(f"SELECT count(DISTINCT name) FROM {target}") > 990


def test_merge_takes_parameters(admin: Client, m: tuple[str, str]) -> None:
    target, source = m
    answer = admin.sql(
        f"MERGE INTO {target} t USING (SELECT * FROM {source} WHERE n > $2) s ON t.id = s.id "
        "WHEN MATCHED AND s.id = $1 THEN UPDATE SET name = $3 "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (s.id, $3)",
        parameters=[3, 250, "p"],
    )
    assert answer[0][2:] == [1, 0, 2]
    assert admin.sql(f"SELECT id FROM {target} WHERE name = 'p' ORDER BY id") == [[3], [5], [6]]
