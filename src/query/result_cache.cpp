#include "query/result_cache.h"

#include <algorithm>
#include <stdexcept>

#include "base/ids.h"

namespace ob::query {

void CachedRows::append_json(std::string& out, std::int64_t first, std::int64_t last) const {
  if (first >= last) return;
  const std::string_view begin = result_->piece(first_ + static_cast<std::size_t>(first));
  const std::string_view end = result_->piece(first_ + static_cast<std::size_t>(last) - 1);
  out.append(begin.data(), end.data() + end.size() - 1);  // without the last comma
}

void CachedRows::append_csv(std::string&) const {
  throw std::logic_error("cached rows are JSON");
}

std::optional<std::string> CachedRows::text(std::int64_t, std::size_t) const {
  throw std::logic_error("cached rows are JSON");
}

std::span<const std::int64_t> CachedRows::integers(std::size_t) const {
  throw std::logic_error("cached rows are JSON");
}

void add_key_part(std::string& key, std::string_view part, std::string_view nonce) {
  const auto add = [&](std::string_view piece, char end) {
    key += std::to_string(piece.size());
    key += ':';
    key += piece;
    key += end;
  };
  if (!nonce.empty()) {
    for (auto at = part.find(nonce); at != part.npos; at = part.find(nonce)) {
      add(part.substr(0, at), '*');
      part.remove_prefix(at + nonce.size());
    }
  }
  add(part, ';');
}

CachedResultPtr ResultCache::find(const ResultKey& key) {
  const auto found = results_.find(sha256_hex(key.text));
  const bool same = found && std::ranges::equal((*found)->snapshots, key.snapshots,
                                                [](const auto& then, const auto& now) {
                                                  return then.lock() == now;
                                                });
  ++(same ? hits_ : misses_);
  return same ? (*found)->result : nullptr;
}

ResultCache::Use ResultCache::use() const {
  return {.answers = results_.size(), .bytes = results_.used(), .hits = hits_, .misses = misses_};
}

void ResultCache::put(const ResultKey& key, CachedResultPtr result) {
  std::size_t cost = 512 + result->bytes.size() + result->ends.size() * sizeof(std::uint32_t);
  for (const auto& column : result->columns) cost += 64 + column.name.size() + column.type.size();
  auto entry = std::make_shared<Entry>();
  entry->result = std::move(result);
  entry->snapshots.assign(key.snapshots.begin(), key.snapshots.end());
  results_.put(sha256_hex(key.text), std::move(entry), cost);
}

}  // namespace ob::query
