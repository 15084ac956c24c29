#include "query/service.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "query/lexer.h"
#include "query/migrations/migrations.h"
#include "query/places.h"

namespace ob::query {

namespace {

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return true;
}

// What others run is an administrator's business, also of a credential that is limited.
bool sees_all(const Caller& caller) {
  return caller.admin && caller.scopes.allow("admin:read");
}

}  // namespace

std::unique_ptr<engine::Connection> Connections::take() {
  {
    const std::lock_guard lock(mutex_);
    while (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      if (connection->current()) return connection;
    }
  }
  return engine_.connect();
}

void Connections::give_back(std::unique_ptr<engine::Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < most_) idle_.push_back(std::move(connection));
}

// --- Started

Started::Started(QueryService& service, std::shared_ptr<Job> job, bool in_history)
    : service_(service), job_(std::move(job)), in_history_(in_history) {
  try {
    connection_ = service_.connections_.take();
  } catch (...) {
    service_.activity_.leave(job_);
    throw;
  }
  job_->attach(connection_.get());
}

Started::~Started() {
  job_->attach(nullptr);
  if (!recorded_) record("cancelled", std::nullopt, "query.cancelled", "The rest was not fetched.");
  if (reusable_) service_.connections_.give_back(std::move(connection_));
}

void Started::finish(std::optional<std::int64_t> rows) {
  reusable_ = true;
  record("finished", rows, "", "");
}

void Started::record(const std::string& state, std::optional<std::int64_t> rows,
                     const std::string& error_id, const std::string& error_detail) {
  if (std::exchange(recorded_, true)) return;
  HistoryItem item = service_.activity_.leave(job_);
  item.state = state;
  item.rows = rows;
  item.error_id = error_id;
  item.error_detail = error_detail.substr(0, 4000);
  if (in_history_) service_.history_.add(std::move(item));
}

void Started::fail() {
  try {
    try {
      throw;
    } catch (const Error& error) {
      job_->check();  // the reason that it was stopped for says more
      Error told(error.status(), error.id(),
                 with_user_names(placed_message(error, plan), plan.names), error.cause());
      throw told.with_fields(error.fields());
    } catch (const std::exception& error) {
      job_->check();
      throw internal(error.what());
    }
  } catch (const Error& error) {
    record(error.status() == 499 ? "cancelled" : "failed", std::nullopt, error.id(), error.what());
    throw;
  }
}

// --- QueryService

Caller of_statement(Caller caller, const std::string& id) {
  caller.statement = id;
  return caller;
}

QueryService::QueryService(engine::Engine& engine, catalog::Service& catalog,
                           identity::Identity& identity, db::Database& database,
                           std::vector<catalog::TableProvider*> providers, FileResolver& files,
                           const Options& options)
    : core_{engine, catalog, identity, std::move(providers), files},
      options_(options),
      connections_(engine, static_cast<std::size_t>(options.running_total)),
      history_(database),
      activity_(options),
      results_(static_cast<std::size_t>(options.result_cache_bytes)),
      pool_("query", static_cast<std::size_t>(options.running_total + options.queued_total)) {
  core_.vacuum_retention_check = options.vacuum_retention_check;
  if (options.audit) core_.audit = options.audit;
}

std::unique_ptr<Started> QueryService::enter(const Caller& caller, const Request& request) {
  if (request.sql.size() > max_sql_bytes)
    throw too_large("sql.tooLong", "The statement is longer than 1 MiB: pass data as a file.");
  if (!request.query_id.empty() && !is_uuid(request.query_id))
    throw bad_request("query.badId", "query_id must be a UUID.");
  if (request.timeout_s &&
      (*request.timeout_s < 1 || *request.timeout_s > options_.longest_timeout_s))
    throw bad_request("query.badTimeout", "timeout_s must lie between 1 and " +
                                              std::to_string(options_.longest_timeout_s) + ".");
  if (request.row_limit && (*request.row_limit < 0 || *request.row_limit > 1'000'000'000'000))
    throw bad_request("query.badRowLimit", "row_limit must lie between 0 and 1000000000000.");
  const std::string id = request.query_id.empty() ? new_uuid() : lower(request.query_id);
  auto job =
      activity_.enter(caller, id, request.sql, request.timeout_s.value_or(options_.timeout_s));
  return std::make_unique<Started>(*this, std::move(job), request.in_history);
}

std::unique_ptr<Started> QueryService::prepare(const Caller& caller, const Request& request,
                                               std::optional<std::int64_t> limit,
                                               const std::string& form) {
  auto started = enter(caller, request);
  started->guarded([&] {
    Defaults defaults;
    if (!request.catalog.empty()) defaults.catalog = request.catalog;
    if (!request.schema.empty()) defaults.schema = request.schema;
    Session session(core_, started->connection(), of_statement(caller, started->id()), defaults,
                    request.parameters);
    if (request.cache && !form.empty()) {
      session.results = &results_;
      session.result_form = form;
    }
    session.check_stopped = [&job = started->job()] { job.check(); };
    session.statement_text = request.sql;
    const Statement statement = parse_statement(request.sql);
    // A query's are looked at in its tree.
    if (!std::holds_alternative<SelectStatement>(statement))
      check_parameters(request.sql, request.parameters);
    started->plan = session.execute(statement, limit);
  });
  return started;
}

std::unique_ptr<Execution> QueryService::run(const Caller& caller, const Request& request,
                                             Shape shape) {
  std::optional<std::int64_t> limit = request.row_limit, cut;
  if (limit && shape == Shape::pages) {
    cut = limit;
    ++*limit;  // one more tells whether there are more
  }
  std::string form;
  if (shape == Shape::arrow) form = "arrow";
  if (shape == Shape::pages) form = "pages " + (cut ? std::to_string(*cut) : "");
  auto started = prepare(caller, request, limit, form);
  if (started->plan.result) return known_answer(std::move(started), shape == Shape::pages);
  return running_statement(std::move(started), activity_, results_, cut);
}

void QueryService::run_to_end(const Caller& caller, const std::string& sql) {
  Request request;
  request.sql = sql;
  request.in_history = false;
  const auto execution = run(caller, request, Shape::pages);
  while (execution->next()) {
  }
}

std::string QueryService::to_parquet(const Caller& caller, const Request& request) {
  auto started = prepare(caller, request, request.row_limit);
  const std::string path = options_.temp_directory + "/download-" +
                           sha256_hex(random_token(16)).substr(0, 32) + ".parquet";
  try {
    started->guarded([&] {
      core_.engine.export_parquet(started->connection(), started->plan.sql,
                                  started->plan.parameters, path);
    });
  } catch (...) {
    std::error_code ignored;  // the file may not be there yet
    std::filesystem::remove(path, ignored);
    throw;
  }
  started->finish(std::nullopt);
  return path;
}

void QueryService::cancel(const Caller& caller, const std::string& id) {
  const auto job = activity_.find(lower(id));
  if (!job || (job->user_id() != caller.user_id && !sees_all(caller))) {
    history_item(caller, id);  // 404 when there is no such statement for this caller
    return;
  }
  if (job->user_id() != caller.user_id) require_scope(caller.scopes, "admin:write");
  job->stop(false);
}

Load QueryService::load() const {
  const ResultCache::Use cache = results_.use();
  return {.running = activity_.running(),
          .waiting = activity_.waiting(),
          .answers = cache.answers,
          .answer_bytes = cache.bytes,
          .hits = cache.hits,
          .misses = cache.misses};
}

void QueryService::abandon(const std::string& id) noexcept {
  if (const auto job = activity_.find(id)) job->stop(false);
}

std::vector<HistoryItem> QueryService::history(const Caller& caller, std::size_t limit,
                                               const HistoryFilter& filter) {
  const std::string text = lower(filter.text);
  const auto wanted = [&](const HistoryItem& item) {
    return (sees_all(caller) || item.user_id == caller.user_id) &&
           (filter.user.empty() || item.user == filter.user) && lower(item.sql).contains(text);
  };
  std::vector<HistoryItem> items;
  if (filter.after.empty() && (filter.state.empty() || filter.state == "running"))
    for (HistoryItem& item : activity_.list())
      if (wanted(item)) items.push_back(std::move(item));
  if (items.size() > limit) items.resize(limit);
  if (filter.state == "running") return items;
  for (HistoryItem& item :
       history_.list(sees_all(caller) ? "" : caller.user_id, limit - items.size(), filter))
    items.push_back(std::move(item));
  return items;
}

HistoryItem QueryService::history_item(const Caller& caller, const std::string& id) {
  for (HistoryItem& item : activity_.list())
    if (item.id == id && (sees_all(caller) || item.user_id == caller.user_id))
      return std::move(item);
  auto item = history_.find(id);
  if (!item || (!sees_all(caller) && item->user_id != caller.user_id))
    throw not_found("query.notFound", "There is no statement " + id + " in your history.");
  return *item;
}

std::unique_ptr<Service> open(engine::Engine& engine, catalog::Service& catalog,
                              identity::Identity& identity, db::Database& database,
                              std::vector<catalog::TableProvider*> providers, FileResolver& files,
                              const Options& options) {
  database.migrate("query", migrations());
  return std::make_unique<QueryService>(engine, catalog, identity, database, std::move(providers),
                                        files, options);
}

}  // namespace ob::query
