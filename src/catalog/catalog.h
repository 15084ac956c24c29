#pragma once
// What there is: catalogs, schemas, tables, views and volumes, with their owners; opens Delta
// tables by name. Every method authorises first (browse to see, read to scan, write to change data,
// create below a parent, manage to rename, drop, comment). All blocking. Names compare
// case-insensitively and keep their spelling.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/db.h"
#include "delta/delta.h"
#include "identity/identity.h"
#include "objects/objects.h"

namespace ob::relay {
class Relay;
}
namespace ob::audit {
class Audit;
}

namespace ob::catalog {

struct Name {  // "main.sales.orders"; a catalog has only the first part, a schema two
  std::string catalog, schema, object;
  std::string text() const;  // quoted with backticks where needed
  bool operator==(const Name&) const = default;
};
// Parses 1–3 dotted parts, each bare, "quoted" or `quoted`; missing leading parts from the defaults
// main and default. `most`: parts of such a name, 1 for a catalog, 2 for a schema. Throws ob::Error
// 400 catalog.badName. A name part: 1–255 bytes of UTF-8 without control characters, '/', or '.',
// and without space at either end.
Name parse_name(std::string_view text, std::size_t most = 3);

struct Catalog {
  std::string id, name, owner, comment;
  Micros created_at = 0;
  std::string workspace;  // that it belongs to; empty: to none
};
struct Schema {
  std::string id, catalog, name, owner, comment;
  Micros created_at = 0;
};
enum class TableKind { managed, external, view };
struct Table {
  std::string id;
  Name name;
  TableKind kind = TableKind::managed;
  std::string owner, comment;
  std::string location;  // store key prefix of a managed table's directory, or the external URL
  bool guarded = false;  // has a row filter or column masks
  std::string view_sql;  // kind == view: text as the user wrote it
  Name view_defaults;    // catalog and schema that its unqualified names refer to
  Micros created_at = 0, updated_at = 0;
  std::optional<Micros> dropped_at;
};
struct Volume {
  std::string id;
  Name name;
  std::string owner, comment;
  std::string root;  // store key prefix
  Micros created_at = 0;
};
// A function of SQL: an expression over its parameters.
struct Function {
  struct Parameter {
    std::string name, type;  // Spark's spelling of the type
  };
  std::string id;
  Name name;
  std::string owner, comment;
  std::vector<Parameter> parameters;
  std::string returns;  // a type
  std::string body;     // the expression as the user wrote it
  Micros created_at = 0;
};
// Which rows of a table its readers see, or what they see instead of a column's values.
struct Policy {
  std::string column;  // that is masked; empty: filters rows
  Function function;
  std::vector<std::string> columns;  // given to its parameters
};
// Lets external tables live below URLs in the cloud. Its secrets never leave the service.
struct StorageCredential {
  std::string id, name, owner;
  std::vector<std::string> urls;  // as objects::open() takes them
  Micros created_at = 0;
};
struct Found {       // one search hit
  std::string kind;  // catalog, schema, table, view, volume, column
  Name name;
  std::string detail;
};

// A table opened for reading or writing.
struct Opened {
  Table table;
  std::shared_ptr<delta::Table> delta;
};

// Names and types (as they are to be shown) of a view's columns, for the caller: bound by the
// composition root, as only a query engine knows them. Throws when the view cannot be resolved.
using DescribeView = std::function<std::vector<std::pair<std::string, std::string>>(
    const identity::Caller&, const Table&)>;

// Tables that are not Delta (information_schema, system.*, later bases and foreign tables) enter
// here.
class TableProvider {
 public:
  virtual ~TableProvider() = default;
  // A self-contained SELECT giving the rows that the caller may see, or nullopt when the name is
  // not its.
  virtual std::optional<std::string> scan_sql(const identity::Caller&, const Name&) = 0;
  virtual std::vector<Name> list(const std::string& catalog) = 0;
};

class Service {
 public:
  virtual ~Service() = default;
  using Caller = identity::Caller;

  virtual std::vector<Catalog> catalogs(const Caller&) = 0;
  virtual Catalog catalog(const Caller&, const std::string& name) = 0;
  // In a workspace (its id) it takes the privilege create there, else on the server.
  virtual Catalog create_catalog(const Caller&, const std::string& name, const std::string& comment,
                                 bool if_not_exists, const std::string& workspace = "") = 0;
  // Empty: out of all workspaces, which takes the privilege create on the server.
  virtual void move_catalog(const Caller&, const std::string& name,
                            const std::string& workspace) = 0;
  // For the workspaces, which are not deleted while they have some.
  virtual std::int64_t catalogs_of(const std::string& workspace) = 0;
  virtual void rename_catalog(const Caller&, const std::string& name, const std::string& fresh) = 0;
  virtual void drop_catalog(const Caller&, const std::string& name, bool if_exists,
                            bool cascade) = 0;

  virtual std::vector<Schema> schemas(const Caller&, const std::string& catalog) = 0;
  virtual Schema schema(const Caller&, const Name&) = 0;
  virtual Schema create_schema(const Caller&, const Name&, const std::string& comment,
                               bool if_not_exists) = 0;
  virtual void rename_schema(const Caller&, const Name&, const std::string& fresh) = 0;
  virtual void drop_schema(const Caller&, const Name&, bool if_exists, bool cascade) = 0;

  // With `dropped`: the dropped ones that UNDROP can still bring back, newest first.
  virtual std::vector<Table> tables(const Caller&, const Name& schema, bool dropped = false) = 0;
  virtual Table table(const Caller&, const Name&) = 0;  // 404 catalog.tableNotFound
  // Checks the privilege (browse for metadata, read, write) and opens the Delta log. 400
  // catalog.isView for views.
  virtual Opened open(const Caller&, const Name&, identity::Privilege) = 0;
  // Reserves the name and a new directory (managed), or checks that `location` lies in an external
  // location. The table is visible only after `publish`; an exception in between leaves nothing.
  // `build` gets the opened (still empty) Delta table and must commit version 0, or leave an
  // existing external log as it is. With or_replace and an existing table, `build` gets that table
  // as it is and commits its next version. With if_not_exists and an existing table, answers it and
  // does not call `build`. External tables need the privilege create on the server.
  virtual Table create_table(const Caller&, const Name&, const std::string& external_location,
                             const std::string& comment, bool if_not_exists, bool or_replace,
                             const std::function<void(delta::Table&)>& build) = 0;
  virtual Table create_view(const Caller&, const Name&, const std::string& sql,
                            const Name& defaults, const std::string& comment, bool if_not_exists,
                            bool or_replace) = 0;
  virtual void rename_table(const Caller&, const Name&, const Name& fresh) = 0;
  virtual void drop_table(const Caller&, const Name&, bool if_exists, std::optional<bool> view) = 0;
  virtual void undrop_table(const Caller&,
                            const Name&) = 0;  // newest dropped of that name, within 7 days
  virtual void comment(const Caller&, identity::ObjectType, const Name&,
                       const std::string& text) = 0;

  virtual std::vector<Volume> volumes(const Caller&, const Name& schema) = 0;
  virtual Volume volume(const Caller&, const Name&, identity::Privilege) = 0;
  virtual Volume create_volume(const Caller&, const Name&, const std::string& comment,
                               bool if_not_exists) = 0;
  virtual void drop_volume(const Caller&, const Name&, bool if_exists) = 0;

  virtual std::vector<Function> functions(const Caller&, const Name& schema) = 0;
  virtual Function function(const Caller&, const Name&, identity::Privilege) = 0;
  // With or_replace the one that is there keeps its grants, and policies that use it follow; its
  // owner becomes who replaces it, as what it looks up is read with the owner's rights.
  virtual Function create_function(const Caller&, const Function&, bool if_not_exists,
                                   bool or_replace) = 0;
  // 409 catalog.functionInUse while a policy uses it.
  virtual void drop_function(const Caller&, const Name&, bool if_exists) = 0;
  // The row filter and the masks of a table that may be read; all of them hold for everybody.
  // Throws 409 catalog.policyBroken when a function is gone.
  virtual std::vector<Policy> policies(const Table&) = 0;
  // Needs manage on the table and read on the function. `column` empty: the row filter. Nothing in
  // place of the function takes the policy away.
  virtual void set_policy(const Caller&, const Name& table, const std::string& column,
                          const std::optional<Name>& function,
                          const std::vector<std::string>& columns) = 0;

  // Administrators only. Making one asks each store, with the errors of objects.h.
  virtual std::vector<StorageCredential> storage_credentials(const Caller&) = 0;
  virtual StorageCredential create_storage_credential(const Caller&, const std::string& name,
                                                      const std::vector<std::string>& urls,
                                                      const objects::Credentials& secrets) = 0;
  // Replaces the URLs, the secrets (all of them), or both: what is not given stays. 409 when tables
  // lie at a URL that would go.
  virtual StorageCredential change_storage_credential(
      const Caller&, const std::string& name, const std::optional<std::vector<std::string>>& urls,
      const std::optional<objects::Credentials>& secrets) = 0;
  // Asks each store again; what one answered instead of a list, by URL in their order.
  virtual std::vector<std::pair<std::string, std::optional<Error>>> test_storage_credential(
      const Caller&, const std::string& name) = 0;
  virtual void drop_storage_credential(const Caller&, const std::string& name) = 0;

  virtual std::vector<Found> search(const Caller&, const std::string& text, std::size_t limit) = 0;
  // May the caller do this to that object? For other modules that guard things inside the tree.
  virtual void require(const Caller&, identity::Privilege, identity::ObjectType, const Name&) = 0;
  // Which of read, write and manage the caller has on a table or view; 404 when they may not see
  // it.
  virtual std::vector<identity::Privilege> table_privileges(const Caller&, const Name&) = 0;
  // Gives everyone a privilege on a catalog (the samples); needs manage.
  virtual void share_catalog(const Caller&, const std::string& name, identity::Privilege) = 0;

  // Tells search of a table's columns; cheap when they have not changed. After a commit that may
  // have changed the schema; create_table and the endpoints do it themselves.
  virtual void note_schema(const std::string& table_id, const delta::Snapshot&) = 0;
  // Readable name of an owner.
  virtual std::string owner_name(const std::string& user_id) = 0;
  // Deletes for good what was dropped more than 7 days ago (files of managed tables too; never
  // those of external ones), files of dropped volumes, and what creations cut short by a crash
  // left. Blocks for as long as that takes: run it in the background at start and daily. Returns
  // how many directories and tables it deleted.
  virtual std::size_t purge() = 0;
};

struct Options {
  std::string data_dir;
  std::vector<std::string> external_locations;  // local path prefixes
  relay::Relay* relay = nullptr;                // for external tables in the cloud; outlives it
  audit::Audit* audit = nullptr;                // outlives it; null: nothing is recorded
};
// Throws ob::Error 500 catalog.storeOfAnother when the store belongs to another database.
std::unique_ptr<Service> open(db::Database&, identity::Identity&, std::shared_ptr<objects::Store>,
                              delta::ParquetIo&, const Options&);

}  // namespace ob::catalog
