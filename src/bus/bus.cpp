#include "bus/bus.h"

#include <atomic>

#include "base/ids.h"
#include "base/log.h"
#include "bus/core.h"

namespace ob::bus {

namespace {

using detail::Core;

class LocalBus final : public Bus {
 public:
  explicit LocalBus(const Options& options)
      : core_(std::make_shared<Core>(options, Core::Hooks{})) {
    core_->start();
  }
  ~LocalBus() override { core_->stop(); }

  void publish(const std::string& channel, std::string message) override {
    core_->count_published();
    core_->deliver(channel, std::move(message));
  }
  Subscription subscribe(const std::string& channel, Handler handler, Gap gap) override {
    return core_->subscribe(channel, std::move(handler), std::move(gap));
  }
  std::optional<std::int64_t> listeners(const std::string& channel) override {
    return core_->listens(channel) ? 1 : 0;
  }
  bool shared() const override { return false; }
  bool connected() const override { return true; }
  Stats stats() const override { return core_->stats(); }

 private:
  std::shared_ptr<Core> core_;
};

// On Redis a message is: 'm' for a message or 'g' for "some of mine did not come", 16 bytes that
// name the instance, the text. An instance passes over its own.
constexpr std::size_t kOriginBytes = 16, kHeadBytes = 1 + kOriginBytes;
constexpr std::string_view kControl = "*";
constexpr std::size_t kMostLost = 10'000;  // channels by name; beyond them: all
constexpr int kAnswerTimeoutMs = 2000;     // behind 64 MB of messages that is not long

// Pub/Sub knows no databases, so the channel's name tells them apart.
std::string channel_prefix(const std::string& url) {
  const auto authority = url.find("//");
  const auto slash = authority == url.npos ? url.npos : url.find('/', authority + 2);
  const std::string database = slash == url.npos ? "" : url.substr(slash + 1);
  return "openbricks:bus:" + (database.empty() ? "0" : database) + ":";
}

class RedisBus final : public Bus {
 public:
  RedisBus(const std::string& url, const std::string& ca_file, const Options& options)
      : options_(options), prefix_(channel_prefix(url)) {
    core_ = std::make_shared<Core>(
        options,
        Core::Hooks{
            .first =
                [this](const std::string& channel) { subscriber_->subscribe(prefix_ + channel); },
            .last =
                [this](const std::string& channel) { subscriber_->unsubscribe(prefix_ + channel); },
            .connected = [this] { return subscriber_->up(); },
            .chore = [this] { return tell_lost(); }});
    redis::Listener listener{
        .message = [this](const std::string& channel,
                          const std::string& text) { heard(channel, text); },
        .subscribed =
            [this](const std::string& channel) { core_->ready(channel.substr(prefix_.size())); },
        .lost = [this] { core_->lost(); }};
    client_ = redis::open(url, {.answer_timeout_ms = kAnswerTimeoutMs, .ca_file = ca_file});
    subscriber_ = redis::listen(url, std::move(listener), {.ca_file = ca_file});
    subscriber_->subscribe(prefix_ + std::string(kControl));
    core_->start();
  }
  ~RedisBus() override {
    core_->stop();
    subscriber_.reset();
    client_.reset();
  }

  void publish(const std::string& channel, std::string message) override;
  Subscription subscribe(const std::string& channel, Handler handler, Gap gap) override {
    return core_->subscribe(channel, std::move(handler), std::move(gap));
  }
  std::optional<std::int64_t> listeners(const std::string& channel) override;
  bool shared() const override { return true; }
  bool connected() const override { return client_->up() && subscriber_->up(); }
  Stats stats() const override { return core_->stats(); }

 private:
  void heard(const std::string& channel, const std::string& text);
  void send(char kind, const std::string& channel, std::string_view message);
  void lose(const std::string& channel);
  bool tell_lost();

  const Options options_;
  const std::string prefix_;
  const std::string origin_ = random_token(kOriginBytes).substr(0, kOriginBytes);
  std::shared_ptr<Core> core_;
  std::unique_ptr<redis::Client> client_;
  std::atomic<std::size_t> sending_ = 0;
  std::mutex mutex_;
  std::unordered_set<std::string> lost_;  // channels of which others did not hear everything
  std::atomic<bool> losing_ = false;      // lost_ is not empty
  std::unique_ptr<redis::Subscriber> subscriber_;
};

void RedisBus::publish(const std::string& channel, std::string message) {
  core_->count_published();
  if (message.size() > options_.message_bytes) {
    log::error("a message is too large for the bus",
               {{"channel", channel.c_str()}, {"bytes", message.size()}});
    core_->count_dropped();
    core_->gap(channel);
    return lose(channel);
  }
  if (losing_.load(std::memory_order_acquire) && client_->up()) {
    bool was_lost = false;
    {
      const std::scoped_lock lock(mutex_);
      was_lost = lost_.erase(channel) > 0;
      losing_ = !lost_.empty();
    }
    if (was_lost) send('g', channel, {});
  }
  send('m', channel, message);
  core_->deliver(channel, std::move(message));
}

void RedisBus::send(char kind, const std::string& channel, std::string_view message) {
  if (!client_->up() || sending_ + message.size() > options_.sending_bytes) {
    if (kind == 'm') core_->count_dropped();
    return lose(channel);
  }
  std::string text;
  text.reserve(kHeadBytes + message.size());
  text += kind;
  text += origin_;
  text += message;
  const std::size_t size = message.size();
  sending_ += size;
  auto done = [this, channel, size, kind](const std::optional<redis::Reply>& reply) {
    sending_ -= size;
    if (reply && reply->kind == redis::Reply::Kind::integer) return;
    if (kind == 'm') core_->count_dropped();
    lose(channel);
  };
  client_->send({"PUBLISH", prefix_ + channel, std::move(text)}, std::move(done));
}

void RedisBus::lose(const std::string& channel) {
  {
    const std::scoped_lock lock(mutex_);
    if (lost_.size() < kMostLost || lost_.contains(channel)) {
      lost_.insert(channel);
    } else {
      lost_ = {std::string(kControl)};
    }
    losing_ = true;
  }
  core_->poke();
}

// Tells the others of what they did not hear; true: not yet.
bool RedisBus::tell_lost() {
  std::unordered_set<std::string> lost;
  if (!client_->up()) {
    return losing_;
  }
  {
    const std::scoped_lock lock(mutex_);
    lost.swap(lost_);
    losing_ = false;
  }
  for (const auto& channel : lost) send('g', channel, {});
  return losing_;
}

std::optional<std::int64_t> RedisBus::listeners(const std::string& channel) {
  const auto reply = redis::ask_now(*client_, {"PUBSUB", "NUMSUB", prefix_ + channel});
  if (!reply || reply->items.size() != 2) return std::nullopt;
  return reply->items[1].integer;
}

void RedisBus::heard(const std::string& channel, const std::string& text) {
  if (text.size() < kHeadBytes || text.compare(1, kOriginBytes, origin_) == 0) return;
  const std::string name = channel.substr(prefix_.size());
  if (text[0] == 'm') return core_->deliver(name, text.substr(kHeadBytes));
  if (name == kControl) return core_->gap_everywhere();
  core_->gap(name);
}

}  // namespace

std::unique_ptr<Bus> in_process(const Options& options) {
  return std::make_unique<LocalBus>(options);
}

std::unique_ptr<Bus> on_redis(const std::string& url, const std::string& ca_file,
                              const Options& options) {
  return std::make_unique<RedisBus>(url, ca_file, options);
}

}  // namespace ob::bus
