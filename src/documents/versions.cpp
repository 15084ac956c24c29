#include "documents/versions.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstring>

#include "base/error.h"
#include "base/ids.h"
#include "base/log.h"
#include "documents/delta.h"
#include "documents/leftovers.h"
#include "documents/version_store.h"

namespace ob::documents {
namespace {

namespace store = version_store;

constexpr Micros kMinute = 60'000'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr Micros kPause = 10 * kMinute, kSteady = 30 * kMinute, kApart = 10 * kMinute;
constexpr std::int64_t kMostKept = 200;
constexpr std::size_t kMostAutomatic = 1000;
constexpr std::size_t kMostAuthors = 100;
constexpr int kTooLarge = 413;
constexpr std::size_t kLargest = 256 << 20;  // bytes of a version, unpacked
const std::string kCurrent = "current";
const std::string kBeforeRestore = "Before an older version was restored";

Error no_such_version() {
  return not_found("documents.versionNotFound",
                   "There is no such version; automatic ones are thinned out with time.");
}

// The object of a version, packed: the delta's length and the delta; older ones have more behind
// it.
std::string object_of(const std::string& delta) {
  const auto length = static_cast<std::uint64_t>(delta.size());
  std::string head(sizeof length, '\0');
  std::memcpy(head.data(), &length, sizeof length);
  return pack(head, delta);
}

std::string delta_in(std::string_view object) {
  std::string all = unpack(object, kLargest);
  std::uint64_t length = 0;
  if (all.size() < sizeof length) throw internal("a version of a document is too short");
  std::memcpy(&length, all.data(), sizeof length);
  if (length > all.size() - sizeof length) throw internal("a version of a document is cut");
  all.erase(0, sizeof length);
  all.resize(length);
  return all;
}

class VersionService final : public Versions {
 public:
  VersionService(Surroundings around, collab::Contents& contents,
                 std::shared_ptr<objects::Store> objects)
      : around_(std::move(around)),
        db_(around_.database),
        contents_(contents),
        objects_(std::move(objects)) {
    around_.on_remove(
        [](db::Tx& tx, const std::string& document) { store::remove_of(tx, document); });
  }

  VersionPage list(const Visitor& visitor, const std::string& document, const std::string& after,
                   std::size_t limit) override {
    around_.require(visitor, document, Level::editor);
    VersionPage out{.versions = db_.reading(
                        [&](db::Tx& tx) { return store::list(tx, document, after, limit + 1); })};
    if (out.versions.size() > limit) {
      out.versions.pop_back();
      out.next = out.versions.back().id;
    }
    return out;
  }

  Version create(const Visitor& visitor, const std::string& document,
                 const std::string& name) override {
    require_write(visitor, document);
    Version version = kept(document, {.name = name}, visitor.caller.user_id);
    tell_document(around_, document, "versions", version.id);
    return version;
  }

  Version rename(const Visitor& visitor, const std::string& document, const std::string& id,
                 const std::string& name) override {
    require_write(visitor, document);
    Version version = find(document, id);
    version.name = name;
    db_.write([&](db::Tx& tx) {
      check_room(tx, document);
      store::set_name(tx, version);
    });
    tell_document(around_, document, "versions", id);
    return version;
  }

  Shown get(const Visitor& visitor, const std::string& document, const std::string& id,
            const std::string& compare) override {
    around_.require(visitor, document, Level::editor);
    Shown out{.version = find(document, id)};
    if (around_.note_read) around_.note_read(visitor, document, "version");
    out.delta = content(out.version);
    if (compare.empty()) return out;
    const Delta mine = Delta::from_json(out.delta);
    if (compare == kCurrent) {
      out.diff = difference(mine, Delta::from_json(contents_.delta(document)));
      return out;
    }
    const Version other = find(document, compare);
    const Delta theirs = Delta::from_json(content(other));
    const bool later =
        std::pair(other.created_at, other.id) > std::pair(out.version.created_at, out.version.id);
    out.diff = later ? difference(mine, theirs) : difference(theirs, mine);
    return out;
  }

  Document restore(const Visitor& visitor, const std::string& document,
                   const std::string& id) override {
    require_write(visitor, document);
    const std::string old = content(find(document, id));
    const std::string& user = visitor.caller.user_id;
    // Automatic, as it is not counted among those that people keep; with a name it is not thinned.
    std::string before;
    try {
      before = kept(document, {.name = kBeforeRestore, .automatic = true}, user).id;
    } catch (const Error& e) {
      if (e.status() != kTooLarge) throw;  // what grew too large is what should go
    }
    contents_.set_delta(document, old, user);
    if (!before.empty()) tell_document(around_, document, "versions", before);
    return around_.require(visitor, document, Level::editor);
  }

  void remove(const Visitor& visitor, const std::string& document, const std::string& id) override {
    if (require_write(visitor, document).access < Level::owner) {
      throw forbidden("documents.ownersOnly",
                      "Only owners of the document can delete a version of it.");
    }
    const Version version = find(document, id);
    db_.write([&](db::Tx& tx) { store::remove(tx, version); });
    tell_document(around_, document, "versions", id);
  }

  void changed(const collab::Change& change) override {
    if (change.updates == 0 && !change.last_left) return;
    if (known(change)) return;
    db_.write([&](db::Tx& tx) {
      auto pending = store::pending(tx, change.document);
      if (!pending) {
        if (change.updates == 0) return;  // nobody changed anything
        pending = store::Pending{.document = change.document, .first_at = change.at};
      }
      if (change.updates > 0) pending->last_at = std::max(pending->last_at, change.at);
      for (const auto& user : change.users) add(pending->authors, user);
      const auto newest = store::newest(tx, change.document);
      pending->due_at = std::min(pending->last_at + kPause, pending->first_at + kSteady);
      if (change.last_left) pending->due_at = std::min(pending->due_at, change.at);
      if (newest) pending->due_at = std::max(pending->due_at, newest->created_at + kApart);
      store::put_pending(tx, *pending);
    });
  }

  bool keep_one(Micros now) override {
    const auto due = db_.reading([&](db::Tx& tx) { return store::next_due(tx, now); });
    if (!due) return false;
    // Another instance waits for as long as this one may take.
    const bool mine = db_.writing([&](db::Tx& tx) {
      auto again = store::pending(tx, due->document);
      if (!again || again->due_at != due->due_at) return false;
      again->due_at = now + kPause;
      store::put_pending(tx, *again);
      return true;
    });
    if (!mine) return true;
    try {
      keep_automatic(*due, now);
    } catch (const Error& e) {
      // Of what is too large none is kept; with other troubles it is due again later.
      if (e.status() == kTooLarge)
        db_.write([&](db::Tx& tx) { store::take_pending(tx, due->document); });
      log::error("a version of a document could not be kept",
                 {{"document", std::string_view(due->document)},
                  {"error", std::string_view(e.what())},
                  {"cause", std::string_view(e.cause())}});
    }
    return true;
  }

 private:
  Document require_write(const Visitor& visitor, const std::string& document) {
    Document out = around_.require(visitor, document, Level::editor);
    if (visitor.caller.read_only)
      throw forbidden("identity.forbidden", "This sign-in may only read.");
    return out;
  }

  Version find(const std::string& document, const std::string& id) {
    auto found = db_.reading([&](db::Tx& tx) { return store::find(tx, document, id); });
    if (!found) throw no_such_version();
    return std::move(*found);
  }

  std::string content(const Version& version) {
    return delta_in(objects_->get(store::key_of(version), static_cast<std::int64_t>(kLargest)));
  }

  static void insert(db::Tx& tx, const Version& version) {
    if (!leftovers::taken(tx, store::key_of(version)))
      throw internal("writing a version took so long that it was swept");
    store::insert(tx, version);
  }

  static std::string difference(const Delta& from, const Delta& to) {
    return boost::json::serialize(marked(from, from.diff(to)).to_array());
  }

  // Nothing to write: versions are due minutes after the last change, and its authors are there.
  bool known(const collab::Change& change) {
    if (change.last_left) return false;
    const auto pending =
        db_.reading([&](db::Tx& tx) { return store::pending(tx, change.document); });
    return pending && change.at < pending->last_at + kMinute &&
           std::ranges::all_of(
               change.users,
               [&](const std::string& user) { return settled(pending->authors, user); });
  }

  // The user is among the authors, or there is no room for more.
  static bool settled(const std::vector<std::string>& authors, const std::string& user) {
    return authors.size() >= kMostAuthors || std::ranges::find(authors, user) != authors.end();
  }
  static void add(std::vector<std::string>& authors, const std::string& user) {
    if (!settled(authors, user)) authors.push_back(user);
  }

  static void check_room(db::Tx& tx, const std::string& document) {
    if (store::count_kept(tx, document) < kMostKept) return;
    throw conflict("documents.tooManyVersions",
                   "The document has " + std::to_string(kMostKept) +
                       " versions with a name, which is the most. Delete some first.");
  }

  // What the document is now, in the object store; the row is the caller's to write.
  Version put(const std::string& document, Version version) {
    version.words = count_words(contents_.text(document));
    const std::string delta = contents_.delta(document);
    if (delta.size() > kLargest - sizeof(std::uint64_t))
      throw too_large("documents.tooLarge", "Versions are kept of documents of up to 256 MB.");
    version.id = new_uuid();
    version.document = document;
    version.created_at = now_micros();
    version.bytes = static_cast<std::int64_t>(delta.size());
    version.digest = sha256_hex(delta);
    // Known before it is there: what a crash leaves is swept.
    const std::string key = store::key_of(version);
    db_.write([&](db::Tx& tx) { leftovers::leave(tx, key, version.created_at + kHour); });
    objects_->put(key, object_of(delta));
    return version;
  }

  // A version now, with those who changed the document since the last one.
  Version kept(const std::string& document, Version version, const std::string& user) {
    if (!version.automatic) db_.read([&](db::Tx& tx) { check_room(tx, document); });
    version = put(document, std::move(version));
    db_.write([&](db::Tx& tx) {
      if (!version.automatic) check_room(tx, document);
      const auto pending = store::pending(tx, document);
      version.authors = pending ? pending->authors : std::vector<std::string>();
      if (version.authors.empty()) version.authors = {user};
      store::take_pending(tx, document);
      insert(tx, version);
    });
    return version;
  }

  void keep_automatic(const store::Pending& due, Micros now) {
    const auto before = db_.reading([&](db::Tx& tx) { return store::newest(tx, due.document); });
    Version version = put(due.document, {.automatic = true});
    const bool same = before && before->digest == version.digest;
    db_.write([&](db::Tx& tx) {
      // Gone meanwhile, or what somebody changed since then comes with the next.
      const auto pending = store::pending(tx, due.document);
      if (!pending) return;
      store::take_pending(tx, due.document);
      if (pending->last_at > due.last_at) {
        store::Pending rest{due.document, pending->last_at, pending->last_at,
                            std::max(pending->last_at + kPause, now + kApart), pending->authors};
        store::put_pending(tx, rest);
      }
      if (same) return;  // left behind, to be swept
      version.authors = due.authors;
      insert(tx, version);
      const auto all = store::automatic(tx, due.document);
      for (const std::string& id : superfluous(all, now)) {
        if (const auto old = store::find(tx, due.document, id)) store::remove(tx, *old);
      }
    });
    if (!same) tell_document(around_, due.document, "versions", version.id);
  }

  const Surroundings around_;
  db::Database& db_;
  collab::Contents& contents_;
  const std::shared_ptr<objects::Store> objects_;
};

}  // namespace

std::vector<std::string> superfluous(const std::vector<Version>& automatic, Micros now) {
  std::vector<std::string> out;
  Micros last_hour = -1, last_day = -1;
  std::size_t kept = 0;
  for (const Version& version : automatic) {
    const Micros age = now - version.created_at;
    bool goes = kept >= kMostAutomatic;
    if (age > 30 * kDay) {
      goes = goes || version.created_at / kDay == last_day;
    } else if (age > kDay) {
      goes = goes || version.created_at / kHour == last_hour;
    }
    if (goes) {
      out.push_back(version.id);
      continue;
    }
    ++kept;
    last_hour = version.created_at / kHour, last_day = version.created_at / kDay;
  }
  return out;
}

std::unique_ptr<Versions> open_versions(const Surroundings& around, collab::Contents& contents,
                                        std::shared_ptr<objects::Store> objects) {
  leftovers::migrate(around.database);
  around.database.migrate("document_versions", version_store::migrations());
  return std::make_unique<VersionService>(around, contents, std::move(objects));
}

}  // namespace ob::documents
