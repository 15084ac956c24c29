#pragma once
// What the endpoints of permissions, groups and roles take and answer.
#include <optional>
#include <string>
#include <vector>

#include "api/api.h"
#include "identity/permissions.h"

namespace ob::identity {

BOOST_DESCRIBE_ENUM(PrincipalKind, user, service, group, everyone)
BOOST_DESCRIBE_ENUM(Privilege, browse, read, write, create, manage)
BOOST_DESCRIBE_ENUM(ObjectType, server, workspace, folder, catalog, schema, table, volume, function,
                    saved_query, document)

struct PrincipalAnswer {
  PrincipalKind kind = PrincipalKind::user;
  std::string id, name;
  std::optional<std::string> email;
};
BOOST_DESCRIBE_STRUCT(PrincipalAnswer, (), (kind, id, name, email))

struct RoleAnswer {
  std::string id, name, text;
  std::vector<Privilege> privileges;
  bool built_in = false;
};
BOOST_DESCRIBE_STRUCT(RoleAnswer, (), (id, name, text, privileges, built_in))

struct ObjectAnswer {
  ObjectType type = ObjectType::server;
  std::string id, name;
};
BOOST_DESCRIBE_STRUCT(ObjectAnswer, (), (type, id, name))

PrincipalAnswer to_answer(const Principal&);
RoleAnswer to_answer(const Role&);
ObjectAnswer to_answer(const Securable&);
Privileges to_set(const std::vector<Privilege>&);

}  // namespace ob::identity
