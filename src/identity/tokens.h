#pragma once
// Access tokens: JSON Web Tokens (RFC 7519) signed with ES256, and nothing else.
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "db/db.h"
#include "identity/secrets.h"

namespace ob::identity {

struct Claims {
  std::string user_id, email;
  bool admin = false;
  std::string session;     // sign-ins and their refreshes share it
  std::int64_t epoch = 0;  // of the user: grows when all tokens so far must end
  std::int64_t issued_s = 0, expires_s = 0;
};

class TokenSigner {
 public:
  // Loads the signing key, or makes it on first use.
  TokenSigner(db::Database& database, const SecretBox& box);
  ~TokenSigner();
  std::string sign(const Claims& claims);
  // nullopt unless the signature, algorithm, key id, issuer, audience and times are right.
  std::optional<Claims> verify(std::string_view token, Micros now);

 private:
  struct Key;
  std::unique_ptr<Key> key_;
  std::mutex mutex_;  // the library counts references to a key without atomics
};

}  // namespace ob::identity
