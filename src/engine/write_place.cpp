#include "engine/write_place.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/log.h"
#include "engine/file_shapes.h"
#include "engine/files.h"

namespace ob::engine {

namespace {

namespace fs = std::filesystem;

class LocalPlace final : public WritePlace {
 public:
  explicit LocalPlace(const WriteNames& names)
      : names_(names),
        root_(names.location),
        staging_(names.partitioned ? root_ / ("staging-" + names.id) : fs::path()),
        touched_{root_},
        cleanup_(root_, names.partitioned ? std::string() : names.prefix, staging_) {
    fs::create_directories(root_);
  }

  std::string target() const override { return (names_.partitioned ? staging_ : root_).string(); }
  void drop(const std::string& file) override { fs::remove(file); }

  std::string settle(const std::string& file, const std::string& directory,
                     std::size_t number) override {
    settled_ = true;
    if (!names_.partitioned) {
      touched_.emplace_back(file);
      return fs::path(file).filename().string();
    }
    const auto relative = directory + "/" + names_.prefix + std::to_string(number) + names_.suffix;
    const auto target = root_ / relative;
    fs::create_directories(target.parent_path());
    cleanup_.add(target);
    fs::rename(file, target);
    touched_.push_back(target);
    for (auto at = target.parent_path(); at != root_; at = at.parent_path()) touched_.push_back(at);
    return relative;
  }

  std::shared_ptr<void> write_back() override {
    if (names_.partitioned) return nullptr;  // many small files
    return std::make_shared<EarlyWriteback>(root_, names_.prefix);
  }

  void finish() override {
    std::ranges::sort(touched_);
    const auto repeated = std::ranges::unique(touched_);
    touched_.erase(repeated.begin(), repeated.end());
    if (settled_) sync_paths(touched_);
    cleanup_.keep();
  }

 private:
  const WriteNames names_;
  const fs::path root_, staging_;
  std::vector<fs::path> touched_;
  bool settled_ = false;
  Cleanup cleanup_;
};

// A store has no directories and cannot rename, so files of partitions stay where COPY puts them:
// their path means nothing to readers of the table.
class StorePlace final : public WritePlace {
 public:
  StorePlace(const WriteNames& names, relay::Relay& relay)
      : relay_(relay),
        table_(names.location),
        root_(table_ + "/"),
        folder_(names.partitioned ? names.prefix + "files" : ""),
        prefix_(names.partitioned ? folder_ + "/" : names.prefix) {}
  ~StorePlace() override {
    if (!keep_) remove(prefix_);
  }

  std::string target() const override {
    return duck_path(table_ + (folder_.empty() ? "" : "/" + folder_));
  }
  void drop(const std::string& file) override { remove(relative(file)); }
  std::string settle(const std::string& file, const std::string&, std::size_t) override {
    return relative(file);
  }
  std::shared_ptr<void> write_back() override { return nullptr; }
  void finish() override { keep_ = true; }

 private:
  std::string relative(const std::string& file) const {
    auto location = relay::to_location(file);
    if (!location.starts_with(root_)) throw internal("a written file is not the table's");
    return location.substr(root_.size());
  }
  void remove(const std::string& path) {
    const objects::Cancelling never;
    try {
      relay_.discard(root_ + path);
    } catch (const std::exception& error) {
      log::warn(
          "files of a write that failed stay in the store",
          {{"prefix", boost::json::value(path)}, {"error", boost::json::value(error.what())}});
    }
  }

  relay::Relay& relay_;
  const std::string table_, root_, folder_, prefix_;
  bool keep_ = false;
};

}  // namespace

std::unique_ptr<WritePlace> open_write_place(const WriteNames& names, relay::Relay* relay) {
  if (!relay::is_remote(names.location)) return std::make_unique<LocalPlace>(names);
  if (relay == nullptr) throw internal("engine: no relay for " + names.location);
  return std::make_unique<StorePlace>(names, *relay);
}

}  // namespace ob::engine
