// Which parameters a rewritten tree still uses.
#include <boost/json.hpp>
#include <functional>

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

json::value keep_named(const json::object& parameters, const std::set<std::string>& used,
                       const std::set<std::string>* droppable) {
  json::object kept;
  for (const auto& item : parameters) {
    const std::string name(item.key());
    if (used.contains(name) || (droppable && !droppable->contains(name))) kept[name] = item.value();
  }
  return kept;
}

}  // namespace

json::value keep_used_parameters(json::value& statement, const json::value& parameters,
                                 const std::set<std::string>* droppable) {
  std::set<std::string> used;
  each_parameter(statement, [&](json::object& p) { used.insert(text_of(p, "identifier")); });
  if (parameters.is_object()) return keep_named(parameters.as_object(), used, droppable);
  if (!parameters.is_array()) return parameters;
  json::array kept;
  std::map<std::string, std::string> renumbered;
  for (std::size_t i = 0; i < parameters.as_array().size(); ++i) {
    const std::string name = std::to_string(i + 1);
    if (!used.contains(name) && (!droppable || droppable->contains(name))) continue;
    kept.push_back(parameters.as_array()[i]);
    renumbered[name] = std::to_string(kept.size());
  }
  each_parameter(statement, [&](json::object& p) {
    const auto fresh = renumbered.find(text_of(p, "identifier"));
    if (fresh != renumbered.end()) p["identifier"] = fresh->second;
  });
  return kept;
}

}  // namespace ob::query
