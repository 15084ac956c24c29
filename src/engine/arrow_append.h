#pragma once
// Appending DuckDB's vectors to nanoarrow's arrays.
#include <nanoarrow/nanoarrow.h>

#include <cstdint>
#include <vector>

#include "engine/vector.h"

namespace ob::engine::arrow {

// Grows one column of a record batch. Borrows the array, which was made for the type.
class Appender {
 public:
  Appender(ArrowArray* array, const Type& type);
  void append(const Vec& vec, std::uint64_t first, std::uint64_t count);
  // Sets lengths and null counts, also of children.
  void finish();
  void clear();                // for the next batch, in the same memory
  std::int64_t bytes() const;  // so far, roughly

 private:
  void append_validity(const Vec& vec, std::uint64_t first, std::uint64_t count);
  void append_strings(const Vec& vec, std::uint64_t first, std::uint64_t count);
  void append_as_text(const Vec& vec, std::uint64_t first, std::uint64_t count);
  void append_lists(const Vec& vec, std::uint64_t first, std::uint64_t count);
  void append_decimals(const Vec& vec, std::uint64_t first, std::uint64_t count);
  void append_intervals(const Vec& vec, std::uint64_t first, std::uint64_t count);
  void append_children(const Vec& vec, std::uint64_t first, std::uint64_t count);
  void append_fixed(const void* data, std::uint64_t first, std::uint64_t count, std::size_t width);
  ArrowBuffer* buffer(std::int64_t index) { return ArrowArrayBuffer(array_, index); }

  ArrowArray* array_;
  const Type* type_;
  std::vector<Appender> children_;
  std::int64_t length_ = 0, nulls_ = 0;
};

}  // namespace ob::engine::arrow
