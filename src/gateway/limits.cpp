#include "gateway/limits.h"

#include <arpa/inet.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/ascii.h"
#include "base/log.h"

namespace ob::gateway {

namespace asio = boost::asio;

namespace {

// Buckets remembered a shard, so that strangers cannot fill the memory.
constexpr std::size_t kMostBuckets = 8192;
// What an instance takes ahead of a shared bucket lasts about so long at the full rate …
constexpr double kAheadSeconds = 0.05, kMostAhead = 100;
// … and is forgotten after this.
constexpr auto kHold = std::chrono::seconds(1);
// Redis has answered by then, or is away.
constexpr auto kAnswer = std::chrono::milliseconds(300);
constexpr std::int64_t kWarnEachSeconds = 60;

// Takes up to ARGV[3] tokens from a bucket of ARGV[2] that fills at ARGV[1] a second. By the clock
// of Redis, which all instances share.
const std::string kScript = R"(
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local rate, burst, want = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local b = redis.call('HMGET', KEYS[1], 't', 'a')
local tokens = burst
if b[1] and b[2] then
  tokens = math.min(burst, tonumber(b[1]) + math.max(0, now - tonumber(b[2])) * rate / 1000)
end
local give = math.min(want, math.floor(tokens))
tokens = tokens - give
redis.call('HSET', KEYS[1], 't', string.format('%.6f', tokens), 'a', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 1000)
return {give, math.floor(tokens * 1000)}
)";

const std::string& script_digest() {
  static const std::string digest = [] {
    std::array<unsigned char, SHA_DIGEST_LENGTH> raw{};
    SHA1(reinterpret_cast<const unsigned char*>(kScript.data()), kScript.size(), raw.data());
    std::string out;
    for (const unsigned char byte : raw) {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
    return out;
  }();
  return digest;
}

Error bad_rule(const std::string& rule) {
  return bad_request("config.badValue",
                     "Setting 'rate_limits' has the rule '" + rule +
                         "' but must have rules such as auth.address=100/s or "
                         "query.user=600/m:50: any, auth, read, write, query or upload; address, "
                         "user or key; s, m or h.");
}

double number(std::string_view text, const std::string& rule) {
  double out = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (ec != std::errc() || end != text.data() + text.size() || !(out >= 1 && out <= 1e9)) {
    throw bad_rule(rule);
  }
  return out;
}

template <class T, std::size_t N>
T one_of(std::string_view text, const std::array<std::string_view, N>& names,
         const std::string& rule) {
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) throw bad_rule(rule);
  return static_cast<T>(found - names.begin());
}

constexpr std::array<std::string_view, 5> kClassNames{"auth", "read", "write", "query", "upload"};
constexpr std::array<std::string_view, 3> kByNames{"address", "user", "key"};

LimitRule parse_rule(const std::string& text) {
  const std::size_t dot = text.find('.'), equals = text.find('='), slash = text.find('/'),
                    colon = text.find(':');
  if (dot > equals || equals > slash || slash == std::string::npos || colon < slash) {
    throw bad_rule(text);
  }
  LimitRule out;
  out.name = text.substr(0, equals);
  const std::string_view of = std::string_view(text).substr(0, dot);
  if (of != "any") out.of = one_of<RouteClass>(of, kClassNames, text);
  out.by =
      one_of<LimitBy>(std::string_view(text).substr(dot + 1, equals - dot - 1), kByNames, text);
  const double quota = number(std::string_view(text).substr(equals + 1, slash - equals - 1), text);
  const std::string unit = text.substr(slash + 1, std::min(colon, text.size()) - slash - 1);
  constexpr double kMinute = 60, kHour = 3600;
  if (unit != "s" && unit != "m" && unit != "h") throw bad_rule(text);
  const double seconds = unit == "s" ? 1 : unit == "m" ? kMinute : kHour;
  out.per_second = quota / seconds;
  out.burst = colon == std::string::npos
                  ? quota
                  : std::floor(number(std::string_view(text).substr(colon + 1), text));
  out.window_s = static_cast<int>(std::ceil(out.burst / out.per_second));
  return out;
}

double seconds_between(Limits::Clock::time_point a, Limits::Clock::time_point b) {
  return std::max(0.0, std::chrono::duration<double>(b - a).count());
}

Limits::Clock::duration duration_of(double seconds) {
  return std::chrono::duration_cast<Limits::Clock::duration>(
      std::chrono::duration<double>(seconds));
}

Verdict verdict(const LimitRule& rule, bool admitted, double tokens) {
  return {.admitted = admitted,
          .rule = &rule,
          .remaining = std::floor(tokens),
          .full_in_s = std::max(0.0, rule.burst - tokens) / rule.per_second,
          .next_in_s = std::max(0.0, 1 - tokens) / rule.per_second};
}

std::string whose(LimitBy by) {
  if (by == LimitBy::address) return "this address";
  return by == LimitBy::user ? "this user" : "this API key";
}

std::string readable(const LimitRule& rule) {
  const auto whole = static_cast<std::int64_t>(rule.burst);
  return std::to_string(whole) + " in " +
         (rule.window_s == 1 ? "a second" : std::to_string(rule.window_s) + " seconds");
}

}  // namespace

std::vector<LimitRule> parse_limits(const std::string& text) {
  std::vector<LimitRule> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const std::string rule(ascii::trimmed(std::string_view(text).substr(at, comma - at)));
    if (!rule.empty()) out.push_back(parse_rule(rule));
    at = comma + 1;
  }
  return out;
}

RouteClass class_of(const std::string& method, const std::string& path, bool anonymous) {
  if (method == "GET" || method == "HEAD") return RouteClass::read;
  const bool door = path.starts_with("/api/v1/auth/") || path.starts_with("/api/v1/oauth/");
  if (anonymous && door) return RouteClass::auth;
  if (path == "/api/v1/query") return RouteClass::query;
  const bool bytes = path.starts_with("/api/v1/files/") || path.starts_with("/api/v1/uploads");
  return bytes && method != "DELETE" ? RouteClass::upload : RouteClass::write;
}

std::string limited_address(const std::string& address) {
  constexpr std::size_t kNetwork = 8;
  in6_addr parsed{};
  if (address.find(':') == std::string::npos ||
      ::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) {
    return address;
  }
  std::fill(std::begin(parsed.s6_addr) + kNetwork, std::end(parsed.s6_addr), std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> out{};
  ::inet_ntop(AF_INET6, &parsed, out.data(), out.size());
  return out.data();
}

TooMany::TooMany(const Verdict& verdict)
    : Error(429, "request.tooMany",
            "Too many requests come from " + whose(verdict.rule->by) + ": at most " +
                readable(*verdict.rule) + " (" + verdict.rule->name + ")."),
      retry_after_s(
          std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(verdict.next_in_s)))) {}

Limits::Limits(std::vector<LimitRule> rules, redis::Client* shared)
    : rules_(std::move(rules)), shared_(shared) {
  for (const LimitRule& rule : rules_) {
    const auto by = static_cast<std::size_t>(rule.by);
    const bool address = rule.by == LimitBy::address;
    for (std::size_t of = 0; of < kClasses; ++of) {
      const bool any = !rule.of && !address;
      if (any || (rule.of && static_cast<std::size_t>(*rule.of) == of)) {
        applying_[of][by].push_back(&rule);
      }
    }
    if (!rule.of && address) applying_[kClasses][by].push_back(&rule);
  }
}

const std::vector<const LimitRule*>& Limits::applying(std::optional<RouteClass> of,
                                                      LimitBy by) const {
  const std::size_t index = of ? static_cast<std::size_t>(*of) : kClasses;
  return applying_[index][static_cast<std::size_t>(by)];
}

asio::awaitable<Verdict> Limits::admit(std::optional<RouteClass> of, LimitBy by, std::string id) {
  Verdict tightest;
  for (const LimitRule* rule : applying(of, by)) {
    Verdict one;
    if (!shared_ || !shared_->up()) {
      one = admit_here(*rule, id);
    } else if (const Held held = admit_held(*rule, id); held.verdict) {
      one = *held.verdict;
    } else {
      one = co_await admit_shared(*rule, id, held.want);
    }
    if (!one.admitted) {
      refused_.fetch_add(1, std::memory_order_relaxed);
      co_return one;
    }
    if (one.share() < tightest.share()) tightest = one;
  }
  co_return tightest;
}

Limits::Shard& Limits::shard_of(const std::string& key) {
  return shards_[std::hash<std::string>()(key) % shards_.size()];
}

Limits::Bucket& Limits::bucket_of(Shard& shard, const LimitRule& rule, const std::string& key,
                                  Clock::time_point now) {
  if (shard.buckets.size() >= kMostBuckets) {
    std::erase_if(shard.buckets, [now](const auto& one) { return one.second.full_at <= now; });
    if (shard.buckets.size() >= kMostBuckets) shard.buckets.clear();
  }
  const auto [found, made] = shard.buckets.try_emplace(key);
  if (made) {
    found->second.tokens = rule.burst;
    found->second.at = now;
  }
  return found->second;
}

Verdict Limits::admit_here(const LimitRule& rule, const std::string& id, Clock::time_point now) {
  const std::string key = rule.name + ":" + id;
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Bucket& bucket = bucket_of(shard, rule, key, now);
  bucket.tokens =
      std::min(rule.burst, bucket.tokens + seconds_between(bucket.at, now) * rule.per_second);
  bucket.at = now;
  const bool admitted = bucket.tokens >= 1;
  if (admitted) bucket.tokens -= 1;
  const Verdict out = verdict(rule, admitted, bucket.tokens);
  bucket.full_at = now + duration_of(out.full_in_s);
  return out;
}

// From what was taken ahead, if there is some.
Limits::Held Limits::admit_held(const LimitRule& rule, const std::string& id) {
  const std::string key = rule.name + ":" + id;
  const Clock::time_point now = Clock::now();
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Bucket& bucket = bucket_of(shard, rule, key, now);
  if (bucket.empty_until > now) {
    // A flood does not reach Redis.
    const double wait = seconds_between(now, bucket.empty_until);
    return {.verdict = verdict(rule, false, std::max(0.0, 1 - wait * rule.per_second))};
  }
  if (bucket.held >= 1 && bucket.held_until >= now) {
    bucket.held -= 1;
    return {.verdict = verdict(rule, true, std::min(rule.burst, bucket.left + bucket.held))};
  }
  if (bucket.asking_until > now) return {.verdict = std::nullopt, .want = 1};
  bucket.asking_until = now + kAnswer;
  return {.verdict = std::nullopt,
          .want = std::clamp(std::floor(rule.per_second * kAheadSeconds), 1.0, kMostAhead)};
}

asio::awaitable<Verdict> Limits::admit_shared(const LimitRule& rule, std::string id, double want) {
  redis::Command command{"EVALSHA",
                         script_digest(),
                         "1",
                         "openbricks:limit:" + rule.name + ":" + id,
                         std::to_string(rule.per_second),
                         std::to_string(rule.burst),
                         std::to_string(want)};
  std::optional<redis::Reply> reply = co_await redis::ask(*shared_, command);
  if (reply && reply->kind == redis::Reply::Kind::error && reply->text.starts_with("NOSCRIPT")) {
    command[0] = "EVAL";
    command[1] = kScript;
    reply = co_await redis::ask(*shared_, std::move(command));
  }
  if (const auto told = settle(rule, id, reply)) co_return *told;
  co_return admit_here(rule, id);
}

// nullopt when Redis did not say.
std::optional<Verdict> Limits::settle(const LimitRule& rule, const std::string& id,
                                      const std::optional<redis::Reply>& reply) {
  constexpr double kThousand = 1000;
  if (!reply) return std::nullopt;
  if (reply->kind != redis::Reply::Kind::array || reply->items.size() != 2) {
    const auto now_s =
        std::chrono::duration_cast<std::chrono::seconds>(Clock::now().time_since_epoch()).count();
    std::int64_t last = warned_s_.load();
    if (now_s - last >= kWarnEachSeconds && warned_s_.compare_exchange_strong(last, now_s)) {
      log::warn("Redis refuses to count requests: this instance counts by itself",
                {{"cause", reply->text.c_str()}});
    }
    return std::nullopt;
  }
  const auto given = static_cast<double>(reply->items[0].integer);
  const double left = static_cast<double>(reply->items[1].integer) / kThousand;
  const std::string key = rule.name + ":" + id;
  const Clock::time_point now = Clock::now();
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  Bucket& bucket = bucket_of(shard, rule, key, now);
  bucket.at = now;
  bucket.left = left;
  bucket.asking_until = {};
  if (given < 1) {
    bucket.empty_until = now + duration_of((1 - std::min(left, 1.0)) / rule.per_second);
    bucket.full_at = bucket.empty_until;
    return verdict(rule, false, left);
  }
  if (bucket.held_until < now) bucket.held = 0;
  bucket.held += given - 1;
  bucket.held_until = now + kHold;
  bucket.full_at = bucket.held_until;
  return verdict(rule, true, std::min(rule.burst, left + bucket.held));
}

}  // namespace ob::gateway
