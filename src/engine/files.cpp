#include "engine/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>

#include "base/error.h"
#include "base/log.h"

namespace ob::engine {

namespace fs = std::filesystem;

namespace {

// More paths than this are forced out together.
constexpr std::size_t sync_apart = 8;

void sync_path(const fs::path& path, int (*sync)(int)) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw internal("open " + path.string() + ": " + std::strerror(errno));
  const int failed = sync(descriptor) != 0 ? errno : 0;
  ::close(descriptor);
  if (failed != 0) throw internal("sync " + path.string() + ": " + std::strerror(failed));
}

void remove_quietly(const fs::path& path) {
  std::error_code failed;
  fs::remove_all(path, failed);
  if (failed)
    log::warn("cannot remove an unfinished file",
              {{"path", boost::json::value(path.string())},
               {"cause", boost::json::value(failed.message())}});
}

}  // namespace

void sync_paths(const std::vector<fs::path>& paths) {
  if (paths.size() > sync_apart) return sync_path(paths.front(), ::syncfs);
  // At once: a journal's commit serves all that wait for it.
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < paths.size(); ++i)
    others.push_back(std::async(std::launch::async, sync_path, paths[i], ::fsync));
  sync_path(paths.front(), ::fsync);
  for (auto& other : others) other.get();
}

Cleanup::~Cleanup() {
  if (!staging_.empty()) remove_quietly(staging_);
  if (keep_) return;
  for (const auto& file : moved_) remove_quietly(file);
  if (prefix_.empty()) return;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(directory_, failed))
    if (entry.path().filename().string().starts_with(prefix_)) remove_quietly(entry.path());
}

}  // namespace ob::engine
