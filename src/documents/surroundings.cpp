#include "documents/surroundings.h"

#include <boost/json/object.hpp>

namespace ob::documents {

const std::string& Names::of(const std::string& user) {
  const auto known = known_.find(user);
  if (known != known_.end()) return known->second;
  std::string name = "Somebody";  // the account is gone
  if (user == identity::Identity::system().user_id) {
    name = "System";
  } else if (const auto found = identity_.permissions().find_by_id(user)) {
    // Guests see it: not the email.
    if (!found->name.empty()) name = found->name;
  }
  return known_.emplace(user, std::move(name)).first->second;
}

void tell_document(const Surroundings& around, const std::string& document, std::string_view type,
                   const std::string& id) {
  if (!around.publish) return;
  around.publish("document:" + document, boost::json::object{{"type", type}, {"id", id}});
}

std::string list_text(const std::vector<std::string>& ids) {
  std::string out;
  for (const auto& id : ids) out += (out.empty() ? "" : " ") + id;
  return out;
}

std::vector<std::string> list_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace ob::documents
