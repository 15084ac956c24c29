#include "engine/json_text.h"

#include <array>
#include <charconv>
#include <cmath>

#include "engine/scalar_text.h"

namespace ob::engine {

namespace {

// Bytes that a JSON string must escape.
constexpr auto escaped = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

template <class T>
void append_integer(std::string& out, T value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

template <class T>
void append_float(std::string& out, T value) {
  if (!std::isfinite(value)) {
    out += std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
    return;
  }
  char digits[40];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

// Scalars that are not strings, BLOBs or nested; without quotes.
void append_scalar(std::string& out, const Vec& vec, std::uint64_t row) {
  switch (vec.type->id) {
    case DUCKDB_TYPE_BOOLEAN:
      out += vec.at<bool>(row) ? "true" : "false";
      break;
    case DUCKDB_TYPE_TINYINT:
      append_integer(out, int{vec.at<std::int8_t>(row)});
      break;
    case DUCKDB_TYPE_SMALLINT:
      append_integer(out, int{vec.at<std::int16_t>(row)});
      break;
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_INTEGER_LITERAL:
      append_integer(out, vec.at<std::int32_t>(row));
      break;
    case DUCKDB_TYPE_BIGINT:
      append_integer(out, vec.at<std::int64_t>(row));
      break;
    case DUCKDB_TYPE_UTINYINT:
      append_integer(out, unsigned{vec.at<std::uint8_t>(row)});
      break;
    case DUCKDB_TYPE_USMALLINT:
      append_integer(out, unsigned{vec.at<std::uint16_t>(row)});
      break;
    case DUCKDB_TYPE_UINTEGER:
      append_integer(out, vec.at<std::uint32_t>(row));
      break;
    case DUCKDB_TYPE_UBIGINT:
      append_integer(out, vec.at<std::uint64_t>(row));
      break;
    case DUCKDB_TYPE_FLOAT:
      append_float(out, vec.at<float>(row));
      break;
    case DUCKDB_TYPE_DOUBLE:
      append_float(out, vec.at<double>(row));
      break;
    case DUCKDB_TYPE_HUGEINT:
      append_int128(out, to_int128(vec.at<duckdb_hugeint>(row)));
      break;
    case DUCKDB_TYPE_UHUGEINT: {
      const auto& value = vec.at<duckdb_uhugeint>(row);
      append_uint128(out, UInt128{value.upper} << 64 | value.lower);
      break;
    }
    case DUCKDB_TYPE_DECIMAL:
      append_decimal(out, decimal_at(vec, row), vec.type->scale);
      break;
    case DUCKDB_TYPE_DATE:
      append_date(out, vec.at<std::int32_t>(row));
      break;
    case DUCKDB_TYPE_TIME:
      append_time(out, vec.at<std::int64_t>(row), 1'000'000);
      break;
    case DUCKDB_TYPE_TIME_NS:
      append_time(out, vec.at<std::int64_t>(row), 1'000'000'000);
      break;
    case DUCKDB_TYPE_TIME_TZ:
      append_time_tz(out, vec.at<duckdb_time_tz>(row));
      break;
    case DUCKDB_TYPE_TIMESTAMP:
      append_timestamp(out, vec.at<std::int64_t>(row), 1'000'000, false);
      break;
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      append_timestamp(out, vec.at<std::int64_t>(row), 1'000'000, true);
      break;
    case DUCKDB_TYPE_TIMESTAMP_S:
      append_timestamp(out, vec.at<std::int64_t>(row), 1, false);
      break;
    case DUCKDB_TYPE_TIMESTAMP_MS:
      append_timestamp(out, vec.at<std::int64_t>(row), 1'000, false);
      break;
    case DUCKDB_TYPE_TIMESTAMP_NS:
      append_timestamp(out, vec.at<std::int64_t>(row), 1'000'000'000, false);
      break;
    case DUCKDB_TYPE_INTERVAL:
      append_interval(out, vec.at<duckdb_interval>(row));
      break;
    case DUCKDB_TYPE_UUID:
      append_uuid(out, vec.at<duckdb_hugeint>(row));
      break;
    case DUCKDB_TYPE_BIT:
      append_bits(out, vec.string(row));
      break;
    default:
      out += "null";
      break;  // SQLNULL has no value
  }
}

bool bare_in_json(const Vec& vec, std::uint64_t row) {
  switch (vec.type->id) {
    case DUCKDB_TYPE_FLOAT:
      return std::isfinite(vec.at<float>(row));
    case DUCKDB_TYPE_DOUBLE:
      return std::isfinite(vec.at<double>(row));
    case DUCKDB_TYPE_HUGEINT: {
      // What sum() of integers gives: a number like other integers where 64 bits hold it.
      const auto& value = vec.at<duckdb_hugeint>(row);
      return value.upper == (static_cast<std::int64_t>(value.lower) < 0 ? -1 : 0);
    }
    default:
      return !quoted_in_json(*vec.type);
  }
}

void append_elements(std::string& out, const Vec& child, std::uint64_t first, std::uint64_t count) {
  out.push_back('[');
  for (std::uint64_t i = 0; i < count; ++i) {
    if (i > 0) out.push_back(',');
    append_json_value(out, child, first + i);
  }
  out.push_back(']');
}

// An object when keys are strings, else an array of pairs.
void append_map(std::string& out, const Vec& vec, std::uint64_t row) {
  const auto& entry = vec.at<duckdb_list_entry>(row);
  const Vec& keys = vec.children[0];
  const bool object = keys.type->id == DUCKDB_TYPE_VARCHAR || keys.type->id == DUCKDB_TYPE_ENUM;
  out.push_back(object ? '{' : '[');
  for (std::uint64_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    if (i > entry.offset) out.push_back(',');
    if (!object) out.push_back('[');
    append_json_value(out, keys, i);
    out.push_back(object ? ':' : ',');
    append_json_value(out, vec.children[1], i);
    if (!object) out.push_back(']');
  }
  out.push_back(object ? '}' : ']');
}

// The members of row(1, 2) have no names: an array keeps them apart.
void append_struct(std::string& out, const Vec& vec, std::uint64_t row) {
  const bool named = vec.type->labels.empty() || !vec.type->labels[0].empty();
  out.push_back(named ? '{' : '[');
  for (std::size_t i = 0; i < vec.children.size(); ++i) {
    if (i > 0) out.push_back(',');
    if (named) out += vec.type->keys[i];
    append_json_value(out, vec.children[i], row);
  }
  out.push_back(named ? '}' : ']');
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out.push_back('"');
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (!escaped[c]) continue;
    out.append(text, done, i - done);
    done = i + 1;
    out.push_back('\\');
    switch (c) {
      case '"':
      case '\\':
        out.push_back(static_cast<char>(c));
        break;
      case '\n':
        out.push_back('n');
        break;
      case '\r':
        out.push_back('r');
        break;
      case '\t':
        out.push_back('t');
        break;
      default:
        out += "u00";
        out.push_back(hex[c >> 4]);
        out.push_back(hex[c & 15]);
    }
  }
  out.append(text, done);
  out.push_back('"');
}

bool quoted_in_json(const Type& type) {
  switch (type.id) {
    case DUCKDB_TYPE_BOOLEAN:
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_INTEGER_LITERAL:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_SQLNULL:
      return false;
    default:
      return true;
  }
}

void append_json_value(std::string& out, const Vec& vec, std::uint64_t row) {
  if (!vec.valid(row)) {
    out += "null";
    return;
  }
  switch (vec.type->id) {
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_STRING_LITERAL:
      append_json_string(out, vec.string(row));
      break;
    case DUCKDB_TYPE_ENUM:
      append_json_string(out, vec.type->labels[vec.enum_index(row)]);
      break;
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_GEOMETRY:
      out.push_back('"');
      append_base64(out, vec.string(row));
      out.push_back('"');
      break;
    case DUCKDB_TYPE_LIST: {
      const auto& entry = vec.at<duckdb_list_entry>(row);
      append_elements(out, vec.children[0], entry.offset, entry.length);
      break;
    }
    case DUCKDB_TYPE_ARRAY:
      append_elements(out, vec.children[0], row * vec.type->array_size, vec.type->array_size);
      break;
    case DUCKDB_TYPE_MAP:
      append_map(out, vec, row);
      break;
    case DUCKDB_TYPE_STRUCT:
      append_struct(out, vec, row);
      break;
    case DUCKDB_TYPE_UNION:
      append_json_value(out, vec.children[1 + vec.children[0].at<std::uint8_t>(row)], row);
      break;
    default:
      if (bare_in_json(vec, row)) {
        append_scalar(out, vec, row);
      } else {
        out.push_back('"');
        append_scalar(out, vec, row);
        out.push_back('"');
      }
  }
}

void append_plain(std::string& out, const Vec& vec, std::uint64_t row) {
  switch (vec.type->id) {
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_STRING_LITERAL:
      out += vec.string(row);
      break;
    case DUCKDB_TYPE_ENUM:
      out += vec.type->labels[vec.enum_index(row)];
      break;
    case DUCKDB_TYPE_BLOB:
    case DUCKDB_TYPE_GEOMETRY:
      append_base64(out, vec.string(row));
      break;
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_STRUCT:
      append_json_value(out, vec, row);
      break;
    case DUCKDB_TYPE_UNION: {
      const Vec& member = vec.children[1 + vec.children[0].at<std::uint8_t>(row)];
      if (member.valid(row)) append_plain(out, member, row);
      break;
    }
    default:
      append_scalar(out, vec, row);
  }
}

}  // namespace ob::engine
