#pragma once
// Filters and paths of SCIM (RFC 7644, 3.4.2.2 and 3.5.2).
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ob::sso::scim {

// A refusal with the word that SCIM has for it ("invalidFilter"); "" where it has none.
Error refusal(int status, const std::string& type, const std::string& detail);

// Names of attributes are the same whatever their case.
bool same(std::string_view a, std::string_view b);
const boost::json::value* find(const boost::json::object& in, std::string_view name);
boost::json::value* find(boost::json::object& in, std::string_view name);
// The member of that name in any case; made under this spelling where there is none.
boost::json::value& slot(boost::json::object& in, std::string_view name);

struct Filter;
using FilterPtr = std::shared_ptr<const Filter>;

// "name.familyName", "emails[type eq \"work\"].value", each perhaps behind the schema's URN.
struct Path {
  std::string schema;  // of an extension; empty for the core's attributes
  std::string attribute, sub;
  FilterPtr filter;  // which of several values
};

struct Filter {
  enum class Kind { all, any, negation, comparison };
  Kind kind = Kind::comparison;
  std::vector<FilterPtr> parts;
  Path path;
  std::string operation;     // "eq", "pr" …
  boost::json::value value;  // not of "pr"
};

// At most 2,000 bytes and 20 levels; throw 400 invalidFilter and invalidPath.
FilterPtr parse_filter(std::string_view text);
Path parse_path(std::string_view text);

bool matches(const Filter& filter, const boost::json::value& resource);

}  // namespace ob::sso::scim
