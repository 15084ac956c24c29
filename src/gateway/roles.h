#pragma once
// What an instance does: which paths it answers, and whether it does the work that no request
// waits for. Instances of different roles share one database, object store and master key.
#include <string>
#include <string_view>
#include <vector>

namespace ob::gateway {

enum class Role { auth, api, storage, realtime, web, worker };

class Roles {
 public:
  Roles() = default;  // all
  // "auth, api"; empty means all. Throws ob::Error config.badValue.
  explicit Roles(const std::vector<std::string>& names);
  bool has(Role role) const { return (set_ & bit(role)) != 0; }
  // Of those that answer requests: "auth", "api", …
  std::vector<std::string> answering() const;
  std::string text() const;  // "auth, api"

 private:
  static unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }
  unsigned set_ = ~0U;
};

// Who answers a path. deploy/traefik routes by the same prefixes.
Role role_of(std::string_view path);
std::string_view name_of(Role role);

}  // namespace ob::gateway
