#pragma once
// One request and its answer on a connection.
#include <optional>

#include "net/compress.h"
#include "net/connection.h"
#include "net/head.h"

namespace ob::net {

class HttpExchange final : public Exchange {
 public:
  HttpExchange(Connection& connection, RequestParser& parser);
  ~HttpExchange() override;

  const Request& request() const override { return request_; }
  asio::awaitable<std::size_t> read_some(std::span<std::byte> out) override;
  asio::awaitable<std::string> read_all(std::int64_t limit) override;
  void set_body_limit(std::int64_t bytes) override { body_limit_ = bytes; }
  asio::awaitable<void> respond(Response response) override;
  asio::awaitable<void> start(Response head) override;
  asio::awaitable<void> write(std::string_view bytes) override;
  asio::awaitable<void> finish() override;
  bool started() const override { return started_; }
  int status() const override { return status_; }
  std::int64_t bytes_sent() const override { return bytes_sent_; }
  asio::any_io_executor executor() override { return connection_.socket().lowest().get_executor(); }
  CancelToken cancel_token() override;
  asio::awaitable<void> accept_websocket(WebSocketSession session) override;

  void cancel(const std::string& reason);
  bool finished() const { return finished_; }
  bool body_read() const { return body_done_; }
  // What follows the exchange, if it ended in an upgrade.
  WebSocketSession take_session() { return std::exchange(session_, nullptr); }
  // Reads what is left of a small body, so that the next request can follow. False when it cannot.
  asio::awaitable<bool> drain_body();

 private:
  asio::awaitable<std::size_t> read_length(std::span<std::byte> out);
  asio::awaitable<std::size_t> read_chunked(std::span<std::byte> out);
  void body_ended();
  void check_limit(std::int64_t size) const;
  Error body_failed() const;
  bool bodyless(int status) const;
  bool keep_alive() const;
  asio::awaitable<void> flush(std::string_view bytes, bool last);

  Connection& connection_;
  RequestParser& parser_;
  Request request_;
  std::optional<CancelToken> token_;
  std::int64_t body_limit_;
  std::int64_t body_read_ = 0;
  bool body_done_ = false, continue_pending_ = false;
  bool started_ = false, finished_ = false;
  int status_ = 0;
  std::int64_t bytes_sent_ = 0;
  Framing framing_ = Framing::none;
  std::int64_t promised_ = -1;  // Content-Length of a streamed answer
  bool mute_ = false;           // HEAD, 204, 304: bytes of the body are dropped
  std::unique_ptr<Gzip> gzip_;
  std::string out_;
  WebSocketSession session_;
};

}  // namespace ob::net
