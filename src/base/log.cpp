#include "base/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "base/time.h"

namespace ob::log {
namespace {
std::atomic<Level> threshold{Level::info};
constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warn", "error"};
}  // namespace

void set_level(Level level) {
  threshold = level;
}

void write(Level level, std::string_view message, Fields fields) {
  if (level < threshold.load(std::memory_order_relaxed)) return;
  boost::json::object line;
  line["time"] = format_instant(now_micros());
  line["level"] = kNames[static_cast<std::size_t>(level)];
  line["message"] = message;
  for (const auto& [name, value] : fields) line[name] = value;
  std::string text = boost::json::serialize(line);
  text += '\n';
  // One write a line, so that lines of threads and processes do not mix. A full or closed stderr
  // must not stop work.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace ob::log
