// The OpenAPI 3.1 document of a registry.
#include <boost/json/value_from.hpp>
#include <set>

#include "api/api.h"
#include "base/ascii.h"

namespace ob::api {

namespace json = boost::json;

namespace {

constexpr std::string_view kProblemRef = "#/components/schemas/Problem";

std::string_view reason(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "Done, no content";
    case 206:
      return "Part of the content";
    case 304:
      return "Not modified";
    case 400:
      return "Something in the request is wrong; `errors` names each field";
    case 401:
      return "No valid credential was sent";
    case 403:
      return "The caller may not do this";
    case 404:
      return "There is no such thing, or the caller may not know of it";
    case 406:
      return "The Accept header allows none of the media types";
    case 408:
      return "The body came too slowly";
    case 409:
      return "The state of the thing does not allow this";
    case 412:
      return "A precondition of the request does not hold";
    case 413:
      return "The body is too large";
    case 415:
      return "The body has a Content-Type that is not supported";
    case 416:
      return "The range lies outside of the content";
    case 422:
      return "The request is understood but cannot be done";
    case 429:
      return "Too many requests";
    case 499:
      return "Cancelled";
    case 500:
      return "The server failed; the log has the reason under the request id";
    case 503:
      return "Not available at the moment";
    case 504:
      return "It took too long";
    default:
      return status < 400 ? "Success" : "Error";
  }
}

json::object problem_schema() {
  const json::object text{{"type", "string"}};
  const json::object field{
      {"type", "object"},
      {"properties",
       {{"field",
         {{"type", "string"}, {"description", "Path of the wrong field: columns[2].type"}}},
        {"problem", text}}},
      {"required", {"field", "problem"}}};
  return {{"type", "object"},
          {"description", "What went wrong (RFC 9457)."},
          {"properties",
           {{"type", text},
            {"title", text},
            {"status", {{"type", "integer"}}},
            {"id",
             {{"type", "string"}, {"description", "Stable, for programs: catalog.tableNotFound"}}},
            {"detail", text},
            {"request_id", text},
            {"errors", {{"type", "array"}, {"items", field}}}}},
          {"required", {"type", "title", "status", "id", "detail", "request_id"}}};
}

json::object content_of(const Endpoint& e) {
  json::object content;
  if (e.doc.produces.empty()) {
    if (!e.response_schema.is_null()) {
      content["application/json"] = json::object{{"schema", e.response_schema}};
    }
    return content;
  }
  for (const std::string& type : e.doc.produces) {
    json::object media;
    if (type == "application/json" && !e.response_schema.is_null()) {
      media["schema"] = e.response_schema;
    }
    content[type] = std::move(media);
  }
  return content;
}

std::set<int> statuses(const Endpoint& e) {
  std::set<int> out(e.doc.errors.begin(), e.doc.errors.end());
  out.insert({e.doc.status, 400, 429, 500});
  if (!e.doc.anonymous) out.insert({401, 403});
  if (!e.path_parameters.empty()) out.insert(404);
  if (!e.body_schema.is_null() || !e.doc.consumes.empty()) out.insert({408, 413, 415});
  if (e.doc.produces.size() > 1) out.insert(406);
  return out;
}

json::object responses(const Endpoint& e) {
  json::object out;
  for (const int status : statuses(e)) {
    json::object one{{"description", reason(status)}};
    if (status >= 400 && !e.doc.problem.empty()) {
      one["content"] = {{e.doc.problem, json::object()}};
    } else if (status >= 400) {
      one["content"] = {{"application/problem+json", {{"schema", {{"$ref", kProblemRef}}}}}};
      if (e.doc.oauth && status <= 401) {
        one["content"].as_object()["application/json"] = {
            {"schema",
             {{"type", "object"},
              {"properties",
               {{"error", {{"type", "string"}}}, {"error_description", {{"type", "string"}}}}},
              {"required", json::array{"error"}}}}};
      }
    } else if (status != 204 && status != 304) {
      json::object content = content_of(e);
      if (!content.empty()) one["content"] = std::move(content);
    }
    out[std::to_string(status)] = std::move(one);
  }
  return out;
}

json::object parameter(const Endpoint& e, const std::string& name, bool in_path) {
  const json::object& request = e.request_schema.as_object();
  json::object schema = request.at("properties").at(name).as_object();
  json::object out{{"name", name}, {"in", in_path ? "path" : "query"}};
  bool required = in_path;
  if (const json::value* list = request.if_contains("required")) {
    for (const json::value& one : list->as_array()) required = required || one == json::value(name);
  }
  out["required"] = required;
  if (const json::value* text = schema.if_contains("description")) {
    out["description"] = *text;
    schema.erase("description");
  }
  if (in_path) {
    // An empty part of a path does not reach the endpoint.
    if (schema["type"] == "string" && !schema.contains("minLength") && !schema.contains("enum")) {
      schema["minLength"] = 1;
    }
  }
  out["schema"] = std::move(schema);
  return out;
}

json::object operation(const Endpoint& e) {
  json::object out{{"operationId", e.doc.operation}, {"summary", e.doc.summary}};
  if (!e.doc.description.empty()) out["description"] = e.doc.description;
  if (!e.doc.tag.empty()) out["tags"] = json::array{e.doc.tag};
  json::array parameters;
  for (const std::string& name : e.path_parameters) parameters.push_back(parameter(e, name, true));
  for (const std::string& name : e.query_parameters)
    parameters.push_back(parameter(e, name, false));
  if (e.doc.guests) {
    parameters.push_back({{"name", "X-Share"},
                          {"in", "header"},
                          {"required", false},
                          {"description", "Proof of a share link, instead of or beside a sign-in."},
                          {"schema", {{"type", "string"}, {"maxLength", 1024}}}});
  }
  if (!parameters.empty()) out["parameters"] = std::move(parameters);
  if (!e.body_schema.is_null()) {
    out["requestBody"] = {{"required", e.body_required},
                          {"content", {{"application/json", {{"schema", e.body_schema}}}}}};
  } else if (!e.doc.consumes.empty()) {
    json::object content;
    for (const std::string& type : e.doc.consumes) content[type] = json::object();
    out["requestBody"] = {{"required", true}, {"content", std::move(content)}};
  }
  out["responses"] = responses(e);
  if (e.doc.anonymous) {
    out["security"] = json::array();
  } else {
    out["x-scope"] = e.scope;  // that a limited credential needs
    if (e.doc.guests) {
      out["security"] = json::array{json::object{{"bearer", json::array()}}, json::object()};
    }
  }
  return out;
}

// "{path...}" is "{path}" in OpenAPI.
std::string template_of(std::string path) {
  const std::size_t dots = path.find("...}");
  if (dots != std::string::npos) path.erase(dots, 3);
  return path;
}

}  // namespace

json::value Registry::openapi() const {
  json::object paths;
  std::set<std::string> tags;
  for (const Endpoint& e : endpoints_) {
    json::value& path = paths[template_of(e.path)];
    if (!path.is_object()) path = json::object();
    path.as_object()[ascii::lower(e.method)] = operation(e);
    if (!e.doc.tag.empty()) tags.insert(e.doc.tag);
  }
  json::array tag_list;
  for (const std::string& tag : tags) tag_list.push_back({{"name", tag}});
  json::object schemas = definitions_.schemas();
  schemas["Problem"] = problem_schema();
  return {{"openapi", "3.1.0"},
          {"info",
           {{"title", "OpenBricks"},
            {"version", "1"},
            {"description", "One workspace for data and AI. Errors are application/problem+json."},
            {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
          {"jsonSchemaDialect", "https://json-schema.org/draft/2020-12/schema"},
          {"servers", json::array{{{"url", "/"}}}},
          {"security", json::array{{{"bearer", json::array()}}}},
          {"tags", std::move(tag_list)},
          {"paths", std::move(paths)},
          {"components",
           {{"schemas", std::move(schemas)},
            {"securitySchemes",
             {{"bearer",
               {{"type", "http"},
                {"scheme", "bearer"},
                {"description", "An access token from sign-in, or an API key."}}}}}}}};
}

}  // namespace ob::api
