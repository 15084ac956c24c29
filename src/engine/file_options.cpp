#include "engine/file_options.h"

#include <map>
#include <set>

#include "base/error.h"
#include "delta/schema.h"
#include "engine/engine.h"

namespace ob::engine {

namespace {

using boost::json::value;

Error bad_option(std::string_view name, const std::string& wanted) {
  return bad_request("file.badOption",
                     "The option \"" + std::string(name) + "\" must be " + wanted + ".");
}

std::string boolean(std::string_view name, const value& v) {
  if (!v.is_bool()) throw bad_option(name, "true or false");
  return v.get_bool() ? "true" : "false";
}

std::string text(std::string_view name, const value& v, std::size_t least, std::size_t most) {
  if (!v.is_string() || v.get_string().size() < least || v.get_string().size() > most ||
      v.get_string().find('\0') != boost::json::string::npos)
    throw bad_option(
        name, "a text of " + std::to_string(least) + " to " + std::to_string(most) + " bytes");
  return quote_literal(std::string_view(v.get_string()));
}

std::string number(std::string_view name, const value& v, std::int64_t most) {
  if (!v.is_int64() || v.get_int64() < 0 || v.get_int64() > most)
    throw bad_option(name, "a whole number from 0 to " + std::to_string(most));
  return std::to_string(v.get_int64());
}

std::string mark(std::string_view name, const value& v) {
  return text(name, v, 0, 1);
}
std::string delimiter(std::string_view name, const value& v) {
  return text(name, v, 1, 4);
}
std::string pattern(std::string_view name, const value& v) {
  return text(name, v, 1, 100);
}
std::string skipped(std::string_view name, const value& v) {
  return number(name, v, 1'000'000);
}

std::string null_texts(std::string_view name, const value& v) {
  if (v.is_string()) return text(name, v, 0, 100);
  if (!v.is_array() || v.get_array().empty() || v.get_array().size() > 100)
    throw bad_option(name, "a text or a list of texts");
  std::string out;
  for (const auto& item : v.get_array())
    out += (out.empty() ? "[" : ", ") + text(name, item, 0, 100);
  return out + "]";
}

// {"name": "type"}, in DuckDB's or Spark's spelling.
std::string types(std::string_view name, const value& v) {
  if (!v.is_object() || v.get_object().empty() || v.get_object().size() > 10'000)
    throw bad_option(name, "an object of column names and types");
  std::string out;
  for (const auto& [column, type] : v.get_object()) {
    if (!type.is_string()) throw bad_option(name, "an object of column names and types");
    const auto parsed = delta::parse_type(std::string_view(type.get_string()));
    out += (out.empty() ? "{" : ", ") + quote_literal(std::string_view(column)) + ": " +
           quote_literal(delta::to_duckdb(parsed));
  }
  return out + "}";
}

template <class... Names>
std::string one_of(std::string_view name, const value& v, Names... names) {
  if (v.is_string())
    for (const std::string_view allowed : {std::string_view(names)...})
      if (std::string_view(v.get_string()) == allowed) return quote_literal(allowed);
  std::string list;
  ((list += (list.empty() ? "" : ", ") + std::string(names)), ...);
  throw bad_option(name, "one of " + list);
}

std::string encoding(std::string_view name, const value& v) {
  return one_of(name, v, "utf-8", "utf-16", "latin-1");
}
std::string decimal_mark(std::string_view name, const value& v) {
  return one_of(name, v, ".", ",");
}
std::string json_layout(std::string_view name, const value& v) {
  return one_of(name, v, "auto", "array", "newline_delimited", "unstructured");
}

struct Option {
  std::string_view argument;  // DuckDB's name
  std::string (*check)(std::string_view name, const value& v);
};
using Options = std::map<std::string_view, Option>;

const Options& options_of(const std::string& format) {
  static const Options csv{{"header", {"header", boolean}},
                           {"delimiter", {"delim", delimiter}},
                           {"delim", {"delim", delimiter}},
                           {"sep", {"delim", delimiter}},
                           {"quote", {"quote", mark}},
                           {"escape", {"escape", mark}},
                           {"comment", {"comment", mark}},
                           {"nullstr", {"nullstr", null_texts}},
                           {"dateformat", {"dateformat", pattern}},
                           {"timestampformat", {"timestampformat", pattern}},
                           {"decimal_separator", {"decimal_separator", decimal_mark}},
                           {"encoding", {"encoding", encoding}},
                           {"all_varchar", {"all_varchar", boolean}},
                           {"normalize_names", {"normalize_names", boolean}},
                           {"null_padding", {"null_padding", boolean}},
                           {"strict_mode", {"strict_mode", boolean}},
                           {"ignore_errors", {"ignore_errors", boolean}},
                           {"skip", {"skip", skipped}},
                           {"columns", {"columns", types}},
                           {"types", {"types", types}}};
  static const Options json{{"layout", {"format", json_layout}},
                            {"dateformat", {"dateformat", pattern}},
                            {"timestampformat", {"timestampformat", pattern}},
                            {"ignore_errors", {"ignore_errors", boolean}},
                            {"columns", {"columns", types}}};
  static const Options parquet{{"binary_as_string", {"binary_as_string", boolean}}};
  return format == "csv" ? csv : format == "json" ? json : parquet;
}

}  // namespace

std::string file_arguments(const std::string& format, const boost::json::object& options) {
  const auto& known = options_of(format);
  std::string out;
  std::set<std::string_view> used;
  for (const auto& [name, v] : options) {
    const auto option = known.find(std::string_view(name));
    if (option == known.end()) {
      std::string list;
      for (const auto& [allowed, _] : known)
        list += (list.empty() ? "" : ", ") + std::string(allowed);
      throw bad_request("file.badOption", "There is no option \"" + std::string(name) + "\" for " +
                                              format + " files. There are: " + list + ".");
    }
    if (!used.insert(option->second.argument).second)
      throw bad_option(std::string_view(name), "given once");
    out += ", " + std::string(option->second.argument) + " = " +
           option->second.check(std::string_view(name), v);
  }
  return out;
}

}  // namespace ob::engine
