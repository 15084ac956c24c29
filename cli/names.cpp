#include "cli/names.h"

#include <cctype>
#include <charconv>
#include <vector>

#include "base/error.h"
#include "cli/http.h"

namespace ob::cli {
namespace {

std::string quoted(const std::string& part) {
  bool plain = !part.empty() && !std::isdigit(static_cast<unsigned char>(part[0]));
  for (const char c : part)
    plain = plain && (std::isalnum(static_cast<unsigned char>(c)) || c == '_');
  if (plain) return part;
  std::string out = "`";
  for (const char c : part) {
    out += c;
    if (c == '`') out += c;
  }
  return out + "`";
}

[[noreturn]] void bad_name(std::string_view text) {
  throw bad_request("cli.badName", "'" + std::string(text) +
                                       "' is not a table's name: write table, schema.table or "
                                       "catalog.schema.table, parts with dots in `backticks`.");
}

std::string next_part(std::string_view whole, std::string_view& rest) {
  std::string part;
  if (!rest.empty() && (rest[0] == '`' || rest[0] == '"')) {
    const char quote = rest[0];
    rest.remove_prefix(1);
    while (true) {
      if (rest.empty()) bad_name(whole);
      const char c = rest[0];
      rest.remove_prefix(1);
      if (c == quote) {
        if (!rest.starts_with(quote)) break;
        rest.remove_prefix(1);
      }
      part += c;
    }
  } else {
    const auto end = std::min(rest.find('.'), rest.size());
    part = rest.substr(0, end);
    rest.remove_prefix(end);
  }
  if (part.empty()) bad_name(whole);
  return part;
}

}  // namespace

std::string TableName::text() const {
  return quoted(catalog) + "." + quoted(schema) + "." + quoted(table);
}
std::string TableName::schema_path() const {
  return "/api/v1/catalogs/" + percent_encode(catalog, false) + "/schemas/" +
         percent_encode(schema, false);
}
std::string TableName::path() const {
  return schema_path() + "/tables/" + percent_encode(table, false);
}

TableName parse_table_name(std::string_view text) {
  std::vector<std::string> parts;
  std::string_view rest = text;
  while (true) {
    parts.push_back(next_part(text, rest));
    if (rest.empty()) break;
    if (rest[0] != '.' || parts.size() == 3) bad_name(text);
    rest.remove_prefix(1);
  }
  TableName name;
  name.table = parts.back();
  if (parts.size() > 1) name.schema = parts[parts.size() - 2];
  if (parts.size() > 2) name.catalog = parts[0];
  return name;
}

bool is_volume_path(std::string_view text) {
  return text.starts_with("/Volumes/");
}

std::string VolumePath::text() const {
  return "/Volumes/" + catalog + "/" + schema + "/" + volume + (rest.empty() ? "" : "/" + rest);
}
std::string VolumePath::encoded() const {
  return percent_encode(text().substr(std::string_view("/Volumes/").size()), true);
}

VolumePath parse_volume_path(std::string_view text) {
  const auto fail = [&](const std::string& why) {
    throw bad_request("cli.badPath", "'" + std::string(text) + "' " + why +
                                         " Write /Volumes/<catalog>/<schema>/<volume>/<path>.");
  };
  if (!is_volume_path(text)) fail("is not a path on the server.");
  std::string_view rest = text.substr(std::string_view("/Volumes/").size());
  VolumePath path;
  for (std::string* part : {&path.catalog, &path.schema, &path.volume}) {
    const auto end = std::min(rest.find('/'), rest.size());
    *part = rest.substr(0, end);
    if (part->empty()) fail("names no volume.");
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  path.rest = rest;
  return path;
}

std::int64_t parse_duration(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, text.data() + text.size());
  const std::int64_t scale = unit == "d"   ? 86400
                             : unit == "h" ? 3600
                             : unit == "m" ? 60
                             : unit == "s" ? 1
                                           : 0;
  if (code != std::errc{} || scale == 0 || value <= 0 || value > 100'000'000)
    throw bad_request("cli.badDuration",
                      "'" + std::string(text) + "' is not a duration: write 30d, 12h, 90m or 45s.");
  return value * scale;
}

}  // namespace ob::cli
