#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"
#include "redis/link.h"

namespace ob::redis {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
// Commands that wait for an answer; more are turned away.
constexpr std::size_t kMostPending = 100'000;

class ClientImpl final : public Client, private Link {
 public:
  ClientImpl(Address address, Options options)
      : Link(std::move(address), std::move(options),
             "Redis is away: this instance goes on by itself"),
        watch_(io()) {
    start();
  }

  ~ClientImpl() override {
    end();
    fail_all();
  }

  void send(const Command& command, Done done) override {
    if (!is_up()) return done(std::nullopt);
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      wake = inbox_.empty();
      inbox_.push_back({format(command), std::move(done)});
    }
    if (wake) asio::post(io(), [this] { take_inbox(); });
  }

  bool up() const override { return is_up(); }

 private:
  struct Asked {
    std::string bytes;
    Done done;
  };
  struct Pending {
    Done done;
    Clock::time_point until;
  };

  void opened() override { log::info("connected to Redis"); }
  void received(Reply reply) override;
  void lost(bool was_up) override;
  void take_inbox();
  void fail_all();
  void watch();

  std::mutex mutex_;
  std::vector<Asked> inbox_;
  // All below belong to the thread.
  asio::steady_timer watch_;
  std::deque<Pending> pending_;
};

// Hands each reply to who waits for it.
void ClientImpl::received(Reply reply) {
  if (pending_.empty()) throw internal("an answer that nobody asked for");
  Done done = std::move(pending_.front().done);
  pending_.pop_front();
  done(std::move(reply));
}

void ClientImpl::lost(bool /*was_up*/) {
  watch_.cancel();
  fail_all();
}

void ClientImpl::take_inbox() {
  std::vector<Asked> asked;
  {
    const std::lock_guard lock(mutex_);
    asked.swap(inbox_);
  }
  const auto until = Clock::now() + milliseconds(options().answer_timeout_ms);
  const bool idle = pending_.empty();
  std::string bytes;
  for (Asked& one : asked) {
    if (!is_up() || pending_.size() >= kMostPending) {
      one.done(std::nullopt);
      continue;
    }
    bytes += one.bytes;
    pending_.push_back({std::move(one.done), until});
  }
  if (idle && !pending_.empty()) watch();
  write(bytes);
}

// The oldest command is the first that an answer may be late for.
void ClientImpl::watch() {
  if (pending_.empty()) return;
  watch_.expires_at(pending_.front().until);
  watch_.async_wait([this](const boost::system::error_code& ec) {
    if (ec || pending_.empty()) return;
    if (Clock::now() >= pending_.front().until) return close();
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
