#include "net/together.h"

#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/log.h"
#include "net/websocket_core.h"

namespace ob::net {

namespace {

constexpr std::size_t kFew = 3;
constexpr unsigned kMost = 128;  // frames of one system call

struct Sending {
  std::shared_ptr<WebSocketCore> socket;
  int fd = -1;
  Frame frame;
  ssize_t result = 0;  // bytes, or an error number below 0
};

class Mapping {
 public:
  Mapping(int fd, std::size_t size, off_t at) : size_(size) {
    start_ = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, at);
  }
  ~Mapping() {
    if (valid()) ::munmap(start_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  bool valid() const { return start_ != MAP_FAILED; }
  template <class T>
  T* at(std::size_t offset) const {
    return reinterpret_cast<T*>(static_cast<char*>(start_) + offset);
  }

 private:
  void* start_;
  const std::size_t size_;
};

// The two queues that a thread shares with the kernel.
class Ring {
 public:
  // Null where the system has none, or forbids them.
  static std::unique_ptr<Ring> open() {
    io_uring_params about{};
    const int fd = static_cast<int>(::syscall(SYS_io_uring_setup, kMost, &about));
    if (fd < 0) return nullptr;
    std::unique_ptr<Ring> ring(new Ring(fd, about));
    return ring->valid() ? std::move(ring) : nullptr;
  }
  ~Ring() { ::close(fd_); }

  // Gives each its result. False when the ring is not to be used any more.
  bool send(std::vector<Sending>& all) {
    const auto count = static_cast<unsigned>(all.size());
    put(all);
    unsigned submitted = 0, told = 0;
    constexpr int kTries = 1000;
    for (int i = 0; i < kTries && told < count; ++i) {
      const long taken = ::syscall(SYS_io_uring_enter, fd_, count - submitted, count - told,
                                   IORING_ENTER_GETEVENTS, nullptr, 0);
      if (taken > 0) submitted += static_cast<unsigned>(taken);
      if (taken < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY) break;
      told += take(all);
    }
    // Older kernels have rings that do not send.
    const ssize_t first = all.front().result;
    if (told == count) return first != -EINVAL && first != -EOPNOTSUPP;
    log::warn("frames cannot be sent together", {{"error", std::strerror(errno)}});
    for (unsigned i = submitted; i < count; ++i) all[i].result = -EAGAIN;
    return false;
  }

 private:
  Ring(int fd, const io_uring_params& about)
      : fd_(fd),
        about_(about),
        submissions_(fd, about.sq_off.array + about.sq_entries * sizeof(unsigned),
                     IORING_OFF_SQ_RING),
        entries_(fd, about.sq_entries * sizeof(io_uring_sqe), IORING_OFF_SQES),
        completions_(fd, about.cq_off.cqes + about.cq_entries * sizeof(io_uring_cqe),
                     IORING_OFF_CQ_RING) {}

  bool valid() const { return submissions_.valid() && entries_.valid() && completions_.valid(); }

  void put(std::vector<Sending>& all) {
    auto& shared = *submissions_.at<unsigned>(about_.sq_off.tail);
    const unsigned mask = *submissions_.at<unsigned>(about_.sq_off.ring_mask);
    unsigned tail = shared;  // nobody else writes it
    for (std::size_t i = 0; i < all.size(); ++i, ++tail) {
      auto& entry = entries_.at<io_uring_sqe>(0)[tail & mask];
      entry = {};
      entry.opcode = IORING_OP_SEND;
      entry.fd = all[i].fd;
      entry.addr = reinterpret_cast<std::uintptr_t>(all[i].frame->data());
      entry.len = static_cast<unsigned>(all[i].frame->size());
      entry.msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL;
      entry.user_data = i;
      submissions_.at<unsigned>(about_.sq_off.array)[tail & mask] = tail & mask;
      all[i].result = -ECANCELED;  // until it is told
    }
    std::atomic_ref(shared).store(tail, std::memory_order_release);
  }

  unsigned take(std::vector<Sending>& all) {
    auto& shared = *completions_.at<unsigned>(about_.cq_off.head);
    const unsigned mask = *completions_.at<unsigned>(about_.cq_off.ring_mask);
    const unsigned tail = std::atomic_ref(*completions_.at<unsigned>(about_.cq_off.tail))
                              .load(std::memory_order_acquire);
    unsigned count = 0;
    for (unsigned head = shared; head != tail; ++head, ++count) {
      const auto& done = completions_.at<io_uring_cqe>(about_.cq_off.cqes)[head & mask];
      all[done.user_data].result = done.res;
    }
    std::atomic_ref(shared).store(tail, std::memory_order_release);
    return count;
  }

  const int fd_;
  const io_uring_params about_;
  const Mapping submissions_, entries_, completions_;
};

// Of a thread.
struct Pending {
  bool begun = false, tried = false;
  std::unique_ptr<Ring> ring;
  std::vector<Sending> all, going;

  bool able() {
    if (!std::exchange(tried, true)) ring = Ring::open();
    return ring != nullptr;
  }

  void send() {
    if (all.empty()) return;
    going.swap(all);
    if (!ring) {
      for (auto& one : going) one.result = -EAGAIN;
    } else if (!ring->send(going)) {
      ring.reset();
    }
    for (auto& one : going) one.socket->sent_together(std::move(one.frame), one.result);
    going.clear();
  }
};

Pending& pending() {
  thread_local Pending of_this_thread;
  return of_this_thread;
}

}  // namespace

Together::Together(std::size_t sockets)
    : begun_(sockets >= kFew && !pending().begun && pending().able()) {
  if (begun_) pending().begun = true;
}

Together::~Together() {
  if (!begun_) return;
  pending().begun = false;
  pending().send();
}

void Together::make_room() {
  if (begun_ && pending().all.size() == kMost) pending().send();
}

bool Together::take(const std::shared_ptr<WebSocketCore>& socket, int fd, const Frame& frame) {
  Pending& here = pending();
  if (!here.begun || here.all.size() == kMost || frame->size() > kLargest) return false;
  here.all.push_back({socket, fd, frame});
  return true;
}

}  // namespace ob::net
