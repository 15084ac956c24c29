#include "socket.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace load {

namespace {

constexpr std::array<unsigned char, 4> kMask{0x37, 0xFA, 0x21, 0x3D};
enum Opcode : std::uint8_t {
  continued = 0,
  text = 1,
  binary = 2,
  closing = 8,
  ping = 9,
  pong = 10
};

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Socket::Socket(int epoll, std::uint16_t port, int from, std::string target, Message on_message)
    : epoll_(epoll), target_(std::move(target)), on_message_(std::move(on_message)) {
  handle_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle_ < 0) fail("socket");
  const int yes = 1;
  setsockopt(handle_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  sockaddr_in address{.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK - 1 + from);
  if (from > 1 && bind(handle_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail("bind");
  }
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  if (connect(handle_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("connect");
  epoll_event event{.events = EPOLLIN, .data = {.ptr = this}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, handle_, &event) != 0) fail("epoll_ctl");
  out_ = "GET " + target_ + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
         "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: "
         "dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  flush();
}

Socket::~Socket() {
  if (handle_ >= 0) ::close(handle_);
}

void Socket::close(std::string reason) {
  if (handle_ < 0) return;
  ::close(handle_);
  handle_ = -1;
  open_ = false;
  reason_ = std::move(reason);
}

void Socket::watch(bool writing) {
  if (writing == watching_writes_) return;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = this}};
  if (writing) event.events |= EPOLLOUT;
  if (epoll_ctl(epoll_, EPOLL_CTL_MOD, handle_, &event) != 0) fail("epoll_ctl");
  watching_writes_ = writing;
}

void Socket::send(std::string_view message) {
  frame(Opcode::binary, message);
}

void Socket::frame(std::uint8_t opcode, std::string_view payload) {
  if (handle_ < 0) return;
  const std::size_t size = payload.size();
  out_ += static_cast<char>(0x80 | opcode);
  if (size < 126) {
    out_ += static_cast<char>(0x80 | size);
  } else {
    const int bytes = size < 65536 ? 2 : 8;
    out_ += static_cast<char>(0x80 | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i) out_ += static_cast<char>(size >> (8 * i));
  }
  out_.append(reinterpret_cast<const char*>(kMask.data()), kMask.size());
  for (std::size_t i = 0; i < size; ++i) out_ += static_cast<char>(payload[i] ^ kMask[i % 4]);
  if (!watching_writes_) flush();
}

void Socket::flush() {
  std::size_t done = 0;
  while (done < out_.size()) {
    const ssize_t sent =
        ::send(handle_, out_.data() + done, out_.size() - done, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno != EAGAIN) return close(std::string("sending: ") + std::strerror(errno));
      break;
    }
    done += sent;
  }
  out_.erase(0, done);
  watch(!out_.empty());
}

void Socket::ready(std::uint32_t events) {
  if (handle_ >= 0 && (events & EPOLLOUT)) flush();
  if (handle_ >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) read();
}

void Socket::read() {
  static std::vector<char> buffer(1 << 20);
  // One read a turn, so that no connection starves the others.
  const ssize_t got = recv(handle_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) return close(got == 0 ? "ended" : std::string("reading: ") + std::strerror(errno));
  received_ += got;
  const std::string_view bytes(buffer.data(), got);
  if (in_.empty()) return take(bytes);
  in_ += bytes;
  if (in_.size() < need_) return;
  need_ = 0;
  const std::string whole = std::move(in_);
  in_.clear();
  take(whole);
}

void Socket::take(std::string_view bytes) {
  while (!bytes.empty() && handle_ >= 0) {
    const std::size_t used = open_ ? next_frame(bytes) : upgrade(bytes);
    if (used == 0) break;
    bytes.remove_prefix(used);
  }
  in_.assign(bytes);
}

std::size_t Socket::upgrade(std::string_view bytes) {
  const std::size_t end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (!bytes.starts_with("HTTP/1.1 101")) {
    close("refused: " + std::string(bytes.substr(0, 400)));
    return 0;
  }
  open_ = true;
  if (on_open) on_open();
  return end + 4;
}

std::size_t Socket::next_frame(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t size = at(1) & 0x7F, head = 2;
  if (size >= 126) {
    const std::size_t count = size == 126 ? 2 : 8;
    head += count;
    if (bytes.size() < head) return 0;
    size = 0;
    for (std::size_t i = 2; i < head; ++i) size = size << 8 | at(i);
  }
  if (bytes.size() - head < size) {
    need_ = head + size;
    return 0;
  }
  received_frame(at(0) & 0x0F, at(0) & 0x80, bytes.substr(head, size));
  return head + size;
}

void Socket::received_frame(std::uint8_t opcode, bool last, std::string_view payload) {
  if (opcode == Opcode::closing) {
    const int code = payload.size() < 2 ? 1005
                                        : static_cast<unsigned char>(payload[0]) * 256 +
                                              static_cast<unsigned char>(payload[1]);
    return close("closed with " + std::to_string(code) + " " +
                 std::string(payload.substr(std::min<std::size_t>(2, payload.size()))));
  }
  if (opcode == Opcode::ping) return frame(Opcode::pong, payload);
  if (opcode == Opcode::pong) return;
  if (last && parts_.empty()) return on_message_(payload);
  parts_ += payload;
  if (!last) return;
  const std::string whole = std::move(parts_);
  parts_.clear();
  on_message_(whole);
}

}  // namespace load
