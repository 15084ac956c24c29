#pragma once
// Signed JSON Web Tokens of others (RFC 7515, 7517, 7519).
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace ob::sso {

enum class Signature { good, unknown_key, bad };

struct Verified {
  Signature signature = Signature::bad;
  boost::json::object header, claims;  // only of a good one
  std::string why;                     // of a bad one, for the log
};

// Algorithms that are taken: RS, PS and ES with SHA-2; never `none` and never a shared secret.
bool known_algorithm(std::string_view algorithm);

// `keys` is a JWK set. The key is the one that the token names, or any fitting one where it names
// none; it must be of the algorithm's type, not of another algorithm or use, and RSA of 2048 bits
// at least.
Verified verify_token(std::string_view token, const boost::json::object& keys);

// Left half of the digest that the algorithm uses, base64url: at_hash and c_hash.
std::string half_hash(std::string_view algorithm, std::string_view text);

}  // namespace ob::sso
