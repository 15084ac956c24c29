#include "objects/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.h"

namespace ob::objects {
namespace {

bool means_absent(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV;
}

// Level by level, for kernels (before 5.6) and sandboxes without openat2.
int open_by_walking(int root, const std::string& relative, int flags) {
  Fd current(::openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::size_t from = 0;
  while (current) {
    const auto slash = relative.find('/', from);
    const bool last = slash == relative.npos;
    const std::string part = relative.substr(from, last ? slash : slash - from);
    const int how = last ? flags | O_NOFOLLOW : O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    Fd next(::openat(current.get(), part.c_str(), how));
    if (last) return next ? ::fcntl(next.get(), F_DUPFD_CLOEXEC, 0) : -1;
    current = std::move(next);
    from = slash + 1;
  }
  return -1;
}

int open_in(int root, const std::string& relative, int flags) {
  static std::atomic<bool> has_openat2 = true;
  if (relative.empty()) return ::openat(root, ".", flags);
  if (has_openat2) {
    open_how how{};
    how.flags = static_cast<__u64>(flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    int fd;
    do {
      fd = static_cast<int>(::syscall(SYS_openat2, root, relative.c_str(), &how, sizeof how));
    } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return fd;
    has_openat2 = false;
  }
  return open_by_walking(root, relative, flags);
}

}  // namespace

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

void fail(int error, std::string_view what, std::string_view key) {
  const std::string cause =
      std::string(what) + " '" + std::string(key) + "': " + std::strerror(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      throw Error(507, "objects.diskFull",
                  "The disk that holds the objects is full. Free some space and try again.", cause);
    case ENOENT:
      throw Error(404, "objects.notFound", "There is no such object.", cause);
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
    case ELOOP:
    case EXDEV:
      throw Error(409, "objects.keyConflict",
                  "A file stands where a directory is needed, or the other way round. Choose "
                  "another name.",
                  cause);
    case ENAMETOOLONG:
      throw Error(400, "objects.badKey", "The name is too long. Use at most 255 bytes a part.",
                  cause);
    default:
      throw internal(cause);
  }
}

std::pair<std::string, std::string> split_key(std::string_view key) {
  const auto slash = key.rfind('/');
  if (slash == key.npos) return {"", std::string(key)};
  return {std::string(key.substr(0, slash)), std::string(key.substr(slash + 1))};
}

void sync_fd(const Fd& fd, std::string_view key) {
  int result;
  do {
    result = ::fsync(fd.get());
  } while (result != 0 && errno == EINTR);
  if (result != 0) fail(errno, "sync", key);
}

void write_all(const Fd& fd, const void* data, std::size_t size, std::string_view key) {
  const char* from = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t n = ::write(fd.get(), from, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(errno, "write", key);
    from += n;
    size -= static_cast<std::size_t>(n);
  }
}

Tree::Tree(const std::string& path, bool only_read) {
  std::error_code error;
  if (!only_read) std::filesystem::create_directories(path, error);
  path_ = std::filesystem::canonical(path, error).string();
  root_ = Fd(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (error || !root_) {
    throw Error(500, "objects.cannotOpen",
                "The directory of the objects cannot be opened or created. Check that it is "
                "writable for the server.",
                path + ": " + (error ? error.message() : std::strerror(errno)));
  }
}

Fd Tree::open_beneath(const std::string& relative, int flags) const {
  Fd fd(open_in(root_.get(), relative, flags | O_CLOEXEC));
  if (!fd && !means_absent(errno)) fail(errno, "open", relative);
  return fd;
}

Fd Tree::directory(const std::string& relative) const {
  return open_beneath(relative, O_RDONLY | O_DIRECTORY);
}

Fd Tree::make_directory(const std::string& relative) const {
  if (Fd found = directory(relative)) return found;
  const auto [parent_path, name] = split_key(relative);
  const Fd parent = make_directory(parent_path);
  // ENOENT: the parent was pruned in between; the caller tries again.
  if (::mkdirat(parent.get(), name.c_str(), 0777) != 0 && errno != EEXIST && errno != ENOENT) {
    fail(errno, "make directory", relative);
  }
  sync_fd(parent, parent_path);
  Fd made(open_in(root_.get(), relative, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!made && errno == ENOENT) return make_directory(relative);
  if (!made) fail(errno, "make directory", relative);
  return made;
}

Fd Tree::file(const std::string& relative) const {
  // Without O_NONBLOCK a FIFO that somebody put there would block the thread.
  Fd fd = open_beneath(relative, O_RDONLY | O_NONBLOCK);
  struct stat info;
  if (fd && (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))) return Fd();
  return fd;
}

void Tree::prune(std::string relative) const {
  while (!relative.empty()) {
    const auto [parent_path, name] = split_key(relative);
    const Fd parent = directory(parent_path);
    if (!parent || ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR) != 0) return;
    relative = parent_path;
  }
}

DirectoryReader::DirectoryReader(Fd directory) {
  const int own = ::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0);
  stream_ = own < 0 ? nullptr : ::fdopendir(own);
  if (!stream_) {
    const int error = errno;
    if (own >= 0) ::close(own);
    fail(error, "list", "");
  }
}

DirectoryReader::~DirectoryReader() {
  ::closedir(static_cast<DIR*>(stream_));
}

bool DirectoryReader::next(Entry& out) {
  auto* stream = static_cast<DIR*>(stream_);
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (!entry && errno != 0) fail(errno, "list", "");
    if (!entry) return false;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    auto type = entry->d_type;
    if (type == DT_UNKNOWN) {
      struct stat info;
      if (::fstatat(::dirfd(stream), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
      type = S_ISDIR(info.st_mode) ? DT_DIR : S_ISREG(info.st_mode) ? DT_REG : DT_UNKNOWN;
    }
    if (type != DT_DIR && type != DT_REG) continue;
    out = {std::string(name), type == DT_DIR};
    return true;
  }
}

}  // namespace ob::objects
