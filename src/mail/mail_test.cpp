#include "mail/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "db/testing.h"
#include "mail/message.h"
#include "mail/outbox.h"
#include "mail/smtp.h"

namespace ob::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string refusal(const std::function<void()>& fn) {
  try {
    fn();
  } catch (const Error& e) {
    return std::to_string(e.status()) + " " + e.id();
  }
  return "";
}

// An SMTP server that answers one message after the other as it is told to.
class Sink {
 public:
  explicit Sink(std::string rcpt_answer = "250 OK")
      : rcpt_answer_(std::move(rcpt_answer)),
        acceptor_(io_, {boost::asio::ip::make_address("127.0.0.1"), 0}),
        thread_([this] { run(); }) {}
  ~Sink() {
    stop_ = true;
    boost::asio::io_context io;
    boost::asio::ip::tcp::socket wake(io);
    boost::system::error_code code;
    wake.connect({boost::asio::ip::make_address("127.0.0.1"), port()}, code);
    thread_.join();
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port()); }
  std::vector<std::string> messages() {
    const std::scoped_lock lock(mutex_);
    return messages_;
  }

 private:
  void run() {
    while (!stop_) {
      boost::asio::ip::tcp::iostream stream;
      acceptor_.accept(stream.socket());
      if (!stop_) serve(stream);
    }
  }
  void serve(boost::asio::ip::tcp::iostream& stream) {
    stream << "220 sink\r\n" << std::flush;
    std::string line, data;
    while (std::getline(stream, line)) {
      if (line.starts_with("RCPT")) {
        stream << rcpt_answer_ << "\r\n";
      } else if (line.starts_with("DATA")) {
        stream << "354 go\r\n" << std::flush;
        while (std::getline(stream, line) && line != ".\r") data += line + "\n";
        stream << "250 OK\r\n";
        const std::scoped_lock lock(mutex_);
        messages_.push_back(data);
      } else if (line.starts_with("QUIT")) {
        stream << "221 bye\r\n" << std::flush;
        return;
      } else {
        stream << "250 OK\r\n";
      }
      stream << std::flush;
    }
  }

  std::string rcpt_answer_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::vector<std::string> messages_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::thread thread_;
};

class MailTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_mail_XXXXXX";
    directory_ = mkdtemp(name);
    database_ = db::open(db::testing::url_in(directory_));
  }
  void TearDown() override {
    mail_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  void open_mail(Options options, bool start = true) {
    options.from = "OpenBricks <noreply@example.org>";
    const Sealer sealer{[](std::string_view secret, std::string_view context) {
                          return std::string(context) + "|" + base64_encode(secret);
                        },
                        [](std::string_view sealed, std::string_view context) {
                          std::string out;
                          EXPECT_TRUE(sealed.starts_with(context));
                          EXPECT_TRUE(base64_decode(sealed.substr(context.size() + 1), out));
                          return out;
                        }};
    mail_.reset();
    mail_ = open(*database_, sealer, options);
    if (start) mail_->start();
  }
  void post(const Letter& letter) {
    database_->write([&](db::Tx& tx) { mail_->post(tx, letter); });
    mail_->wake();
  }
  Posted only() {
    const auto list = mail_->outbox(Caller{.admin = true}, 10, "");
    return list.size() == 1 ? list[0] : Posted{.state = "there are " + std::to_string(list.size())};
  }
  // Waits for the thread; the test's own limit ends it otherwise.
  void await(const std::function<bool()>& done) {
    while (!done()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::string content_at_rest() {
    return database_->reading([](db::Tx& tx) {
      std::string all;
      for (const auto& row : tx.query("SELECT sealed FROM mail_outbox WHERE sealed IS NOT NULL"))
        all += row.blob(0);
      return all;
    });
  }

  std::string directory_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Mail> mail_;
  Letter letter_{.to = "ann@example.org",
                 .subject = "Reset your password",
                 .paragraphs = {"Hello <Ann> & all"},
                 .link_text = "Reset it",
                 .link = "https://x.example/reset#token=abc"};
};

std::string decoded(const std::string& message, const std::string& type) {
  const auto at = message.find("\r\n\r\n", message.find("Content-Type: " + type));
  std::string body = message.substr(at + 4, message.find("\r\n--", at) - at - 4), out;
  std::erase_if(body, [](char c) { return c == '\r' || c == '\n'; });
  EXPECT_TRUE(base64_decode(body, out));
  return out;
}

TEST_F(MailTest, ASentLetterHasBothForms) {
  Sink sink;
  open_mail({.smtp_url = sink.url()});
  post(letter_);
  await([&] { return only().state == "sent"; });
  ASSERT_EQ(sink.messages().size(), 1u);
  const std::string message = sink.messages()[0];
  EXPECT_THAT(message, HasSubstr("To: <ann@example.org>\r\n"));
  EXPECT_THAT(message, HasSubstr("Subject: Reset your password\r\n"));
  EXPECT_THAT(decoded(message, "text/plain"), HasSubstr("Hello <Ann> & all"));
  EXPECT_THAT(decoded(message, "text/plain"), HasSubstr(letter_.link));
  EXPECT_THAT(decoded(message, "text/html"), HasSubstr("Hello &lt;Ann&gt; &amp; all"));
  EXPECT_EQ(content_at_rest(), "");
  EXPECT_EQ(only().attempts, 1);
}

TEST_F(MailTest, ALetterSurvivesAServerThatIsAway) {
  open_mail({.smtp_url = "smtp://127.0.0.1:1", .retry = 1'000});
  post(letter_);
  await([&] { return only().attempts >= 2; });
  EXPECT_EQ(only().state, "waiting");
  EXPECT_NE(only().error, "");
  EXPECT_NE(content_at_rest(), "");
  Sink sink;
  database_->write([](db::Tx& tx) { tx.execute("UPDATE mail_outbox SET due_at = 0"); });
  open_mail({.smtp_url = sink.url()});
  await([&] { return only().state == "sent"; });
  EXPECT_EQ(sink.messages().size(), 1u);
}

TEST_F(MailTest, GivesUpInTheEnd) {
  open_mail({.smtp_url = "smtp://127.0.0.1:1", .retry = 0, .most_attempts = 3});
  post(letter_);
  await([&] { return only().state == "failed"; });
  EXPECT_EQ(only().attempts, 3);
  EXPECT_EQ(content_at_rest(), "");
}

TEST_F(MailTest, AMailboxThatIsNotThereIsNotTriedAgain) {
  Sink sink("550 no such mailbox");
  open_mail({.smtp_url = sink.url(), .retry = 0});
  post(letter_);
  await([&] { return only().state == "failed"; });
  EXPECT_EQ(only().attempts, 1);
}

TEST_F(MailTest, ExpiredLettersAreNotSent) {
  Sink sink;
  open_mail({.smtp_url = sink.url()});
  letter_.good_until = now_micros() - 1;
  post(letter_);
  await([&] { return only().state == "failed"; });
  EXPECT_TRUE(sink.messages().empty());
}

TEST_F(MailTest, WithoutAServerLettersAreShown) {
  open_mail({});
  EXPECT_FALSE(mail_->has_server());
  testing::internal::CaptureStderr();
  post(letter_);
  await([&] { return only().state == "previewed"; });
  mail_.reset();
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr(letter_.link));
}

TEST_F(MailTest, NotesAreHandledOnce) {
  std::atomic<int> calls = 0, failures = 0;
  std::string seen;
  open_mail({}, false);
  mail_->handle("greet", [&](db::Tx& tx, const std::string& note) {
    if (failures++ == 0) throw std::runtime_error("not yet");
    seen = note;
    mail_->post(tx, letter_);
    ++calls;
  });
  database_->write([&](db::Tx& tx) { mail_->defer(tx, "greet", "the note"); });
  mail_->start();
  await([&] {
    database_->write([](db::Tx& tx) { tx.execute("UPDATE mail_outbox SET due_at = 0"); });
    mail_->wake();
    return only().state == "previewed";
  });
  EXPECT_EQ(seen, "the note");
  EXPECT_EQ(calls, 1);
}

TEST_F(MailTest, OnlyAdministratorsSeeTheOutbox) {
  open_mail({}, false);
  EXPECT_EQ(refusal([&] { mail_->outbox(Caller{.user_id = "u"}, 10, ""); }),
            "403 identity.notAdmin");
  database_->write([&](db::Tx& tx) {
    for (int i = 0; i < 3; ++i) mail_->post(tx, letter_);
  });
  const auto first = mail_->outbox(Caller{.admin = true}, 2, "");
  ASSERT_EQ(first.size(), 2u);
  EXPECT_GT(first[0].id, first[1].id);
  EXPECT_EQ(mail_->outbox(Caller{.admin = true}, 2, first[1].id).size(), 1u);
}

TEST_F(MailTest, TheBacklogCountsByWhatBecameOfLetters) {
  open_mail({}, false);
  EXPECT_EQ(refusal([&] { mail_->backlog(Caller{.user_id = "u"}); }), "403 identity.notAdmin");
  EXPECT_EQ(mail_->backlog(Caller{.admin = true}).waiting, 0);
  database_->write([&](db::Tx& tx) {
    for (int i = 0; i < 4; ++i) mail_->post(tx, letter_);
    mail_->defer(tx, "note", "is no letter");
  });
  const auto ids = mail_->outbox(Caller{.admin = true}, 4, "");
  database_->write([&](db::Tx& tx) {
    outbox::retry(tx, ids[0].id, "no answer", 0);
    outbox::finish(tx, ids[1].id, "failed", "no such mailbox", now_micros());
    outbox::finish(tx, ids[2].id, "failed", "long ago", 1);
    outbox::finish(tx, ids[3].id, "sent", "", now_micros());
  });
  const Backlog backlog = mail_->backlog(Caller{.admin = true});
  EXPECT_EQ(backlog.waiting, 1);
  EXPECT_EQ(backlog.refused, 1);
  EXPECT_EQ(backlog.failed, 2);
  EXPECT_EQ(backlog.failed_lately, 1);
  EXPECT_EQ(backlog.sent, 1);
  EXPECT_EQ(backlog.last_error, "no answer");
}

TEST_F(MailTest, BadAddresses) {
  open_mail({}, false);
  for (const std::string to : {"", "a", "a@", "@b", "a b@c", "a@b\r\nBcc: c@d", "a@b>,<c@d", "-f@x",
                               "\"a\"@b", "a@b@c", "a@b\xff"}) {
    letter_.to = to;
    EXPECT_EQ(refusal([&] { post(letter_); }), "400 mail.badAddress") << to;
  }
}

TEST(MessageTest, NoTextBreaksOutOfItsHeader) {
  const Letter letter{
      .to = "a@b", .subject = "Hi\r\nBcc: c@d\n\nbody", .paragraphs = {"x\r\n.\r\n"}};
  const std::string text = message({"Evil\" <x@y>, \xC3\xA9", "o@e.org"}, letter, "id", 0);
  const std::string head = text.substr(0, text.find("\r\n\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("\nBcc")));
  EXPECT_THAT(head, HasSubstr("Subject: Hi  Bcc: c@d  body\r\n"));
  EXPECT_THAT(head, Not(HasSubstr("x@y")));
  EXPECT_THAT(head, HasSubstr("<o@e.org>"));
  EXPECT_THAT(text, Not(HasSubstr("\r\n.\r\n")));
}

TEST(MessageTest, EncodedWordsKeepCharactersWhole) {
  EXPECT_EQ(encoded_words("Plain text"), "Plain text");
  EXPECT_EQ(encoded_words("Grüße"), "=?utf-8?B?R3LDvMOfZQ==?=");
  std::string text;
  for (int i = 0; i < 100; ++i) text += "ü";
  std::string all, words = encoded_words(text);
  for (std::size_t at = 0; at < words.size();) {
    const auto end = std::min(words.find("\r\n ", at), words.size());
    const std::string word = words.substr(at, end - at);
    EXPECT_LE(word.size(), 75u);
    std::string piece;
    EXPECT_TRUE(base64_decode(word.substr(10, word.size() - 12), piece));
    EXPECT_TRUE(valid_utf8(piece));
    all += piece;
    at = end + 3;
  }
  EXPECT_EQ(all, text);
}

TEST(MessageTest, Senders) {
  EXPECT_EQ(parse_sender("a@b").address, "a@b");
  EXPECT_EQ(parse_sender("A B <a@b>").name, "A B");
  for (const std::string text : {"", "a", "A <a>", "a@b\r\nX: y", "A\n <a@b>"}) {
    EXPECT_EQ(refusal([&] { parse_sender(text); }), "400 mail.badSetting") << text;
  }
}

TEST(SmtpTest, Urls) {
  const auto smtp = parse_smtp("smtps://ann%40x:p%3Aw@mail.example.org:465", "");
  EXPECT_EQ(smtp.url, "smtps://mail.example.org:465");
  EXPECT_EQ(smtp.user, "ann@x");
  EXPECT_EQ(smtp.password, "p:w");
  EXPECT_TRUE(smtp.demand_tls);
  EXPECT_FALSE(parse_smtp("smtp://mail.example.org", "").demand_tls);
  EXPECT_FALSE(parse_smtp("smtp://u:p@127.0.0.1:2525", "").demand_tls);
  for (const std::string url : {"", "mail.example.org:25", "http://x", "smtp://", "smtp://x/path",
                                "smtp://x?y=z", "file:///etc/passwd"}) {
    EXPECT_EQ(refusal([&] { parse_smtp(url, ""); }), "400 mail.badSetting") << url;
  }
}

TEST_F(MailTest, APasswordIsNotSentInClear) {
  Sink sink;  // offers no STARTTLS
  const auto port = std::to_string(sink.port());
  Smtp server = parse_smtp("smtp://u:p@127.0.0.1:" + port, "");
  server.demand_tls = true;
  const auto delivery = deliver(server, "a@b", "c@d", "x", [] { return false; });
  EXPECT_FALSE(delivery.done);
  EXPECT_FALSE(delivery.hopeless);
  EXPECT_TRUE(sink.messages().empty());
}

}  // namespace
}  // namespace ob::mail
