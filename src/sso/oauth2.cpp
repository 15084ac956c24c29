#include "sso/oauth2.h"

#include <boost/json.hpp>

#include "sso/errors.h"
#include "sso/remote.h"

namespace ob::sso::oauth2 {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxSubject = 255;

// The verified address that the person calls the primary one, else any verified one.
std::string verified_email(const json::value& list) {
  std::string any;
  if (!list.is_array()) throw broken("the list of emails is not a list");
  for (const auto& one : list.get_array()) {
    const auto* entry = one.if_object();
    if (!entry || !is_true(entry->if_contains("verified"))) continue;
    const std::string email = text_of(*entry, "email");
    if (is_true(entry->if_contains("primary"))) return email;
    if (any.empty()) any = email;
  }
  return any;
}

}  // namespace

std::string authorize(const Provider& provider, const Flow& flow, const std::string& redirect_uri) {
  std::string scope;
  for (const auto& one : provider.settings.scopes) scope += (scope.empty() ? "" : " ") + one;
  return with_query(provider.settings.authorize_url,
                    {{"response_type", "code"},
                     {"client_id", provider.settings.client_id},
                     {"redirect_uri", redirect_uri},
                     {"scope", scope},
                     {"state", flow.state},
                     {"code_challenge", challenge_of(flow.verifier)},
                     {"code_challenge_method", "S256"}});
}

Proof redeem(const fetch::Client& client, const Provider& provider, const std::string& secret,
             const Flow& flow, const Answer& answer) {
  const Settings& settings = provider.settings;
  const auto tokens = exchange_code(client, {.url = settings.token_url,
                                             .client_id = settings.client_id,
                                             .secret = secret,
                                             .code = answer.code,
                                             .redirect_uri = answer.redirect_uri,
                                             .verifier = flow.verifier,
                                             .basic = false});
  const std::string access = text_of(tokens, "access_token");
  // Some providers tell errors with status 200.
  if (access.empty())
    throw untrusted("no access token: " + text_of(tokens, "error").substr(0, 100));
  const auto info = get_json(client, settings.userinfo_url, access);
  Proof proof{.subject = text_of(info, settings.id_field),
              .email = text_of(info, settings.email_field),
              .name = text_of(info, settings.name_field)};
  if (proof.subject.empty() || proof.subject.size() > kMaxSubject) {
    throw broken("userinfo has no field " + settings.id_field);
  }
  if (proof.name.empty()) proof.name = text_of(info, "login");
  if (settings.emails_url.empty()) {
    proof.email_verified =
        settings.email_field == "email" && is_true(info.if_contains("email_verified"));
  } else if (const std::string email =
                 verified_email(get_any_json(client, settings.emails_url, access));
             !email.empty()) {
    proof.email = email;
    proof.email_verified = true;
  }
  if (!settings.groups_claim.empty()) proof.groups = list_of(field(info, settings.groups_claim));
  return proof;
}

}  // namespace ob::sso::oauth2
