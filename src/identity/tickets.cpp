#include "identity/tickets.h"

#include <boost/json.hpp>

#include "base/error.h"
#include "base/ids.h"

namespace ob::identity {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxSealed = 1024;

}  // namespace

std::string seal_object(const SecretBox& box, const json::object& content,
                        std::string_view context) {
  return base64url_encode(box.seal(json::serialize(content), context));
}

std::optional<json::object> open_object(const SecretBox& box, const std::string& text,
                                        std::string_view context) {
  std::string sealed;
  if (text.empty() || text.size() > kMaxSealed || !base64url_decode(text, sealed)) {
    return std::nullopt;
  }
  try {
    return json::parse(box.open(sealed, context)).as_object();
  } catch (const Error&) {
    return std::nullopt;  // not ours
  }
}

}  // namespace ob::identity
