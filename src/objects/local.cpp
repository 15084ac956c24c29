#include "objects/local.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/error.h"
#include "base/ids.h"
#include "objects/local_info.h"

namespace ob::objects {
namespace {

constexpr std::int64_t kWriteBack = 8 << 20;  // bytes after which the kernel starts to write
constexpr int kPruneRaces = 100;

bool same_file(const Fd& a_in, const std::string& a, const Fd& b_in, const std::string& b,
               const std::string& key) {
  struct stat first, second;
  if (::fstatat(a_in.get(), a.c_str(), &first, AT_SYMLINK_NOFOLLOW) != 0 ||
      ::fstatat(b_in.get(), b.c_str(), &second, AT_SYMLINK_NOFOLLOW) != 0) {
    return false;
  }
  if (S_ISDIR(second.st_mode)) fail(EISDIR, "place", key);
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// Moves a finished file to its key. With `replace` false: false, and nothing changed, when the key
// exists.
bool place(const Tree& tree, const Fd& from, const std::string& name, const std::string& key,
           bool replace) {
  const auto [parent_path, leaf] = split_key(key);
  for (int i = 0; i < kPruneRaces; ++i) {
    const Fd parent = tree.make_directory(parent_path);
    int result;
    if (replace) {
      result = ::renameat(from.get(), name.c_str(), parent.get(), leaf.c_str());
    } else {
      // link(2) is the one atomic create that every file system has.
      result = ::linkat(from.get(), name.c_str(), parent.get(), leaf.c_str(), 0);
    }
    if (result != 0 && errno == EEXIST && !replace) {
      if (!same_file(from, name, parent, leaf, key)) return false;
      result = 0;  // a crash came between link and unlink
    }
    // The parent was pruned by a removal in between: make it again.
    struct stat status;
    if (result != 0 && errno == ENOENT &&
        ::fstatat(from.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
      continue;
    }
    if (result != 0) fail(errno, "place", key);
    sync_fd(parent, key);
    if (!replace && ::unlinkat(from.get(), name.c_str(), 0) != 0) fail(errno, "place", key);
    return true;
  }
  throw internal("the directory of '" + key + "' keeps vanishing");
}

// A file in one of the store's own directories, on its way to a key.
class Draft {
 public:
  Draft(const Tree& tree, std::string_view area, std::string name, int flags)
      : tree_(tree), area_(tree.make_directory(std::string(area))), name_(std::move(name)) {
    file_ = Fd(::openat(area_.get(), name_.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0666));
    if (!file_) {
      if (errno == ENOENT) return;
      fail(errno, "create", name_);
    }
    struct stat info;
    if (::fstat(file_.get(), &info) != 0) fail(errno, "create", name_);
    size_ = info.st_size;
    if (::lseek(file_.get(), size_, SEEK_SET) < 0) fail(errno, "create", name_);
  }

  bool exists() const { return static_cast<bool>(file_); }
  std::int64_t size() const { return size_; }

  void append(std::span<const std::byte> data) {
    try {
      write_all(file_, data.data(), data.size(), name_);
    } catch (...) {  // a part may have been written
      size_ = ::lseek(file_.get(), 0, SEEK_CUR);
      throw;
    }
    size_ += static_cast<std::int64_t>(data.size());
    if (size_ - flushing_ >= kWriteBack) {
      // Only a hint, so that the final sync does not find gigabytes to write.
      ::sync_file_range(file_.get(), flushing_, size_ - flushing_, SYNC_FILE_RANGE_WRITE);
      flushing_ = size_;
    }
  }

  void sync() {
    if (::fdatasync(file_.get()) != 0) fail(errno, "sync", name_);
  }
  void sync_area() { sync_fd(area_, name_); }

  bool publish(const std::string& key, bool replace) {
    sync();
    return place(tree_, area_, name_, key, replace);
  }

  void discard() { ::unlinkat(area_.get(), name_.c_str(), 0); }

 private:
  const Tree& tree_;
  Fd area_;
  std::string name_;
  Fd file_;
  std::int64_t size_ = 0, flushing_ = 0;
};

class LocalWriter : public Writer {
 public:
  LocalWriter(std::shared_ptr<Tree> tree, std::string key)
      : tree_(std::move(tree)),
        key_(std::move(key)),
        draft_(*tree_, kTemporary, random_token(18), O_CREAT | O_EXCL) {}
  ~LocalWriter() override {
    if (!placed_) draft_.discard();
  }
  void write(std::span<const std::byte> data) override { draft_.append(data); }
  void commit() override { place(true); }
  bool commit_if_absent() override { return place(false); }

 private:
  bool place(bool replace) {
    if (placed_) throw internal("an object was committed twice: " + key_);
    placed_ = draft_.publish(key_, replace);
    return placed_;
  }
  std::shared_ptr<Tree> tree_;
  std::string key_;
  Draft draft_;
  bool placed_ = false;
};

class LocalStaged : public Staged {
 public:
  LocalStaged(std::shared_ptr<Tree> tree, const std::string& id, bool create)
      : tree_(std::move(tree)), draft_(*tree_, kStaged, id, create ? O_CREAT : 0) {
    if (!draft_.exists()) return;
    // After a crash the size counts bytes that may not be on the disk yet.
    draft_.sync();
    draft_.sync_area();
  }
  bool exists() const { return draft_.exists(); }
  std::int64_t size() const override { return draft_.size(); }
  void append(std::span<const std::byte> data) override { draft_.append(data); }
  void sync() override { draft_.sync(); }
  void publish(const std::string& key) override {
    validate_key(key);
    draft_.publish(key, true);
  }
  bool publish_if_absent(const std::string& key) override {
    validate_key(key);
    return draft_.publish(key, false);
  }

 private:
  std::shared_ptr<Tree> tree_;
  Draft draft_;
};

class LocalReader : public Reader {
 public:
  LocalReader(Fd file, std::string key) : file_(std::move(file)) {
    struct stat status;
    if (::fstat(file_.get(), &status) != 0) fail(errno, "open", key);
    info_ = to_info(std::move(key), status);
  }
  std::int64_t size() const override { return info_.size; }
  ObjectInfo info() const override { return info_; }
  std::size_t read(std::int64_t offset, std::span<std::byte> out) override {
    while (true) {
      const ssize_t n = ::pread(file_.get(), out.data(), out.size(), offset);
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) fail(errno, "read", info_.key);
    }
  }

 private:
  Fd file_;
  ObjectInfo info_;
};

class LocalStore : public Store {
 public:
  explicit LocalStore(const std::string& path) : tree_(std::make_shared<Tree>(path)) {
    in_use_ = tree_->make_directory(std::string(kTemporary));
    tree_->make_directory(std::string(kStaged));
    // Others with the store open hold the lock shared, so their drafts are left alone.
    if (::flock(in_use_.get(), LOCK_EX | LOCK_NB) == 0) clear_temporary();
    if (::flock(in_use_.get(), LOCK_SH) != 0) fail(errno, "lock", kTemporary);
  }

  std::optional<ObjectInfo> head(const std::string& key) override {
    validate_key(key);
    return file_info(*tree_, key);
  }

  std::unique_ptr<Reader> open(const std::string& key) override {
    validate_key(key);
    Fd file = tree_->file(key);
    if (!file) fail(ENOENT, "open", key);
    return std::make_unique<LocalReader>(std::move(file), key);
  }

  std::string get(const std::string& key, std::int64_t max_bytes) override {
    auto reader = open(key);
    if (reader->size() > max_bytes) {
      throw Error(413, "objects.tooLarge", "The object is larger than can be read at once.",
                  key + " has " + std::to_string(reader->size()) + " bytes");
    }
    std::string out(static_cast<std::size_t>(reader->size()), '\0');
    std::size_t done = 0;
    while (done < out.size()) {
      const auto rest = std::as_writable_bytes(std::span(out).subspan(done));
      const auto n = reader->read(static_cast<std::int64_t>(done), rest);
      if (n == 0) throw internal("the object shrank while it was read: " + key);
      done += n;
    }
    return out;
  }

  std::unique_ptr<Writer> create(const std::string& key) override {
    validate_key(key);
    return std::make_unique<LocalWriter>(tree_, key);
  }
  void put(const std::string& key, std::string_view bytes) override {
    auto writer = create(key);
    writer->write(std::as_bytes(std::span(bytes)));
    writer->commit();
  }
  bool put_if_absent(const std::string& key, std::string_view bytes) override {
    auto writer = create(key);
    writer->write(std::as_bytes(std::span(bytes)));
    return writer->commit_if_absent();
  }

  bool remove(const std::string& key) override {
    validate_key(key);
    const auto [parent_path, leaf] = split_key(key);
    const Fd parent = tree_->directory(parent_path);
    if (!parent || !file_info(*tree_, key)) return false;
    if (::unlinkat(parent.get(), leaf.c_str(), 0) != 0) {
      if (errno == ENOENT) return false;
      fail(errno, "remove", key);
    }
    tree_->prune(parent_path);
    return true;
  }

  void move(const std::string& from, const std::string& to) override { relocate(from, to, true); }
  bool move_if_absent(const std::string& from, const std::string& to) override {
    return relocate(from, to, false);
  }

  bool move_prefix(const std::string& from, const std::string& to) override {
    validate_key(from);
    validate_key(to);
    if ((to + "/").starts_with(from + "/")) fail(EISDIR, "move", from);
    const auto [from_parent, from_leaf] = split_key(from);
    const auto [to_parent, to_leaf] = split_key(to);
    for (int i = 0; i < kPruneRaces; ++i) {
      if (list(from + "/", "", 1, false).empty()) fail(ENOENT, "move", from);
      const Fd source = tree_->directory(from_parent);
      const Fd target = tree_->make_directory(to_parent);
      if (source && ::renameat2(source.get(), from_leaf.c_str(), target.get(), to_leaf.c_str(),
                                RENAME_NOREPLACE) == 0) {
        sync_fd(target, to);
        sync_fd(source, from);
        tree_->prune(from_parent);
        return true;
      }
      const int error = errno;
      if (error == EINVAL || error == ENOSYS) return Store::move_prefix(from, to);
      if (error == EEXIST && (head(to) || !list(to + "/", "", 1, false).empty())) return false;
      if (error == EEXIST) tree_->prune(to);  // an empty directory, left by a crash
      if (source && error != EEXIST && error != ENOENT) fail(error, "move", from);
    }
    throw internal("the directories of '" + from + "' or '" + to + "' keep vanishing");
  }

  std::vector<ObjectInfo> list(const std::string& prefix, const std::string& after,
                               std::size_t limit, bool delimited) override {
    if (limit == 0) return {};
    return list_tree(*tree_, prefix, after, limit, delimited);
  }

  std::string location(const std::string& key) const override {
    validate_key(key);
    return tree_->path() + "/" + key;
  }

  std::unique_ptr<Staged> stage(const std::string& id, bool create) override {
    validate_id(id);
    auto staged = std::make_unique<LocalStaged>(tree_, id, create);
    if (!staged->exists()) return nullptr;
    return staged;
  }
  bool drop_staged(const std::string& id) override {
    validate_id(id);
    const Fd area = tree_->make_directory(std::string(kStaged));
    if (::unlinkat(area.get(), id.c_str(), 0) == 0) return true;
    if (errno != ENOENT) fail(errno, "drop", id);
    return false;
  }
  std::vector<std::string> staged() override {
    std::vector<std::string> ids;
    DirectoryReader reader(tree_->make_directory(std::string(kStaged)));
    for (Entry entry; reader.next(entry);) ids.push_back(entry.name);
    return ids;
  }

 private:
  static void validate_id(const std::string& id) {
    validate_key(id);
    if (id.find('/') != id.npos) {
      throw bad_request("objects.badKey", "The id of a staged object is one part.");
    }
  }

  void clear_temporary() {
    DirectoryReader reader(tree_->make_directory(std::string(kTemporary)));
    for (Entry entry; reader.next(entry);) ::unlinkat(in_use_.get(), entry.name.c_str(), 0);
  }

  bool relocate(const std::string& from, const std::string& to, bool replace) {
    validate_key(from);
    validate_key(to);
    // A directory would move as a whole.
    if (!file_info(*tree_, from)) fail(ENOENT, "move", from);
    if (from == to) return replace;
    const auto [parent_path, leaf] = split_key(from);
    const Fd parent = tree_->directory(parent_path);
    if (!parent) fail(ENOENT, "move", from);
    if (!place(*tree_, parent, leaf, to, replace)) return false;
    sync_fd(parent, from);
    tree_->prune(parent_path);
    return true;
  }

  std::shared_ptr<Tree> tree_;
  Fd in_use_;
};

}  // namespace

ObjectInfo to_info(std::string key, const struct stat& status) {
  const std::int64_t nanos = status.st_mtim.tv_nsec;
  char version[64];
  std::snprintf(version, sizeof version, "%llx-%llx-%llx-%llx",
                static_cast<unsigned long long>(status.st_ino),
                static_cast<unsigned long long>(status.st_mtim.tv_sec),
                static_cast<unsigned long long>(nanos),
                static_cast<unsigned long long>(status.st_size));
  return {.key = std::move(key),
          .size = status.st_size,
          .modified = Micros{status.st_mtim.tv_sec} * 1'000'000 + nanos / 1000,
          .is_prefix = false,
          .version = version};
}

std::optional<ObjectInfo> file_info(const Tree& tree, const std::string& key) {
  const auto [parent_path, leaf] = split_key(key);
  const Fd parent = tree.directory(parent_path);
  struct stat status;
  if (!parent) return std::nullopt;
  if (::fstatat(parent.get(), leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return std::nullopt;
    fail(errno, "look up", key);
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return to_info(key, status);
}

std::unique_ptr<Store> open_local(const std::string& path) {
  return std::make_unique<LocalStore>(path);
}

}  // namespace ob::objects
