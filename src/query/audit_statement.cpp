// What a statement leaves in the audit log: the tables that it reads, and what it changes. What
// goes through the catalog or through permissions is recorded there.
#include "query/core.h"

namespace ob::query {

namespace {

template <class... Fns>
struct Overloaded : Fns... {
  using Fns::operator()...;
};

struct WhatChanges {
  const char* action;
  const QualifiedName* name;
};

// Of statements that change a table otherwise than through the catalog's own methods.
std::optional<WhatChanges> change_of(const Statement& statement) {
  using Found = std::optional<WhatChanges>;
  return std::visit(
      Overloaded{
          [](const Insert& s) -> Found {
            return WhatChanges{s.overwrite ? "table.overwrite" : "table.insert", &s.name};
          },
          [](const Delete& s) -> Found { return WhatChanges{"table.delete", &s.table.name}; },
          [](const Update& s) -> Found { return WhatChanges{"table.update", &s.table.name}; },
          [](const Merge& s) -> Found { return WhatChanges{"table.merge", &s.table.name}; },
          [](const Truncate& s) -> Found { return WhatChanges{"table.truncate", &s.name}; },
          [](const Optimize& s) -> Found { return WhatChanges{"table.optimize", &s.name}; },
          [](const Vacuum& s) -> Found { return WhatChanges{"table.vacuum", &s.name}; },
          [](const Restore& s) -> Found { return WhatChanges{"table.restore", &s.name}; },
          [](const SetProperties& s) -> Found {
            return WhatChanges{"table.setProperties", &s.name};
          },
          [](const AddConstraint& s) -> Found {
            return WhatChanges{"table.addConstraint", &s.name};
          },
          [](const DropConstraint& s) -> Found {
            return WhatChanges{"table.dropConstraint", &s.name};
          },
          [](const AddColumns& s) -> Found { return WhatChanges{"table.addColumns", &s.name}; },
          [](const ChangeColumn& s) -> Found { return WhatChanges{"table.changeColumn", &s.name}; },
          [](const auto&) -> Found { return std::nullopt; }},
      statement);
}

}  // namespace

// What a limited credential needs for a statement beyond that for queries.
void Session::require_scopes(const Statement& statement) {
  const bool grants = std::holds_alternative<ChangeGrants>(statement) ||
                      std::holds_alternative<SetPolicy>(statement);
  const bool looks = std::visit(
      Overloaded{[](const SelectStatement&) { return true; }, [](const Explain&) { return true; },
                 [](const Show&) { return true; }, [](const Describe&) { return true; },
                 [](const ShowGrants&) { return true; }, [](const auto&) { return false; }},
      statement);
  if (looks) return;
  require_scope(caller_.scopes, "sql:write");
  if (grants) require_scope(caller_.scopes, "permissions:write");
  if (caller_.read_only)
    throw forbidden("identity.readOnly", "With this credential nothing can be changed.");
}

Plan Session::execute_audited(const Statement& statement) {
  require_scopes(statement);
  const auto run_typed = [&] {
    return std::visit([this](const auto& typed) { return run(typed); }, statement);
  };
  const auto change = change_of(statement);
  if (!change || !audit_) return run_typed();
  return audited_change(change->action, table_name(*change->name), run_typed);
}

Plan Session::audited_change(const char* action, const catalog::Name& name,
                             const std::function<Plan()>& fn) {
  audit::Object object{"table", "", name.text()};
  try {
    object.id = core_.catalog.table(caller_, name).id;
  } catch (const Error&) {
    // Not there, or hidden: fn() says so.
  }
  bool done = false;
  try {
    return audit::act(*core_.audit, audit::event_of(caller_, action, std::move(object)),
                      [&](audit::Event&) {
                        auto plan = fn();
                        done = true;
                        return plan;
                      });
  } catch (const audit::Unrecorded& error) {
    if (!done) throw;
    throw Error(
        500, "audit.unrecorded",
        "The statement was done, but its entry in the audit log could not be written yet: do "
        "not run it again.",
        error.what());
  }
}

// One entry for each table, however often the statement looks at it.
void Session::note_read(const Caller& caller, const catalog::Table& table) {
  if (!audit_ || !read_tables_.insert(table.id + caller.user_id).second) return;
  core_.audit->record(
      audit::event_of(caller, table.kind == catalog::TableKind::view ? "view.read" : "table.read",
                      {"table", table.id, table.name.text()}));
}

void Session::note_refused(const Caller& caller, const catalog::Name& name, const Error& error) {
  if (!audit_ || (error.status() != 403 && error.status() != 404)) return;
  auto event = audit::event_of(caller, "table.read", {"table", "", name.text()});
  event.fail(error);
  core_.audit->record_durably(std::move(event));
}

}  // namespace ob::query
