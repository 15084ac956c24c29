#include "catalog/table_cache.h"

namespace ob::catalog {

std::shared_ptr<delta::Table> TableCache::get(
    const std::string& id, const std::shared_ptr<objects::Store>& store,
    const std::function<std::shared_ptr<delta::Table>()>& open) {
  const std::lock_guard lock(mutex_);
  if (const auto found = index_.find(id); found != index_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    Entry& entry = *found->second;
    if (entry.store != store) entry = {id, store, open(), {}};
    return entry.table;
  }
  // Opening reads nothing yet, so it may happen under the lock.
  entries_.push_front({id, store, open(), {}});
  index_[id] = entries_.begin();
  if (entries_.size() > capacity_) {
    index_.erase(entries_.back().id);
    entries_.pop_back();
  }
  return entries_.front().table;
}

void TableCache::erase(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(id);
  if (found == index_.end()) return;
  entries_.erase(found->second);
  index_.erase(found);
}

std::string TableCache::columns(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(id);
  return found == index_.end() ? "" : found->second->columns;
}

void TableCache::set_columns(const std::string& id, const std::string& fingerprint) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(id);
  if (found != index_.end()) found->second->columns = fingerprint;
}

std::size_t TableCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace ob::catalog
