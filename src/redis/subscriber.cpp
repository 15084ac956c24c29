#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/log.h"
#include "redis/link.h"

namespace ob::redis {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
constexpr std::size_t kChannelsAtOnce = 1000;  // of one command

class SubscriberImpl final : public Subscriber, private Link {
 public:
  SubscriberImpl(Address address, Listener listener, Options options)
      : Link(std::move(address), std::move(options), "the subscriptions on Redis are away"),
        listener_(std::move(listener)),
        watch_(io()) {
    start();
  }

  ~SubscriberImpl() override { end(); }

  void subscribe(const std::string& channel) override { want(channel, true); }
  void unsubscribe(const std::string& channel) override { want(channel, false); }
  bool up() const override { return is_up(); }

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
    if (wake) asio::post(io(), [this] { take_inbox(); });
  }

  void opened() override;
  void received(Reply reply) override;
  void lost(bool was_up) override;
  void take_inbox();
  void ask_for_all();
  void watch();
  void send(const Command& command) { write(format(command)); }

  const Listener listener_;
  std::mutex mutex_;
  std::vector<Wish> inbox_;
  // All below belong to the thread.
  std::unordered_set<std::string> wanted_;
  // SUBSCRIBEs that Redis has not confirmed yet: with an UNSUBSCRIBE between them the last counts.
  std::unordered_map<std::string, int> asked_;
  asio::steady_timer watch_;
  bool heard_ = false, pinged_ = false;
};

void SubscriberImpl::opened() {
  heard_ = true;
  pinged_ = false;
  ask_for_all();
  watch();
}

void SubscriberImpl::lost(bool was_up) {
  watch_.cancel();
  if (was_up && !stopping()) listener_.lost();
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
    if (!is_up()) continue;
    if (wish.wanted) ++asked_[wish.channel];
    send({wish.wanted ? "SUBSCRIBE" : "UNSUBSCRIBE", std::move(wish.channel)});
  }
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
  watch_.expires_after(milliseconds(2 * options().answer_timeout_ms));
  watch_.async_wait([this](const boost::system::error_code& ec) {
    if (ec || !is_up()) return;
    if (!heard_ && pinged_) return close();
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
