#pragma once
// What administrators say of a provider, and what a provider says of a person.
#include <boost/describe.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/wire.h"

namespace ob::sso {

BOOST_DEFINE_ENUM_CLASS(Kind, oidc, oauth2, saml)

struct Settings {
  // OpenID Connect and OAuth 2
  std::string client_id;
  std::vector<std::string> scopes;
  std::string issuer;  // OpenID Connect only
  // plain OAuth 2
  std::string authorize_url, token_url, userinfo_url, emails_url;
  std::string id_field = "id", email_field = "email", name_field = "name";
  // SAML
  std::string entity_id, sign_on_url;
  std::vector<std::string> certificates;  // PEM
  bool idp_initiated = false;
  // all: claims, fields or attributes
  std::string groups_claim;
  std::map<std::string, std::string> groups;  // a group's name there to a group's id here
  bool create_accounts = true;                // at the first sign-in
  bool link_accounts = true;                  // to those that have the same email
  bool trust_email = false;                   // also where the provider does not say it is verified
  std::vector<std::string> allowed_domains;   // empty: all
  std::vector<std::string> enforced_domains;  // whose emails sign in here and not by password
};
BOOST_DESCRIBE_STRUCT(Settings, (),
                      (client_id, scopes, issuer, authorize_url, token_url, userinfo_url,
                       emails_url, id_field, email_field, name_field, entity_id, sign_on_url,
                       certificates, idp_initiated, groups_claim, groups, create_accounts,
                       link_accounts, trust_email, allowed_domains, enforced_domains))

struct Provider {
  std::string id, slug;
  Kind kind = Kind::oidc;
  std::string name;
  bool enabled = true;
  Settings settings;
  std::string sealed_secret;  // empty: none
  Micros created_at = 0, updated_at = 0;
};

// What was proved of a person by a provider.
struct Proof {
  std::string subject, email, name;
  bool email_verified = false;
  std::vector<std::string> groups;
};

// What a posted assertion proved, until the same browser takes it up.
struct Ticket {
  std::string provider_id, in_response_to;
  std::string subject, email, name;
  std::vector<std::string> groups;
};
BOOST_DESCRIBE_STRUCT(Ticket, (), (provider_id, in_response_to, subject, email, name, groups))

// What a browser carries between its departure to a provider and its return, sealed.
struct Flow {
  std::string provider_id;
  std::string state;         // in the address, too
  std::string nonce;         // of the ID token
  std::string verifier;      // PKCE
  std::string next;          // the page to show then
  std::string link_user;     // who links an identity; empty: it signs in
  std::string link_session;  // of theirs: nothing is linked once it has ended
  Micros until = 0;
};
BOOST_DESCRIBE_STRUCT(Flow, (),
                      (provider_id, state, nonce, verifier, next, link_user, link_session, until))

}  // namespace ob::sso

namespace ob::wire {

template <>
struct Rules<sso::Settings> {
  static constexpr auto value = rules(
      rule(&sso::Settings::client_id, {.max = 500, .optional = true}),
      rule(&sso::Settings::scopes, {.max = 30,
                                    .each_min = 1,
                                    .each_max = 200,
                                    .pattern = R"(^[\x21\x23-\x5B\x5D-\x7E]+$)",
                                    .optional = true,
                                    .text = "Asked for; empty: openid, email and profile."}),
      rule(&sso::Settings::issuer,
           {.max = 500,
            .optional = true,
            .text = "OpenID Connect: exactly as the provider's configuration names it."}),
      rule(&sso::Settings::authorize_url, {.max = 1000, .optional = true, .text = "OAuth 2."}),
      rule(&sso::Settings::token_url, {.max = 1000, .optional = true, .text = "OAuth 2."}),
      rule(&sso::Settings::userinfo_url, {.max = 1000, .optional = true, .text = "OAuth 2."}),
      rule(&sso::Settings::emails_url,
           {.max = 1000,
            .optional = true,
            .text = "OAuth 2: gives a list of {email, verified, primary}, as GitHub's does."}),
      rule(&sso::Settings::id_field, {.min = 1, .max = 100, .optional = true}),
      rule(&sso::Settings::email_field, {.min = 1, .max = 300, .optional = true}),
      rule(&sso::Settings::name_field, {.min = 1, .max = 300, .optional = true}),
      rule(&sso::Settings::entity_id,
           {.max = 500, .optional = true, .text = "SAML: of the identity provider."}),
      rule(&sso::Settings::sign_on_url,
           {.max = 1000, .optional = true, .text = "SAML: where people sign in (HTTP-Redirect)."}),
      rule(&sso::Settings::certificates,
           {.max = 5,
            .each_max = 20'000,
            .optional = true,
            .text = "SAML: PEM, with which the provider signs assertions; the old one and the new "
                    "one while it changes."}),
      rule(&sso::Settings::idp_initiated,
           {.optional = true, .text = "SAML: people may also start at the provider."}),
      rule(&sso::Settings::groups_claim, {.max = 300, .optional = true}),
      rule(&sso::Settings::groups,
           {.max = 500,
            .each_max = 100,
            .optional = true,
            .text = "The provider's name of a group to the id of a group here. Who signs in "
                    "joins and leaves these."}),
      rule(&sso::Settings::create_accounts,
           {.optional = true, .text = "Makes accounts at the first sign-in."}),
      rule(&sso::Settings::link_accounts,
           {.optional = true, .text = "Signs in to existing accounts with the same email."}),
      rule(&sso::Settings::trust_email,
           {.optional = true,
            .text = "Takes emails as verified although the provider does not say so."}),
      rule(&sso::Settings::allowed_domains, {.max = 100,
                                             .each_min = 1,
                                             .each_max = 253,
                                             .optional = true,
                                             .text = "Of emails that may sign in; empty: all."}),
      rule(&sso::Settings::enforced_domains, {.max = 100,
                                              .each_min = 1,
                                              .each_max = 253,
                                              .optional = true,
                                              .text = "Whose emails cannot sign in by password."}));
};

}  // namespace ob::wire
