#include "workspaces/directory.h"

#include "workspaces/store.h"

namespace ob::workspaces {
namespace {

constexpr Micros kLook = 250'000;

}  // namespace

Directory::Directory(db::Database& database) : db_(database), map_(std::make_shared<Map>()) {
  look();
}

void Directory::look() {
  const Micros now = now_micros();
  if (now - looked_at_ < kLook) return;
  // After a change here (looked_at_ is 0 then) everybody waits for it; else others go on meanwhile.
  std::unique_lock lock(looking_, std::defer_lock);
  if (looked_at_ == 0) {
    lock.lock();
  } else if (!lock.try_lock()) {
    return;
  }
  const auto [generation, workspaces] = db_.reading([&](db::Tx& tx) {
    const auto value = tx.query("SELECT value FROM workspace_generation").at(0).integer(0);
    return std::pair(value,
                     value == generation_ ? std::vector<Workspace>{} : store::workspaces(tx));
  });
  if (generation != generation_) {
    auto fresh = std::make_shared<Map>();
    for (const Workspace& w : workspaces) {
      fresh->emplace(w.id,
                     std::make_shared<const Entry>(
                         w, identity::Container{{ObjectType::workspace, w.id, w.name, w.owner, {}},
                                                w.archived_at.has_value()}));
    }
    const std::unique_lock changing(mutex_);
    map_ = std::move(fresh);
    generation_ = generation;
  }
  looked_at_ = now;
}

std::int64_t Directory::generation() {
  const auto [workspaces, items] = db_.reading([](db::Tx& tx) {
    const auto row = tx.query("SELECT value, items FROM workspace_generation").at(0);
    return std::pair(row.integer(0), row.integer(1));
  });
  bool known = false;
  {
    const std::shared_lock lock(mutex_);
    known = generation_ == workspaces;
  }
  if (!known) {
    looked_at_ = 0;
    look();
  }
  return workspaces + items;
}

std::shared_ptr<const Directory::Map> Directory::all() {
  look();
  const std::shared_lock lock(mutex_);
  return map_;
}

std::shared_ptr<const Directory::Entry> Directory::find(const std::string& id) {
  const auto map = all();
  const auto found = map->find(id);
  return found == map->end() ? nullptr : found->second;
}

}  // namespace ob::workspaces
