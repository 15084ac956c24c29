#include "delta/values.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <limits>

#include "delta/text.h"

namespace ob::delta {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr Micros kDay = 86'400 * kSecond;

// Reads exactly `count` digits.
bool digits(std::string_view& s, int count, int& out) {
  if (static_cast<int>(s.size()) < count) return false;
  out = 0;
  for (int i = 0; i < count; ++i) {
    if (s[i] < '0' || s[i] > '9') return false;
    out = out * 10 + (s[i] - '0');
  }
  s.remove_prefix(count);
  return true;
}

bool literal(std::string_view& s, char c) {
  if (s.empty() || s.front() != c) return false;
  s.remove_prefix(1);
  return true;
}

bool time_of_day(std::string_view& s, Micros& out) {
  int hour = 0, minute = 0, second = 0;
  if (!digits(s, 2, hour) || !literal(s, ':') || !digits(s, 2, minute)) return false;
  Micros fraction = 0;
  if (literal(s, ':')) {
    if (!digits(s, 2, second)) return false;
    if (literal(s, '.')) {
      int count = 0;
      for (; !s.empty() && s.front() >= '0' && s.front() <= '9'; s.remove_prefix(1), ++count) {
        if (count < 6) fraction = fraction * 10 + (s.front() - '0');
      }
      if (count == 0 || count > 9) return false;
      for (; count < 6; ++count) fraction *= 10;
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  out = ((hour * 60 + minute) * 60 + second) * kSecond + fraction;
  return true;
}

bool zone_offset(std::string_view& s, Micros& out) {
  out = 0;
  if (literal(s, 'Z') || literal(s, 'z')) return true;
  const bool minus = !s.empty() && s.front() == '-';
  if (!literal(s, '+') && !literal(s, '-')) return false;
  int hour = 0, minute = 0, second = 0;
  if (!digits(s, 2, hour)) return false;
  if (!s.empty()) {
    const bool colon = literal(s, ':');
    if (!digits(s, 2, minute)) return false;
    if (colon && literal(s, ':') && !digits(s, 2, second)) return false;
  }
  if (hour > 18 || minute > 59 || second > 59) return false;
  out = ((hour * 60 + minute) * 60 + second) * kSecond * (minus ? -1 : 1);
  return true;
}

struct Parts {
  int year;
  unsigned month, day;
  int hour, minute, second, micro;
};

Parts split(Micros t) {
  auto days = t / kDay;
  if (t % kDay < 0) --days;
  const auto rest = t - days * kDay;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          static_cast<int>(rest / (3600 * kSecond)),
          static_cast<int>(rest / (60 * kSecond) % 60),
          static_cast<int>(rest / kSecond % 60),
          static_cast<int>(rest % kSecond)};
}

}  // namespace

std::optional<Moment> parse_moment(std::string_view text) {
  auto s = trim(text);
  int year = 0, month = 0, day = 0;
  if (!digits(s, 4, year) || !literal(s, '-') || !digits(s, 2, month) || !literal(s, '-') ||
      !digits(s, 2, day) || year == 0) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  Moment out;
  out.micros = std::chrono::sys_days{date}.time_since_epoch().count() * kDay;
  if (s.empty()) {
    out.date_only = true;
    return out;
  }
  Micros time = 0, offset = 0;
  if (!literal(s, 'T') && !literal(s, ' ')) return std::nullopt;
  if (!time_of_day(s, time)) return std::nullopt;
  s = trim(s);
  if (!s.empty()) {
    if (!zone_offset(s, offset) || !s.empty()) return std::nullopt;
    out.zone = true;
  }
  out.micros += time - offset;
  return out;
}

std::string format_date(Micros t) {
  const auto p = split(t);
  std::array<char, 32> out;
  const int n = std::snprintf(out.data(), out.size(), "%04d-%02u-%02u", p.year, p.month, p.day);
  return {out.data(), static_cast<std::size_t>(n)};
}

std::string format_moment(Micros t, char separator, int digit_count) {
  const auto p = split(t);
  std::array<char, 24> out;
  const int n = std::snprintf(out.data(), out.size(), "%c%02d:%02d:%02d.%06d", separator, p.hour,
                              p.minute, p.second, p.micro);
  auto time = std::string(out.data(), static_cast<std::size_t>(n));
  time.resize(time.size() - static_cast<std::size_t>(6 - digit_count));
  return format_date(t) + time;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  auto s = trim(text);
  Decimal out;
  out.negative_ = !s.empty() && s.front() == '-';
  if (!s.empty() && (s.front() == '-' || s.front() == '+')) s.remove_prefix(1);
  int exponent = 0;
  if (const auto e = s.find_first_of("eE"); e != std::string_view::npos) {
    if (!parse_whole(s.substr(e + 1), exponent) || exponent < -400 || exponent > 400) {
      return std::nullopt;
    }
    s = s.substr(0, e);
  }
  const auto dot = s.find('.');
  std::string whole(s.substr(0, dot));
  std::string fraction(dot == std::string_view::npos ? std::string_view() : s.substr(dot + 1));
  if (whole.empty() && fraction.empty()) return std::nullopt;
  if (whole.size() + fraction.size() > 400) return std::nullopt;
  for (const auto* part : {&whole, &fraction}) {
    for (char c : *part) {
      if (c < '0' || c > '9') return std::nullopt;
    }
  }
  for (; exponent > 0; --exponent) {
    whole += fraction.empty() ? '0' : fraction.front();
    if (!fraction.empty()) fraction.erase(0, 1);
  }
  for (; exponent < 0; ++exponent) {
    fraction.insert(fraction.begin(), whole.empty() ? '0' : whole.back());
    if (!whole.empty()) whole.pop_back();
  }
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (whole.empty() && fraction.empty()) out.negative_ = false;
  out.whole_ = std::move(whole);
  out.fraction_ = std::move(fraction);
  return out;
}

int Decimal::compare(const Decimal& other) const {
  if (negative_ != other.negative_) return negative_ ? -1 : 1;
  int order = 0;
  if (whole_.size() != other.whole_.size()) {
    order = whole_.size() < other.whole_.size() ? -1 : 1;
  } else if (const int w = whole_.compare(other.whole_); w != 0) {
    order = w < 0 ? -1 : 1;
  } else if (const int f = fraction_.compare(other.fraction_); f != 0) {
    order = f < 0 ? -1 : 1;
  }
  return negative_ ? -order : order;
}

std::optional<std::string> blob_bytes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 3 >= text.size() || text[i + 1] != 'x') return std::nullopt;
    const auto hex = text.substr(i + 2, 2);
    const auto [end, failure] = std::from_chars(hex.data(), hex.data() + 2, value, 16);
    if (failure != std::errc{} || end != hex.data() + 2) return std::nullopt;
    out += static_cast<char>(value);
    i += 3;
  }
  return out;
}

std::optional<double> parse_double(std::string_view text) {
  auto s = trim(text);
  const auto word = lower(s);
  if (word == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (word == "inf" || word == "infinity" || word == "+infinity" || word == "+inf") {
    return std::numeric_limits<double>::infinity();
  }
  if (word == "-inf" || word == "-infinity") return -std::numeric_limits<double>::infinity();
  double value = 0;
  if (s.empty() || !parse_whole(s, value) || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string format_double(double value) {
  std::array<char, 40> out;
  const auto [end, failure] = std::to_chars(out.data(), out.data() + out.size(), value);
  return failure == std::errc{} ? std::string(out.data(), end) : std::string("0");
}

}  // namespace ob::delta
