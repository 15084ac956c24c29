// Scans that leave out deleted rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "base/error.h"
#include "engine/engine.h"

namespace ob::engine {
namespace {

namespace fs = std::filesystem;

// A table with one version whose deletion vectors are given by the test; all else is the real one.
class Marked final : public delta::Table {
 public:
  explicit Marked(std::shared_ptr<delta::Table> inner) : inner_(std::move(inner)) {}
  const std::string& root() const override { return inner_->root(); }
  std::string location() const override { return inner_->location(); }
  objects::Store& store() override { return inner_->store(); }
  delta::SnapshotPtr snapshot() override { return inner_->snapshot(); }
  delta::SnapshotPtr snapshot_at(std::int64_t v) override { return inner_->snapshot_at(v); }
  delta::SnapshotPtr snapshot_before(Micros t) override { return inner_->snapshot_before(t); }
  std::vector<delta::CommitRecord> history(std::size_t limit,
                                           std::optional<std::int64_t> before) override {
    return inner_->history(limit, before);
  }
  std::int64_t commit(const delta::CommitRequest& request) override {
    return inner_->commit(request);
  }
  void checkpoint() override { inner_->checkpoint(); }
  std::vector<std::uint64_t> deleted_rows(const delta::DeletionVector& dv) override {
    return rows.at(dv.path_or_inline);
  }
  std::string file_location(const std::string& path) const override {
    return inner_->file_location(path);
  }

  std::map<std::string, std::vector<std::uint64_t>> rows;

 private:
  std::shared_ptr<delta::Table> inner_;
};

TEST(Deletions, LeaveRowsOut) {
  const auto dir = fs::temp_directory_path() / ("ob-deletions-" + std::to_string(::getpid()));
  fs::create_directories(dir / "data");
  const auto engine = open(Options{.allowed_directories = {(dir / "data").string()},
                                   .temp_directory = (dir / "tmp").string(),
                                   .threads = 2});
  const std::shared_ptr<objects::Store> store = objects::open("file://" + (dir / "data").string());
  auto connection = engine->connect();
  Marked table(delta::open_table(store, "t", engine->parquet()));
  const delta::Schema schema{{"v", delta::parse_type("BIGINT"), true, {}},
                             {"p", delta::parse_type("STRING"), true, {}}};
  delta::Metadata metadata{.id = "m"};
  metadata.schema = schema;
  std::string log =
      delta::to_json_line(delta::Protocol{3, 7, {"deletionVectors"}, {"deletionVectors"}}) + "\n" +
      delta::to_json_line(metadata) + "\n";
  for (int f = 0; f < 4; ++f) {
    const auto name = std::to_string(f) + ".parquet";
    fs::create_directories(dir / "data" / "t");
    connection->rows("COPY (SELECT i + " + std::to_string(f * 500000) +
                     " AS v, 'x' AS p FROM range(500000) t(i)) TO '" +
                     (dir / "data" / "t" / name).string() + "' (FORMAT parquet)");
    delta::Add add{.path = name};
    add.size = 1;
    add.stats = R"({"numRecords":500000})";
    if (f > 0) {
      const auto id = "dv" + std::to_string(f);
      add.deletion_vector = delta::DeletionVector{"u", id, 1, 1, 1};
      auto& rows = table.rows[id];
      if (f == 1)
        for (std::uint64_t i = 0; i < 500000; i += 2) rows.push_back(i);
      if (f == 2) rows = {0, 499999};
      if (f == 3)
        for (std::uint64_t i = 0; i < 500000; ++i) rows.push_back(i);
    }
    log += delta::to_json_line(add) + "\n";
  }
  store->put("t/_delta_log/00000000000000000000.json", log);
  auto scan = engine->scan(table, table.snapshot(), {});
  const auto one_of = [&](const Engine::Scan& read, const std::string& sql) {
    return *connection->rows(sql, read.parameters)[0][0];
  };
  const auto one = [&](const std::string& sql) { return one_of(scan, sql); };
  EXPECT_EQ(one("SELECT count(*) FROM (" + scan.sql + ")"),
            std::to_string(500000 + 250000 + 499998));
  EXPECT_EQ(one("SELECT count(*) FROM (" + scan.sql +
                ") WHERE v % 2 = 0 AND v BETWEEN 500000 AND 999999"),
            "0");
  EXPECT_EQ(one("SELECT min(v) || '-' || max(v) FROM (" + scan.sql + ") WHERE v >= 1000000"),
            "1000001-1499998");
  // Filters that skip row groups leave row numbers right.
  EXPECT_EQ(one("SELECT string_agg(v, ',' ORDER BY v) FROM (" + scan.sql +
                ") WHERE v BETWEEN 900000 AND 900004"),
            "900001,900003");
  EXPECT_EQ(one("SELECT count(*) FROM (" + scan.sql + ") WHERE v = 1499999"), "0");
  // Rows tell their places, in chosen files too.
  ScanOptions options;
  options.places = {"f", "r"};
  options.only = {0, 2};
  const auto placed = engine->scan(table, table.snapshot(), options);
  EXPECT_EQ(placed.files, 2U);
  EXPECT_EQ(one_of(placed,
                   "SELECT count(*) || ' ' || count(*) FILTER (v = f * 500000 + r) || ' ' || "
                   "string_agg(DISTINCT f, ',' ORDER BY f) FROM (" +
                       placed.sql + ")"),
            "999998 999998 0,2");
  EXPECT_EQ(one_of(placed, "SELECT r FROM (" + placed.sql + ") WHERE v = 1400000"), "400000");
  // Once the scan is let go of, its SQL no longer runs.
  scan.keep_alive.reset();
  EXPECT_THROW(one("SELECT count(*) FROM (" + scan.sql + ")"), Error);
  // Many large vectors are refused together, before any is read.
  std::string more;
  for (int f = 1; f < 3; ++f) {
    delta::Add add{.path = std::to_string(f) + ".parquet"};
    add.size = 1;
    add.deletion_vector =
        delta::DeletionVector{"u", "large" + std::to_string(f), 1, 1, std::int64_t{1} << 27};
    more += delta::to_json_line(add) + "\n";
  }
  store->put("t/_delta_log/00000000000000000001.json", more);
  try {
    engine->scan(table, table.snapshot(), {});
    ADD_FAILURE() << "2^28 and more deleted rows were read";
  } catch (const Error& error) {
    EXPECT_EQ(error.id(), "delta.tooManyDeletedRows") << error.what();
  }
  connection.reset();
  fs::remove_all(dir);
}

}  // namespace
}  // namespace ob::engine
