#pragma once
// Access tokens: JSON Web Tokens (RFC 7519) signed with ES256, and nothing else.
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "db/db.h"
#include "identity/accounts.h"
#include "identity/secrets.h"

namespace ob::identity {

struct Claims {
  std::string user_id, email;
  bool admin = false;
  std::string session;     // sign-ins and their refreshes share it
  std::int64_t epoch = 0;  // of the user: grows when all tokens so far must end
  std::int64_t issued_s = 0, expires_s = 0;
  // service: of a service account. view: of an administrator who looks at the server as the user.
  enum class Kind { session, service, view };
  Kind kind = Kind::session;
  std::string scope;   // words; empty: no limit
  std::string secret;  // id of the client secret
  std::string viewer_id, viewer_email;
  std::int64_t viewer_epoch = 0;
};

struct KeyTimes {
  Micros period = 30LL * 86'400 * 1'000'000;  // a new key signs after that time
  Micros token_lifetime = 3'600'000'000;      // so long an old key still verifies
};

// Thread-safe. Processes that share the database share the keys: a new one is there a minute before
// it signs, and all processes look for new ones more often than that.
class TokenSigner {
 public:
  // Loads the signing keys, or makes the first.
  TokenSigner(db::Database& database, const SecretBox& box, const KeyTimes& times = {});
  ~TokenSigner();
  // With the key that is current at the time of issue.
  std::string sign(const Claims& claims);
  // The same for any payload (JSON) whose issuer is not ours.
  std::string sign_payload(const std::string& payload, std::int64_t issued_s);
  // nullopt unless the signature, algorithm, key id, issuer, audience and times are right.
  std::optional<Claims> verify(std::string_view token, Micros now);
  // Loads what other processes made; makes the next key and drops old ones when it is time. Blocks.
  void refresh(Micros now);
  std::vector<PublicKey> public_keys();

 private:
  struct Key;
  void insert_fresh(db::Tx& tx, Micros now, Micros active_from);

  db::Database& db_;
  const SecretBox& box_;
  const KeyTimes times_;
  std::vector<std::unique_ptr<Key>> keys_;  // oldest first
  std::mutex mutex_;  // the library counts references to a key without atomics
};

}  // namespace ob::identity
