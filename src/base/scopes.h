#pragma once
// What an API key or a token may be limited to: areas of the server, each to be read or written.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ob {

// "sql:read", "catalog:write", …; "admin" stands for "admin:read" and "admin:write". Writing
// includes reading of the same area.
class Scopes {
 public:
  static Scopes all() { return {}; }
  // Throws ob::Error 400 identity.badScope that names what is none.
  static Scopes parse(std::span<const std::string> names);

  bool limited() const { return limited_; }
  bool allow(std::string_view scope) const;
  // Whether nothing may be changed with them.
  bool read_only() const;
  // In the order of scope_names(), without those that others include; empty: all.
  std::vector<std::string> names() const;
  // Whether each of them is among these too.
  bool within(const Scopes& others) const;
  bool operator==(const Scopes&) const = default;

 private:
  bool limited_ = false;
  std::uint32_t bits_ = 0;
};

// Throws ob::Error 403 identity.scope, which names the scope that lacks (also as the member
// "scope").
void require_scope(const Scopes& scopes, std::string_view scope);
const std::vector<std::string>& scope_names();
// The scope that an endpoint with this tag needs.
std::string scope_of(std::string_view tag, bool changes);

}  // namespace ob
