#pragma once
// A TCP or TLS stream behind one set of operations.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <optional>

namespace ob::net {

namespace asio = boost::asio;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<asio::ip::tcp::socket>;

class Socket {
 public:
  explicit Socket(asio::ip::tcp::socket socket) : plain_(std::move(socket)) {}
  Socket(asio::ip::tcp::socket socket, asio::ssl::context& context)
      : tls_(std::make_unique<TlsStream>(std::move(socket), context)) {}

  bool secure() const { return tls_ != nullptr; }
  asio::ip::tcp::socket& lowest() { return tls_ ? tls_->next_layer() : *plain_; }
  TlsStream* tls() { return tls_.get(); }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return tls_ ? tls_->async_read_some(buffers, std::forward<Token>(token))
                : plain_->async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return tls_ ? tls_->async_write_some(buffers, std::forward<Token>(token))
                : plain_->async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  std::optional<asio::ip::tcp::socket> plain_;
  std::unique_ptr<TlsStream> tls_;  // large
};

}  // namespace ob::net
