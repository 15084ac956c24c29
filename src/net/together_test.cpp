#include "net/together.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "net/test_client.h"

namespace {

using namespace ob::net;
using ob::net::test::TestServer;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

class Peer {
 public:
  explicit Peer(int port) {
    ws_.next_layer().connect({asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
    ws_.handshake("x", "/ws");
    ws_.read_message_max(0);
  }
  std::string read() {
    beast::flat_buffer buffer;
    ws_.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }
  void hang_up() { ws_.next_layer().close(); }

 private:
  asio::io_context io_;
  websocket::stream<asio::ip::tcp::socket> ws_{io_};
};

class TogetherTest : public testing::Test {
 protected:
  explicit TogetherTest(std::int64_t most_queued = 64 << 20) : most_queued_(most_queued) {}

  // That many who listen, in the order of senders_.
  void connect(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      peers_.push_back(std::make_unique<Peer>(server_.port()));
      std::unique_lock lock(mutex_);
      come_.wait(lock, [&] { return senders_.size() == i + 1; });
    }
  }

  void push_to_all(const std::string& message) {
    const Frame frame = make_frame(message, true);
    Together together(senders_.size());
    for (const auto& sender : senders_) {
      together.make_room();
      sender->push(frame);
    }
  }

  asio::awaitable<void> serve(Exchange& exchange) {
    co_await exchange.accept_websocket(
        [this](std::unique_ptr<WebSocket> socket) { return listen(std::move(socket)); });
  }
  asio::awaitable<void> listen(std::unique_ptr<WebSocket> socket) {
    {
      const std::lock_guard lock(mutex_);
      senders_.push_back(socket->sender());
    }
    come_.notify_one();
    while (co_await socket->receive()) continue;
  }

  const std::int64_t most_queued_;
  std::mutex mutex_;
  std::condition_variable come_;
  TestServer server_{[this](Exchange& exchange) { return serve(exchange); },
                     {.max_queued_bytes = most_queued_}};
  std::vector<std::shared_ptr<WebSocketSender>> senders_;  // they end before their loops
  std::vector<std::unique_ptr<Peer>> peers_;
};

// More than one system call takes, beside others who push to the same sockets.
TEST_F(TogetherTest, AllGetAllInOrder) {
  constexpr int kRounds = 200;
  connect(150);
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i)
      for (const auto& sender : senders_) sender->push(make_frame("b" + std::to_string(i), true));
  });
  std::thread third([&] {
    for (int i = 0; i < kRounds; ++i) push_to_all("c" + std::to_string(i));
  });
  for (int i = 0; i < kRounds; ++i) push_to_all("a" + std::to_string(i));
  other.join();
  third.join();
  for (const auto& peer : peers_) {
    std::map<char, int> next;
    for (int i = 0; i < 3 * kRounds; ++i) {
      const auto message = peer->read();
      ASSERT_EQ(message.substr(1), std::to_string(next[message[0]]++));
    }
    EXPECT_EQ(next.size(), 3U);
  }
}

TEST_F(TogetherTest, WhoIsSlowGetsTheRestLater) {
  connect(4);
  std::vector<std::string> messages;
  for (int i = 0; i < 60; ++i)
    messages.push_back(std::to_string(i) + std::string(200'000 + i * 1000, 'x'));
  for (const auto& message : messages) push_to_all(message);
  EXPECT_GT(senders_.front()->queued(), 0U);
  for (const auto& peer : peers_)
    for (const auto& message : messages) ASSERT_EQ(peer->read(), message);
}

TEST_F(TogetherTest, SocketsEndMeanwhile) {
  connect(40);
  std::atomic<bool> stop = false;
  std::thread pushes([&] {
    while (!stop) push_to_all("x");
  });
  std::thread more([&] {
    while (!stop) push_to_all("y");
  });
  for (std::size_t i = 0; i < peers_.size(); i += 2) peers_[i]->hang_up();
  for (std::size_t i = 1; i < peers_.size(); i += 4) senders_[i]->close(1000, "enough");
  for (std::size_t i = 3; i < peers_.size(); i += 4) EXPECT_FALSE(peers_[i]->read().empty());
  stop = true;
  pushes.join();
  more.join();
  for (std::size_t i = 1; i < peers_.size(); i += 4)
    EXPECT_THROW(while (true) peers_[i]->read(), beast::system_error);
}

class SmallQueues : public TogetherTest {
 protected:
  SmallQueues() : TogetherTest(1000) {}
};

// A frame of any size goes to whom nothing waits for.
TEST_F(SmallQueues, WhatGoesTogetherDoesNotWait) {
  connect(3);
  const std::string large(5000, 'x');
  {
    Together together(senders_.size());
    for (const auto& sender : senders_) {
      EXPECT_TRUE(sender->push(make_frame("first", true)));
      EXPECT_TRUE(sender->push(make_frame(large, true)));
    }
  }
  for (const auto& peer : peers_) {
    EXPECT_EQ(peer->read(), "first");
    EXPECT_EQ(peer->read(), large);
  }
}

// Containers often forbid it.
TEST_F(TogetherTest, WithoutTheSystemsHelp) {
  connect(5);
  std::thread([&] {
    rlimit before;
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    push_to_all("first");
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    push_to_all("second");
  }).join();
  for (const auto& peer : peers_) {
    EXPECT_EQ(peer->read(), "first");
    EXPECT_EQ(peer->read(), "second");
  }
}

}  // namespace
