#pragma once
#include <boost/json/object.hpp>
#include <string>

namespace ob::sso::scim {

// What this server can do and knows (RFC 7643, 5 to 7). `base` is where SCIM begins.
boost::json::object service_config(const std::string& base);
boost::json::object resource_types(const std::string& base);
boost::json::object schemas(const std::string& base);

}  // namespace ob::sso::scim
