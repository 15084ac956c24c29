#pragma once
// Documents: what they are called, where they lie, who may do what with them, their share links,
// trash and templates. The content is a live Yjs document of `collab`; the name, owner and place
// are an item of `workspaces`; grants are those of `identity`.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "base/pool.h"
#include "base/time.h"
#include "collab/collab.h"
#include "db/db.h"
#include "identity/identity.h"
#include "workspaces/workspaces.h"

namespace ob::documents {

using identity::Caller;
using workspaces::Place;

// What somebody may do with a document, each including those before. owner: may do all, and say
// who else may.
enum class Level { none, viewer, commenter, editor, owner };

// Who asks for a document: a caller, whose user_id is empty without sign-in, and what proves a
// share link (its token, or the pass that open_link gave; empty: none).
struct Visitor {
  Caller caller;
  std::string share;
};

struct Document {
  std::string id, title, owner;  // owner: id of a user, a service account or a group
  Place place;
  Level access = Level::none;       // of who asked
  Level link_access = Level::none;  // of whoever has the address, none to editor
  Micros created_at = 0, updated_at = 0;
  std::string updated_by;  // id of who changed the content or the title last; empty: unknown
  std::optional<Micros> trashed_at;
  std::int64_t words = 0;
  bool starred = false, is_template = false;
  std::string snippet;  // of a hit in the content
};

struct NewDocument {
  std::string title;        // empty: "Untitled", or that of the template
  Place place;              // none: private to its owner
  std::string template_id;  // of a built-in or of a document that the caller may read
  std::string id;           // a UUID that is not in use (409 otherwise); empty: a fresh one
};

enum class Filter { all, mine, shared, starred, recent, trash };
enum class Sort { updated, title, created };  // newest first, but for titles
struct Query {
  std::string text;  // its words stand in the title or in the content
  std::optional<std::string> workspace, folder;
  Filter filter = Filter::all;
  Sort sort = Sort::updated;
  std::string after;  // the cursor of the page before
  std::size_t limit = 50;
};
struct Page {
  std::vector<Document> documents;
  std::string next;  // cursor; empty at the end
};

struct Change {
  std::optional<std::string> title;
  std::optional<Level> link_access;
  std::optional<bool> starred;
};

struct Template {
  std::string id, title, text;
  bool built_in = false;
};

// A way in for whoever has its token.
struct Link {
  std::string id, document, token, url;
  Level level = Level::viewer;  // viewer, commenter or editor
  std::optional<Micros> expires_at, last_used_at;
  bool has_password = false;
  Micros created_at = 0;
  std::string created_by;  // id of a user
};
struct NewLink {
  Level level = Level::viewer;
  std::optional<Micros> expires_at;
  std::string password;  // empty: none
};
struct Opened {
  Document document;
  // To be sent as the share afterwards: proves the token and the password, for 30 days at most and
  // no longer than the link and its password live.
  std::string pass;
};

// All block and are thread-safe. Errors: 404 documents.documentNotFound where the visitor may not
// even see that there is one, 401 for those who did not sign in and have no link, 404
// documents.trashed while it is in the trash.
class Service {
 public:
  virtual ~Service() = default;

  // The document, when the visitor has at least this level and it is not in the trash; else throws
  // 401, 403 or 404. For every part that does something with one document: its first line.
  virtual Document require(const Visitor&, const std::string& id, Level wanted) = 0;

  virtual Document create(const Caller&, const NewDocument&) = 0;
  virtual Page list(const Caller&, const Query&) = 0;
  // Also from the trash, for those who may bring it back; it counts as opened then.
  virtual Document get(const Visitor&, const std::string& id) = 0;
  // title: editors; link_access: owners; starred: everyone who is signed in.
  virtual Document change(const Visitor&, const std::string& id, const Change&) = 0;
  // It keeps its place, and goes for ever after 30 days. Editors.
  virtual void trash(const Caller&, const std::string& id) = 0;
  virtual Document restore(const Caller&, const std::string& id) = 0;
  // Only from the trash (409 documents.notTrashed). Owners.
  virtual void remove(const Caller&, const std::string& id) = 0;
  // The content as it is now, not the comments and versions. The copy is the caller's.
  virtual Document duplicate(const Visitor&, const std::string& id, const NewDocument&) = 0;

  virtual std::vector<Template> templates(const Caller&) = 0;  // built-in ones first
  virtual void set_template(const Caller&, const std::string& id, bool is_template) = 0;

  // --- share links: owners manage them
  virtual std::vector<Link> links(const Caller&, const std::string& document) = 0;
  virtual Link create_link(const Caller&, const std::string& document, const NewLink&) = 0;
  virtual void remove_link(const Caller&, const std::string& document, const std::string& id) = 0;
  // Throws 404 documents.linkNotFound, 403 documents.passwordNeeded or documents.wrongPassword,
  // 429.
  virtual Opened open_link(const Caller&, const std::string& token,
                           const std::string& password) = 0;

  // --- content, as a JSON text {"ops":[…]}; content() is a reading
  virtual std::string content(const Visitor&, const std::string& id) = 0;
  virtual void set_content(const Visitor&, const std::string& id, const std::string& delta) = 0;

  // --- for other parts
  // Somebody reads what the document says, which they were allowed to: for the audit log and
  // on_read. `how`: "live" who is told of each change, "version", or "".
  virtual void note_read(const Visitor&, const std::string& document, std::string_view how) = 0;
  // Before the first request. Must not block.
  virtual void on_read(
      std::function<void(const std::string& user, const std::string& document)>) = 0;
  // What a document says now, for the search; `users`: who changed it since the last time, "" for
  // anonymous. Without them only the search learns of it.
  virtual void contents_changed(const std::string& document, const std::string& text,
                                std::int64_t words, const std::vector<std::string>& users) = 0;
  // Runs in the transaction in which a document goes for ever; before the first request.
  virtual void on_remove(std::function<void(db::Tx&, const std::string& document)>) = 0;
  // Makes the files that a content of `source` names the copy's own, and answers that content with
  // their new addresses; before the first request.
  using Adopt = std::function<std::string(const Visitor&, const std::string& source,
                                          const std::string& copy, const std::string& delta)>;
  virtual void on_copy(Adopt) = 0;
  // After a change: "document" (title, place, trash), "access" (links, link_access); before the
  // first request. Called on the thread of the change; must not block.
  using Listener = std::function<void(const std::string& document, const std::string& what)>;
  virtual void on_event(Listener) = 0;
  // Removes what has been in the trash for 30 days, and the contents of what was removed; a part
  // at a time until `stopped`. For the server's own work once a day.
  virtual void purge(const std::function<bool()>& stopped) = 0;
  // Their name, not their email: guests see it. The id when there is no such user any more.
  virtual std::string display_name(const std::string& user) = 0;
};

struct Options {
  std::function<std::string()> public_url;  // for the addresses of links
  audit::Audit* audit = nullptr;            // outlives it; null: nothing is recorded
  int bcrypt_cost = 12;
};

class Access;  // documents/access.h: made first, for `collab` asks it
std::unique_ptr<Service> open(db::Database&, identity::Identity&, workspaces::Service&, Access&,
                              collab::Contents&, const Options&);

std::string_view to_text(Level);  // "viewer", …
std::int64_t count_words(std::string_view text);

}  // namespace ob::documents
