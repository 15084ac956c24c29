#pragma once
#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <set>

#include "identity/service_accounts.h"
#include "oauth/api.h"
#include "oauth/store.h"

namespace ob::oauth {

// A refusal in the words of RFC 6749; its id is the OAuth error.
class Refusal : public identity::GrantError {
 public:
  Refusal(const std::string& error, const std::string& text, int status = 400)
      : GrantError(status, error, text) {}
};

// What an application asks for, as it sent it.
struct Asked {
  std::string client_id, redirect_uri, response_type, scope, state, nonce, code_challenge,
      code_challenge_method, prompt, response_mode;
  std::optional<std::int64_t> max_age;  // seconds
};

enum class Decision { open, approve, refuse };

// One of: the person has to decide, has to sign in anew, or goes on to the address.
struct Step {
  std::string redirect;
  bool sign_in_again = false;
  std::string client_name, host;    // to decide about
  std::vector<std::string> scopes;  // that were not approved before
};

struct ClientChange {
  std::string name;
  std::vector<std::string> redirect_uris;
  bool trusted = false;
};

// Credentials of an application, from the header or the form.
struct Credentials {
  std::string client_id, secret;
};

// All methods block and are thread-safe.
class Provider final : public Service {
 public:
  Provider(db::Database& database, identity::Identity& identity, identity::Accounts& accounts,
           identity::External& external, Options options);

  std::string issuer() const { return options_.public_url(); }

  // Administrators. The secret is given once, and to confidential ones only.
  std::vector<store::Client> clients(const Caller&);
  std::pair<store::Client, std::string> create_client(const Caller&, const ClientChange&,
                                                      bool confidential);
  store::Client change_client(const Caller&, const std::string& id, const ClientChange&);
  std::string renew_secret(const Caller&, const std::string& id);
  void delete_client(const Caller&, const std::string& id);

  // For who is signed in in the browser. Throws 400 oauth.badClient, which must not lead back to
  // the application.
  Step authorize(const Caller&, const Asked&, Decision);
  // Where to go when nobody is signed in and nobody may be asked.
  std::string login_required(const Asked&);
  std::vector<store::Consent> consents(const Caller&);
  void withdraw(const Caller&, const std::string& client_id);

  // For applications. Throw Refusal.
  using Form = std::map<std::string, std::string>;
  boost::json::object exchange(const Form&, const Credentials&);
  boost::json::object userinfo(const std::string& access_token);
  void revoke(const Form&, const Credentials&);
  boost::json::object introspect(const Form&, const Credentials&);
  // For what no application of others may do; says first when it is none.
  [[noreturn]] void refuse_grant(const Credentials&);

 private:
  store::Client checked(const ClientChange&) const;
  store::Client known_client(const Asked&);
  void check_asked(const store::Client&, const Asked&) const;
  std::string back(const Asked&, std::vector<std::pair<std::string, std::string>> more) const;
  std::string issue_code(const Caller&, const store::Client&, const Asked&,
                         const std::string& scope, Micros auth_time);
  Micros auth_time(const Caller&);

  store::Client authenticated(db::Tx&, const Credentials&) const;
  boost::json::object exchange_code(const Form&, const Credentials&);
  boost::json::object refresh(const Form&, const Credentials&);
  boost::json::object issue(db::Tx&, const store::Token& base, const std::string& nonce);
  boost::json::object claims(const identity::User&, const std::set<std::string>& scopes) const;
  std::optional<identity::User> open_user(db::Tx&, const std::string& user_id) const;

  db::Database& db_;
  identity::Identity& identity_;
  identity::Accounts& accounts_;
  identity::External& external_;
  const Options options_;
};

std::set<std::string> words_of(const std::string& text);
std::string joined(const std::set<std::string>& words);

void register_protocol_api(api::Registry& registry, Provider& provider, Pool& blocking);
// The one token endpoint, and what goes before and after it.
void register_token_api(api::Registry& registry, Provider& provider, const Grants& grants,
                        Pool& blocking);

// What ids of applications begin with.
inline constexpr std::string_view application_prefix = "obc_";
// RFC 8628.
inline constexpr std::string_view device_grant = "urn:ietf:params:oauth:grant-type:device_code";

}  // namespace ob::oauth
