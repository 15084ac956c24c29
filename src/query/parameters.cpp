// Values for the parameters of a rewritten tree.
#include <boost/json.hpp>
#include <charconv>
#include <functional>
#include <map>
#include <optional>

#include "base/error.h"
#include "query/lexer.h"
#include "query/rewriter.h"

namespace ob::query {

namespace json = boost::json;

namespace {

void each_parameter(json::value& value, const std::function<void(json::object&)>& visit) {
  if (value.is_array()) {
    for (json::value& item : value.as_array()) each_parameter(item, visit);
  } else if (value.is_object()) {
    json::object& object = value.as_object();
    if (text_of(object, "class") == "PARAMETER") visit(object);
    for (auto& item : object) each_parameter(item.value(), visit);
  }
}

std::optional<std::size_t> number_of(const std::string& name) {
  std::size_t number = 0;
  const auto* end = name.data() + name.size();
  if (name.empty() || std::from_chars(name.data(), end, number).ptr != end) return std::nullopt;
  return number;
}

json::object by_name(const json::value& parameters) {
  if (parameters.is_object()) return parameters.as_object();
  json::object out;
  if (parameters.is_array())
    for (const json::value& value : parameters.as_array())
      out[std::to_string(out.size() + 1)] = value;
  return out;
}

// DuckDB binds numbers only from $1 on without gaps.
std::map<std::string, std::string> without_gaps(const std::set<std::string>& used) {
  std::map<std::size_t, std::string> numbers;
  for (const std::string& name : used)
    if (const auto number = number_of(name)) numbers[*number] = name;
  std::map<std::string, std::string> out;
  for (const auto& [number, name] : numbers) out[name] = std::to_string(out.size() + 1);
  return out;
}

Error unknown_parameter(const std::string& name) {
  return bad_request("sql.parameters", "The statement has no parameter $" + name + ".");
}

}  // namespace

void check_parameters(std::string_view sql, const json::value& parameters) {
  if (parameters.is_null()) return;
  std::set<std::string> used;
  std::size_t marks = 0;
  for (const Token& token : tokenize(sql)) {
    if (token.kind != TokenKind::parameter) continue;
    used.insert(token.value.empty() ? std::to_string(++marks) : token.value);
  }
  for (const auto& [key, value] : by_name(parameters))
    if (!used.contains(std::string(key))) throw unknown_parameter(std::string(key));
}

NamedParameters name_parameters(json::value& statement, const json::value& parameters,
                                const std::set<std::string>* droppable, const std::string& nonce) {
  std::set<std::string> used;
  each_parameter(statement, [&](json::object& p) { used.insert(text_of(p, "identifier")); });
  const auto fresh = without_gaps(used);
  NamedParameters out;
  std::set<std::string> given;
  for (const auto& [key, value] : by_name(parameters)) {
    const std::string name(key);
    if (used.contains(name)) {
      const auto renamed = fresh.find(name);
      out.values[renamed == fresh.end() ? name : renamed->second] = value;
      given.insert(name);
    } else if (droppable && !droppable->contains(name)) {
      throw unknown_parameter(name);
    }
  }
  for (const std::string& name : used)
    if (!given.contains(name))
      throw bad_request("sql.parameters", "No value was given for the parameter $" + name + ".");
  each_parameter(statement, [&](json::object& p) {
    const auto renamed = fresh.find(text_of(p, "identifier"));
    if (renamed != fresh.end()) p["identifier"] = renamed->second;
  });
  // Names and numbers do not go together in one statement.
  out.scans_prefix = fresh.empty() ? "files_" + nonce + "_" : "";
  out.scans_first = fresh.size() + 1;
  return out;
}

}  // namespace ob::query
