#include "base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "base/time.h"

namespace ob::log {
namespace {
std::atomic<Level> threshold{Level::info};
std::shared_mutex hearing;
Hearer hearer_of_errors;
constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};

void append(std::string& line, const Field& field) {
  const auto& [name, value] = field;
  line += line.empty() ? "{" : ",";
  line += boost::json::serialize(boost::json::string_view(name.data(), name.size())) + ":";
  if (!value.is_double()) {
    line += boost::json::serialize(value);
  } else if (!std::isfinite(value.get_double())) {
    line += "null";
  } else {  // 15.308, where Boost would write 1.5308E1
    std::array<char, 32> digits{};
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), value.get_double());
    line.append(digits.data(), end.ptr);
  }
}
}  // namespace

void set_level(Level level) {
  threshold = level;
}

void on_error(Hearer hearer) {
  const std::unique_lock lock(hearing);
  hearer_of_errors = std::move(hearer);
}

void write(Level level, std::string_view message, Fields fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  std::string text;
  append(text, {"time", format_instant(now_micros())});
  append(text, {"level", kNames[static_cast<std::size_t>(level)]});
  append(text, {"message", message});
  for (const Field& field : fields) append(text, field);
  text += "}\n";
  // One write a line, so that lines of threads and processes do not mix. A full or closed stderr
  // must not stop work.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  if (level != Level::error) return;
  const std::shared_lock lock(hearing);
  if (hearer_of_errors) hearer_of_errors(message, fields);
}

}  // namespace ob::log
