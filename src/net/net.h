#pragma once
// HTTP/1.1 and WebSocket server (Beast stays in the .cpp files). One strand a connection, or one of
// the threads of Loops.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/error.h"
#include "base/time.h"

namespace ob::net {

using Headers = std::vector<std::pair<std::string, std::string>>;
bool same_name(std::string_view a, std::string_view b);  // ASCII letters of either case are equal
std::string_view find_header(const Headers& headers, std::string_view name);  // "" when absent

struct Request {
  std::string method;  // "GET"
  std::string path;    // percent-encoded as received, without the query; starts with '/'
  std::string query;   // after '?', still encoded
  Headers headers;     // names as received; look up case-insensitively
  // Behind trusted proxies (ServerOptions) these are what the proxies say of the client.
  std::string remote_address;
  bool secure = false;   // the client's connection has TLS
  bool proxied = false;  // a trusted proxy sent it
  std::string host;      // the authority that the client asked for; "" when it is not one
  std::string prefix;    // path under which the client sees the server: "/bricks", mostly ""
  std::optional<std::int64_t> content_length;
  std::string_view header(std::string_view name) const;  // "" when absent
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};
std::string_view reason_phrase(int status);  // "Not Found"
// The answer to a failed request: application/problem+json (RFC 9457).
Response problem_response(const Error& error, std::string_view request_id);

class WebSocket;
// What is done with a WebSocket; it is closed when this has ended. Called once and let go: a lambda
// that is a coroutine itself must not capture anything.
using WebSocketSession =
    std::move_only_function<boost::asio::awaitable<void>(std::unique_ptr<WebSocket>)>;

// One request and its answer. Body bytes stream both ways with back-pressure; nothing is read
// before it is asked for.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const Request& request() const = 0;
  // Up to out.size() body bytes; 0 at the end. Throws ob::Error 413 past the limit, 408 when the
  // client stalls.
  virtual boost::asio::awaitable<std::size_t> read_some(std::span<std::byte> out) = 0;
  // The whole body, at most `limit` bytes.
  virtual boost::asio::awaitable<std::string> read_all(std::int64_t limit) = 0;
  virtual void set_body_limit(std::int64_t bytes) = 0;  // default: the server's; -1: none
  // Answer at once (compressed when worthwhile and accepted) …
  virtual boost::asio::awaitable<void> respond(Response response) = 0;
  // … or as a stream: start, write*, finish. Chunked unless `response.headers` has Content-Length.
  // A stream cut before finish closes the connection, so that the client sees it.
  virtual boost::asio::awaitable<void> start(Response head) = 0;
  virtual boost::asio::awaitable<void> write(std::string_view bytes) = 0;
  virtual boost::asio::awaitable<void> finish() = 0;
  virtual bool started() const = 0;
  // Status of the answer that was sent or started, 0 before; body bytes of it so far (before
  // compression).
  virtual int status() const = 0;
  virtual std::int64_t bytes_sent() const = 0;
  // The strand of the connection: all of the exchange is used on it.
  virtual boost::asio::any_io_executor executor() = 0;
  // Cancelled when the client goes away or the server shuts down.
  virtual CancelToken cancel_token() = 0;
  // Upgrade: `session` begins when the handler has returned, and must hold all that it needs:
  // nothing of the exchange is left by then. Throws ob::Error 400 when the request does not ask for
  // a WebSocket.
  virtual boost::asio::awaitable<void> accept_websocket(WebSocketSession session) = 0;
};

// A WebSocket message as it goes over the wire, made once for any number of sockets.
using Frame = std::shared_ptr<const std::string>;
Frame make_frame(std::string_view payload, bool text);

// The sending side of a WebSocket. Thread-safe, never blocks, and may outlive the WebSocket.
class WebSocketSender {
 public:
  virtual ~WebSocketSender() = default;
  // Hands the frame to the socket, or queues it behind others. False when the socket is closed; it
  // is closed with 1013 when more than ServerOptions::max_queued_bytes would wait.
  virtual bool push(Frame frame) = 0;
  // The pong of a payload that is not empty comes out of receive().
  virtual bool ping(std::string_view payload) = 0;
  // Sends what waits, then says why; receive() ends when the peer agrees, or soon after.
  virtual void close(int code, std::string_view reason) = 0;
  virtual std::size_t queued() const = 0;  // bytes
};

// Destroying it cuts the connection; say close() first.
class WebSocket {
 public:
  virtual ~WebSocket() = default;
  struct Message {
    std::string data;
    bool text = false;
    bool pong = false;  // of WebSocketSender::ping
  };
  // Pings are answered and sent inside. One receive() at a time; sends may overlap and keep their
  // order. All on the connection's strand.
  virtual boost::asio::awaitable<std::optional<Message>> receive() = 0;  // nullopt when closed
  // Lowers what a message may have, or raises it again, up to ServerOptions::max_message_bytes.
  virtual void limit(std::size_t message_bytes) = 0;
  // Waits until little is queued; throws ob::Error 499 when it is closed.
  virtual boost::asio::awaitable<void> send(std::string data, bool text) = 0;
  // Waits until the peer agrees, for some seconds.
  virtual boost::asio::awaitable<void> close(int code, std::string reason) = 0;
  virtual boost::asio::any_io_executor executor() = 0;
  virtual std::shared_ptr<WebSocketSender> sender() = 0;
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;                       // 0: any free port
  std::string tls_certificate, tls_key;  // PEM files; both empty: plain
  std::int64_t max_header_bytes = 64 * 1024;
  std::int64_t max_body_bytes = 16 * 1024 * 1024;
  int header_timeout_s = 30, body_idle_timeout_s = 60, keep_alive_timeout_s = 75,
      write_idle_timeout_s = 60;
  int websocket_idle_timeout_s = 40;                  // half of it: a ping
  std::int64_t max_message_bytes = 16 * 1024 * 1024;  // of a WebSocket message
  std::int64_t max_queued_bytes = 32 * 1024 * 1024;   // that wait for a WebSocket's reader
  int max_connections = 10000, max_connections_per_address = 200;
  // Addresses and networks ("10.0.0.0/8") whose X-Forwarded-For, -Proto and -Host, or Forwarded
  // (RFC 7239) where that is chosen, and X-Forwarded-Prefix are believed.
  std::vector<std::string> trusted_proxies;
  bool forwarded_header = false;
  std::string path_prefix;  // taken off the paths that have it: "/bricks"
};

class Server {
 public:
  using Handler = std::function<boost::asio::awaitable<void>(Exchange&)>;
  virtual ~Server() = default;
  virtual int port() const = 0;  // the bound one
  virtual int connections() const = 0;
  // Stops accepting, lets running requests finish for `seconds` (WebSockets are told to go away at
  // once), then cancels them and waits. Not from a thread that runs `io`; `io` must still run.
  virtual void shutdown(int seconds) = 0;
};
// Binds at once (throws ob::Error when it cannot) and serves on `io`, which the caller runs.
std::unique_ptr<Server> serve(boost::asio::io_context& io, const ServerOptions& options,
                              Server::Handler handler);
std::unique_ptr<Server> serve(class Loops& loops, const ServerOptions& options,
                              Server::Handler handler);

// Percent-decoding (throws ob::Error 400) and query parameters in order ('+' is a space there).
std::string percent_decode(std::string_view text);
std::string percent_encode(std::string_view text, std::string_view keep = "");
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);
std::string http_date(Micros time);  // "Sat, 21 Nov 2026 09:30:00 GMT"

}  // namespace ob::net
