#include <boost/json.hpp>

#include "base/error.h"
#include "engine/engine.h"
#include "query/functions.h"
#include "query/lexer.h"
#include "query/rewriter.h"

namespace ob::query {

namespace json = boost::json;

namespace {

[[noreturn]] void refuse() {
  throw bad_request("sql.notSupportedYet",
                    "The statement uses a name that cannot be passed on safely: use plain names.");
}

void verify_object(const json::object& object, const std::set<std::string>& made_up) {
  const std::string kind = text_of(object, "class");
  const std::string type = text_of(object, "type");
  if (kind == "FUNCTION" || kind == "WINDOW") {
    const std::string name = text_of(object, "function_name");
    const std::string schema = text_of(object, "schema");
    if (!function_allowed(name) && !table_function_allowed(name) &&
        name != engine::unforeseen_function)
      refuse();
    if (!text_of(object, "catalog").empty() || (!schema.empty() && schema != "main")) refuse();
  } else if (kind.empty() && type == "BASE_TABLE") {
    const std::string schema = text_of(object, "schema_name");
    if (!text_of(object, "catalog_name").empty() ||
        (!schema.empty() && !equals_ignoring_case(schema, "recurring")) ||
        !made_up.contains(text_of(object, "table_name")))
      refuse();
  } else if (kind.empty() && type == "TABLE_FUNCTION") {
    const json::object& function = object.at("function").as_object();
    if (!table_function_allowed(text_of(function, "function_name"))) refuse();
  } else if (kind.empty() && type == "SHOW_REF") {
    if (object.at("query").is_null()) refuse();
  }
}

}  // namespace

void verify_printed(const json::value& statement, const std::set<std::string>& made_up) {
  if (statement.is_array()) {
    for (const json::value& item : statement.as_array()) verify_printed(item, made_up);
  } else if (statement.is_object()) {
    verify_object(statement.as_object(), made_up);
    for (const auto& item : statement.as_object()) verify_printed(item.value(), made_up);
  }
}

}  // namespace ob::query
