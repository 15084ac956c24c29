#pragma once
// The service behind query.h.
#include "objects/objects.h"
#include "query/activity.h"
#include "query/core.h"
#include "query/history.h"

namespace ob::query {

class QueryService;

Caller of_statement(Caller caller, const std::string& id);

// Connections are kept for the next statement: opening one costs as much as a small query.
class Connections {
 public:
  Connections(engine::Engine& engine, std::size_t kept) : engine_(engine), most_(kept) {}
  std::unique_ptr<engine::Connection> take();
  void give_back(std::unique_ptr<engine::Connection> connection);

 private:
  engine::Engine& engine_;
  const std::size_t most_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<engine::Connection>> idle_;
};

// A job, its connection and its plan, from the statement's arrival to its end.
class Started {
 public:
  Started(QueryService& service, std::shared_ptr<Job> job, bool in_history);
  ~Started();  // records it as cancelled when nothing else was recorded

  engine::Connection& connection() { return *connection_; }
  Job& job() { return *job_; }
  const std::string& id() const { return job_->id(); }
  // Runs fn(); an exception is recorded, and told in the user's names.
  template <class Fn>
  auto guarded(Fn fn) {
    try {
      job_->check();
      const objects::Cancelling stores(job_->token());
      return fn();
    } catch (...) {
      fail();
    }
  }
  void finish(std::optional<std::int64_t> rows);

  Plan plan;

 private:
  [[noreturn]] void fail();
  void record(const std::string& state, std::optional<std::int64_t> rows,
              const std::string& error_id, const std::string& error_detail);

  QueryService& service_;
  std::shared_ptr<Job> job_;
  std::unique_ptr<engine::Connection> connection_;
  bool in_history_, recorded_ = false, reusable_ = false;
};

// execution.cpp: a started statement that runs, whose answer is kept when it may be …
std::unique_ptr<Execution> running_statement(std::unique_ptr<Started> started, Activity& activity,
                                             ResultCache& results, std::optional<std::int64_t> cut);
// … and one whose answer is known.
std::unique_ptr<Execution> known_answer(std::unique_ptr<Started> started, bool rows);

class QueryService : public Service {
 public:
  QueryService(engine::Engine&, catalog::Service&, identity::Identity&, db::Database&,
               std::vector<catalog::TableProvider*>, FileResolver&, const Options&);

  std::unique_ptr<Execution> run(const Caller&, const Request&, Shape) override;
  void run_to_end(const Caller&, const std::string& sql) override;
  std::string to_parquet(const Caller&, const Request&) override;
  void cancel(const Caller&, const std::string& id) override;
  void abandon(const std::string& id) noexcept override;
  std::vector<HistoryItem> history(const Caller&, std::size_t limit,
                                   const HistoryFilter& filter) override;
  HistoryItem history_item(const Caller&, const std::string& id) override;
  InferredFile infer(const Caller&, const std::string& path, const std::string& format,
                     const boost::json::object& options) override;
  catalog::Name table_from_file(const Caller&, const TableFromFile&) override;
  std::vector<std::pair<std::string, std::string>> describe_view(const Caller&,
                                                                 const catalog::Table&) override;
  int running() const override { return activity_.running(); }
  Load load() const override;
  catalog::Service& catalog() override { return core_.catalog; }
  const Options& options() const override { return options_; }
  Pool& pool() override { return pool_; }

 private:
  friend class Started;
  std::unique_ptr<Started> enter(const Caller&, const Request&);
  // `form`: of the answer, when it may be one that was computed before.
  std::unique_ptr<Started> prepare(const Caller&, const Request&, std::optional<std::int64_t> limit,
                                   const std::string& form = "");

  Core core_;
  const Options options_;
  Connections connections_;
  History history_;
  Activity activity_;
  ResultCache results_;
  Pool pool_;
};

}  // namespace ob::query
