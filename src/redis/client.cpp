#include <atomic>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "redis/connection.h"

namespace ob::redis {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
constexpr milliseconds kFirstPause{50}, kLongestPause{2000};
// Commands that wait for an answer; more are turned away.
constexpr std::size_t kMostPending = 100'000;

class ClientImpl final : public Client {
 public:
  ClientImpl(Address address, Options options)
      : address_(std::move(address)), options_(std::move(options)), pause_(io_), watch_(io_) {
    asio::co_spawn(io_, run(), [](const std::exception_ptr& failure) {
      if (failure) log::error("the client of Redis ended");
    });
    thread_ = std::thread([this] { io_.run(); });
  }

  ~ClientImpl() override {
    asio::post(io_, [this] {
      stopping_ = true;
      pause_.cancel();
      if (connection_) connection_->close();
    });
    thread_.join();
    fail_all();
  }

  void send(const Command& command, Done done) override {
    if (!up_.load(std::memory_order_acquire)) return done(std::nullopt);
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      wake = inbox_.empty();
      inbox_.push_back({format(command), std::move(done)});
    }
    if (wake) asio::post(io_, [this] { take_inbox(); });
  }

  bool up() const override { return up_.load(std::memory_order_acquire); }

 private:
  struct Asked {
    std::string bytes;
    Done done;
  };
  struct Pending {
    Done done;
    Clock::time_point until;
  };

  asio::awaitable<void> run();
  asio::awaitable<void> flush();
  void take_inbox();
  void fail_all();
  void watch();

  const Address address_;
  const Options options_;
  std::atomic<bool> up_ = false;
  std::mutex mutex_;
  std::vector<Asked> inbox_;
  // All below belong to the thread.
  asio::io_context io_{1};
  asio::steady_timer pause_, watch_;
  std::optional<Connection> connection_;
  std::deque<Pending> pending_;
  std::string out_, sending_;
  bool writing_ = false, stopping_ = false, told_ = false;
  std::thread thread_;
};

// Keeps a connection, and hands each reply to who waits for it.
asio::awaitable<void> ClientImpl::run() {
  milliseconds pause = kFirstPause;
  while (!stopping_) {
    std::string why;
    try {
      connection_.emplace(io_, address_);
      watch_.expires_after(milliseconds(options_.connect_timeout_ms));
      watch_.async_wait([this](const boost::system::error_code& ec) {
        if (!ec && !up() && connection_) connection_->close();
      });
      co_await connection_->open();
      watch_.cancel();
      up_.store(true, std::memory_order_release);
      log::info("connected to Redis");
      told_ = false;
      pause = kFirstPause;
      while (true) {
        Reply reply = co_await connection_->read();
        if (pending_.empty()) throw internal("an answer that nobody asked for");
        Done done = std::move(pending_.front().done);
        pending_.pop_front();
        done(std::move(reply));
      }
    } catch (const Error& e) {
      why = e.cause();
    } catch (const std::exception& e) {
      why = e.what();
    }
    watch_.cancel();
    const bool was_up = up_.exchange(false);
    connection_->close();
    fail_all();
    if (stopping_) break;
    if (was_up || !told_) {
      log::warn("Redis is away: this instance goes on by itself", {{"cause", why.c_str()}});
    }
    told_ = true;
    pause_.expires_after(pause);
    pause = std::min(pause * 2, kLongestPause);
    boost::system::error_code ignored;
    co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    // A write that failed must have ended before its connection goes.
    while (writing_) {
      pause_.expires_after(milliseconds(1));
      co_await pause_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }
}

void ClientImpl::take_inbox() {
  std::vector<Asked> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(inbox_);
  }
  const auto until = Clock::now() + milliseconds(options_.answer_timeout_ms);
  const bool idle = pending_.empty();
  for (Asked& one : asked) {
    if (!up() || pending_.size() >= kMostPending) {
      one.done(std::nullopt);
      continue;
    }
    out_ += one.bytes;
    pending_.push_back({std::move(one.done), until});
  }
  if (idle && !pending_.empty()) watch();
  if (!writing_ && !out_.empty()) asio::co_spawn(io_, flush(), asio::detached);
}

asio::awaitable<void> ClientImpl::flush() {
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

// The oldest command is the first that an answer may be late for.
void ClientImpl::watch() {
  if (pending_.empty()) return;
  watch_.expires_at(pending_.front().until);
  watch_.async_wait([this](const boost::system::error_code& ec) {
    if (ec || pending_.empty() || !connection_) return;
    if (Clock::now() >= pending_.front().until) return connection_->close();
    watch();
  });
}

void ClientImpl::fail_all() {
  std::vector<Asked> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(inbox_);
  }
  std::deque<Pending> pending;
  pending.swap(pending_);
  out_.clear();
  for (Pending& one : pending) one.done(std::nullopt);
  for (Asked& one : asked) one.done(std::nullopt);
}

}  // namespace

asio::awaitable<std::optional<Reply>> ask(Client& client, Command command) {
  auto start = [&client, &command](auto handler) {
    auto executor = asio::get_associated_executor(handler);
    client.send(command, [executor, resume = std::move(handler)](std::optional<Reply> r) mutable {
      auto done = [resume = std::move(resume), reply = std::move(r)]() mutable {
        std::move(resume)(std::move(reply));
      };
      asio::post(executor, std::move(done));
    });
  };
  using Handler = const asio::use_awaitable_t<>;
  co_return co_await asio::async_initiate<Handler, void(std::optional<Reply>)>(start,
                                                                               asio::use_awaitable);
}

std::optional<Reply> ask_now(Client& client, const Command& command) {
  std::promise<std::optional<Reply>> promise;
  client.send(command, [&promise](std::optional<Reply> r) { promise.set_value(std::move(r)); });
  return promise.get_future().get();
}

std::unique_ptr<Client> open(const std::string& url, Options options) {
  Address address = parse_url(url);
  address.ca_file = options.ca_file;
  return std::make_unique<ClientImpl>(std::move(address), std::move(options));
}

}  // namespace ob::redis
