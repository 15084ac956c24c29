#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_set>

#include "base/error.h"
#include "delta/checkpoint.h"
#include "delta/deletion_vector.h"
#include "delta/maintenance.h"
#include "delta/paths.h"

namespace ob::delta {
namespace {

constexpr std::size_t kPage = 10'000;
constexpr std::size_t kCheckEvery = 100;
constexpr std::size_t kThreads = 8;  // a store across a network answers several at once

class Referred {
 public:
  explicit Referred(Table& table) : location_(table.location()) {}

  void add(const std::string& path, const std::optional<DeletionVector>& dv) {
    try {
      paths_.insert(resolve_path(path, location_));
    } catch (const Error&) {
      // Outside the table, where nothing is deleted.
    }
    try {
      if (auto file = dv ? vector_path(*dv, location_) : std::nullopt) {
        paths_.insert(std::move(*file));
      }
    } catch (const Error&) {
      // As above.
    }
  }
  void add(const Snapshot& snapshot) {
    for (const auto& add : snapshot.files()) this->add(add.path, add.deletion_vector);
  }
  bool contains(const std::string& path) const { return paths_.contains(path); }

 private:
  const std::string location_;
  std::unordered_set<std::string> paths_;
};

// All that a version since the cutoff refers to: what was live then, what has been removed since,
// and what is live now. (What came and went in between was removed since.)
void refer_since(Table& table, const SnapshotPtr& newest, Micros cutoff, Referred& out) {
  out.add(*newest);
  for (const auto& remove : newest->tombstones()) {
    const auto at = remove.deletion_timestamp;
    if (!at || *at >= cutoff / 1000) out.add(remove.path, remove.deletion_vector);
  }
  try {
    out.add(*table.snapshot_before(cutoff));
  } catch (const Error& e) {
    if (e.id() != "delta.noSuchVersion") throw;  // the table is younger, or its log was cleaned up
  }
}

// The log, and what engines hide there; a partition's directory may start with anything.
bool hidden(std::string_view path) {
  if (path.starts_with("_change_data/"))
    path.remove_prefix(std::string_view("_change_data/").size());
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    const auto part = path.substr(0, end);
    const bool directory = end < path.size();
    if ((part.starts_with('_') || part.starts_with('.')) &&
        !(directory && part.find('=') != std::string_view::npos)) {
      return true;
    }
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

}  // namespace

Micros deleted_file_retention(const Metadata& metadata) {
  return tombstone_retention(metadata);
}

VacuumPlan plan_vacuum(Table& table, const VacuumOptions& options) {
  const auto newest = table.snapshot();
  newest->require_writable();
  Referred referred(table);
  refer_since(table, newest, options.cutoff, referred);
  VacuumPlan out;
  std::set<std::string> directories;
  const auto prefix = table.root().empty() ? std::string() : table.root() + "/";
  for (std::string after = prefix;;) {
    const auto page = table.store().list(prefix, after, kPage, false);
    for (const auto& info : page) {
      auto path = info.key.substr(prefix.size());
      if (info.is_prefix || hidden(path)) continue;
      const auto slash = path.rfind('/');
      directories.insert(slash == std::string::npos ? std::string() : path.substr(0, slash));
      if (info.modified >= options.cutoff || referred.contains(path)) continue;
      out.bytes += info.size;
      out.paths.push_back(std::move(path));
    }
    if (options.check) options.check();
    if (page.size() < kPage) break;
    after = page.back().key;
  }
  out.directories = directories.size();
  return out;
}

std::size_t delete_files(Table& table, const std::vector<std::string>& paths,
                         const std::function<void()>& check) {
  const auto prefix = table.root().empty() ? std::string() : table.root() + "/";
  std::atomic<std::size_t> next = 0, count = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < paths.size(); i = next++) {
        if (check && i % kCheckEvery == 0) check();
        count += table.store().remove(prefix + paths[i]) ? 1 : 0;
      }
    } catch (...) {
      next = paths.size();
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    const auto helpers = std::min(kThreads - 1, paths.size() / kCheckEvery);
    for (std::size_t i = 0; i < helpers; ++i) threads.emplace_back(work);
    work();
  }
  if (failure) std::rethrow_exception(failure);
  return count;
}

}  // namespace ob::delta
