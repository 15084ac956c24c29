#pragma once
// A rewriter over made-up tables, with a real engine to parse and print.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/error.h"
#include "engine/engine.h"
#include "query/normalise.h"
#include "query/rewrite.h"

namespace ob::query {
namespace json = boost::json;

// A snapshot with a schema and nothing else.
class FakeSnapshot : public delta::Snapshot {
 public:
  explicit FakeSnapshot(const std::string& columns) {
    metadata_.schema = delta::parse_type("STRUCT<" + columns + ">").fields;
  }
  std::int64_t version() const override { return 0; }
  Micros timestamp() const override { return 0; }
  const delta::Metadata& metadata() const override { return metadata_; }
  const delta::Protocol& protocol() const override { return protocol_; }
  const delta::FileList& files() const override { return files_; }
  std::vector<delta::Remove> tombstones() const override { return {}; }
  std::optional<std::int64_t> txn(const std::string&) const override { return {}; }
  std::optional<std::int64_t> row_count() const override { return 0; }
  std::int64_t size_bytes() const override { return 0; }

 private:
  delta::Metadata metadata_;
  delta::Protocol protocol_;
  delta::FileList files_;
};

class Rewrite : public testing::Test, public Tables {
 protected:
  static void SetUpTestSuite() {
    dir_ = std::filesystem::temp_directory_path() / ("ob-rewrite-" + std::to_string(getpid()));
    std::filesystem::create_directories(dir_);
    engine_ = engine::open({.allowed_directories = {dir_.string()},
                            .temp_directory = (dir_ / "tmp").string(),
                            .memory_bytes = 1 << 30,
                            .threads = 1});
  }
  static void TearDownTestSuite() {
    engine_.reset();
    std::filesystem::remove_all(dir_);
  }
  Rewrite() : connection_(engine_->connect()) {
    tables_["main.default.t"] = "id BIGINT, name STRING, d DATE, x DOUBLE, s STRUCT<f: INT>";
    tables_["main.default.u"] = "id BIGINT, y DECIMAL(10,2)";
    tables_["main.sales.t"] = "id BIGINT, z STRING";
    tables_["other.sales.t"] = "id BIGINT, q STRING";
    views_["main.default.v"] = "select id, name from t where id > 5";
    views_["main.default.loop"] = "select * from loop";
    views_["main.default.cte"] = "with t as (select 1 as id) select * from t";
  }

  Source find(const Caller& caller, const catalog::Name& name,
              const std::optional<TimeTravel>& travel) override {
    found_.push_back(name.text());
    callers_.push_back(caller.email);
    travels_.push_back(travel ? json::serialize(travel->expression) : "");
    Source source;
    source.name = name;
    if (views_.contains(name.text())) {
      source.kind = Source::Kind::view;
      source.sql = views_.at(name.text());
      source.view_caller = Caller{.user_id = "owner", .email = "owner@x"};
      return source;
    }
    const auto table = tables_.find(name.text());
    if (table == tables_.end())
      throw not_found("catalog.tableNotFound", "There is no table " + name.text() + ".");
    source.snapshot = std::make_shared<FakeSnapshot>(table->second);
    return source;
  }
  std::string file(const Caller&, const std::string& function,
                   const std::vector<std::string>& paths, const json::object& options) override {
    files_ += function + " " + paths.at(0) + " " + json::serialize(options);
    return "(SELECT 1)";
  }
  std::optional<catalog::Function> function(const Caller&, const std::vector<std::string>&,
                                            const Defaults&) override {
    return std::nullopt;
  }
  bool is_member(const Caller&, const std::string&) override { return false; }
  Caller owner_of(const catalog::Function&, const Caller& caller) override { return caller; }
  void check_alone(const catalog::Function&) override {}
  json::value parse_select(const std::string& sql) override {
    return connection_->parse(sql).at("statements").as_array().at(0);
  }

  // The SQL with scans as {table} and CTEs under their own names with a star.
  std::string rewritten(const std::string& sql, const json::value& parameters = nullptr) {
    const Caller caller{.user_id = "ann", .email = "ann@x"};
    last_ = rewrite_query(parse_select(normalise_query(sql)), *this, caller, {}, parameters);
    std::string text = connection_->unparse(
        json::object{{"error", false}, {"statements", json::array{last_.statement}}});
    for (const TableUse& use : last_.uses)
      replace(text, use.placeholder, "{" + use.source.name.text() + "}");
    for (const auto& [made_up, name] : last_.names) replace(text, made_up, name + "*");
    return text;
  }
  static void replace(std::string& text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  }
  std::string error_of(const std::string& sql) {
    try {
      rewritten(sql);
    } catch (const Error& error) {
      what_ = error.what();
      return error.id();
    }
    return "none";
  }
  std::string conjuncts(const std::string& sql, const json::value& parameters = nullptr) {
    rewritten(sql, parameters);
    static constexpr const char* ops[] = {"=", "<", "<=", ">", ">=", "in", "null", "not null"};
    std::string out;
    for (const TableUse& use : last_.uses) {
      for (const delta::Predicate& p : use.conjuncts) {
        out += (out.empty() ? "" : "; ") + use.source.name.object + "." + p.column + " " +
               ops[static_cast<int>(p.op)];
        for (const std::string& value : p.values) out += " " + value;
      }
    }
    return out;
  }

  static inline std::filesystem::path dir_;
  static inline std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
  std::map<std::string, std::string> tables_, views_;
  std::vector<std::string> found_, callers_, travels_;
  std::string files_, what_;
  Rewritten last_;
};

}  // namespace ob::query
