#include "base/scopes.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"

namespace ob {
namespace {

constexpr std::array<std::string_view, 7> kAreas{"sql",     "catalog",     "files", "documents",
                                                 "account", "permissions", "admin"};

// The tags of endpoints that are not an administrator's business.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kTags{{
    {"queries", "sql"},
    {"tables", "sql"},
    {"catalog", "catalog"},
    {"workspaces", "catalog"},
    {"folders", "catalog"},
    {"files", "files"},
    {"documents", "documents"},
    {"inbox", "documents"},
    {"account", "account"},
    {"auth", "account"},
    {"keys", "account"},
    {"permissions", "permissions"},
    {"groups", "permissions"},
    {"roles", "permissions"},
    {"audit", "admin"},
}};

// Two bits an area, of reading and of writing; a name of writing has both. None for what is no
// scope.
std::uint32_t bits_of(std::string_view name) {
  for (std::size_t i = 0; i < kAreas.size(); ++i) {
    if (!name.starts_with(kAreas[i])) continue;
    const std::string_view rest = name.substr(kAreas[i].size());
    const std::uint32_t read = 1U << (2 * i), write = 2U << (2 * i);
    if (rest == ":read") return read;
    if (rest == ":write" || (rest.empty() && kAreas[i] == "admin")) return read | write;
  }
  return 0;
}

}  // namespace

const std::vector<std::string>& scope_names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    for (const std::string_view area : kAreas) {
      out.push_back(std::string(area) + ":read");
      out.push_back(std::string(area) + ":write");
    }
    return out;
  }();
  return all;
}

Scopes Scopes::parse(std::span<const std::string> names) {
  Scopes out;
  for (const std::string& name : names) {
    const std::uint32_t bits = bits_of(name);
    if (bits == 0) {
      std::string known;
      for (const auto& one : scope_names()) known += (known.empty() ? "" : ", ") + one;
      // Not cut within a character.
      std::string shown = name.substr(0, 100);
      while (name.size() > 100 && !shown.empty() && static_cast<signed char>(shown.back()) < 0)
        shown.pop_back();
      throw bad_request("identity.badScope",
                        "'" + shown + "' is no scope. There are " + known + ".");
    }
    out.limited_ = true;
    out.bits_ |= bits;
  }
  return out;
}

bool Scopes::allow(std::string_view scope) const {
  if (!limited_) return true;
  const std::uint32_t wanted = bits_of(scope);
  return wanted != 0 && (bits_ & wanted) == wanted;
}

void require_scope(const Scopes& scopes, std::string_view scope) {
  if (scopes.allow(scope)) return;
  throw forbidden("identity.scope", "This credential lacks the scope " + std::string(scope) +
                                        ". Use another, or make one that has it.")
      .with_member("scope", std::string(scope));
}

bool Scopes::read_only() const {
  return limited_ && (bits_ & 0xAAAAAAAAU) == 0;
}

std::vector<std::string> Scopes::names() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; limited_ && i < kAreas.size(); ++i) {
    const std::uint32_t both = (bits_ >> (2 * i)) & 3U;
    if (both != 0) out.push_back(std::string(kAreas[i]) + (both == 1 ? ":read" : ":write"));
  }
  return out;
}

bool Scopes::within(const Scopes& others) const {
  if (!others.limited_) return true;
  return limited_ && (bits_ & ~others.bits_) == 0;
}

std::string scope_of(std::string_view tag, bool changes) {
  const auto found =
      std::ranges::find(kTags, tag, &std::pair<std::string_view, std::string_view>::first);
  return std::string(found == kTags.end() ? "admin" : found->second) +
         (changes ? ":write" : ":read");
}

}  // namespace ob
