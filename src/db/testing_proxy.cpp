#include "db/testing_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace ob::db::testing {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool send_all(int to, const char* data, ssize_t size) {
  while (size > 0) {
    const auto sent = ::send(to, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= sent;
  }
  return true;
}

}  // namespace

Proxy::Proxy(int target_port) : target_port_(target_port) {
  listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  auto address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the proxy cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept(); });
}

Proxy::~Proxy() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  cut_all();
  for (auto& thread : threads_) thread.join();
}

std::string Proxy::through(const std::string& url) const {
  const std::string theirs = ":" + std::to_string(target_port_) + "/";
  std::string out = url;
  return out.replace(out.find(theirs), theirs.size(), ":" + std::to_string(port_) + "/");
}

void Proxy::cut_at(const std::string& words, bool before, int times) {
  const std::lock_guard lock(mutex_);
  words_ = words;
  before_ = before;
  times_ = times;
}

void Proxy::cut_all() {
  const std::lock_guard lock(mutex_);
  for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
}

void Proxy::accept() {
  for (int client; (client = ::accept(listener_, nullptr, nullptr)) >= 0;) {
    if (refused_) {
      ::close(client);
      continue;
    }
    threads_.emplace_back([this, client] { serve(client); });
  }
}

void Proxy::serve(int client) {
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  const auto address = loopback(target_port_);
  const bool connected =
      ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  {
    const std::lock_guard lock(mutex_);
    open_.insert(open_.end(), {client, server});
  }
  std::vector<char> buffer(1 << 16);
  bool cutting = false;
  while (connected) {
    pollfd ends[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (::poll(ends, 2, -1) <= 0) break;
    if (ends[0].revents != 0) {
      const auto size = ::recv(client, buffer.data(), buffer.size(), 0);
      if (size <= 0) break;
      {
        const std::lock_guard lock(mutex_);
        const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
        cutting = times_ > 0 && text.find(words_) != text.npos;
        if (cutting) --times_;
        if (cutting && before_) break;
      }
      if (!send_all(server, buffer.data(), size)) break;
    }
    if (ends[1].revents != 0) {
      const auto size = ::recv(server, buffer.data(), buffer.size(), 0);
      // The server has done what it was asked for; its answer is what gets lost.
      if (size <= 0 || cutting || !send_all(client, buffer.data(), size)) break;
    }
  }
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](int fd) { return fd == client || fd == server; });
  ::close(client);
  ::close(server);
}

}  // namespace ob::db::testing
