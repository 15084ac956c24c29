#pragma once
// OpenID Connect (Core 1.0, Discovery 1.0): authorization code with PKCE.
#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/time.h"
#include "fetch/fetch.h"
#include "sso/provider.h"

namespace ob::sso {

// Where a flow returns to, and with what the provider answered.
struct Answer {
  std::string code, issuer, redirect_uri;
};

// Thread-safe; all methods may block on the provider.
class Oidc {
 public:
  explicit Oidc(const fetch::Client& client, std::function<Micros()> clock = now_micros)
      : client_(client), clock_(std::move(clock)) {}

  // The address at the provider that begins a sign-in.
  std::string authorize(const Provider&, const Flow&, const std::string& redirect_uri);
  // Who signed in. Throws sso.untrusted, sso.providerFailed, fetch.…
  Proof redeem(const Provider&, const std::string& secret, const Flow&, const Answer&);
  // Fetches everything anew and says what is wrong, if so.
  void check(const Provider&);
  void forget(const std::string& provider_id);

 private:
  struct Known {
    std::string issuer;
    boost::json::object metadata, keys;
    Micros fetched_at = 0, keys_at = 0;
    double refetches = 0;  // of keys, that are left
    Micros refilled_at = 0;
  };
  using KnownPtr = std::shared_ptr<const Known>;
  KnownPtr known(const Provider&);
  // The keys once more, unless that was done too often of late.
  KnownPtr with_fresh_keys(const Provider&);
  KnownPtr fetch_all(const Provider&) const;
  boost::json::object verified_claims(const Provider&, const std::string& token,
                                      std::string& algorithm);
  void check_claims(const Provider&, const Flow&, const boost::json::object& claims) const;
  void add_userinfo(const Known&, const boost::json::object& tokens, boost::json::object& claims);

  const fetch::Client& client_;
  std::function<Micros()> clock_;
  std::mutex mutex_;
  std::map<std::string, KnownPtr> known_;  // by the provider's id
};

}  // namespace ob::sso
