#pragma once
// For tests: accounts on a database of their own, with letters that are kept.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "db/testing.h"
#include "identity/accounts.h"

namespace ob::identity {

inline const std::string kPassword = "a long password";

// Keeps letters, and handles notes when told to.
class FakeMail : public mail::Mail {
 public:
  explicit FakeMail(db::Database& database) : db_(database) {}
  bool has_server() const override { return server; }
  void post(db::Tx&, const mail::Letter& letter) override { letters.push_back(letter); }
  void defer(db::Tx&, std::string_view kind, std::string_view note) override {
    notes.emplace_back(kind, note);
  }
  void handle(std::string kind, Handler handler) override { handlers[kind] = std::move(handler); }
  void start() override {}
  void stop() override {}
  void wake() override {
    for (const auto& [kind, note] : std::exchange(notes, {})) {
      db_.write([&](db::Tx& tx) { handlers.at(kind)(tx, note); });
    }
  }
  std::vector<mail::Posted> outbox(const Caller&, std::int64_t, const std::string&) override {
    return {};
  }
  mail::Backlog backlog(const Caller&) override { return {}; }
  // The token of the link in the newest letter.
  std::string token() const {
    if (letters.empty()) return "no letter";
    const std::string& link = letters.back().link;
    return link.substr(link.find("#token=") + 7);
  }

  bool server = true;
  std::vector<mail::Letter> letters;
  std::vector<std::pair<std::string, std::string>> notes;
  std::map<std::string, Handler> handlers;

 private:
  db::Database& db_;
};

class AccountsTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ob_accounts_XXXXXX";
    directory_ = mkdtemp(name);
    database_ = db::open(db::testing::url_in(directory_));
    start({.bcrypt_cost = 4, .demand_verified = true}, Registration::open);
    EXPECT_EQ(identity_->bootstrap("admin@x.org", kPassword), std::nullopt);
    admin_ = caller("admin@x.org");
  }
  void TearDown() override {
    accounts_.reset();
    identity_.reset();
    database_.reset();
    std::filesystem::remove_all(directory_);
  }
  void start(const Options& options, Registration registration) {
    accounts_.reset();
    identity_ = open(*database_, directory_, "", options);
    mail_ = std::make_unique<FakeMail>(*database_);
    accounts_ = open_accounts(*identity_, *mail_,
                              {registration, [] { return std::string("https://ob.example"); }});
  }
  SignedIn sign_in(const std::string& email, const std::string& password = kPassword) {
    return accounts_->sign_in(email, password, here_);
  }
  Caller caller(const std::string& email, const std::string& password = kPassword) {
    return identity_->authenticate(sign_in(email, password).tokens.access_token);
  }
  Caller user(const std::string& email) {
    identity_->create_user(admin_, email, "User", kPassword);
    return caller(email);
  }
  static std::string refusal(const std::function<void()>& fn) {
    try {
      fn();
    } catch (const Error& e) {
      return std::to_string(e.status()) + " " + e.id();
    }
    return "";
  }
  std::string refused_sign_in(const std::string& email, const std::string& password = kPassword) {
    return refusal([&] { sign_in(email, password); });
  }
  // The challenge of a sign-in that is half done.
  std::string challenge(const std::string& email, const std::string& password = kPassword) {
    try {
      sign_in(email, password);
    } catch (const Error& e) {
      for (const auto& [name, value] : e.members()) {
        if (name == "challenge") return value;
      }
      return e.id();
    }
    return "signed in";
  }
  std::size_t count(const std::string& email) {
    const auto all = identity_->users(admin_);
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const User& u) { return u.email == email; }));
  }

  Origin here_{.address = "1.2.3.4", .user_agent = "Browser\n1"};
  std::string directory_;
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Identity> identity_;
  std::unique_ptr<FakeMail> mail_;
  std::unique_ptr<Accounts> accounts_;
  Caller admin_;
};

}  // namespace ob::identity
