#pragma once
// Values as text, in the forms of DuckDB, partition values and statistics: parsed for comparison
// and written in the log's forms.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace ob::delta {

// A date and time in years 0001 to 9999. `micros` is the instant when a zone is given, else the
// wall clock as if in UTC.
struct Moment {
  Micros micros = 0;
  bool zone = false;
  bool date_only = false;
};
// "2026-11-21", "2026-11-21 09:02:36[.f…][Z|±hh[:mm[:ss]]]", also with T. nullopt for anything
// else, infinity, and years outside 0001 to 9999.
std::optional<Moment> parse_moment(std::string_view text);

std::string format_date(Micros t);
// "2026-11-21T09:02:36.123" (digits: 3 or 6), separator 'T' or ' '.
std::string format_moment(Micros t, char separator, int digits);

// An exact decimal number of any size: sign, digits without leading zeros, and a power of ten.
class Decimal {
 public:
  // "12", "-1.50", "1e3"; nullopt for anything else or more than 200 digits of extent.
  static std::optional<Decimal> parse(std::string_view text);
  int compare(const Decimal& other) const;

 private:
  bool negative_ = false;
  std::string whole_, fraction_;  // no leading, no trailing zeros; both empty: zero
};

// DuckDB's text of a BLOB ("a\x00b") as bytes; nullopt when malformed.
std::optional<std::string> blob_bytes(std::string_view duckdb_text);

std::optional<double> parse_double(std::string_view text);  // also nan, inf, Infinity, -Infinity
std::string format_double(double value);                    // finite; valid JSON

}  // namespace ob::delta
