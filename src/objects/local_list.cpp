// Listing a directory tree in the byte order of whole keys, without holding more than one page of
// names a level.
#include <sys/stat.h>

#include <algorithm>
#include <queue>

#include "objects/local.h"
#include "objects/local_info.h"

namespace ob::objects {
namespace {

class Lister {
 public:
  Lister(const Tree& tree, const std::string& after, std::size_t limit, bool delimited)
      : tree_(tree), after_(after), limit_(limit), delimited_(delimited) {}

  // Keys below directory `path` whose name there starts with name_prefix.
  void walk(const std::string& path, std::string_view name_prefix) {
    const std::string base = path.empty() ? "" : path + "/";
    std::string done;  // names up to this one have been given
    while (out_.size() < limit_) {
      const auto page = next_page(path, base, name_prefix, done);
      for (const auto& name : page) {
        if (out_.size() >= limit_) return;
        if (name.back() == '/') {
          give_directory(base + name);
        } else {
          give_file(base + name);
        }
      }
      if (page.size() < limit_) return;
      done = page.back();
    }
  }

  std::vector<ObjectInfo> take() { return std::move(out_); }

 private:
  // The smallest `limit_` names that may hold keys to give; a directory's ends with '/', which
  // also puts it where its keys belong.
  std::vector<std::string> next_page(const std::string& path, const std::string& base,
                                     std::string_view name_prefix, const std::string& done) {
    std::priority_queue<std::string> smallest;
    Fd directory = tree_.directory(path);
    if (!directory) return {};
    DirectoryReader reader(std::move(directory));
    for (Entry entry; reader.next(entry);) {
      if (path.empty() && (entry.name == kTemporary || entry.name == kStaged)) continue;
      std::string name = std::move(entry.name);
      if (entry.directory) name += '/';
      if (!std::string_view(name).starts_with(name_prefix) || (!done.empty() && name <= done) ||
          before_start(base + name, entry.directory)) {
        continue;
      }
      if (smallest.size() == limit_ && !(name < smallest.top())) continue;
      smallest.push(std::move(name));
      if (smallest.size() > limit_) smallest.pop();
    }
    std::vector<std::string> page(smallest.size());
    for (auto at = page.rbegin(); at != page.rend(); ++at) {
      *at = smallest.top();
      smallest.pop();
    }
    return page;
  }

  bool before_start(const std::string& key, bool directory) const {
    if (key > after_) return false;
    return !(directory && !delimited_ && after_.starts_with(key));
  }

  void give_file(std::string key) {
    if (auto info = file_info(tree_, key)) out_.push_back(std::move(*info));
  }

  void give_directory(const std::string& key) {
    const std::string path = key.substr(0, key.size() - 1);
    if (!delimited_) {
      walk(path, "");
    } else if (holds_object(path)) {
      out_.push_back({.key = key, .is_prefix = true});
    }
  }

  // A crash between making a directory and the first object in it leaves an empty one.
  bool holds_object(const std::string& path) const {
    std::vector<std::string> inner;
    if (Fd directory = tree_.directory(path)) {
      DirectoryReader reader(std::move(directory));
      for (Entry entry; reader.next(entry);) {
        if (!entry.directory) return true;
        inner.push_back(path + "/" + entry.name);
      }
    }
    return std::ranges::any_of(inner, [this](const auto& p) { return holds_object(p); });
  }

  const Tree& tree_;
  const std::string& after_;
  const std::size_t limit_;
  const bool delimited_;
  std::vector<ObjectInfo> out_;
};

}  // namespace

std::vector<ObjectInfo> list_tree(const Tree& tree, const std::string& prefix,
                                  const std::string& after, std::size_t limit, bool delimited) {
  const auto [path, name_prefix] = split_key(prefix);
  if (!path.empty()) validate_key(path);
  Lister lister(tree, after, limit, delimited);
  lister.walk(path, name_prefix);
  return lister.take();
}

}  // namespace ob::objects
