#include "delta/log_reader.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "delta/features.h"
#include "delta/log_parse.h"
#include "delta/paths.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr std::int64_t kHintBytes = 4 << 20;
constexpr std::int64_t kHeadBytes = 256 << 10;
constexpr std::size_t kMaxSidecars = 100'000;
constexpr std::int64_t kMaxForward = 200;  // commits; beyond, a checkpoint is likely to help

Error no_such_version(std::int64_t version, const LogListing& listing) {
  return not_found("delta.noSuchVersion", "The table has no version " + std::to_string(version) +
                                              " that can be read: it has versions " +
                                              std::to_string(listing.earliest()) + " to " +
                                              std::to_string(listing.newest()) + ".");
}

// Of paths and statistics in one checkpoint, which may be packed a thousandfold in the file: 256
// MB, on machines of more than 4 GB a sixteenth of the memory.
std::int64_t text_room() {
  const auto memory = static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) *
                      static_cast<std::int64_t>(::sysconf(_SC_PAGESIZE));
  return std::max<std::int64_t>(256 << 20, memory / 16);
}

FileIdentity identity(const objects::ObjectInfo& info) {
  return {info.modified, info.size};
}

}  // namespace

std::optional<std::int64_t> LogReader::hint() const {
  const auto key = log_prefix(root_) + "_last_checkpoint";
  try {
    if (!store_->head(key)) return std::nullopt;
    boost::system::error_code failure;
    const auto value = boost::json::parse(store_->get(key, kHintBytes), failure);
    const auto* object = failure ? nullptr : value.if_object();
    const auto* version = object ? object->if_contains("version") : nullptr;
    if (version && version->is_int64() && version->get_int64() >= 0) return version->get_int64();
  } catch (const Error& e) {
    log::debug("The hint at the last checkpoint is not readable", {{"cause", e.what()}});
  }
  return std::nullopt;  // only a hint: without it everything is listed
}

std::string LogReader::sidecar_key(const std::string& path) const {
  const auto folder = log_prefix(root_) + "_sidecars";
  return folder + "/" + resolve_path(path, store_->location(folder));
}

void LogReader::read_checkpoint(const CheckpointFiles& files, SnapshotBuilder& builder) const {
  std::set<std::string> sidecars;  // each is read once, however often it is named
  auto room = text_room();
  const auto apply = [&](Action action) {
    if (const auto* add = std::get_if<Add>(&action)) {
      room -= static_cast<std::int64_t>(add->path.size() + add->stats.size());
      if (room < 0) {
        throw Error(422, "delta.badCheckpoint",
                    "The checkpoint " + files.name() +
                        " names more and longer files than fit into this server's memory.");
      }
    }
    builder.apply(std::move(action));
  };
  const auto sink = [&](CheckpointRow row) {
    if (row.sidecar) sidecars.insert(sidecar_key(row.sidecar->path));
    if (sidecars.size() > kMaxSidecars) {
      throw Error(422, "delta.badCheckpoint",
                  "The checkpoint " + files.name() + " names more than 100,000 sidecars.");
    }
    if (row.action && !std::holds_alternative<CommitInfo>(*row.action)) {
      apply(*std::move(row.action));
    }
  };
  for (const auto& key : files.keys) {
    if (files.json) {
      parse_log(store_->get(key, kMaxLogFileBytes), file_name(key), {}, sink);
    } else {
      parquet_.read_checkpoint(store_->location(key), sink);
    }
  }
  for (const auto& key : sidecars) {
    parquet_.read_checkpoint(store_->location(key), [&](CheckpointRow row) {
      if (row.action && (std::holds_alternative<Add>(*row.action) ||
                         std::holds_alternative<Remove>(*row.action))) {
        apply(*std::move(row.action));
      }
    });
  }
  if (!builder.complete()) {
    throw Error(422, "delta.badCheckpoint",
                "The checkpoint " + files.name() + " has no protocol or no metadata.");
  }
}

void LogReader::apply_commit(std::int64_t version, const objects::ObjectInfo& info,
                             SnapshotBuilder& builder) const {
  parse_log(store_->get(info.key, kMaxLogFileBytes), file_name(info.key), {},
            [&](CheckpointRow row) {
              if (row.action) builder.apply(*std::move(row.action));
            });
  builder.end_commit(version, info.modified, identity(info));
}

ImplPtr LogReader::replay(const LogListing& listing, std::optional<std::int64_t> version) const {
  const auto target = version.value_or(listing.newest());
  std::exception_ptr first_failure;
  std::optional<SnapshotBuilder> builder;
  std::int64_t next = 0;
  for (const auto& files : listing.checkpoints) {
    if (files.version > target) continue;
    try {
      builder.emplace();
      read_checkpoint(files, *builder);
      const auto commit = listing.commits.find(files.version);
      const bool found = commit != listing.commits.end();
      builder->end_commit(files.version, found ? commit->second.modified : files.modified,
                          found ? std::optional(identity(commit->second)) : std::nullopt);
      next = files.version + 1;
      break;
    } catch (const std::exception& e) {
      log::warn("A checkpoint cannot be read; trying an older way",
                {{"file", files.name().c_str()}, {"cause", e.what()}});
      if (!first_failure) first_failure = std::current_exception();
      builder.reset();
    }
  }
  if (!builder) {
    if (!listing.commits.contains(0)) {
      if (first_failure) std::rethrow_exception(first_failure);
      if (version && listing.earliest() <= listing.newest()) throw no_such_version(target, listing);
      throw bad_log(padded(listing.newest()) + ".json", 0,
                    "no checkpoint and no first commit to start from");
    }
    builder.emplace();
  }
  for (; next <= target; ++next) {
    const auto commit = listing.commits.find(next);
    if (commit == listing.commits.end()) {
      if (first_failure) std::rethrow_exception(first_failure);
      throw bad_log(padded(next) + ".json", 0, "this commit is missing");
    }
    apply_commit(next, commit->second, *builder);
  }
  if (!builder->complete()) {
    throw bad_log(padded(target) + ".json", 0, "no commit up to here has a protocol and metadata");
  }
  return builder->build();
}

ImplPtr LogReader::load(std::optional<std::int64_t> version) const {
  if (version && *version < 0) {
    throw bad_request("delta.noSuchVersion", "A table's versions count from 0.");
  }
  auto from = hint();
  if (version && from && *from > *version) from.reset();
  if (from && *from > 0) {
    const auto listing = list(*from);
    const bool usable = !listing.checkpoints.empty() && (!version || listing.newest() >= *version);
    if (usable) {
      try {
        return replay(listing, version);
      } catch (const std::exception& e) {
        log::warn("The table cannot be read from its last checkpoint; reading the whole log",
                  {{"cause", e.what()}});
      }
    }
  }
  const auto listing = list(0);
  if (listing.empty()) {
    throw not_found("delta.notATable", "There is no Delta table here: its log is empty.");
  }
  if (version && *version > listing.newest()) throw no_such_version(*version, listing);
  return replay(listing, version);
}

ImplPtr LogReader::forward(const ImplPtr& base, std::optional<std::int64_t> last) const {
  std::optional<SnapshotBuilder> builder;
  auto next = base->version() + 1;
  for (; !last || next <= *last; ++next) {
    if (next - base->version() > kMaxForward) return nullptr;
    const auto info = store_->head(commit_key(root_, next));
    if (!info) {
      if (last) return nullptr;
      break;
    }
    if (!builder) builder.emplace(base->state());
    apply_commit(next, *info, *builder);
  }
  return builder ? builder->build() : base;
}

bool LogReader::still_there(const SnapshotImpl& snapshot) const {
  const auto info = store_->head(commit_key(root_, snapshot.version()));
  const auto& known = snapshot.state().commit_file;
  if (!info) {
    // Only a checkpoint had this version: it must still be the newest.
    return !known && list(snapshot.version()).newest() == snapshot.version();
  }
  return known && *known == identity(*info);
}

std::optional<std::vector<Action>> LogReader::read_commit(std::int64_t version) const {
  const auto key = commit_key(root_, version);
  if (!store_->head(key)) return std::nullopt;
  std::vector<Action> out;
  parse_log(store_->get(key, kMaxLogFileBytes), file_name(key), {}, [&](CheckpointRow row) {
    if (row.action) out.push_back(*std::move(row.action));
  });
  return out;
}

CommitInfo LogReader::commit_info(std::int64_t version) const {
  const auto key = commit_key(root_, version);
  const auto reader = store_->open(key);
  CommitInfo out;
  bool found = false;
  const ParseOptions options{.commit_info = true, .file_actions = false};
  const auto take = [&](CheckpointRow row) {
    if (auto* info = row.action ? std::get_if<CommitInfo>(&*row.action) : nullptr) {
      if (!found) out = std::move(*info);
      found = true;
    }
  };
  // Most writers put it first; the rest of the file may be large.
  std::string head(static_cast<std::size_t>(std::min(reader->size(), kHeadBytes)), '\0');
  std::size_t filled = 0;
  while (filled < head.size()) {
    const auto n = reader->read(static_cast<std::int64_t>(filled),
                                std::as_writable_bytes(std::span(head)).subspan(filled));
    if (n == 0) break;
    filled += n;
  }
  head.resize(filled);
  const bool whole = static_cast<std::int64_t>(filled) == reader->size();
  if (!whole) {
    const auto line_end = head.rfind('\n');
    head.resize(line_end == std::string::npos ? 0 : line_end);
  }
  parse_log(head, file_name(key), options, take);
  if (!found && !whole) {
    parse_log(store_->get(key, kMaxLogFileBytes), file_name(key), options, take);
  }
  return out;
}

std::vector<CommitTime> LogReader::file_times(const LogListing& listing) {
  std::vector<CommitTime> out;
  for (const auto& [version, info] : listing.commits) {
    if (!out.empty() && out.back().version != version - 1) out.clear();  // a gap: start again
    auto millis = info.modified / 1000;
    if (!out.empty()) millis = std::max(millis, out.back().timestamp / 1000 + 1);
    out.push_back({version, millis * 1000});
  }
  return out;
}

std::optional<std::int64_t> LogReader::in_commit_from(const Metadata& metadata) {
  if (!config_flag(metadata, "delta.enableInCommitTimestamps")) return std::nullopt;
  const auto found = metadata.configuration.find("delta.inCommitTimestampEnablementVersion");
  std::int64_t version = 0;
  if (found != metadata.configuration.end()) parse_whole(found->second, version);
  return version;
}

}  // namespace ob::delta
