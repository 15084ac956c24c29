#pragma once
// What people are told: that somebody mentioned them, answered, shared something. Each has an
// inbox; what is not read after some minutes comes as a letter, one a person and object.
#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "db/db.h"
#include "identity/identity.h"
#include "mail/mail.h"
#include "workspaces/workspaces.h"

namespace ob::notify {

using identity::Caller;

enum class Kind { mention, comment, reply, share, resolved };
std::string_view to_text(Kind);

// What happened to an object, in the words that a person is shown.
struct Note {
  Kind kind = Kind::mention;
  std::string object_type, object;  // "document" and its id
  std::string title;                // of the object
  std::string reference;            // what within it: the id of a comment; may be empty
  std::string text;                 // its first words
  std::string from;                 // id of a user; empty: somebody without an account
  std::string path;                 // of the page: "/documents/…"
  bool by_letter = true;            // where it stays unread
};

struct Item {
  std::string id;
  Note note;
  Micros created_at = 0;
  std::optional<Micros> read_at;
};
struct Page {
  std::vector<Item> items;  // newest first
  std::string next;         // cursor; empty at the end
  std::int64_t unread = 0;  // of all
};

// All block and are thread-safe.
class Inbox {
 public:
  virtual ~Inbox() = default;

  // A part of the caller's transaction. `users`: ids; each is told once, and never of what they
  // did themselves, nor again of a share that they did not read yet. After the transaction told()
  // makes it known to those who are looking.
  virtual void tell(db::Tx&, const std::vector<std::string>& users, const Note&) = 0;
  virtual void told(const std::vector<std::string>& users) = 0;
  // What was told of an object that is gone.
  virtual void forget(db::Tx&, std::string_view object_type, const std::string& object) = 0;

  virtual Page list(const Caller&, bool unread_only, const std::string& after,
                    std::size_t limit) = 0;
  // Empty: all. Answers how many are still unread.
  virtual std::int64_t mark_read(const Caller&, const std::vector<std::string>& ids) = 0;

  // A thread that tells those who are looking and, where `letters`, posts letters.
  virtual void start(bool letters) = 0;
  virtual void stop() = 0;  // the destructor does it too
  // Drops what is older than 90 days.
  virtual void clean_up() = 0;
  // What others see of a person: not their address.
  virtual std::string display_name(const std::string& user) = 0;
};

struct Options {
  std::function<std::string()> public_url;  // for the links in letters
  Micros letter_delay = 300'000'000;        // what is read by then needs none
  // To those who are looking; may be empty. Topics are "user:<id>".
  std::function<void(const std::string& topic, const boost::json::value&)> publish;
  // Whether a person may still see what a note is about; before a letter goes. May be empty.
  std::function<bool(const std::string& user, std::string_view object_type,
                     const std::string& object)>
      may_see;
};

// People who do not want letters have {"notifications": {"email": false}} in their preferences.
std::unique_ptr<Inbox> open(db::Database&, identity::Identity&, workspaces::Service&, mail::Mail&,
                            const Options&);

}  // namespace ob::notify
