#pragma once
#include "sso/api.h"
#include "sso/oidc.h"
#include "sso/provider.h"
#include "sso/saml.h"
#include "sso/store.h"

namespace ob::sso {

struct Departure {
  std::string url, cookie_name, cookie;
};

// How somebody came back from a provider.
struct Return {
  std::string state, code, issuer, error;
};

struct Arrival {
  std::optional<identity::SignedIn> signed_in;  // not when an identity was linked
  std::string next;
};

struct Linked {
  store::IdentityRow row;
  std::string provider;  // name
};

struct ProviderChange {
  std::string slug, name;
  Kind kind = Kind::oidc;
  bool enabled = true;
  std::optional<std::string> client_secret;  // none: as it was; "": none from now on
  Settings settings;
};

// All methods block and are thread-safe.
class SignOn {
 public:
  SignOn(db::Database& database, identity::Identity& identity, identity::External& external,
         Options options);

  std::vector<Provider> offered();
  // Where the email has to sign in; nullopt: by password as well.
  std::optional<Provider> enforced_for(const std::string& email);

  // `caller`: who links an identity to the own account; null: somebody signs in.
  Departure depart(const std::string& slug, const std::string& next, const Caller* caller);
  // `cookie` gives the value of a cookie of the browser.
  Arrival arrive(const std::string& slug, const Return&,
                 const std::function<std::string(const std::string&)>& cookie,
                 const identity::Origin&);

  // SAML: an assertion was posted; the ticket with which the same browser goes on.
  std::string receive(const std::string& slug, const std::string& response);
  // `relay`: what the provider handed back beside it: our state, or a page when it began.
  Arrival finish(const std::string& slug, const std::string& ticket, const std::string& relay,
                 const std::function<std::string(const std::string&)>& cookie,
                 const identity::Origin&);
  std::string metadata(const std::string& slug);

  std::vector<Linked> identities(const Caller&);
  void unlink(const Caller&, const std::string& id);

  // Administrators.
  std::vector<Provider> providers(const Caller&);
  Provider provider(const Caller&, const std::string& id);
  Provider create(const Caller&, const ProviderChange&);
  Provider change(const Caller&, const std::string& id, const ProviderChange&);
  void remove(const Caller&, const std::string& id);
  void check(const Caller&, const std::string& id);
  std::int64_t count_identities(const std::string& provider_id);

  std::string redirect_uri(const Provider&) const;  // SAML: where assertions are posted
  std::string metadata_url(const Provider&) const;
  std::string public_url() const { return options_.public_url(); }

  static std::string cookie_name(const std::string& state);

 private:
  Provider enabled_provider(const std::string& slug);
  saml::Ourselves ourselves(const Provider&);
  store::KeyRow encryption_key();  // made when it is first asked for
  std::string secret_of(const Provider&) const;
  Flow open_flow(const Provider&, const std::string& state, const std::string& sealed) const;
  void use_state(const Flow&);
  Proof redeem(const Provider&, const Flow&, const Return&);
  Arrival admit(const Provider&, const Proof&, const Flow&, const identity::Origin&);
  void check_proof(const Provider&, const Proof&) const;
  // The account of the proof, made or linked where that is due.
  std::string account_of(db::Tx&, const Provider&, const Proof&, const Flow&);
  std::string find_or_create(db::Tx&, const Provider&, const Proof&);
  void sync_groups(const Provider&, const Proof&, const std::string& user_id);
  Provider checked(const ProviderChange&) const;
  void write(const std::function<void(db::Tx&)>& fn);  // names what is taken

  db::Database& db_;
  identity::Identity& identity_;
  identity::External& external_;
  const Options options_;
  audit::Audit& audit_;
  const fetch::Client client_;
  Oidc oidc_;
};

// Runs a sign-in through a provider, and puts into the audit log what came of it.
Arrival recorded(audit::Audit& audit, const std::string& slug, const identity::Origin& origin,
                 const std::function<Arrival()>& fn);
// A page of ours; "/" for anything that could lead people away.
std::string checked_next(const std::string& next);
// The part of an email behind its @, in lower case.
std::string domain_of(const std::string& email);
void require_admin(const Caller&);

}  // namespace ob::sso
