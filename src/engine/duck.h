#pragma once
// Owning handles over DuckDB's C API, for the engine's own sources only.
#include <duckdb.h>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace ob::engine::duck {

// Owns a C handle that a function taking its address destroys.
template <class T, auto Destroy>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T value) : value_(value) {}
  Handle(Handle&& other) noexcept : value_(std::exchange(other.value_, T{})) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Handle() {
    if (value_) Destroy(&value_);
  }
  T get() const { return value_; }
  T* out() { return &value_; }
  explicit operator bool() const { return value_ != T{}; }

 private:
  T value_{};
};

using Database = Handle<duckdb_database, duckdb_close>;
using Session = Handle<duckdb_connection, duckdb_disconnect>;
using Prepared = Handle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Pending = Handle<duckdb_pending_result, duckdb_destroy_pending>;
using Chunk = Handle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using LogicalType = Handle<duckdb_logical_type, duckdb_destroy_logical_type>;
using Value = Handle<duckdb_value, duckdb_destroy_value>;
using ScalarFunction = Handle<duckdb_scalar_function, duckdb_destroy_scalar_function>;
using ScalarFunctionSet = Handle<duckdb_scalar_function_set, duckdb_destroy_scalar_function_set>;
using Context = Handle<duckdb_client_context, duckdb_destroy_client_context>;
using DbConfig = Handle<duckdb_config, duckdb_destroy_config>;

struct Freed {
  void operator()(char* text) const { duckdb_free(text); }
};
using Text = std::unique_ptr<char, Freed>;

// A result is a plain struct, not a pointer.
class RawResult {
 public:
  RawResult() = default;
  RawResult(const RawResult&) = delete;
  RawResult& operator=(const RawResult&) = delete;
  ~RawResult() { duckdb_destroy_result(&value_); }
  duckdb_result* get() { return &value_; }

 private:
  duckdb_result value_{};
};

}  // namespace ob::engine::duck
