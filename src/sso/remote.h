#pragma once
// What the protocols over HTTP share: JSON from providers, forms, fields of answers.
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fetch/fetch.h"
#include "sso/provider.h"

namespace ob::sso {

using Form = std::vector<std::pair<std::string, std::string>>;
std::string encode_form(const Form& form);
// The address with the parameters added to its query.
std::string with_query(const std::string& url, const Form& form);

// A field by its name, or by a path of names ("profile.email"); null when absent.
const boost::json::value* field(const boost::json::object& in, std::string_view path);
// A string, or a whole number as text; empty for anything else.
std::string text_of(const boost::json::value* value);
std::string text_of(const boost::json::object& in, std::string_view path);
bool is_true(const boost::json::value* value);  // true, or "true" as some providers say
// A list of strings; one string is a list of one. At most 1,000.
std::vector<std::string> list_of(const boost::json::value* value);

bool holds(const std::vector<std::string>& list, std::string_view one);

// A JSON object of at most 1 MB; throws sso.providerFailed for anything else.
boost::json::object get_json(const fetch::Client&, const std::string& url,
                             const std::string& bearer = {});
boost::json::value get_any_json(const fetch::Client&, const std::string& url,
                                const std::string& bearer);

// Exchanges the code for tokens. `basic`: the client's secret goes into a header instead of the
// form. Throws sso.providerFailed, and sso.untrusted when the provider refuses the code.
struct Exchange {
  std::string url, client_id, secret, code, redirect_uri, verifier;
  bool basic = true;
};
boost::json::object exchange_code(const fetch::Client&, const Exchange&);

std::string challenge_of(const std::string& verifier);  // PKCE, S256

}  // namespace ob::sso
