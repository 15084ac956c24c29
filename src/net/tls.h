#pragma once
// The certificate that the server shows. Files that were replaced are read anew, so that a renewed
// certificate needs no restart.
#include <array>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>
#include <string>

namespace ob::net {

// Not thread-safe: the acceptor's strand alone asks.
class Tls {
 public:
  // PEM files. Throws ob::Error when they cannot be read or do not fit each other.
  Tls(std::string certificate, std::string key);
  // For a new connection; may be let go once its stream is made. When new files cannot be read, it
  // is the one of before, and the log tells.
  std::shared_ptr<boost::asio::ssl::context> context();

 private:
  using Clock = std::chrono::steady_clock;
  // What changes when a file is replaced or written.
  using Stamp = std::array<std::int64_t, 6>;
  Stamp stamp() const;

  const std::string certificate_, key_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  Stamp stamp_;
  Clock::time_point looked_at_;
};

}  // namespace ob::net
