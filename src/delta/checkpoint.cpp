#include "delta/checkpoint.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "delta/features.h"
#include "delta/log_files.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr Micros kSecond = 1'000'000;

std::optional<Micros> unit(std::string_view word) {
  if (word.ends_with('s') || word.ends_with('S')) word.remove_suffix(1);
  struct Unit {
    std::string_view name;
    Micros micros;
  };
  static constexpr Unit units[] = {{"week", 7 * 86400 * kSecond},
                                   {"day", 86400 * kSecond},
                                   {"hour", 3600 * kSecond},
                                   {"minute", 60 * kSecond},
                                   {"second", kSecond},
                                   {"millisecond", 1000},
                                   {"microsecond", 1}};
  for (const auto& u : units) {
    if (equal_ignoring_case(word, u.name)) return u.micros;
  }
  return std::nullopt;
}

std::string_view next_word(std::string_view& s) {
  s = trim(s);
  const auto end = std::min(s.find(' '), s.size());
  const auto word = s.substr(0, end);
  s.remove_prefix(end);
  return word;
}

std::vector<CheckpointRow> other_rows(const State& state) {
  std::vector<CheckpointRow> rows;
  rows.push_back({.action = *state.protocol});
  rows.push_back({.action = *state.metadata});
  for (const auto& [id, txn] : *state.txns) rows.push_back({.action = txn});
  for (const auto& [name, domain] : *state.domains) rows.push_back({.action = domain});
  return rows;
}

// Files, and tombstones that have not expired.
void append_files(const State& state, std::vector<CheckpointRow>& rows) {
  const auto oldest = (now_micros() - tombstone_retention(*state.metadata)) / 1000;
  for (const auto& remove : state.tombstones) {
    if (remove.deletion_timestamp.value_or(0) <= oldest) continue;
    auto kept = remove;
    kept.data_change = false;
    rows.push_back({.action = std::move(kept)});
  }
  rows.reserve(rows.size() + state.files.size());
  for (const auto& add : state.files) {
    auto kept = add;
    kept.data_change = false;
    rows.push_back({.action = std::move(kept)});
  }
}

// Removes a file again unless it was kept, so that a failure leaves nothing behind.
class Unfinished {
 public:
  Unfinished(objects::Store& store, std::string key) : store_(store), key_(std::move(key)) {}
  ~Unfinished() {
    if (kept_) return;
    try {
      store_.remove(key_);
    } catch (const std::exception&) {  // the reason of the failure is on its way already
    }
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  const std::string& key() const { return key_; }
  void keep() { kept_ = true; }

 private:
  objects::Store& store_;
  std::string key_;
  bool kept_ = false;
};

struct Written {
  std::size_t actions = 0;
  std::int64_t bytes = 0;
};

// Returns the file's size. Readers must not see half a file: it is written beside, then moved.
std::int64_t write_parquet(objects::Store& store, ParquetIo& parquet, const std::string& prefix,
                           const std::vector<CheckpointRow>& rows, const std::string& key) {
  Unfinished file(store, prefix + "_checkpoint-" + new_uuid() + ".parquet");
  parquet.write_checkpoint(store.location(file.key()), rows);
  const auto info = store.head(file.key());
  if (!info) throw internal("the checkpoint file " + file.key() + " vanished");
  store.move(file.key(), key);
  file.keep();
  return info->size;
}

Written write_classic(objects::Store& store, ParquetIo& parquet, const std::string& root,
                      const State& state) {
  auto rows = other_rows(state);
  append_files(state, rows);
  const auto prefix = log_prefix(root);
  const auto bytes = write_parquet(store, parquet, prefix, rows,
                                   prefix + padded(state.version) + ".checkpoint.parquet");
  return {rows.size(), bytes};
}

Written write_v2(objects::Store& store, ParquetIo& parquet, const std::string& root,
                 const State& state) {
  std::vector<CheckpointRow> files;
  append_files(state, files);
  const auto prefix = log_prefix(root);
  Written out;
  std::string text = boost::json::serialize(
      boost::json::object{{"checkpointMetadata", boost::json::object{{"version", state.version}}}});
  text += '\n';
  const auto sidecar_key = prefix + "_sidecars/" + new_uuid() + ".parquet";
  if (!files.empty()) {
    const auto bytes = write_parquet(store, parquet, prefix, files, sidecar_key);
    out.bytes += bytes;
    text += to_json_line(Sidecar{
        .path = file_name(sidecar_key), .size = bytes, .modification_time = now_micros() / 1000});
    text += '\n';
  }
  const auto rows = other_rows(state);
  for (const auto& row : rows) text += to_json_line(*row.action) + "\n";
  store.put(prefix + padded(state.version) + ".checkpoint." + new_uuid() + ".json", text);
  out.actions = files.size() + rows.size() + 1 + (files.empty() ? 0 : 1);
  out.bytes += static_cast<std::int64_t>(text.size());
  return out;
}

bool has_newer_hint(objects::Store& store, const std::string& key, std::int64_t version) {
  if (!store.head(key)) return false;
  boost::system::error_code failure;
  const auto value = boost::json::parse(store.get(key, 4 << 20), failure);
  const auto* object = failure ? nullptr : value.if_object();
  const auto* held = object ? object->if_contains("version") : nullptr;
  return held && held->is_int64() && held->get_int64() > version;
}

}  // namespace

std::optional<Micros> parse_interval(std::string_view text) {
  auto word = next_word(text);
  if (equal_ignoring_case(word, "interval")) word = next_word(text);
  Micros total = 0;
  if (word.empty()) return std::nullopt;
  while (!word.empty()) {
    std::int64_t count = 0;
    const auto micros = unit(next_word(text));
    if (!parse_whole(word, count) || !micros || count < 0 || count > 1'000'000'000) {
      return std::nullopt;
    }
    Micros part = 0;
    if (__builtin_mul_overflow(count, *micros, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return std::nullopt;
    }
    word = next_word(text);
  }
  return total;
}

std::int64_t checkpoint_interval(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.checkpointInterval");
  std::int64_t interval = 10;
  if (found != metadata.configuration.end() && parse_whole(found->second, interval) &&
      interval > 0) {
    return interval;
  }
  return 10;
}

Micros tombstone_retention(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.deletedFileRetentionDuration");
  constexpr Micros week = 7 * 86400 * kSecond;
  if (found == metadata.configuration.end()) return week;
  return parse_interval(found->second).value_or(week);
}

void write_checkpoint(objects::Store& store, ParquetIo& parquet, const std::string& root,
                      const SnapshotImpl& snapshot) {
  const auto& state = snapshot.state();
  const auto policy = state.metadata->configuration.find("delta.checkpointPolicy");
  const bool v2 = policy != state.metadata->configuration.end() &&
                  equal_ignoring_case(policy->second, "v2") &&
                  supports(*state.protocol, "v2Checkpoint");
  const auto written =
      v2 ? write_v2(store, parquet, root, state) : write_classic(store, parquet, root, state);
  const auto key = log_prefix(root) + "_last_checkpoint";
  if (has_newer_hint(store, key, state.version)) return;
  store.put(key, boost::json::serialize(boost::json::object{
                     {"version", state.version},
                     {"size", static_cast<std::int64_t>(written.actions)},
                     {"sizeInBytes", written.bytes},
                     {"numOfAddFiles", static_cast<std::int64_t>(state.files.size())}}));
}

}  // namespace ob::delta
