#include "engine/literal_columns.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "delta/values.h"

namespace ob::engine {

namespace {

using Kind = LiteralColumn::Kind;

static_assert(std::endian::native == std::endian::little, "values are copied as they are");

constexpr int most_precision = 18;  // of decimals in 8 bytes
// Of longer texts DuckDB tells a bound only where it can cut them.
constexpr std::size_t most_text = 256;
constexpr Micros day = 86'400'000'000;

// digits · 10⁻ˢᶜᵃˡᵉ
struct Number {
  std::int64_t digits = 0;
  int scale = 0;
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "-12", "3.50": nothing else that is a number to SQL. A zero has no sign.
std::optional<Number> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  const auto rest = text.substr(negative ? 1 : 0);
  const auto point = std::min(rest.find('.'), rest.size());
  const auto whole = rest.substr(0, point);
  const auto fraction = rest.substr(std::min(point + 1, rest.size()));
  if (whole.empty() || (point < rest.size() && fraction.empty())) return std::nullopt;
  if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(fraction, is_digit))
    return std::nullopt;
  if (!fraction.empty() && whole.size() + fraction.size() > most_precision) return std::nullopt;
  std::string digits(negative ? "-" : "");
  digits.append(whole).append(fraction);
  Number out{.scale = static_cast<int>(fraction.size())};
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), out.digits);
  if (failure != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  if (negative && out.digits == 0) return std::nullopt;
  return out;
}

// number · 10ˢᶜᵃˡᵉ, for a scale that is not below the number's.
std::optional<std::int64_t> scaled(const Number& number, int scale) {
  std::int64_t out = number.digits;
  for (int at = number.scale; at < scale; ++at)
    if (__builtin_mul_overflow(out, 10, &out)) return std::nullopt;
  return out;
}

// Whether `text` is such as "0000-00-00", with any digits.
bool has_form(std::string_view text, std::string_view form) {
  return std::ranges::equal(text, form,
                            [](char a, char b) { return b == '0' ? is_digit(a) : a == b; });
}

std::optional<Micros> parse_date(std::string_view text) {
  if (!has_form(text, "0000-00-00")) return std::nullopt;
  const auto moment = delta::parse_moment(text);
  return moment ? std::optional(moment->micros) : std::nullopt;
}

std::optional<Micros> parse_timestamp(std::string_view text) {
  constexpr std::string_view longest = "0000-00-00 00:00:00.000000";
  constexpr std::size_t seconds = 19;
  const bool fits = text.size() == seconds || (text.size() > seconds + 1);
  if (!fits || !has_form(text, longest.substr(0, text.size()))) return std::nullopt;
  const auto moment = delta::parse_moment(text);
  return moment ? std::optional(moment->micros) : std::nullopt;
}

std::optional<Kind> kind_of(const delta::DataType& type) {
  static constexpr auto kinds =
      std::to_array<std::pair<std::string_view, Kind>>({{"boolean", Kind::boolean},
                                                        {"byte", Kind::int8},
                                                        {"short", Kind::int16},
                                                        {"integer", Kind::int32},
                                                        {"long", Kind::int64},
                                                        {"float", Kind::float32},
                                                        {"double", Kind::float64},
                                                        {"string", Kind::text},
                                                        {"date", Kind::date},
                                                        {"timestamp", Kind::instant},
                                                        {"timestamp_ntz", Kind::local}});
  const auto* found =
      std::ranges::find(kinds, type.name, &std::pair<std::string_view, Kind>::first);
  if (found != kinds.end()) return found->second;
  return type.is_decimal() ? std::optional(Kind::decimal) : std::nullopt;
}

class Values {
 public:
  // `scale`: the greatest of the column's numbers, to which DuckDB brings all before it casts them.
  Values(LiteralColumn& out, int scale, Micros now) : out_(out), scale_(scale), now_(now) {}

  bool put(const Literal& literal) {
    switch (out_.kind) {
      case Kind::boolean:
        if (literal.kind != Literal::Kind::truth) return false;
        out_.values.push_back(literal.text == "true" ? 1 : 0);
        return true;
      case Kind::text:
        return literal.kind == Literal::Kind::text && put_text(literal.text);
      case Kind::date:
      case Kind::instant:
      case Kind::local:
        return put_moment(literal);
      default:
        break;
    }
    if (literal.kind != Literal::Kind::number) return false;
    const auto number = parse_number(literal.text);
    return number && put_number(*number);
  }

 private:
  template <class T>
  bool append(T value) {
    const auto bytes = std::bit_cast<std::array<std::uint8_t, sizeof(T)>>(value);
    out_.values.insert(out_.values.end(), bytes.begin(), bytes.end());
    return true;
  }

  bool put_text(const std::string& text) {
    const auto beyond = [](char c) { return static_cast<unsigned char>(c) >= 0x7F; };
    if (text.size() > most_text && std::ranges::any_of(text, beyond)) return false;
    append(static_cast<std::uint32_t>(text.size()));
    out_.values.insert(out_.values.end(), text.begin(), text.end());
    return true;
  }

  bool put_moment(const Literal& literal) {
    if (out_.kind == Kind::instant && literal.kind == Literal::Kind::now) return append(now_);
    if (out_.kind != Kind::date) {
      if (literal.kind != Literal::Kind::timestamp) return false;
      const auto micros = parse_timestamp(literal.text);
      return micros && append(*micros);
    }
    if (literal.kind != Literal::Kind::date) return false;
    const auto micros = parse_date(literal.text);
    return micros && append(static_cast<std::int32_t>(*micros / day));  // without a rest
  }

  bool put_number(const Number& number) {
    switch (out_.kind) {
      case Kind::int8:
        return put_whole<std::int8_t>(number);
      case Kind::int16:
        return put_whole<std::int16_t>(number);
      case Kind::int32:
        return put_whole<std::int32_t>(number);
      case Kind::int64:
        return put_whole<std::int64_t>(number);
      case Kind::float32:
        return put_real<float>(number, 10);
      case Kind::float64:
        return put_real<double>(number, 22);
      case Kind::decimal:
        return put_decimal(number);
      default:
        return false;
    }
  }

  template <class T>
  bool put_whole(const Number& number) {
    if (scale_ > 0 || !std::in_range<T>(number.digits)) return false;
    if constexpr (sizeof(T) == 8) return append(number.digits);
    return append(static_cast<std::int32_t>(number.digits));
  }

  // `most`: the greatest power of ten that is exact in T, as the digits have to be: the quotient is
  // the nearest number then.
  template <class T>
  bool put_real(const Number& number, int most) {
    constexpr std::int64_t exact = std::int64_t{1} << std::numeric_limits<T>::digits;
    const auto digits = scaled(number, scale_);
    if (!digits || scale_ > most || *digits >= exact || *digits <= -exact) return false;
    T power = 1;
    for (int i = 0; i < scale_; ++i) power *= 10;
    return append(static_cast<T>(*digits) / power);
  }

  bool put_decimal(const Number& number) {
    if (number.scale > out_.scale) return false;
    const auto digits = scaled(number, out_.scale);
    const auto beyond = scaled({.digits = 1}, out_.precision);
    if (!digits || !beyond || *digits >= *beyond || *digits <= -*beyond) return false;
    if (out_.precision > 9) return append(*digits);
    return append(static_cast<std::int32_t>(*digits));
  }

  LiteralColumn& out_;
  const int scale_;
  const Micros now_;
};

// Digits behind the point of the column's numbers, at most.
int scale_of(const LiteralRows& rows, std::size_t place) {
  std::size_t out = 0;
  for (const auto& row : rows) {
    const auto& literal = row[place];
    if (literal.kind != Literal::Kind::number) continue;
    const auto point = literal.text.find('.');
    if (point != std::string::npos) out = std::max(out, literal.text.size() - point - 1);
  }
  return static_cast<int>(std::min<std::size_t>(out, 100));
}

}  // namespace

std::optional<LiteralColumn> literal_column(const delta::Field& field, const LiteralRows& rows,
                                            std::optional<std::size_t> place, Micros now) {
  const auto kind = kind_of(field.type);
  if (!kind) return std::nullopt;
  LiteralColumn out{.kind = *kind};
  if (*kind == Kind::decimal) {
    field.type.is_decimal(&out.precision, &out.scale);
    if (out.precision > most_precision) return std::nullopt;
  }
  Values values(out, place ? scale_of(rows, *place) : 0, now);
  for (const auto& row : rows) {
    const bool valid = place && row[*place].kind != Literal::Kind::null;
    if (valid ? !values.put(row[*place]) : !field.nullable) return std::nullopt;
    out.valid.push_back(valid ? 1 : 0);
  }
  return out;
}

}  // namespace ob::engine
