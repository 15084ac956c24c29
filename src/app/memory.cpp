#include "app/memory.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "base/log.h"

namespace ob::app {

namespace {

constexpr auto kLook = std::chrono::seconds(10);
constexpr std::int64_t kWorth = 64 << 20;

// Bytes in memory that are no files'.
std::int64_t resident() {
  std::int64_t size = 0, all = 0, of_files = 0;
  std::ifstream("/proc/self/statm") >> size >> all >> of_files;
  return (all - of_files) * sysconf(_SC_PAGESIZE);
}

}  // namespace

std::int64_t machine_memory() {
  std::int64_t bytes = static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  for (const char* file :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::int64_t most = 0;  // the word "max" reads as none
    if (std::ifstream(file) >> most && most > 0) bytes = std::min(bytes, most);
  }
  return bytes;
}

void bound_memory() {
#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)  // it maps terabytes
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0) return log::warn("cannot read the limit of memory");
  const auto wanted = static_cast<rlim_t>(machine_memory() / 10 * 9);
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= wanted) return;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY ? wanted : std::min(wanted, limit.rlim_max);
  if (setrlimit(RLIMIT_DATA, &limit) != 0) log::warn("cannot set the limit of memory");
#endif
}

SpareMemory::SpareMemory() : thread_([this] { run(); }) {}

SpareMemory::~SpareMemory() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void SpareMemory::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kLook, [this] { return stop_; })) {
    lock.unlock();
    look();
    lock.lock();
  }
}

void SpareMemory::look() {
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)
  const std::int64_t now = resident();
  kept_ = std::min(kept_, now);
  const bool worth = now - kept_ >= kWorth && mallinfo2().fordblks >= std::size_t{kWorth};
  if (!std::exchange(waits_, worth) || !worth) return;
  malloc_trim(0);
  kept_ = resident();
  waits_ = false;
  log::debug("memory was given back", {{"bytes", now - kept_}});
#endif
}

}  // namespace ob::app
