#pragma once
// Frames to many sockets with one system call, where the system allows that (io_uring(7)). A send
// of its own for each costs half as much again: between two of them those who get the first wake
// up, and take the processor.
#include <sys/types.h>

#include <cstddef>
#include <memory>

#include "net/net.h"

namespace ob::net {

class WebSocketCore;

// While it lives, frames that its thread pushes to plain WebSockets wait for its end, to go
// together. Only pushes may come meanwhile: a socket's end would wait for this one.
class Together {
 public:
  // Larger frames go at once, by themselves: a socket that ends waits for all that go together.
  static constexpr std::size_t kLargest = 64 * 1024;

  explicit Together(std::size_t sockets);  // about as many; for few it does nothing
  ~Together();
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

  // Before each push: sends what waits when it is as much as one system call takes.
  void make_room();

  // For sockets: whether the frame goes with those of this thread; then sent_together() is called.
  static bool take(const std::shared_ptr<WebSocketCore>& socket, int fd, const Frame& frame);

 private:
  const bool begun_;
};

}  // namespace ob::net
