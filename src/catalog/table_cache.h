#pragma once
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "delta/delta.h"

namespace ob::catalog {

// The most recently used opened tables by id, so that snapshots are shared and move forward by new
// commits only. Thread-safe; a table in use lives on after it was evicted.
class TableCache {
 public:
  explicit TableCache(std::size_t capacity) : capacity_(capacity) {}

  // `store`: where the table lies; one that was opened in another store is opened anew.
  std::shared_ptr<delta::Table> get(const std::string& id,
                                    const std::shared_ptr<objects::Store>& store,
                                    const std::function<std::shared_ptr<delta::Table>()>& open);
  void erase(const std::string& id);
  // A fingerprint of the table's columns that search knows; "" when it is not held.
  std::string columns(const std::string& id) const;
  void set_columns(const std::string& id, const std::string& fingerprint);
  std::size_t size() const;

 private:
  struct Entry {
    std::string id;
    std::shared_ptr<objects::Store> store;
    std::shared_ptr<delta::Table> table;
    std::string columns;
  };
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // newest first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
};

}  // namespace ob::catalog
