#pragma once
// Names of tables and paths of files, as the command line takes them.
#include <cstdint>
#include <string>
#include <string_view>

namespace ob::cli {

struct TableName {
  std::string catalog = "main", schema = "default", table;
  std::string text() const;  // catalog.schema.table, quoted with backticks where needed
  // "/api/v1/catalogs/…/schemas/…/tables/…", percent-encoded.
  std::string path() const;
  std::string schema_path() const;  // without the last two parts
};
// "orders", "sales.orders" or "main.sales.orders"; a part may stand in backticks or double quotes.
// Throws ob::Error cli.badName.
TableName parse_table_name(std::string_view text);

struct VolumePath {
  std::string catalog, schema, volume, rest;  // rest without a leading slash; "" is the volume
  std::string text() const;                   // "/Volumes/main/default/files/a/b.csv"
  std::string encoded() const;                // "main/default/files/a/b.csv", percent-encoded
};
bool is_volume_path(std::string_view text);
// Throws ob::Error cli.badPath.
VolumePath parse_volume_path(std::string_view text);

// "30d", "12h", "90m", "45s" to seconds. Throws ob::Error cli.badDuration.
std::int64_t parse_duration(std::string_view text);

}  // namespace ob::cli
