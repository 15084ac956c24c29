#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "base/ids.h"
#include "storage/testing.h"

namespace ob::storage {
namespace {

using testing::ElementsAre;

class StorageTest : public StorageFixture {};

TEST_F(StorageTest, PutGetReplaceRemove) {
  const File file = put(at("dir/ü 1%.csv"), "a,b\n");
  EXPECT_EQ(file.path, at("dir/ü 1%.csv"));
  EXPECT_EQ(file.bytes, 4);
  EXPECT_EQ(get(at("dir/ü 1%.csv")), "a,b\n");
  EXPECT_EQ(refusal([&] { put(at("dir/ü 1%.csv"), "x"); }), "409 storage.exists");
  EXPECT_NE(put(at("dir/ü 1%.csv"), "newer", true).version, file.version);
  EXPECT_EQ(get(at("dir/ü 1%.csv")), "newer");
  service_->remove_file(bob_, at("dir/ü 1%.csv"));
  EXPECT_EQ(refusal([&] { get(at("dir/ü 1%.csv")); }), "404 storage.notFound");
  EXPECT_EQ(refusal([&] { service_->remove_file(bob_, at("dir/ü 1%.csv")); }),
            "404 storage.notFound");
  EXPECT_THAT(names(at("")), ElementsAre("dir/"));  // the directory stays
  EXPECT_THAT(names(at("dir")), ElementsAre());
}

TEST_F(StorageTest, AnAbandonedUploadLeavesNothing) {
  {
    auto incoming = service_->receive(bob_, at("a/b"), false, {});
    incoming->write(bytes("half"));
  }
  EXPECT_THAT(names(at("")), ElementsAre());
  {
    auto incoming = service_->receive(bob_, at("a/b"), false, {.bytes = 10});
    incoming->write(bytes("half"));
    EXPECT_EQ(refusal([&] { incoming->finish(); }), "400 storage.wrongLength");
  }
  EXPECT_THAT(names(at("")), ElementsAre());
  EXPECT_TRUE(std::filesystem::is_empty(directory_ + "/objects/.openbricks-tmp"));
}

TEST_F(StorageTest, DigestsAreChecked) {
  std::string md5, sha256;
  base64_decode("XUFAKrxLKna5cZ2REBfFkg==", md5);  // of "hello"
  base64_decode("LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=", sha256);
  auto incoming = service_->receive(bob_, at("h"), false, {.md5 = md5, .sha256 = sha256});
  incoming->write(bytes("hel"));
  incoming->write(bytes("lo"));
  incoming->finish();
  incoming = service_->receive(bob_, at("h2"), false, {.sha256 = sha256});
  incoming->write(bytes("hello!"));
  EXPECT_EQ(refusal([&] { incoming->finish(); }), "400 storage.wrongDigest");
  EXPECT_THAT(names(at("")), ElementsAre("h"));
}

TEST_F(StorageTest, TooLargeIsRefused) {
  start({.max_file_bytes = 10});
  EXPECT_EQ(refusal([&] { put(at("x"), "12345678901"); }), "413 storage.tooLarge");
  EXPECT_EQ(refusal([&] { service_->receive(bob_, at("x"), false, {.bytes = 11}); }),
            "413 storage.tooLarge");
  EXPECT_EQ(refusal([&] { service_->create_upload(bob_, at("x"), 11, false); }),
            "413 storage.tooLarge");
  put(at("x"), "1234567890");
}

TEST_F(StorageTest, Authorisation) {
  put(at("f"), "x");
  EXPECT_EQ(service_->open_file(eve_, at("f")).file.bytes, 1);
  EXPECT_NE(service_->readable_location(eve_, at("f")), "");
  const std::string hidden = "/Volumes/main/s/other/f";
  const auto upload = service_->create_upload(bob_, at("up"), 3, false);
  const std::vector<std::pair<std::function<void()>, std::string>> cases = {
      {[&] { service_->receive(eve_, at("g"), false, {}); }, "403 catalog.forbidden"},
      {[&] { service_->remove_file(eve_, at("f")); }, "403 catalog.forbidden"},
      {[&] { service_->make_directory(eve_, at("d")); }, "403 catalog.forbidden"},
      {[&] { service_->remove_directory(eve_, at("d"), true); }, "403 catalog.forbidden"},
      {[&] { service_->move(eve_, at("f"), at("g"), false); }, "403 catalog.forbidden"},
      {[&] { service_->create_upload(eve_, at("g"), 1, false); }, "403 catalog.forbidden"},
      {[&] { service_->upload(eve_, upload.id); }, "404 storage.uploadNotFound"},
      {[&] { service_->append(eve_, upload.id, 0); }, "404 storage.uploadNotFound"},
      {[&] { service_->finish_upload(eve_, upload.id); }, "404 storage.uploadNotFound"},
      {[&] { service_->cancel_upload(eve_, upload.id); }, "404 storage.uploadNotFound"},
      {[&] { service_->open_file(eve_, hidden); }, "404 catalog.volumeNotFound"},
      {[&] { service_->list(eve_, hidden, "", 1); }, "404 catalog.volumeNotFound"},
      {[&] { service_->readable_location(eve_, hidden); }, "404 catalog.volumeNotFound"},
      {[&] { service_->move(bob_, at("f"), "/Volumes/main/s/none/f", false); },
       "404 catalog.volumeNotFound"},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    EXPECT_EQ(refusal(cases[i].first), cases[i].second) << i;
  }
}

TEST_F(StorageTest, RightsLostDuringAnUploadCount) {
  auto volumes = std::make_shared<std::string>("volumes/m");
  StorageService service(*database_,
                         [volumes](const Caller&, const catalog::Name& name, identity::Privilege) {
                           if (volumes->empty()) throw forbidden("catalog.forbidden", "no");
                           return catalog::Volume{.name = name, .root = *volumes};
                         },
                         objects_, {});
  auto incoming = service.receive(bob_, at("x"), false, {});
  volumes->clear();
  EXPECT_EQ(refusal([&] { incoming->finish(); }), "403 catalog.forbidden");
  *volumes = "volumes/new";
  EXPECT_EQ(refusal([&] { incoming->finish(); }), "409 storage.changed");
  EXPECT_TRUE(objects_->list("volumes/", "", 10, false).empty());
}

TEST_F(StorageTest, BadPaths) {
  for (const std::string& path :
       {std::string("/x"), std::string("Volumes/main/s/mine/x"), std::string("/Volumes/main/s"),
        at("../x"), at("a/../../x"), at("a//b"), at("./a"), at("a\nb"), at("\x7f"), at("\xc2\x85"),
        at("\xff"), at(std::string("a\0b", 3)), at(std::string(256, 'x')),
        at(".openbricks-directory"), at(".openbricks-directory/x"),
        at(std::string(250, 'a') + "/" + std::string(250, 'b') + "/" + std::string(250, 'c') + "/" +
           std::string(250, 'd')),
        std::string("/Volumes/main/s/mine"), at("")}) {
    EXPECT_EQ(refusal([&] { put(path, "x"); }), "400 storage.badPath") << path;
    EXPECT_EQ(refusal([&] { service_->move(bob_, at("a"), path, false); }), "400 storage.badPath");
  }
  const std::string longest(255, 'x');
  put(at(longest + "/" + longest + "/" + longest), "x");
  put(at("日本語/ファイル.csv"), "x");
  put(at(" spaces and 'quotes' \"too\" \\ * ? "), "x");
}

TEST_F(StorageTest, FilesAndDirectoriesExclude) {
  put(at("a/b"), "x");
  service_->make_directory(bob_, at("empty"));
  EXPECT_EQ(refusal([&] { put(at("a"), "x", true); }), "409 storage.isDirectory");
  EXPECT_EQ(refusal([&] { put(at("empty"), "x", true); }), "409 storage.isDirectory");
  EXPECT_EQ(refusal([&] { put(at("a/b/c/d"), "x"); }), "409 storage.notDirectory");
  EXPECT_EQ(refusal([&] { service_->make_directory(bob_, at("a/b")); }), "409 storage.exists");
  EXPECT_EQ(refusal([&] { service_->make_directory(bob_, at("a/b/c")); }),
            "409 storage.notDirectory");
  EXPECT_EQ(refusal([&] { get(at("a")); }), "409 storage.isDirectory");
  EXPECT_EQ(refusal([&] { service_->remove_file(bob_, at("a")); }), "409 storage.isDirectory");
  EXPECT_EQ(refusal([&] { service_->list(bob_, at("a/b"), "", 1); }), "409 storage.notDirectory");
  EXPECT_EQ(refusal([&] { service_->readable_location(bob_, at("a")); }),
            "409 storage.isDirectory");
}

TEST_F(StorageTest, Directories) {
  const Entry made = service_->make_directory(bob_, at("x/y"));
  EXPECT_EQ(made.name, "y");
  EXPECT_EQ(made.path, at("x/y"));
  service_->make_directory(bob_, at("x/y/"));
  EXPECT_THAT(names(at("")), ElementsAre("x/"));
  EXPECT_THAT(names(at("x")), ElementsAre("y/"));
  EXPECT_THAT(names(at("x/y")), ElementsAre());
  EXPECT_EQ(refusal([&] { names(at("z")); }), "404 storage.notFound");
  put(at("x/y/f"), "1");
  EXPECT_EQ(refusal([&] { service_->remove_directory(bob_, at("x/y"), false); }),
            "409 storage.notEmpty");
  EXPECT_EQ(refusal([&] { service_->remove_directory(bob_, at("x/y/f"), true); }),
            "409 storage.notDirectory");
  service_->remove_file(bob_, at("x/y/f"));
  service_->remove_directory(bob_, at("x/y"), false);
  EXPECT_EQ(refusal([&] { names(at("x/y")); }), "404 storage.notFound");
  EXPECT_THAT(names(at("x")), ElementsAre());
  for (int i = 0; i < 5; ++i) put(at("x/deep/" + std::to_string(i) + "/f"), "1");
  service_->remove_directory(bob_, at("x/deep"), true);
  EXPECT_THAT(names(at("x")), ElementsAre());
  EXPECT_THAT(names("/Volumes/main/s/other"), ElementsAre());
  EXPECT_EQ(refusal([&] { service_->remove_directory(bob_, at(""), true); }),
            "400 storage.badPath");
}

TEST_F(StorageTest, ListsByPages) {
  service_->make_directory(bob_, at("d"));
  const std::vector<std::string> all = {"+", "-", "0", "a", "a.b", "a0/", "b/", "z"};
  for (const auto& name : all) put(at("d/" + name + (name.ends_with('/') ? "f" : "")), "x");
  for (std::size_t limit = 1; limit < 10; ++limit) {
    std::vector<std::string> seen;
    std::string after;
    for (int page = 0; page < 20; ++page) {
      const auto listing = service_->list(bob_, at("d"), after, limit);
      EXPECT_LE(listing.items.size(), limit);
      for (const auto& entry : listing.items) {
        seen.push_back(entry.name + (entry.directory ? "/" : ""));
      }
      if (!listing.next) break;
      after = *listing.next;
    }
    EXPECT_EQ(seen, all) << limit;
  }
  EXPECT_EQ(refusal([&] { service_->list(bob_, at("d"), "%%", 1); }), "400 storage.badCursor");
}

TEST_F(StorageTest, Moves) {
  put(at("a/1"), "one");
  put(at("b/2"), "two");
  EXPECT_EQ(refusal([&] { service_->move(bob_, at("a/1"), at("b/2"), false); }),
            "409 storage.exists");
  EXPECT_EQ(refusal([&] { service_->move(bob_, at("a/1"), at("b"), true); }),
            "409 storage.isDirectory");
  EXPECT_EQ(refusal([&] { service_->move(bob_, at("a/1"), at("b/2/x"), true); }),
            "409 storage.notDirectory");
  EXPECT_EQ(refusal([&] { service_->move(bob_, at("none"), at("x"), true); }),
            "404 storage.notFound");
  service_->move(bob_, at("a/1"), at("b/2"), true);
  EXPECT_EQ(get(at("b/2")), "one");
  EXPECT_THAT(names(at("a")), ElementsAre());
  service_->move(bob_, at("b/2"), "/Volumes/main/s/other/x/2", false);
  EXPECT_EQ(get("/Volumes/main/s/other/x/2"), "one");

  put(at("t/u/f"), "f");
  service_->make_directory(bob_, at("t/empty"));
  EXPECT_EQ(refusal([&] { service_->move(bob_, at("t"), at("t/u/v"), false); }),
            "400 storage.badPath");
  EXPECT_EQ(refusal([&] { service_->move(bob_, at("t"), at("b"), true); }), "409 storage.exists");
  service_->move(bob_, at("t"), at("moved/t"), false);
  EXPECT_THAT(names(at("moved/t")), ElementsAre("empty/", "u/"));
  EXPECT_EQ(get(at("moved/t/u/f")), "f");
  EXPECT_EQ(refusal([&] { names(at("t")); }), "404 storage.notFound");
}

TEST_F(StorageTest, ReadableLocation) {
  put(at("a b.csv"), "x");
  const auto location = service_->readable_location(bob_, at("a b.csv"));
  std::ifstream in(location);
  EXPECT_EQ(in.get(), 'x');
  EXPECT_EQ(refusal([&] { service_->readable_location(bob_, at("none")); }),
            "404 storage.notFound");
}

TEST_F(StorageTest, ResumableUpload) {
  const auto upload = service_->create_upload(bob_, at("big/file"), 10, false);
  EXPECT_EQ(upload.offset, 0);
  {
    auto part = service_->append(bob_, upload.id, 0);
    part->write(bytes("01234"));
    EXPECT_EQ(part->finish(), 5);
  }
  EXPECT_EQ(refusal([&] { service_->finish_upload(bob_, upload.id); }),
            "409 storage.offsetMismatch");
  EXPECT_THAT(names(at("")), ElementsAre());
  start();  // a restart
  EXPECT_EQ(service_->upload(bob_, upload.id).offset, 5);
  EXPECT_EQ(refusal([&] { service_->append(bob_, upload.id, 4); }), "409 storage.offsetMismatch");
  {
    auto part = service_->append(bob_, upload.id, 5);
    EXPECT_EQ(refusal([&] { part->write(bytes("567890")); }), "413 storage.tooManyBytes");
    part->write(bytes("56789"));  // its connection breaks: no finish
  }
  EXPECT_EQ(service_->upload(bob_, upload.id).offset, 10);
  const File file = service_->finish_upload(bob_, upload.id);
  EXPECT_EQ(file.path, at("big/file"));
  EXPECT_EQ(file.bytes, 10);
  EXPECT_EQ(get(at("big/file")), "0123456789");
  EXPECT_EQ(refusal([&] { service_->finish_upload(bob_, upload.id); }),
            "404 storage.uploadNotFound");
  EXPECT_TRUE(objects_->staged().empty());
}

TEST_F(StorageTest, ALaterRequestTakesAnUploadOver) {
  const auto upload = service_->create_upload(bob_, at("f"), 6, false);
  auto first = service_->append(bob_, upload.id, 0);
  first->write(bytes("abc"));
  auto second = service_->append(bob_, upload.id, 3);
  EXPECT_EQ(refusal([&] { first->write(bytes("xyz")); }), "409 storage.uploadTaken");
  second->write(bytes("def"));
  EXPECT_EQ(second->finish(), 6);
  EXPECT_EQ(refusal([&] { first->finish(); }), "409 storage.uploadTaken");
  service_->finish_upload(bob_, upload.id);
  EXPECT_EQ(refusal([&] { second->write(bytes("")); }), "404 storage.uploadNotFound");
  EXPECT_EQ(get(at("f")), "abcdef");
}

TEST_F(StorageTest, UploadsRespectWhatIsThere) {
  put(at("f"), "old");
  EXPECT_EQ(refusal([&] { service_->create_upload(bob_, at("f"), 0, false); }),
            "409 storage.exists");
  const auto replacing = service_->create_upload(bob_, at("f"), 0, true);
  const auto late = service_->create_upload(bob_, at("g"), 0, false);
  put(at("g"), "quicker");
  EXPECT_EQ(service_->finish_upload(bob_, replacing.id).bytes, 0);
  EXPECT_EQ(refusal([&] { service_->finish_upload(bob_, late.id); }), "409 storage.exists");
  EXPECT_EQ(get(at("g")), "quicker");
  service_->cancel_upload(bob_, late.id);
  EXPECT_EQ(refusal([&] { service_->upload(bob_, late.id); }), "404 storage.uploadNotFound");
  EXPECT_TRUE(objects_->staged().empty());
}

TEST_F(StorageTest, FinishAfterACrashInBetween) {
  // The file became visible, its row is still there.
  const auto upload = service_->create_upload(bob_, at("f"), 3, false);
  service_->append(bob_, upload.id, 0)->write(bytes("abc"));
  std::filesystem::rename(directory_ + "/objects/.openbricks-staged/" + upload.id,
                          directory_ + "/objects/f-tmp");
  std::filesystem::create_directories(directory_ + "/objects/volumes/m");
  std::filesystem::rename(directory_ + "/objects/f-tmp", directory_ + "/objects/volumes/m/f");
  start();
  EXPECT_EQ(service_->upload(bob_, upload.id).offset, 3);
  EXPECT_EQ(service_->finish_upload(bob_, upload.id).bytes, 3);

  // The row was written, its bytes' file not yet made.
  const auto bare = service_->create_upload(bob_, at("g"), 1, false);
  objects_->drop_staged(bare.id);
  EXPECT_EQ(service_->upload(bob_, bare.id).offset, 0);
  service_->append(bob_, bare.id, 0)->write(bytes("g"));
  service_->finish_upload(bob_, bare.id);
  EXPECT_EQ(get(at("g")), "g");
}

TEST_F(StorageTest, StaleUploadsGo) {
  const auto fresh = service_->create_upload(bob_, at("a"), 1, false);
  const auto stale = service_->create_upload(bob_, at("b"), 1, false);
  objects_->stage("orphan", true);
  database_->write([&](db::Tx& tx) {
    tx.execute("UPDATE storage_uploads SET created_at = $2 WHERE id = $1",
               {stale.id, now_micros() - Micros{8} * 86'400 * 1'000'000});
  });
  start();
  EXPECT_EQ(service_->upload(bob_, fresh.id).offset, 0);
  EXPECT_EQ(refusal([&] { service_->upload(bob_, stale.id); }), "404 storage.uploadNotFound");
  EXPECT_THAT(objects_->staged(), ElementsAre(fresh.id));
}

TEST_F(StorageTest, OneWinnerWithoutOverwrite) {
  std::atomic<int> won = 0, lost = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      const auto result = refusal([&] { put(at("deep/race"), "x"); });
      ++(result.empty() ? won : lost);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(lost, 5);
}

}  // namespace
}  // namespace ob::storage
