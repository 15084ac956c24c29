#include "storage/digests.h"

#include "base/ascii.h"
#include "base/error.h"
#include "base/ids.h"

namespace ob::storage {
namespace {

std::string decode_digest(std::string_view text, std::size_t size, const char* header) {
  std::string raw;
  if (!base64_decode(text, raw) || raw.size() != size) {
    throw bad_request("storage.badDigest",
                      std::string("The header ") + header + " does not hold a digest.");
  }
  return raw;
}

}  // namespace

std::string_view content_type(std::string_view name) {
  static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"csv", "text/csv; charset=utf-8"},
      {"gz", "application/gzip"},
      {"htm", "text/html; charset=utf-8"},
      {"html", "text/html; charset=utf-8"},
      {"jpeg", "image/jpeg"},
      {"jpg", "image/jpeg"},
      {"json", "application/json"},
      {"jsonl", "application/x-ndjson"},
      {"md", "text/markdown; charset=utf-8"},
      {"ndjson", "application/x-ndjson"},
      {"parquet", "application/vnd.apache.parquet"},
      {"pdf", "application/pdf"},
      {"png", "image/png"},
      {"svg", "image/svg+xml"},
      {"tsv", "text/tab-separated-values; charset=utf-8"},
      {"txt", "text/plain; charset=utf-8"},
      {"zip", "application/zip"},
  };
  const auto dot = name.rfind('.');
  if (dot != name.npos) {
    const std::string extension = ascii::lower(name.substr(dot + 1));
    for (const auto& [known, type] : kTypes) {
      if (known == extension) return type;
    }
  }
  return "application/octet-stream";
}

std::string md5_of(const net::Request& request) {
  const auto header = ascii::trimmed(request.header("Content-MD5"));
  return header.empty() ? std::string() : decode_digest(header, 16, "Content-MD5");
}

std::string sha256_of(const net::Request& request) {
  auto header = request.header("Content-Digest");
  while (!header.empty()) {
    const auto comma = header.find(',');
    const auto item = ascii::trimmed(header.substr(0, comma));
    constexpr std::string_view kName = "sha-256=";
    if (ascii::lower(item.substr(0, kName.size())) == kName) {
      auto value = item.substr(kName.size());
      if (value.size() < 2 || value.front() != ':' || value.back() != ':') value = "::";
      return decode_digest(value.substr(1, value.size() - 2), 32, "Content-Digest");
    }
    header = comma == header.npos ? std::string_view() : header.substr(comma + 1);
  }
  return {};
}

}  // namespace ob::storage
