#pragma once
// What each account holds, kept in memory: a decision asks no database while nothing changes.
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "db/db.h"
#include "identity/permissions.h"

namespace ob::identity {

struct Rights {
  std::int64_t generation = 0;
  std::unordered_set<std::string> principals;             // itself, its groups, everyone
  std::vector<std::string> groups;                        // names, sorted
  std::unordered_map<std::string, Privileges> on_object;  // by the object's id
};

// Each change of grants, groups or roles raises the generation in its transaction; what was read
// at an older one is read again. Processes that share the database look for a newer one at most
// every `Rights look-up interval`.
class RightsCache {
 public:
  explicit RightsCache(db::Database& database);
  std::shared_ptr<const Rights> of(const std::string& user_id);
  std::int64_t newest();  // asks the database for the generation
  // Runs fn(tx), which changes something, and makes it hold here.
  template <class Fn>
  auto changing(Fn fn) {
    std::int64_t generation = 0;
    if constexpr (std::is_void_v<std::invoke_result_t<Fn, db::Tx&>>) {
      db_.write([&](db::Tx& tx) {
        fn(tx);
        generation = raise(tx);
      });
      learn(generation);
    } else {
      auto out = db_.writing([&](db::Tx& tx) {
        auto result = fn(tx);
        generation = raise(tx);
        return result;
      });
      learn(generation);
      return out;
    }
  }

 private:
  static std::int64_t raise(db::Tx&);
  void learn(std::int64_t generation);
  void look();

  db::Database& db_;
  std::atomic<std::int64_t> generation_ = 0;  // the newest known
  std::atomic<Micros> looked_at_ = 0;
  std::mutex looking_;
  std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const Rights>> known_;
};

}  // namespace ob::identity
