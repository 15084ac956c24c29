#include "engine/scalar_text.h"

#include <array>
#include <cstdlib>
#include <limits>

namespace ob::engine {

namespace {

// A short text on the stack: values are put together here and appended at once.
struct Short {
  std::array<char, 96> text;
  std::size_t size = 0;
  void push_back(char c) { text[size++] = c; }
  void append_to(std::string& out) const { out.append(text.data(), size); }
};

// Appends the digits of value, at least `width` of them.
template <class Out>
void append_padded(Out& out, std::uint64_t value, int width) {
  char digits[20];
  int length = 0;
  do {
    digits[length++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  for (int i = length; i < width; ++i) out.push_back('0');
  while (length > 0) out.push_back(digits[--length]);
}

struct Civil {
  std::int64_t year;
  unsigned month, day;
};

// Proleptic Gregorian calendar; the well-known algorithm on 400-year eras.
Civil civil_from_days(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto in_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
  const unsigned day_of_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * shifted + 2) / 5 + 1};
}

void put_civil(Short& out, std::int64_t days) {
  const auto date = civil_from_days(days);
  if (date.year < 0) out.push_back('-');
  append_padded(out, static_cast<std::uint64_t>(date.year < 0 ? -date.year : date.year), 4);
  out.push_back('-');
  append_padded(out, date.month, 2);
  out.push_back('-');
  append_padded(out, date.day, 2);
}

int digits_of(std::uint64_t fraction) {
  int digits = 0;
  for (; fraction > 1; fraction /= 10) ++digits;
  return digits;
}

// Hours are not bounded, for intervals.
void put_time(Short& out, std::uint64_t value, std::uint64_t fraction) {
  const auto seconds = value / fraction;
  append_padded(out, seconds / 3600, 2);
  out.push_back(':');
  append_padded(out, seconds / 60 % 60, 2);
  out.push_back(':');
  append_padded(out, seconds % 60, 2);
  if (const auto rest = value % fraction; rest != 0) {
    out.push_back('.');
    append_padded(out, rest, digits_of(fraction));
  }
}

}  // namespace

void append_uint128(std::string& out, UInt128 value) {
  constexpr std::uint64_t chunk = 10'000'000'000'000'000'000ULL;
  if (value >= chunk) {
    append_uint128(out, value / chunk);
    append_padded(out, static_cast<std::uint64_t>(value % chunk), 19);
  } else {
    append_padded(out, static_cast<std::uint64_t>(value), 1);
  }
}

void append_int128(std::string& out, Int128 value) {
  if (value < 0) {
    out.push_back('-');
    append_uint128(out, UInt128{0} - static_cast<UInt128>(value));
  } else {
    append_uint128(out, static_cast<UInt128>(value));
  }
}

void append_decimal(std::string& out, Int128 unscaled, int scale) {
  if (unscaled < 0) out.push_back('-');
  UInt128 value =
      unscaled < 0 ? UInt128{0} - static_cast<UInt128>(unscaled) : static_cast<UInt128>(unscaled);
  if (scale == 0) {
    append_uint128(out, value);
    return;
  }
  if (value <= std::numeric_limits<std::uint64_t>::max() && scale <= 18) {
    std::uint64_t power = 1;
    for (int i = 0; i < scale; ++i) power *= 10;
    const auto small = static_cast<std::uint64_t>(value);
    append_padded(out, small / power, 1);
    out.push_back('.');
    append_padded(out, small % power, scale);
    return;
  }
  std::array<char, 40> digits{};
  int length = 0;
  while (value != 0 || length <= scale) {
    digits[static_cast<std::size_t>(length++)] =
        static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  }
  for (int i = length - 1; i >= 0; --i) {
    out.push_back(digits[static_cast<std::size_t>(i)]);
    if (i == scale) out.push_back('.');
  }
}

Int128 decimal_at(const Vec& vec, std::uint64_t row) {
  switch (vec.type->storage) {
    case DUCKDB_TYPE_SMALLINT:
      return vec.at<std::int16_t>(row);
    case DUCKDB_TYPE_INTEGER:
      return vec.at<std::int32_t>(row);
    case DUCKDB_TYPE_BIGINT:
      return vec.at<std::int64_t>(row);
    default:
      return to_int128(vec.at<duckdb_hugeint>(row));
  }
}

void append_date(std::string& out, std::int32_t days) {
  if (days == std::numeric_limits<std::int32_t>::max()) {
    out += "infinity";
  } else if (days == -std::numeric_limits<std::int32_t>::max()) {
    out += "-infinity";
  } else {
    Short text;
    put_civil(text, days);
    text.append_to(out);
  }
}

void append_time(std::string& out, std::int64_t value, std::int64_t fraction) {
  Short text;
  put_time(text, static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(fraction));
  text.append_to(out);
}

void append_timestamp(std::string& out, std::int64_t value, std::int64_t fraction, bool utc) {
  if (value == std::numeric_limits<std::int64_t>::max()) {
    out += "infinity";
    return;
  }
  if (value == -std::numeric_limits<std::int64_t>::max()) {
    out += "-infinity";
    return;
  }
  const std::int64_t day = 86400 * fraction;
  std::int64_t days = value / day, rest = value % day;
  if (rest < 0) {
    rest += day;
    --days;
  }
  Short text;
  put_civil(text, days);
  text.push_back('T');
  put_time(text, static_cast<std::uint64_t>(rest), static_cast<std::uint64_t>(fraction));
  if (utc) text.push_back('Z');
  text.append_to(out);
}

void append_time_tz(std::string& out, duckdb_time_tz value) {
  const auto parts = duckdb_from_time_tz(value);
  const auto& time = parts.time;
  append_time(out, ((time.hour * 60LL + time.min) * 60 + time.sec) * 1'000'000LL + time.micros,
              1'000'000);
  const auto offset = static_cast<std::uint64_t>(std::abs(static_cast<std::int64_t>(parts.offset)));
  Short text;
  text.push_back(parts.offset < 0 ? '-' : '+');
  append_padded(text, offset / 3600, 2);
  text.push_back(':');
  append_padded(text, offset / 60 % 60, 2);
  if (offset % 60 != 0) {
    text.push_back(':');
    append_padded(text, offset % 60, 2);
  }
  text.append_to(out);
}

void append_interval(std::string& out, const duckdb_interval& value) {
  auto part = [&out, first = true](std::int64_t amount, const char* unit) mutable {
    if (amount == 0) return;
    if (!first) out.push_back(' ');
    first = false;
    out += std::to_string(amount);
    out.push_back(' ');
    out += unit;
    if (amount != 1 && amount != -1) out.push_back('s');
  };
  const auto start = out.size();
  part(value.months / 12, "year");
  part(value.months % 12, "month");
  part(value.days, "day");
  if (value.micros != 0 || out.size() == start) {
    if (out.size() != start) out.push_back(' ');
    if (value.micros < 0) out.push_back('-');
    const auto micros = static_cast<std::uint64_t>(value.micros);
    Short text;
    put_time(text, value.micros < 0 ? 0 - micros : micros, 1'000'000);
    text.append_to(out);
  }
}

void append_uuid(std::string& out, const duckdb_hugeint& value) {
  static constexpr char hex[] = "0123456789abcdef";
  // DuckDB flips the top bit so that UUIDs sort as signed numbers.
  const std::uint64_t halves[2] = {static_cast<std::uint64_t>(value.upper) ^ (1ULL << 63),
                                   value.lower};
  int written = 0;
  for (const auto half : halves) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (written == 8 || written == 12 || written == 16 || written == 20) out.push_back('-');
      out.push_back(hex[half >> shift & 15]);
      ++written;
    }
  }
}

void append_bits(std::string& out, std::string_view bytes) {
  // The first byte counts the padding bits at the front of the second.
  if (bytes.empty()) return;
  const auto padding = static_cast<unsigned>(static_cast<unsigned char>(bytes[0]));
  for (std::size_t i = 1; i < bytes.size(); ++i)
    for (unsigned bit = i == 1 ? padding : 0; bit < 8; ++bit)
      out.push_back((static_cast<unsigned char>(bytes[i]) >> (7 - bit) & 1) != 0 ? '1' : '0');
}

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr char alphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto byte = [&](std::size_t i) -> unsigned {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
  };
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const unsigned group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out.push_back(alphabet[group >> 18]);
    out.push_back(alphabet[group >> 12 & 63]);
    out.push_back(i + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=');
    out.push_back(i + 2 < bytes.size() ? alphabet[group & 63] : '=');
  }
}

}  // namespace ob::engine
