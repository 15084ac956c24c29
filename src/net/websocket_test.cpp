#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "net/frame.h"
#include "net/later.h"
#include "net/net.h"
#include "net/test_client.h"

namespace {

using namespace ob::net;
using ob::net::test::Client;
using ob::net::test::TestServer;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;

asio::awaitable<void> echoes(std::unique_ptr<WebSocket> socket) {
  while (auto message = co_await socket->receive()) {
    if (message->data == "bye") {
      co_await socket->close(4001, "told to");
    } else {
      co_await socket->send(std::move(message->data), message->text);
    }
  }
}

asio::awaitable<void> echo(Exchange& x) {
  if (x.request().path != "/ws") {
    co_await x.respond({200, {}, x.request().secure ? "secure" : "plain"});
    co_return;
  }
  co_await x.accept_websocket(echoes);
}

struct Peer {
  explicit Peer(int port) : ws(io) {
    ws.next_layer().connect({asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
    ws.handshake("x", "/ws");
  }
  std::string read() {
    beast::flat_buffer buffer;
    ws.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }
  asio::io_context io;
  websocket::stream<tcp::socket> ws;
};

TEST(WebSocket, Echo) {
  TestServer server(echo);
  Peer peer(server.port());
  peer.ws.text(true);
  peer.ws.write(asio::buffer(std::string("hällo")));
  EXPECT_EQ(peer.read(), "hällo");
  EXPECT_TRUE(peer.ws.got_text());
  peer.ws.binary(true);
  const std::string large(1 << 20, '\x01');
  peer.ws.write(asio::buffer(large));
  EXPECT_EQ(peer.read(), large);
  EXPECT_TRUE(peer.ws.got_binary());
  bool pong = false;
  peer.ws.control_callback([&](websocket::frame_type type, beast::string_view) {
    pong |= type == websocket::frame_type::pong;
  });
  peer.ws.ping("p");
  peer.ws.write(asio::buffer(std::string("after")));
  EXPECT_EQ(peer.read(), "after");
  EXPECT_TRUE(pong);
  peer.ws.write(asio::buffer(std::string("bye")));
  beast::error_code ec;
  beast::flat_buffer buffer;
  peer.ws.read(buffer, ec);
  EXPECT_EQ(ec, websocket::error::closed);
  EXPECT_EQ(peer.ws.reason().code, 4001);
}

TEST(WebSocket, LimitsAndRefusals) {
  TestServer server(echo, {.max_message_bytes = 1000});
  Peer peer(server.port());
  peer.ws.write(asio::buffer(std::string(2000, 'x')));
  beast::error_code ec;
  beast::flat_buffer buffer;
  peer.ws.read(buffer, ec);
  EXPECT_TRUE(ec);
  Client plain(server.port());
  EXPECT_EQ(plain.get("/ws").status, 400);
  Client old(server.port());
  EXPECT_EQ(old.get("/ws",
                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
                .status,
            400);
}

// What the server says to frames after the handshake, up to its goodbye.
std::string answer_to(int port, const std::string& frames) {
  Client c(port);
  const auto a = c.get("/ws",
                       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  EXPECT_EQ(a.status, 101);
  EXPECT_EQ(a.head.find("deflate"), std::string::npos);
  c.send(frames);
  return c.rest();
}

TEST(WebSocket, NothingIsUnpacked) {
  TestServer server(echo);
  EXPECT_NE(answer_to(server.port(), std::string("\xc2\x81\0\0\0\0x", 7)).find("reserved"),
            std::string::npos);
}

TEST(WebSocket, PartsOfAMessageHaveABound) {
  TestServer server(echo);
  std::string frames("\x02\x80\0\0\0\0", 6);
  for (int i = 0; i < 70'000; ++i) frames += std::string("\0\x80\0\0\0\0", 6);
  EXPECT_NE(answer_to(server.port(), frames).find("too many parts"), std::string::npos);
}

TEST(WebSocket, ALowerLimitAndAHigher) {
  auto grows = [](std::unique_ptr<WebSocket> socket) -> asio::awaitable<void> {
    socket->limit(10);
    while (auto message = co_await socket->receive()) {
      socket->limit(std::numeric_limits<std::size_t>::max());
      co_await socket->send(std::to_string(message->data.size()), true);
    }
  };
  TestServer server([&](Exchange& x) { return x.accept_websocket(grows); },
                    {.max_message_bytes = 1000});
  beast::error_code ec;
  for (const std::size_t first : {10U, 11U}) {
    Peer peer(server.port());
    for (const std::size_t size : {first, std::size_t{1000}, std::size_t{1001}}) {
      beast::flat_buffer buffer;
      peer.ws.write(asio::buffer(std::string(size, 'x')), ec);
      peer.ws.read(buffer, ec);
      const bool fits = first == 10 && size <= 1000;
      EXPECT_EQ(!ec, fits) << first << " " << size;
      if (!fits) break;
    }
  }
}

TEST(WebSocket, NothingIsKeptOfWhatComesAfterTheGoodbye) {
  FrameReader reader(100);
  std::string_view input("\x02\x83\0\0\0\0ab", 8);  // a part, begun
  EXPECT_FALSE(reader.feed(input));
  reader.discard();
  input = std::string_view("c\x80\x82\0\0\0\0de\x88\x82\0\0\0\0\x03\xe8", 17);
  EXPECT_EQ(reader.feed(input)->data, "");
  EXPECT_EQ(parse_close(reader.feed(input)->data), 1000);
}

TEST(WebSocket, BrokenFramesEndTheConnection) {
  TestServer server(echo);
  for (const std::string frame :
       {std::string("\x81\x05hello", 7), std::string(20, '\xff'),
        std::string("\x81\x83\0\0\0\0\xff\xfe\xfd", 9), ("\x82" + std::string(15, '\xff'))}) {
    Client c(server.port());
    const auto a = c.get("/ws",
                         "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                         "Sec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    EXPECT_EQ(a.status, 101);
    c.send(frame);
    EXPECT_TRUE(c.closed());
  }
}

TEST(WebSocket, ShutdownSaysGoodbye) {
  TestServer server(echo);
  Peer peer(server.port());
  std::thread stop([&] { server.server().shutdown(5); });
  beast::error_code ec;
  beast::flat_buffer buffer;
  peer.ws.read(buffer, ec);
  EXPECT_EQ(ec, websocket::error::closed);
  EXPECT_EQ(peer.ws.reason().code, websocket::close_code::going_away);
  stop.join();
}

TEST(WebSocket, SendsKeepTheirOrder) {
  auto burst = [](std::unique_ptr<WebSocket> socket) -> asio::awaitable<void> {
    int left = 50;
    for (int i = 0; i < 50; ++i) {
      auto one = [](WebSocket& s, int n, int& open) -> asio::awaitable<void> {
        co_await s.send(std::to_string(n), true);
        --open;
      };
      asio::co_spawn(socket->executor(), one(*socket, i, left), asio::detached);
    }
    while (co_await socket->receive()) {
    }
    EXPECT_EQ(left, 0);
  };
  TestServer server([&](Exchange& x) { return x.accept_websocket(burst); });
  Peer peer(server.port());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(peer.read(), std::to_string(i));
  peer.ws.close(websocket::close_code::normal);
}

// Sends from another thread than the connection's until the socket is closed.
TEST(WebSocket, ASlowReaderIsClosedAtABound) {
  std::promise<std::size_t> most;
  auto flood = [&](std::unique_ptr<WebSocket> socket) -> asio::awaitable<void> {
    std::thread sender([&most, out = socket->sender()] {
      const Frame frame = make_frame(std::string(100'000, 'x'), false);
      std::size_t queued = 0;
      while (out->push(frame)) queued = std::max(queued, out->queued());
      EXPECT_FALSE(out->push(frame));
      most.set_value(queued);
    });
    while (co_await socket->receive()) {
    }
    sender.join();
  };
  constexpr std::size_t kBound = 1'000'000;
  TestServer server([&](Exchange& x) { return x.accept_websocket(std::ref(flood)); },
                    {.max_queued_bytes = kBound});
  Peer peer(server.port());
  const std::size_t queued = most.get_future().get();
  EXPECT_GT(queued, kBound / 2);
  EXPECT_LE(queued, kBound + 200'000);
  // What was on its way arrives whole, and then why nothing more comes.
  beast::error_code ec;
  while (!ec) {
    beast::flat_buffer buffer;
    peer.ws.read(buffer, ec);
    if (!ec) EXPECT_EQ(buffer.size(), 100'000U);
  }
  EXPECT_EQ(ec, websocket::error::closed);
  EXPECT_EQ(peer.ws.reason().code, 1013);
}

TEST(WebSocket, FramesInPiecesAndPongs) {
  auto answer = [](std::unique_ptr<WebSocket> socket) -> asio::awaitable<void> {
    socket->sender()->ping("mark");
    while (auto message = co_await socket->receive())
      co_await socket->send(message->pong ? "pong " + message->data : message->data, true);
  };
  TestServer server([&](Exchange& x) { return x.accept_websocket(answer); });
  Client c(server.port());
  ASSERT_EQ(c.get("/ws",
                  "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                  "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
                .status,
            101);
  // "he" and "y" as two frames with a pong between, each byte by itself.
  const std::string frames("\x01\x82\0\0\0\0he\x8a\x84\0\0\0\0mark\x80\x81\0\0\0\0y", 25);
  for (const char byte : frames) c.send(std::string(1, byte));
  c.send(std::string("\x88\x82\0\0\0\0\x03\xe8", 8));
  EXPECT_EQ(c.rest(), std::string("\x89\x04mark\x81\x09pong mark\x81\x03hey\x88\x02\x03\xe8"));
}

TEST(WebSocket, NothingOpenWhenTheTimeIsUpOrLater) {
  struct Out final : WebSocketSender {
    bool push(Frame) override { return true; }
    bool ping(std::string_view) override { return true; }
    void close(int code, std::string_view reason) override {
      said = std::to_string(code) + " " + std::string(reason);
    }
    std::size_t queued() const override { return 0; }
    std::string said;
  };
  for (const bool opening : {false, true}) {
    asio::io_context io;
    const auto out = std::make_shared<Out>();
    bool useless = !opening;
    Opening it(io.get_executor(), out, [&] { return useless; }, "say who", std::chrono::hours(0));
    it.look();  // the time is not up
    EXPECT_EQ(out->said, "");
    io.run();
    EXPECT_EQ(out->said, opening ? "" : "4408 say who");
    it.look();
    EXPECT_EQ(out->said, opening ? "" : "4408 say who");
    useless = true;  // what was being opened is refused
    it.look();
    EXPECT_EQ(out->said, "4408 say who");
  }
}

class Tls : public testing::Test {
 protected:
  void SetUp() override {
    dir = std::filesystem::temp_directory_path() / ("ob_tls_" + std::to_string(::getpid()));
    std::filesystem::create_directories(dir);
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
        "-subj /CN=localhost -days 2 -keyout " +
        (dir / "key.pem").string() + " -out " + (dir / "cert.pem").string() + " 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);
    options.tls_certificate = dir / "cert.pem";
    options.tls_key = dir / "key.pem";
  }
  void TearDown() override { std::filesystem::remove_all(dir); }
  std::filesystem::path dir;
  ServerOptions options;
};

TEST_F(Tls, HttpAndWebSocket) {
  TestServer server(echo, options);
  asio::io_context io;
  asio::ssl::context context(asio::ssl::context::tls_client);
  const tcp::endpoint there(asio::ip::address_v4::loopback(),
                            static_cast<unsigned short>(server.port()));
  {
    asio::ssl::stream<tcp::socket> stream(io, context);
    stream.next_layer().connect(there);
    stream.handshake(asio::ssl::stream_base::client);
    const std::string request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    asio::write(stream, asio::buffer(request));
    std::string answer;
    beast::error_code ec;
    asio::read(stream, asio::dynamic_buffer(answer), ec);
    EXPECT_EQ(ec, asio::error::eof) << ec.message();
    EXPECT_NE(answer.find("secure"), std::string::npos);
  }
  websocket::stream<asio::ssl::stream<tcp::socket>> ws(io, context);
  ws.next_layer().next_layer().connect(there);
  ws.next_layer().handshake(asio::ssl::stream_base::client);
  ws.handshake("x", "/ws");
  ws.write(asio::buffer(std::string("over tls")));
  beast::flat_buffer buffer;
  ws.read(buffer);
  EXPECT_EQ(beast::buffers_to_string(buffer.data()), "over tls");
  ws.close(websocket::close_code::normal);
  // Plain HTTP to the TLS port ends without harm.
  Client plain(server.port());
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(plain.closed());
}

TEST_F(Tls, BadFilesAreNamed) {
  asio::io_context io;
  options.port = 0;
  options.tls_key = dir / "none.pem";
  EXPECT_THROW(serve(io, options, echo), ob::Error);
  std::ofstream(dir / "cert.pem") << "no certificate";
  EXPECT_THROW(serve(io, options, echo), ob::Error);
}

}  // namespace
