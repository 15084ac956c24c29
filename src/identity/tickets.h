#pragma once
// Small JSON objects that are handed to clients and come back, as texts that only servers with the
// master key can make and read.
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "identity/secrets.h"

namespace ob::identity {

std::string seal_object(const SecretBox& box, const boost::json::object& content,
                        std::string_view context);
// Opens it, also when strangers changed it: nullopt for what was not sealed with the context.
std::optional<boost::json::object> open_object(const SecretBox& box, const std::string& text,
                                               std::string_view context);

}  // namespace ob::identity
