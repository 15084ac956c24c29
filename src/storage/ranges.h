#pragma once
// Headers of downloads: ranges and conditions (RFC 9110), names and types.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "net/net.h"

namespace ob::storage {

struct Range {
  std::int64_t first = 0, length = 0;
};
struct RangeAnswer {
  bool unsatisfiable = false;  // 416
  std::optional<Range> range;  // 206; else the whole: no range, several, or one that is malformed
};
RangeAnswer parse_range(std::string_view header, std::int64_t size);

// What a request says about the version that the client has.
bool not_modified(const net::Request& request, const std::string& etag,
                  const std::string& last_modified);
bool range_applies(const net::Request& request, const std::string& etag,
                   const std::string& last_modified);

std::string_view content_type(std::string_view name);    // by the extension
std::string content_disposition(std::string_view name);  // attachment; RFC 6266

// Raw digests from Content-MD5 (RFC 1864) and Content-Digest (RFC 9530, sha-256); empty when not
// given. Throws ob::Error 400 storage.badDigest.
std::string md5_of(const net::Request& request);
std::string sha256_of(const net::Request& request);

}  // namespace ob::storage
