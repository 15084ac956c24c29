#include "engine/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <future>

#include "base/error.h"
#include "base/log.h"
#include "engine/error_text.h"

namespace ob::engine {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

// More paths than this are forced out together.
constexpr std::size_t sync_apart = 8;
constexpr std::chrono::milliseconds writeback_pause{40};

void sync_path(const fs::path& path, int (*sync)(int)) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw internal("open " + path.string() + ": " + std::strerror(errno));
  const int failed = sync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed != 0) throw internal("sync " + path.string() + ": " + std::strerror(failed));
}

// Threads that wait for disks: to start one takes as long as a small file's sync.
asio::thread_pool& syncers() {
  static asio::thread_pool threads(sync_apart);
  return threads;
}

void remove_quietly(const fs::path& path) {
  std::error_code failed;
  fs::remove_all(path, failed);
  if (failed)
    log::warn("cannot remove an unfinished file",
              {{"path", boost::json::value(path.string())},
               {"cause", boost::json::value(failed.message())}});
}

// Calls `use` with each file of the directory whose name starts with `prefix`, as far as it can be
// listed.
template <class Use>
void each_file(const fs::path& directory, const std::string& prefix, const Use& use) {
  std::error_code failed;
  for (fs::directory_iterator at(directory, failed), end; !failed && at != end;
       at.increment(failed))
    if (at->path().filename().string().starts_with(prefix)) use(at->path());
}

}  // namespace

void sync_paths(const std::vector<fs::path>& paths) {
  if (paths.size() > sync_apart) return sync_path(paths.front(), ::syncfs);
  // At once: a journal's commit serves all that wait for it.
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < paths.size(); ++i)
    others.push_back(
        asio::post(syncers(), asio::use_future([path = paths[i]] { sync_path(path, ::fsync); })));
  sync_path(paths.front(), ::fsync);
  for (auto& other : others) other.get();
}

void write_new(const fs::path& path, std::span<const std::uint8_t> bytes) {
  constexpr mode_t mode = 0666;  // less the process's mask
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
  int failed = descriptor < 0 ? errno : 0;
  while (failed == 0 && !bytes.empty()) {
    const auto wrote = ::write(descriptor, bytes.data(), bytes.size());
    if (wrote > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    } else if (wrote == 0) {
      failed = EIO;
    } else if (errno != EINTR) {
      failed = errno;
    }
  }
  if (descriptor >= 0 && ::close(descriptor) != 0 && failed == 0) failed = errno;
  if (failed == 0) return;
  if (const auto full = disk_full(std::strerror(failed))) throw *full;
  throw internal("write " + path.string() + ": " + std::strerror(failed));
}

EarlyWriteback::EarlyWriteback(fs::path directory, std::string prefix)
    : directory_(std::move(directory)), prefix_(std::move(prefix)), thread_([this] {
        std::unique_lock lock(mutex_);
        while (!end_.wait_for(lock, writeback_pause, [this] { return ended_; })) start_writing();
      }) {}

EarlyWriteback::~EarlyWriteback() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  end_.notify_one();
  thread_.join();
}

// Failures show when the files are synced.
void EarlyWriteback::start_writing() const {
  each_file(directory_, prefix_, [](const fs::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (descriptor < 0) return;
    ::sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
    ::close(descriptor);
  });
}

Cleanup::~Cleanup() {
  if (!staging_.empty()) remove_quietly(staging_);
  if (keep_) return;
  for (const auto& file : moved_) remove_quietly(file);
  if (prefix_.empty()) return;
  each_file(directory_, prefix_, remove_quietly);
}

}  // namespace ob::engine
