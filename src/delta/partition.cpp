// Partition values as the protocol serialises them.
#include <cmath>

#include "base/error.h"
#include "base/ids.h"
#include "delta/delta.h"
#include "delta/text.h"
#include "delta/values.h"

namespace ob::delta {
namespace {

Error bad_value(const DataType& type, const char* why) {
  return {400, "delta.badPartitionValue",
          "A value cannot be used to partition by a column of type " + to_sql(type) + ": " + why +
              ". Partition by another column."};
}

std::string moment_text(const DataType& type, const std::string& text) {
  const auto moment = parse_moment(text);
  if (!moment) throw bad_value(type, "it is not between the years 0001 and 9999");
  if (type.is("date")) return format_date(moment->micros);
  if (type.is("timestamp")) return format_moment(moment->micros, 'T', 6) + "Z";
  return format_moment(moment->micros, ' ', 6);
}

}  // namespace

std::optional<std::string> partition_text(const DataType& type,
                                          const std::optional<std::string>& duckdb_text) {
  if (!duckdb_text || duckdb_text->empty()) return std::nullopt;
  const auto& text = *duckdb_text;
  if (type.is("date") || type.is("timestamp") || type.is("timestamp_ntz")) {
    return moment_text(type, text);
  }
  if (type.is("float") || type.is("double")) {
    const auto value = parse_double(text);
    if (!value) throw bad_value(type, "it is not a number");
    if (std::isnan(*value)) return "NaN";
    if (std::isinf(*value)) return *value > 0 ? "Infinity" : "-Infinity";
    return text;
  }
  if (type.is("boolean")) {
    if (equal_ignoring_case(text, "true")) return "true";
    if (equal_ignoring_case(text, "false")) return "false";
    throw bad_value(type, "it is neither true nor false");
  }
  if (type.is("binary")) {
    auto bytes = blob_bytes(text);
    // Other engines keep the bytes as a string, which only UTF-8 survives.
    if (!bytes || !valid_utf8(*bytes)) throw bad_value(type, "its bytes are not UTF-8 text");
    return bytes;
  }
  if (type.is("string")) {
    if (!valid_utf8(text)) throw bad_value(type, "it is not UTF-8 text");
    return text;
  }
  if (type.is_nested() || type.is("void")) {
    throw bad_value(type, "a partition column needs a simple type");
  }
  if (!Decimal::parse(text)) throw bad_value(type, "it is not a number");
  return text;
}

}  // namespace ob::delta
