#pragma once
// One-time codes of authenticator apps (RFC 6238: SHA-1, 6 digits, 30 s).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace ob::identity::totp {

std::string new_secret();  // 20 random bytes
std::string base32(std::string_view bytes);
std::string code_at(std::string_view secret, std::int64_t step);
std::int64_t step_of(Micros time);
// The step whose code it is, one before and one after now allowed; nullopt when it is none, or not
// newer than `last_step`: each code works once.
std::optional<std::int64_t> match(std::string_view secret, std::string_view code, Micros now,
                                  std::int64_t last_step);
// For apps to scan.
std::string url(std::string_view secret, std::string_view account);

// "k3j9x-q2m4p": 50 bits, in letters and digits that cannot be taken for each other.
std::vector<std::string> new_recovery_codes(std::size_t count);
// A code as typed, without what people put between; lower case.
std::string plain(std::string_view code);

}  // namespace ob::identity::totp
