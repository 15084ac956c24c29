// WebSocket connections of a load client: one thread, epoll, frames by hand, so that it costs
// little beside the server that is measured.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace load {

class Socket {
 public:
  using Message = std::function<void(std::string_view)>;

  // Connects to a port of 127.0.0.1 and asks for an upgrade at `target`, from 127.0.0.`from`.
  Socket(int epoll, std::uint16_t port, int from, std::string target, Message on_message);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool open() const { return open_; }  // upgraded
  bool closed() const { return handle_ < 0; }
  const std::string& reason() const { return reason_; }  // why it closed
  std::uint64_t received() const { return received_; }
  std::function<void()> on_open;

  void send(std::string_view message);  // one binary frame
  void ready(std::uint32_t events);     // what epoll said

 private:
  void frame(std::uint8_t opcode, std::string_view payload);
  void flush();
  void read();
  void take(std::string_view bytes);
  std::size_t upgrade(std::string_view bytes);
  std::size_t next_frame(std::string_view bytes);
  void received_frame(std::uint8_t opcode, bool last, std::string_view payload);
  void close(std::string reason);
  void watch(bool writing);

  int epoll_, handle_ = -1;
  bool open_ = false, watching_writes_ = false;
  std::uint64_t received_ = 0;
  std::size_t need_ = 0;  // bytes until the frame that has begun is whole
  std::string target_, in_, out_, parts_, reason_;
  Message on_message_;
};

}  // namespace load
