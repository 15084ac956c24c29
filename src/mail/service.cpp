#include <algorithm>
#include <boost/json.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "mail/mail.h"
#include "mail/message.h"
#include "mail/migrations.h"
#include "mail/outbox.h"
#include "mail/smtp.h"

namespace ob::mail {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMostWaiting = 10'000;
constexpr Micros kSecond = 1'000'000;
constexpr Micros kClaim = 120 * kSecond;  // longer than one delivery takes
constexpr Micros kMostDelay = 3600 * kSecond;
constexpr Micros kKept = 30 * 86'400 * kSecond;
constexpr Micros kLately = 86'400 * kSecond;
constexpr Micros kCleanUp = 3600 * kSecond;
constexpr auto kPoll = std::chrono::seconds(5);
constexpr std::string_view kLetter = "letter";

std::string context_of(const std::string& id) {
  return "mail.outbox:" + id;
}

std::string to_text(const Letter& letter) {
  const auto list = [](const std::vector<std::string>& texts) {
    json::array out;
    for (const auto& text : texts) out.emplace_back(text);
    return out;
  };
  return json::serialize(json::object{{"paragraphs", list(letter.paragraphs)},
                                      {"link_text", letter.link_text},
                                      {"link", letter.link},
                                      {"after", list(letter.after)}});
}

Letter to_letter(const outbox::Row& row, const std::string& text) {
  const json::value parsed = json::parse(text);
  const json::object& in = parsed.as_object();
  Letter letter{.to = row.recipient,
                .subject = row.subject,
                .link_text = std::string(in.at("link_text").as_string()),
                .link = std::string(in.at("link").as_string()),
                .good_until = row.good_until};
  for (const auto& one : in.at("paragraphs").as_array())
    letter.paragraphs.emplace_back(one.as_string());
  for (const auto& one : in.at("after").as_array()) letter.after.emplace_back(one.as_string());
  return letter;
}

void require_admin(const Caller& caller) {
  if (!caller.admin) throw forbidden("identity.notAdmin", "Only an administrator may do this.");
}

class MailService final : public Mail {
 public:
  MailService(db::Database& database, Sealer sealer, const Options& options)
      : db_(database),
        sealer_(std::move(sealer)),
        options_(options),
        from_(parse_sender(options.from)) {
    if (!options.smtp_url.empty()) smtp_ = parse_smtp(options.smtp_url, options.ca_file);
  }
  ~MailService() override { MailService::stop(); }

  bool has_server() const override { return smtp_.has_value(); }
  void post(db::Tx& tx, const Letter& letter) override;
  void defer(db::Tx& tx, std::string_view kind, std::string_view note) override;
  void handle(std::string kind, Handler handler) override {
    handlers_.insert_or_assign(std::move(kind), std::move(handler));
  }
  void start() override {
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
  void wake() override {
    {
      const std::scoped_lock lock(mutex_);
      awake_ = true;
    }
    changed_.notify_all();
  }
  std::vector<Posted> outbox(const Caller& caller, std::int64_t limit,
                             const std::string& before) override {
    require_admin(caller);
    return db_.reading([&](db::Tx& tx) { return outbox::list(tx, limit, before); });
  }
  Backlog backlog(const Caller& caller) override {
    require_admin(caller);
    const Micros lately = now_micros() - kLately;
    return db_.reading([&](db::Tx& tx) { return outbox::backlog(tx, lately); });
  }

 private:
  void insert(db::Tx& tx, outbox::Row row, std::string_view content);
  void run();
  bool stopping() {
    const std::scoped_lock lock(mutex_);
    return stopping_;
  }
  bool work_once();
  void hand_over(const outbox::Row& row);
  void send(const outbox::Row& row);
  void settle(const outbox::Row& row, const Delivery& delivery);
  void give_up(const outbox::Row& row, const std::string& error);

  db::Database& db_;
  const Sealer sealer_;
  const Options options_;
  const Sender from_;
  std::optional<Smtp> smtp_;
  std::map<std::string, Handler> handlers_;
  Micros cleaned_at_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, awake_ = false;
  std::thread thread_;
};

void MailService::insert(db::Tx& tx, outbox::Row row, std::string_view content) {
  if (outbox::count_waiting(tx) >= kMostWaiting) {
    throw Error(503, "mail.full", "Too many letters wait to be sent. Try again later.");
  }
  row.id = new_uuid();
  row.created_at = now_micros();
  row.sealed = sealer_.seal(content, context_of(row.id));
  outbox::insert(tx, row, row.created_at);
}

void MailService::post(db::Tx& tx, const Letter& letter) {
  if (!is_address(letter.to)) {
    throw bad_request("mail.badAddress", "That is not an address that letters can be sent to.");
  }
  insert(tx,
         {.kind = std::string(kLetter),
          .recipient = letter.to,
          .subject = letter.subject,
          .good_until = letter.good_until},
         to_text(letter));
}

void MailService::defer(db::Tx& tx, std::string_view kind, std::string_view note) {
  insert(tx, {.kind = std::string(kind)}, note);
}

void MailService::run() {
  while (!stopping()) {
    bool more = false;
    try {
      more = work_once();
    } catch (const Error& e) {
      log::error("the outbox failed",
                 {{"error", std::string_view(e.what())}, {"cause", std::string_view(e.cause())}});
    } catch (const std::exception& e) {
      log::error("the outbox failed", {{"error", std::string_view(e.what())}});
    }
    if (more) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kPoll, [this] { return stopping_ || awake_; });
    awake_ = false;
  }
}

bool MailService::work_once() {
  const Micros now = now_micros();
  if (now - cleaned_at_ > kCleanUp) {
    db_.write([&](db::Tx& tx) { outbox::delete_finished(tx, now - kKept); });
    cleaned_at_ = now;
  }
  // The usual case, nothing to do, takes no write.
  if (db_.reading([](db::Tx& tx) { return outbox::count_waiting(tx); }) == 0) return false;
  const auto row = db_.writing([&](db::Tx& tx) { return outbox::claim(tx, now, now + kClaim); });
  if (!row) return false;
  row->kind == kLetter ? send(*row) : hand_over(*row);
  return true;
}

void MailService::hand_over(const outbox::Row& row) {
  const auto handler = handlers_.find(row.kind);
  try {
    if (handler == handlers_.end()) throw internal("no handler for notes of kind " + row.kind);
    const std::string note = sealer_.open(row.sealed, context_of(row.id));
    db_.write([&](db::Tx& tx) {
      if (outbox::remove(tx, row.id)) handler->second(tx, note);
    });
  } catch (const std::exception& e) {
    if (row.attempts < options_.most_attempts) throw;
    log::error("a note was given up",
               {{"kind", std::string_view(row.kind)}, {"error", std::string_view(e.what())}});
    db_.write([&](db::Tx& tx) { outbox::remove(tx, row.id); });
  }
}

void MailService::send(const outbox::Row& row) {
  if (row.good_until != 0 && row.good_until <= now_micros()) {
    give_up(row, "Its links have expired.");
    return;
  }
  Letter letter;
  try {
    letter = to_letter(row, sealer_.open(row.sealed, context_of(row.id)));
  } catch (const std::exception& e) {
    give_up(row, e.what());
    return;
  }
  if (!smtp_) {
    // For development only: without a server this is the one place where its links are.
    const std::string text = plain_text(letter);
    log::info("preview of a letter, as no smtp_url is set",
              {{"to", std::string_view(letter.to)},
               {"subject", std::string_view(letter.subject)},
               {"text", std::string_view(text)}});
    db_.write([&](db::Tx& tx) { outbox::finish(tx, row.id, "previewed", "", now_micros()); });
    return;
  }
  settle(row, deliver(*smtp_, from_.address, letter.to,
                      message(from_, letter, row.id, now_micros()), [this] { return stopping(); }));
}

void MailService::settle(const outbox::Row& row, const Delivery& delivery) {
  if (delivery.done) {
    db_.write([&](db::Tx& tx) { outbox::finish(tx, row.id, "sent", "", now_micros()); });
  } else if (stopping()) {
    db_.write([&](db::Tx& tx) { outbox::retry(tx, row.id, "", now_micros()); });
  } else if (delivery.hopeless || row.attempts >= options_.most_attempts) {
    give_up(row, delivery.error);
  } else {
    const auto doublings = std::min<std::int64_t>(row.attempts - 1, 20);
    const Micros delay = std::min(options_.retry << doublings, kMostDelay);
    db_.write([&](db::Tx& tx) { outbox::retry(tx, row.id, delivery.error, now_micros() + delay); });
    log::warn("a letter could not be sent yet", {{"id", std::string_view(row.id)},
                                                 {"attempts", row.attempts},
                                                 {"error", std::string_view(delivery.error)}});
  }
}

void MailService::give_up(const outbox::Row& row, const std::string& error) {
  db_.write([&](db::Tx& tx) { outbox::finish(tx, row.id, "failed", error, now_micros()); });
  log::error("a letter was given up", {{"id", std::string_view(row.id)},
                                       {"attempts", row.attempts},
                                       {"error", std::string_view(error)}});
}

}  // namespace

std::unique_ptr<Mail> open(db::Database& database, Sealer sealer, const Options& options) {
  database.migrate("mail", migrations());
  return std::make_unique<MailService>(database, std::move(sealer), options);
}

}  // namespace ob::mail
