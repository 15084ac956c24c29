// Logs that somebody broke on purpose: every answer is a snapshot or an error that says what is
// wrong, in bounded time and memory.
#include <gmock/gmock.h>

#include <random>
#include <set>

#include "base/time.h"
#include "delta/deletion_vector.h"
#include "delta/maintenance.h"
#include "delta/testing.h"

namespace ob::delta {
namespace {

using testing::error_id;
using testing::error_text;
using testing::field;
using testing::file;
using testing::read_file;
using testing::TableTest;
using testing::write_file;
namespace fs = std::filesystem;

const std::set<std::string> kClear{"",
                                   "delta.badLog",
                                   "delta.badPath",
                                   "delta.badCheckpoint",
                                   "delta.badDeletionVector",
                                   "delta.badSchema",
                                   "delta.notATable",
                                   "delta.noSuchVersion",
                                   "delta.unsupportedFeature",
                                   "objects.notFound"};

class Fuzz : public TableTest {
 protected:
  // One to five edits: bytes, cuts, repeats, numbers made large, paths made to climb.
  std::string broken(std::string text) {
    static constexpr std::string_view pieces[] = {"9223372036854775807",
                                                  "-1",
                                                  "1e308",
                                                  "../../../etc/passwd",
                                                  "null",
                                                  "{}",
                                                  "[[[[[[[[[[",
                                                  "\"\\u0000",
                                                  "%2e%2e/x",
                                                  "\n\n",
                                                  "18446744073709551616"};
    for (auto edits = 1 + random() % 5; edits > 0; --edits) {
      if (text.empty()) text = "x";
      const auto at = random() % text.size();
      switch (random() % 5) {
        case 0:
          text[at] = static_cast<char>(random());
          break;
        case 1:
          text.erase(at, 1 + random() % 40);
          break;
        case 2:
          text.resize(at);
          break;
        case 3:
          text.insert(at, pieces[random() % std::size(pieces)]);
          break;
        default:
          text.insert(at, text.substr(random() % text.size(), random() % 200));
      }
    }
    return text;
  }
  void use() {
    const auto other = open();
    const auto check = [&](const auto& fn) {
      const auto id = error_id(fn);
      EXPECT_TRUE(kClear.contains(id)) << id;
    };
    check([&] {
      const auto s = other->snapshot();
      s->require_readable();
      for (const auto& add : s->files()) {
        other->file_location(add.path);
        if (add.deletion_vector) other->deleted_rows(*add.deletion_vector);
      }
      prune(*s, {{"a", Predicate::Op::lt, {"5"}}});
    });
    check([&] { other->snapshot_at(2); });
    check([&] { other->snapshot_before(now_micros() - 1'000'000); });
    check([&] { other->history(10, std::nullopt); });
    check([&] { plan_vacuum(*other, {.cutoff = now_micros()}); });
  }

  std::mt19937 random{17};
};

TEST_F(Fuzz, BrokenLogsAreRefusedClearly) {
  create({field("a", "BIGINT")}, {{"delta.checkpointPolicy", "v2"},
                                  {"delta.checkpointInterval", "4"},
                                  {"delta.enableDeletionVectors", "true"}});
  auto with = file("v", 50);
  with.deletion_vector = DeletionVector{
      "i", "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L", std::nullopt, 44, 6};
  table->commit(append_request({with}));
  for (int i = 0; i < 5; ++i) append("f" + std::to_string(i));
  table->commit(remove_request("f1"));
  std::vector<std::pair<fs::path, std::string>> files;
  for (const auto& entry : fs::recursive_directory_iterator(log(""))) {
    if (entry.is_regular_file()) files.emplace_back(entry.path(), read_file(entry.path()));
  }
  ASSERT_GT(files.size(), 10u);
  use();
  for (int round = 0; round < 400; ++round) {
    const auto& [path, text] = files[random() % files.size()];
    if (random() % 10 == 0) {
      fs::remove(path);
    } else {
      write_file(path, broken(text));
    }
    use();
    write_file(path, text);
  }
  EXPECT_EQ(open()->snapshot()->files().size(), 5u);
}

TEST_F(Fuzz, BrokenVectorFilesAreRefusedClearly) {
  create();
  std::string bytes("\x01", 1);
  const auto inline_bytes = *z85_decode("^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L");
  bytes += std::string("\0\0\0\x2c", 4) + inline_bytes.substr(0, 44) + std::string(4, '\0');
  const DeletionVector good{"u", "ab^-aqEH.-t@S}K{vb[*k^", 1, 44, 6};
  const auto path = dir / "t" / *vector_path(good, table->location());
  for (int round = 0; round < 2'000; ++round) {
    write_file(path, broken(bytes));
    auto dv = good;
    if (random() % 2) dv.offset = static_cast<std::int32_t>(random());
    if (random() % 4 == 0) dv.offset.reset();
    if (random() % 4 == 0) dv.size_bytes = static_cast<std::int32_t>(random());
    if (random() % 4 == 0) dv.cardinality = static_cast<std::int64_t>(random()) << (random() % 40);
    if (random() % 4 == 0) dv.path_or_inline = broken(dv.path_or_inline);
    const auto id = error_id([&] { read_deletion_vector(*store, "t", dv); });
    EXPECT_TRUE(kClear.contains(id) || id == "objects.badKey") << id;
  }
}

TEST_F(Fuzz, ManifestsThatNameASidecarOftenReadItOnce) {
  create({field("a", "BIGINT")},
         {{"delta.checkpointPolicy", "v2"}, {"delta.checkpointInterval", "3"}});
  for (int i = 0; i < 3; ++i) append("f" + std::to_string(i));
  fs::path manifest;
  for (const auto& entry : fs::directory_iterator(log(""))) {
    if (entry.path().filename().string().contains(".checkpoint.")) manifest = entry.path();
  }
  auto text = read_file(manifest);
  const auto from = text.find("{\"sidecar\"");
  const auto line = text.substr(from, text.find('\n', from) + 1 - from);
  for (int i = 0; i < 3'000; ++i) text += line;
  write_file(manifest, text);
  parquet.reads = 0;
  EXPECT_EQ(open()->snapshot()->files().size(), 3u);
  EXPECT_EQ(parquet.reads, 1);
  // A sidecar that names sidecars, itself included, leads nowhere.
  for (const auto& entry : fs::directory_iterator(log("_sidecars"))) {
    write_file(entry.path(), read_file(entry.path()) + line);
  }
  parquet.reads = 0;
  EXPECT_EQ(open()->snapshot()->files().size(), 3u);
  EXPECT_EQ(parquet.reads, 1);
  // Too many are refused before any is read.
  text.clear();
  for (int i = 0; i < 100'001; ++i) {
    text += "{\"sidecar\":{\"path\":\"" + std::to_string(i) +
            ".parquet\",\"sizeInBytes\":1,\"modificationTime\":1}}\n";
  }
  write_file(manifest, text);
  for (int v = 0; v < 3; ++v) fs::remove(commit_path(v));
  EXPECT_EQ(error_id([&] { open()->snapshot(); }), "delta.badCheckpoint");
  EXPECT_THAT(error_text([&] { open()->snapshot(); }),
              ::testing::HasSubstr(manifest.filename().string()));
}

}  // namespace
}  // namespace ob::delta
