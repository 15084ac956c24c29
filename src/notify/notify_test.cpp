#include "notify/notify.h"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <mutex>

#include "identity/testing.h"
#include "notify/letters.h"

namespace ob::notify {
namespace {

using testing::ElementsAre;

class NotifyTest : public identity::AccountsTest {
 protected:
  void SetUp() override {
    AccountsTest::SetUp();
    workspaces_ = workspaces::open(*database_, *identity_, *mail_, [] { return std::string(); });
    ann_ = user("ann@x.org");
    bob_ = user("bob@x.org");
    mail_->letters.clear();
    open_inbox();
  }
  void TearDown() override {
    inbox_.reset();
    workspaces_.reset();
    AccountsTest::TearDown();
  }
  void open_inbox(Micros delay = 0) {
    inbox_ = open(*database_, *identity_, *workspaces_, *mail_,
                  {.public_url = [] { return std::string("https://ob.example"); },
                   .letter_delay = delay,
                   .publish =
                       [this](const std::string& topic, const boost::json::value& data) {
                         const std::scoped_lock lock(mutex_);
                         published_.push_back(topic + " " + boost::json::serialize(data));
                         changed_.notify_all();
                       },
                   .may_see = [this](const std::string& user, std::string_view,
                                     const std::string&) { return user != blind_; }});
  }
  Note note(const std::string& text, Kind kind = Kind::mention) {
    return {kind, "document", "d1", "The plan", "c1", text, ann_.user_id, "/documents/d1"};
  }
  void tell(const Note& note, const std::vector<std::string>& users) {
    database_->write([&](db::Tx& tx) { inbox_->tell(tx, users, note); });
  }
  std::vector<std::string> texts(const Page& page) {
    std::vector<std::string> out;
    for (const auto& item : page.items) out.push_back(item.note.text);
    return out;
  }
  // Starts the thread, which posts what is due before it publishes for the user the second time.
  void run_once() {
    inbox_->start(true);
    for (std::size_t round = 1; round <= 2; ++round) {
      inbox_->told({"sentinel"});
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] {
        return std::ranges::count(published_, R"(user:sentinel {"type":"inbox","unread":0})") >=
               static_cast<std::ptrdiff_t>(round);
      });
    }
    inbox_->stop();
  }

  std::unique_ptr<workspaces::Service> workspaces_;
  std::unique_ptr<Inbox> inbox_;
  Caller ann_, bob_;
  std::string blind_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> published_;
};

TEST_F(NotifyTest, EachHasAnInboxOfTheirOwn) {
  tell(note("one"), {bob_.user_id, bob_.user_id, ann_.user_id, ""});
  tell(note("two"), {bob_.user_id});
  tell(note("three"), {bob_.user_id, admin_.user_id});
  EXPECT_TRUE(inbox_->list(ann_, false, "", 10).items.empty());  // what she did herself
  const Page first = inbox_->list(bob_, false, "", 2);
  EXPECT_THAT(texts(first), ElementsAre("three", "two"));
  EXPECT_EQ(first.unread, 3);
  const Page rest = inbox_->list(bob_, false, first.next, 2);
  EXPECT_THAT(texts(rest), ElementsAre("one"));
  EXPECT_EQ(rest.next, "");
  // Nobody marks what is another's.
  EXPECT_EQ(inbox_->mark_read(ann_, {rest.items[0].id}), 0);
  EXPECT_EQ(inbox_->list(bob_, true, "", 10).unread, 3);
  EXPECT_EQ(inbox_->mark_read(bob_, {rest.items[0].id, "none"}), 2);
  EXPECT_THAT(texts(inbox_->list(bob_, true, "", 10)), ElementsAre("three", "two"));
  EXPECT_EQ(inbox_->mark_read(bob_, {}), 0);
  EXPECT_EQ(inbox_->list(admin_, true, "", 10).unread, 1);
  EXPECT_EQ(published_.back(), "user:" + bob_.user_id + R"( {"type":"inbox","unread":0})");
  Caller watching = bob_;
  watching.read_only = true;
  EXPECT_EQ(refusal([&] { inbox_->mark_read(watching, {}); }), "403 identity.forbidden");
}

TEST_F(NotifyTest, IsBoundedAndForgets) {
  std::string longest;
  for (int i = 0; i < 400; ++i) longest += "é";
  for (int i = 0; i < 205; ++i) tell(note(longest), {bob_.user_id});
  const Page page = inbox_->list(bob_, false, "", 200);
  EXPECT_EQ(page.unread, 200);
  EXPECT_EQ(page.items[0].note.text.size(), 2 * 300 + std::string("…").size());
  Note other = note("other");
  other.object = "d2";
  tell(other, {bob_.user_id});
  database_->write([&](db::Tx& tx) { inbox_->forget(tx, "document", "d1"); });
  EXPECT_THAT(texts(inbox_->list(bob_, false, "", 200)), ElementsAre("other"));
  database_->write([&](db::Tx& tx) {
    tx.execute("UPDATE inbox_items SET created_at = $1", {now_micros() - 91 * 86'400'000'000});
  });
  inbox_->clean_up();
  EXPECT_TRUE(inbox_->list(bob_, false, "", 200).items.empty());
}

TEST_F(NotifyTest, OneLetterTellsWhatIsUnread) {
  tell(note("first"), {bob_.user_id});
  tell(note("second", Kind::reply), {bob_.user_id});
  tell(note("closed", Kind::resolved), {admin_.user_id});  // no letter for that
  run_once();
  ASSERT_EQ(mail_->letters.size(), 1U);
  const mail::Letter& letter = mail_->letters[0];
  EXPECT_EQ(letter.to, "bob@x.org");
  EXPECT_EQ(letter.subject, "2 new comments in “The plan”");
  EXPECT_THAT(letter.paragraphs,
              ElementsAre("User mentioned you in it: first.", "User replied in it: second."));
  EXPECT_EQ(letter.link, "https://ob.example/documents/d1");
}

TEST_F(NotifyTest, AShareIsToldOnceUntilItIsRead) {
  Note share = note("", Kind::share);
  tell(share, {bob_.user_id, ann_.user_id});  // who shares is not told
  tell(share, {bob_.user_id});
  EXPECT_EQ(inbox_->list(bob_, false, "", 200).unread, 1);
  EXPECT_EQ(inbox_->list(ann_, false, "", 200).unread, 0);
  tell(note("first"), {bob_.user_id});
  share.object = "t1";
  share.by_letter = false;
  tell(share, {bob_.user_id});
  run_once();
  ASSERT_EQ(mail_->letters.size(), 1U);
  EXPECT_EQ(mail_->letters[0].subject, "2 pieces of news of “The plan”");
  EXPECT_THAT(mail_->letters[0].paragraphs,
              ElementsAre("User shared it with you.", "User mentioned you in it: first."));
  inbox_->mark_read(bob_, {});
  share.object = "d1";
  tell(share, {bob_.user_id});
  EXPECT_EQ(inbox_->list(bob_, false, "", 200).unread, 1);
}

TEST_F(NotifyTest, LettersStayAwayWhereTheyAreNotWanted) {
  const Caller eve = user("eve@x.org"), dan = user("dan@x.org");
  mail_->letters.clear();
  workspaces_->set_preferences(bob_, "", R"({"notifications":{"email":false}})");
  workspaces_->set_preferences(dan, "", R"({"notifications":"?"})");
  blind_ = eve.user_id;
  tell(note("x"), {bob_.user_id, eve.user_id, dan.user_id, admin_.user_id});
  inbox_->mark_read(admin_, {});  // read in time
  run_once();
  ASSERT_EQ(mail_->letters.size(), 1U);
  EXPECT_EQ(mail_->letters[0].to, "dan@x.org");
  EXPECT_EQ(mail_->letters[0].subject, "User mentioned you in “The plan”");
}

TEST_F(NotifyTest, LettersWait) {
  open_inbox(3'600'000'000);
  tell(note("x"), {bob_.user_id});
  run_once();
  EXPECT_TRUE(mail_->letters.empty());
}

TEST(Letters, CarryNoLinksOfStrangers) {
  Note note{Kind::comment,         "document", "d",           "evil.example/a\nb", "c",
            "buy at evil.example", "",         "/documents/d"};
  const auto letter = letter_of("a@x.org", {{{.note = note}, ""}}, false, "https://ob.example");
  EXPECT_EQ(letter.subject, "A guest commented on “evil example a b”");
  EXPECT_THAT(letter.paragraphs, ElementsAre("A guest commented on “evil example a b”."));
}

}  // namespace
}  // namespace ob::notify
