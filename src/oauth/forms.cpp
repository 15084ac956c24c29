#include "oauth/forms.h"

#include <boost/json.hpp>

#include "base/ids.h"
#include "identity/external.h"

namespace ob::oauth {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::int64_t kMaxForm = 16 * 1024;
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

Provider::Form read_form(const std::string& body) {
  Provider::Form out;
  for (auto& [name, value] : net::parse_query(body)) {
    if (!out.emplace(name, value).second) {
      throw Refusal("invalid_request", "A parameter is given more than once.");
    }
  }
  return out;
}

// Both parts of the header are encoded as in forms before they are put together.
std::string form_decoded(const std::string& text) {
  const auto parsed = net::parse_query("v=" + text);
  if (parsed.size() != 1) {
    throw Refusal("invalid_client", "The Authorization header cannot be read.", 401);
  }
  return parsed.front().second;
}

Credentials credentials_of(const net::Request& request, const Posted& posted) {
  const std::string_view header = request.header("authorization");
  if (header.size() < 6 || !net::same_name(header.substr(0, 6), "basic ")) {
    return {posted.at("client_id"), posted.at("client_secret")};
  }
  std::string plain;
  const bool readable = base64_decode(header.substr(6), plain);
  const auto colon = plain.find(':');
  if (!readable || colon == plain.npos) {
    throw Refusal("invalid_client", "The Authorization header cannot be read.", 401);
  }
  if (!posted.at("client_secret").empty()) {
    throw Refusal("invalid_request", "The client proves itself in two ways at once.");
  }
  Credentials out{form_decoded(plain.substr(0, colon)), form_decoded(plain.substr(colon + 1))};
  if (const auto named = posted.at("client_id"); !named.empty() && named != out.client_id) {
    throw Refusal("invalid_request", "The header and the form name different clients.");
  }
  return out;
}

net::Response answer_form(const net::Request& request, const std::string& body, Posted posted,
                          const FormHandler& handler) {
  try {
    posted.form = read_form(body);
    posted.who = credentials_of(request, posted);
    return json_answer(200, handler(posted));
  } catch (const Error& error) {
    if (error.status() >= 500 || error.status() == 429) throw;
    return refusal_answer(error, "Basic");
  }
}

asio::awaitable<void> serve_form(Pool& pool, FormHandler handler, identity::Origin origin,
                                 net::Exchange& exchange) {
  const std::string body = co_await exchange.read_all(kMaxForm);
  auto work = [&] {
    return answer_form(exchange.request(), body, {.form = {}, .who = {}, .origin = origin},
                       handler);
  };
  net::Response response = co_await pool.run(std::move(work));
  co_await exchange.respond(std::move(response));
}

}  // namespace

std::string Posted::at(const char* name) const {
  const auto found = form.find(name);
  return found == form.end() ? std::string() : found->second;
}

net::Response json_answer(int status, const json::object& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"},
                      {"Cache-Control", "no-store"},
                      {"Pragma", "no-cache"}},
          .body = json::serialize(body)};
}

net::Response refusal_answer(const Error& error, std::string_view scheme) {
  const bool ours = dynamic_cast<const identity::GrantError*>(&error) != nullptr;
  const std::string id = ours ? error.id() : "invalid_request";
  auto out = json_answer(error.status(), {{"error", id}, {"error_description", error.what()}});
  if (error.status() == 401) {
    out.headers.emplace_back("WWW-Authenticate",
                             std::string(scheme) + " realm=\"OpenBricks\", error=\"" + id + "\"");
  }
  return out;
}

void add_form(api::Registry& registry, Pool& pool, const std::string& path, api::Doc doc,
              FormHandler handler) {
  doc.errors = {401, 413, 415, 503};
  doc.anonymous = true;
  doc.consumes = {std::string(kForm)};
  doc.produces = {"application/json"};
  doc.oauth = true;
  registry.add_stream<api::Empty>("POST", path, std::move(doc),
                                  [&pool, handler = std::move(handler)](
                                      api::Context& context, api::Empty, net::Exchange& exchange) {
                                    return serve_form(pool, handler, identity::origin_of(context),
                                                      exchange);
                                  });
}

}  // namespace ob::oauth
