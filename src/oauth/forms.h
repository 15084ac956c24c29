#pragma once
// Endpoints as RFC 6749 has them: forms in, JSON out, and errors in its words.
#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "net/net.h"
#include "oauth/service.h"

namespace ob::oauth {

struct Posted {
  Provider::Form form;
  Credentials who;  // from the header or the form (RFC 6749 section 2.3.1)
  identity::Origin origin;

  std::string at(const char* name) const;  // empty when absent
};
using FormHandler = std::function<boost::json::object(const Posted&)>;

// An anonymous POST. `doc` names operation, tag and what is to be said.
void add_form(api::Registry&, Pool&, const std::string& path, api::Doc doc, FormHandler);

net::Response json_answer(int status, const boost::json::object& body);
// `scheme`: how clients prove themselves there, for WWW-Authenticate.
net::Response refusal_answer(const Error& error, std::string_view scheme);

}  // namespace ob::oauth
