#pragma once
// Shared by this module's tests: a table in a temporary directory.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "delta/delta.h"
#include "delta/log_files.h"
#include "delta/log_parse.h"
#include "objects/objects.h"

namespace ob::delta::testing {

namespace fs = std::filesystem;

inline std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}
inline void write_file(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

// "Parquet" files that hold JSON lines: the layout of rows is what is tested here, not Parquet.
class FakeParquet final : public ParquetIo {
 public:
  void read_checkpoint(const std::string& location,
                       const std::function<void(CheckpointRow)>& sink) override {
    ++reads;
    const auto text = read_file(location);
    if (text.empty() || text.starts_with("broken")) {
      throw Error(422, "delta.badCheckpoint", "broken: " + file_name(location));
    }
    parse_log(text, file_name(location), {}, sink);
    if (bomb) {
      const std::string stats(32 << 20, ' ');
      for (;;) sink({.action = Add{.path = "bomb", .size = 1, .stats = stats}});
    }
  }
  void write_checkpoint(const std::string& location,
                        const std::vector<CheckpointRow>& rows) override {
    if (fail_writes) throw Error(500, "internal", "no room");
    ++writes;
    std::string text;
    for (const auto& row : rows) {
      if (row.action) text += to_json_line(*row.action) + "\n";
      if (row.sidecar) text += to_json_line(*row.sidecar) + "\n";
    }
    write_file(location, text);
  }
  std::atomic<int> reads{0}, writes{0};
  bool fail_writes = false;
  bool bomb = false;  // what is read has no end
};

// Counts and disturbs what goes to a real store.
class Spy final : public objects::Store {
 public:
  explicit Spy(std::unique_ptr<objects::Store> inner) : inner_(std::move(inner)) {}
  std::optional<objects::ObjectInfo> head(const std::string& key) override {
    ++heads;
    if (blind && fail_heads(key)) throw failure;
    return inner_->head(key);
  }
  std::string get(const std::string& key, std::int64_t max) override {
    ++gets;
    return inner_->get(key, max);
  }
  std::unique_ptr<objects::Reader> open(const std::string& key) override {
    return inner_->open(key);
  }
  std::unique_ptr<objects::Writer> create(const std::string& key) override {
    return inner_->create(key);
  }
  void put(const std::string& key, std::string_view bytes) override { inner_->put(key, bytes); }
  bool put_if_absent(const std::string& key, std::string_view bytes) override {
    if (before_put) {
      auto hook = std::move(before_put);
      before_put = nullptr;
      hook();
    }
    if (fail_puts > 0) {
      --fail_puts;
      if (late) inner_->put_if_absent(key, bytes);
      throw failure;
    }
    const bool done = inner_->put_if_absent(key, bytes);
    if (lose_answer) {
      lose_answer = false;
      throw Error(503, "objects.unavailable", "connection lost");
    }
    return done;
  }
  bool remove(const std::string& key) override { return inner_->remove(key); }
  void move(const std::string& from, const std::string& to) override { inner_->move(from, to); }
  std::vector<objects::ObjectInfo> list(const std::string& prefix, const std::string& after,
                                        std::size_t limit, bool delimited) override {
    ++lists;
    return inner_->list(prefix, after, limit, delimited);
  }
  std::string location(const std::string& key) const override { return inner_->location(key); }

  std::atomic<int> heads{0}, gets{0}, lists{0};
  std::function<void()> before_put;  // runs once
  bool lose_answer = false;
  Error failure{503, "objects.unavailable", "down"};
  int fail_puts = 0;  // the next so many puts fail …
  bool late = false;  // … but take effect
  bool blind = false;
  std::function<bool(const std::string&)> fail_heads;  // while blind

 private:
  std::unique_ptr<objects::Store> inner_;
};

inline Field field(const std::string& name, const std::string& type, bool nullable = true) {
  return {.name = name, .type = parse_type(type), .nullable = nullable};
}

inline Add file(const std::string& path, std::int64_t rows = 1, PartitionValues values = {}) {
  return {.path = path,
          .partition_values = std::move(values),
          .size = 100,
          .modification_time = 1,
          .stats = "{\"numRecords\":" + std::to_string(rows) + "}"};
}

class TableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dir = fs::path(::testing::TempDir()) / ("ob_delta_" + new_uuid());
    fs::create_directories(dir);
    auto spied = std::make_shared<Spy>(objects::open("file://" + dir.string()));
    spy = spied.get();
    store = spied;
    table = open();
  }
  void TearDown() override { fs::remove_all(dir); }

  std::shared_ptr<Table> open() { return open_table(store, "t", parquet); }
  fs::path log(const std::string& name) const { return dir / "t" / "_delta_log" / name; }
  fs::path commit_path(std::int64_t version) const { return log(padded(version) + ".json"); }

  std::int64_t create(Schema schema = {field("a", "BIGINT")},
                      std::map<std::string, std::string> configuration = {},
                      std::vector<std::string> partitions = {}) {
    Metadata m{.schema = std::move(schema),
               .partition_columns = std::move(partitions),
               .configuration = std::move(configuration)};
    return table->commit({.operation = "CREATE TABLE", .actions = {m}});
  }
  CommitRequest append_request(std::vector<Add> adds, SnapshotPtr base = nullptr) {
    CommitRequest request{.operation = "WRITE",
                          .parameters = {{"mode", "Append"}, {"partitionBy", "[]"}},
                          .base = base ? base : table->snapshot()};
    for (auto& a : adds) request.actions.emplace_back(std::move(a));
    return request;
  }
  std::int64_t append(const std::string& path, std::int64_t rows = 1) {
    return table->commit(append_request({file(path, rows)}));
  }
  CommitRequest remove_request(const std::string& path, SnapshotPtr base = nullptr) {
    return {.operation = "DELETE",
            .actions = {Remove{.path = path}},
            .base = base ? base : table->snapshot(),
            .reads = {.removed_paths = {path}}};
  }
  static std::vector<std::string> paths(const SnapshotPtr& s) {
    std::vector<std::string> out;
    for (const auto& f : s->files()) out.push_back(f.path);
    return out;
  }

  fs::path dir;
  FakeParquet parquet;
  Spy* spy = nullptr;
  std::shared_ptr<objects::Store> store;
  std::shared_ptr<Table> table;
};

// The id of the ob::Error that fn throws, or "" when it throws none.
template <class Fn>
std::string error_id(Fn fn) {
  try {
    fn();
  } catch (const Error& e) {
    return e.id();
  }
  return "";
}
template <class Fn>
std::string error_text(Fn fn) {
  try {
    fn();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace ob::delta::testing
