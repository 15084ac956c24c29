#include "app/memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "base/log.h"

namespace ob::app {

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

}  // namespace ob::app
