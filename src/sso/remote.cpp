#include "sso/remote.h"

#include <openssl/evp.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/ids.h"
#include "net/net.h"
#include "sso/errors.h"

namespace ob::sso {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxList = 1000;

json::value parse(const fetch::Response& response, const std::string& what) {
  json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code failed;
  json::value parsed = json::parse(response.body, failed, {}, options);
  if (failed) throw broken(what + " is not JSON");
  return parsed;
}

fetch::Response get(const fetch::Client& client, const std::string& url,
                    const std::string& bearer) {
  fetch::Request request{.url = url, .headers = {{"Accept", "application/json"}}};
  if (!bearer.empty()) request.headers.emplace_back("Authorization", "Bearer " + bearer);
  auto response = client.send(request);
  if (response.status != 200) {
    throw broken("GET " + url + " answered " + std::to_string(response.status));
  }
  return response;
}

}  // namespace

std::string encode_form(const Form& form) {
  std::string out;
  for (const auto& [name, value] : form) {
    if (!out.empty()) out += '&';
    out += net::percent_encode(name) + "=" + net::percent_encode(value);
  }
  return out;
}

std::string with_query(const std::string& url, const Form& form) {
  const auto hash = url.find('#');
  const std::string base = url.substr(0, hash);
  return base + (base.find('?') == base.npos ? "?" : "&") + encode_form(form);
}

const json::value* field(const json::object& in, std::string_view path) {
  // The whole name first: some providers put dots and addresses into names.
  if (const auto* whole = in.if_contains(path)) return whole;
  const auto dot = path.find('.');
  if (dot == path.npos) return nullptr;
  const auto* inner = in.if_contains(path.substr(0, dot));
  return inner && inner->is_object() ? field(inner->get_object(), path.substr(dot + 1)) : nullptr;
}

std::string text_of(const json::value* value) {
  if (!value) return {};
  if (value->is_string()) return std::string(value->get_string());
  if (value->is_int64()) return std::to_string(value->get_int64());
  if (value->is_uint64()) return std::to_string(value->get_uint64());
  return {};
}

std::string text_of(const json::object& in, std::string_view path) {
  return text_of(field(in, path));
}

bool is_true(const json::value* value) {
  return value && (*value == true || *value == "true");
}

std::vector<std::string> list_of(const json::value* value) {
  std::vector<std::string> out;
  if (!value) return out;
  if (value->is_string()) return {std::string(value->get_string())};
  if (!value->is_array()) return out;
  for (const auto& one : value->get_array()) {
    if (one.is_string() && out.size() < kMaxList) out.emplace_back(one.get_string());
  }
  return out;
}

bool holds(const std::vector<std::string>& list, std::string_view one) {
  return std::ranges::find(list, one) != list.end();
}

json::value get_any_json(const fetch::Client& client, const std::string& url,
                         const std::string& bearer) {
  return parse(get(client, url, bearer), url);
}

json::object get_json(const fetch::Client& client, const std::string& url,
                      const std::string& bearer) {
  json::value parsed = get_any_json(client, url, bearer);
  if (!parsed.is_object()) throw broken(url + " is not a JSON object");
  return std::move(parsed.get_object());
}

json::object exchange_code(const fetch::Client& client, const Exchange& what) {
  Form form{{"grant_type", "authorization_code"},
            {"code", what.code},
            {"redirect_uri", what.redirect_uri},
            {"code_verifier", what.verifier}};
  fetch::Request request{.method = "POST",
                         .url = what.url,
                         .headers = {{"Accept", "application/json"},
                                     {"Content-Type", "application/x-www-form-urlencoded"}}};
  if (what.basic && !what.secret.empty()) {
    // RFC 6749, 2.3.1: both parts are encoded as in forms first.
    request.headers.emplace_back(
        "Authorization", "Basic " + base64_encode(net::percent_encode(what.client_id) + ":" +
                                                  net::percent_encode(what.secret)));
  } else {
    form.emplace_back("client_id", what.client_id);
    if (!what.secret.empty()) form.emplace_back("client_secret", what.secret);
  }
  request.body = encode_form(form);
  const auto response = client.send(request);
  if (response.status != 200) {
    boost::system::error_code failed;
    const json::value body = json::parse(response.body, failed);
    const std::string error =
        !failed && body.is_object() ? text_of(body.get_object(), "error") : "";
    const std::string why = "the token endpoint answered " + std::to_string(response.status) +
                            (error.empty() ? "" : " " + error.substr(0, 100));
    if (error == "invalid_grant") throw untrusted(why);
    throw broken(why);
  }
  json::value parsed = parse(response, "the token endpoint's answer");
  if (!parsed.is_object()) throw broken("the token endpoint's answer is not a JSON object");
  return std::move(parsed.get_object());
}

std::string challenge_of(const std::string& verifier) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(verifier.data(), verifier.size(), digest, &size, EVP_sha256(), nullptr) != 1) {
    throw internal("SHA-256 failed");
  }
  return base64url_encode({reinterpret_cast<const char*>(digest), size});
}

}  // namespace ob::sso
