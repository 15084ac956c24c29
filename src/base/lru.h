#pragma once
// A bounded map that forgets what was used longest ago. Thread-safe. Values are copied out: keep
// them behind shared_ptr when they are large.
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace ob {

template <class Value>
class LruCache {
 public:
  // `capacity`: of the sum of costs, in the unit that put() counts in.
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  std::optional<Value> find(const std::string& key) {
    const std::lock_guard lock(mutex_);
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    items_.splice(items_.begin(), items_, found->second);
    return found->second->value;
  }

  // Replaces a value of the same key. What costs more than the whole capacity is not kept.
  void put(const std::string& key, Value value, std::size_t cost) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
    if (cost > capacity_) return;
    while (used_ + cost > capacity_) drop(std::prev(items_.end()));
    items_.push_front({key, std::move(value), cost});
    by_key_.emplace(key, items_.begin());
    used_ += cost;
  }

  void erase(const std::string& key) {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_key_.find(key); found != by_key_.end()) drop(found->second);
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }
  // The sum of costs.
  std::size_t used() const {
    const std::lock_guard lock(mutex_);
    return used_;
  }

 private:
  struct Item {
    std::string key;
    Value value;
    std::size_t cost;
  };
  using Place = typename std::list<Item>::iterator;

  void drop(Place place) {
    used_ -= place->cost;
    by_key_.erase(place->key);
    items_.erase(place);
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::list<Item> items_;  // the latest used first
  std::unordered_map<std::string, Place> by_key_;
  std::size_t used_ = 0;
};

}  // namespace ob
