#include "delta/file_set.h"

#include <algorithm>
#include <functional>

#include "delta/paths.h"

namespace ob::delta {

std::string dv_unique_id(const DeletionVector& dv) {
  auto id = dv.storage_type + dv.path_or_inline;
  if (dv.offset) id += "@" + std::to_string(*dv.offset);
  return id;
}

std::string file_key(const std::string& path, const std::optional<DeletionVector>& dv) {
  auto key = decode_path(path);
  key += '\0';  // cannot occur in a path
  if (dv) key += dv_unique_id(*dv);
  return key;
}

namespace {

std::uint64_t hash_key(std::string_view key) {
  return std::hash<std::string_view>{}(key);
}

}  // namespace

template <class T>
std::optional<std::pair<std::size_t, std::size_t>> FileSet<T>::locate(std::string_view key) const {
  const auto hash = hash_key(key);
  for (std::size_t p = parts_.size(); p-- > 0;) {
    const auto& part = parts_[p];
    const auto& index = part.chunk->index;
    auto it = std::lower_bound(index.begin(), index.end(), std::pair{hash, std::uint32_t{0}});
    for (; it != index.end() && it->first == hash; ++it) {
      if (part.alive(it->second) && file_key(*part.chunk->items[it->second]) == key) {
        return std::pair{p, std::size_t{it->second}};
      }
    }
  }
  return std::nullopt;
}

template <class T>
std::shared_ptr<const T> FileSet<T>::find(std::string_view key) const {
  auto at = locate(key);
  return at ? parts_[at->first].chunk->items[at->second] : nullptr;
}

template <class T>
std::shared_ptr<const T> FileSet<T>::erase(std::string_view key) {
  auto at = locate(key);
  if (!at) return nullptr;
  auto& part = parts_[at->first];
  // Owned by this set alone when an erase of the same build made it; else copied first.
  auto dead = part.dead.use_count() == 1
                  ? std::const_pointer_cast<std::vector<bool>>(part.dead)
                  : std::make_shared<std::vector<bool>>(
                        part.dead ? *part.dead : std::vector<bool>(part.chunk->items.size()));
  (*dead)[at->second] = true;
  part.dead = std::move(dead);
  --part.live;
  --size_;
  return part.chunk->items[at->second];
}

template <class T>
void FileSet<T>::append(std::vector<std::shared_ptr<const T>> items) {
  auto make = [](std::vector<std::shared_ptr<const T>> of) {
    auto chunk = std::make_shared<Chunk>();
    chunk->index.reserve(of.size());
    for (std::size_t i = 0; i < of.size(); ++i) {
      chunk->index.emplace_back(hash_key(file_key(*of[i])), static_cast<std::uint32_t>(i));
    }
    std::sort(chunk->index.begin(), chunk->index.end());
    chunk->items = std::move(of);
    return Part{chunk, nullptr, chunk->items.size()};
  };
  size_ += items.size();
  // Merging with neighbours of like size keeps the number of parts logarithmic and the order.
  std::size_t first = parts_.size(), total = items.size();
  while (first > 0 && parts_[first - 1].live <= total) total += parts_[--first].live;
  std::vector<std::shared_ptr<const T>> merged;
  merged.reserve(total);
  for (std::size_t p = first; p < parts_.size(); ++p) {
    for (std::size_t i = 0; i < parts_[p].chunk->items.size(); ++i) {
      if (parts_[p].alive(i)) merged.push_back(parts_[p].chunk->items[i]);
    }
  }
  std::move(items.begin(), items.end(), std::back_inserter(merged));
  parts_.resize(first);
  if (!merged.empty()) parts_.push_back(make(std::move(merged)));
  // A chunk that is mostly dead would hold memory of files long gone.
  for (auto& part : parts_) {
    if (part.live * 2 >= part.chunk->items.size()) continue;
    std::vector<std::shared_ptr<const T>> kept;
    kept.reserve(part.live);
    for (std::size_t i = 0; i < part.chunk->items.size(); ++i) {
      if (part.alive(i)) kept.push_back(part.chunk->items[i]);
    }
    part = make(std::move(kept));
  }
  std::erase_if(parts_, [](const Part& part) { return part.live == 0; });
}

template <class T>
std::shared_ptr<const T> FileSet<T>::Builder::put(std::shared_ptr<const T> item) {
  auto key = file_key(*item);
  auto old = erase(key);
  fresh_index_[std::move(key)] = fresh_.size();
  fresh_.push_back(std::move(item));
  return old;
}

template <class T>
std::shared_ptr<const T> FileSet<T>::Builder::erase(const std::string& key) {
  if (auto it = fresh_index_.find(key); it != fresh_index_.end()) {
    auto old = std::move(fresh_[it->second]);
    fresh_index_.erase(it);
    return old;
  }
  return set_.erase(key);
}

template <class T>
FileSet<T> FileSet<T>::Builder::build() {
  std::erase(fresh_, nullptr);
  set_.append(std::move(fresh_));
  fresh_index_.clear();
  return std::move(set_);
}

template class FileSet<Add>;
template class FileSet<Remove>;

}  // namespace ob::delta
