// SQL on functions and on the policies of tables.
#include <boost/json.hpp>

#include "catalog/names.h"
#include "catalog/rows.h"
#include "catalog/store.h"

namespace ob::catalog::store {
namespace {

namespace json = boost::json;

constexpr const char* kFunctionColumns =
    "f.id, f.name, f.owner, f.comment, f.parameters, f.returns, f.body, f.created_at";
constexpr std::size_t kFunctionWidth = 8;

std::string to_json(const std::vector<Function::Parameter>& parameters) {
  json::array out;
  for (const auto& p : parameters) out.push_back({{"name", p.name}, {"type", p.type}});
  return json::serialize(out);
}

std::string to_json(const std::vector<std::string>& names) {
  return json::serialize(json::value_from(names));
}

Function read_function(const db::Row& row, std::size_t i, const std::string& catalog,
                       const std::string& schema) {
  Function out;
  out.id = row.text(i);
  out.name = {catalog, schema, row.text(i + 1)};
  out.owner = row.text(i + 2);
  out.comment = row.text(i + 3);
  const json::value parameters = json::parse(row.text(i + 4));
  for (const auto& p : parameters.as_array()) {
    out.parameters.push_back(
        {std::string(p.at("name").as_string()), std::string(p.at("type").as_string())});
  }
  out.returns = row.text(i + 5);
  out.body = row.text(i + 6);
  out.created_at = row.integer(i + 7);
  return out;
}

}  // namespace

std::vector<FunctionRow> functions(db::Tx& tx, const SchemaRow& parent) {
  std::vector<FunctionRow> out;
  for (const auto& row :
       tx.query(std::string("SELECT ") + kFunctionColumns +
                    " FROM catalog_functions f WHERE f.schema_id = $1 ORDER BY f.name_key",
                {parent.schema.id})) {
    out.push_back({read_function(row, 0, parent.catalog.name, parent.schema.name), parent.schema,
                   parent.catalog});
  }
  return out;
}

std::optional<FunctionRow> find_function(db::Tx& tx, const std::string& catalog_key,
                                         const std::string& schema_key,
                                         const std::string& function_key) {
  const auto row = tx.query_one(
      std::string("SELECT ") + kFunctionColumns + ", " + kSchemaColumns + ", " + kCatalogColumns +
          " FROM catalog_catalogs c JOIN catalog_schemas s ON s.catalog_id = c.id "
          "JOIN catalog_functions f ON f.schema_id = s.id "
          "WHERE c.name_key = $1 AND s.name_key = $2 AND f.name_key = $3",
      {catalog_key, schema_key, function_key});
  if (!row) return std::nullopt;
  const Catalog catalog = read_catalog(*row, kFunctionWidth + kSchemaWidth);
  const Schema schema = read_schema(*row, kFunctionWidth, catalog);
  return FunctionRow{read_function(*row, 0, catalog.name, schema.name), schema, catalog};
}

void insert_function(db::Tx& tx, const std::string& schema_id, const Function& f) {
  tx.execute(
      "INSERT INTO catalog_functions "
      "(id, schema_id, name, name_key, owner, comment, parameters, returns, body, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {f.id, schema_id, f.name.object, fold(f.name.object), f.owner, f.comment,
       to_json(f.parameters), f.returns, f.body, f.created_at});
}

void update_function(db::Tx& tx, const Function& f) {
  tx.execute(
      "UPDATE catalog_functions SET comment = $2, parameters = $3, returns = $4, body = $5, "
      "owner = $6 WHERE id = $1",
      {f.id, f.comment, to_json(f.parameters), f.returns, f.body, f.owner});
}

void delete_function(db::Tx& tx, const std::string& id) {
  tx.execute("DELETE FROM catalog_functions WHERE id = $1", {id});
}

std::int64_t function_uses(db::Tx& tx, const std::string& id) {
  return tx.query_one("SELECT count(*) FROM catalog_policies WHERE function_id = $1", {id})
      ->integer(0);
}

std::vector<Policy> policies(db::Tx& tx, const std::string& table_id) {
  std::vector<Policy> out;
  for (const auto& row :
       tx.query("SELECT p.column_name, p.columns, p.function_id FROM catalog_policies p "
                "WHERE p.table_id = $1 ORDER BY p.column_key",
                {table_id})) {
    Policy policy{.column = row.text(0), .function = {}, .columns = {}};
    const json::value columns = json::parse(row.text(1));
    for (const auto& column : columns.as_array()) {
      policy.columns.emplace_back(column.as_string());
    }
    const auto found = tx.query_one(std::string("SELECT ") + kFunctionColumns +
                                        ", s.name, c.name FROM catalog_functions f "
                                        "JOIN catalog_schemas s ON s.id = f.schema_id "
                                        "JOIN catalog_catalogs c ON c.id = s.catalog_id "
                                        "WHERE f.id = $1",
                                    {row.text(2)});
    if (found) {
      policy.function =
          read_function(*found, 0, found->text(kFunctionWidth + 1), found->text(kFunctionWidth));
    }
    out.push_back(std::move(policy));
  }
  return out;
}

void set_policy(db::Tx& tx, const std::string& table_id, const Policy& policy) {
  tx.execute(
      "INSERT INTO catalog_policies (table_id, column_key, column_name, function_id, columns) "
      "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (table_id, column_key) DO UPDATE SET "
      "column_name = $3, function_id = $4, columns = $5",
      {table_id, fold(policy.column), policy.column, policy.function.id, to_json(policy.columns)});
  tx.execute("UPDATE catalog_tables SET guarded = 1 WHERE id = $1", {table_id});
}

bool delete_policy(db::Tx& tx, const std::string& table_id, const std::string& column) {
  const bool any =
      tx.execute("DELETE FROM catalog_policies WHERE table_id = $1 AND column_key = $2",
                 {table_id, fold(column)}) > 0;
  tx.execute(
      "UPDATE catalog_tables SET guarded = 0 WHERE id = $1 AND NOT EXISTS "
      "(SELECT 1 FROM catalog_policies p WHERE p.table_id = $1)",
      {table_id});
  return any;
}

}  // namespace ob::catalog::store
