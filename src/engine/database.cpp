#include "engine/database.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "engine/row_source.h"
#include "engine/small_files.h"
#include "relay/relay.h"

namespace ob::engine {

namespace {

const std::string bucket_of_relay = "s3://" + std::string(relay::kBucket) + "/";

std::string sql_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) out += (out.size() > 1 ? ", " : "") + quote_literal(text);
  return out + "]";
}

void run(duckdb_connection connection, const std::string& sql) {
  duck::RawResult result;
  if (duckdb_query(connection, sql.c_str(), result.get()) != DuckDBSuccess)
    throw internal("duckdb: " + sql + ": " + duckdb_result_error(result.get()));
}

// DuckDB reaches the relay and nothing else: no server of its own choice, no proxy, and no
// credentials but the relay's token.
void reach_stores(duckdb_connection connection, const Options& options) {
  for (const std::string& sql : {
           "LOAD " + quote_literal(options.httpfs),
           std::string("SET GLOBAL enable_global_s3_configuration=false"),
           // The other client asks the environment's proxy whatever the setting says.
           std::string("SET GLOBAL httpfs_client_implementation='httplib'"),
           std::string("SET GLOBAL http_proxy=''"),
           // The stores try again, and tell when they give up; parts come one after the other.
           std::string("SET GLOBAL http_retries=0"),
           std::string("SET GLOBAL http_timeout=900"),
           std::string("SET GLOBAL s3_uploader_thread_limit=1"),
           // A ten-thousandth of it is buffered for each file that is being written.
           std::string("SET GLOBAL s3_uploader_max_filesize='80GB'"),
           "CREATE TEMPORARY SECRET relay (TYPE s3, PROVIDER config, KEY_ID 'relay', SECRET "
           "'relay', SESSION_TOKEN " +
               quote_literal(options.relay->token()) + ", ENDPOINT " +
               quote_literal(options.relay->endpoint()) +
               ", USE_SSL false, URL_STYLE 'path', REGION 'relay', SCOPE " +
               quote_literal(bucket_of_relay) + ")",
       })
    run(connection, sql);
}

// The order matters: what may be reached is fixed before external access goes off, and the lock is
// last.
void confine(duckdb_connection connection, const Options& options, bool stores) {
  run(connection, "SET GLOBAL allow_persistent_secrets=false");
  std::vector<std::string> directories = options.allowed_directories;
  if (stores) {
    reach_stores(connection, options);
    directories.push_back(bucket_of_relay);
  }
  // Local files are in the system's cache already, and never change.
  if (!stores) run(connection, "SET GLOBAL enable_external_file_cache=false");
  run(connection, "SET GLOBAL temp_directory=" + quote_literal(options.temp_directory));
  run(connection, "SET GLOBAL allowed_directories=" + sql_list(directories));
  // Sessions may still set these three; statements of users never reach SET.
  run(connection,
      "SET GLOBAL allowed_configs=['enable_progress_bar','enable_progress_bar_print',"
      "'streaming_buffer_size']");
  for (const char* setting :
       {"SET GLOBAL TimeZone='UTC'", "SET GLOBAL Calendar='gregorian'",
        // Gives memory back soon after a large statement.
        "SET GLOBAL allocator_background_threads=true", "SET GLOBAL errors_as_json=true",
        "SET GLOBAL preserve_insertion_order=true", "SET GLOBAL parquet_metadata_cache=true",
        "SET GLOBAL allow_community_extensions=false", "SET GLOBAL autoload_known_extensions=false",
        "SET GLOBAL autoinstall_known_extensions=false", "SET GLOBAL enable_external_access=false",
        "SET GLOBAL lock_configuration=true"})
    run(connection, setting);
}

// Functions that recurse into JSON of any depth on the thread's stack; these come before the
// built-in ones in the search path. Statements must not name functions with their schema.
void guard_json(duckdb_connection connection) {
  for (const char* macro :
       {"json_structure(j) AS system.main.json_structure(__ob_shallow(j::VARCHAR))",
        "json_group_structure(j) AS system.main.json_group_structure(__ob_shallow("
        "to_json(j)::VARCHAR)::JSON)",
        "json_merge_patch(a, b) AS system.main.json_merge_patch(__ob_shallow(a::VARCHAR), "
        "__ob_shallow(b::VARCHAR))",
        "json_contains(a, b) AS system.main.json_contains(__ob_shallow(a::VARCHAR), "
        "__ob_shallow(b::VARCHAR))"})
    run(connection, std::string("CREATE MACRO ") + macro);
}

// Functions that take quadratic time for a row, which nothing interrupts.
void guard_distances(duckdb_connection connection) {
  for (const std::string name : {"levenshtein", "editdist3", "damerau_levenshtein",
                                 "jaro_similarity", "jaro_winkler_similarity"}) {
    const std::string call = " AS system.main." + name + "(__ob_short(a), __ob_short(b)";
    const bool cut = name.starts_with("jaro");  // takes the least score to tell, too
    run(connection, "CREATE MACRO " + name + "(a, b)" + call + ")" +
                        (cut ? ", (a, b, c)" + call + ", c)" : ""));
  }
}

// Functions that make texts and lists of any length at once, without looking at limits of time and
// memory.
void guard_lengths(duckdb_connection connection) {
  for (const char* macro : {"lpad(s, n, p) AS system.main.lpad(s, __ob_length(n), p)",
                            "rpad(s, n, p) AS system.main.rpad(s, __ob_length(n), p)",
                            "repeat(s, n) AS system.main.repeat(s, __ob_length(n))",
                            "bitstring(s, n) AS system.main.bitstring(s, __ob_length(n))",
                            "list_resize(l, n) AS system.main.list_resize(l, __ob_length(n)), "
                            "(l, n, v) AS system.main.list_resize(l, __ob_length(n), v)",
                            "array_resize(l, n) AS system.main.array_resize(l, __ob_length(n)), "
                            "(l, n, v) AS system.main.array_resize(l, __ob_length(n), v)"})
    run(connection, std::string("CREATE MACRO ") + macro);
  for (const std::string name : {"range", "generate_series"})
    run(connection, "CREATE MACRO " + name + "(n) AS system.main." + name +
                        "(__ob_length(n)::BIGINT), (a, b) AS system.main." + name +
                        "(a, __ob_range_end(a, b, 1)), (a, b, s) AS system.main." + name +
                        "(a, __ob_range_end(a, b, s), s)");
  // Macros have no variable arguments.
  constexpr int most_values = 40;
  for (const std::string name : {"printf", "format"}) {
    std::string forms, values;
    for (int i = 0; i <= most_values; ++i) {
      if (i > 0) values += ", v" + std::to_string(i);
      forms += (i > 0 ? ", (f" : "(f") + values + ") AS system.main." + name +
               "(__ob_format(f::VARCHAR)" + values + ")";
    }
    run(connection, "CREATE MACRO " + name + forms);
  }
}

}  // namespace

Instance::Instance(Options options) : options_(std::move(options)) {
  if (options_.temp_directory.empty()) throw internal("engine: a temporary directory is needed");
}

std::shared_ptr<duck::Database> Instance::open(bool stores, const std::shared_ptr<Works>& works) {
  std::filesystem::create_directories(options_.temp_directory);
  duck::DbConfig config;
  if (duckdb_create_config(config.out()) != DuckDBSuccess) throw internal("duckdb: no memory");
  const auto set = [&](const char* name, const std::string& value) {
    if (duckdb_set_config(config.get(), name, value.c_str()) != DuckDBSuccess)
      throw internal(std::string("duckdb: cannot set ") + name + " to " + value);
  };
  if (options_.threads > 0) set("threads", std::to_string(options_.threads));
  if (options_.memory_bytes > 0)
    set("memory_limit", std::to_string(options_.memory_bytes / 1000) + "KB");
  // The registry must outlive the database, whoever lets go of it last.
  std::shared_ptr<duck::Database> database(
      new duck::Database, [functions = functions_](duck::Database* d) { delete d; });
  char* message = nullptr;
  if (duckdb_open_ext(nullptr, database->out(), config.get(), &message) != DuckDBSuccess) {
    const duck::Text owned(message);
    throw internal(std::string("duckdb: cannot open: ") + (message ? message : ""));
  }
  duck::Session session;
  if (duckdb_connect(database->get(), session.out()) != DuckDBSuccess)
    throw internal("duckdb: cannot connect");
  register_functions(session.get(), *functions_);
  register_row_sources(session.get(), *functions_);
  register_small_files(session.get(), *functions_, works);
  guard_json(session.get());
  guard_lengths(session.get());
  guard_distances(session.get());
  confine(session.get(), options_, stores);
  return database;
}

bool Instance::may_reach(const std::string& path) const {
  return std::ranges::any_of(options_.allowed_directories, [&](std::string directory) {
    while (directory.ends_with('/')) directory.pop_back();
    return path == directory || path.starts_with(directory + "/");
  });
}

std::unique_ptr<DuckConnection> Instance::connect() {
  const std::lock_guard lock(mutex_);
  const bool stores = options_.relay != nullptr && options_.relay->started();
  if (!database_ || stores != stores_) {
    works_ = std::make_shared<Works>();
    database_ = open(stores, works_);
    stores_ = stores;
  }
  return std::make_unique<DuckConnection>(database_, works_, options_.relay, stores);
}

}  // namespace ob::engine
