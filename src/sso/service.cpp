// Leaving for a provider and coming back.
#include "sso/service.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/ids.h"
#include "base/log.h"
#include "sso/errors.h"
#include "sso/oauth2.h"
#include "sso/remote.h"

namespace ob::sso {
namespace {

namespace json = boost::json;

constexpr Micros kSecond = 1'000'000;
constexpr Micros kFlow = 600 * kSecond;
constexpr std::size_t kMaxNext = 2000, kMaxState = 100, kMaxCookie = 4096, kMaxCode = 4096,
                      kMaxSlug = 50;
constexpr std::string_view kFlowContext = "sso.flow";

// At most 200 bytes of what the provider calls the person, fit to be shown.
std::string shown_name(const Proof& proof) {
  std::string name = proof.name.empty() ? proof.email.substr(0, proof.email.find('@')) : proof.name;
  std::erase_if(name, [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  constexpr std::size_t kMost = 200;
  if (name.size() > kMost) {
    std::size_t end = kMost;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;
    name.resize(end);
  }
  return name.empty() || !valid_utf8(name) ? "User" : name;
}

}  // namespace

Arrival recorded(audit::Audit& audit, const std::string& slug, const identity::Origin& origin,
                 const std::function<Arrival()>& fn) {
  audit::Event event{.action = "auth.singleSignOn"};
  event.address = origin.address;
  event.user_agent = origin.user_agent;
  event.request_id = origin.request_id;
  event.details = {{"provider", slug.substr(0, kMaxSlug)}};
  return audit::act(audit, std::move(event), [&](audit::Event&) { return fn(); });
}

std::string checked_next(const std::string& next) {
  const bool ok = next.size() <= kMaxNext && next.starts_with('/') && !next.starts_with("//") &&
                  next.find('\\') == next.npos &&
                  std::ranges::none_of(next, [](unsigned char c) { return c < 0x21 || c > 0x7E; });
  return ok ? next : "/";
}

std::string domain_of(const std::string& email) {
  const auto at = email.rfind('@');
  std::string out = at == email.npos ? std::string() : email.substr(at + 1);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

SignOn::SignOn(db::Database& database, identity::Identity& identity, identity::External& external,
               Options options)
    : db_(database),
      identity_(identity),
      external_(external),
      options_(std::move(options)),
      audit_(options_.audit ? *options_.audit : audit::nowhere()),
      client_({options_.private_hosts}),
      oidc_(client_) {
  external_.set_password_gate([this](const std::string& email) {
    if (const auto provider = enforced_for(email)) {
      throw forbidden("identity.singleSignOn", "People of " + domain_of(email) + " sign in with " +
                                                   provider->name + ", not with a password.")
          .with_member("provider", provider->slug);
    }
  });
}

std::vector<Provider> SignOn::offered() {
  auto all = db_.reading([](db::Tx& tx) { return store::providers(tx); });
  std::erase_if(all, [](const Provider& one) { return !one.enabled; });
  return all;
}

std::optional<Provider> SignOn::enforced_for(const std::string& email) {
  const std::string domain = domain_of(email);
  if (!options_.enforce || domain.empty() || !valid_utf8(domain) ||
      domain.find('\0') != domain.npos) {
    return std::nullopt;
  }
  return db_.reading([&](db::Tx& tx) { return store::provider_of_domain(tx, domain); });
}

Provider SignOn::enabled_provider(const std::string& slug) {
  auto found = db_.reading([&](db::Tx& tx) { return store::provider_by_slug(tx, slug); });
  if (!found || !found->enabled) throw no_such_provider();
  return std::move(*found);
}

std::string SignOn::redirect_uri(const Provider& provider) const {
  return options_.public_url() + "/api/v1/auth/sso/" + provider.slug +
         (provider.kind == Kind::saml ? "/acs" : "/callback");
}

std::string SignOn::metadata_url(const Provider& provider) const {
  return options_.public_url() + "/api/v1/auth/sso/" + provider.slug + "/metadata";
}

std::string SignOn::secret_of(const Provider& provider) const {
  if (provider.sealed_secret.empty()) return {};
  return identity_.unseal(provider.sealed_secret, "sso.secret:" + provider.id);
}

std::string SignOn::cookie_name(const std::string& state) {
  return "openbricks_sso_" + state.substr(0, 10);
}

Departure SignOn::depart(const std::string& slug, const std::string& next, const Caller* caller) {
  const Provider provider = enabled_provider(slug);
  const Flow flow{.provider_id = provider.id,
                  .state = random_token(24),
                  .nonce = random_token(24),
                  .verifier = random_token(48),
                  .next = checked_next(next),
                  .link_user = caller ? caller->user_id : "",
                  .link_session = caller ? caller->session : "",
                  .until = now_micros() + kFlow};
  const std::string uri = redirect_uri(provider);
  const std::string sealed = identity_.seal(json::serialize(wire::encode(flow)), kFlowContext);
  std::string url;
  switch (provider.kind) {
    case Kind::oidc:
      url = oidc_.authorize(provider, flow, uri);
      break;
    case Kind::oauth2:
      url = oauth2::authorize(provider, flow, uri);
      break;
    case Kind::saml:
      url = saml::authorize(provider, {metadata_url(provider), uri}, flow);
      break;
  }
  return {.url = std::move(url),
          .cookie_name = cookie_name(flow.state),
          .cookie = base64url_encode(sealed)};
}

Flow SignOn::open_flow(const Provider& provider, const std::string& state,
                       const std::string& cookie) const {
  std::string sealed;
  if (state.empty() || cookie.empty() || cookie.size() > kMaxCookie ||
      !base64url_decode(cookie, sealed)) {
    throw bad_flow();
  }
  Flow flow;
  try {
    flow = wire::decode<Flow>(json::parse(identity_.unseal(sealed, kFlowContext)));
  } catch (const Error&) {
    throw bad_flow();  // not ours
  }
  if (flow.provider_id != provider.id || flow.state != state || flow.until < now_micros()) {
    throw bad_flow();
  }
  return flow;
}

void SignOn::use_state(const Flow& flow) {
  const bool fresh = db_.writing([&](db::Tx& tx) {
    return store::use_once(tx, sha256_hex("state|" + flow.state), flow.until, now_micros());
  });
  if (!fresh) throw bad_flow();
}

Arrival SignOn::arrive(const std::string& slug, const Return& back,
                       const std::function<std::string(const std::string&)>& cookie,
                       const identity::Origin& origin) {
  return recorded(audit_, slug, origin, [&] {
    const Provider provider = enabled_provider(slug);
    if (provider.kind == Kind::saml) throw no_such_provider();
    if (back.state.size() > kMaxState || back.code.size() > kMaxCode) throw bad_flow();
    const Flow flow = open_flow(provider, back.state, cookie(cookie_name(back.state)));
    use_state(flow);
    if (!back.error.empty()) {
      if (back.error == "access_denied") throw refused_there();
      throw broken("the provider answered " + back.error.substr(0, 100));
    }
    return admit(provider, redeem(provider, flow, back), flow, origin);
  });
}

Proof SignOn::redeem(const Provider& provider, const Flow& flow, const Return& back) {
  const Answer answer{back.code, back.issuer, redirect_uri(provider)};
  const std::string secret = secret_of(provider);
  return provider.kind == Kind::oidc ? oidc_.redeem(provider, secret, flow, answer)
                                     : oauth2::redeem(client_, provider, secret, flow, answer);
}

void SignOn::check_proof(const Provider& provider, const Proof& proof) const {
  const auto& domains = provider.settings.allowed_domains;
  if (domains.empty()) return;
  const bool verified = proof.email_verified || provider.settings.trust_email;
  if (!verified || !holds(domains, domain_of(proof.email))) {
    throw forbidden("sso.domainNotAllowed",
                    "Only people with a verified email of certain domains may sign in with this "
                    "provider.");
  }
}

std::string SignOn::find_or_create(db::Tx& tx, const Provider& provider, const Proof& proof) {
  const Settings& settings = provider.settings;
  if (proof.email.empty() || !(proof.email_verified || settings.trust_email)) {
    throw forbidden("sso.emailUnverified",
                    "The provider does not say that your email address is verified, so it cannot "
                    "be told whose account here is yours.");
  }
  if (const auto account = external_.by_email(tx, proof.email)) {
    if (!settings.link_accounts) {
      throw forbidden("sso.accountExists",
                      "There is an account with your email already. Sign in to it, and link the "
                      "provider under Account.");
    }
    // Whoever made it may not be whom the address belongs to.
    if (!account->user.verified) {
      throw forbidden("sso.accountUnverified",
                      "There is an account with your email whose owner never confirmed it. Ask an "
                      "administrator to delete it.");
    }
    return account->user.id;
  }
  if (!settings.create_accounts) {
    throw forbidden("sso.noAccount", "You have no account here. Ask an administrator to make one.");
  }
  return external_.create(tx, proof.email, shown_name(proof)).id;
}

std::string SignOn::account_of(db::Tx& tx, const Provider& provider, const Proof& proof,
                               const Flow& flow) {
  const Micros now = now_micros();
  const auto known = store::identity(tx, provider.id, proof.subject);
  const bool links = !flow.link_user.empty();
  if (known && links && known->user_id != flow.link_user) {
    throw conflict("sso.linkedElsewhere",
                   "This identity is linked to another account already. Unlink it there first.");
  }
  const std::string user_id =
      links ? flow.link_user : (known ? known->user_id : find_or_create(tx, provider, proof));
  const auto account = external_.by_id(tx, user_id);
  if (!account || (links && !external_.is_session(tx, flow.link_session))) throw bad_flow();
  if (account->user.disabled) {
    throw forbidden("identity.disabled",
                    "This account is disabled. An administrator can enable it.");
  }
  store::IdentityRow row{.id = known ? known->id : new_uuid(),
                         .provider_id = provider.id,
                         .subject = proof.subject,
                         .user_id = user_id,
                         .email = proof.email.substr(0, 254),
                         .created_at = now,
                         .last_used_at = now};
  if (known) {
    store::touch_identity(tx, row);
  } else {
    store::insert_identity(tx, row);
  }
  return user_id;
}

void SignOn::sync_groups(const Provider& provider, const Proof& proof, const std::string& user_id) {
  auto& permissions = identity_.permissions();
  const Caller system = identity::Identity::system();
  std::map<std::string, bool> wanted;  // group id to whether they are in it
  for (const auto& [theirs, ours] : provider.settings.groups) {
    const bool in = holds(proof.groups, theirs);
    wanted[ours] = wanted[ours] || in;
  }
  for (const auto& [group, in] : wanted) {
    std::vector<identity::Principal> members;
    try {
      members = permissions.members(system, group);
    } catch (const Error& error) {
      if (error.status() != 404) throw;
      log::warn("a group of a provider's settings is gone",
                {{"provider", provider.slug}, {"group", group}});
      continue;
    }
    const bool is_in =
        std::ranges::any_of(members, [&](const auto& one) { return one.id == user_id; });
    if (in && !is_in) permissions.add_member(system, group, user_id);
    if (!in && is_in) permissions.remove_member(system, group, user_id);
  }
}

Arrival SignOn::admit(const Provider& provider, const Proof& proof, const Flow& flow,
                      const identity::Origin& origin) {
  check_proof(provider, proof);
  const auto settle = [&] {
    return db_.writing([&](db::Tx& tx) { return account_of(tx, provider, proof, flow); });
  };
  std::string user_id;
  try {
    user_id = settle();
  } catch (const db::UniqueViolation&) {
    user_id = settle();  // the same person came twice at the same time
  }
  if (!flow.link_user.empty()) {
    if (auto* event = audit::current()) event->action = "auth.linkIdentity";
    audit::acted_by(audit::ActorKind::user, user_id, identity_.display_name(user_id), "");
    log::info("an identity was linked", {{"provider", provider.slug}, {"user", user_id}});
    return {.next = flow.next};
  }
  sync_groups(provider, proof, user_id);
  auto signed_in = db_.writing(
      [&](db::Tx& tx) { return external_.sign_in(tx, user_id, origin, provider.name); });
  log::info("signed in through a provider", {{"provider", provider.slug}, {"user", user_id}});
  return {.signed_in = std::move(signed_in), .next = flow.next};
}

std::vector<Linked> SignOn::identities(const Caller& caller) {
  return db_.reading([&](db::Tx& tx) {
    std::vector<Linked> out;
    for (auto& row : store::identities_of(tx, caller.user_id)) {
      const auto provider = store::provider_by_id(tx, row.provider_id);
      out.push_back({std::move(row), provider ? provider->name : ""});
    }
    return out;
  });
}

void SignOn::unlink(const Caller& caller, const std::string& id) {
  db_.write([&](db::Tx& tx) {
    const auto own = store::identities_of(tx, caller.user_id);
    if (std::ranges::none_of(own, [&](const auto& one) { return one.id == id; })) {
      throw not_found("sso.identityNotFound", "No such identity is linked to your account.");
    }
    const auto account = external_.by_id(tx, caller.user_id);
    if (own.size() == 1 && account && !account->has_password) {
      throw conflict("sso.lastIdentity",
                     "You sign in with nothing else. Set a password first, with \"Forgot your "
                     "password?\" on the sign-in page.");
    }
    store::delete_identity(tx, id);
  });
}

}  // namespace ob::sso
