#include <algorithm>
#include <boost/json/parse.hpp>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/text.h"
#include "notify/letters.h"
#include "notify/store.h"

namespace ob::notify {
namespace {

namespace json = boost::json;

constexpr std::size_t kLongestText = 300;  // code points of a note
constexpr std::int64_t kMostUnread = 200;  // of one object: more tell nothing new
constexpr std::size_t kMostInLetter = 10;
constexpr Micros kKept = 90 * std::int64_t{86'400'000'000};
constexpr std::int64_t kAtOnce = 500;
constexpr auto kPoll = std::chrono::seconds(5);  // other instances plan letters too

std::string cut(const std::string& text, std::size_t code_points) {
  std::size_t at = 0;
  for (std::size_t i = 0; at < text.size(); ++i) {
    if (i == code_points) return text.substr(0, at) + "…";
    next_code_point(text, at);
  }
  return text;
}

bool by_letter(Kind kind) {
  return kind != Kind::resolved;
}

class InboxService final : public Inbox {
 public:
  InboxService(db::Database& database, identity::Identity& identity,
               workspaces::Service& workspaces, mail::Mail& mail, Options options)
      : db_(database),
        identity_(identity),
        workspaces_(workspaces),
        mail_(mail),
        options_(std::move(options)) {}
  ~InboxService() override { InboxService::stop(); }

  void tell(db::Tx& tx, const std::vector<std::string>& users, const Note& note) override {
    Item item{.note = note, .created_at = now_micros()};
    item.note.text = cut(note.text, kLongestText);
    for (const std::string& user : std::set<std::string>(users.begin(), users.end())) {
      if (user.empty() || user == note.from) continue;
      if (store::unread_of(tx, user, note, kMostUnread) >= kMostUnread) continue;
      if (note.kind == Kind::share && store::has_unread_share(tx, user, note)) continue;
      item.id = new_uuid();
      store::insert(tx, user, item);
      if (note.by_letter && by_letter(note.kind))
        store::plan(tx, {user, note.object_type, note.object, item.created_at},
                    item.created_at + options_.letter_delay);
    }
  }

  void told(const std::vector<std::string>& users) override {
    {
      const std::scoped_lock lock(mutex_);
      told_.insert(users.begin(), users.end());
    }
    changed_.notify_all();
  }

  void forget(db::Tx& tx, std::string_view object_type, const std::string& object) override {
    store::forget(tx, object_type, object);
  }

  Page list(const Caller& caller, bool unread_only, const std::string& after,
            std::size_t limit) override {
    return db_.reading([&](db::Tx& tx) {
      Page out{.items = store::list(tx, caller.user_id, unread_only, after, limit + 1),
               .unread = store::unread(tx, caller.user_id)};
      if (out.items.size() > limit) {
        out.items.pop_back();
        out.next = out.items.back().id;
      }
      return out;
    });
  }

  std::int64_t mark_read(const Caller& caller, const std::vector<std::string>& ids) override {
    if (caller.read_only) throw forbidden("identity.forbidden", "This sign-in may only read.");
    const Micros now = now_micros();
    const auto unread = db_.writing([&](db::Tx& tx) {
      if (ids.empty()) store::mark_all(tx, caller.user_id, now);
      for (const auto& id : ids) store::mark(tx, caller.user_id, id, now);
      return store::unread(tx, caller.user_id);
    });
    publish(caller.user_id, unread);
    return unread;
  }

  void start(bool letters) override {
    letters_ = letters;
    thread_ = std::thread([this] { run(); });
  }
  void stop() override {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void clean_up() override {
    const Micros before = now_micros() - kKept;
    while (db_.writing([&](db::Tx& tx) { return store::remove_before(tx, before, kAtOnce); }) ==
           kAtOnce) {
    }
  }

  std::string display_name(const std::string& user) override {
    const auto found = identity_.permissions().find_by_id(user);
    if (!found) return "Somebody";  // the account is gone
    return found->name.empty() ? found->email.substr(0, found->email.find('@')) : found->name;
  }

 private:
  void publish(const std::string& user, std::int64_t unread) {
    if (options_.publish)
      options_.publish("user:" + user, json::object{{"type", "inbox"}, {"unread", unread}});
  }

  void run() {
    while (true) {
      std::set<std::string> told;
      {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kPoll, [this] { return stopping_ || !told_.empty(); });
        if (stopping_) return;
        told.swap(told_);
      }
      try {
        for (const auto& user : told)
          publish(user, db_.reading([&](db::Tx& tx) { return store::unread(tx, user); }));
        while (letters_ && !stopping() && post_one()) {
        }
      } catch (const Error& e) {
        log::error("the inbox failed",
                   {{"error", std::string_view(e.what())}, {"cause", std::string_view(e.cause())}});
      } catch (const std::exception& e) {
        log::error("the inbox failed", {{"error", std::string_view(e.what())}});
      }
    }
  }

  bool stopping() {
    const std::scoped_lock lock(mutex_);
    return stopping_;
  }

  // Whether there was a letter to post.
  bool post_one() {
    const Micros now = now_micros();
    // The usual case, nothing to do, takes no write.
    const auto due = db_.reading([](db::Tx& tx) { return store::next_due(tx); });
    if (!due || *due > now) return false;
    const bool posted = db_.writing([&](db::Tx& tx) {
      const auto claimed = store::claim(tx, now);
      return claimed && post(tx, *claimed);
    });
    if (posted) mail_.wake();
    return true;
  }

  bool post(db::Tx& tx, const store::Due& due) {
    auto items = store::unread_since(tx, due, kMostInLetter + 1);
    if (items.empty()) return false;  // read meanwhile
    const auto who = identity_.permissions().find_by_id(due.user);
    if (!who || who->kind != identity::PrincipalKind::user || !mail::is_address(who->email))
      return false;
    if (!wants_letters(due.user)) return false;
    if (options_.may_see && !options_.may_see(due.user, due.object_type, due.object)) return false;
    const bool more = items.size() > kMostInLetter;
    if (more) items.pop_back();
    std::vector<Told> told;
    for (auto& item : items) {
      std::string name = item.note.from.empty() ? "" : display_name(item.note.from);
      told.push_back({std::move(item), std::move(name)});
    }
    mail_.post(tx, letter_of(who->email, told, more, options_.public_url()));
    return true;
  }

  bool wants_letters(const std::string& user) {
    Caller caller;
    caller.user_id = user;
    boost::system::error_code code;
    const auto value = json::parse(workspaces_.preferences(caller, ""), code);
    if (code || !value.is_object()) return true;
    const auto* group = value.get_object().if_contains("notifications");
    if (group == nullptr || !group->is_object()) return true;
    const auto* email = group->get_object().if_contains("email");
    return email == nullptr || !email->is_bool() || email->get_bool();
  }

  db::Database& db_;
  identity::Identity& identity_;
  workspaces::Service& workspaces_;
  mail::Mail& mail_;
  const Options options_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> told_;
  bool stopping_ = false, letters_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Inbox> open(db::Database& database, identity::Identity& identity,
                            workspaces::Service& workspaces, mail::Mail& mail,
                            const Options& options) {
  database.migrate("inbox", store::migrations());
  return std::make_unique<InboxService>(database, identity, workspaces, mail, options);
}

}  // namespace ob::notify
