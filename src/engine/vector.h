#pragma once
// Types and vectors of a result, as plain trees that the writers (JSON, CSV, Arrow) walk.
#include <duckdb.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ob::engine {

struct Type {
  duckdb_type id = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  // of decimals and enums
  std::uint8_t width = 0, scale = 0;          // decimals
  std::uint64_t array_size = 0;
  std::string text;                 // DuckDB's spelling
  std::vector<std::string> labels;  // enum values; names of struct fields and union members
  std::vector<std::string> keys;    // the labels as JSON object keys: "\"a\":"
  std::vector<Type> children;       // list, array: element; map: key, value; struct; union members
};

// Throws ob::Error 400 sql.typeNotReadable for types without a stable layout (VARIANT, BIGNUM).
Type read_type(duckdb_logical_type logical, std::string_view column);

// A flat vector of a chunk. Borrows from the chunk and the type.
struct Vec {
  const Type* type = nullptr;
  const void* data = nullptr;
  const std::uint64_t* validity = nullptr;
  std::vector<Vec> children;  // list: child; map: key, value of its entries; union: tag, members
  std::uint64_t child_count = 0;  // rows in a list's child

  bool valid(std::uint64_t row) const {
    return validity == nullptr || (validity[row >> 6] >> (row & 63) & 1) != 0;
  }
  template <class T>
  const T& at(std::uint64_t row) const {
    return static_cast<const T*>(data)[row];
  }
  std::string_view string(std::uint64_t row) const {
    const auto& value = static_cast<const duckdb_string_t*>(data)[row];
    const std::uint32_t length = value.value.inlined.length;
    return {length <= 12 ? value.value.inlined.inlined : value.value.pointer.ptr, length};
  }
  std::uint64_t enum_index(std::uint64_t row) const;
};

Vec read_vector(duckdb_vector vector, const Type& type);

}  // namespace ob::engine
