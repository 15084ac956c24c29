#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace ob {

std::string new_uuid();  // UUID version 7 (RFC 9562), lower case with hyphens: sorts by time
std::string random_token(std::size_t bytes);  // from the system's CSPRNG, base64url without padding
std::string sha256_hex(std::string_view data);
bool constant_time_equal(std::string_view a, std::string_view b);
std::string base64_encode(std::string_view data);
std::string base64url_encode(std::string_view data);  // no padding
bool base64_decode(std::string_view text,
                   std::string& out);  // standard alphabet; false when malformed
bool base64url_decode(std::string_view text,
                      std::string& out);  // no padding wanted; false when malformed
bool valid_utf8(std::string_view text);

}  // namespace ob
