#pragma once
// Structured logs: one JSON object a line on standard error: {"time","level","message", …fields}.
// Never log secrets.
#include <boost/json/value.hpp>
#include <functional>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace ob::log {

enum class Level { debug, info, warn, error };
void set_level(Level level);
struct Field {
  std::string_view name;
  boost::json::value value;
  template <class T>
  Field(std::string_view n, T&& v) : name(n), value(std::forward<T>(v)) {}
};
using Fields = std::initializer_list<Field>;
// Hears what is logged as an error, on the thread that logs it; it must not block, and logs no
// error itself. Null: nobody does, and the one before is done with hearing.
using Hearer = std::function<void(std::string_view message, Fields fields)>;
void on_error(Hearer hearer);
void write(Level level, std::string_view message, Fields fields = {});
inline void debug(std::string_view m, Fields f = {}) {
  write(Level::debug, m, f);
}
inline void info(std::string_view m, Fields f = {}) {
  write(Level::info, m, f);
}
inline void warn(std::string_view m, Fields f = {}) {
  write(Level::warn, m, f);
}
inline void error(std::string_view m, Fields f = {}) {
  write(Level::error, m, f);
}

}  // namespace ob::log
