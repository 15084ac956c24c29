#include "db/postgres_values.h"

#include <bit>
#include <charconv>
#include <cstdint>
#include <limits>

#include "base/error.h"

namespace ob::db {
namespace {

// Of PostgreSQL's catalog pg_type; these numbers never change.
enum : Oid {
  kBool = 16,
  kBytea = 17,
  kName = 19,
  kInt8 = 20,
  kInt2 = 21,
  kInt4 = 23,
  kText = 25,
  kFloat4 = 700,
  kFloat8 = 701,
  kUnknown = 705,
  kVarchar = 1043,
  kNumeric = 1700,
};

template <class T>
T big_endian(const char* data) {
  T out = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out = static_cast<T>((out << 8) | static_cast<unsigned char>(data[i]));
  }
  return out;
}

std::array<char, 8> to_big_endian(std::uint64_t value) {
  std::array<char, 8> out;
  for (auto it = out.rbegin(); it != out.rend(); ++it, value >>= 8) {
    *it = static_cast<char>(value & 0xff);
  }
  return out;
}

// Groups of four decimal digits, the first of which counts 10000^weight.
Value numeric(const char* data) {
  const auto field = [&](int i) { return big_endian<std::uint16_t>(data + 2 * i); };
  const int digits = field(0), weight = static_cast<std::int16_t>(field(1));
  const auto sign = field(2);
  if (sign == 0xC000) return std::numeric_limits<double>::quiet_NaN();
  if (sign == 0xD000) return std::numeric_limits<double>::infinity();
  if (sign == 0xF000) return -std::numeric_limits<double>::infinity();
  std::string text = sign == 0x4000 ? "-" : "";
  for (int i = 0; i <= weight || i < digits; ++i) {
    if (i == weight + 1) text += '.';
    const std::string group = i < digits ? std::to_string(field(4 + i)) : "0";
    text.append(4 - group.size(), '0').append(group);
  }
  if (weight < -1) {
    text.insert(sign == 0x4000 ? 1 : 0,
                "." + std::string(static_cast<std::size_t>(-4 * (weight + 1)), '0'));
  }
  if (digits <= weight + 1) {
    std::int64_t whole = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (code == std::errc{} && end == text.data() + text.size()) return whole;
    if (digits == 0) return std::int64_t{0};
  }
  return std::strtod(text.c_str(), nullptr);
}

Value value_of(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return nullptr;
  const char* data = PQgetvalue(result, row, column);
  const auto size = static_cast<std::size_t>(PQgetlength(result, row, column));
  switch (PQftype(result, column)) {
    case kInt8:
      return static_cast<std::int64_t>(big_endian<std::uint64_t>(data));
    case kInt4:
      return std::int64_t{static_cast<std::int32_t>(big_endian<std::uint32_t>(data))};
    case kInt2:
      return std::int64_t{static_cast<std::int16_t>(big_endian<std::uint16_t>(data))};
    case kBool:
      return std::int64_t{data[0] != 0 ? 1 : 0};
    case kFloat8:
      return std::bit_cast<double>(big_endian<std::uint64_t>(data));
    case kFloat4:
      return static_cast<double>(std::bit_cast<float>(big_endian<std::uint32_t>(data)));
    case kNumeric:
      return numeric(data);
    case kText:
    case kVarchar:
    case kName:
    case kUnknown:
      return std::string(data, size);
    case kBytea:
      return Blob{std::string(data, size)};
    default:
      throw internal("column '" + std::string(PQfname(result, column)) +
                     "' has a type that the database layer does not know: " +
                     std::to_string(PQftype(result, column)));
  }
}

}  // namespace

WireParameters::WireParameters(const std::vector<Value>& values) : numbers_(values.size()) {
  const auto add = [this](Oid type, char mark, const char* data, std::size_t size) {
    if (size > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
      throw internal("a value of a statement is larger than 2 GiB");
    }
    types_.push_back(type);
    signature_ += mark;
    pointers_.push_back(data);
    lengths_.push_back(static_cast<int>(size));
    formats_.push_back(1);
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value& value = values[i];
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
      numbers_[i] = to_big_endian(static_cast<std::uint64_t>(*whole));
      add(kInt8, 'i', numbers_[i].data(), 8);
    } else if (const auto* real = std::get_if<double>(&value)) {
      numbers_[i] = to_big_endian(std::bit_cast<std::uint64_t>(*real));
      add(kFloat8, 'd', numbers_[i].data(), 8);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      add(kText, 't', text->data(), text->size());
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      add(kBytea, 'b', blob->bytes.data(), blob->bytes.size());
    } else {
      add(0, 'n', nullptr, 0);
    }
  }
}

std::vector<Row> rows_of(const PGresult* result) {
  std::vector<Row> rows;
  const int columns = PQnfields(result), count = PQntuples(result);
  rows.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) {
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      values.push_back(value_of(result, row, column));
    }
    rows.emplace_back(std::move(values));
  }
  return rows;
}

}  // namespace ob::db
