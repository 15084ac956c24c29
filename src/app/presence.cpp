#include "app/presence.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <chrono>

#include "base/error.h"
#include "base/log.h"

namespace ob::app {
namespace {

namespace json = boost::json;

constexpr auto kBeat = std::chrono::seconds(5);
constexpr auto kRetry = std::chrono::milliseconds(500);  // until Redis is there
constexpr std::int64_t kAway = 30;                       // seconds
constexpr std::size_t kMost = 500;                       // instances that are listed
const std::string kKey = "openbricks:instances";

// The clock is Redis's, as those of the instances may differ.
const std::string kWrite = R"(
local now = tonumber(redis.call('TIME')[1])
redis.call('HSET', KEYS[1], ARGV[1], now .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], 3600)
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local seen = tonumber(string.match(all[i + 1], '^%d+'))
  if not seen or seen < now - 3600 then redis.call('HDEL', KEYS[1], all[i]) end
end
return 1)";
const std::string kRead = "return {redis.call('TIME')[1], redis.call('HGETALL', KEYS[1])}";

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t out = 0;
  const auto end = text.data() + text.size();
  const auto [rest, code] = std::from_chars(text.data(), end, out);
  return code == std::errc() && rest == end ? std::optional(out) : std::nullopt;
}

// nullopt for what another version wrote in another form.
std::optional<HealthInstance> instance_of(std::string_view text, std::int64_t now) {
  const auto blank = text.find(' ');
  const auto seen = number(text.substr(0, blank));
  if (!seen || blank == text.npos) return std::nullopt;
  try {
    auto out = wire::decode<HealthInstance>(json::parse(text.substr(blank + 1)));
    out.seen_seconds_ago = std::max<std::int64_t>(0, now - *seen);
    out.self = false;
    out.state = out.seen_seconds_ago > kAway ? "away" : out.problems.empty() ? "ok" : "warning";
    return out;
  } catch (const std::exception& error) {
    log::debug("an instance tells of itself in a form that is not known",
               {{"cause", error.what()}});
    return std::nullopt;
  }
}

}  // namespace

Presence::Presence(redis::Client& redis, std::function<HealthInstance()> describe)
    : redis_(redis), describe_(std::move(describe)) {
  thread_ = std::thread([this] { run(); });
}

void Presence::run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    lock.unlock();
    const bool up = redis_.up();
    if (up) write();
    lock.lock();
    wake_.wait_for(lock, up ? std::chrono::duration_cast<std::chrono::milliseconds>(kBeat) : kRetry,
                   [this] { return stop_; });
  }
}

void Presence::write() {
  const HealthInstance self = describe_();
  // What fails is written again with the next beat; the client tells when Redis is away.
  redis_.send({"EVAL", kWrite, "1", kKey, self.id, json::serialize(wire::encode(self))},
              [](const auto&) {});
}

void Presence::leave() {
  {
    const std::scoped_lock lock(mutex_);
    if (stop_) return;
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
  redis::ask_now(redis_, {"HDEL", kKey, describe_().id});
}

std::optional<std::vector<HealthInstance>> list_instances(redis::Client& redis) {
  using Kind = redis::Reply::Kind;
  const auto reply = redis::ask_now(redis, {"EVAL", kRead, "1", kKey});
  if (!reply || reply->kind != Kind::array || reply->items.size() != 2) return std::nullopt;
  const auto now = number(reply->items[0].text);
  if (!now) return std::nullopt;
  std::vector<HealthInstance> out;
  const auto& pairs = reply->items[1].items;
  for (std::size_t i = 0; i + 1 < pairs.size() && out.size() < kMost; i += 2) {
    if (auto one = instance_of(pairs[i + 1].text, *now)) out.push_back(std::move(*one));
  }
  std::ranges::sort(out, {}, [](const HealthInstance& one) { return std::pair(one.host, one.id); });
  return out;
}

}  // namespace ob::app
