#include "net/net.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <fstream>

#include "net/test_client.h"

namespace {

using namespace ob::net;
using ob::net::test::Answer;
using ob::net::test::Client;
using ob::net::test::TestServer;
namespace asio = boost::asio;

std::atomic<int> cancelled{0};

std::string gunzip(const std::string& packed) {
  z_stream z{};
  inflateInit2(&z, 15 + 16);
  std::string out(8 << 20, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  z.avail_in = static_cast<uInt>(packed.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

asio::awaitable<void> wait_for_cancel(Exchange& x) {
  const ob::CancelToken token = x.cancel_token();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(8);
  asio::steady_timer timer(x.executor());
  while (!token.cancelled() && std::chrono::steady_clock::now() < until) {
    timer.expires_after(std::chrono::milliseconds(5));
    co_await timer.async_wait(asio::use_awaitable);
  }
  if (token.cancelled()) ++cancelled;
  co_await x.respond({200, {}, token.cancelled() ? "cancelled" : "never"});
}

asio::awaitable<void> handle(Exchange& x) {
  const std::string path = x.request().path;
  if (path == "/echo") {
    std::string body = co_await x.read_all(1000);
    co_await x.respond({200, {{"Content-Type", "application/octet-stream"}}, std::move(body)});
  } else if (path == "/count") {
    x.set_body_limit(-1);
    std::vector<std::byte> buffer(64 * 1024);
    std::int64_t total = 0;
    for (std::size_t n; (n = co_await x.read_some(buffer)) > 0;)
      total += static_cast<std::int64_t>(n);
    co_await x.respond({200, {}, std::to_string(total)});
  } else if (path == "/text") {
    co_await x.respond({200,
                        {{"Content-Type", "text/plain"}, {"ETag", "\"e\""}},
                        std::string(std::stoul(x.request().query), 'a')});
  } else if (path == "/stream") {
    co_await x.start({200, {{"Content-Type", "application/json"}}, {}});
    for (int i = 0; i < 1000; ++i) co_await x.write("[1,2,3,4,5,6,7,8,9,10]\n");
    co_await x.finish();
  } else if (path == "/sized") {
    const std::string piece(64 * 1024, 'x');
    const int pieces = std::stoi(x.request().query);
    co_await x.start({200, {{"Content-Length", std::to_string(piece.size() * pieces)}}, {}});
    for (int i = 0; i < pieces; ++i) co_await x.write(piece);
    co_await x.finish();
  } else if (path == "/cut") {
    co_await x.start({200, {}, {}});
    co_await x.write("some");
    throw std::runtime_error("broken");
  } else if (path == "/throw") {
    throw ob::not_found("test.none", "none here");
  } else if (path == "/silent") {
    co_return;
  } else if (path == "/wait") {
    co_await wait_for_cancel(x);
  } else if (path == "/split") {
    co_await x.respond({200, {{"X-Bad", "a\r\nSet-Cookie: b"}}, ""});
  } else if (path == "/none") {
    co_await x.respond({204, {}, ""});
  } else {
    co_await x.respond({200, {}, x.request().method + " " + path + "?" + x.request().query});
  }
}

TEST(Net, KeepAliveAndPipelining) {
  TestServer server(handle);
  Client c(server.port());
  EXPECT_EQ(c.get("/a%20b?x=1&y").body, "GET /a%20b?x=1&y");
  c.send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: "
      "3\r\n\r\n"
      "abcGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(c.receive().body, "GET /1?");
  EXPECT_EQ(c.receive().body, "abc");
  EXPECT_EQ(c.receive().body, "GET /2?");
  c.send("\r\nHEAD /text?5000 HTTP/1.1\r\nHost: x\r\n\r\n");
  const Answer head = c.receive(true);
  EXPECT_TRUE(head.has("Content-Length: 5000"));
  EXPECT_EQ(c.get("/none").status, 204);
  EXPECT_EQ(c.get("http://host:1/abs?q").body, "GET /abs?q");
  // A small body that the handler did not read is skipped.
  c.send(
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloGET /3 HTTP/1.1\r\nHost: "
      "x\r\n\r\n");
  EXPECT_EQ(c.receive().body, "POST /x?");
  EXPECT_EQ(c.receive().body, "GET /3?");
  c.send("GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(c.receive().has("Connection: close"));
  EXPECT_TRUE(c.closed());
}

TEST(Net, Http10) {
  TestServer server(handle);
  Client c(server.port());
  c.send("GET /stream HTTP/1.0\r\n\r\n");
  const Answer a = c.receive();
  EXPECT_EQ(a.body.size(), 23000u);
  EXPECT_FALSE(a.has("chunked"));
}

TEST(Net, ChunkedUploads) {
  TestServer server(handle);
  Client c(server.port());
  c.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\nTrailer: x\r\n\r\nGET /n HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(c.receive().body, "abcdefgh");
  EXPECT_EQ(c.receive().body, "GET /n?");
  // Byte by byte.
  for (const char one :
       std::string("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "3\r\nabc\r\n0\r\n\r\n")) {
    c.send({&one, 1});
  }
  EXPECT_EQ(c.receive().body, "abc");
  // Large chunks.
  c.send("POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string piece(1 << 20, 'p');
  for (int i = 0; i < 8; ++i) c.send("100000\r\n" + piece + "\r\n");
  c.send("0\r\n\r\n");
  EXPECT_EQ(c.receive().body, std::to_string(8 << 20));
  c.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_EQ(c.receive().status, 400);
  EXPECT_TRUE(c.closed());
}

// A client that is not told would send its next request into a connection that closes.
TEST(Net, AnAnswerBeforeALongBodySaysThatTheConnectionCloses) {
  TestServer server(handle);
  Client c(server.port());
  c.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\nhello");
  EXPECT_TRUE(c.receive().has("Connection: close"));
  EXPECT_TRUE(c.closed());
  Client again(server.port());
  again.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_FALSE(again.receive().has("Connection: close"));
}

TEST(Net, BodyLimits) {
  TestServer server(handle);
  {
    Client c(server.port());
    c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    const Answer a = c.receive();
    EXPECT_EQ(a.status, 413);
    EXPECT_NE(a.body.find("1000 bytes"), std::string::npos);
  }
  {
    Client c(server.port());
    c.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" +
           std::string(0x800, 'x') + "\r\n0\r\n\r\n");
    EXPECT_EQ(c.receive().status, 413);
  }
  {
    // Expect: 100-continue: the refusal comes before any byte of the body.
    Client c(server.port());
    c.send(
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(c.receive().status, 413);
  }
  {
    Client c(server.port());
    c.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(c.receive().status, 100);
    c.send("ok");
    EXPECT_EQ(c.receive().body, "ok");
  }
}

TEST(Net, Malformed) {
  TestServer server(handle);
  const auto status = [&](const std::string& text) {
    Client c(server.port());
    c.send(text);
    const Answer a = c.receive();
    if (a.status) EXPECT_TRUE(a.has("application/problem+json")) << text;
    EXPECT_TRUE(c.closed());
    return a.status;
  };
  EXPECT_EQ(status("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(status("GET x HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n"), 400);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
            400);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n"),
            400);
  EXPECT_EQ(status("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(status("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nX: a\x01\r\n\r\n"), 400);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(70000, 'x') + "\r\n\r\n"), 431);
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 300; ++i) many += "X: 1\r\n";
  EXPECT_EQ(status(many + "\r\n"), 431);
  EXPECT_EQ(status("GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n"), 417);
  EXPECT_EQ(status(std::string(100, '\0')), 400);
}

TEST(Net, HandlerErrors) {
  TestServer server(handle);
  {
    Client c(server.port());
    const Answer a = c.get("/throw");
    EXPECT_EQ(a.status, 404);
    EXPECT_NE(a.body.find("\"id\":\"test.none\""), std::string::npos);
  }
  EXPECT_EQ(Client(server.port()).get("/silent").status, 500);
  EXPECT_EQ(Client(server.port()).get("/split").status, 500);
  Client c(server.port());
  EXPECT_EQ(c.get("/cut").body, "some");
  EXPECT_TRUE(c.cut);
}

TEST(Net, Compression) {
  TestServer server(handle);
  Client c(server.port());
  const char* gzip = "Accept-Encoding: br, gzip;q=0.8\r\n";
  const Answer small = c.get("/text?100", gzip);
  EXPECT_FALSE(small.has("Content-Encoding"));
  const Answer mid = c.get("/text?5000", gzip);
  EXPECT_TRUE(mid.has("Content-Encoding: gzip"));
  EXPECT_TRUE(mid.has("ETag: W/\"e\""));
  EXPECT_TRUE(mid.has("Vary: Accept-Encoding"));
  EXPECT_EQ(gunzip(mid.body), std::string(5000, 'a'));
  const Answer large = c.get("/text?1000000", gzip);
  EXPECT_TRUE(large.has("Transfer-Encoding: chunked"));
  EXPECT_EQ(gunzip(large.body), std::string(1000000, 'a'));
  const Answer streamed = c.get("/stream", gzip);
  EXPECT_EQ(gunzip(streamed.body).size(), 23000u);
  EXPECT_LT(streamed.body.size(), 2000u);
  EXPECT_EQ(c.get("/text?5000", "Accept-Encoding: gzip;q=0\r\n").body.size(), 5000u);
  EXPECT_EQ(c.get("/sized?1", gzip).body.size(), 65536u);
}

TEST(Net, Timeouts) {
  TestServer server(handle, {.header_timeout_s = 1,
                             .body_idle_timeout_s = 1,
                             .keep_alive_timeout_s = 1,
                             .write_idle_timeout_s = 1});
  const auto begin = std::chrono::steady_clock::now();
  Client head(server.port()), body(server.port()), idle(server.port()), slow(server.port());
  head.send("GET / HTTP/1.1\r\nHo");
  body.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab");
  idle.get("/");
  slow.send("GET /sized?2000 HTTP/1.1\r\nHost: x\r\n\r\n");  // 128 MB that nobody reads
  EXPECT_EQ(head.receive().status, 408);
  EXPECT_EQ(body.receive().status, 408);
  EXPECT_TRUE(idle.closed());
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  EXPECT_LT(slow.receive().body.size(), 2000u * 65536u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

TEST(Net, ClientThatGoesAwayCancels) {
  TestServer server(handle);
  cancelled = 0;
  {
    Client c(server.port());
    c.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  {
    Client c(server.port());
    c.send("POST /wait HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  for (int i = 0; i < 400 && cancelled < 2; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_EQ(cancelled, 2);
}

TEST(Net, ReadingAheadKeepsTheNextRequest) {
  TestServer server(handle);
  Client c(server.port());
  c.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  c.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  server.server().shutdown(0);  // cancels the first; the connection then closes
  EXPECT_EQ(c.receive().body, "cancelled");
  EXPECT_TRUE(c.closed());
}

TEST(Net, ShutdownWaitsForRunningRequests) {
  auto slow = [](Exchange& x) -> asio::awaitable<void> {
    asio::steady_timer timer(x.executor(), std::chrono::milliseconds(300));
    co_await timer.async_wait(asio::use_awaitable);
    co_await x.respond({200, {}, "done"});
  };
  TestServer server(slow);
  Client busy(server.port()), idle(server.port());
  busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(server.server().connections(), 2);
  server.server().shutdown(5);
  EXPECT_EQ(server.server().connections(), 0);
  EXPECT_EQ(busy.receive().body, "done");
  EXPECT_TRUE(idle.closed());
  EXPECT_THROW(Client(server.port()), boost::system::system_error);
}

TEST(Net, ConnectionsPerAddress) {
  TestServer server(handle, {.max_connections_per_address = 2});
  Client one(server.port()), two(server.port());
  EXPECT_EQ(one.get("/").status, 200);
  EXPECT_EQ(two.get("/").status, 200);
  EXPECT_EQ(Client(server.port()).receive().status, 503);
  one.close();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(Client(server.port()).get("/").status, 200);
}

std::int64_t resident_kib() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::stoll(line.substr(6));
  }
  return 0;
}

TEST(Net, LargeBodiesStreamInFixedMemory) {
  TestServer server(handle);
  Client c(server.port());
  EXPECT_EQ(c.get("/").status, 200);
  const std::int64_t before = resident_kib();
  const std::string piece(1 << 20, 'p');
  c.send("POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 268435456\r\n\r\n");
  for (int i = 0; i < 256; ++i) c.send(piece);
  EXPECT_EQ(c.receive().body, "268435456");
  EXPECT_LT(resident_kib() - before, 64 * 1024);
}

TEST(Url, PercentAndQuery) {
  EXPECT_EQ(percent_decode("a%2Fb%20%C3%A4+"), "a/b \xC3\xA4+");
  EXPECT_THROW(percent_decode("%"), ob::Error);
  EXPECT_THROW(percent_decode("%4"), ob::Error);
  EXPECT_THROW(percent_decode("%4x"), ob::Error);
  EXPECT_EQ(percent_encode("a/b ä", "/"), "a/b%20%C3%A4");
  const auto q = parse_query("a=1&&b&c=x+y%26&=z");
  ASSERT_EQ(q.size(), 4u);
  EXPECT_EQ(q[1].first, "b");
  EXPECT_EQ(q[2].second, "x y&");
  EXPECT_EQ(q[3].first, "");
}

}  // namespace
