#pragma once
// What may be owned and granted, and the words for what may be done.
#include <string>

#include "base/caller.h"

namespace ob::identity {

using Caller = ob::Caller;

enum class ObjectType {
  server,
  workspace,
  folder,
  catalog,
  schema,
  table,
  volume,
  function,
  saved_query,
  document
};

struct Securable {
  ObjectType type;
  std::string id;              // uuid
  std::string name;            // for messages: "main.sales.orders"
  std::string owner;           // id of a user, a service account or a group
  std::string workspace = {};  // of the last in a path that does not end at a workspace: its id
};

// browse: see that it is there. read: its data. write: change its data. create: make children; of a
// document: write comments.
// manage: rename, drop, comment, grant. manage includes all; write includes read; read, write and
// create include browse.
enum class Privilege { browse, read, write, create, manage };

}  // namespace ob::identity
