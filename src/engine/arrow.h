#pragma once
// Arrow IPC streams from DuckDB's vectors. Chunks are gathered into record batches of a few
// megabytes column by column with bulk copies; nanoarrow encodes the messages.
#include <memory>
#include <string>
#include <vector>

#include "engine/vector.h"

namespace ob::engine {

// Types that Arrow lacks, or that readers treat unevenly, go out as strings: UHUGEINT, UUID, ENUM,
// BIT, UNION, TIME WITH TIME ZONE. HUGEINT is decimal128(38, 0).
class ArrowStream {
 public:
  ArrowStream(const std::vector<std::string>& names, const std::vector<Type>& types);
  ~ArrowStream();
  // Messages are appended to `out`.
  void schema(std::string& out);
  // Copies the rows; throws ob::Error 413 query.valueTooLarge when a batch's column of strings
  // would pass 2 GB.
  void append(const std::vector<Vec>& columns, std::uint64_t rows);
  bool full() const;   // time to flush()
  bool empty() const;  // nothing appended since
  void flush(std::string& out);
  static void end(std::string& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ob::engine
