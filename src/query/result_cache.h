#pragma once
// Answers of queries that were computed before. A version of a Delta table never changes, so the
// answer to a statement that calls nothing volatile is exact for as long as its tables stay at the
// snapshots that it was computed from. Rights, views and snapshots are looked up before each use;
// who asks is part of the statement where it matters (current_user is a constant by then).
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/lru.h"
#include "delta/delta.h"
#include "engine/engine.h"

namespace ob::query {

// A whole answer, in pieces as they go out: rows as JSON arrays with a comma
// after each, or messages of an Arrow stream.
struct CachedResult {
  std::vector<engine::Column> columns;
  std::string bytes;                // of all pieces
  std::vector<std::uint32_t> ends;  // of each piece in `bytes`
  bool truncated = false;

  std::string_view piece(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends[index - 1];
    return std::string_view(bytes).substr(begin, ends[index] - begin);
  }
};
using CachedResultPtr = std::shared_ptr<const CachedResult>;

// Rows of a cached answer as a batch.
class CachedRows : public engine::Batch {
 public:
  CachedRows(CachedResultPtr result, std::size_t first, std::size_t last)
      : result_(std::move(result)), first_(first), last_(last) {}
  std::int64_t rows() const override { return static_cast<std::int64_t>(last_ - first_); }
  void append_json(std::string& out, std::int64_t first, std::int64_t last) const override;
  // Only JSON is kept: these throw std::logic_error.
  void append_csv(std::string& out) const override;
  std::optional<std::string> text(std::int64_t row, std::size_t column) const override;
  std::span<const std::int64_t> integers(std::size_t column) const override;

 private:
  CachedResultPtr result_;
  std::size_t first_, last_;  // pieces
};

// What an answer depends on.
struct ResultKey {
  std::string text;  // empty: such an answer is not kept
  std::vector<delta::SnapshotPtr> snapshots;
};

// A key's text of parts, none of which can run into the next. `nonce`: random, in the names made
// up for one run of a statement; it counts for nothing.
void add_key_part(std::string& key, std::string_view part, std::string_view nonce = {});

// Thread-safe.
class ResultCache {
 public:
  explicit ResultCache(std::size_t capacity_bytes)
      : capacity_(capacity_bytes), results_(capacity_bytes) {}
  // The answer when each table still has the very snapshot it was computed from; else null.
  CachedResultPtr find(const ResultKey& key);
  void put(const ResultKey& key, CachedResultPtr result);
  // Larger answers are not kept, so that one cannot push all others out.
  std::size_t largest() const { return std::min<std::size_t>(capacity_ / 8, 1 << 30); }
  struct Use {
    std::size_t answers = 0, bytes = 0;
    std::uint64_t hits = 0, misses = 0;  // since the start
  };
  Use use() const;

 private:
  struct Entry {
    CachedResultPtr result;
    std::vector<std::weak_ptr<const delta::Snapshot>> snapshots;
  };
  const std::size_t capacity_;
  LruCache<std::shared_ptr<const Entry>> results_;
  std::atomic<std::uint64_t> hits_ = 0, misses_ = 0;
};

}  // namespace ob::query
