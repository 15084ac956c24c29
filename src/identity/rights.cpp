#include "identity/rights.h"

#include "identity/grants_store.h"

namespace ob::identity {
namespace {

constexpr Micros kLook = 250'000;
constexpr std::size_t kMaxKnown = 10'000;

}  // namespace

RightsCache::RightsCache(db::Database& database) : db_(database) {
  look();
}

std::int64_t RightsCache::raise(db::Tx& tx) {
  return store::raise_generation(tx);
}

void RightsCache::learn(std::int64_t generation) {
  std::int64_t known = generation_.load();
  while (known < generation && !generation_.compare_exchange_weak(known, generation)) {
  }
}

std::int64_t RightsCache::newest() {
  learn(db_.reading([](db::Tx& tx) { return store::generation(tx); }));
  return generation_;
}

void RightsCache::look() {
  const Micros now = now_micros();
  if (now - looked_at_ < kLook) return;
  // One thread looks, the others go on with what is known.
  const std::unique_lock lock(looking_, std::try_to_lock);
  if (!lock) return;
  learn(db_.reading([](db::Tx& tx) { return store::generation(tx); }));
  looked_at_ = now;
}

std::shared_ptr<const Rights> RightsCache::of(const std::string& user_id) {
  look();
  {
    const std::shared_lock lock(mutex_);
    const auto found = known_.find(user_id);
    if (found != known_.end() && found->second->generation >= generation_) return found->second;
  }
  auto fresh = std::make_shared<const Rights>(
      db_.reading([&](db::Tx& tx) { return store::rights(tx, user_id); }));
  learn(fresh->generation);
  const std::unique_lock lock(mutex_);
  if (known_.size() >= kMaxKnown) known_.clear();
  auto& kept = known_[user_id];
  if (!kept || kept->generation <= fresh->generation) kept = fresh;
  return fresh;
}

}  // namespace ob::identity
