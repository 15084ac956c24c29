#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/log.h"
#include "redis/connection.h"

namespace ob::redis {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
constexpr milliseconds kFirstPause{50}, kLongestPause{2000};
constexpr std::size_t kChannelsAtOnce = 1000;  // of one command

class SubscriberImpl final : public Subscriber {
 public:
  SubscriberImpl(Address address, Listener listener, Options options)
      : address_(std::move(address)),
        options_(std::move(options)),
        listener_(std::move(listener)),
        pause_(io_),
        watch_(io_) {
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) {
      if (failure) log::error("the subscriber of Redis ended");
    });
    thread_ = std::thread([this] { io_.run(); });
  }

  ~SubscriberImpl() override {
    asio::post(io_, [this] {
      stopping_ = true;
      pause_.cancel();
      watch_.cancel();
      if (connection_) connection_->close();
    });
    thread_.join();
  }

  void subscribe(const std::string& channel) override { want(channel, true); }
  void unsubscribe(const std::string& channel) override { want(channel, false); }
  bool up() const override { return up_.load(std::memory_order_acquire); }

 private:
  struct Wish {
    std::string channel;
    bool wanted;
  };

  void want(const std::string& channel, bool wanted) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      wake = inbox_.empty();
      inbox_.push_back({channel, wanted});
    }
    if (wake) asio::post(io_, [this] { take_inbox(); });
  }

  asio::awaitable<void> run();
  asio::awaitable<void> listen();
  asio::awaitable<void> flush();
  void take_inbox();
  void ask_for_all();
  void received(Reply reply);
  void watch();
  void send(const Command& command);

  const Address address_;
  const Options options_;
  const Listener listener_;
  std::atomic<bool> up_ = false;
  std::mutex mutex_;
  std::vector<Wish> inbox_;
  // All below belong to the thread.
  std::unordered_set<std::string> wanted_;
  // SUBSCRIBEs that Redis has not confirmed yet: with an UNSUBSCRIBE between them the last counts.
  std::unordered_map<std::string, int> asked_;
  asio::io_context io_{1};
  asio::steady_timer pause_, watch_;
  std::optional<Connection> connection_;
  std::string out_, sending_;
  bool writing_ = false, stopping_ = false, told_ = false, heard_ = false, pinged_ = false;
  std::thread thread_;
};

asio::awaitable<void> SubscriberImpl::run() {
  milliseconds pause = kFirstPause;
  while (!stopping_) {
    std::string why;
    try {
      co_await listen();
    } catch (const Error& e) {
      why = e.cause();
    } catch (const std::exception& e) {
      why = e.what();
    }
    watch_.cancel();
    connection_->close();
    out_.clear();
    const bool was_up = up_.exchange(false);
    if (stopping_) break;
    if (was_up) {
      listener_.lost();
      pause = kFirstPause;
    }
    if (was_up || !told_)
      log::warn("the subscriptions on Redis are away", {{"cause", why.c_str()}});
    told_ = true;
    boost::system::error_code ignored;
    pause_.expires_after(pause);
    pause = std::min(pause * 2, kLongestPause);
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    // A write that failed must have ended before its connection goes.
    while (writing_) {
      pause_.expires_after(milliseconds(1));
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }
}

// One connection, until it is lost.
asio::awaitable<void> SubscriberImpl::listen() {
  connection_.emplace(io_, address_);
  watch_.expires_after(milliseconds(options_.connect_timeout_ms));
  watch_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec && !up() && connection_) connection_->close();
  });
  co_await connection_->open();
  watch_.cancel();
  up_.store(true, std::memory_order_release);
  told_ = false;
  heard_ = true;
  pinged_ = false;
  ask_for_all();
  watch();
  while (true) received(co_await connection_->read());
}

void SubscriberImpl::ask_for_all() {
  asked_.clear();
  Command command{"SUBSCRIBE"};
  for (const auto& channel : wanted_) {
    command.push_back(channel);
    ++asked_[channel];
    if (command.size() <= kChannelsAtOnce) continue;
    send(command);
    command.resize(1);
  }
  if (command.size() > 1) send(command);
}

void SubscriberImpl::take_inbox() {
  std::vector<Wish> wishes;
  {
    const std::lock_guard lock(mutex_);
    wishes.swap(inbox_);
  }
  for (Wish& wish : wishes) {
    if (wish.wanted ? !wanted_.insert(wish.channel).second : wanted_.erase(wish.channel) == 0) {
      continue;
    }
    if (!up()) continue;
    if (wish.wanted) ++asked_[wish.channel];
    send({wish.wanted ? "SUBSCRIBE" : "UNSUBSCRIBE", std::move(wish.channel)});
  }
}

void SubscriberImpl::send(const Command& command) {
  out_ += format(command);
  if (!writing_) asio::co_spawn(io_, flush(), asio::detached);
}

asio::awaitable<void> SubscriberImpl::flush() {
  writing_ = true;
  try {
    while (!out_.empty() && up()) {
      sending_.swap(out_);
      out_.clear();
      co_await connection_->write(sending_);
    }
  } catch (const Error&) {
    connection_->close();  // the reader tells why
  }
  writing_ = false;
}

// Redis sends arrays only: ["message", channel, text], ["subscribe", channel, n], ["pong", ""].
void SubscriberImpl::received(Reply reply) {
  heard_ = true;
  if (reply.kind != Reply::Kind::array || reply.items.size() < 2) {
    if (reply.kind == Reply::Kind::error) throw internal("a subscription failed: " + reply.text);
    return;
  }
  const std::string& kind = reply.items[0].text;
  const std::string& channel = reply.items[1].text;
  if (kind == "message" && reply.items.size() == 3) {
    if (wanted_.contains(channel)) listener_.message(channel, std::move(reply.items[2].text));
  } else if (kind == "subscribe") {
    const auto asked = asked_.find(channel);
    if (asked == asked_.end() || --asked->second > 0) return;
    asked_.erase(asked);
    if (wanted_.contains(channel)) listener_.subscribed(channel);
  }
}

// Asks for a sign of life when there was none for a while, and gives up when none comes.
void SubscriberImpl::watch() {
  watch_.expires_after(milliseconds(2 * options_.answer_timeout_ms));
  watch_.async_wait([this](const boost::system::error_code& ec) {
    if (ec || !up()) return;
    if (!heard_ && pinged_) return connection_->close();
    pinged_ = !heard_;
    heard_ = false;
    if (pinged_) send({"PING"});
    watch();
  });
}

}  // namespace

std::unique_ptr<Subscriber> listen(const std::string& url, Listener listener, Options options) {
  Address address = parse_url(url);
  address.ca_file = options.ca_file;
  return std::make_unique<SubscriberImpl>(std::move(address), std::move(listener),
                                          std::move(options));
}

}  // namespace ob::redis
