// The token endpoint (RFC 6749 section 3.2) for all that get tokens here: applications by a code or
// a refresh token, service accounts by their secret, and people's own programs by the browser.
#include <boost/json.hpp>

#include "identity/external.h"
#include "oauth/forms.h"

namespace ob::oauth {

// What all grants answer, together.
struct GrantedTokens {
  std::string access_token, token_type;
  std::int64_t expires_in = 0;
  std::optional<std::string> refresh_token, id_token, scope;
};
BOOST_DESCRIBE_STRUCT(GrantedTokens, (),
                      (access_token, token_type, expires_in, refresh_token, id_token, scope))

struct DeviceStarted {
  std::string device_code, user_code, verification_uri, verification_uri_complete;
  std::int64_t expires_in = 0, interval = 0;
};
BOOST_DESCRIBE_STRUCT(DeviceStarted, (),
                      (device_code, user_code, verification_uri, verification_uri_complete,
                       expires_in, interval))

}  // namespace ob::oauth

namespace ob::wire {

template <>
struct Rules<oauth::DeviceStarted> {
  static constexpr auto value =
      rules(rule(&oauth::DeviceStarted::device_code, {.text = "The program's own secret."}),
            rule(&oauth::DeviceStarted::user_code, {.text = "To be shown to the person."}),
            rule(&oauth::DeviceStarted::interval,
                 {.text = "Seconds between two questions whether it was approved."}));
};

}  // namespace ob::wire

namespace ob::oauth {
namespace {

namespace json = boost::json;

// The client id of the command line, the SDK, and whatever else acts as the person who starts it.
constexpr std::string_view kOwnPrograms = "openbricks";
constexpr std::string_view kSessionPrefix = "obr_";

bool of_own_program(const Posted& posted) {
  if (posted.who.client_id != kOwnPrograms) return false;
  if (!posted.who.secret.empty()) {
    throw Refusal("invalid_client", "This client is a public one: it has no secret.", 401);
  }
  return true;
}

// The session of a person has no scopes: one that seems limited must not come about.
void refuse_scope(const Posted& posted) {
  if (!posted.at("scope").empty()) {
    throw Refusal("invalid_scope", "Sign-ins of people have no scopes: leave the scope out.");
  }
}

json::object to_json(const identity::Tokens& tokens, const std::string& scope = {}) {
  json::object out{{"access_token", tokens.access_token},
                   {"token_type", tokens.token_type},
                   {"expires_in", tokens.expires_in}};
  if (!tokens.refresh_token.empty()) out["refresh_token"] = tokens.refresh_token;
  if (!scope.empty()) out["scope"] = scope;
  return out;
}

// What identity throws, in the words of the RFC.
template <class Fn>
json::object in_words(const char* code, Fn fn) {
  try {
    return to_json(fn().tokens);
  } catch (const identity::GrantError&) {
    throw;
  } catch (const Error& error) {
    if (error.status() != 401 && error.status() != 403) throw;
    throw Refusal(code, error.what());
  }
}

json::object token(Provider& provider, const Grants& grants, const Posted& posted) {
  const std::string grant = posted.at("grant_type");
  if (grant.empty()) throw Refusal("invalid_request", "The parameter grant_type is missing.");
  if (grant == "client_credentials") {
    if (posted.who.client_id.starts_with(application_prefix)) provider.refuse_grant(posted.who);
    const std::string scope = posted.at("scope");
    return to_json(grants.service_accounts.token(posted.who.client_id, posted.who.secret, scope,
                                                 posted.origin),
                   scope);
  }
  if (grant == device_grant) {
    if (!of_own_program(posted)) provider.refuse_grant(posted.who);
    const std::string code = posted.at("device_code");
    if (code.empty()) throw Refusal("invalid_request", "The parameter device_code is missing.");
    return in_words("access_denied", [&] { return grants.devices.poll(code, posted.origin); });
  }
  if (grant == "refresh_token" && of_own_program(posted)) {
    refuse_scope(posted);
    const std::string refresh = posted.at("refresh_token");
    return in_words("invalid_grant",
                    [&] { return grants.accounts.refresh(refresh, posted.origin); });
  }
  return provider.exchange(posted.form, posted.who);
}

json::object start_device(Provider& provider, const Grants& grants, const Posted& posted) {
  if (!of_own_program(posted)) provider.refuse_grant(posted.who);
  refuse_scope(posted);
  const identity::DeviceStart made = grants.devices.start(posted.origin);
  return wire::encode(DeviceStarted{made.device_code, made.user_code, made.page,
                                    made.page_with_code, made.expires_in, made.interval})
      .as_object();
}

json::object revoke(Provider& provider, const Grants& grants, const Posted& posted) {
  if (of_own_program(posted)) {
    const std::string session = posted.at("token");
    if (session.starts_with(kSessionPrefix)) grants.identity.sign_out(session, posted.origin);
  } else {
    provider.revoke(posted.form, posted.who);
  }
  return {};
}

}  // namespace

void register_token_api(api::Registry& registry, Provider& provider, const Grants& grants,
                        Pool& blocking) {
  add_form(registry, blocking, "/api/v1/oauth/token",
           {.operation = "oauthToken",
            .tag = "oauth",
            .summary = "Tokens (RFC 6749 section 3.2)",
            .description =
                "A form whose grant_type is authorization_code or refresh_token (of applications, "
                "and of programs with the client id openbricks), client_credentials (of service "
                "accounts), or urn:ietf:params:oauth:grant-type:device_code (RFC 8628, of "
                "programs). Client id and secret come by HTTP Basic or as client_id and "
                "client_secret. Errors are those of section 5.2."},
           [&provider, grants](const Posted& posted) { return token(provider, grants, posted); });
  registry.describe_response<GrantedTokens>("oauthToken");
  add_form(
      registry, blocking, "/api/v1/oauth/device",
      {.operation = "startDeviceSignIn",
       .tag = "oauth",
       .summary = "Start to sign in a program through the browser (RFC 8628)",
       .description = "A form with client_id=openbricks. The program then asks the token "
                      "endpoint until the person has approved its code on the page."},
      [&provider, grants](const Posted& posted) { return start_device(provider, grants, posted); });
  registry.describe_response<DeviceStarted>("startDeviceSignIn");
  add_form(registry, blocking, "/api/v1/oauth/revoke",
           {.operation = "revokeToken", .tag = "oauth", .summary = "End a token (RFC 7009)"},
           [&provider, grants](const Posted& posted) { return revoke(provider, grants, posted); });
}

}  // namespace ob::oauth
