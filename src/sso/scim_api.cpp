// SCIM over HTTP: its own tokens, media type and form of errors.
#include <boost/json.hpp>
#include <charconv>

#include "api/authenticator.h"
#include "base/log.h"
#include "net/net.h"
#include "sso/api_parts.h"
#include "sso/scim.h"
#include "sso/scim_filter.h"
#include "sso/scim_schemas.h"

namespace ob::sso {

struct ScimNone {};
BOOST_DESCRIBE_STRUCT(ScimNone, (), ())

struct ScimId {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(ScimId, (), (id))

struct ScimTokenAnswer {
  std::string token, base_url;
};
BOOST_DESCRIBE_STRUCT(ScimTokenAnswer, (), (token, base_url))

}  // namespace ob::sso

namespace ob::wire {

template <>
struct Rules<sso::ScimTokenAnswer> {
  static constexpr auto value =
      rules(rule(&sso::ScimTokenAnswer::token, {.text = "It is shown only now."}),
            rule(&sso::ScimTokenAnswer::base_url, {.text = "Where the provider finds SCIM here."}));
};

}  // namespace ob::wire

namespace ob::sso {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::string_view kType = "application/scim+json";
constexpr std::int64_t kMaxBody = 4 * 1024 * 1024;
constexpr std::int64_t kMaxCount = 1000;

// One request, as the handlers below see it.
struct Call {
  const Provider& provider;
  std::string id;
  scim::ListQuery query;
  json::object body;
};
using Handler = std::function<json::object(scim::Scim&, const Call&)>;

std::vector<std::string> names(const std::string& text) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto comma = std::min(text.find(',', at), text.size());
    std::string one = text.substr(at, comma - at);
    std::erase(one, ' ');
    if (!one.empty() && out.size() < 100) out.push_back(std::move(one));
    at = comma + 1;
  }
  return out;
}

std::int64_t number(const std::string& text) {
  std::int64_t out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc{} || end != text.data() + text.size()) {
    throw scim::refusal(400, "invalidValue", "startIndex and count are whole numbers.");
  }
  return out;
}

scim::ListQuery read_query(std::string_view text) {
  scim::ListQuery out;
  for (const auto& [name, value] : net::parse_query(text)) {
    if (name == "filter") out.filter = value;
    if (name == "startIndex") out.start = std::clamp<std::int64_t>(number(value), 1, 1'000'000'000);
    if (name == "count") out.count = std::clamp<std::int64_t>(number(value), 0, kMaxCount);
    if (name == "attributes") out.only = names(value);
    if (name == "excludedAttributes") out.excluded = names(value);
  }
  return out;
}

json::object read_body(const std::string& text) {
  if (text.empty()) return {};
  json::value parsed;
  try {
    parsed = api::parse_json(text);
  } catch (const Error& error) {
    throw scim::refusal(400, "invalidSyntax", error.what());
  }
  if (!parsed.is_object()) throw scim::refusal(400, "invalidSyntax", "The body must be an object.");
  return std::move(parsed.get_object());
}

// The word for what other parts refuse.
std::string type_of(const Error& error) {
  for (const auto& [name, value] : error.members()) {
    if (name == "scimType") return value;
  }
  if (error.status() == 400) return "invalidValue";
  return error.status() == 409 && error.id() != "identity.lastAdministrator" ? "uniqueness" : "";
}

net::Response error_answer(const Error& error) {
  json::object body{{"schemas", {"urn:ietf:params:scim:api:messages:2.0:Error"}},
                    {"status", std::to_string(error.status())},
                    {"detail", error.what()}};
  if (const auto type = type_of(error); !type.empty()) body["scimType"] = type;
  net::Response out{.status = error.status(),
                    .headers = {{"Content-Type", std::string(kType)}},
                    .body = json::serialize(body)};
  if (error.status() == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");
  return out;
}

// What a provider changes stands in the audit log under its name.
json::object recorded(scim::Scim& service, const net::Request& request, const Call& call,
                      const Handler& handler) {
  if (request.method == "GET" || request.method == "HEAD") return handler(service, call);
  const bool users = request.path.starts_with("/scim/v2/Users");
  std::string verb = request.method == "POST" ? "create" : "change";
  if (request.method == "DELETE") verb = "delete";
  audit::Event event{.action = "scim." + verb + (users ? "User" : "Group"),
                     .object = {users ? "user" : "group", call.id, ""}};
  event.actor_kind = audit::ActorKind::service;
  event.actor_id = call.provider.id;
  event.actor = call.provider.name;
  event.address = request.remote_address;
  event.user_agent = std::string(request.header("user-agent"));
  return audit::act(service.audit(), std::move(event), [&](audit::Event& told) {
    json::object out = handler(service, call);
    if (const auto* id = out.if_contains("id")) told.object.id = std::string(id->as_string());
    return out;
  });
}

net::Response answer(scim::Scim& service, const net::Request& request, const std::string& id,
                     const std::string& body, int status, const Handler& handler) {
  try {
    const Provider provider =
        service.authenticate(std::string(api::bearer_of(request.header("authorization"))));
    Call call{.provider = provider,
              .id = id,
              .query = read_query(request.query),
              .body = read_body(body)};
    json::object out = recorded(service, request, call, handler);
    if (status == 204) return {.status = 204};
    net::Response response{.status = status, .headers = {{"Content-Type", std::string(kType)}}};
    if (const auto* meta = out.if_contains("meta"); meta && status == 201) {
      response.headers.emplace_back("Location", std::string(meta->at("location").as_string()));
    }
    if (!out.contains("Resources")) scim::trim(out, call.query);
    response.body = json::serialize(out);
    return response;
  } catch (const Error& error) {
    if (error.status() >= 500) throw;
    return error_answer(error);
  } catch (const db::UniqueViolation&) {
    return error_answer(scim::refusal(409, "uniqueness", "There is such a resource already."));
  }
}

asio::awaitable<void> serve(scim::Scim& service, Pool& pool, std::string id, int status,
                            Handler handler, net::Exchange& exchange) {
  const std::string body = co_await exchange.read_all(kMaxBody);
  auto work = [&] { return answer(service, exchange.request(), id, body, status, handler); };
  net::Response response = co_await pool.run(std::move(work));
  co_await exchange.respond(std::move(response));
}

api::Doc doc(const std::string& operation, const std::string& summary, int status, bool with_body) {
  api::Doc out{.operation = operation,
               .tag = "scim",
               .summary = summary,
               .description =
                   "SCIM 2.0 (RFC 7644), with the token of a provider of single "
                   "sign-on.",
               .status = status,
               .errors = {401, 404, 409},
               .open_query = true,
               .anonymous = true,
               .produces = {std::string(kType)},
               .problem = std::string(kType)};
  if (with_body) out.consumes = {std::string(kType), "application/json"};
  return out;
}

class Routes {
 public:
  Routes(api::Registry& registry, scim::Scim& service, Pool& pool)
      : registry_(registry), service_(service), pool_(pool) {}

  void all(const std::string& method, const std::string& path, const api::Doc& doc,
           Handler handler) {
    registry_.add_stream<ScimNone>(
        method, "/scim/v2" + path, doc,
        [&service = service_, &pool = pool_, status = doc.status, handler = std::move(handler)](
            api::Context&, ScimNone, net::Exchange& exchange) {
          return serve(service, pool, {}, status, handler, exchange);
        });
  }
  void one(const std::string& method, const std::string& path, const api::Doc& doc,
           Handler handler) {
    registry_.add_stream<ScimId>(
        method, "/scim/v2" + path, doc,
        [&service = service_, &pool = pool_, status = doc.status, handler = std::move(handler)](
            api::Context&, const ScimId& request, net::Exchange& exchange) {
          return serve(service, pool, request.id, status, handler, exchange);
        });
  }

 private:
  api::Registry& registry_;
  scim::Scim& service_;
  Pool& pool_;
};

void register_users(Routes& routes) {
  using scim::Scim;
  routes.all("GET", "/Users", doc("scimUsers", "Users of the provider", 200, false),
             [](Scim& s, const Call& c) { return s.users(c.provider, c.query); });
  routes.all("POST", "/Users", doc("scimCreateUser", "Make an account, or take one up", 201, true),
             [](Scim& s, const Call& c) { return s.create_user(c.provider, c.body); });
  routes.one("GET", "/Users/{id}", doc("scimUser", "A user", 200, false),
             [](Scim& s, const Call& c) { return s.user(c.provider, c.id); });
  routes.one("PUT", "/Users/{id}", doc("scimReplaceUser", "Replace a user", 200, true),
             [](Scim& s, const Call& c) { return s.replace_user(c.provider, c.id, c.body); });
  routes.one("PATCH", "/Users/{id}", doc("scimPatchUser", "Change a user", 200, true),
             [](Scim& s, const Call& c) { return s.patch_user(c.provider, c.id, c.body); });
  routes.one("DELETE", "/Users/{id}",
             doc("scimDeleteUser", "Give a user up; the account stays, disabled", 204, false),
             [](Scim& s, const Call& c) {
               s.delete_user(c.provider, c.id);
               return json::object();
             });
}

void register_groups(Routes& routes) {
  using scim::Scim;
  routes.all("GET", "/Groups", doc("scimGroups", "Groups of the provider", 200, false),
             [](Scim& s, const Call& c) { return s.groups(c.provider, c.query); });
  routes.all("POST", "/Groups", doc("scimCreateGroup", "Make a group", 201, true),
             [](Scim& s, const Call& c) { return s.create_group(c.provider, c.body); });
  routes.one("GET", "/Groups/{id}", doc("scimGroup", "A group with its members", 200, false),
             [](Scim& s, const Call& c) { return s.group(c.provider, c.id); });
  routes.one("PUT", "/Groups/{id}", doc("scimReplaceGroup", "Replace a group", 200, true),
             [](Scim& s, const Call& c) { return s.replace_group(c.provider, c.id, c.body); });
  routes.one("PATCH", "/Groups/{id}", doc("scimPatchGroup", "Change a group", 200, true),
             [](Scim& s, const Call& c) { return s.patch_group(c.provider, c.id, c.body); });
  routes.one("DELETE", "/Groups/{id}", doc("scimDeleteGroup", "Delete a group", 204, false),
             [](Scim& s, const Call& c) {
               s.delete_group(c.provider, c.id);
               return json::object();
             });
}

void register_descriptions(Routes& routes) {
  using scim::Scim;
  routes.all("GET", "/ServiceProviderConfig",
             doc("scimConfig", "What this server can do of SCIM", 200, false),
             [](Scim& s, const Call&) { return scim::service_config(s.base_url()); });
  routes.all("GET", "/ResourceTypes", doc("scimResourceTypes", "Users and groups", 200, false),
             [](Scim& s, const Call&) { return scim::resource_types(s.base_url()); });
  routes.all("GET", "/Schemas", doc("scimSchemas", "Attributes that are known", 200, false),
             [](Scim& s, const Call&) { return scim::schemas(s.base_url()); });
}

}  // namespace

void register_scim_api(api::Registry& registry, scim::Scim& service, Pool& blocking) {
  Routes routes(registry, service, blocking);
  register_descriptions(routes);
  register_users(routes);
  register_groups(routes);
  registry.add<IdRequest, ScimTokenAnswer>(
      "POST", "/api/v1/sso/providers/{id}/scim-token",
      {.operation = "createScimToken",
       .tag = "sso",
       .summary = "Make the token with which a provider keeps users up to date (administrators)",
       .description = "An older one ends.",
       .status = 201,
       .errors = {404}},
      [&service](api::Context& context, const IdRequest& request) {
        return ScimTokenAnswer{service.make_token(context.caller, request.id), service.base_url()};
      });
  registry.add<IdRequest, api::Empty>("DELETE", "/api/v1/sso/providers/{id}/scim-token",
                                      {.operation = "deleteScimToken",
                                       .tag = "sso",
                                       .summary = "End a provider's SCIM token (administrators)",
                                       .status = 204,
                                       .errors = {404}},
                                      [&service](api::Context& context, const IdRequest& request) {
                                        service.drop_token(context.caller, request.id);
                                        return api::Empty{};
                                      });
}

}  // namespace ob::sso
