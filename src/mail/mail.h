#pragma once
// Letters to people: a durable outbox in the database, sent by SMTP on a thread of its own.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/caller.h"
#include "base/time.h"
#include "db/db.h"

namespace ob::mail {

// What one person is told: it is sent as plain text and as simple HTML.
struct Letter {
  std::string to;       // a bare address
  std::string subject;  // one line
  std::vector<std::string> paragraphs;
  std::string link_text, link;  // a button below the paragraphs; none when empty
  std::vector<std::string> after;
  Micros good_until = 0;  // later it is not sent any more; 0: always
};

// A letter of the outbox, without its content.
struct Posted {
  std::string id, to, subject;
  std::string state;  // waiting, sent, previewed, failed
  std::string error;  // of the last attempt
  std::int64_t attempts = 0;
  Micros created_at = 0;
  std::optional<Micros> sent_at;
};

// How letters fare, of those that are still known.
struct Backlog {
  std::int64_t waiting = 0;        // to be sent
  std::int64_t refused = 0;        // of these, those that could not be sent at the last attempt
  std::int64_t failed = 0;         // given up
  std::int64_t failed_lately = 0;  // of these, within the last 24 hours
  std::int64_t sent = 0;
  std::string last_error;  // of the newest letter that has one
};

// Encrypts content at rest: letters hold links that sign people in.
struct Sealer {
  std::function<std::string(std::string_view secret, std::string_view context)> seal, open;
};

struct Options {
  // smtp://user:password@host:port or smtps://…; empty: letters are shown in the log instead.
  // STARTTLS is used where the server offers it, and demanded with a password unless the host is
  // this machine. Certificates are always checked.
  std::string smtp_url;
  std::string ca_file;        // PEM; empty: the system's authorities
  std::string from;           // "address" or "Name <address>"
  Micros retry = 10'000'000;  // after the first failure; doubles up to an hour
  int most_attempts = 24;
};

// All methods are thread-safe.
class Mail {
 public:
  virtual ~Mail() = default;

  // Whether letters leave the server. If not, each is shown in the log once, with its links.
  virtual bool has_server() const = 0;

  // Puts a letter into the outbox as a part of the caller's transaction. Throws ob::Error 503
  // mail.full when 10,000 wait, 400 mail.badAddress.
  virtual void post(db::Tx& tx, const Letter& letter) = 0;
  // Keeps a note, encrypted, that the handler of its kind gets soon on the thread of this module:
  // for answers whose time must not tell what the work found. Throws as post().
  virtual void defer(db::Tx& tx, std::string_view kind, std::string_view note) = 0;
  // The handler runs inside a write transaction that also removes the note. Before start().
  using Handler = std::function<void(db::Tx& tx, const std::string& note)>;
  virtual void handle(std::string kind, Handler handler) = 0;

  virtual void start() = 0;
  // Ends the thread; what waits is sent after the next start of the server. Before the parts go
  // that handlers use; the destructor does it too.
  virtual void stop() = 0;
  // There is something new: after the transaction of post() or defer(). Without it a letter waits
  // for at most 5 s.
  virtual void wake() = 0;

  // Newest first, those before the id `before` (empty: from the newest). Administrators only.
  virtual std::vector<Posted> outbox(const Caller& caller, std::int64_t limit,
                                     const std::string& before) = 0;
  // Administrators only.
  virtual Backlog backlog(const Caller& caller) = 0;
};

// Throws ob::Error 400 mail.badSetting for an address or URL that cannot be.
std::unique_ptr<Mail> open(db::Database& database, Sealer sealer, const Options& options);

// Whether a text can be the address of a letter: one '@', no space, bracket, quote or control
// character, at most 254 bytes.
bool is_address(std::string_view text);

}  // namespace ob::mail
