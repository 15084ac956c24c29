// Rows of other parts of the server as a table function, a vector of DuckDB's at a time.
#include "engine/row_source.h"

#include <sstream>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "engine/duck.h"
#include "engine/engine.h"

namespace ob::engine {
namespace {

using TableFunction = duck::Handle<duckdb_table_function, duckdb_destroy_table_function>;

duckdb_type type_of(RowSource::Column::Type type) {
  switch (type) {
    case RowSource::Column::Type::text:
      return DUCKDB_TYPE_VARCHAR;
    case RowSource::Column::Type::integer:
      return DUCKDB_TYPE_BIGINT;
    case RowSource::Column::Type::instant:
      return DUCKDB_TYPE_TIMESTAMP_TZ;
  }
  throw internal("unknown type of a column of a row source");
}

struct Bound {
  std::shared_ptr<RowSource> source;
};

struct Reading {
  std::shared_ptr<RowSource> source;
  std::unique_ptr<RowSource::Reader> reader;
  std::size_t columns = 0;
};

template <class T>
void forget(void* data) {
  delete static_cast<T*>(data);
}

// The vectors of a chunk, to be filled.
class ChunkSink final : public RowSource::Sink {
 public:
  ChunkSink(duckdb_data_chunk chunk, std::size_t columns) {
    for (std::size_t i = 0; i < columns; ++i)
      vectors_.push_back(duckdb_data_chunk_get_vector(chunk, i));
  }
  void null(std::size_t column, std::size_t row) override {
    duckdb_vector vector = vectors_.at(column);
    duckdb_vector_ensure_validity_writable(vector);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(vector), row);
  }
  void integer(std::size_t column, std::size_t row, std::int64_t value) override {
    static_cast<std::int64_t*>(duckdb_vector_get_data(vectors_.at(column)))[row] = value;
  }
  void text(std::size_t column, std::size_t row, std::string_view value) override {
    duckdb_vector_assign_string_element_len(vectors_.at(column), row, value.data(), value.size());
  }

 private:
  std::vector<duckdb_vector> vectors_;
};

void bind(duckdb_bind_info info) {
  try {
    const auto& functions = *static_cast<Functions*>(duckdb_bind_get_extra_info(info));
    const duck::Value id(duckdb_bind_get_parameter(info, 0));
    auto source = functions.sources->find(duckdb_get_int64(id.get()));
    if (!source) throw internal("the source of rows is gone");
    for (const auto& column : source->columns()) {
      const duck::LogicalType type(duckdb_create_logical_type(type_of(column.type)));
      duckdb_bind_add_result_column(info, column.name.c_str(), type.get());
    }
    duckdb_bind_set_bind_data(info, new Bound{std::move(source)}, forget<Bound>);
  } catch (const std::exception& error) {
    duckdb_bind_set_error(info, error.what());
  }
}

void init(duckdb_init_info info) {
  try {
    const auto& bound = *static_cast<Bound*>(duckdb_init_get_bind_data(info));
    const std::size_t known = bound.source->columns().size();
    std::vector<std::size_t> wanted;
    for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i) {
      // Where no column is needed (count(*)), DuckDB asks for one that is none.
      const idx_t column = duckdb_init_get_column_index(info, i);
      if (column < known) wanted.push_back(column);
    }
    duckdb_init_set_max_threads(info, 1);
    auto reading = std::make_unique<Reading>();
    reading->source = bound.source;
    reading->columns = wanted.size();
    reading->reader = bound.source->read(std::move(wanted));
    duckdb_init_set_init_data(info, reading.release(), forget<Reading>);
  } catch (const std::exception& error) {
    duckdb_init_set_error(info, error.what());
  }
}

// Before a failure's text, so that it is known again in DuckDB's; no statement can guess it.
const std::string& failure_mark() {
  static const std::string mark = "__ob_failed_" + random_token(16) + " ";
  return mark;
}

void fill(duckdb_function_info info, duckdb_data_chunk chunk) {
  try {
    auto& reading = *static_cast<Reading*>(duckdb_function_get_init_data(info));
    ChunkSink sink(chunk, reading.columns);
    duckdb_data_chunk_set_size(chunk, reading.reader->next(sink, duckdb_vector_size()));
  } catch (const Error& error) {
    fail_source(info, error);
  } catch (const std::exception& error) {
    duckdb_function_set_error(info, error.what());
  }
}

}  // namespace

void fail_source(duckdb_function_info info, const Error& error) {
  if (!error.cause().empty() || error.status() >= 500)
    log::error("a source of rows failed", {{"error", error.id()}, {"cause", error.cause()}});
  const std::string text =
      failure_mark() + std::to_string(error.status()) + " " + error.id() + " " + error.what();
  duckdb_function_set_error(info, text.c_str());
}

std::optional<Error> source_failure(std::string_view message) {
  const auto at = message.find(failure_mark());
  if (at == std::string_view::npos) return std::nullopt;
  std::istringstream text(std::string(message.substr(at + failure_mark().size())));
  int status = 0;
  std::string id, detail;
  text >> status >> id;
  std::getline(text >> std::ws, detail, '\0');
  return Error(status, id, detail);
}

void register_row_sources(duckdb_connection connection, Functions& functions) {
  const duck::LogicalType bigint(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  const TableFunction rows(duckdb_create_table_function());
  duckdb_table_function_set_name(rows.get(), "__ob_rows");
  duckdb_table_function_add_parameter(rows.get(), bigint.get());
  duckdb_table_function_set_extra_info(rows.get(), &functions, nullptr);
  duckdb_table_function_set_bind(rows.get(), bind);
  duckdb_table_function_set_init(rows.get(), init);
  duckdb_table_function_set_function(rows.get(), fill);
  duckdb_table_function_supports_projection_pushdown(rows.get(), true);
  if (duckdb_register_table_function(connection, rows.get()) != DuckDBSuccess)
    throw internal("cannot register a table function");
}

}  // namespace ob::engine
