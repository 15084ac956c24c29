#pragma once
// The memory that this process may use.
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace ob::app {

// Bytes: of the machine, or of the control group where that allows less.
std::int64_t machine_memory();

// Lets allocations beyond nine tenths of it fail, each as the error of the statement that wanted
// it, before the kernel ends the process. DuckDB's own limit does not see all: the lists and texts
// that one expression makes are outside of it.
void bound_memory();

// The allocator keeps what was freed, each thread's arena for itself: after a few large documents
// or imports that is gigabytes which nothing uses. This gives it back to the system, a while later.
class SpareMemory {
 public:
  SpareMemory();
  ~SpareMemory();

 private:
  void run();
  void look();

  std::int64_t kept_ = 0;  // what was resident when it last gave something back, or less since
  bool waits_ = false;     // there is something; whether for long the next look tells
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace ob::app
