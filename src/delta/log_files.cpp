#include "delta/log_files.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/error.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr std::size_t kPage = 10'000;
constexpr std::size_t kMaxFiles = 5'000'000;
constexpr std::size_t kVersionDigits = 20;
constexpr std::int64_t kMaxVersion = 1ll << 53;  // far from where counting overflows
constexpr int kMaxParts = 100'000;

struct Parts {
  std::map<int, std::string> keys;
  Micros modified = 0;
};
// Multi-part checkpoints by (version, number of parts).
using PartsByVersion = std::map<std::pair<std::int64_t, int>, Parts>;

bool all_digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::vector<std::string_view> split(std::string_view s, char at) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto i = s.find(at);
    out.push_back(s.substr(0, i));
    if (i == std::string_view::npos) return out;
    s.remove_prefix(i + 1);
  }
}

void sort_in(const objects::ObjectInfo& info, LogListing& out, PartsByVersion& parts) {
  const auto name = file_name(info.key);
  const auto words = split(name, '.');
  std::int64_t version = 0;
  if (words.size() < 2 || words[0].size() != kVersionDigits || !all_digits(words[0]) ||
      !parse_whole(words[0], version) || version > kMaxVersion) {
    return;
  }
  if (words.size() == 2 && words[1] == "json") {
    out.commits.emplace(version, info);
    return;
  }
  if (words[1] != "checkpoint") return;  // .crc, .compacted.json, …
  if (words.size() == 3 && words[2] == "parquet") {
    out.checkpoints.push_back({version, {info.key}, false, info.modified});
  } else if (words.size() == 4 && (words[3] == "parquet" || words[3] == "json")) {
    out.checkpoints.push_back({version, {info.key}, words[3] == "json", info.modified});
  } else if (words.size() == 5 && words[4] == "parquet") {
    int part = 0, count = 0;
    if (!all_digits(words[2]) || !all_digits(words[3]) || !parse_whole(words[2], part) ||
        !parse_whole(words[3], count) || part < 1 || part > count || count > kMaxParts) {
      return;
    }
    auto& entry = parts[{version, count}];
    entry.keys[part] = info.key;
    entry.modified = std::max(entry.modified, info.modified);
  }
}

}  // namespace

std::string CheckpointFiles::name() const {
  return file_name(keys.front());
}

std::int64_t LogListing::newest() const {
  std::int64_t out = -1;
  if (!commits.empty()) out = commits.rbegin()->first;
  if (!checkpoints.empty()) out = std::max(out, checkpoints.front().version);
  return out;
}

std::int64_t LogListing::earliest() const {
  // Walk down from the newest commit while there is no gap.
  const auto last = newest();
  std::int64_t first_commit = last + 1;
  for (auto it = commits.rbegin(); it != commits.rend() && it->first == first_commit - 1; ++it) {
    first_commit = it->first;
  }
  if (first_commit == 0) return 0;
  std::int64_t out = last + 1;
  for (const auto& c : checkpoints) {
    if (c.version >= first_commit - 1) out = std::min(out, c.version);
  }
  return out;
}

std::string log_prefix(const std::string& root) {
  return root.empty() ? "_delta_log/" : root + "/_delta_log/";
}

std::string padded(std::int64_t version) {
  auto digits = std::to_string(version);
  return std::string(kVersionDigits - std::min(digits.size(), kVersionDigits), '0') + digits;
}

std::string commit_key(const std::string& root, std::int64_t version) {
  return log_prefix(root) + padded(version) + ".json";
}

std::string file_name(const std::string& key) {
  return key.substr(key.rfind('/') + 1);
}

LogListing list_log(objects::Store& store, const std::string& root, std::int64_t from) {
  LogListing out;
  PartsByVersion parts;
  const auto prefix = log_prefix(root);
  // Names start with the version, so that this lists from there; ':' follows the digits.
  const auto end = prefix + ":";
  std::string after = prefix + padded(from);
  std::size_t count = 0;
  for (bool more = true; more;) {
    const auto page = store.list(prefix, after, kPage, true);
    more = page.size() == kPage;
    for (const auto& info : page) {
      if (info.key >= end) {
        more = false;
        break;
      }
      if (!info.is_prefix) sort_in(info, out, parts);
    }
    count += page.size();
    if (count > kMaxFiles) {
      throw Error(422, "delta.badLog", "The table's log has more than 5,000,000 files.");
    }
    if (!page.empty()) after = page.back().key;
  }
  for (const auto& [id, entry] : parts) {
    if (static_cast<int>(entry.keys.size()) != id.second) continue;
    CheckpointFiles files{.version = id.first, .modified = entry.modified};
    for (const auto& [number, key] : entry.keys) files.keys.push_back(key);
    out.checkpoints.push_back(std::move(files));
  }
  std::sort(out.checkpoints.begin(), out.checkpoints.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.version, a.modified) > std::tuple(b.version, b.modified);
  });
  return out;
}

}  // namespace ob::delta
