#pragma once
// All workspaces in memory: a decision about an object in one asks no database.
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "workspaces/workspaces.h"

namespace ob::workspaces {

// Each change raises a number in the database; other processes look for a newer one at most four
// times a second.
class Directory {
 public:
  explicit Directory(db::Database& database);

  struct Entry {
    Workspace workspace;
    identity::Container container;
  };
  using Map = std::unordered_map<std::string, std::shared_ptr<const Entry>>;
  std::shared_ptr<const Map> all();
  std::shared_ptr<const Entry> find(const std::string& id);

  // As Service::generation().
  std::int64_t generation();

  // Runs fn(tx), which changes workspaces, and makes it hold here.
  template <class Fn>
  void changing(Fn fn) {
    db_.write([&](db::Tx& tx) {
      fn(tx);
      tx.execute("UPDATE workspace_generation SET value = value + 1");
    });
    looked_at_ = 0;
    look();
  }

 private:
  void look();

  db::Database& db_;
  std::atomic<Micros> looked_at_ = 0;
  std::mutex looking_;
  std::shared_mutex mutex_;
  std::int64_t generation_ = 0;
  std::shared_ptr<const Map> map_;
};

}  // namespace ob::workspaces
