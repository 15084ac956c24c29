#pragma once
// For tests: a Redis server of their own on a free port, which ends with the object.
#include <arpa/inet.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "redis/redis.h"

namespace ob::redis::test {

inline int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof(address);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("there is no free port");
  ::close(fd);
  return ntohs(address.sin_port);
}

class Server {
 public:
  explicit Server(std::string password = {}) : password_(std::move(password)) { start(); }
  ~Server() { stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  void start() {
    std::vector<std::string> arguments{
        "redis-server", "--port", std::to_string(port_), "--bind",   "127.0.0.1", "--save", "",
        "--dir",        "/tmp",   "--logfile",           "/dev/null"};
    if (!password_.empty()) arguments.insert(arguments.end(), {"--requirepass", password_});
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    if (::posix_spawnp(&pid_, "redis-server", nullptr, nullptr, argv.data(), environ) != 0)
      throw std::runtime_error("there is no redis-server");
  }
  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void signal(int number) const { ::kill(pid_, number); }
  std::string url() const {
    const std::string login = password_.empty() ? "" : "default:" + password_ + "@";
    return "redis://" + login + "127.0.0.1:" + std::to_string(port_);
  }

 private:
  std::string password_;
  int port_ = free_port();
  pid_t pid_ = 0;
};

// Whether the client's connection comes to that state within 20 s.
inline bool becomes(const Client& client, bool up) {
  for (int i = 0; i < 2000 && client.up() != up; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return client.up() == up;
}

}  // namespace ob::redis::test
