#pragma once
// Headers of transfers: types by name, digests.
#include <string>
#include <string_view>

#include "net/net.h"

namespace ob::storage {

std::string_view content_type(std::string_view name);  // by the extension

// Raw digests from Content-MD5 (RFC 1864) and Content-Digest (RFC 9530, sha-256); empty when not
// given. Throws ob::Error 400 storage.badDigest.
std::string md5_of(const net::Request& request);
std::string sha256_of(const net::Request& request);

}  // namespace ob::storage
