#pragma once
// A directory tree that no path leaves: not by "..", not by a symbolic link.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ob::objects {

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Throws the ob::Error that an errno means for `key`: 507 objects.diskFull, 409 keyConflict, or
// 500.
[[noreturn]] void fail(int error, std::string_view what, std::string_view key);

// "a/b/c" → {"a/b", "c"}; "c" → {"", "c"}.
std::pair<std::string, std::string> split_key(std::string_view key);

void sync_fd(const Fd& fd, std::string_view key);
void write_all(const Fd& fd, const void* data, std::size_t size, std::string_view key);

class Tree {
 public:
  // Creates the directory when it is missing, unless it is only read.
  explicit Tree(const std::string& path, bool only_read = false);
  const std::string& path() const { return path_; }
  // An empty Fd when it is absent or not a directory ("" is the root itself).
  Fd directory(const std::string& relative) const;
  // Creates what is missing, durably.
  Fd make_directory(const std::string& relative) const;
  // A regular file for reading; an empty Fd when there is none.
  Fd file(const std::string& relative) const;
  // Removes empty directories from `relative` upward; stops at the first with entries.
  void prune(std::string relative) const;

 private:
  Fd open_beneath(const std::string& relative, int flags) const;
  std::string path_;
  Fd root_;
};

// One name in a directory.
struct Entry {
  std::string name;
  bool directory = false;
};
// Gives regular files and directories; symbolic links and others are not objects.
class DirectoryReader {
 public:
  explicit DirectoryReader(Fd directory);
  ~DirectoryReader();
  DirectoryReader(const DirectoryReader&) = delete;
  bool next(Entry& out);

 private:
  void* stream_;  // DIR*
};

}  // namespace ob::objects
