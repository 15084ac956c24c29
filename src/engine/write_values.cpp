#include "engine/write_values.h"

#include <openbricks_native/src/parquet/bridge.rs.h>
#include <rust/cxx.h>

#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "engine/file_shapes.h"
#include "engine/files.h"
#include "engine/literal_columns.h"
#include "engine/write_place.h"

namespace ob::engine {

namespace {

constexpr const char* suffix = ".parquet";
constexpr std::size_t most_rows = 1000;

native::NewKind native_kind(LiteralColumn::Kind kind) {
  using Kind = LiteralColumn::Kind;
  switch (kind) {
    case Kind::boolean:
      return native::NewKind::Boolean;
    case Kind::int8:
      return native::NewKind::Int8;
    case Kind::int16:
      return native::NewKind::Int16;
    case Kind::int32:
      return native::NewKind::Int32;
    case Kind::int64:
      return native::NewKind::Int64;
    case Kind::float32:
      return native::NewKind::Float;
    case Kind::float64:
      return native::NewKind::Double;
    case Kind::text:
      return native::NewKind::Text;
    case Kind::date:
      return native::NewKind::Date;
    case Kind::instant:
      return native::NewKind::Instant;
    case Kind::local:
      return native::NewKind::Local;
    case Kind::decimal:
      return native::NewKind::Decimal;
  }
  throw internal("a column of literals is of an unknown kind");
}

// One a column of the schema.
std::optional<std::vector<LiteralColumn>> columns_of(const delta::Schema& schema,
                                                     const std::vector<std::string>& names,
                                                     const LiteralRows& rows) {
  std::vector<std::optional<std::size_t>> places(schema.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto* field = delta::find_field(schema, names[i]);
    if (field == nullptr) return std::nullopt;
    auto& place = places[static_cast<std::size_t>(field - schema.data())];
    if (place) return std::nullopt;
    place = i;
  }
  if (std::ranges::any_of(rows, [&](const auto& row) { return row.size() != names.size(); }))
    return std::nullopt;
  const auto now = now_micros();
  std::vector<LiteralColumn> out;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    auto column = literal_column(schema[i], rows, places[i], now);
    if (!column) return std::nullopt;
    out.push_back(std::move(*column));
  }
  return out;
}

native::NewFile new_file(const delta::Schema& schema, const std::vector<LiteralColumn>& columns,
                         std::size_t rows) {
  std::vector<std::string> names;
  for (const auto& field : schema) names.push_back(field.physical_name());
  std::vector<native::NewColumn> given;
  const auto bytes = [](const std::vector<std::uint8_t>& all) {
    return rust::Slice<const std::uint8_t>(all.data(), all.size());
  };
  try {
    for (std::size_t i = 0; i < columns.size(); ++i)
      given.push_back({.name = names[i],
                       .id = schema[i].field_id(),
                       .kind = native_kind(columns[i].kind),
                       .precision = static_cast<std::uint32_t>(columns[i].precision),
                       .scale = static_cast<std::uint32_t>(columns[i].scale),
                       .values = bytes(columns[i].values),
                       .valid = bytes(columns[i].valid)});
    return native::new_file({given.data(), given.size()}, rows);
  } catch (const rust::Error& error) {
    throw internal("writing literals: " + std::string(error.what()));
  }
}

std::string stats(const delta::Schema& schema, const native::NewFile& file, std::int64_t rows,
                  int indexed) {
  std::vector<delta::ColumnStats> columns;
  for (const auto& facts : file.columns) {
    auto& column = columns.emplace_back();
    for (const auto& part : facts.path) column.path.emplace_back(part);
    column.null_count = facts.nulls;
    if (facts.has_min) column.min = std::string(facts.min);
    if (facts.has_max) column.max = std::string(facts.max);
  }
  return delta::make_stats(schema, rows, columns, indexed);
}

}  // namespace

std::optional<WrittenFile> write_values(Instance& instance, delta::Table& table,
                                        const delta::Schema& schema,
                                        const std::vector<std::string>& columns,
                                        const LiteralRows& rows, int indexed) {
  const auto location = table.location();
  if (relay::is_remote(location) || !instance.may_reach(location)) return std::nullopt;
  if (rows.empty() || rows.size() > most_rows) return std::nullopt;
  const auto values = columns_of(schema, columns, rows);
  if (!values || values->empty()) return std::nullopt;
  const auto file = new_file(schema, *values, rows.size());

  WriteNames names{.location = location, .id = new_uuid(), .suffix = suffix};
  names.prefix = "part-" + names.id + "-";
  const auto place = open_write_place(names, nullptr);
  const auto path = place->target() + "/" + names.prefix + "0" + suffix;
  write_new(path, {file.bytes.data(), file.bytes.size()});
  WrittenFile out;
  out.rows = static_cast<std::int64_t>(rows.size());
  out.add.path = delta::encode_path(place->settle(path, "", 0));
  out.add.size = static_cast<std::int64_t>(file.bytes.size());
  out.add.modification_time = now_micros() / 1000;
  out.add.data_change = true;
  out.add.tags[shape_tag] = shape_mark(schema, {});
  out.add.stats = stats(schema, file, out.rows, indexed);
  place->finish();
  return out;
}

}  // namespace ob::engine
