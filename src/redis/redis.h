#pragma once
// A client of Redis: what many threads ask travels together over one connection, which a thread of
// the client's own keeps up. Nothing that must not be lost may live in Redis alone.
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ob::redis {

struct Reply {
  enum class Kind { nil, integer, text, array, error };
  Kind kind = Kind::nil;
  std::int64_t integer = 0;
  std::string text;  // of a text, a status or an error
  std::vector<Reply> items;
};

using Command = std::vector<std::string>;  // {"SET", "key", "value"}

struct Options {
  int connect_timeout_ms = 1000;
  int answer_timeout_ms = 250;  // then the connection is given up
  std::string ca_file;          // authorities for rediss://; empty: the system's
};

// Thread-safe. While Redis is away every command is answered with nullopt at once, so that callers
// can go on without it; the connection is tried again within 2 s.
class Client {
 public:
  virtual ~Client() = default;  // commands under way are answered with nullopt

  using Done = std::move_only_function<void(std::optional<Reply>)>;
  // `done` is called once, on the client's thread or, when Redis is away, before this returns; it
  // must not block. nullopt: not known whether Redis ran the command.
  virtual void send(const Command& command, Done done) = 0;
  virtual bool up() const = 0;
};

// Waits for the answer on the caller's executor.
boost::asio::awaitable<std::optional<Reply>> ask(Client& client, Command command);
// Blocks the calling thread.
std::optional<Reply> ask_now(Client& client, const Command& command);

// url: redis://[[user]:password@]host[:port][/database], rediss:// with TLS. Returns at once; the
// first connection is made in the background. Throws ob::Error config.badValue for a bad url.
std::unique_ptr<Client> open(const std::string& url, Options options = {});

// What a Subscriber tells, on its thread; none of it may block.
struct Listener {
  std::function<void(const std::string& channel, std::string message)> message;
  // Redis holds the subscription from here on; again after each new connection.
  std::function<void(const std::string& channel)> subscribed;
  std::function<void()> lost;  // the connection: what is published until `subscribed` does not come
};

// A connection that listens to channels, kept up by a thread of its own. Thread-safe.
class Subscriber {
 public:
  virtual ~Subscriber() = default;  // nothing is told any more
  // Both return at once. To subscribe twice is to subscribe once.
  virtual void subscribe(const std::string& channel) = 0;
  virtual void unsubscribe(const std::string& channel) = 0;
  virtual bool up() const = 0;
};

// As open(); a connection without a sign of life for six times answer_timeout_ms is given up.
std::unique_ptr<Subscriber> listen(const std::string& url, Listener listener, Options options = {});

}  // namespace ob::redis
