#pragma once
// An exchange whose answers carry the gateway's headers.
#include "gateway/header_rules.h"
#include "net/net.h"

namespace ob::gateway {

class Wrapped final : public net::Exchange {
 public:
  // hsts_s: seconds for which browsers are to come by TLS only; 0: not said.
  Wrapped(net::Exchange& inner, net::Headers headers, const HeaderRules& rules, std::int64_t hsts_s)
      : inner_(inner), headers_(std::move(headers)), rules_(rules), hsts_s_(hsts_s) {}

  const net::Request& request() const override { return inner_.request(); }
  boost::asio::awaitable<std::size_t> read_some(std::span<std::byte> out) override {
    return inner_.read_some(out);
  }
  boost::asio::awaitable<std::string> read_all(std::int64_t limit) override {
    return inner_.read_all(limit);
  }
  void set_body_limit(std::int64_t bytes) override { inner_.set_body_limit(bytes); }
  boost::asio::awaitable<void> respond(net::Response response) override {
    return inner_.respond(decorated(std::move(response)));
  }
  boost::asio::awaitable<void> start(net::Response head) override {
    return inner_.start(decorated(std::move(head)));
  }
  boost::asio::awaitable<void> write(std::string_view bytes) override {
    return inner_.write(bytes);
  }
  boost::asio::awaitable<void> finish() override { return inner_.finish(); }
  bool started() const override { return inner_.started(); }
  int status() const override { return inner_.status(); }
  std::int64_t bytes_sent() const override { return inner_.bytes_sent(); }
  boost::asio::any_io_executor executor() override { return inner_.executor(); }
  CancelToken cancel_token() override { return inner_.cancel_token(); }
  boost::asio::awaitable<void> accept_websocket(net::WebSocketSession session) override {
    return inner_.accept_websocket(std::move(session));
  }
  net::Headers& headers() { return headers_; }  // of the answer to come

 private:
  net::Response decorated(net::Response response) const;
  net::Exchange& inner_;
  net::Headers headers_;
  const HeaderRules& rules_;
  std::int64_t hsts_s_;
};

}  // namespace ob::gateway
