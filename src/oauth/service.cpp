// Authorization: what an application may learn of whoever is signed in.
#include "oauth/service.h"

#include <algorithm>
#include <array>

#include "base/ids.h"
#include "base/log.h"
#include "net/net.h"
#include "oauth/migrations/migrations.h"

namespace ob::oauth {
namespace {

constexpr Micros kSecond = 1'000'000;
constexpr Micros kCode = 60 * kSecond;
constexpr std::size_t kChallenge = 43;  // SHA-256 in base64url
constexpr std::array<std::string_view, 5> kScopes{"openid", "email", "profile", "groups",
                                                  "offline_access"};

// Never by a redirect: the address may be anybody's.
Error bad_client(const std::string& text) {
  return bad_request("oauth.badClient", text);
}

std::string host_of(const std::string& uri) {
  const auto start = uri.find("//");
  if (start == uri.npos) return uri.substr(0, uri.find(':'));
  const auto rest = uri.substr(start + 2);
  return rest.substr(0, rest.find_first_of("/?"));
}

// Those that are known; others are ignored (OpenID Connect Core, 3.1.2.1).
std::set<std::string> known_scopes(const std::string& asked) {
  std::set<std::string> out;
  for (const auto& one : words_of(asked)) {
    if (std::ranges::find(kScopes, one) != kScopes.end()) out.insert(one);
  }
  return out;
}

}  // namespace

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto space = std::min(text.find(' ', at), text.size());
    if (space > at) out.insert(text.substr(at, space - at));
    at = space + 1;
  }
  return out;
}

std::string joined(const std::set<std::string>& words) {
  std::string out;
  for (const auto& one : words) out += (out.empty() ? "" : " ") + one;
  return out;
}

Provider::Provider(db::Database& database, identity::Identity& identity,
                   identity::Accounts& accounts, identity::External& external, Options options)
    : db_(database),
      identity_(identity),
      accounts_(accounts),
      external_(external),
      options_(std::move(options)) {}

store::Client Provider::known_client(const Asked& asked) {
  const auto client = db_.reading([&](db::Tx& tx) { return store::client(tx, asked.client_id); });
  if (!client) throw bad_client("The application that sent you here is not registered.");
  if (std::ranges::find(client->redirect_uris, asked.redirect_uri) == client->redirect_uris.end()) {
    throw bad_client("The address that " + client->name +
                     " wants to get the answer at is not registered for it.");
  }
  return *client;
}

void Provider::check_asked(const store::Client& client, const Asked& asked) const {
  if (asked.response_type != "code") {
    throw Refusal("unsupported_response_type", "Only response_type=code is supported.");
  }
  if (!asked.response_mode.empty() && asked.response_mode != "query") {
    throw Refusal("invalid_request", "Only response_mode=query is supported.");
  }
  if (!known_scopes(asked.scope).contains("openid")) {
    throw Refusal("invalid_scope", "The scope must hold openid.");
  }
  const bool proved =
      asked.code_challenge_method == "S256" && asked.code_challenge.size() == kChallenge;
  if (!asked.code_challenge.empty() && !proved) {
    throw Refusal("invalid_request", "PKCE must be S256.");
  }
  if (asked.code_challenge.empty() && client.secret_hash.empty()) {
    throw Refusal("invalid_request", "A public application needs PKCE.");
  }
}

std::string Provider::back(const Asked& asked,
                           std::vector<std::pair<std::string, std::string>> more) const {
  if (!asked.state.empty()) more.emplace_back("state", asked.state);
  more.emplace_back("iss", issuer());
  std::string out = asked.redirect_uri;
  for (const auto& [name, value] : more) {
    out += (out.find('?') == out.npos ? "?" : "&") + name + "=" + net::percent_encode(value);
  }
  return out;
}

Micros Provider::auth_time(const Caller& caller) {
  for (const auto& session : accounts_.sessions(caller)) {
    if (session.current) return session.created_at;
  }
  throw unauthenticated("identity.badToken", "Your session has ended. Sign in again.");
}

std::string Provider::issue_code(const Caller& caller, const store::Client& client,
                                 const Asked& asked, const std::string& scope, Micros time) {
  const std::string code = random_token(32);
  const Micros now = now_micros();
  db_.write([&](db::Tx& tx) {
    store::delete_expired(tx, now);
    store::insert_code(tx, {.hash = sha256_hex(code),
                            .grant_id = new_uuid(),
                            .client_id = client.id,
                            .user_id = caller.user_id,
                            .redirect_uri = asked.redirect_uri,
                            .scope = scope,
                            .nonce = asked.nonce,
                            .challenge = asked.code_challenge,
                            .auth_time = time,
                            .expires_at = now + kCode});
  });
  return code;
}

Step Provider::authorize(const Caller& caller, const Asked& asked, Decision decision) {
  if (caller.credential != "session") {
    throw forbidden("oauth.needsSession", "Applications are let in in the browser only.");
  }
  const store::Client client = known_client(asked);
  try {
    check_asked(client, asked);
  } catch (const Refusal& refusal) {
    return {.redirect =
                back(asked, {{"error", refusal.id()}, {"error_description", refusal.what()}})};
  }
  if (decision == Decision::refuse) return {.redirect = back(asked, {{"error", "access_denied"}})};
  const auto prompts = words_of(asked.prompt);
  const Micros time = auth_time(caller);
  const bool too_old = asked.max_age && now_micros() - time > *asked.max_age * kSecond;
  const bool silent = prompts.contains("none");
  if (too_old) {
    if (silent) return {.redirect = back(asked, {{"error", "login_required"}})};
    return {.sign_in_again = true};
  }
  const auto wanted = known_scopes(asked.scope);
  const auto before = words_of(
      db_.reading([&](db::Tx& tx) { return store::consented_scope(tx, caller.user_id, client.id); })
          .value_or(""));
  std::vector<std::string> fresh;
  std::ranges::set_difference(wanted, before, std::back_inserter(fresh));
  const bool decided = decision == Decision::approve ||
                       (!prompts.contains("consent") && (client.trusted || fresh.empty()));
  if (!decided) {
    if (silent) return {.redirect = back(asked, {{"error", "consent_required"}})};
    if (fresh.empty()) fresh.assign(wanted.begin(), wanted.end());
    return {.client_name = client.name,
            .host = host_of(asked.redirect_uri),
            .scopes = std::move(fresh)};
  }
  if (decision == Decision::approve) {
    auto all = before;
    all.insert(wanted.begin(), wanted.end());
    db_.write([&](db::Tx& tx) {
      store::put_consent(tx, caller.user_id, client.id, joined(all), now_micros());
    });
    log::info("an application was let in", {{"client", client.id}, {"user", caller.user_id}});
  }
  const std::string code = issue_code(caller, client, asked, joined(wanted), time);
  return {.redirect = back(asked, {{"code", code}})};
}

std::string Provider::login_required(const Asked& asked) {
  known_client(asked);
  return back(asked, {{"error", "login_required"}});
}

std::vector<store::Consent> Provider::consents(const Caller& caller) {
  return db_.reading([&](db::Tx& tx) { return store::consents(tx, caller.user_id); });
}

void Provider::withdraw(const Caller& caller, const std::string& client_id) {
  const bool was =
      db_.writing([&](db::Tx& tx) { return store::delete_consent(tx, caller.user_id, client_id); });
  if (!was) throw not_found("oauth.noConsent", "You have not let this application in.");
}

std::unique_ptr<Service> open(db::Database& database, identity::Identity& identity,
                              identity::Accounts& accounts, identity::External& external,
                              Options options) {
  database.migrate("oauth", migrations());
  return std::make_unique<Provider>(database, identity, accounts, external, std::move(options));
}

}  // namespace ob::oauth
