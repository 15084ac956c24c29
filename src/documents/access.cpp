#include "documents/access.h"

#include <array>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "documents/levels.h"
#include "documents/migrations.h"
#include "documents/store.h"

namespace ob::documents {
namespace {

using identity::Privilege;
using identity::Securable;

constexpr auto kPoll = std::chrono::milliseconds(125);
constexpr int kIdlePolls = 16;         // without a question: then the database is left alone
constexpr Micros kRound = 60'000'000;  // what only time changes (keys, tokens) is looked at anew
constexpr Micros kFresh = 1'000'000;   // since the last poll: then what is known may be used
constexpr Micros kPassLife = 30LL * 86'400 * 1'000'000;
constexpr Micros kTouch = 60'000'000;  // the last use of a link is written at most this often
constexpr std::size_t kMostKnown = 10'000;
constexpr std::string_view kPassContext = "documents.pass", kPassPrefix = "p.";
constexpr std::size_t kToken = 43;  // characters of 256 bits

constexpr std::array<std::pair<Level, std::string_view>, 5> kLevels{
    {{Level::none, "none"},
     {Level::viewer, "viewer"},
     {Level::commenter, "commenter"},
     {Level::editor, "editor"},
     {Level::owner, "owner"}}};
constexpr std::array<std::pair<Level, std::string_view>, 4> kLinkLevels{
    {{Level::none, "off"},
     {Level::viewer, "view"},
     {Level::commenter, "comment"},
     {Level::editor, "edit"}}};

Error no_such_document() {
  return not_found("documents.documentNotFound", "There is no document that you may see there.");
}
Error sign_in_first() {
  return unauthenticated("documents.signIn", "Sign in to see this, or open a link to it.");
}
Error bad_share() {
  return forbidden("documents.badLink",
                   "The link does not work, or not any more. Ask whoever gave it to you for a new "
                   "one.");
}

// Of a password's hash: another password, another stamp.
std::string stamp_of(const std::string& password_hash) {
  constexpr std::size_t kStamp = 16;
  return sha256_hex(password_hash).substr(0, kStamp);
}

Document document_of(const store::Row& row) {
  Document out;
  out.id = row.item.id, out.title = row.item.name, out.owner = row.item.owner;
  out.place = row.item.place;
  out.link_access = row.link_access;
  out.created_at = row.item.created_at, out.updated_at = row.updated_at;
  out.updated_by = row.updated_by, out.words = row.words;
  out.trashed_at = row.item.trashed_at;
  out.starred = row.starred_at.has_value(), out.is_template = row.is_template;
  return out;
}

}  // namespace

std::string_view to_text(Level level) {
  return kLevels.at(static_cast<std::size_t>(level)).second;
}

std::string_view link_text(Level level) {
  for (const auto& [one, text] : kLinkLevels)
    if (one == level) return text;
  throw internal("a link cannot make owners");
}

Level level_of_link(std::string_view text) {
  for (const auto& [level, one] : kLinkLevels)
    if (one == text) return level;
  throw internal("an unknown level of a link");
}

class Access::Impl {
 public:
  Impl(db::Database& database, identity::Identity& identity, workspaces::Service& workspaces,
       std::shared_ptr<Generation> generation)
      : db_(database),
        identity_(identity),
        workspaces_(workspaces),
        generation_(std::move(generation)) {
    database.migrate("documents", migrations());
    polled_at_ = now_micros();
    thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  }

  std::uint64_t generation() { return generation_->ask(); }
  void changed() { generation_->raise(); }

  Seen see(const Visitor& visitor, const std::string& id, bool lasting);
  Seen require(const Visitor& visitor, const std::string& id, Level wanted, bool lasting,
               bool from_trash);
  Level by_role(const Caller& caller, std::span<const Securable> path);
  // No more than reading where nothing may be changed, whoever asks.
  Level capped(const Caller& caller, std::span<const Securable> path, Level level);
  std::string pass_of(const Link& link, const std::string& password_hash);
  identity::Identity& identity() { return identity_; }

 private:
  struct Known {
    std::uint64_t generation = 0;
    std::shared_ptr<const Seen> seen;
  };
  // Without what depends on who asks; null when there is none.
  std::shared_ptr<const Seen> find(const std::string& id, bool lasting);
  std::shared_ptr<const Seen> load(const std::string& id, const std::string& user);
  Level by_link(const std::string& share, const std::string& document);
  std::optional<store::LinkRow> link_of_pass(const std::string& share);
  void watch(const std::stop_token& stop);
  bool poll();

  db::Database& db_;
  identity::Identity& identity_;
  workspaces::Service& workspaces_;
  const std::shared_ptr<Generation> generation_;
  std::atomic<Micros> polled_at_ = 0;
  Micros round_at_ = 0;                    // of the watching thread, as are these:
  std::array<std::int64_t, 4> numbers_{};  // that tell of changes
  std::mutex known_mutex_;
  std::unordered_map<std::string, Known> known_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

void Access::Impl::watch(const std::stop_token& stop) {
  int idle = 0;
  bool failed = false;
  while (!stop.stop_requested()) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, kPoll, [] { return false; });
    if (stop.stop_requested()) return;
    idle = generation_->was_asked() ? 0 : idle + 1;
    if (idle > kIdlePolls) continue;
    try {
      if (poll()) changed();
      failed = false;
    } catch (const std::exception& error) {
      if (!failed)
        log::error("changes of rights on documents cannot be seen",
                   {{"error", std::string_view(error.what())}});
      failed = true;
    }
  }
}

// What it asks makes other processes' changes hold here before generation() tells of them.
bool Access::Impl::poll() {
  const Micros now = now_micros();
  const std::array<std::int64_t, 4> fresh{
      identity_.generation(), identity_.permissions().generation(), workspaces_.generation(),
      db_.reading([](db::Tx& tx) { return store::generation(tx); })};
  bool out = fresh != numbers_;
  numbers_ = fresh;
  const Micros from = polled_at_;
  out = db_.reading([&](db::Tx& tx) { return store::any_link_expired(tx, from, now); }) || out;
  if (now - round_at_ >= kRound) {
    round_at_ = now;
    out = true;
  }
  polled_at_ = now;
  return out;
}

std::shared_ptr<const Access::Seen> Access::Impl::load(const std::string& id,
                                                       const std::string& user) {
  const auto row = db_.reading([&](db::Tx& tx) { return store::find(tx, id, user); });
  if (!row) return nullptr;
  auto out = std::make_shared<Seen>();
  out->document = document_of(*row);
  out->path = std::move(workspaces_.paths({row->item}).front());
  return out;
}

std::shared_ptr<const Access::Seen> Access::Impl::find(const std::string& id, bool lasting) {
  // Read before the document: what changes after that raises it again.
  const std::uint64_t generation = generation_->now();
  const bool usable = lasting && now_micros() - polled_at_ < kFresh;
  if (usable) {
    const std::lock_guard lock(known_mutex_);
    const auto found = known_.find(id);
    if (found != known_.end() && found->second.generation == generation) return found->second.seen;
  }
  auto fresh = load(id, "");
  if (usable && fresh) {
    const std::lock_guard lock(known_mutex_);
    if (known_.size() >= kMostKnown) known_.clear();
    known_[id] = {generation, fresh};
  }
  return fresh;
}

Level Access::Impl::by_role(const Caller& caller, std::span<const Securable> path) {
  auto& permissions = identity_.permissions();
  const auto may = [&](Privilege one) { return permissions.may(caller, one, path); };
  if (may(Privilege::manage)) return Level::owner;
  if (may(Privilege::write)) return Level::editor;
  if (!may(Privilege::read)) return Level::none;
  return may(Privilege::create) ? Level::commenter : Level::viewer;
}

Level Access::Impl::capped(const Caller& caller, std::span<const Securable> path, Level level) {
  if (level <= Level::viewer || caller.read_only) return std::min(level, Level::viewer);
  try {
    identity_.permissions().require_unarchived(Privilege::write, path);
  } catch (const Error&) {
    return Level::viewer;
  }
  return level;
}

std::string Access::Impl::pass_of(const Link& link, const std::string& password_hash) {
  const std::string content =
      link.id + "|" + stamp_of(password_hash) + "|" + std::to_string(now_micros());
  return std::string(kPassPrefix) + base64url_encode(identity_.seal(content, kPassContext));
}

std::optional<store::LinkRow> Access::Impl::link_of_pass(const std::string& share) {
  std::string sealed, content;
  if (!base64url_decode(share.substr(kPassPrefix.size()), sealed)) return std::nullopt;
  try {
    content = identity_.unseal(sealed, kPassContext);
  } catch (const Error&) {
    return std::nullopt;  // not ours
  }
  const auto first = content.find('|'), last = content.rfind('|');
  if (first == last) return std::nullopt;
  Micros made_at = 0;
  std::from_chars(content.data() + last + 1, content.data() + content.size(), made_at);
  if (now_micros() - made_at > kPassLife) return std::nullopt;
  auto row =
      db_.reading([&](db::Tx& tx) { return store::link_by_id(tx, content.substr(0, first)); });
  const std::string stamp = content.substr(first + 1, last - first - 1);
  if (!row || !constant_time_equal(stamp, stamp_of(row->password_hash))) return std::nullopt;
  return row;
}

Level Access::Impl::by_link(const std::string& share, const std::string& document) {
  const bool pass = share.starts_with(kPassPrefix);
  if (!pass && share.size() != kToken) throw bad_share();
  const auto row =
      pass ? link_of_pass(share)
           : db_.reading([&](db::Tx& tx) { return store::link_by_hash(tx, sha256_hex(share)); });
  const Micros now = now_micros();
  const bool good = row && row->link.document == document &&
                    (!row->link.expires_at || now < *row->link.expires_at);
  if (!good) throw bad_share();
  if (!pass && row->link.has_password)
    throw forbidden("documents.passwordNeeded",
                    "The link asks for a password: open it with that first.");
  if (now - row->link.last_used_at.value_or(0) >= kTouch)
    db_.write([&](db::Tx& tx) { store::touch_link(tx, row->link.id, now); });
  return row->link.level;
}

Access::Seen Access::Impl::see(const Visitor& visitor, const std::string& id, bool lasting) {
  const Caller& caller = visitor.caller;
  const auto found = lasting ? find(id, true) : load(id, caller.user_id);
  if (!found) {
    if (!caller.user_id.empty()) throw no_such_document();
    throw visitor.share.empty() ? sign_in_first() : bad_share();
  }
  Seen out = *found;
  if (!caller.user_id.empty()) out.by_role = by_role(caller, out.path);
  Level others = out.document.link_access;
  if (!visitor.share.empty() && std::max(out.by_role, others) < Level::editor) {
    try {
      others = std::max(others, by_link(visitor.share, id));
    } catch (const Error&) {
      if (std::max(out.by_role, others) == Level::none) throw;
    }
  }
  out.document.access = std::max(out.by_role, capped(caller, out.path, others));
  return out;
}

Access::Seen Access::Impl::require(const Visitor& visitor, const std::string& id, Level wanted,
                                   bool lasting, bool from_trash) {
  const Caller& caller = visitor.caller;
  Seen seen = see(visitor, id, lasting);
  const Level level = seen.document.access;
  if (level == Level::none) {
    if (caller.user_id.empty()) throw sign_in_first();
    if (!identity_.permissions().may(caller, Privilege::browse, seen.path))
      throw no_such_document();
    identity_.permissions().require(caller, Privilege::read, seen.path);
  }
  if (seen.document.trashed_at && !(from_trash && seen.by_role >= Level::editor))
    throw not_found("documents.trashed",
                    "The document is in the trash. Whoever may change it can bring it back.");
  if (level >= wanted) return seen;
  if (seen.by_role != Level::none)
    identity_.permissions().require_unarchived(Privilege::write, seen.path);
  static constexpr std::array<std::string_view, 5> kWords{"", "read it", "comment on it",
                                                          "change it", "manage it"};
  throw forbidden("documents.forbidden",
                  "You may see this document, but not " +
                      std::string(kWords.at(static_cast<std::size_t>(wanted))) +
                      ". Its owner can allow it.");
}

Access::Access(db::Database& database, identity::Identity& identity,
               workspaces::Service& workspaces, std::shared_ptr<Generation> generation)
    : impl_(std::make_unique<Impl>(database, identity, workspaces, std::move(generation))) {}
Access::~Access() = default;

collab::Access Access::access(const Caller& caller, const std::string& link,
                              const std::string& document) {
  Visitor visitor{impl_->identity().renewed(caller), link};
  require_scope(visitor.caller.scopes, "documents:read");
  if (!visitor.caller.scopes.allow("documents:write")) visitor.caller.read_only = true;
  switch (impl_->require(visitor, document, Level::viewer, true, false).document.access) {
    case Level::none:
      return collab::Access::none;
    case Level::viewer:
      return collab::Access::read;
    case Level::commenter:
      return collab::Access::comment;
    case Level::editor:
    case Level::owner:
      return collab::Access::write;
  }
  throw internal("unknown level of a document");
}

std::uint64_t Access::generation() {
  return impl_->generation();
}

Access::Seen Access::see(const Visitor& visitor, const std::string& document) {
  return impl_->see(visitor, document, false);
}

Access::Seen Access::require(const Visitor& visitor, const std::string& document, Level wanted,
                             bool from_trash) {
  return impl_->require(visitor, document, wanted, false, from_trash);
}

Level Access::level(const Caller& caller, std::span<const Securable> path, Level link_access) {
  return std::max(impl_->by_role(caller, path), impl_->capped(caller, path, link_access));
}

std::string Access::pass_of(const Link& link, const std::string& password_hash) {
  return link.has_password ? impl_->pass_of(link, password_hash) : link.token;
}

void Access::changed() {
  impl_->changed();
}

}  // namespace ob::documents
