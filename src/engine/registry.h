#pragma once
// State that SQL refers to by a number: deletion vectors of running scans, partition keys of
// running writes. The engine registers two scalar functions over it; numbers are random, so that a
// statement cannot guess another's.
#include <duckdb.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ob::engine {

// Deleted row indexes of files, by the file's position in the scan's list; sorted.
struct DeletedRows {
  std::vector<std::vector<std::uint64_t>> files;
};

// Numbers distinct tuples of texts in order of appearance. Thread-safe.
class PartitionKeys {
 public:
  using Key = std::vector<std::optional<std::string>>;
  explicit PartitionKeys(std::size_t limit) : limit_(limit) {}
  // The tuple's number; -1 when there would be more than the limit.
  std::int64_t number(const std::string& encoded);
  Key key(std::int64_t number) const;

  static void encode(std::string& out, std::optional<std::string_view> text);

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::int64_t> numbers_;
  std::vector<std::string> encoded_;
};

template <class T>
class Registry : public std::enable_shared_from_this<Registry<T>> {
 public:
  // Registered until the returned handle is gone.
  std::pair<std::int64_t, std::shared_ptr<void>> add(std::shared_ptr<T> item) {
    const std::unique_lock lock(mutex_);
    std::int64_t id = 0;
    do
      id = static_cast<std::int64_t>((std::uint64_t{random_()} << 31) ^ random_()) &
           std::int64_t{0x7FFFFFFFFFFFFFFF};
    while (items_.contains(id));
    items_.emplace(id, std::move(item));
    return {id, std::shared_ptr<void>(nullptr, [self = this->shared_from_this(), id](void*) {
              const std::unique_lock guard(self->mutex_);
              self->items_.erase(id);
            })};
  }
  std::shared_ptr<T> find(std::int64_t id) const {
    const std::shared_lock lock(mutex_);
    const auto found = items_.find(id);
    return found == items_.end() ? nullptr : found->second;
  }

 private:
  mutable std::shared_mutex mutex_;
  std::random_device random_;
  std::unordered_map<std::int64_t, std::shared_ptr<T>> items_;
};

class RowSource;
class SmallFiles;

struct Functions {
  std::shared_ptr<Registry<const DeletedRows>> deleted =
      std::make_shared<Registry<const DeletedRows>>();
  std::shared_ptr<Registry<RowSource>> sources = std::make_shared<Registry<RowSource>>();
  std::shared_ptr<Registry<SmallFiles>> small_files = std::make_shared<Registry<SmallFiles>>();
  std::shared_ptr<Registry<PartitionKeys>> partitions = std::make_shared<Registry<PartitionKeys>>();
};

// __ob_live(id BIGINT, file UBIGINT, row BIGINT) BOOLEAN, __ob_partition(id BIGINT, VARCHAR…)
// BIGINT and __ob_shallow(VARCHAR) VARCHAR, which gives JSON text back or fails when it is nested
// too deeply. `functions` must outlive the database.
void register_functions(duckdb_connection connection, Functions& functions);

}  // namespace ob::engine
