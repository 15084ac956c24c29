// What administrators do with providers.
#include <algorithm>
#include <regex>

#include "base/ids.h"
#include "sso/errors.h"
#include "sso/saml_xml.h"
#include "sso/service.h"

namespace ob::sso {
namespace {

Error wrong(const std::string& field, const std::string& problem) {
  Error error(400, "request.invalid", "The request is not valid.");
  error.with_fields({{field, problem}});
  return error;
}

void lower(std::vector<std::string>& domains, const std::string& field) {
  static const std::regex kDomain("^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$");
  for (auto& one : domains) {
    one = domain_of("@" + one);
    if (!std::regex_match(one, kDomain)) throw wrong(field, "'" + one + "' is not a domain");
  }
  std::ranges::sort(domains);
  const auto same = std::ranges::unique(domains);
  domains.erase(same.begin(), same.end());
}

}  // namespace

void require_admin(const Caller& caller) {
  if (!caller.admin || caller.read_only) {
    throw forbidden("identity.notAdmin", "Only an administrator may do this.");
  }
}

Provider SignOn::checked(const ProviderChange& change) const {
  Provider out{.slug = change.slug,
               .kind = change.kind,
               .name = change.name,
               .enabled = change.enabled,
               .settings = change.settings};
  Settings& settings = out.settings;
  const auto address = [&](const std::string& value, const std::string& name) {
    try {
      client_.check(value);
    } catch (const Error& error) {
      throw wrong("settings." + name, error.what());
    }
  };
  if (settings.client_id.empty() && change.kind != Kind::saml) {
    throw wrong("settings.client_id", "is missing");
  }
  if (change.kind == Kind::saml) {
    if (settings.entity_id.empty()) throw wrong("settings.entity_id", "is missing");
    address(settings.sign_on_url, "sign_on_url");
    if (settings.certificates.empty()) throw wrong("settings.certificates", "are missing");
    for (auto& one : settings.certificates) one = xml::checked_certificate(one);
  } else if (change.kind == Kind::oidc) {
    address(settings.issuer, "issuer");
    if (settings.issuer.find_first_of("?#") != std::string::npos) {
      throw wrong("settings.issuer", "must have no query and no fragment");
    }
  } else {
    address(settings.authorize_url, "authorize_url");
    address(settings.token_url, "token_url");
    address(settings.userinfo_url, "userinfo_url");
    if (!settings.emails_url.empty()) address(settings.emails_url, "emails_url");
  }
  lower(settings.allowed_domains, "settings.allowed_domains");
  lower(settings.enforced_domains, "settings.enforced_domains");
  if (!settings.groups.empty() && settings.groups_claim.empty()) {
    throw wrong("settings.groups_claim", "is missing: it says where the groups stand");
  }
  for (const auto& [theirs, ours] : settings.groups) {
    try {
      identity_.permissions().group(identity::Identity::system(), ours);
    } catch (const Error&) {
      throw wrong("settings.groups", "'" + theirs + "' leads to a group that is not there");
    }
  }
  return out;
}

void SignOn::write(const std::function<void(db::Tx&)>& fn) {
  try {
    db_.write(fn);
  } catch (const db::UniqueViolation&) {
    throw conflict("sso.taken",
                   "Another provider has this short name, or enforces one of these domains.");
  }
}

std::vector<Provider> SignOn::providers(const Caller& caller) {
  require_admin(caller);
  return db_.reading([](db::Tx& tx) { return store::providers(tx); });
}

Provider SignOn::provider(const Caller& caller, const std::string& id) {
  require_admin(caller);
  auto found = db_.reading([&](db::Tx& tx) { return store::provider_by_id(tx, id); });
  if (!found) throw no_such_provider();
  return std::move(*found);
}

Provider SignOn::create(const Caller& caller, const ProviderChange& change) {
  require_admin(caller);
  Provider provider = checked(change);
  provider.id = new_uuid();
  provider.created_at = provider.updated_at = now_micros();
  if (!change.client_secret.value_or("").empty()) {
    provider.sealed_secret = identity_.seal(*change.client_secret, "sso.secret:" + provider.id);
  }
  write([&](db::Tx& tx) { store::insert_provider(tx, provider); });
  return provider;
}

Provider SignOn::change(const Caller& caller, const std::string& id, const ProviderChange& change) {
  require_admin(caller);
  Provider provider = checked(change);
  write([&](db::Tx& tx) {
    const auto before = store::provider_by_id(tx, id);
    if (!before) throw no_such_provider();
    if (before->kind != change.kind) throw wrong("kind", "cannot change: make another provider");
    provider.id = id;
    provider.sealed_secret = before->sealed_secret;
    provider.created_at = before->created_at;
    provider.updated_at = now_micros();
    // A secret must not go to a server that it was not given for.
    const bool moved = before->settings.issuer != provider.settings.issuer ||
                       before->settings.token_url != provider.settings.token_url;
    if (moved && !change.client_secret && !before->sealed_secret.empty()) {
      throw wrong("client_secret", "must be given anew when the provider's address changes");
    }
    if (change.client_secret) {
      provider.sealed_secret = change.client_secret->empty()
                                   ? ""
                                   : identity_.seal(*change.client_secret, "sso.secret:" + id);
    }
    store::update_provider(tx, provider);
  });
  oidc_.forget(id);
  return provider;
}

void SignOn::remove(const Caller& caller, const std::string& id) {
  require_admin(caller);
  if (!db_.writing([&](db::Tx& tx) { return store::delete_provider(tx, id); })) {
    throw no_such_provider();
  }
  oidc_.forget(id);
}

void SignOn::check(const Caller& caller, const std::string& id) {
  const Provider found = provider(caller, id);
  try {
    if (found.kind == Kind::oidc) oidc_.check(found);
  } catch (const Error& error) {
    // An administrator may know why.
    throw Error(502, "sso.checkFailed",
                error.cause().empty() || error.id() != "sso.providerFailed"
                    ? error.what()
                    : "It does not work: " + error.cause() + ".");
  }
}

std::int64_t SignOn::count_identities(const std::string& provider_id) {
  return db_.reading([&](db::Tx& tx) { return store::count_identities(tx, provider_id); });
}

}  // namespace ob::sso
