#include "realtime/journal.h"

#include <charconv>

#include "base/log.h"
#include "base/time.h"

namespace ob::realtime {

namespace {

// A counter that is lost, or runs out, begins again at the time in microseconds, which is beyond
// all that was ever counted. Lua's numbers are exact up to 2^53, which is in the year 2255.
constexpr const char* kAppend = R"(
local n = tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
if n < tonumber(ARGV[2]) then n = tonumber(ARGV[2]) end
n = string.format('%.0f', n + 1)
redis.call('SET', KEYS[1], n, 'PX', ARGV[3])
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
if last[1] and tonumber(string.match(last[1][1], '^%d+')) >= tonumber(n) then redis.call('DEL', KEYS[2]) end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], n .. '-0', ARGV[5], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return n)";

constexpr const char* kRead = R"(
local n = redis.call('GET', KEYS[1])
if not n then n = ARGV[1]; redis.call('SET', KEYS[1], n) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return {n, redis.call('XRANGE', KEYS[2], ARGV[3] .. '-0', '+')})";

// In one slot of a cluster.
std::string counter_key(const std::string& topic) {
  return "openbricks:topic:{" + topic + "}:n";
}
std::string stream_key(const std::string& topic) {
  return "openbricks:topic:{" + topic + "}";
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc{} || end == text.data()) return std::nullopt;
  return out;
}

std::optional<Journal::Past> past_of(const redis::Reply& reply) {
  if (reply.items.size() != 2) return std::nullopt;
  const auto last = number(reply.items[0].text);
  if (!last) return std::nullopt;
  Journal::Past out{.last = *last};
  for (const redis::Reply& item : reply.items[1].items) {
    if (item.items.size() != 2 || item.items[1].items.size() != 2) return std::nullopt;
    const auto sequence = number(item.items[0].text);
    if (!sequence) return std::nullopt;
    out.entries.push_back(
        {*sequence, item.items[1].items[0].text == "g", item.items[1].items[1].text});
  }
  return out;
}

}  // namespace

Journal::~Journal() {
  std::unique_lock lock(mutex_);
  answered_.wait(lock, [&] { return asked_ == 0; });
}

void Journal::send(const redis::Command& command,
                   std::function<void(const std::optional<redis::Reply>&)> done) {
  {
    const std::scoped_lock lock(mutex_);
    ++asked_;
  }
  client_.send(command, [this, done = std::move(done)](const std::optional<redis::Reply>& reply) {
    if (reply && reply->kind == redis::Reply::Kind::error) {
      log::error("Redis refused an event", {{"cause", reply->text.c_str()}});
    }
    done(reply);
    const std::scoped_lock lock(mutex_);
    if (--asked_ == 0) answered_.notify_all();
  });
}

void Journal::append(const std::string& topic, const Entry& entry, std::int64_t beyond,
                     std::function<void(std::optional<std::int64_t>)> done) {
  send({"EVAL", kAppend, "2", counter_key(topic), stream_key(topic), std::to_string(now_micros()),
        std::to_string(beyond), keep_ms_, events_, entry.gap ? "g" : "d", entry.data},
       [done = std::move(done)](const std::optional<redis::Reply>& reply) {
         done(reply ? number(reply->text) : std::nullopt);
       });
}

void Journal::read(const std::string& topic, std::int64_t after,
                   std::function<void(std::optional<Past>)> done) {
  send({"EVAL", kRead, "2", counter_key(topic), stream_key(topic), std::to_string(now_micros()),
        keep_ms_, std::to_string(after + 1)},
       [done = std::move(done)](const std::optional<redis::Reply>& reply) {
         done(reply ? past_of(*reply) : std::nullopt);
       });
}

void Journal::touch(const std::string& topic) {
  for (const auto& key : {counter_key(topic), stream_key(topic)}) {
    send({"PEXPIRE", key, keep_ms_}, [](const auto&) {});
  }
}

}  // namespace ob::realtime
