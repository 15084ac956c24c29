// Skips files that cannot hold matching rows: exact on partition values, conservative on
// statistics. Whatever is not understood keeps the file.
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <thread>
#include <variant>

#include "delta/delta.h"
#include "delta/text.h"
#include "delta/values.h"

namespace ob::delta {
namespace {

namespace dom = simdjson::ondemand;
using Op = Predicate::Op;

constexpr Micros kZoneSlack = 26ll * 3600 * 1'000'000;  // zones reach from -12:00 to +14:00
constexpr Micros kMillisSlack = 999;                    // statistics are cut to milliseconds
constexpr std::size_t kPrefixLength = 32;               // a longer maximum may have been cut

enum class Kind { number, floating, moment, text, boolean };

// A value known to lie between low and high (of one kind).
struct Instant {
  Micros low, high;
};
using Value = std::variant<Decimal, double, Instant, std::string, bool>;

std::optional<Kind> kind_of(const DataType& type) {
  if (type.is("string")) return Kind::text;
  if (type.is("float") || type.is("double")) return Kind::floating;
  if (type.is("date") || type.is("timestamp") || type.is("timestamp_ntz")) return Kind::moment;
  if (type.is("boolean")) return Kind::boolean;
  if (type.is("long") || type.is("integer") || type.is("short") || type.is("byte") ||
      type.is_decimal()) {
    return Kind::number;
  }
  return std::nullopt;
}

std::optional<Value> parse_value(const DataType& type, Kind kind, const std::string& text) {
  switch (kind) {
    case Kind::text:
      return Value(text);
    case Kind::number:
      if (auto d = Decimal::parse(text)) return Value(*std::move(d));
      return std::nullopt;
    case Kind::floating:
      // A float compares as what its text rounds to.
      if (auto d = parse_double(text)) {
        return Value(type.is("float") ? static_cast<double>(static_cast<float>(*d)) : *d);
      }
      return std::nullopt;
    case Kind::boolean:
      if (equal_ignoring_case(text, "true")) return Value(true);
      if (equal_ignoring_case(text, "false")) return Value(false);
      return std::nullopt;
    case Kind::moment: {
      const auto m = parse_moment(text);
      if (!m) return std::nullopt;
      // An instant without zone, or a wall clock with one, depends on the reader's zone.
      const bool sure = type.is("timestamp") ? m->zone : !m->zone;
      const auto slack = sure ? 0 : kZoneSlack;
      return Value(Instant{m->micros - slack, m->micros + slack});
    }
  }
  return std::nullopt;
}

// -1, 0, 1; for instants 0 means that they may be equal.
int compare(const Value& a, const Value& b) {
  if (const auto* d = std::get_if<Decimal>(&a)) return d->compare(std::get<Decimal>(b));
  if (const auto* f = std::get_if<double>(&a)) {
    const double g = std::get<double>(b);
    const bool na = std::isnan(*f), nb = std::isnan(g);
    if (na || nb) return na == nb ? 0 : na ? 1 : -1;  // NaN is greatest, as in SQL
    return *f < g ? -1 : *f > g ? 1 : 0;
  }
  if (const auto* i = std::get_if<Instant>(&a)) {
    const auto& j = std::get<Instant>(b);
    return i->high < j.low ? -1 : i->low > j.high ? 1 : 0;
  }
  if (const auto* s = std::get_if<std::string>(&a)) {
    const int c = s->compare(std::get<std::string>(b));
    return c < 0 ? -1 : c > 0 ? 1 : 0;
  }
  return static_cast<int>(std::get<bool>(a)) - static_cast<int>(std::get<bool>(b));
}

bool unsure(const Value& a, const Value& b) {
  const auto wide = [](const Value& v) {
    const auto* i = std::get_if<Instant>(&v);
    return i && i->low != i->high;
  };
  return wide(a) || wide(b);
}

// Statistics of one column in one file.
struct Bounds {
  std::optional<Value> min, max;
  std::optional<std::int64_t> nulls, rows;
};

struct Test {
  const Predicate* predicate = nullptr;
  const DataType* type = nullptr;
  Kind kind = Kind::text;
  std::vector<Value> values;
  std::vector<std::string> path;  // physical names
  bool partition = false;
};

bool may_equal(const Test& test, const Bounds& b, const Value& v) {
  if (test.kind == Kind::floating && std::isnan(std::get<double>(v))) return true;
  if (b.min && compare(v, *b.min) < 0) return false;
  if (b.max && compare(v, *b.max) > 0) return false;
  return true;
}

bool may_match(const Test& test, const Bounds& b) {
  const auto op = test.predicate->op;
  const bool all_null = b.nulls && b.rows && *b.nulls == *b.rows;
  if (op == Op::is_null) return !(b.nulls && *b.nulls == 0);
  if (all_null) return false;
  if (op == Op::is_not_null) return true;
  if (op == Op::eq || op == Op::in) {
    for (const auto& v : test.values) {
      if (may_equal(test, b, v)) return true;
    }
    return false;
  }
  const auto& v = test.values.front();
  if (op == Op::lt || op == Op::le) {
    if (test.kind == Kind::floating && std::isnan(std::get<double>(v))) return true;
    if (!b.min) return true;
    const int c = compare(*b.min, v);
    // A FLOAT is compared as a DOUBLE, which may lie just above what its text rounds to.
    const bool equal_counts = op == Op::le || unsure(*b.min, v) || test.type->is("float");
    return c < 0 || (c == 0 && equal_counts);
  }
  // Writers leave NaN, which is above every number, out of the maximum.
  if (test.kind == Kind::floating || !b.max) return true;
  const int c = compare(*b.max, v);
  return c > 0 || (c == 0 && (op == Op::ge || unsure(*b.max, v)));
}

bool partition_may_match(const Test& test, const Add& add) {
  for (const auto& [name, text] : add.partition_values) {
    if (!equal_ignoring_case(name, test.path.front())) continue;
    const bool null = !text || text->empty();
    const auto op = test.predicate->op;
    if (op == Op::is_null) return null;
    if (op == Op::is_not_null) return !null;
    if (null) return false;
    const auto value = parse_value(*test.type, test.kind, *text);
    if (!value) return true;
    const auto holds = [&](const Value& v) {
      const int c = compare(*value, v);
      if (c == 0 && unsure(*value, v)) return true;
      switch (op) {
        case Op::lt:
          return c < 0;
        case Op::le:
          return c <= 0;
        case Op::gt:
          return c > 0;
        case Op::ge:
          return c >= 0;
        default:
          return c == 0;
      }
    };
    for (const auto& v : test.values) {
      if (holds(v)) return true;
    }
    return false;
  }
  return true;
}

std::optional<std::string> scalar_text(dom::value v) {
  dom::json_type type;
  if (v.type().get(type) != simdjson::SUCCESS) return std::nullopt;
  if (type == dom::json_type::string) {
    std::string_view s;
    if (v.get_string().get(s) != simdjson::SUCCESS) return std::nullopt;
    return std::string(s);
  }
  if (type == dom::json_type::number || type == dom::json_type::boolean) {
    return std::string(trim(v.raw_json_token()));  // numbers of any size stay exact
  }
  return std::nullopt;
}

std::optional<Value> stat_value(const Test& test, const std::string& text, bool upper) {
  auto value = parse_value(*test.type, test.kind, text);
  if (!value) return std::nullopt;
  if (auto* d = std::get_if<double>(&*value); d && !std::isfinite(*d)) return std::nullopt;
  if (auto* i = std::get_if<Instant>(&*value); i && upper && !test.type->is("date")) {
    i->high += kMillisSlack;
  }
  if (auto* s = std::get_if<std::string>(&*value); s && upper && s->size() >= kPrefixLength) {
    *s += "\xF4\x8F\xBF\xBF";  // U+10FFFF: the text may be the beginning of the real maximum
  }
  return value;
}

enum class Section { min, max, nulls };

void take(const Test& test, Section section, const std::string& text, Bounds& bounds) {
  if (section == Section::nulls) {
    std::int64_t number = 0;
    if (parse_whole(text, number)) bounds.nulls = number;
  } else if (test.kind != Kind::boolean) {
    (section == Section::min ? bounds.min : bounds.max) =
        stat_value(test, text, section == Section::max);
  }
}

// Walks one section of the stats along the paths of the tests in `active`.
void walk(dom::value value, Section section, std::size_t depth, const std::vector<Test>& tests,
          const std::vector<std::size_t>& active, std::vector<Bounds>& bounds) {
  dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return;
  for (auto member : object) {
    dom::field field;
    std::string_view key;
    if (std::move(member).get(field) != simdjson::SUCCESS) return;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) return;
    std::vector<std::size_t> leaves, deeper;
    for (const auto i : active) {
      if (tests[i].path[depth] != key) continue;
      (tests[i].path.size() == depth + 1 ? leaves : deeper).push_back(i);
    }
    if (!deeper.empty()) {
      walk(field.value(), section, depth + 1, tests, deeper, bounds);
    } else if (!leaves.empty()) {
      const auto text = scalar_text(field.value());
      if (!text) continue;
      for (const auto i : leaves) take(tests[i], section, *text, bounds[i]);
    }
  }
}

// What one thread needs again for each file.
struct Workspace {
  dom::parser parser;
  std::string text;  // with the parser's padding behind it
  std::vector<Bounds> bounds;
};

// Reads what the tests need in one pass over the stats. Anything broken leaves bounds unknown.
void read_bounds(const std::string& stats, const std::vector<Test>& tests,
                 const std::vector<std::size_t>& active, Workspace& space) {
  auto& bounds = space.bounds;
  bounds.assign(tests.size(), {});
  space.text.assign(stats).append(simdjson::SIMDJSON_PADDING, ' ');
  dom::document document;
  dom::object object;
  if (space.parser.iterate(space.text.data(), stats.size(), space.text.size()).get(document) !=
      simdjson::SUCCESS)
    return;
  if (document.get_object().get(object) != simdjson::SUCCESS) return;
  std::optional<std::int64_t> rows;
  for (auto member : object) {
    dom::field field;
    std::string_view key;
    if (std::move(member).get(field) != simdjson::SUCCESS) break;
    if (field.unescaped_key().get(key) != simdjson::SUCCESS) break;
    std::int64_t number = 0;
    if (key == "numRecords") {
      if (field.value().get_int64().get(number) == simdjson::SUCCESS) rows = number;
    } else if (key == "minValues") {
      walk(field.value(), Section::min, 0, tests, active, bounds);
    } else if (key == "maxValues") {
      walk(field.value(), Section::max, 0, tests, active, bounds);
    } else if (key == "nullCount") {
      walk(field.value(), Section::nulls, 0, tests, active, bounds);
    }
  }
  for (auto& b : bounds) b.rows = rows;
}

bool stats_may_match(const std::vector<Test>& tests, const std::vector<std::size_t>& active,
                     const Add& add, Workspace& space) {
  if (add.stats.empty()) return true;
  read_bounds(add.stats, tests, active, space);
  return std::all_of(active.begin(), active.end(),
                     [&](std::size_t i) { return may_match(tests[i], space.bounds[i]); });
}

// The column by name, dotted for struct fields; false when there is none.
bool find_column(const Schema& schema, const std::string& name, Test& test) {
  if (const auto* f = find_field(schema, name)) {
    test.path.push_back(f->physical_name());
    test.type = &f->type;
    return true;
  }
  for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
    const auto* f = find_field(schema, std::string_view(name).substr(0, dot));
    if (!f || !f->type.is("struct")) continue;
    test.path.push_back(f->physical_name());
    if (find_column(f->type.fields, name.substr(dot + 1), test)) return true;
    test.path.pop_back();
  }
  return false;
}

std::optional<Test> make_test(const Snapshot& snapshot, const Predicate& predicate) {
  Test test{.predicate = &predicate};
  if (!find_column(snapshot.schema(), predicate.column, test)) return std::nullopt;
  const bool null_test = predicate.op == Op::is_null || predicate.op == Op::is_not_null;
  const auto kind = kind_of(*test.type);
  if (!kind && !null_test) return std::nullopt;
  test.kind = kind.value_or(Kind::text);
  if (test.path.size() == 1) {
    for (const auto& name : snapshot.metadata().partition_columns) {
      const auto* f = find_field(snapshot.schema(), name);
      if (f && f->physical_name() == test.path.front()) test.partition = true;
    }
  }
  if (null_test) return test;
  if (predicate.values.empty() || (predicate.op != Op::in && predicate.values.size() != 1)) {
    return std::nullopt;
  }
  for (const auto& text : predicate.values) {
    // A literal with an exponent is a DOUBLE, and turns the column into one: not exact.
    if (test.kind == Kind::number && text.find_first_of("eE") != std::string::npos) {
      return std::nullopt;
    }
    auto value = parse_value(*test.type, test.kind, text);
    if (!value) return std::nullopt;
    test.values.push_back(*std::move(value));
  }
  return test;
}

}  // namespace

namespace {

class Pruner {
 public:
  Pruner(const Snapshot& snapshot, const std::vector<Predicate>& conjuncts) {
    for (const auto& predicate : conjuncts) {
      auto test = make_test(snapshot, predicate);
      if (!test) continue;
      if (!test->partition) by_stats_.push_back(tests_.size());
      tests_.push_back(*std::move(test));
    }
  }

  bool reads_stats() const { return !by_stats_.empty(); }
  bool may_match(const Add& add, Workspace& space) const {
    for (const auto& test : tests_) {
      if (test.partition && !partition_may_match(test, add)) return false;
    }
    return by_stats_.empty() || stats_may_match(tests_, by_stats_, add, space);
  }

 private:
  std::vector<Test> tests_;
  std::vector<std::size_t> by_stats_;
};

// So many files are worth a thread.
constexpr std::size_t kFilesOfThread = 8'000;

}  // namespace

std::vector<const Add*> prune(const Snapshot& snapshot, const std::vector<Predicate>& conjuncts) {
  const Pruner pruner(snapshot, conjuncts);
  std::vector<const Add*> files, out;
  files.reserve(snapshot.files().size());
  for (const auto& add : snapshot.files()) files.push_back(&add);
  std::vector<char> kept(files.size());
  const auto work = [&](std::size_t first, std::size_t last) {
    Workspace space;
    for (auto i = first; i < last; ++i) kept[i] = pruner.may_match(*files[i], space) ? 1 : 0;
  };
  const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
  const auto threads =
      pruner.reads_stats() ? std::clamp<std::size_t>(files.size() / kFilesOfThread, 1, cores) : 1;
  const auto share = (files.size() + threads - 1) / threads;
  std::vector<std::future<void>> others;
  for (std::size_t i = 1; i < threads; ++i)
    others.push_back(
        std::async(std::launch::async, work, i * share, std::min((i + 1) * share, files.size())));
  work(0, std::min(share, files.size()));
  for (auto& other : others) other.get();
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (kept[i]) out.push_back(files[i]);
  }
  return out;
}

bool may_match(const Snapshot& snapshot, const Add& add, const std::vector<Predicate>& conjuncts) {
  Workspace space;
  return Pruner(snapshot, conjuncts).may_match(add, space);
}

}  // namespace ob::delta
