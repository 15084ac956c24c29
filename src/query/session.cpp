// From a user's query to SQL that DuckDB may run.
#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "query/core.h"
#include "query/functions.h"
#include "query/lexer.h"
#include "query/normalise.h"
#include "query/pivot.h"
#include "query/places.h"
#include "query/rewriter.h"

namespace ob::query {

namespace json = boost::json;
using identity::ObjectType;
using identity::Privilege;

Session::Session(Core& core, engine::Connection& connection, Caller caller, Defaults defaults,
                 json::value parameters)
    : core_(core),
      connection_(connection),
      caller_(std::move(caller)),
      defaults_(std::move(defaults)),
      parameters_(std::move(parameters)) {}

Plan Session::execute(const Statement& statement, std::optional<std::int64_t> limit) {
  limit_ = limit;
  check_syntax(statement);
  return execute_audited(statement);
}

Plan Session::run(const SelectStatement& select) {
  return plan_query(select.sql, limit_, results != nullptr);
}

json::value Session::parse_select(const std::string& sql) {
  return core_.statements.parse(connection_, sql);
}

Plan Session::plan_query(const std::string& sql, std::optional<std::int64_t> limit,
                         bool may_be_known) {
  std::string text = normalise_query(sql);
  text = with_pivot_values(text, [this](const std::string& query) {
    Rewritten values = rewrite_query(parse_select(query), *this, caller_, defaults_, parameters_);
    const Plan plan = assemble(std::move(values), std::nullopt, nullptr);
    return with_places(plan, [&] { return connection_.rows(plan.sql, plan.parameters); });
  });
  Rewritten rewritten = [&] {
    try {
      return rewrite_query(parse_select(text), *this, caller_, defaults_, parameters_);
    } catch (const engine::StatementError& error) {
      throw placed_in_text(error, text, sql);
    }
  }();
  const auto consumed = std::move(rewritten.consumed_parameters);
  Plan plan = assemble(std::move(rewritten), limit, &consumed, may_be_known);
  plan.text = sql;
  return plan;
}

Plan Session::plan_composed(const std::string& sql) {
  const std::string composed = normalise_query(sql);
  try {
    Plan plan =
        assemble(rewrite_query(parse_select(composed), *this, caller_, defaults_, parameters_),
                 std::nullopt, nullptr);
    plan.text = statement_text;
    plan.composed = true;
    return plan;
  } catch (const engine::StatementError& error) {
    throw placed_by_word(error, composed, statement_text);
  }
}

Plan Session::assemble(Rewritten rewritten, std::optional<std::int64_t> limit,
                       const std::set<std::string>* droppable, bool may_be_known) {
  auto parameters = name_parameters(rewritten.statement, parameters_, droppable, rewritten.nonce);
  auto count = limit.value_or(1) > 0 ? counted(rewritten) : std::nullopt;
  if (limit) apply_limit(rewritten.statement, *limit);
  scan_once(rewritten.statement);
  Plan plan;
  plan.names = std::move(rewritten.names);
  std::set<std::string> made_up;
  for (const auto& [name, meant] : plan.names) made_up.insert(name);
  for (const TableUse& use : rewritten.uses) made_up.insert(use.placeholder);
  plan.sql =
      core_.statements.print(connection_, std::move(rewritten.statement), rewritten.nonce, made_up);
  plan.printed = plan.sql;
  plan.views = std::move(rewritten.views);
  if (may_be_known) {
    plan.key = result_key(rewritten, plan, parameters);
    if (!plan.key.text.empty()) plan.result = results->find(plan.key);
    if (plan.result) return plan;
  }
  if (count) {
    count->key = std::move(plan.key);
    return *std::move(count);
  }
  for (const TableUse& use : rewritten.uses) scan(use, parameters, plan);
  plan.parameters = std::move(parameters.values);
  return plan;
}

// Empty where the answer depends on more than versions of Delta tables.
ResultKey Session::result_key(const Rewritten& rewritten, const Plan& plan,
                              const NamedParameters& parameters) const {
  ResultKey key;
  if (!rewritten.repeatable) return key;
  for (const TableUse& use : rewritten.uses) {
    if (!use.item.empty() || use.source.kind != Source::Kind::delta || !use.source.snapshot)
      return {};
    key.snapshots.push_back(use.source.snapshot);
    add_key_part(key.text, use.source.table->location());
    add_key_part(key.text, std::to_string(use.source.snapshot->version()));
  }
  add_key_part(key.text, result_form);
  add_key_part(key.text, plan.printed, rewritten.nonce);
  add_key_part(key.text, json::serialize(parameters.values), rewritten.nonce);
  return key;
}

void Session::scan(const TableUse& use, NamedParameters& parameters, Plan& plan) {
  std::string& sql = plan.sql;
  std::string item = use.item;
  if (use.source.scan.places) plan.conjuncts = use.conjuncts;
  plan.fenced = plan.fenced || use.source.fenced;
  if (item.empty() && use.source.kind == Source::Kind::provider) {
    item = "(" + use.source.sql + ")";
  } else if (item.empty() && !use.source.in_its_place.empty()) {
    item = "(" + use.source.in_its_place + ")";
  } else if (item.empty()) {
    engine::ScanOptions options = use.source.scan;
    options.conjuncts = use.conjuncts;
    options.parameter_prefix = parameters.scans_prefix;
    options.first_parameter = parameters.scans_first + parameters.scans;
    auto found = core_.engine.scan(*use.source.table, use.source.snapshot, options);
    parameters.scans += found.parameters.size();
    parameters.values.insert(found.parameters.begin(), found.parameters.end());
    if (!use.source.fenced) {
      plan.statistics.files += static_cast<std::int64_t>(found.files);
      plan.statistics.files_skipped += static_cast<std::int64_t>(found.files_skipped);
      plan.statistics.bytes += found.bytes;
    }
    plan.keep_alive.push_back(std::move(found.keep_alive));
    item = "(" + found.sql + ")";
  }
  plan.names[use.placeholder] = use.source.name.object.empty() ? "file" : use.source.name.text();
  if (use.source.table) plan.locations[use.source.table->location()] = use.source.name.text();
  for (std::size_t at = sql.find(use.placeholder); at != std::string::npos;
       at = sql.find(use.placeholder, at + item.size()))
    sql.replace(at, use.placeholder.size(), item);
}

// LIMIT on the query itself, so that DuckDB can stop early; around it where it has its own.
void Session::apply_limit(json::value& statement, std::int64_t limit) {
  json::value limited = parse_select("SELECT * FROM (SELECT 1) LIMIT " + std::to_string(limit));
  json::object& node = statement.as_object().at("node").as_object();
  const json::string& type = node.at("type").as_string();
  const bool describes = type == "SELECT_NODE" &&
                         node.at("from_table").as_object().at("type").as_string() == "SHOW_REF";
  json::array& modifiers = node.at("modifiers").as_array();
  const bool has_limit = std::ranges::any_of(modifiers, [](const json::value& modifier) {
    return modifier.at("type").as_string().starts_with("LIMIT");
  });
  json::object& outer = limited.as_object().at("node").as_object();
  if (!has_limit && !describes) {
    modifiers.push_back(outer.at("modifiers").as_array().at(0));
    return;
  }
  outer.at("from_table").as_object()["subquery"] = std::move(statement);
  statement = std::move(limited);
}

// DuckDB reads "SELECT … FROM t LIMIT n" with a large n twice: numbers of rows, then their values
// by a join (late materialization), at twice the time. A limit that it cannot know beforehand
// prevents that. With conditions or an order the join may pay, and small limits are read in
// parallel.
void Session::scan_once(json::value& statement) {
  constexpr std::int64_t read_in_parallel = 10'000;
  json::object& node = statement.as_object().at("node").as_object();
  if (text_of(node, "type") != "SELECT_NODE" || !node.at("where_clause").is_null()) return;
  json::array& modifiers = node.at("modifiers").as_array();
  if (modifiers.size() != 1 || text_of(modifiers[0].as_object(), "type") != "LIMIT_MODIFIER")
    return;
  json::value& limit = modifiers[0].as_object().at("limit");
  if (!limit.is_object() || text_of(limit.as_object(), "class") != "CONSTANT") return;
  const json::value* value = limit.at("value").as_object().if_contains("value");
  if (!value || !value->is_int64() || value->get_int64() <= read_in_parallel) return;
  json::value unknown = parse_select("SELECT " + std::string(engine::unforeseen_function) + "(1)");
  json::value call = unknown.at("node").at("select_list").as_array()[0];
  call.as_object().at("children").as_array()[0] = std::move(limit);
  limit = std::move(call);
}

std::vector<engine::Column> Session::columns_of(const Plan& plan) {
  // Not from a subquery, where DuckDB renames a second column of the same name.
  const bool describes = plan.sql.starts_with("DESCRIBE") || plan.sql.starts_with("SUMMARIZE");
  const std::string query = describes ? "SELECT * FROM (" + plan.sql + ")" : plan.sql;
  std::vector<engine::Column> columns;
  const auto rows =
      with_places(plan, [&] { return connection_.rows("DESCRIBE " + query, plan.parameters); });
  for (const auto& row : rows) columns.push_back({row.at(0).value_or(""), row.at(1).value_or("")});
  return columns;
}

std::vector<bool> Session::null_columns(const Plan& plan, std::size_t count) {
  std::string types, names;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string column = "c" + std::to_string(i);
    types += (i > 0 ? ", typeof(" : "typeof(") + column + ")";
    names += (i > 0 ? ", " : "") + column;
  }
  const auto rows =
      connection_.rows("SELECT " + types + " FROM (SELECT 1) LEFT JOIN (SELECT * FROM (" +
                           plan.sql + ") LIMIT 0) AS t(" + names + ") ON true",
                       plan.parameters);
  std::vector<bool> out(count, false);
  for (std::size_t i = 0; i < count; ++i) out[i] = rows.at(0).at(i) == "\"NULL\"";
  return out;
}

// --- Tables

catalog::Name Session::shown(const catalog::Name& name) const {
  const auto stand_in = stand_ins_.find(name.catalog);
  return stand_in == stand_ins_.end() ? name : stand_in->second.name;
}

std::optional<Source> Session::provided(const Caller& caller, const catalog::Name& name) {
  for (catalog::TableProvider* provider : core_.providers) {
    if (auto sql = provider->scan_sql(caller, name)) {
      Source source;
      source.kind = Source::Kind::provider;
      source.name = name;
      source.sql = std::move(*sql);
      return source;
    }
  }
  return std::nullopt;
}

Source Session::find(const Caller& caller, const catalog::Name& name,
                     const std::optional<TimeTravel>& travel) {
  if (const auto stand_in = stand_ins_.find(name.catalog); stand_in != stand_ins_.end())
    return stand_in->second;
  try {
    return find_table(caller, name, travel);
  } catch (const Error& error) {
    note_refused(caller, name, error);
    throw;
  }
}

Source Session::find_table(const Caller& caller, const catalog::Name& name,
                           const std::optional<TimeTravel>& travel) {
  Source source;
  auto other = provided(caller, name);
  if (!other) {
    const catalog::Table table = core_.catalog.table(caller, name);
    source.name = table.name;
    if (table.kind == catalog::TableKind::view) {
      core_.catalog.require(caller, Privilege::read, ObjectType::table, name);
      note_read(caller, table);
      source.kind = Source::Kind::view;
      source.sql = table.view_sql;
      source.view_defaults = {table.view_defaults.catalog, table.view_defaults.schema};
      source.view_caller = owner_of(table.owner, "view " + table.name.text(), caller);
    } else {
      const catalog::Opened opened = core_.catalog.open(caller, name, Privilege::read);
      note_read(caller, opened.table);
      source.table = opened.delta;
      source.snapshot = snapshot(opened, travel);
      if (opened.table.id == changed_table_) reads_changed_table_ = true;
      const bool pending = pending_policy_ && pending_policy_->first == opened.table.id;
      if (opened.table.guarded || pending) return fenced(std::move(source), opened.table);
    }
  } else {
    source = std::move(*other);
  }
  if (travel && source.kind != Source::Kind::delta)
    throw bad_request("sql.badTimeTravel",
                      name.text() + " is not a Delta table: it has no versions to travel to.");
  return source;
}

// A view and a function that looks up tables read with their owner's rights, as in Databricks: who
// may read the view need not be able to read what it shows a part of.
Caller Session::owner_of(const std::string& user_id, const std::string& what,
                         const Caller& caller) {
  if (user_id == caller.user_id) return caller;
  Caller owner = identity::Identity::system();
  if (user_id != owner.user_id) {
    const auto users = core_.identity.users(owner);
    const auto found = std::ranges::find(users, user_id, &identity::User::id);
    if (found == users.end())
      throw forbidden("sql.viewOwnerGone", "The owner of the " + what +
                                               " no longer exists: an administrator must make "
                                               "it again.");
    owner.user_id = found->id;
    owner.email = found->email;
    owner.admin = found->admin;
    owner.credential = "view";
  }
  owner.request_id = caller.request_id;
  owner.address = caller.address;
  owner.user_agent = caller.user_agent;
  owner.statement = caller.statement;
  owner.scopes = caller.scopes;
  owner.noted = caller.noted;
  // Who really reads.
  owner.viewer_id = caller.viewer_id.empty() ? caller.user_id : caller.viewer_id;
  owner.viewer_email = caller.viewer_id.empty() ? caller.email : caller.viewer_email;
  return owner;
}

// One table and version is one snapshot for the whole statement.
delta::SnapshotPtr Session::snapshot(const catalog::Opened& opened,
                                     const std::optional<TimeTravel>& travel) {
  std::string key = opened.table.id;
  if (travel) key += (travel->by_version ? " v " : " t ") + json::serialize(travel->expression);
  delta::SnapshotPtr& known = snapshots_[key];
  if (known) return known;
  if (!travel) {
    known = opened.delta->snapshot();
  } else {
    json::value select = parse_select("SELECT 1");
    select.as_object().at("node").as_object().at("select_list").as_array()[0] = travel->expression;
    const std::string sql = connection_.unparse(
        json::object{{"error", false}, {"statements", json::array{std::move(select)}}});
    const std::string type = travel->by_version ? "BIGINT" : "TIMESTAMP WITH TIME ZONE";
    const std::string value = travel->by_version ? "v::BIGINT" : "epoch_us(v::" + type + ")";
    const auto rows = connection_.rows("SELECT " + value + " FROM (" + sql + ") AS t(v)");
    if (rows.size() != 1 || !rows[0].at(0))
      throw bad_request("sql.badTimeTravel", "The version or instant to travel to is NULL.");
    const std::int64_t number = std::stoll(*rows[0][0]);
    known = travel->by_version ? opened.delta->snapshot_at(number)
                               : opened.delta->snapshot_before(number);
  }
  known->require_readable();
  return known;
}

std::string Session::file(const Caller& caller, const std::string& function,
                          const std::vector<std::string>& paths, const json::object& options) {
  if (paths.size() != 1) throw bad_request("sql.badFilePath", function + " takes one path here.");
  require_scope(caller.scopes, "files:read");
  const std::string location = core_.files.readable_location(caller, paths[0]);
  return core_.engine.scan_file(connection_, location, file_reader_format(function), options).sql;
}

Plan Session::read_files(const std::string& format, const std::vector<std::string>& paths,
                         const json::object& options) {
  require_scope(caller_.scopes, "files:read");
  const std::string location = core_.files.readable_location(caller_, paths.at(0));
  Plan plan;
  plan.sql = "SELECT * FROM " + core_.engine.scan_file(connection_, location, format, options).sql;
  return plan;
}

Plan Session::preview(const catalog::Name& table, std::optional<std::int64_t> version,
                      std::int64_t limit) {
  std::string sql = "SELECT * FROM " + engine::quote_identifier(table.catalog) + "." +
                    engine::quote_identifier(table.schema) + "." +
                    engine::quote_identifier(table.object);
  if (version) sql += " AT (VERSION => " + std::to_string(*version) + ")";
  return plan_query(sql, limit);
}

std::vector<engine::Column> Session::view_columns(const catalog::Table& view) {
  return columns_of(preview(view.name, std::nullopt, 0));
}

}  // namespace ob::query
