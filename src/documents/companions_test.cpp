#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <map>

#include "base/ids.h"
#include "documents/activity.h"
#include "documents/attachments.h"
#include "documents/comments.h"
#include "documents/delta.h"
#include "documents/leftovers.h"
#include "documents/version_store.h"
#include "documents/versions.h"
#include "identity/testing.h"

namespace ob::documents {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Micros kMinute = 60'000'000, kHour = 60 * kMinute, kDay = 24 * kHour;

// Contents in memory.
class FakeContents : public collab::Contents {
 public:
  std::string delta(const std::string& document) override { return deltas[document]; }
  std::string text(const std::string& document) override {
    return plain_text(Delta::from_json(deltas[document]));
  }
  void apply(const std::string&, const std::string&, const std::string&) override {}
  void apply_delta(const std::string&, const std::string&, const std::string&) override {}
  void set_delta(const std::string& document, const std::string& delta,
                 const std::string& user) override {
    deltas[document] = delta;
    set_by = user;
  }
  void remove(const std::string& document) override { deltas.erase(document); }
  void write(const std::string& document, const std::string& text) {
    deltas[document] = Delta().insert(to_utf16(text + "\n")).to_json();
  }

  std::map<std::string, std::string> deltas;
  std::string set_by;
};

class CompanionsTest : public identity::AccountsTest {
 protected:
  void SetUp() override {
    AccountsTest::SetUp();
    workspaces_ = workspaces::open(*database_, *identity_, *mail_, [] { return std::string(); });
    inbox_ = notify::open(*database_, *identity_, *workspaces_, *mail_,
                          {.public_url = [] { return std::string(); }});
    ann_ = {user("ann@x.org"), ""}, bob_ = {user("bob@x.org"), ""}, eve_ = {user("eve@x.org"), ""};
    for (const auto* one : {&ann_, &bob_, &eve_}) levels_[one->caller.user_id] = Level::none;
    levels_[ann_.caller.user_id] = Level::owner;
    levels_[bob_.caller.user_id] = Level::commenter;
    levels_[""] = Level::none;
    objects_ = objects::open("file://" + directory_ + "/objects");
    contents_.write(kDoc, "one two");
    const Surroundings around{
        .database = *database_,
        .identity = *identity_,
        .require = [this](const Visitor& v, const std::string& id,
                          Level wanted) { return require(v, id, wanted); },
        .on_remove = [this](auto fn) { on_remove_.push_back(std::move(fn)); },
        .publish =
            [this](const std::string& topic, const boost::json::value& data) {
              published_.push_back(topic + " " + boost::json::serialize(data));
            },
        .may_see = [this](const std::string& user,
                          const std::string&) { return levels_[user] > Level::none; }};
    comments_ = open_comments(around, *inbox_);
    versions_ = open_versions(around, contents_, objects_);
    activity_ = open_activity(around);
    files_ = open_attachments(around, objects_);
  }
  void TearDown() override {
    comments_.reset(), versions_.reset(), activity_.reset(), files_.reset();
    inbox_.reset();
    workspaces_.reset();
    AccountsTest::TearDown();
  }

  Document require(const Visitor& visitor, const std::string& id, Level wanted) {
    const Level level = levels_[visitor.caller.user_id];
    if (id != kDoc || level == Level::none)
      throw not_found("documents.documentNotFound", "There is no such document.");
    if (level < wanted) throw forbidden("documents.forbidden", "You may not.");
    return {.id = kDoc, .title = "The plan", .owner = ann_.caller.user_id, .access = level};
  }
  void remove_document() {
    database_->write([&](db::Tx& tx) {
      for (const auto& fn : on_remove_) fn(tx, kDoc);
    });
    while (leftovers::sweep_one(*database_, *objects_, now_micros())) {
    }
  }
  std::vector<std::string> told(const Visitor& who) {
    std::vector<std::string> out;
    for (const auto& item : inbox_->list(who.caller, true, "", 100).items)
      out.push_back(std::string(notify::to_text(item.note.kind)) + " " + item.note.text);
    inbox_->mark_read(who.caller, {});
    return out;
  }
  collab::Change change(Micros at, const std::string& user, bool left = false) {
    return {kDoc, {user}, user == "-" ? 0 : 3, 10, at, left};
  }
  std::vector<Version> all_versions() { return versions_->list(ann_, kDoc, "", 100).versions; }
  std::size_t objects_left() { return objects_->list("documents/", "", 1000, false).size(); }
  Attachment put_file(const Visitor& who, const std::string& name, const std::string& bytes) {
    auto receiving = files_->receive(who, kDoc, name);
    receiving->write(std::as_bytes(std::span(bytes)));
    return receiving->finish();
  }

  static constexpr const char* kDoc = "0197c000-0000-7000-8000-000000000001";
  std::unique_ptr<workspaces::Service> workspaces_;
  std::unique_ptr<notify::Inbox> inbox_;
  FakeContents contents_;
  std::shared_ptr<objects::Store> objects_;
  std::map<std::string, Level> levels_;
  std::vector<std::function<void(db::Tx&, const std::string&)>> on_remove_;
  std::vector<std::string> published_;
  Visitor ann_, bob_, eve_, guest_;
  std::unique_ptr<Comments> comments_;
  std::unique_ptr<Versions> versions_;
  std::unique_ptr<Activity> activity_;
  std::unique_ptr<Attachments> files_;
};

TEST_F(CompanionsTest, CommentsNeedTheRightToComment) {
  const auto first = comments_->create(bob_, kDoc, {"why?", "two", "anchor", {}});
  levels_[eve_.caller.user_id] = Level::viewer;
  EXPECT_EQ(refusal([&] { comments_->create(eve_, kDoc, {"x", "", "", {}}); }),
            "403 documents.forbidden");
  EXPECT_EQ(refusal([&] { comments_->reply(eve_, kDoc, first.id, {"x", "", "", {}}); }),
            "403 documents.forbidden");
  EXPECT_EQ(refusal([&] { comments_->resolve(eve_, kDoc, first.id, true); }),
            "403 documents.forbidden");
  EXPECT_EQ(comments_->list(eve_, kDoc, false, "", 10).threads.at(0).comment.quote, "two");
  EXPECT_EQ(refusal([&] { comments_->list(guest_, kDoc, false, "", 10); }),
            "404 documents.documentNotFound");
  Visitor watching = ann_;
  watching.caller.read_only = true;
  EXPECT_EQ(refusal([&] { comments_->create(watching, kDoc, {"x", "", "", {}}); }),
            "403 identity.forbidden");
  EXPECT_EQ(refusal([&] { comments_->create(ann_, kDoc, {" \n", "", "", {}}); }),
            "400 documents.emptyComment");
}

TEST_F(CompanionsTest, WhoIsConcernedIsTold) {
  const auto first = comments_->create(bob_, kDoc, {"why?", "", "", {}});
  EXPECT_THAT(told(ann_), ElementsAre("comment why?"));
  comments_->reply(ann_, kDoc, first.id, {"because", "", "", {bob_.caller.user_id}});
  EXPECT_THAT(told(bob_), ElementsAre("mention because"));  // once
  levels_[eve_.caller.user_id] = Level::commenter;
  comments_->reply(eve_, kDoc, first.id, {"aha", "", "", {}});
  EXPECT_THAT(told(bob_), ElementsAre("reply aha"));
  EXPECT_THAT(told(ann_), ElementsAre("reply aha"));
  // Who lost access hears no more.
  levels_[eve_.caller.user_id] = Level::none;
  comments_->resolve(bob_, kDoc, first.id, true);
  EXPECT_THAT(told(ann_), ElementsAre("resolved why?"));
  EXPECT_THAT(told(eve_), IsEmpty());
  EXPECT_EQ(published_.back(),
            std::string("document:") + kDoc + R"( {"type":"comments","id":")" + first.id + "\"}");
  // Only those are mentioned who may see it.
  EXPECT_EQ(refusal([&] { comments_->create(bob_, kDoc, {"x", "", "", {eve_.caller.user_id}}); }),
            "400 documents.mentionUnseen");
  EXPECT_EQ(refusal([&] { comments_->create(bob_, kDoc, {"x", "", "", {"nobody"}}); }),
            "400 documents.mentionUnseen");
  remove_document();
  EXPECT_THAT(inbox_->list(ann_.caller, false, "", 10).items, IsEmpty());
}

TEST_F(CompanionsTest, CommentsAreTheirAuthors) {
  const auto first = comments_->create(bob_, kDoc, {"one", "", "", {}});
  const auto answer = comments_->reply(ann_, kDoc, first.id, {"two", "", "", {}});
  const auto below = comments_->reply(ann_, kDoc, answer.id, {"three", "", "", {}});
  EXPECT_EQ(below.thread, first.id);
  EXPECT_EQ(refusal([&] { comments_->edit(ann_, kDoc, first.id, "mine"); }),
            "403 documents.notYourComment");
  EXPECT_EQ(refusal([&] { comments_->remove(bob_, kDoc, answer.id); }),
            "403 documents.notYourComment");
  EXPECT_TRUE(comments_->edit(bob_, kDoc, first.id, "ONE").edited_at);
  EXPECT_EQ(refusal([&] { comments_->resolve(bob_, kDoc, answer.id, true); }),
            "400 documents.notAThread");
  EXPECT_EQ(comments_->resolve(bob_, kDoc, first.id, true).resolved_by, bob_.caller.user_id);
  EXPECT_THAT(comments_->list(bob_, kDoc, true, "", 10).threads, IsEmpty());
  EXPECT_FALSE(comments_->resolve(bob_, kDoc, first.id, false).resolved_at);
  comments_->remove(ann_, kDoc, below.id);
  ASSERT_EQ(comments_->list(bob_, kDoc, true, "", 10).threads.size(), 1U);
  EXPECT_EQ(comments_->list(bob_, kDoc, true, "", 10).threads[0].replies.size(), 1U);
  comments_->remove(ann_, kDoc, first.id);  // an owner, with the thread
  EXPECT_EQ(refusal([&] { comments_->edit(ann_, kDoc, answer.id, "x"); }),
            "404 documents.commentNotFound");
}

TEST_F(CompanionsTest, GuestsCommentWithoutAName) {
  levels_[""] = Level::commenter;
  const auto first = comments_->create(guest_, kDoc, {"hello", "", "", {}});
  EXPECT_EQ(first.author, "");
  EXPECT_THAT(told(ann_), ElementsAre("comment hello"));
  EXPECT_EQ(refusal([&] { comments_->edit(guest_, kDoc, first.id, "x"); }),
            "403 documents.notYourComment");
  EXPECT_EQ(refusal([&] { comments_->remove(guest_, kDoc, first.id); }),
            "403 documents.notYourComment");
  EXPECT_EQ(refusal([&] { comments_->resolve(guest_, kDoc, first.id, true); }),
            "403 documents.guestMayNot");
  EXPECT_EQ(refusal([&] { comments_->create(guest_, kDoc, {"x", "", "", {ann_.caller.user_id}}); }),
            "403 documents.guestMayNot");
  levels_[""] = Level::editor;
  EXPECT_TRUE(comments_->resolve(guest_, kDoc, first.id, true).resolved_at);
}

TEST_F(CompanionsTest, CommentsComeInPages) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(comments_->create(bob_, kDoc, {std::to_string(i), "", "", {}}).id);
  std::vector<std::string> seen;
  std::string after;
  do {
    const auto page = comments_->list(bob_, kDoc, false, after, 2);
    for (const auto& thread : page.threads) seen.push_back(thread.comment.id);
    after = page.next;
  } while (!after.empty());
  EXPECT_EQ(seen, ids);
}

TEST_F(CompanionsTest, VersionsAreKeptAndRestored) {
  const auto first = versions_->create(ann_, kDoc, "First");
  EXPECT_EQ(first.words, 2);
  EXPECT_THAT(first.authors, ElementsAre(ann_.caller.user_id));
  contents_.write(kDoc, "one three");
  const auto second = versions_->create(ann_, kDoc, "");
  EXPECT_EQ(refusal([&] { versions_->list(bob_, kDoc, "", 10); }), "403 documents.forbidden");
  EXPECT_EQ(versions_->get(ann_, kDoc, first.id, "").delta, R"({"ops":[{"insert":"one two\n"}]})");
  const std::string diff =
      R"([{"insert":"one t"},{"insert":"hree","attributes":{"diff":"insert"}},)"
      R"({"insert":"wo","attributes":{"diff":"delete"}},{"insert":"\n"}])";
  // From the older to the newer, whichever is asked for.
  EXPECT_EQ(versions_->get(ann_, kDoc, first.id, second.id).diff, diff);
  EXPECT_EQ(versions_->get(ann_, kDoc, second.id, first.id).diff, diff);
  EXPECT_EQ(versions_->get(ann_, kDoc, first.id, "current").diff, diff);
  versions_->restore(ann_, kDoc, first.id);
  EXPECT_EQ(contents_.delta(kDoc), R"({"ops":[{"insert":"one two\n"}]})");
  EXPECT_EQ(contents_.set_by, ann_.caller.user_id);
  const auto all = all_versions();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(versions_->get(ann_, kDoc, all[0].id, "").delta,
            R"({"ops":[{"insert":"one three\n"}]})");  // what it was before
  EXPECT_EQ(versions_->rename(ann_, kDoc, second.id, "Second").name, "Second");
  levels_[bob_.caller.user_id] = Level::editor;
  EXPECT_EQ(refusal([&] { versions_->remove(bob_, kDoc, first.id); }), "403 documents.ownersOnly");
  versions_->remove(ann_, kDoc, first.id);
  EXPECT_EQ(refusal([&] { versions_->get(ann_, kDoc, first.id, ""); }),
            "404 documents.versionNotFound");
  EXPECT_EQ(objects_left(), 3U);
  EXPECT_TRUE(leftovers::sweep_one(*database_, *objects_, now_micros()));
  EXPECT_EQ(objects_left(), 2U);
  remove_document();
  EXPECT_EQ(objects_left(), 0U);
}

TEST_F(CompanionsTest, AutomaticVersionsComeAfterPauses) {
  const std::string ann = ann_.caller.user_id, bob = bob_.caller.user_id;
  const Micros t = now_micros();
  EXPECT_FALSE(versions_->keep_one(t));
  versions_->changed(change(t, "-", true));  // looked, and left
  EXPECT_FALSE(versions_->keep_one(t + kDay));
  versions_->changed(change(t, ann));
  versions_->changed(change(t + kMinute / 2, ann));  // within the minute
  versions_->changed(change(t + kMinute, bob));
  versions_->changed(change(t + kMinute + 1, bob));
  EXPECT_FALSE(versions_->keep_one(t + 10 * kMinute));
  EXPECT_TRUE(versions_->keep_one(t + 11 * kMinute));
  EXPECT_FALSE(versions_->keep_one(t + kHour));
  auto all = all_versions();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].automatic);
  EXPECT_THAT(all[0].authors, UnorderedElementsAre(ann, bob));
  // The next is kept when the last one leaves, but 10 minutes after this one.
  const Micros made = all[0].created_at;
  contents_.write(kDoc, "more");
  versions_->changed(change(made + kMinute, ann));
  versions_->changed(change(made + 2 * kMinute, "-", true));
  EXPECT_FALSE(versions_->keep_one(made + 9 * kMinute));
  EXPECT_TRUE(versions_->keep_one(made + 10 * kMinute));
  EXPECT_EQ(all_versions().size(), 2U);
  // Nothing is kept twice: typed, and taken back.
  versions_->changed(change(made + kHour, ann));
  EXPECT_TRUE(versions_->keep_one(made + 2 * kHour));
  EXPECT_EQ(all_versions().size(), 2U);
  EXPECT_FALSE(versions_->keep_one(made + 3 * kHour));
  // What was written for it is swept.
  while (leftovers::sweep_one(*database_, *objects_, now_micros() + 2 * kHour)) {
  }
  EXPECT_EQ(objects_left(), 2U);
}

TEST_F(CompanionsTest, SteadyEditingIsKeptEachHalfHour) {
  const Micros t = now_micros() + kHour;
  for (int minute = 0; minute < 30; ++minute) {
    versions_->changed(change(t + minute * kMinute, ann_.caller.user_id));
    EXPECT_FALSE(versions_->keep_one(t + minute * kMinute)) << minute;
  }
  EXPECT_TRUE(versions_->keep_one(t + 30 * kMinute));
  EXPECT_EQ(all_versions().size(), 1U);
}

TEST_F(CompanionsTest, OldVersionsAreThinnedOut) {
  const Micros now = (now_micros() / kDay) * kDay + 12 * kHour;
  std::vector<Version> all;
  const auto add = [&](Micros age) {
    all.push_back({.id = std::to_string(age / kMinute), .created_at = now - age});
  };
  add(0), add(10 * kMinute), add(20 * kMinute);                   // all of today
  add(50 * kHour + 1 * kMinute), add(50 * kHour + 20 * kMinute);  // one of an hour
  add(52 * kHour);
  add(40 * kDay), add(40 * kDay + kHour), add(41 * kDay);  // one of a day
  EXPECT_THAT(superfluous(all, now),
              ElementsAre(std::to_string(50 * 60 + 20), std::to_string(40 * 24 * 60 + 60)));
  std::vector<Version> many;
  for (int i = 0; i < 1005; ++i) many.push_back({.id = std::to_string(i), .created_at = now - i});
  EXPECT_EQ(superfluous(many, now).size(), 5U);
}

TEST_F(CompanionsTest, BrokenVersionsAreTold) {
  const std::string packed = pack(std::string(40'000, 'x'), std::string(60'000, 'x'));
  EXPECT_EQ(unpack(packed, 100'000).size(), 100'000U);
  EXPECT_THROW(unpack(packed, 99'999), Error);
  EXPECT_THROW(unpack(packed.substr(0, packed.size() - 1), 1 << 20), Error);
  EXPECT_THROW(unpack("no zlib", 1 << 20), Error);
  const auto version = versions_->create(ann_, kDoc, "x");
  objects_->put(version_store::key_of(version), "broken");
  EXPECT_EQ(refusal([&] { versions_->get(ann_, kDoc, version.id, ""); }), "500 internal");
}

TEST_F(CompanionsTest, ActivityIsCounted) {
  const std::string ann = ann_.caller.user_id, bob = bob_.caller.user_id;
  const Micros now = now_micros();
  activity_->changed({kDoc, {ann, bob}, 10, 100, now, false});
  activity_->changed({kDoc, {ann}, 1, 100, now - kDay, false});
  activity_->changed({kDoc, {ann}, 0, 0, now, true});
  for (int i = 0; i < 3; ++i) activity_->viewed(bob, kDoc);
  activity_->viewed("", kDoc);
  const auto report = activity_->report(ann_, kDoc, 30);
  ASSERT_EQ(report.days.size(), 2U);
  EXPECT_EQ(report.days[0].edits, 1);
  EXPECT_EQ(report.days[1].edits, 10);
  EXPECT_EQ(report.days[1].editors, 2);
  EXPECT_EQ(report.days[1].views, 2);
  EXPECT_EQ(report.days[1].viewers, 2);
  EXPECT_EQ(report.people.size(), 3U);
  EXPECT_EQ(activity_->report(ann_, kDoc, 1).days.size(), 1U);
  EXPECT_EQ(refusal([&] { activity_->report(bob_, kDoc, 30); }), "403 documents.forbidden");
  activity_->changed({kDoc, {ann}, 1, 100, now - 401 * kDay, false});
  EXPECT_EQ(activity_->report(ann_, kDoc, 500).days.size(), 3U);
  activity_->clean_up();
  EXPECT_EQ(activity_->report(ann_, kDoc, 500).days.size(), 2U);
  remove_document();
  EXPECT_THAT(activity_->report(ann_, kDoc, 30).days, IsEmpty());
}

TEST_F(CompanionsTest, FilesAreStored) {
  EXPECT_EQ(refusal([&] { files_->receive(bob_, kDoc, "a.png"); }), "403 documents.forbidden");
  for (const char* name : {"", "a/b", "..", "a\nb"})
    EXPECT_EQ(refusal([&] { files_->receive(ann_, kDoc, name); }), "400 documents.badFileName");
  const auto file = put_file(ann_, "a.png", "\x89PNG\r\n\x1a\n and more");
  EXPECT_EQ(file.type, "image/png");
  EXPECT_EQ(put_file(ann_, "evil.png", "<svg onload=alert(1)>").type, "application/octet-stream");
  const auto found = files_->open(bob_, kDoc, file.id);
  std::string bytes(100, '\0');
  bytes.resize(found.reader->read(0, std::as_writable_bytes(std::span(bytes))));
  EXPECT_EQ(bytes, "\x89PNG\r\n\x1a\n and more");
  EXPECT_EQ(refusal([&] { files_->open(eve_, kDoc, file.id); }), "404 documents.documentNotFound");
  EXPECT_EQ(refusal([&] { files_->open(bob_, kDoc, "x"); }), "404 documents.fileNotFound");
  {
    auto receiving = files_->receive(ann_, kDoc, "big");
    const std::string piece(1 << 20, 'x');
    EXPECT_EQ(refusal([&] {
                for (int i = 0; i < 26; ++i) receiving->write(std::as_bytes(std::span(piece)));
              }),
              "413 documents.fileTooLarge");
  }
  EXPECT_EQ(files_->list(bob_, kDoc).size(), 2U);
  EXPECT_EQ(refusal([&] { files_->remove(bob_, kDoc, file.id); }), "403 documents.forbidden");
  files_->remove(ann_, kDoc, file.id);
  EXPECT_TRUE(leftovers::sweep_one(*database_, *objects_, now_micros()));
  EXPECT_EQ(objects_left(), 1U);
  database_->write([&](db::Tx& tx) {
    tx.execute("UPDATE document_files SET bytes = $1", {Attachments::kMostBytes - 5});
  });
  EXPECT_EQ(refusal([&] { put_file(ann_, "more", "123456"); }), "409 documents.filesFull");
  remove_document();
  EXPECT_EQ(objects_left(), 0U);
}

TEST(Attachments, KnowsPicturesByTheirBytes) {
  EXPECT_EQ(picture_type("\xFF\xD8\xFF\xE0"), "image/jpeg");
  EXPECT_EQ(picture_type("GIF89a"), "image/gif");
  EXPECT_EQ(picture_type(std::string("RIFF\0\0\0\0WEBPVP8 ", 16)), "image/webp");
  EXPECT_EQ(picture_type(std::string("\0\0\0\x20"
                                     "ftypavif",
                                     12)),
            "image/avif");
  for (const char* other : {"", "RIFF", "\x89PNG", "<svg xmlns", "<!DOCTYPE html>", "BM"})
    EXPECT_EQ(picture_type(other), "application/octet-stream");
}

}  // namespace
}  // namespace ob::documents
