// Schema enforcement: may these columns be written into that table as they are?
#include "base/error.h"
#include "delta/delta.h"
#include "delta/text.h"

namespace ob::delta {
namespace {

// Digits that a whole number of this type can have; 0 for others.
int integer_digits(const DataType& t) {
  if (t.is("byte")) return 3;
  if (t.is("short")) return 5;
  if (t.is("integer")) return 10;
  if (t.is("long")) return 19;
  return 0;
}

bool widens_number(const DataType& from, const DataType& to) {
  const int digits = integer_digits(from);
  int p = 0, s = 0, q = 0, r = 0;
  if (digits > 0 && integer_digits(to) >= digits) return true;
  if (to.is("double")) {
    // What a double holds exactly.
    return from.is("float") || (digits > 0 && digits <= 10) || (from.is_decimal(&p, &s) && p <= 15);
  }
  if (to.is("float")) return digits > 0 && digits <= 5;
  if (to.is_decimal(&q, &r)) {
    if (digits > 0) return q - r >= digits;
    return from.is_decimal(&p, &s) && r >= s && q - r >= p - s;
  }
  return false;
}

bool fits_fields(const Schema& from, const Schema& to);

bool fits(const DataType& from, const DataType& to) {
  if (from.is("void")) return true;  // only nulls
  if (to.is("struct")) return from.is("struct") && fits_fields(from.fields, to.fields);
  if (to.is("array")) return from.is("array") && fits(*from.element, *to.element);
  if (to.is("map")) {
    return from.is("map") && fits(*from.key, *to.key) && fits(*from.element, *to.element);
  }
  if (from.name == to.name) return true;
  if (to.is("timestamp")) return from.is("date") || from.is("timestamp_ntz");
  if (to.is("timestamp_ntz")) return from.is("date");
  return widens_number(from, to);
}

bool fits_fields(const Schema& from, const Schema& to) {
  for (const auto& f : from) {
    const auto* target = find_field(to, f.name);
    if (!target || !fits(f.type, target->type)) return false;
  }
  for (const auto& f : to) {
    if (!f.nullable && !find_field(from, f.name)) return false;
  }
  return true;
}

}  // namespace

void enforce_schema(const Schema& table, const Schema& incoming) {
  std::vector<FieldProblem> problems;
  for (std::size_t i = 0; i < incoming.size(); ++i) {
    const auto& f = incoming[i];
    for (std::size_t j = 0; j < i; ++j) {
      if (equal_ignoring_case(incoming[j].name, f.name)) {
        problems.push_back({f.name, "occurs twice"});
        break;
      }
    }
    const auto* target = find_field(table, f.name);
    if (!target) {
      problems.push_back({f.name, "is not a column of the table"});
    } else if (!fits(f.type, target->type)) {
      problems.push_back(
          {f.name, "is " + to_sql(f.type) + ", but the table's column is " + to_sql(target->type)});
    }
  }
  for (const auto& f : table) {
    if (!f.nullable && !find_field(incoming, f.name)) {
      problems.push_back({f.name, "is missing and does not take nulls"});
    }
  }
  if (problems.empty()) return;
  std::string list;
  for (const auto& p : problems) {
    list += (list.empty() ? "\"" : "; \"") + p.field + "\" " + p.problem;
  }
  throw Error(400, "delta.schemaMismatch",
              "The data does not fit the table's schema: " + list + ".")
      .with_fields(std::move(problems));
}

}  // namespace ob::delta
