#include "tracking/quota.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/ascii.h"

namespace ob::tracking {
namespace {

using std::chrono::milliseconds;

constexpr int kTooMany = 429;
constexpr milliseconds kUnsaid{60'000};  // where a 429 does not say
constexpr double kMostSeconds = 86'400;

// The text before the mark, which goes from the text.
std::string_view before(std::string_view& text, char mark) {
  const auto end = std::min(text.find(mark), text.size());
  const std::string_view out = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

std::optional<milliseconds> seconds_of(std::string_view text) {
  text = ascii::trimmed(text);
  double seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  // Also refuses NaN.
  if (code != std::errc{} || end != text.data() + text.size() || !(seconds >= 0))
    return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(std::min(seconds, kMostSeconds) * 1000));
}

bool concerns_errors(std::string_view categories) {
  if (ascii::trimmed(categories).empty()) return true;  // all
  while (!categories.empty()) {
    const std::string_view one = ascii::trimmed(before(categories, ';'));
    if (one == "error" || one == "default") return true;
  }
  return false;
}

}  // namespace

milliseconds pause_of(int status, std::string_view retry_after, std::string_view limits) {
  if (ascii::trimmed(limits).empty()) {
    if (status != kTooMany) return milliseconds(0);
    return seconds_of(retry_after).value_or(kUnsaid);  // a date, too, is taken for unsaid
  }
  milliseconds longest{0};
  while (!limits.empty()) {
    std::string_view one = before(limits, ',');
    const std::string_view seconds = before(one, ':');
    if (!concerns_errors(before(one, ':'))) continue;
    longest = std::max(longest, seconds_of(seconds).value_or(kUnsaid));
  }
  return longest;
}

}  // namespace ob::tracking
