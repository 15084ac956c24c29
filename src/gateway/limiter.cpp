#include "gateway/limiter.h"

#include <algorithm>

namespace ob::gateway {

namespace {
// Addresses remembered a shard, so that strangers cannot fill the memory.
constexpr std::size_t kMostBuckets = 8192;
}  // namespace

bool Limiter::admit(const std::string& address, Clock::time_point now) {
  if (rate_ == 0) return true;
  Shard& shard = shards_[std::hash<std::string>()(address) % shards_.size()];
  const std::lock_guard lock(shard.mutex);
  if (shard.buckets.size() >= kMostBuckets) forget_idle(shard, now);
  auto& bucket =
      shard.buckets.try_emplace(address, Bucket{static_cast<double>(rate_), now}).first->second;
  const double seconds = std::chrono::duration<double>(now - bucket.at).count();
  bucket.tokens = std::min<double>(rate_, bucket.tokens + std::max(0.0, seconds) * rate_);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

// After a second of silence a bucket is full again, as a new one is.
void Limiter::forget_idle(Shard& shard, Clock::time_point now) const {
  std::erase_if(shard.buckets, [now](const auto& entry) {
    return now - entry.second.at > std::chrono::seconds(1);
  });
  if (shard.buckets.size() >= kMostBuckets) shard.buckets.clear();
}

}  // namespace ob::gateway
