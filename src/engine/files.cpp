#include "engine/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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
  for (const auto& path : paths) sync_path(path, ::fsync);
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
