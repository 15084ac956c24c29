#pragma once
// One connection to Redis, for one owner on one thread: bytes out, replies in.
#include <hiredis/read.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>

#include "redis/redis.h"

namespace ob::redis {

struct Address {
  std::string host, port, user, password, database;
  bool tls = false;
  std::string ca_file;
};
// Throws ob::Error config.badValue.
Address parse_url(const std::string& url);

// What Redis reads of a command.
std::string format(const Command& command);

class Connection {
 public:
  Connection(boost::asio::io_context& io, const Address& address);

  // Connects, signs in and chooses the database. Throws ob::Error.
  boost::asio::awaitable<void> open();
  // One at a time. Throws ob::Error when the connection is lost.
  boost::asio::awaitable<void> write(std::string_view bytes);
  // The next reply, or message of a subscription. One at a time.
  boost::asio::awaitable<Reply> read();
  void close();  // ends what waits with an error

 private:
  using Tcp = boost::asio::ip::tcp;
  struct FreeReader {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };
  boost::asio::awaitable<void> demand(Command command, const char* what);
  std::optional<Reply> parsed();
  Tcp::socket& lowest() { return tls_ ? tls_->next_layer() : socket_; }

  const Address& address_;
  Tcp::resolver resolver_;
  Tcp::socket socket_;
  std::optional<boost::asio::ssl::context> context_;
  std::optional<boost::asio::ssl::stream<Tcp::socket>> tls_;
  std::unique_ptr<redisReader, FreeReader> reader_;
  std::array<char, 16 * 1024> buffer_;
};

}  // namespace ob::redis
