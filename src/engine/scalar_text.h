#pragma once
// Text of DuckDB's scalar values: ISO dates and times, exact decimals.
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/vector.h"

namespace ob::engine {

__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

inline Int128 to_int128(const duckdb_hugeint& v) {
  return static_cast<Int128>((static_cast<UInt128>(static_cast<std::uint64_t>(v.upper)) << 64) |
                             v.lower);
}

void append_int128(std::string& out, Int128 value);
void append_uint128(std::string& out, UInt128 value);
void append_decimal(std::string& out, Int128 unscaled, int scale);
Int128 decimal_at(const Vec& vec, std::uint64_t row);  // unscaled
void append_date(std::string& out, std::int32_t days);
// fraction: value's units a second (1, 1000, 1000000, 1000000000).
void append_timestamp(std::string& out, std::int64_t value, std::int64_t fraction, bool utc);
void append_time(std::string& out, std::int64_t value, std::int64_t fraction);
void append_time_tz(std::string& out, duckdb_time_tz value);
void append_interval(std::string& out, const duckdb_interval& value);
void append_uuid(std::string& out, const duckdb_hugeint& value);
void append_bits(std::string& out, std::string_view bytes);
void append_base64(std::string& out, std::string_view bytes);

}  // namespace ob::engine
