// Finds comparisons of one table's column with a literal, so that files without matching rows are
// not opened. Only what is certain: the query still filters, and a doubt leaves the file in.
#include <algorithm>
#include <regex>

#include "query/lexer.h"
#include "query/rewriter.h"

namespace ob::query {

namespace json = boost::json;

namespace {

using Op = delta::Predicate::Op;

struct Literal {
  enum class Kind { integer, decimal, real, text, date, instant } kind;
  std::string text;
};

std::string decimal_text(const json::value& unscaled, std::int64_t scale) {
  if (!unscaled.is_int64() && !unscaled.is_uint64()) return {};
  std::string digits = json::serialize(unscaled);
  const bool negative = digits.starts_with('-');
  if (negative) digits.erase(0, 1);
  const auto places = static_cast<std::size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return (negative ? "-" : "") + digits;
}

bool is_iso_date(const std::string& text) {
  static const std::regex form(R"(\d{4}-\d{2}-\d{2})");
  return std::regex_match(text, form);
}
bool is_iso_instant(const std::string& text) {
  static const std::regex form(R"(\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}(\.\d{1,6})?)?)");
  return std::regex_match(text, form);
}

std::optional<Literal> constant_literal(const json::object& value) {
  if (value.at("is_null").as_bool()) return std::nullopt;
  const json::object& type = value.at("type").as_object();
  const json::value& inner = value.at("value");
  const std::string id = text_of(type, "id");
  using enum Literal::Kind;
  if (id == "VARCHAR") return Literal{text, std::string(inner.as_string())};
  if (id == "INTEGER" || id == "BIGINT") return Literal{integer, json::serialize(inner)};
  if (id == "DOUBLE" && inner.is_double()) return Literal{real, json::serialize(inner)};
  if (id == "DECIMAL") {
    std::string digits =
        decimal_text(inner, type.at("type_info").as_object().at("scale").to_number<std::int64_t>());
    if (!digits.empty()) return Literal{decimal, std::move(digits)};
  }
  return std::nullopt;
}

class Collector {
 public:
  Collector(const Scope& scope, std::vector<TableUse>& uses, const json::value& parameters)
      : scope_(scope), uses_(uses), parameters_(parameters) {}

  void condition(const json::value& expression) {
    if (!expression.is_object()) return;
    const json::object& object = expression.as_object();
    const std::string kind = text_of(object, "class");
    if (kind == "CONJUNCTION" && text_of(object, "type") == "CONJUNCTION_AND") {
      for (const json::value& child : object.at("children").as_array()) condition(child);
    } else if (kind == "CONJUNCTION") {
      // As row filters have it: is_member('…') OR …, where the former is known by now.
      const json::value* open = nullptr;
      int others = 0;
      for (const json::value& child : object.at("children").as_array())
        if (!is_false(child)) open = (++others, &child);
      if (others == 1) condition(*open);
    } else if (kind == "CAST" && cast_type(object) == "BOOLEAN") {
      condition(object.at("child"));  // of the result of a function of SQL
    } else if (kind == "COMPARISON") {
      comparison(object);
    } else if (kind == "BETWEEN") {
      add(object.at("input"), Op::ge, {&object.at("lower")});
      add(object.at("input"), Op::le, {&object.at("upper")});
    } else if (kind == "OPERATOR" && text_of(object, "type") == "COMPARE_IN") {
      const json::array& children = object.at("children").as_array();
      std::vector<const json::value*> values;
      for (std::size_t i = 1; i < children.size(); ++i) values.push_back(&children[i]);
      if (values.size() <= 1000) add(children.at(0), Op::in, values);
    } else if (kind == "OPERATOR" && text_of(object, "type") == "OPERATOR_IS_NOT_NULL") {
      add(object.at("children").as_array().at(0), Op::is_not_null, {});
    }
  }

  // ON of inner joins, down through inner joins only.
  void joins(const json::value& item) {
    const json::object& object = item.as_object();
    if (text_of(object, "type") != "JOIN" || text_of(object, "join_type") != "INNER" ||
        text_of(object, "ref_type") == "ASOF" || text_of(object, "ref_type") == "POSITIONAL")
      return;
    if (text_of(object, "ref_type") == "REGULAR") condition(object.at("condition"));
    joins(object.at("left"));
    joins(object.at("right"));
  }

 private:
  // The type of a cast that fails where it cannot give a value; empty for others.
  static std::string cast_type(const json::object& cast) {
    return cast.at("try_cast").as_bool() ? "" : text_of(cast.at("cast_type").as_object(), "id");
  }

  // Of DuckDB's spellings of false: CAST('f' AS BOOLEAN).
  static bool is_false(const json::value& expression) {
    const json::object& object = expression.as_object();
    if (text_of(object, "class") == "CAST" && cast_type(object) == "BOOLEAN")
      return is_false(object.at("child"));
    if (text_of(object, "class") != "CONSTANT") return false;
    const json::object& value = object.at("value").as_object();
    const json::value* inner = value.if_contains("value");
    return !value.at("is_null").as_bool() && inner &&
           (*inner == json::value("f") || *inner == json::value("false") ||
            *inner == json::value(false));
  }

  void comparison(const json::object& object) {
    static const std::map<std::string, std::pair<Op, Op>, std::less<>> ops = {
        {"COMPARE_EQUAL", {Op::eq, Op::eq}},
        {"COMPARE_LESSTHAN", {Op::lt, Op::gt}},
        {"COMPARE_LESSTHANOREQUALTO", {Op::le, Op::ge}},
        {"COMPARE_GREATERTHAN", {Op::gt, Op::lt}},
        {"COMPARE_GREATERTHANOREQUALTO", {Op::ge, Op::le}}};
    const auto op = ops.find(text_of(object, "type"));
    if (op == ops.end()) return;
    add(object.at("left"), op->second.first, {&object.at("right")});
    add(object.at("right"), op->second.second, {&object.at("left")});
  }

  std::optional<Literal> literal(const json::value& expression) const {
    const json::object& object = expression.as_object();
    const std::string kind = text_of(object, "class");
    if (kind == "CONSTANT") return constant_literal(object.at("value").as_object());
    if (kind == "PARAMETER") {
      const auto constant = parameter_constant(object, parameters_);
      return constant ? literal(*constant) : std::nullopt;
    }
    if (kind == "FUNCTION" && text_of(object, "function_name") == "-" &&
        object.at("children").as_array().size() == 1) {
      auto inner = literal(object.at("children").as_array()[0]);
      using enum Literal::Kind;
      if (!inner || inner->text.starts_with('-') ||
          (inner->kind != integer && inner->kind != decimal && inner->kind != real))
        return std::nullopt;
      inner->text.insert(0, "-");
      return inner;
    }
    if (kind != "CAST" || object.at("try_cast").as_bool()) return std::nullopt;
    const auto inner = literal(object.at("child"));
    const std::string type = text_of(object.at("cast_type").as_object(), "id");
    if (!inner || inner->kind != Literal::Kind::text) return std::nullopt;
    if (type == "DATE" && is_iso_date(inner->text))
      return Literal{Literal::Kind::date, inner->text};
    if (type.starts_with("TIMESTAMP") && is_iso_instant(inner->text))
      return Literal{Literal::Kind::instant, inner->text};
    return std::nullopt;
  }

  // The table and field that a column must mean, or nothing when there is a doubt.
  std::pair<TableUse*, const delta::Field*> column(const json::value& expression) const {
    const json::object& object = expression.as_object();
    // What a function of SQL is given is cast to its parameter's type.
    if (text_of(object, "class") == "CAST" && !cast_type(object).empty()) {
      const auto inner = column(object.at("child"));
      const bool same = inner.second && !inner.second->type.is_nested() &&
                        delta::to_duckdb(inner.second->type) == cast_type(object);
      return same ? inner : std::pair<TableUse*, const delta::Field*>{};
    }
    if (text_of(object, "class") != "COLUMN_REF") return {};
    const json::array& names = object.at("column_names").as_array();
    if (names.size() > 2) return {};
    const std::string name(names.back().as_string());
    std::pair<TableUse*, const delta::Field*> found;
    int matches = 0;
    for (const ScopeTable& table : scope_.tables) {
      if (names.size() == 2 &&
          !equals_ignoring_case(table.alias, std::string_view(names[0].as_string())))
        continue;
      if (table.use < 0) {
        if (names.size() == 2) return {};
        continue;
      }
      TableUse& use = uses_[static_cast<std::size_t>(table.use)];
      const delta::Field* field = delta::find_field(use.source.snapshot->schema(), name);
      if (!field) continue;
      ++matches;
      if (table.prunable) found = {&use, field};
    }
    return matches == 1 ? found : std::pair<TableUse*, const delta::Field*>{};
  }

  static bool comparable(const delta::DataType& type, Literal::Kind kind) {
    using enum Literal::Kind;
    if (type.is("string")) return kind == text;
    if (type.is("long") || type.is("integer") || type.is("short") || type.is("byte"))
      return kind == integer;
    if (type.is_decimal()) return kind == integer || kind == decimal;
    if (type.is("double")) return kind == integer || kind == decimal || kind == real;
    if (type.is("date")) return kind == date;
    if (type.is("timestamp_ntz")) return kind == instant;
    return false;
  }

  void add(const json::value& side, Op op, const std::vector<const json::value*>& values) {
    const auto [use, field] = column(side);
    if (!use) return;
    delta::Predicate predicate{field->name, op, {}};
    for (const json::value* value : values) {
      auto constant = literal(*value);
      if (!constant) return;
      // Text compared with a date column is cast to a date by DuckDB.
      if (field->type.is("date") && constant->kind == Literal::Kind::text &&
          is_iso_date(constant->text))
        constant->kind = Literal::Kind::date;
      if (!comparable(field->type, constant->kind)) return;
      predicate.values.push_back(std::move(constant->text));
    }
    use->conjuncts.push_back(std::move(predicate));
  }

  const Scope& scope_;
  std::vector<TableUse>& uses_;
  const json::value& parameters_;
};

json::value constant_node(std::string_view type, json::value inner) {
  json::object value{{"type", {{"id", type}, {"type_info", nullptr}}},
                     {"is_null", false},
                     {"value", std::move(inner)}};
  return json::object{{"class", "CONSTANT"},
                      {"type", "VALUE_CONSTANT"},
                      {"alias", ""},
                      {"query_location", 0},
                      {"value", std::move(value)}};
}

}  // namespace

std::optional<json::value> parameter_constant(const json::object& parameter,
                                              const json::value& parameters) {
  const std::string name = text_of(parameter, "identifier");
  const json::value* value = nullptr;
  if (parameters.is_object()) {
    value = parameters.as_object().if_contains(name);
  } else if (parameters.is_array() && !name.empty() && name.size() < 6 &&
             std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; })) {
    const auto position = std::stoul(name);
    if (position >= 1 && position <= parameters.as_array().size())
      value = &parameters.as_array()[position - 1];
  }
  if (!value) return std::nullopt;
  if (value->is_string()) return constant_node("VARCHAR", *value);
  if (value->is_int64() || value->is_uint64()) return constant_node("BIGINT", *value);
  return std::nullopt;
}

void add_conjuncts(const json::object& select, const Scope& scope, std::vector<TableUse>& uses,
                   const json::value& parameters) {
  if (std::ranges::none_of(scope.tables, [](auto& table) { return table.use >= 0; })) return;
  Collector collector(scope, uses, parameters);
  collector.condition(select.at("where_clause"));
  collector.joins(select.at("from_table"));
}

}  // namespace ob::query
