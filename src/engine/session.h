#pragma once
// Connections and results over DuckDB's C API.
#include <atomic>
#include <memory>

#include "engine/duck.h"
#include "engine/engine.h"
#include "engine/work.h"

namespace ob::engine {

class DuckConnection final : public Connection {
 public:
  // `database` is kept open as long as the connection lives. `relay` tells why a store failed; may
  // be null. `stores`: whether this instance reaches it. `works`: of the database's connections.
  DuckConnection(std::shared_ptr<duck::Database> database, std::shared_ptr<Works> works,
                 relay::Relay* relay, bool stores);
  ~DuckConnection() override;
  DuckConnection(const DuckConnection&) = delete;
  bool current() const override;
  relay::Relay* relay() const { return relay_; }
  duckdb_connection handle() const { return session_->get(); }
  boost::json::value parse(std::string_view sql) override;
  std::string unparse(const boost::json::value& tree) override;
  std::unique_ptr<Result> execute(const std::string& sql, const Parameters& parameters) override;
  std::unique_ptr<Result> execute_at_once(const std::string& sql) override;
  void interrupt() override;
  double progress() override;

  // Names and types that a statement would give, without running it.
  std::vector<Column> describe(const std::string& sql);

 private:
  std::string text_call(duck::Prepared& prepared, const char* sql, const std::string& argument);

  std::shared_ptr<duck::Database> database_;
  std::shared_ptr<duck::Session> session_;
  const std::shared_ptr<Works> works_;
  const std::shared_ptr<Work> work_ = std::make_shared<Work>();
  idx_t number_ = 0;  // DuckDB's of this connection
  relay::Relay* relay_;
  bool stores_;
  duck::Prepared serialize_, deserialize_;  // destroyed before the session
};

// Of a batch that a DuckConnection's result gave, and as long as that lives.
duckdb_data_chunk chunk_of(const Batch& batch);

// Throws when the text cannot be passed as a C string.
void check_sql_text(std::string_view sql);

}  // namespace ob::engine
