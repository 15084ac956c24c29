// Events: their numbers, their past, and who is told.
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/error.h"
#include "base/log.h"
#include "base/time.h"
#include "realtime/core.h"

namespace ob::realtime {

namespace {

// All instances hear all events on one channel, and pass over topics that nobody there listens to:
// "<number> <d|g> <topic>\n<data>".
constexpr const char* kChannel = "events";
constexpr std::size_t kMostWaiting = 64 << 20;
constexpr auto kOnItsWay = std::chrono::milliseconds(50);
constexpr std::size_t kMostLost = 10'000, kMostEarly = 1'000;

std::string encode(const std::string& topic, std::int64_t number, bool is_gap,
                   const std::string& data) {
  return std::to_string(number) + (is_gap ? " g " : " d ") + topic + "\n" + data;
}

}  // namespace

Core::Core(Needs needs, const Options& options) : needs_(std::move(needs)), options_(options) {
  if (needs_.bus.shared() && needs_.redis) {
    journal_.emplace(*needs_.redis, options_.events, options_.keep_s);
    subscription_ = needs_.bus.subscribe(
        kChannel, [this](std::string_view text) { hear(text); }, [this] { read_all(); });
  }
  generation_ = newest_generation_ = ask_generation(1);
  tick();
  thread_ = std::thread([this] { io_.run(); });
  checker_ = std::thread([this] { run_checks(); });
}

Core::~Core() {
  subscription_ = {};
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  checker_.join();
  journal_.reset();
  io_.stop();
  thread_.join();
}

void Core::publish(const std::string& topic, const boost::json::value& data) {
  if (!is_topic(topic)) throw internal("'" + topic + "' cannot be a topic");
  ++published_;
  std::string text = boost::json::serialize(data);
  const bool too_large = text.size() > options_.event_bytes;
  if (too_large) {
    log::error("an event is too large, and told as a gap",
               {{"topic", topic.c_str()}, {"bytes", text.size()}});
    text.clear();
  }
  journal_ ? append(topic, text, too_large, 0) : next_local(topic, std::move(text));
}

// Gets the event its number from Redis and tells all instances; without Redis this one goes on by
// itself, and the others learn later that they missed something.
void Core::append(const std::string& topic, const std::string& data, bool is_gap,
                  std::int64_t beyond) {
  if (!journal_->up() || sending_bytes_ + data.size() > kMostWaiting) {
    return next_local(topic, data);
  }
  sending_bytes_ += data.size();
  auto done = [this, topic, data, is_gap](std::optional<std::int64_t> number) {
    sending_bytes_ -= data.size();
    if (!number) return next_local(topic, data);
    needs_.bus.publish(kChannel, encode(topic, *number, is_gap, data));
  };
  journal_->append(topic, {.gap = is_gap, .data = data}, beyond, std::move(done));
}

// The next event as this instance counts; without data: something that is told as a gap.
void Core::next_local(const std::string& name, std::string data) {
  if (waiting_bytes_ + data.size() > kMostWaiting) data.clear();
  waiting_bytes_ += data.size();
  on_thread([this, name, data = std::move(data)] {
    waiting_bytes_ -= data.size();
    if (journal_) lose(name);
    Topic* topic = find(name);
    if (!topic || !topic->known) return;
    data.empty() ? tell_gap(*topic, topic->last + 1)
                 : add(*topic, event(name, topic->last + 1, data));
  });
}

void Core::lose(const std::string& name) {
  if (lost_.size() < kMostLost) lost_.insert(name);
}

// Other instances, and those who come later, are told in Redis that something is missing.
void Core::tell_lost() {
  if (lost_.empty() || !journal_->up()) return;
  for (const std::string& name : std::exchange(lost_, {})) {
    const Topic* topic = find(name);
    const std::int64_t beyond = topic && topic->known ? topic->last : 0;
    auto done = [this, name](std::optional<std::int64_t> number) {
      if (!number) return on_thread([this, name] { lose(name); });
      needs_.bus.publish(kChannel, encode(name, *number, true, "null"));
    };
    journal_->append(name, {.gap = true, .data = "null"}, beyond, std::move(done));
  }
}

// On the bus's thread.
void Core::hear(std::string_view text) {
  if (waiting_bytes_ + text.size() > kMostWaiting) {
    if (!behind_.exchange(true)) read_all();
    return;
  }
  waiting_bytes_ += text.size();
  on_thread([this, copy = std::string(text)] {
    waiting_bytes_ -= copy.size();
    heard(copy);
  });
}

// What the bus did not bring is in Redis.
void Core::read_all() {
  on_thread([this] {
    behind_ = false;
    for (auto& [name, topic] : topics_) read_on(*topic);
  });
}

void Core::heard(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const auto line = text.find('\n');
  if (bad != std::errc{} || text.size() < 4 || line == text.npos || line < 3) return;
  arrive(std::string(text.substr(3, line - 3)), number, text[1] == 'g', text.substr(line + 1));
}

void Core::arrive(const std::string& name, std::int64_t number, bool is_gap,
                  std::string_view data) {
  Topic* topic = find(name);
  if (!topic || (topic->known && number <= topic->last)) return;
  MessagePtr message = is_gap ? gap(name, number) : event(name, number, data);
  if (topic->known && number == topic->last + 1) {
    add(*topic, std::move(message));
    return take_early(*topic);
  }
  if (topic->early.size() < kMostEarly) topic->early.emplace(number, std::move(message));
  topic->known ? read_soon(*topic) : read_on(*topic);
}

// What is missing is mostly on its way: of two instances that publish at once each hears its own
// events first. Redis is asked for what has not come in a moment.
void Core::read_soon(Topic& topic) {
  if (topic.soon) return;
  topic.soon = true;
  auto timer = std::make_shared<boost::asio::steady_timer>(io_, kOnItsWay);
  timer->async_wait([this, timer, name = topic.name](const boost::system::error_code& error) {
    Topic* waits = find(name);
    if (error || !waits) return;
    waits->soon = false;
    if (!waits->early.empty()) read_on(*waits);
  });
}

// Asks Redis for what follows the last number, where it is not being asked already.
void Core::read_on(Topic& topic) {
  if (topic.asking || !journal_) return;
  topic.asking = true;
  topic.asked_after = topic.known ? topic.last : 0;
  auto done = [this, name = topic.name](std::optional<Journal::Past> past) {
    on_thread([this, name, past = std::move(past)]() mutable { have_read(name, std::move(past)); });
  };
  journal_->read(topic.name, topic.asked_after, std::move(done));
}

void Core::have_read(const std::string& name, std::optional<Journal::Past> past) {
  Topic* topic = find(name);
  if (!topic) return;
  topic->asking = false;
  if (past) {
    catch_up(*topic, *past);
  } else if (!topic->known) {
    topic->start_at(now_micros());  // by itself; a gap is told when Redis is back
    lose(name);
  }
  topic->failed = !past;
  for (const auto& who : std::exchange(topic->waiting, {})) begin(*topic, who);
  take_early(*topic);
}

void Core::catch_up(Topic& topic, const Journal::Past& past) {
  if (!topic.known) {
    topic.start_at(past.entries.empty() ? past.last : past.entries.front().sequence - 1);
  } else if (past.last < topic.asked_after) {
    // Redis lost its memory, or this instance counted by itself.
    topic.early.clear();
    return tell_gap(topic, past.last);
  }
  for (const auto& entry : past.entries) {
    if (entry.sequence <= topic.last) continue;
    if (entry.sequence > topic.last + 1) tell_gap(topic, entry.sequence - 1);
    add(topic, entry.gap ? gap(topic.name, entry.sequence)
                         : event(topic.name, entry.sequence, entry.data));
  }
  if (past.last > topic.last) tell_gap(topic, past.last);
}

void Core::take_early(Topic& topic) {
  while (!topic.early.empty() && topic.early.begin()->first <= topic.last + 1) {
    MessagePtr message = std::move(topic.early.begin()->second);
    topic.early.erase(topic.early.begin());
    if (message->sequence > topic.last) add(topic, std::move(message));
  }
  if (!topic.early.empty()) read_soon(topic);
}

// The next one of a topic: kept, and told to all.
void Core::add(Topic& topic, MessagePtr message) {
  tell_all(topic, *message);
  const std::size_t before = topic.bytes;
  topic.keep(std::move(message), Clock::now());
  while (topic.kept.size() > options_.events ||
         (topic.bytes > options_.bytes && topic.kept.size() > 1)) {
    topic.drop_oldest();
  }
  kept_bytes_ += topic.bytes - before;
  if (kept_bytes_ > options_.total_bytes) halve();
}

// The older half of all that is kept goes.
void Core::halve() {
  kept_bytes_ = 0;
  for (auto& [name, topic] : topics_) {
    for (std::size_t left = topic->kept.size() / 2; topic->kept.size() > left;) {
      topic->drop_oldest();
    }
    kept_bytes_ += topic->bytes;
  }
}

// Something before `number` is lost, for those who listen and for those who come back.
void Core::tell_gap(Topic& topic, std::int64_t number) {
  kept_bytes_ -= topic.bytes;
  topic.start_at(number);
  tell_all(topic, *gap(topic.name, number));
}

void Core::tell_all(Topic& topic, const Message& message) {
  if (message.gap) gaps_ += topic.clients.size();
  std::vector<Client*> gone;
  for (const auto& [client, owner] : topic.clients) {
    if (client->tell(message)) {
      ++delivered_;
    } else {
      gone.push_back(client);
    }
  }
  for (Client* client : gone) drop(client);
}

std::unique_ptr<Hub> open(Needs needs, const Options& options) {
  return std::make_unique<Core>(std::move(needs), options);
}

}  // namespace ob::realtime
