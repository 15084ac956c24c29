#pragma once
// For tests: a server on a free port, and a blocking raw client.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

#include "net/loops.h"
#include "net/net.h"

namespace ob::net::test {

namespace asio = boost::asio;

class TestServer {
 public:
  explicit TestServer(Server::Handler handler, ServerOptions options = {}) {
    options.port = 0;
    server_ = serve(loops_, options, std::move(handler));
    thread_ = std::thread([this] { loops_.run(); });
  }
  ~TestServer() {
    server_->shutdown(1);
    server_.reset();
    loops_.stop();
    thread_.join();
  }
  int port() const { return server_->port(); }
  Server& server() { return *server_; }

 private:
  Loops loops_{2};
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

struct Answer {
  int status = 0;
  std::string head, body;
  bool has(std::string_view text) const { return head.find(text) != std::string::npos; }
};

class Client {
 public:
  explicit Client(int port) : socket_(io_) {
    socket_.connect({asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
    socket_.set_option(asio::ip::tcp::no_delay(true));
    const timeval limit{10, 0};
    setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  void send(std::string_view text) {
    boost::system::error_code ec;
    asio::write(socket_, asio::buffer(text), ec);
  }
  // One answer; `head_only` for HEAD. status 0 when the connection ends first.
  Answer receive(bool head_only = false) {
    Answer out;
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
      if (!more()) return out;
    }
    const std::size_t end = buffer_.find("\r\n\r\n") + 4;
    out.head = buffer_.substr(0, end);
    buffer_.erase(0, end);
    out.status = std::stoi(out.head.substr(9, 3));
    if (head_only || out.status < 200 || out.status == 204 || out.status == 304) return out;
    if (const auto at = out.head.find("Content-Length: "); at != std::string::npos) {
      const std::size_t length = std::stoul(out.head.substr(at + 16));
      while (buffer_.size() < length && more()) {
      }
      out.body = buffer_.substr(0, length);
      buffer_.erase(0, out.body.size());
    } else if (out.has("Transfer-Encoding: chunked")) {
      out.body = read_chunks();
    } else {
      while (more()) {
      }
      out.body = std::exchange(buffer_, {});
    }
    return out;
  }
  Answer get(std::string_view target, std::string_view headers = {}) {
    send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n");
    return receive();
  }
  // Everything until the server closes.
  std::string rest() {
    while (more()) {
    }
    return std::exchange(buffer_, {});
  }
  bool closed() {
    while (more()) {
    }
    return true;
  }
  void close() { socket_.close(); }
  asio::ip::tcp::socket& socket() { return socket_; }
  bool cut = false;  // a chunked body ended too soon

 private:
  bool more() {
    char piece[16384];
    const ssize_t n = ::recv(socket_.native_handle(), piece, sizeof(piece), 0);
    if (n <= 0) return false;
    buffer_.append(piece, static_cast<std::size_t>(n));
    return true;
  }
  std::string read_chunks() {
    std::string body;
    for (;;) {
      std::size_t line;
      while ((line = buffer_.find("\r\n")) == std::string::npos) {
        if (!more()) return cut = true, body;
      }
      const std::size_t size = std::stoul(buffer_.substr(0, line), nullptr, 16);
      while (buffer_.size() < line + 2 + size + 2) {
        if (!more()) return cut = true, body;
      }
      body += buffer_.substr(line + 2, size);
      buffer_.erase(0, line + 2 + size + 2);
      if (size == 0) return body;
    }
  }

  asio::io_context io_;
  asio::ip::tcp::socket socket_;
  std::string buffer_;
};

}  // namespace ob::net::test
