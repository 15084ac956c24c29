"""SQL reaches no file, table or setting outside the caller's rights; each try gets a clear error."""

import pytest

from tests.api.checks import no_machine_paths, problem
from tests.harness.client import Client

FILE_FUNCTIONS = [
    "read_csv('/etc/passwd')",
    "read_csv_auto('/etc/passwd')",
    "read_text('/etc/passwd')",
    "read_blob('/etc/passwd')",
    "read_json('/etc/passwd')",
    "read_json_auto('/etc/passwd')",
    "read_ndjson('/etc/passwd')",
    "read_ndjson_objects('/etc/passwd')",
    "read_json_objects('/etc/passwd')",
    "read_parquet('/etc/passwd')",
    "parquet_scan('/etc/passwd')",
    "parquet_metadata('/etc/passwd')",
    "parquet_schema('/etc/passwd')",
    "parquet_file_metadata('/etc/passwd')",
    "parquet_kv_metadata('/etc/passwd')",
    "parquet_bloom_probe('/etc/passwd', 'a', 1)",
    "sniff_csv('/etc/passwd')",
    "glob('/etc/*')",
    "glob('**')",
    "read_csv('{data}/**')",
    "read_parquet('{data}/**/*.parquet')",
    "read_csv(['/etc/passwd'])",
    "READ_CSV('/etc/passwd')",
    "main.read_csv('/etc/passwd')",
    "system.main.read_csv('/etc/passwd')",
    "\"read_csv\"('/etc/passwd')",
    "arrow_scan(1, 2, 3)",
    "arrow_scan_dumb(1, 2, 3)",
    "seq_scan('x')",
    "index_scan('x')",
    "python_map_function()",
    "pandas_scan(1)",
]

PATHS_AS_TABLES = [
    "'/etc/passwd'",
    "'/etc/passwd.csv'",
    '"/etc/passwd"',
    '"/etc/hosts.csv"',
    "`/etc/hosts.csv`",
    "'file:///etc/passwd'",
    "'https://127.0.0.1/x.csv'",
    "'s3://bucket/x.parquet'",
    "'{data}/x.parquet'",
    '"x.csv"',
    "delta.`/etc`",
    "parquet.`/etc/x.parquet`",
    "csv.`/etc/passwd`",
]

SYSTEM_FUNCTIONS = [
    "duckdb_settings()",
    "duckdb_tables()",
    "duckdb_databases()",
    "duckdb_secrets()",
    "duckdb_extensions()",
    "duckdb_functions()",
    "duckdb_columns()",
    "duckdb_views()",
    "duckdb_schemas()",
    "duckdb_memory()",
    "duckdb_temporary_files()",
    "duckdb_logs()",
    "duckdb_prepared_statements()",
    "duckdb_variables()",
    "duckdb_connection_count()",
    "pragma_version()",
    "pragma_platform()",
    "pragma_database_size()",
    "pragma_storage_info('x')",
    "pragma_table_info('x')",
    "pragma_user_agent()",
    "pragma_show('x')",
    "which_secret('x', 's3')",
    "checkpoint()",
    "force_checkpoint()",
    "test_all_types()",
    "test_vector_types(1)",
    "query('SELECT 1')",
    "query('SELECT * FROM read_text(''/etc/passwd'')')",
    "query_table('x')",
    "query_table(['x'])",
    "json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "summary((SELECT 1))",
    "repeat_row(1, num_rows=1)",
    "enable_logging()",
    "truncate_duckdb_logs()",
    "duckdb_log_contexts()",
    "from_substrait('x')",
    "sql_auto_complete('s')",
]

SYSTEM_TABLES = [
    "duckdb_settings",
    "pg_catalog.pg_settings",
    "pg_settings",
    "pg_tables",
    "pg_catalog.pg_class",
    "sqlite_master",
    "sqlite_schema",
    "sqlite_temp_master",
    "system.information_schema.tables",
    "system.main.duckdb_settings",
    "memory.information_schema.tables",
    "temp.information_schema.tables",
    "system.main.pragma_database_list",
    "pragma_database_list",
    "duckdb_logs",
    "memory.main.x",
]

SCALARS = [
    "current_setting('temp_directory')",
    "current_setting('allowed_directories')",
    "getenv('PATH')",
    "getvariable('x')",
    "current_database()",
    "current_schemas(true)",
    "in_search_path('a', 'b')",
    "version()",
    "pg_typeof(1) || current_setting('threads')",
    "txid_current()",
    "nextval('x')",
    "currval('x')",
    "json_serialize_plan('SELECT 1')",
    "write_log('x')",
    "read_text('/etc/passwd')",
    "main.getenv('HOME')",
    "sleep_ms(10)",
    "error('a message of the caller')",
    "current_connection_id()",
    "current_query()",
    "current_transaction_id()",
    "is_histogram_other_bin(1)",
    "add_parquet_key('k', 'v')",
    "set_config('a', 'b', false)",
    "pg_read_file('/etc/passwd')",
]

STATEMENTS = [
    "COPY (SELECT 1) TO '/tmp/openbricks-escape.csv'",
    "COPY (SELECT 1) TO '{data}/escape.csv'",
    "COPY x FROM '/etc/passwd'",
    "ATTACH '/tmp/x.db'",
    "ATTACH ':memory:' AS other",
    "DETACH memory",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "LOAD '/tmp/x.duckdb_extension'",
    "FORCE INSTALL httpfs",
    "UPDATE EXTENSIONS",
    "SET threads = 1",
    "SET GLOBAL enable_external_access = true",
    "SET SESSION memory_limit = '1TB'",
    "SET VARIABLE x = 1",
    "RESET threads",
    "PRAGMA version",
    "PRAGMA database_list",
    "PRAGMA threads=1",
    "PRAGMA enable_profiling",
    "CREATE SECRET s (TYPE s3)",
    "CREATE PERSISTENT SECRET s (TYPE s3)",
    "DROP SECRET s",
    "CREATE MACRO m() AS 1",
    "CREATE OR REPLACE MACRO m(a) AS TABLE SELECT a",
    "CREATE FUNCTION f() AS 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE TEMPORARY VIEW v AS SELECT 1",
    "CREATE SEQUENCE s",
    "CREATE TYPE t AS ENUM ('a')",
    "CREATE INDEX i ON x (a)",
    "EXPORT DATABASE '/tmp/openbricks-escape'",
    "IMPORT DATABASE '/tmp/openbricks-escape'",
    "CHECKPOINT",
    "FORCE CHECKPOINT",
    "VACUUM ANALYZE",
    "BEGIN",
    "BEGIN TRANSACTION",
    "COMMIT",
    "ROLLBACK",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "DEALLOCATE p",
    "CALL pragma_version()",
    "CALL duckdb_settings()",
    "EXPLAIN COPY (SELECT 1) TO '/tmp/openbricks-escape.csv'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/openbricks-escape.csv'",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE main.default.x",
    "SELECT 1;; SELECT 2",
    "SELECT 1 /* ; */ ; ATTACH '/tmp/x.db'",
    "SELECT ';' ; SET threads = 1",
    "CREATE TABLE main.default.esc AS SELECT * FROM read_text('/etc/passwd')",
    "CREATE VIEW main.default.esc AS SELECT * FROM read_text('/etc/passwd')",
    "CREATE TABLE main.default.esc (a INT) LOCATION '/etc/openbricks'",
    "CREATE TABLE main.default.esc USING delta LOCATION '{data}/elsewhere' AS SELECT 1 AS a",
    "INSERT INTO main.default.esc SELECT * FROM read_text('/etc/passwd')",
    "DESCRIBE SELECT * FROM read_text('/etc/passwd')",
    "SUMMARIZE SELECT * FROM read_text('/etc/passwd')",
    "SUMMARIZE '/etc/passwd'",
    "DESCRIBE '/etc/passwd'",
    "SHOW ALL TABLES FROM memory",
    "PIVOT read_csv('/etc/passwd') ON column0",
    "FROM '/etc/passwd'",
    "FROM read_text('/etc/passwd') SELECT content",
    'TABLE "/etc/hosts.csv"',
    "WITH x AS (SELECT * FROM read_text('/etc/passwd')) SELECT * FROM x",
    "WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM x, read_text('/etc/passwd')) FROM x",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT 1 WHERE EXISTS (FROM read_text('/etc/passwd'))",
    "SELECT 1 IN (SELECT size FROM read_text('/etc/passwd'))",
    "SELECT * FROM range(1) t, LATERAL (SELECT * FROM read_text('/etc/passwd'))",
    "SELECT 1 UNION ALL BY NAME SELECT size FROM read_text('/etc/passwd')",
    "SELECT list_transform([1], x -> (SELECT count(*) FROM read_text('/etc/passwd')))",
    "SELECT * FROM range(1) ORDER BY (SELECT size FROM read_text('/etc/passwd'))",
    "SELECT * FROM range(1) LIMIT (SELECT size FROM read_text('/etc/passwd'))",
    "SELECT count(*) FILTER (WHERE (SELECT true FROM read_text('/etc/passwd'))) FROM range(1)",
    "SELECT sum(1) OVER (ORDER BY (SELECT size FROM read_text('/etc/passwd')))",
    "VALUES ((SELECT content FROM read_text('/etc/passwd')))",
    "SELECT COLUMNS(c -> (SELECT true FROM read_text('/etc/passwd'))) FROM range(1)",
    "SELECT * REPLACE ((SELECT content FROM read_text('/etc/passwd')) AS range) FROM range(1)",
    "SELECT * FROM (VALUES (1)) t(a) QUALIFY (SELECT true FROM read_text('/etc/passwd'))",
    "EXPLAIN SELECT * FROM read_text('/etc/passwd')",
]


def attempts() -> list[str]:
    found = [f"SELECT * FROM {f}" for f in FILE_FUNCTIONS + SYSTEM_FUNCTIONS]
    found += [f"SELECT * FROM {t}" for t in PATHS_AS_TABLES + SYSTEM_TABLES]
    found += [f"SELECT {s}" for s in SCALARS]
    return found + STATEMENTS


# Harmless ones that may as well answer: they tell nothing of the machine or of others.
MAY_ANSWER = {
    "SELECT version()",
    "SELECT current_database()",
    "SELECT current_schemas(true)",
    "SELECT in_search_path('a', 'b')",
    "SELECT * FROM system.information_schema.tables",  # our own, of what the caller may see
    "SELECT txid_current()",
    "SELECT is_histogram_other_bin(1)",
    "SELECT current_query()",
    "SELECT * FROM repeat_row(1, num_rows=1)",
    "SELECT * FROM summary((SELECT 1))",
}


@pytest.mark.parametrize("sql", attempts(), ids=lambda s: s[:70])
@pytest.mark.parametrize("who", ["admin", "user"])
def test_is_refused(request: pytest.FixtureRequest, server, who: str, sql: str) -> None:
    client: Client = request.getfixturevalue(who)
    sql = sql.replace("{data}", str(server.data))
    answer = client.query(sql)
    for leak in ("root:", "/bin/bash", "localhost ip6", "nobody:"):
        assert leak not in answer.text
    if answer.status_code == 200:
        assert sql in MAY_ANSWER, f"answered: {answer.text[:300]}"
        return
    body = problem(answer, (400, 403, 404, 422))
    # A clear error: it says more than that something failed, and nothing of the machine.
    assert len(body["detail"]) > 10
    no_machine_paths(
        body["detail"], sql, "/etc/passwd", "/etc/hosts.csv", "/etc/x.parquet", str(server.data)
    )


def test_nothing_was_written(server) -> None:
    from pathlib import Path

    assert not list(Path("/tmp").glob("openbricks-escape*"))
    assert not (server.data / "escape.csv").exists()


@pytest.fixture(scope="module")
def secret(admin: Client) -> str:
    admin.sql("CREATE SCHEMA IF NOT EXISTS main.vault")
    admin.sql("CREATE OR REPLACE TABLE main.vault.secret AS SELECT 'hunter2' AS word, 7 AS n")
    return "main.vault.secret"


SHADOWS = [
    "WITH {t} AS (SELECT 1 AS a) SELECT * FROM main.vault.secret",
    "WITH secret AS (SELECT 1 AS a) SELECT * FROM main.vault.secret",
    "WITH vault AS (SELECT 1 AS a) SELECT * FROM vault.secret",
    "WITH a AS (WITH secret AS (SELECT 1 AS x) SELECT * FROM secret) SELECT * FROM a, vault.secret",
    "SELECT * FROM (WITH secret AS (SELECT 1 AS x) SELECT * FROM secret) q, main.vault.secret",
    "WITH secret AS (SELECT * FROM main.vault.secret) SELECT * FROM secret",
    "WITH RECURSIVE secret AS (SELECT * FROM vault.secret UNION ALL SELECT * FROM secret) FROM secret",
    "SELECT (SELECT word FROM vault.secret)",
    "SELECT * FROM range(1) WHERE EXISTS (FROM vault.secret)",
    "SELECT * FROM range(1) JOIN vault.secret ON true",
    "SELECT * FROM range(1), LATERAL (FROM vault.secret)",
    "FROM vault.secret",
    "TABLE vault.secret",
    "DESCRIBE vault.secret",
    "SUMMARIZE vault.secret",
    "DESCRIBE DETAIL vault.secret",
    "DESCRIBE HISTORY vault.secret",
    "EXPLAIN SELECT * FROM vault.secret",
    "EXPLAIN ANALYZE SELECT * FROM vault.secret",
    "PIVOT vault.secret ON word USING sum(n)",
    "UNPIVOT vault.secret ON n",
    "SELECT 1 UNION SELECT n FROM vault.secret",
    "SELECT * FROM vault.secret VERSION AS OF 0",
    "SELECT * FROM vault.secret TIMESTAMP AS OF '2100-01-01'",
    "SELECT * FROM vault.secret AT (VERSION => 0)",
    "SELECT * FROM VAULT.SECRET",
    "SELECT * FROM `main`.`vault`.`secret`",
    "INSERT INTO vault.secret VALUES ('x', 1)",
    "INSERT INTO main.default.anything SELECT * FROM vault.secret",
    "CREATE TABLE main.default.copy_of AS SELECT * FROM vault.secret",
    "CREATE VIEW main.default.view_of AS SELECT * FROM vault.secret",
    "DROP TABLE vault.secret",
    "ALTER TABLE vault.secret RENAME TO vault.other",
    "TRUNCATE TABLE vault.secret",
    "DROP SCHEMA main.vault CASCADE",
    "DROP CATALOG main CASCADE",
    "SHOW TABLES IN main.vault",
    "SELECT * FROM main.information_schema.columns WHERE table_schema = 'vault'",
    "SHOW CREATE TABLE vault.secret",
]


@pytest.mark.parametrize("sql", SHADOWS, ids=lambda s: s[:70])
def test_others_tables_stay_closed(user: Client, admin: Client, secret: str, sql: str) -> None:
    answer = user.query(sql.replace("{t}", '"main.vault.secret"'))
    assert "hunter2" not in answer.text and "word" not in answer.text.replace(sql, "").replace(
        "password", ""
    )
    if answer.status_code == 200:
        assert answer.json()["rows"] == []
    else:
        problem(answer, (400, 403, 404))
    assert admin.sql(f"SELECT word, n FROM {secret}") == [["hunter2", 7]]


def test_a_cte_may_have_a_tables_name(admin: Client, user: Client, secret: str) -> None:
    sql = "WITH secret AS (SELECT 1 AS a) SELECT a FROM secret"
    assert admin.value(sql, catalog="main", schema="vault") == 1
    assert user.value(sql) == 1


def test_missing_and_forbidden_look_the_same(user: Client, secret: str) -> None:
    forbidden = user.refused("SELECT * FROM main.vault.secret")
    missing = user.refused("SELECT * FROM main.vault.nothing")
    assert (forbidden.status, forbidden.id) == (missing.status, missing.id)
    assert forbidden.detail.replace("secret", "X") == missing.detail.replace("nothing", "X")


LONG = "/" + "a" * 400_000


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT CAST('{LONG}' AS INT)",
        f"SELECT error('{LONG}')",
        f'SELECT "{LONG}"',
        f"SELECT strptime('{LONG}', '%Y')",
        f"SELECT regexp_matches('a', '({LONG}')",
        f"SELECT CAST(x AS DATE) FROM (SELECT '{LONG}' || i AS x FROM range(2) AS t(i))",
        f"EXPLAIN SELECT i::VARCHAR || '{LONG}' FROM range(3) AS t(i)",
        f"EXPLAIN ANALYZE SELECT i::VARCHAR || '{LONG}' FROM range(3) AS t(i)",
    ],
    ids=lambda sql: sql[:30],
)
def test_long_texts_in_errors_and_plans(server, user: Client, sql: str) -> None:
    """Whoever may sign in must not end the server with what a message or a plan repeats."""
    answer = user.post("query", {"sql": sql})
    assert answer.status_code in (200, 400), answer.text[:300]
    assert server.process.poll() is None


def test_views_and_functions_do_not_multiply_without_end(
    server, admin: Client, schema: str
) -> None:
    admin.sql(f"CREATE VIEW {schema}.v0 AS SELECT 1 AS a")
    admin.sql(f"CREATE FUNCTION {schema}.f0(x INT) RETURNS INT RETURN x")
    made = []
    for i in range(1, 7):
        many = " UNION ALL ".join([f"SELECT a FROM {schema}.v{i - 1}"] * 40)
        view = admin.post("query", {"sql": f"CREATE VIEW {schema}.v{i} AS {many}"})
        calls = " + ".join([f"{schema}.f{i - 1}(x)"] * 40)
        sql = f"CREATE FUNCTION {schema}.f{i}(x INT) RETURNS INT RETURN {calls}"
        made += [view.json().get("id"), admin.post("query", {"sql": sql}).json().get("id")]
        if None not in made[-2:]:
            break
    assert made[:2] == [None, None] and made[-2:] == ["sql.tooLarge"] * 2
    # Nor values that are used more than once.
    admin.sql(f"CREATE FUNCTION {schema}.twice(x STRING) RETURNS STRING RETURN x || x")
    nested = "'a'"
    for _ in range(40):
        nested = f"{schema}.twice({nested})"
    assert admin.refused(f"SELECT {nested}").id == "sql.tooLarge"
    assert admin.value(f"SELECT {schema}.twice({schema}.twice('ab'))") == "ab" * 4
    assert server.process.poll() is None


@pytest.mark.parametrize(
    "name",
    [
        "levenshtein",
        "editdist3",
        "damerau_levenshtein",
        "jaro_similarity",
        "jaro_winkler_similarity",
    ],
)
def test_distances_of_long_texts_are_refused(user: Client, name: str) -> None:
    """They take quadratic time, and nothing could end them."""
    long = "repeat('a', 5000)"
    assert user.refused(f"SELECT {name}({long}, 'b')").id == "sql.value"
    assert user.refused(f"SELECT {name}('b', {long})").id == "sql.value"
    assert user.value(f"SELECT {name}('abc', NULL)") is None
    assert user.value(f"SELECT {name}('abc', 'abc')") in (0, 1)
