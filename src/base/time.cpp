#include "base/time.h"

#include <cstdio>

namespace ob {
namespace {

using Days = std::chrono::sys_days;
constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

// Reads exactly `digits` decimal digits at `at` and moves past them.
std::optional<int> number(std::string_view text, std::size_t& at, int digits) {
  int value = 0;
  for (int i = 0; i < digits; ++i, ++at) {
    if (at >= text.size() || text[at] < '0' || text[at] > '9') return std::nullopt;
    value = value * 10 + (text[at] - '0');
  }
  return value;
}

bool skip(std::string_view text, std::size_t& at, char c) {
  if (at >= text.size() || text[at] != c) return false;
  ++at;
  return true;
}

// "hh:mm[:ss[.ffffff]]" in microseconds since midnight.
std::optional<std::int64_t> clock_part(std::string_view text, std::size_t& at) {
  auto hour = number(text, at, 2);
  if (!hour || !skip(text, at, ':')) return std::nullopt;
  auto minute = number(text, at, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  std::int64_t micros = (*hour * 3600LL + *minute * 60LL) * kSecond;
  if (!skip(text, at, ':')) return micros;
  auto second = number(text, at, 2);
  if (!second || *second > 59) return std::nullopt;
  micros += *second * kSecond;
  if (!skip(text, at, '.')) return micros;
  std::int64_t scale = 100'000;
  const std::size_t first = at;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
    micros += (text[at] - '0') * scale;
  }
  if (at == first) return std::nullopt;
  return micros;
}

// "Z" or "±hh[:mm]" in microseconds east of UTC; none means UTC.
std::optional<std::int64_t> zone_part(std::string_view text, std::size_t& at) {
  if (at == text.size()) return 0;
  if (text[at] == 'Z' || text[at] == 'z') {
    ++at;
    return 0;
  }
  const int sign = text[at] == '+' ? 1 : text[at] == '-' ? -1 : 0;
  if (sign == 0) return std::nullopt;
  ++at;
  auto hour = number(text, at, 2);
  skip(text, at, ':');
  auto minute = at < text.size() ? number(text, at, 2) : std::optional<int>(0);
  if (!hour || !minute || *hour > 18 || *minute > 59) return std::nullopt;
  return sign * (*hour * 3600LL + *minute * 60LL) * kSecond;
}

}  // namespace

Micros now_micros() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string format_instant(Micros t) {
  const std::int64_t days = (t >= 0 ? t : t - (kDay - 1)) / kDay;
  const std::int64_t rest = t - days * kDay;
  const std::chrono::year_month_day date{Days{std::chrono::days{days}}};
  char out[48];
  std::snprintf(out, sizeof out, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(rest / (3600 * kSecond)),
                static_cast<int>(rest / (60 * kSecond) % 60), static_cast<int>(rest / kSecond % 60),
                static_cast<int>(rest % kSecond));
  return out;
}

std::optional<Micros> parse_instant(std::string_view text) {
  std::size_t at = 0;
  auto year = number(text, at, 4);
  if (!year || !skip(text, at, '-')) return std::nullopt;
  auto month = number(text, at, 2);
  if (!month || !skip(text, at, '-')) return std::nullopt;
  auto day = number(text, at, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month(*month),
                                         std::chrono::day(*day)};
  if (!date.ok()) return std::nullopt;
  std::int64_t micros = Days{date}.time_since_epoch().count() * kDay;
  if (at == text.size()) return micros;
  if (text[at] != 'T' && text[at] != 't' && text[at] != ' ') return std::nullopt;
  ++at;
  auto clock = clock_part(text, at);
  if (!clock) return std::nullopt;
  skip(text, at, ' ');
  auto zone = zone_part(text, at);
  if (!zone || at != text.size()) return std::nullopt;
  return micros + *clock - *zone;
}

}  // namespace ob
