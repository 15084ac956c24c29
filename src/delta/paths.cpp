#include "delta/paths.h"

#include <array>

#include "base/error.h"
#include "base/ids.h"
#include "delta/delta.h"

namespace ob::delta {
namespace {

constexpr std::size_t kMaxPath = 8192;
constexpr std::size_t kMaxDirectory = 180;  // file systems allow 255 bytes a name

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_escape(std::string& out, unsigned char c) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  out += '%';
  out += digits[c >> 4];
  out += digits[c & 15];
}

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

bool has_scheme(std::string_view path) {
  auto colon = path.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  if (path.substr(0, colon).find('/') != std::string_view::npos) return false;
  return path.substr(colon + 1).starts_with('/');
}

Error bad_path(const std::string& path) {
  auto shown = path.substr(0, 200);
  if (!valid_utf8(shown)) shown = "(not UTF-8)";
  return {422, "delta.badPath",
          "The table's log names a file outside the table: \"" + shown +
              "\". Only files inside the table's directory are read."};
}

void check_relative(const std::string& relative, const std::string& path) {
  if (relative.empty() || relative.size() > kMaxPath) throw bad_path(path);
  for (unsigned char c : relative) {
    if (c < 0x20 || c == 0x7f || c == '\\') throw bad_path(path);
  }
  std::size_t start = 0;
  while (start <= relative.size()) {
    auto end = relative.find('/', start);
    if (end == std::string::npos) end = relative.size();
    auto part = std::string_view(relative).substr(start, end - start);
    if (part.empty() || part == "." || part == "..") throw bad_path(path);
    start = end + 1;
  }
}

// Hive's escaping, and of everything else that some reader might treat specially.
std::string escape_name(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (out.size() > kMaxDirectory) break;  // the directory's name carries no meaning
    if (plain(c)) {
      out += c;
    } else {
      append_escape(out, static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

std::string decode_path(std::string_view path) {
  std::string out;
  out.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '%' && i + 2 < path.size()) {
      const int high = hex_digit(path[i + 1]), low = hex_digit(path[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += path[i];
  }
  return out;
}

std::string directory_location(const objects::Store& store, const std::string& key) {
  if (!key.empty()) return store.location(key);
  auto inside = store.location("x");
  inside.resize(inside.size() - 2);
  return inside;
}

std::string resolve_path(const std::string& path, const std::string& location) {
  std::string relative;
  if (path.starts_with('/') || has_scheme(path)) {
    // As it stands first: a location may itself hold percent signs.
    const auto prefix = location + "/";
    if (path.starts_with(prefix)) {
      relative = decode_path(std::string_view(path).substr(prefix.size()));
    } else {
      relative = decode_path(path);
      if (!relative.starts_with(prefix)) throw bad_path(path);
      relative.erase(0, prefix.size());
    }
  } else {
    relative = decode_path(path);
  }
  if (has_scheme(relative)) throw bad_path(path);
  check_relative(relative, path);
  return relative;
}

std::string encode_path(const std::string& path) {
  std::string out;
  out.reserve(path.size() + 16);
  for (char c : path) {
    if (plain(c) || c == '/' || c == '=' || c == '~') {
      out += c;
    } else {
      append_escape(out, static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string partition_directory(const PartitionValues& values) {
  std::string out;
  for (const auto& [name, value] : values) {
    if (!out.empty()) out += '/';
    out += escape_name(name) + "=";
    out += value && !value->empty() ? escape_name(*value) : "__HIVE_DEFAULT_PARTITION__";
  }
  return out;
}

}  // namespace ob::delta
