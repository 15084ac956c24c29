#include "gateway/roles.h"

#include <algorithm>
#include <array>

#include "base/error.h"

namespace ob::gateway {

namespace {

constexpr std::array<std::string_view, 6> kNames{"auth",     "api", "storage",
                                                 "realtime", "web", "worker"};

struct Prefix {
  std::string_view text;
  Role role;
};
// The first that fits. Whatever is not named here is the page's.
constexpr std::array<Prefix, 11> kPrefixes{{{"/api/v1/auth/", Role::auth},
                                            {"/api/v1/oauth/", Role::auth},
                                            {"/.well-known/", Role::auth},
                                            {"/scim/", Role::auth},
                                            {"/api/v1/files/", Role::storage},
                                            {"/api/v1/directories/", Role::storage},
                                            {"/api/v1/uploads/", Role::storage},
                                            {"/api/v1/uploads", Role::storage},
                                            {"/api/v1/events", Role::realtime},
                                            {"/ws/", Role::realtime},
                                            {"/api/", Role::api}}};

}  // namespace

Roles::Roles(const std::vector<std::string>& names) {
  if (names.empty()) return;
  set_ = 0;
  for (const std::string& name : names) {
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) {
      throw bad_request("config.badValue", "Setting 'roles' names '" + name +
                                               "' but must name some of auth, api, storage, "
                                               "realtime, web and worker.");
    }
    set_ |= bit(static_cast<Role>(found - kNames.begin()));
  }
}

std::vector<std::string> Roles::answering() const {
  std::vector<std::string> out;
  for (const Role role : {Role::auth, Role::api, Role::storage, Role::realtime, Role::web}) {
    if (has(role)) out.emplace_back(name_of(role));
  }
  return out;
}

std::string Roles::text() const {
  std::string out;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (has(static_cast<Role>(i))) out += (out.empty() ? "" : ", ") + std::string(kNames[i]);
  }
  return out;
}

Role role_of(std::string_view path) {
  const auto found = std::find_if(kPrefixes.begin(), kPrefixes.end(),
                                  [&](const Prefix& p) { return path.starts_with(p.text); });
  return found == kPrefixes.end() ? Role::web : found->role;
}

std::string_view name_of(Role role) {
  return kNames[static_cast<std::size_t>(role)];
}

}  // namespace ob::gateway
