// Statistics of a data file: the `stats` JSON of an add action.
#include <boost/json/serialize.hpp>
#include <cmath>
#include <map>

#include "base/ids.h"
#include "base/text.h"
#include "delta/delta.h"
#include "delta/text.h"
#include "delta/values.h"

namespace ob::delta {
namespace {

constexpr std::size_t kPrefix = 32;  // code points of a string that are kept

// Byte length of the first `count` code points of valid UTF-8.
std::size_t prefix_length(std::string_view s, std::size_t count) {
  std::size_t i = 0;
  while (i < s.size() && count > 0) {
    ++i;
    while (i < s.size() && (static_cast<unsigned char>(s[i]) & 0xC0) == 0x80) ++i;
    --count;
  }
  return i;
}

char32_t last_code_point(std::string_view s, std::size_t& start) {
  start = s.size() - 1;
  while (start > 0 && (static_cast<unsigned char>(s[start]) & 0xC0) == 0x80) --start;
  std::size_t i = start;
  return next_code_point(s, i);
}

std::string json_text(std::string_view s) {
  return boost::json::serialize(boost::json::string_view(s.data(), s.size()));
}

std::optional<std::string> string_bound(const std::string& value, bool upper) {
  if (!valid_utf8(value)) return std::nullopt;
  const auto length = prefix_length(value, kPrefix);
  if (length == value.size()) return json_text(value);
  auto prefix = value.substr(0, length);
  if (!upper) return json_text(prefix);
  // The smallest text of this length that is above every text with the prefix.
  while (!prefix.empty()) {
    std::size_t start = 0;
    auto c = last_code_point(prefix, start);
    prefix.resize(start);
    if (c < 0x10FFFF) {
      append_code_point(prefix, c == 0xD7FF ? 0xE000 : c + 1);
      return json_text(prefix);
    }
  }
  return std::nullopt;
}

std::optional<std::string> moment_bound(const DataType& type, const std::string& value,
                                        bool upper) {
  const auto moment = parse_moment(value);
  if (!moment) return std::nullopt;
  if (type.is("date")) return '"' + format_date(moment->micros) + '"';
  auto millis = moment->micros / 1000;
  if (moment->micros % 1000 < 0) --millis;
  if (upper && millis * 1000 != moment->micros) ++millis;
  auto text = format_moment(millis * 1000, 'T', 3);
  if (text.size() != 23) return std::nullopt;  // rounded up into the year 10000
  return '"' + text + (type.is("timestamp") ? "Z\"" : "\"");
}

std::optional<std::string> float_bound(const DataType& type, const std::string& value, bool upper) {
  auto number = parse_double(value);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  // Zeros of either sign are equal to some engines and ordered to others: take the wider bound.
  if (*number == 0) return upper ? "0.0" : "-0.0";
  if (type.is("float")) {
    // The shortest text of the float itself; as a double it would differ.
    return Decimal::parse(value) ? std::optional(format_double(*number)) : std::nullopt;
  }
  return format_double(*number);
}

// JSON text of a bound, or nullopt when there is none for this value.
std::optional<std::string> bound(const DataType& type, const std::string& value, bool upper) {
  if (type.is("string")) return string_bound(value, upper);
  if (type.is("date") || type.is("timestamp") || type.is("timestamp_ntz")) {
    return moment_bound(type, value, upper);
  }
  if (type.is("float") || type.is("double")) return float_bound(type, value, upper);
  if (type.is("long") || type.is("integer") || type.is("short") || type.is("byte")) {
    std::int64_t number = 0;
    if (!parse_whole(value, number)) return std::nullopt;
    return std::to_string(number);
  }
  if (type.is_decimal()) {
    if (!Decimal::parse(value) || value.find_first_of("eE+ ") != std::string::npos) {
      return std::nullopt;
    }
    if (value.starts_with('.')) return "0" + value;
    if (value.starts_with("-.")) return "-0" + value.substr(1);
    return value;
  }
  return std::nullopt;  // binary, boolean
}

using ByPath = std::map<std::vector<std::string>, const ColumnStats*>;

struct Output {
  std::string min, max, nulls;
};

void member(std::string& out, const std::string& name, const std::string& json) {
  if (json.empty()) return;
  if (!out.empty()) out += ',';
  out += json_text(name) + ":" + json;
}

std::string wrapped(const std::string& members) {
  return members.empty() ? std::string() : "{" + members + "}";
}

void collect(const Schema& fields, std::vector<std::string>& path, const ByPath& columns, int& left,
             Output& out) {
  for (const auto& f : fields) {
    if (left == 0) return;
    path.push_back(f.physical_name());
    if (f.type.is("struct")) {
      Output inner;
      collect(f.type.fields, path, columns, left, inner);
      member(out.min, path.back(), wrapped(inner.min));
      member(out.max, path.back(), wrapped(inner.max));
      member(out.nulls, path.back(), wrapped(inner.nulls));
    } else {
      const auto found = columns.find(path);
      // Partition columns are not in the file and do not count.
      if (found != columns.end() || f.type.is_nested()) --left;
      if (found != columns.end()) {
        const auto& c = *found->second;
        if (c.null_count) member(out.nulls, path.back(), std::to_string(*c.null_count));
        // NaN is above every number for some engines and outside the order for others.
        if (c.min && !c.has_nan) {
          member(out.min, path.back(), bound(f.type, *c.min, false).value_or(""));
        }
        if (c.max && !c.has_nan) {
          member(out.max, path.back(), bound(f.type, *c.max, true).value_or(""));
        }
      }
    }
    path.pop_back();
  }
}

}  // namespace

int indexed_columns(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.dataSkippingNumIndexedCols");
  int count = 32;
  if (found != metadata.configuration.end() && parse_whole(found->second, count) && count >= -1) {
    return count;
  }
  return 32;
}

std::string make_stats(const Schema& schema, std::int64_t rows,
                       const std::vector<ColumnStats>& columns, int indexed) {
  ByPath by_path;
  for (const auto& c : columns) by_path[c.path] = &c;
  Output out;
  std::vector<std::string> path;
  int left = indexed;  // -1 never reaches 0
  collect(schema, path, by_path, left, out);
  return "{\"numRecords\":" + std::to_string(rows) + ",\"minValues\":{" + out.min +
         "},\"maxValues\":{" + out.max + "},\"nullCount\":{" + out.nulls +
         "},\"tightBounds\":true}";
}

}  // namespace ob::delta
