// Making, changing, throwing away and copying documents.
#include "documents/service.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"
#include "base/log.h"
#include "documents/audited.h"
#include "documents/doors.h"
#include "documents/levels.h"
#include "documents/templates.h"
#include "documents/text.h"

namespace ob::documents {
namespace {

using workspaces::Item;
using workspaces::ObjectType;

constexpr ObjectType kType = ObjectType::document;
constexpr Micros kTrashLife = 30LL * 86'400 * 1'000'000;
constexpr Micros kOpened = 60'000'000;  // that somebody opened it is written at most this often
constexpr std::size_t kAtOnce = 100, kMostTitle = 200, kUuid = 36;
constexpr Micros kNameLife = 60'000'000;
constexpr std::size_t kMostNames = 10'000;
constexpr std::size_t kMostDelta = 16U << 20;

// As people type it, without the blanks around it.
std::string trimmed(std::string_view title) {
  return std::string(ascii::trimmed(title, " \t\r\n"));
}

std::string cut_title(std::string title) {
  if (title.size() <= kMostTitle) return title;
  std::size_t at = kMostTitle;
  while (at > 0 && (static_cast<unsigned char>(title[at]) & 0xC0) == 0x80) --at;
  return trimmed(title.substr(0, at));
}

void require_person(const Caller& caller) {
  if (caller.user_id.empty()) throw unauthenticated("documents.signIn", "Sign in to do this.");
}

void check_id(const std::string& id) {
  const auto fits = [&](std::size_t i) {
    const char c = id[i];
    const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    return hyphen ? c == '-' : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  };
  bool good = id.size() == kUuid;
  for (std::size_t i = 0; good && i < kUuid; ++i) good = fits(i);
  if (!good)
    throw bad_request("documents.badId",
                      "The id of a document is a UUID in lower case, with hyphens.");
}

const BuiltIn* built_in(const std::string& id) {
  const auto all = built_in_templates();
  const auto found = std::ranges::find(all, id, &BuiltIn::id);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

DocumentService::DocumentService(db::Database& database, identity::Identity& identity,
                                 workspaces::Service& workspaces, Access& access,
                                 collab::Contents& contents, const Options& options)
    : db_(database),
      identity_(identity),
      workspaces_(workspaces),
      access_(access),
      contents_(contents),
      options_(options),
      doors_(std::make_unique<Doors>(database, options.bcrypt_cost)) {
  workspaces_.keep(kType, {.remove =
                               [this](db::Tx& tx, const std::string& id) {
                                 for (const auto& fn : on_remove_) fn(tx, id);
                                 store::remove(tx, id, now_micros());
                               },
                           .changed =
                               [](db::Tx& tx, const Item& item) {
                                 const std::string key = folded(item.name);
                                 if (key != store::title_key(tx, item.id))
                                   store::set_title(tx, item.id, key, item.updated_at, "");
                               },
                           .trash = true});
}

DocumentService::~DocumentService() = default;

void DocumentService::on_remove(std::function<void(db::Tx&, const std::string&)> fn) {
  on_remove_.push_back(std::move(fn));
}

void DocumentService::on_copy(Adopt adopt) {
  adopt_ = std::move(adopt);
}

void DocumentService::on_event(Listener listener) {
  listeners_.push_back(std::move(listener));
}

void DocumentService::tell(const std::string& document, const char* what) {
  access_.changed();
  for (const auto& listener : listeners_) listener(document, what);
}

std::string DocumentService::display_name(const std::string& user) {
  // Not the email, which guests would see.
  const Micros now = now_micros();
  {
    const std::shared_lock lock(names_mutex_);
    const auto found = names_.find(user);
    if (found != names_.end() && now - found->second.second < kNameLife) return found->second.first;
  }
  const auto principal = identity_.permissions().find_by_id(user);
  std::string name = principal && !principal->name.empty() ? principal->name : user;
  const std::unique_lock lock(names_mutex_);
  if (names_.size() >= kMostNames) names_.clear();
  names_[user] = {name, now};
  return name;
}

Document DocumentService::require(const Visitor& visitor, const std::string& id, Level wanted) {
  return access_.require(visitor, id, wanted).document;
}

std::string DocumentService::title_of(const Visitor& visitor, const std::string& id) {
  try {
    const auto seen = access_.see(visitor, id);
    return seen.document.access == Level::none ? "" : seen.document.title;
  } catch (const Error&) {
    return "";  // the act itself says why
  }
}

std::string DocumentService::title_of(const std::string& id) {
  const auto row = db_.reading([&](db::Tx& tx) { return store::find(tx, id, ""); });
  return row ? row->item.name : "";
}

Document DocumentService::make(const Visitor& visitor, const NewDocument& fresh,
                               const std::string& title, std::string delta,
                               const std::string& source) {
  const Caller& caller = visitor.caller;
  if (!fresh.id.empty()) check_id(fresh.id);
  const Item item = workspaces_.add(
      caller, kType, title, fresh.place,
      [](db::Tx& tx, const Item& made) {
        if (store::was_removed(tx, made.id))
          throw conflict("documents.idInUse", "A document had this id once: take another.");
        store::insert(tx, made);
      },
      fresh.id);
  if (!delta.empty()) {
    try {
      if (!source.empty() && adopt_) delta = adopt_(visitor, source, item.id, delta);
      contents_.set_delta(item.id, delta, caller.user_id);
    } catch (...) {
      workspaces_.trash(identity::Identity::system(), kType, item.id);
      workspaces_.remove_trashed(identity::Identity::system(), kType, item.id);
      throw;
    }
    const std::string text = text_of_delta(delta);
    contents_changed(item.id, text, count_words(text), {});
  }
  return access_.see({caller, ""}, item.id).document;
}

Document DocumentService::create(const Caller& caller, const NewDocument& fresh) {
  require_person(caller);
  std::string title = trimmed(fresh.title), delta, from;
  if (const BuiltIn* one = built_in(fresh.template_id)) {
    if (title.empty() && one != &built_in_templates().front()) title = one->title;
    if (one != &built_in_templates().front()) delta = one->delta;
  } else if (!fresh.template_id.empty()) {
    const Document source = require({caller, ""}, fresh.template_id, Level::viewer);
    if (title.empty()) title = source.title;
    delta = contents_.delta(source.id);
    from = source.id;
  }
  return make({caller, ""}, fresh, title.empty() ? "Untitled" : title, std::move(delta), from);
}

Document DocumentService::duplicate(const Visitor& visitor, const std::string& id,
                                    const NewDocument& fresh) {
  const Document source = require(visitor, id, Level::viewer);
  require_person(visitor.caller);
  const std::string title = trimmed(fresh.title);
  return make(visitor, fresh, title.empty() ? cut_title("Copy of " + source.title) : title,
              contents_.delta(id), id);
}

Document DocumentService::get(const Visitor& visitor, const std::string& id) {
  const auto seen = access_.require(visitor, id, Level::viewer, true);
  const Caller& caller = visitor.caller;
  if (!caller.user_id.empty() && caller.viewer_id.empty()) {
    const Micros now = now_micros();
    db_.write([&](db::Tx& tx) {
      const auto row = store::find(tx, id, caller.user_id);
      if (row && now - row->opened_at.value_or(0) >= kOpened)
        store::set_opened(tx, caller.user_id, id, now);
    });
  }
  return seen.document;
}

Document DocumentService::change(const Visitor& visitor, const std::string& id,
                                 const Change& change) {
  const Caller& caller = visitor.caller;
  Level wanted = Level::viewer;
  if (change.title) wanted = Level::editor;
  if (change.link_access) wanted = Level::owner;
  const auto seen = access_.require(visitor, id, wanted);
  if (change.starred) require_person(caller);
  if (change.link_access == Level::owner)
    throw bad_request("documents.badLevel", "By the address alone nobody becomes an owner.");
  if (change.title) {
    const std::string title = trimmed(*change.title);
    // A guest may edit by a link, and has no rights of their own on the item.
    const Caller& who = seen.by_role >= Level::editor ? caller : identity::Identity::system();
    workspaces_.change_item(who, kType, id, title, [&](db::Tx& tx) {
      store::set_title(tx, id, folded(title), now_micros(), caller.user_id);
    });
  }
  if (change.link_access || change.starred) {
    const Micros now = now_micros();
    db_.write([&](db::Tx& tx) {
      if (change.starred)
        store::set_star(tx, caller.user_id, id,
                        *change.starred ? std::optional(now) : std::nullopt);
      if (!change.link_access) return;
      store::set_link_access(tx, id, *change.link_access);
      store::raise(tx);
    });
  }
  if (change.title) tell(id, "document");
  if (change.link_access) tell(id, "access");
  return access_.see(visitor, id).document;
}

void DocumentService::trash(const Caller& caller, const std::string& id) {
  require_person(caller);
  workspaces_.trash(caller, kType, id);
  tell(id, "document");
}

Document DocumentService::restore(const Caller& caller, const std::string& id) {
  require_person(caller);
  workspaces_.restore(caller, kType, id);
  tell(id, "document");
  return access_.see({caller, ""}, id).document;
}

void DocumentService::remove(const Caller& caller, const std::string& id) {
  require_person(caller);
  try {
    workspaces_.remove_trashed(caller, kType, id);
  } catch (const Error& error) {
    if (error.id() != "workspaces.notTrashed") throw;
    throw conflict("documents.notTrashed", "Put the document into the trash first.");
  }
  tell(id, "document");
  sweep([] { return false; });
}

// The content goes after the row: a crash between the two leaves a note.
void DocumentService::sweep(const std::function<bool()>& stopped) {
  for (;;) {
    const auto gone = db_.reading([](db::Tx& tx) { return store::removals(tx, kAtOnce); });
    for (const auto& id : gone) {
      if (stopped()) return;
      contents_.remove(id);
      db_.write([&](db::Tx& tx) { store::forget_removal(tx, id); });
    }
    if (gone.size() < kAtOnce) return;
  }
}

void DocumentService::purge(const std::function<bool()>& stopped) {
  const Micros before = now_micros() - kTrashLife;
  for (bool more = true; more && !stopped();) {
    const auto old = workspaces_.trashed_before(kType, before, kAtOnce);
    for (const Item& item : old) {
      if (stopped()) return;
      workspaces_.remove_trashed(identity::Identity::system(), kType, item.id);
    }
    more = old.size() == kAtOnce;
  }
  sweep(stopped);
}

std::string DocumentService::content(const Visitor& visitor, const std::string& id) {
  require(visitor, id, Level::viewer);
  note_read(visitor, id, "");
  return contents_.delta(id);
}

void DocumentService::note_read(const Visitor& visitor, const std::string& document,
                                std::string_view /*how*/) {
  if (on_read_) on_read_(visitor.caller.user_id, document);
}

void DocumentService::on_read(std::function<void(const std::string&, const std::string&)> fn) {
  on_read_ = std::move(fn);
}

void DocumentService::set_content(const Visitor& visitor, const std::string& id,
                                  const std::string& delta) {
  require(visitor, id, Level::editor);
  if (delta.size() > kMostDelta)
    throw too_large("documents.tooLarge", "A document has at most 16 MB.");
  contents_.set_delta(id, delta, visitor.caller.user_id);
}

void DocumentService::contents_changed(const std::string& document, const std::string& text,
                                       std::int64_t words, const std::vector<std::string>& users) {
  const std::string kept = searchable(text);
  db_.write([&](db::Tx& tx) {
    if (store::set_text(tx, document, kept, words) && !users.empty())
      store::set_updated(tx, document, now_micros(), users.back());
  });
}

void DocumentService::set_template(const Caller& caller, const std::string& id, bool is_template) {
  require_person(caller);
  access_.require({caller, ""}, id, Level::editor);
  db_.write([&](db::Tx& tx) { store::set_template(tx, id, is_template); });
}

std::unique_ptr<Service> open(db::Database& database, identity::Identity& identity,
                              workspaces::Service& workspaces, Access& access,
                              collab::Contents& contents, const Options& options) {
  return std::make_unique<AuditedDocuments>(database, identity, workspaces, access, contents,
                                            options);
}

}  // namespace ob::documents
