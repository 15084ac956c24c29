#include "engine/session.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "engine/arrow.h"
#include "engine/error_text.h"
#include "engine/json_text.h"
#include "engine/parameters.h"
#include "relay/relay.h"

namespace ob::engine {

namespace {

void append_csv_value(std::string& out, const Vec& vec, std::uint64_t row) {
  if (!vec.valid(row)) return;
  const auto start = out.size();
  append_plain(out, vec, row);
  const std::string_view written = std::string_view(out).substr(start);
  // An empty text is quoted, so that it differs from NULL.
  if (!written.empty() && written.find_first_of("\",\r\n") == std::string_view::npos) return;
  std::string quoted = "\"";
  for (const char c : written) {
    if (c == '"') quoted.push_back('"');
    quoted.push_back(c);
  }
  out.replace(start, std::string::npos, quoted + "\"");
}

class ChunkBatch final : public Batch {
 public:
  ChunkBatch(duck::Chunk chunk, std::shared_ptr<const std::vector<Type>> types)
      : chunk_(std::move(chunk)), types_(std::move(types)) {
    for (std::size_t i = 0; i < types_->size(); ++i)
      columns_.push_back(read_vector(duckdb_data_chunk_get_vector(chunk_.get(), i), (*types_)[i]));
  }
  std::int64_t rows() const override {
    return static_cast<std::int64_t>(duckdb_data_chunk_get_size(chunk_.get()));
  }
  void append_json(std::string& out, std::int64_t first, std::int64_t last) const override {
    for (std::int64_t row = first; row < last; ++row) {
      out.append(row == first ? "[" : ",[");
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out.push_back(',');
        append_json_value(out, columns_[i], static_cast<std::uint64_t>(row));
      }
      out.push_back(']');
    }
  }
  void append_csv(std::string& out) const override {
    const auto count = static_cast<std::uint64_t>(rows());
    for (std::uint64_t row = 0; row < count; ++row) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) out.push_back(',');
        append_csv_value(out, columns_[i], row);
      }
      out += "\r\n";
    }
  }
  std::optional<std::string> text(std::int64_t row, std::size_t column) const override {
    const Vec& vec = columns_.at(column);
    if (!vec.valid(static_cast<std::uint64_t>(row))) return std::nullopt;
    std::string out;
    append_plain(out, vec, static_cast<std::uint64_t>(row));
    return out;
  }
  std::span<const std::int64_t> integers(std::size_t column) const override {
    const Vec& vec = columns_.at(column);
    const auto count = static_cast<std::size_t>(rows());
    for (std::size_t row = 0; row < count; ++row)
      if (vec.type->id != DUCKDB_TYPE_BIGINT || !vec.valid(row))
        throw internal("a result has no whole number where one is due");
    return {static_cast<const std::int64_t*>(vec.data), count};
  }
  const std::vector<Vec>& columns_view() const { return columns_; }
  duckdb_data_chunk chunk() const { return chunk_.get(); }

 private:
  duck::Chunk chunk_;
  std::shared_ptr<const std::vector<Type>> types_;
  std::vector<Vec> columns_;
};

// What a store said comes before DuckDB's text about it.
void throw_store_failure(relay::Relay* relay, std::string_view message) {
  if (relay == nullptr) return;
  const auto failure = relay->failure(message);
  if (!failure) return;
  if (failure->status() != 404) throw Error(*failure);
  throw file_gone(std::string(message));
}

// Works on the query until its first rows are there. DuckDB's own loop (duckdb_execute_pending)
// asks for tasks without a pause while the workers hold the last ones, and takes a core from them.
void run_tasks(duckdb_pending_result pending) {
  constexpr std::chrono::microseconds most{500};
  std::chrono::microseconds pause{0};
  for (;;) {
    const auto state = duckdb_pending_execute_task(pending);
    if (state == DUCKDB_PENDING_RESULT_READY || state == DUCKDB_PENDING_ERROR) return;
    if (state == DUCKDB_PENDING_RESULT_NOT_READY) {
      pause = {};
    } else {
      std::this_thread::sleep_for(pause);
      pause = std::min(most, 2 * pause + std::chrono::microseconds(10));
    }
  }
}

// A result that comes chunk by chunk.
class ChunkResult : public Result {
 public:
  const std::vector<Column>& columns() const override { return columns_; }

  std::unique_ptr<Batch> next() override { return next_chunk(); }

  bool next_arrow(std::string& out) override {
    if (!arrow_) {
      std::vector<std::string> names;
      for (const auto& column : columns_) names.push_back(column.name);
      arrow_ = std::make_unique<ArrowStream>(names, *types_);
      arrow_->schema(out);
      return true;
    }
    if (arrow_ended_) return false;
    while (!arrow_->full()) {
      const auto chunk = next_chunk();
      if (!chunk) break;
      arrow_->append(chunk->columns_view(), static_cast<std::uint64_t>(chunk->rows()));
    }
    if (!arrow_->empty()) {
      arrow_->flush(out);
    } else {
      arrow_ended_ = true;
      ArrowStream::end(out);
    }
    return true;
  }

 protected:
  virtual std::unique_ptr<ChunkBatch> next_chunk() = 0;  // null at the end

  std::vector<Column> columns_;
  std::shared_ptr<const std::vector<Type>> types_;

 private:
  std::unique_ptr<ArrowStream> arrow_;
  bool arrow_ended_ = false;
};

class DuckResult final : public ChunkResult {
 public:
  DuckResult(std::shared_ptr<duck::Database> database, std::shared_ptr<duck::Session> session,
             std::shared_ptr<Work> work, relay::Relay* relay, const std::string& sql,
             const Parameters& parameters)
      : database_(std::move(database)),
        session_(std::move(session)),
        work_(std::move(work)),
        relay_(relay),
        sql_(sql),
        parameters_(parameters) {
    check_sql_text(sql);
  }

  void stream() {
    if (duckdb_prepare(session_->get(), sql_.c_str(), prepared_.out()) != DuckDBSuccess)
      fail(duckdb_prepare_error(prepared_.get()));
    bind_parameters(prepared_.get(), parameters_);
    duck::Pending pending;
    if (duckdb_pending_prepared_streaming(prepared_.get(), pending.out()) != DuckDBSuccess)
      fail(duckdb_pending_error(pending.get()));
    run_tasks(pending.get());
    if (duckdb_execute_pending(pending.get(), result_.get()) != DuckDBSuccess) {
      const char* message = duckdb_result_error(result_.get());
      fail(message ? message : duckdb_pending_error(pending.get()));
    }
    read_columns();
  }

  void run_at_once() {
    if (duckdb_query(session_->get(), sql_.c_str(), result_.get()) != DuckDBSuccess)
      fail(duckdb_result_error(result_.get()));
    read_columns();
  }

 private:
  void read_columns() {
    auto types = std::make_shared<std::vector<Type>>();
    const idx_t count = duckdb_column_count(result_.get());
    for (idx_t i = 0; i < count; ++i) {
      const char* name = duckdb_column_name(result_.get(), i);
      const duck::LogicalType logical(duckdb_column_logical_type(result_.get(), i));
      types->push_back(read_type(logical.get(), name));
      columns_.push_back({name, types->back().text});
    }
    types_ = std::move(types);
  }

  [[noreturn]] void fail(const char* message) {
    throw_store_failure(relay_, message);
    throw_error(message, sql_, PlaceIn::bytes);
  }

  // What ended the stream. When an error in one thread stops the others, DuckDB may tell of their
  // interruption and forget the error (SimpleBufferedData::ExecuteTaskInternal of 1.5 looks for
  // interruptions first). The rows are then made once more, for the reason alone: as an aggregate,
  // which does not stream.
  [[noreturn]] void fail_stream(const char* message) {
    throw_store_failure(relay_, message);
    Error told = error_from(message);
    if (told.id() != "query.cancelled" || work_->interrupts() != interrupts_) throw told;
    try {
      DuckResult(database_, session_, work_, relay_,
                 "SELECT max(hash(COLUMNS(*))) FROM (\n" + sql_ + "\n)", parameters_)
          .stream();
    } catch (const Error& error) {
      // What cannot stand in an aggregate, such as EXPLAIN, says nothing of the reason.
      if (error.id() != "sql.syntax" && error.id() != "sql.binding")
        throw Error(error);  // without a place, which is one in the aggregate
    }
    throw Error(500, "query.failed",
                "The statement failed while its rows were read, for a reason that did not come "
                "back when they were read again. Run it once more.",
                message);
  }

  std::unique_ptr<ChunkBatch> next_chunk() override {
    while (!done_) {
      duck::Chunk chunk(duckdb_fetch_chunk(*result_.get()));
      if (!chunk) {
        done_ = true;
        const char* message = duckdb_result_error(result_.get());
        if (message != nullptr && *message != '\0') fail_stream(message);
        break;
      }
      if (duckdb_data_chunk_get_size(chunk.get()) > 0)
        return std::make_unique<ChunkBatch>(std::move(chunk), types_);
    }
    return nullptr;
  }

  std::shared_ptr<duck::Database> database_;
  std::shared_ptr<duck::Session> session_;
  std::shared_ptr<Work> work_;
  const std::uint64_t interrupts_ = work_->interrupts();  // before it began
  relay::Relay* relay_;
  const std::string sql_;
  const Parameters parameters_;
  duck::Prepared prepared_;
  duck::RawResult result_;
  bool done_ = false;
};

class CountsResult final : public ChunkResult {
 public:
  explicit CountsResult(const Counts& counts) {
    const duck::LogicalType whole(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
    auto types = std::make_shared<std::vector<Type>>();
    for (const auto& [name, value] : counts) {
      types->push_back(read_type(whole.get(), name));
      columns_.push_back({name, types->back().text});
    }
    types_ = std::move(types);
    std::vector<duckdb_logical_type> all(counts.size(), whole.get());
    duck::Chunk chunk(duckdb_create_data_chunk(all.data(), all.size()));
    for (std::size_t i = 0; i < counts.size(); ++i)
      *static_cast<std::int64_t*>(
          duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), i))) = counts[i].second;
    duckdb_data_chunk_set_size(chunk.get(), 1);
    row_ = std::make_unique<ChunkBatch>(std::move(chunk), types_);
  }

 private:
  std::unique_ptr<ChunkBatch> next_chunk() override { return std::move(row_); }

  std::unique_ptr<ChunkBatch> row_;
};

[[noreturn]] void throw_parse_error(const boost::json::object& answer, std::string_view sql) {
  const auto text = [&](std::string_view key) {
    const auto* found = answer.if_contains(key);
    return found && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  const boost::json::object error{{"exception_type", "Parser"},
                                  {"exception_message", text("error_message")},
                                  {"position", text("position")}};
  throw_error(boost::json::serialize(error), sql, PlaceIn::characters);
}

}  // namespace

std::unique_ptr<Result> result_of(const Counts& counts) {
  return std::make_unique<CountsResult>(counts);
}

duckdb_data_chunk chunk_of(const Batch& batch) {
  return static_cast<const ChunkBatch&>(batch).chunk();
}

void check_sql_text(std::string_view sql) {
  if (sql.find('\0') != std::string_view::npos)
    throw bad_request("sql.syntax", "The statement holds a NUL character.");
  if (!valid_utf8(sql)) throw bad_request("sql.syntax", "The statement is not valid UTF-8.");
}

std::vector<std::vector<std::optional<std::string>>> Connection::rows(
    const std::string& sql, const Parameters& parameters) {
  std::vector<std::vector<std::optional<std::string>>> out;
  const auto result = execute(sql, parameters);
  const auto width = result->columns().size();
  while (const auto batch = result->next()) {
    for (std::int64_t row = 0; row < batch->rows(); ++row) {
      auto& line = out.emplace_back();
      for (std::size_t i = 0; i < width; ++i) line.push_back(batch->text(row, i));
    }
  }
  return out;
}

DuckConnection::DuckConnection(std::shared_ptr<duck::Database> database,
                               std::shared_ptr<Works> works, relay::Relay* relay, bool stores)
    : database_(std::move(database)),
      session_(std::make_shared<duck::Session>()),
      works_(std::move(works)),
      relay_(relay),
      stores_(stores) {
  if (duckdb_connect(database_->get(), session_->out()) != DuckDBSuccess)
    throw internal("duckdb: cannot connect");
  // Local settings, which the lock leaves open (see engine.cpp): progress without printing, and
  // enough buffer for the workers to run ahead of a reader.
  for (const char* setting : {"SET enable_progress_bar=true", "SET enable_progress_bar_print=false",
                              "SET streaming_buffer_size='8MB'"}) {
    if (duckdb_query(session_->get(), setting, nullptr) != DuckDBSuccess)
      throw internal(std::string("duckdb: ") + setting);
  }
  duck::Context context;
  duckdb_connection_get_client_context(session_->get(), context.out());
  number_ = duckdb_client_context_get_connection_id(context.get());
  works_->add(number_, work_);
}

DuckConnection::~DuckConnection() {
  works_->remove(number_);
}

// A function of one text that gives one, planned once a connection.
std::string DuckConnection::text_call(duck::Prepared& prepared, const char* sql,
                                      const std::string& argument) {
  if (!prepared && duckdb_prepare(session_->get(), sql, prepared.out()) != DuckDBSuccess)
    throw error_from(duckdb_prepare_error(prepared.get()));
  const duck::Value value(duckdb_create_varchar_length(argument.data(), argument.size()));
  if (duckdb_bind_value(prepared.get(), 1, value.get()) != DuckDBSuccess)
    throw internal(std::string("duckdb: cannot bind the argument of ") + sql);
  duck::RawResult result;
  if (duckdb_execute_prepared(prepared.get(), result.get()) != DuckDBSuccess)
    throw error_from(duckdb_result_error(result.get()));
  const duck::Chunk chunk(duckdb_fetch_chunk(*result.get()));
  if (!chunk || duckdb_data_chunk_get_size(chunk.get()) != 1)
    throw internal(std::string("duckdb: no answer to ") + sql);
  const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk.get(), 0);
  if (auto* validity = duckdb_vector_get_validity(vector);
      validity != nullptr && !duckdb_validity_row_is_valid(validity, 0))
    throw internal(std::string("duckdb: NULL as the answer to ") + sql);
  auto& text = *static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector));
  return {duckdb_string_t_data(&text), duckdb_string_t_length(text)};
}

boost::json::value DuckConnection::parse(std::string_view sql) {
  check_sql_text(sql);
  const auto text =
      text_call(serialize_, "SELECT json_serialize_sql($1::VARCHAR)::VARCHAR", std::string(sql));
  boost::json::parse_options options;
  options.max_depth = 2000;
  auto answer = boost::json::parse(text, {}, options);
  const auto& object = answer.as_object();
  const auto* failed = object.if_contains("error");
  if (failed && failed->is_bool() && failed->get_bool()) throw_parse_error(object, sql);
  return answer;
}

std::string DuckConnection::unparse(const boost::json::value& tree) {
  return text_call(deserialize_, "SELECT json_deserialize_sql($1::JSON)",
                   boost::json::serialize(tree));
}

std::unique_ptr<Result> DuckConnection::execute(const std::string& sql,
                                                const Parameters& parameters) {
  auto result = std::make_unique<DuckResult>(database_, session_, work_, relay_, sql, parameters);
  result->stream();
  return result;
}

std::unique_ptr<Result> DuckConnection::execute_at_once(const std::string& sql) {
  auto result = std::make_unique<DuckResult>(database_, session_, work_, relay_, sql, nullptr);
  result->run_at_once();
  return result;
}

std::vector<Column> DuckConnection::describe(const std::string& sql) {
  check_sql_text(sql);
  duck::Prepared prepared;
  if (duckdb_prepare(session_->get(), sql.c_str(), prepared.out()) != DuckDBSuccess) {
    throw_store_failure(relay_, duckdb_prepare_error(prepared.get()));
    throw error_from(duckdb_prepare_error(prepared.get()));
  }
  std::vector<Column> out;
  const idx_t count = duckdb_prepared_statement_column_count(prepared.get());
  for (idx_t i = 0; i < count; ++i) {
    const duck::Text name(
        const_cast<char*>(duckdb_prepared_statement_column_name(prepared.get(), i)));
    const duck::LogicalType logical(
        duckdb_prepared_statement_column_logical_type(prepared.get(), i));
    out.push_back({name.get(), read_type(logical.get(), name.get()).text});
  }
  return out;
}

bool DuckConnection::current() const {
  return stores_ || relay_ == nullptr || !relay_->started();
}

void DuckConnection::interrupt() {
  work_->interrupt();  // first: whoever sees the interruption asks whether it was meant
  duckdb_interrupt(session_->get());
}

double DuckConnection::progress() {
  const double known = duckdb_query_progress(session_->get()).percentage;
  return known >= 0 ? known : work_->progress();
}

}  // namespace ob::engine
