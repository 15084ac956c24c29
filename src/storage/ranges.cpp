#include "storage/ranges.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/ids.h"

namespace ob::storage {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// Digits only; a number too large for 64 bits counts as the largest.
std::optional<std::int64_t> parse_number(std::string_view text) {
  if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc::result_out_of_range ? INT64_MAX : value;
}

// The weak comparison: the tags' texts.
bool lists_tag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    auto tag = trimmed(list.substr(0, comma));
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == "*" || tag == etag) return true;
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
  }
  return false;
}

std::string decode_digest(std::string_view text, std::size_t size, const char* header) {
  std::string raw;
  if (!base64_decode(text, raw) || raw.size() != size) {
    throw bad_request("storage.badDigest",
                      std::string("The header ") + header + " does not hold a digest.");
  }
  return raw;
}

}  // namespace

RangeAnswer parse_range(std::string_view header, std::int64_t size) {
  const auto equals = header.find('=');
  if (equals == header.npos || lower(trimmed(header.substr(0, equals))) != "bytes") return {};
  const auto text = trimmed(header.substr(equals + 1));
  const auto dash = text.find('-');
  if (dash == text.npos || text.find(',') != text.npos) return {};
  const auto first = parse_number(trimmed(text.substr(0, dash)));
  const auto last = parse_number(trimmed(text.substr(dash + 1)));
  if (dash == 0) {  // the last so many bytes
    if (!last) return {};
    if (*last == 0 || size == 0) return {.unsatisfiable = true};
    const auto length = std::min(*last, size);
    return {.range = Range{size - length, length}};
  }
  const bool open_end = trimmed(text.substr(dash + 1)).empty();
  if (!first || (!open_end && (!last || *last < *first))) return {};
  if (*first >= size) return {.unsatisfiable = true};
  const auto end = open_end ? size - 1 : std::min(*last, size - 1);
  return {.range = Range{*first, end - *first + 1}};
}

bool not_modified(const net::Request& request, const std::string& etag,
                  const std::string& last_modified) {
  const auto tags = request.header("If-None-Match");
  if (!tags.empty()) return lists_tag(tags, etag);
  return request.header("If-Modified-Since") == last_modified;
}

bool range_applies(const net::Request& request, const std::string& etag,
                   const std::string& last_modified) {
  const auto condition = trimmed(request.header("If-Range"));
  return condition.empty() || condition == etag || condition == last_modified;
}

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
    const std::string extension = lower(name.substr(dot + 1));
    for (const auto& [known, type] : kTypes) {
      if (known == extension) return type;
    }
  }
  return "application/octet-stream";
}

std::string content_disposition(std::string_view name) {
  // For old clients: what is plain ASCII of the name; the rest reads the encoded one.
  std::string plain;
  for (const char c : name) {
    const bool usable = c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '%';
    plain += usable ? c : '_';
  }
  return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + net::percent_encode(name);
}

std::string md5_of(const net::Request& request) {
  const auto header = trimmed(request.header("Content-MD5"));
  return header.empty() ? std::string() : decode_digest(header, 16, "Content-MD5");
}

std::string sha256_of(const net::Request& request) {
  auto header = request.header("Content-Digest");
  while (!header.empty()) {
    const auto comma = header.find(',');
    const auto item = trimmed(header.substr(0, comma));
    constexpr std::string_view kName = "sha-256=";
    if (lower(item.substr(0, kName.size())) == kName) {
      auto value = item.substr(kName.size());
      if (value.size() < 2 || value.front() != ':' || value.back() != ':') value = "::";
      return decode_digest(value.substr(1, value.size() - 2), 32, "Content-Digest");
    }
    header = comma == header.npos ? std::string_view() : header.substr(comma + 1);
  }
  return {};
}

}  // namespace ob::storage
