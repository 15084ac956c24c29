#include "sso/scim_schemas.h"

#include <boost/json.hpp>
#include <utility>

#include "sso/scim.h"

namespace ob::sso::scim {
namespace {

namespace json = boost::json;

json::object attribute(std::string_view name, std::string_view type, json::object more = {}) {
  json::object out{{"name", name},          {"type", type},        {"multiValued", false},
                   {"required", false},     {"caseExact", false},  {"mutability", "readWrite"},
                   {"returned", "default"}, {"uniqueness", "none"}};
  for (auto& [key, value] : more) out[key] = std::move(value);
  return out;
}

json::object several(std::string_view name) {
  return attribute(name, "complex",
                   {{"multiValued", true},
                    {"subAttributes",
                     {attribute("value", "string"), attribute("display", "string"),
                      attribute("type", "string"), attribute("primary", "boolean")}}});
}

json::object user_schema() {
  return {{"id", kUserSchema},
          {"name", "User"},
          {"description", "A person's account"},
          {"attributes",
           {attribute("userName", "string", {{"required", true}, {"uniqueness", "server"}}),
            attribute("name", "complex",
                      {{"subAttributes",
                        {attribute("formatted", "string"), attribute("familyName", "string"),
                         attribute("givenName", "string")}}}),
            attribute("displayName", "string"), attribute("title", "string"),
            attribute("locale", "string"), attribute("timezone", "string"),
            attribute("active", "boolean"), several("emails"), several("phoneNumbers")}}};
}

json::object enterprise_schema() {
  return {{"id", kEnterprise},
          {"name", "EnterpriseUser"},
          {"description", "What companies keep of people"},
          {"attributes",
           {attribute("employeeNumber", "string"), attribute("costCenter", "string"),
            attribute("organization", "string"), attribute("division", "string"),
            attribute("department", "string"),
            attribute("manager", "complex",
                      {{"subAttributes",
                        {attribute("value", "string"), attribute("displayName", "string")}}})}}};
}

json::object group_schema() {
  return {{"id", kGroupSchema},
          {"name", "Group"},
          {"description", "A group of users"},
          {"attributes",
           {attribute("displayName", "string", {{"required", true}, {"uniqueness", "server"}}),
            several("members")}}};
}

json::object listed(json::array resources) {
  return {{"schemas", {"urn:ietf:params:scim:api:messages:2.0:ListResponse"}},
          {"totalResults", resources.size()},
          {"startIndex", 1},
          {"itemsPerPage", resources.size()},
          {"Resources", std::move(resources)}};
}

json::object meta(std::string_view type, const std::string& location) {
  return {{"resourceType", type}, {"location", location}};
}

}  // namespace

json::object service_config(const std::string& base) {
  return {{"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}},
          {"patch", {{"supported", true}}},
          {"bulk", {{"supported", false}, {"maxOperations", 0}, {"maxPayloadSize", 0}}},
          {"filter", {{"supported", true}, {"maxResults", 1000}}},
          {"changePassword", {{"supported", false}}},
          {"sort", {{"supported", false}}},
          {"etag", {{"supported", false}}},
          {"authenticationSchemes",
           {{{"type", "oauthbearertoken"},
             {"name", "Bearer token"},
             {"description", "The token that an administrator made for the provider."},
             {"primary", true}}}},
          {"meta", meta("ServiceProviderConfig", base + "/ServiceProviderConfig")}};
}

json::object resource_types(const std::string& base) {
  const auto type = [&](std::string_view name, std::string_view endpoint, std::string_view schema) {
    return json::object{
        {"schemas", {"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
        {"id", name},
        {"name", name},
        {"endpoint", endpoint},
        {"schema", schema},
        {"meta", meta("ResourceType", base + "/ResourceTypes/" + std::string(name))}};
  };
  json::object user = type("User", "/Users", kUserSchema);
  user["schemaExtensions"] = {{{"schema", kEnterprise}, {"required", false}}};
  return listed({std::move(user), type("Group", "/Groups", kGroupSchema)});
}

json::object schemas(const std::string& base) {
  json::array all{user_schema(), enterprise_schema(), group_schema()};
  for (auto& one : all) {
    auto& schema = one.as_object();
    const std::string id(schema["id"].as_string());
    schema["schemas"] = json::array{"urn:ietf:params:scim:schemas:core:2.0:Schema"};
    schema["meta"] = meta("Schema", base + "/Schemas/" + id);
  }
  return listed(std::move(all));
}

}  // namespace ob::sso::scim
