#pragma once
// One table of settings (key, default, text) feeds flags, OPENBRICKS_* variables, a TOML file,
// --help and docs. Order of precedence: flag, variable, file, default.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ob {

struct Setting {
  enum class Kind { text, number, flag };
  std::string_view key;  // "admin_email": flag --admin-email, variable OPENBRICKS_ADMIN_EMAIL, TOML
                         // key admin_email
  std::string_view fallback;  // default, as text
  std::string_view text;      // one sentence for --help and the docs
  Kind kind = Kind::text;
  std::int64_t min = 0, max = 0;  // bounds of a number
};
const std::vector<Setting>& settings();

class Config {
 public:
  // Throws ob::Error naming the setting and its bounds when a value is wrong or a key is unknown.
  static Config load(const std::map<std::string, std::string>& flags, const std::string& file);
  const std::string& text(std::string_view key) const;
  std::int64_t number(std::string_view key) const;
  bool flag(std::string_view key) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace ob
