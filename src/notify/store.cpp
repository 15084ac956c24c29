#include "notify/store.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/error.h"

namespace ob::notify {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 5> kKinds{{{Kind::mention, "mention"},
                                                                   {Kind::comment, "comment"},
                                                                   {Kind::reply, "reply"},
                                                                   {Kind::share, "share"},
                                                                   {Kind::resolved, "resolved"}}};

}  // namespace

std::string_view to_text(Kind kind) {
  return std::ranges::find(kKinds, kind, &decltype(kKinds)::value_type::first)->second;
}

namespace store {
namespace {

constexpr const char* kFirst = R"sql(
CREATE TABLE inbox_items (
  id TEXT PRIMARY KEY,
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  object_type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  title TEXT NOT NULL,
  reference TEXT NOT NULL,
  text TEXT NOT NULL,
  from_id TEXT NOT NULL,
  path TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  read_at BIGINT
);
CREATE INDEX inbox_items_user ON inbox_items (user_id, created_at, id);
CREATE INDEX inbox_items_unread ON inbox_items (user_id, read_at, object_id);
CREATE INDEX inbox_items_object ON inbox_items (object_type, object_id);
CREATE INDEX inbox_items_created ON inbox_items (created_at);
CREATE TABLE inbox_letters (
  user_id TEXT NOT NULL,
  object_type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  since BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, object_type, object_id)
);
CREATE INDEX inbox_letters_due ON inbox_letters (due_at)
)sql";

constexpr std::array<db::Migration, 1> kMigrations{{{1, kFirst}}};

constexpr const char* kItem =
    "SELECT id, kind, object_type, object_id, title, reference, text, from_id, path, created_at, "
    "read_at FROM inbox_items";

std::vector<Item> items_of(const std::vector<db::Row>& rows) {
  std::vector<Item> out;
  for (const auto& row : rows) {
    const auto kind = std::ranges::find(kKinds, row.text(1), &decltype(kKinds)::value_type::second);
    if (kind == kKinds.end()) throw internal("a note of the unknown kind " + row.text(1));
    out.push_back({row.text(0),
                   {kind->first, row.text(2), row.text(3), row.text(4), row.text(5), row.text(6),
                    row.text(7), row.text(8)},
                   row.integer(9),
                   row.optional_integer(10)});
  }
  return out;
}

}  // namespace

std::span<const db::Migration> migrations() {
  return kMigrations;
}

void insert(db::Tx& tx, const std::string& user, const Item& item) {
  const Note& n = item.note;
  tx.execute(
      "INSERT INTO inbox_items (id, user_id, kind, object_type, object_id, title, reference, text, "
      "from_id, path, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
      {item.id, user, std::string(to_text(n.kind)), n.object_type, n.object, n.title, n.reference,
       n.text, n.from, n.path, item.created_at});
}

std::int64_t unread_of(db::Tx& tx, const std::string& user, const Note& note, std::int64_t limit) {
  return tx
      .query(
          "SELECT count(*) FROM (SELECT 1 FROM inbox_items WHERE user_id = $1 AND read_at IS NULL "
          "AND object_id = $2 AND object_type = $3 LIMIT $4) AS found",
          {user, note.object, note.object_type, limit})
      .at(0)
      .integer(0);
}

bool has_unread_share(db::Tx& tx, const std::string& user, const Note& note) {
  return tx
      .query_one(
          "SELECT 1 FROM inbox_items WHERE user_id = $1 AND read_at IS NULL AND object_id = $2 AND "
          "object_type = $3 AND kind = $4 LIMIT 1",
          {user, note.object, note.object_type, std::string(to_text(Kind::share))})
      .has_value();
}

std::int64_t unread(db::Tx& tx, const std::string& user) {
  return tx.query("SELECT count(*) FROM inbox_items WHERE user_id = $1 AND read_at IS NULL", {user})
      .at(0)
      .integer(0);
}

std::vector<Item> list(db::Tx& tx, const std::string& user, bool unread_only,
                       const std::string& after, std::size_t limit) {
  // A cursor of what is gone meanwhile is the end of the list.
  const auto last = after.empty()
                        ? std::nullopt
                        : tx.query_one(
                              "SELECT created_at FROM inbox_items WHERE id = $1 AND user_id = "
                              "$2",
                              {after, user});
  if (!after.empty() && !last) return {};
  const Micros before = last ? last->integer(0) : std::numeric_limits<Micros>::max();
  return items_of(tx.query(
      std::string(kItem) +
          " WHERE user_id = $1 AND (created_at < $2 OR (created_at = $2 AND id < $3)) AND ($4 = 0 "
          "OR read_at IS NULL) ORDER BY created_at DESC, id DESC LIMIT $5",
      {user, before, after, std::int64_t{unread_only ? 1 : 0}, static_cast<std::int64_t>(limit)}));
}

void mark_all(db::Tx& tx, const std::string& user, Micros now) {
  tx.execute("UPDATE inbox_items SET read_at = $2 WHERE user_id = $1 AND read_at IS NULL",
             {user, now});
}

void mark(db::Tx& tx, const std::string& user, const std::string& id, Micros now) {
  tx.execute(
      "UPDATE inbox_items SET read_at = $3 WHERE id = $1 AND user_id = $2 AND read_at IS NULL",
      {id, user, now});
}

void forget(db::Tx& tx, std::string_view object_type, const std::string& object) {
  const std::string type(object_type);
  tx.execute("DELETE FROM inbox_items WHERE object_type = $1 AND object_id = $2", {type, object});
  tx.execute("DELETE FROM inbox_letters WHERE object_type = $1 AND object_id = $2", {type, object});
}

std::int64_t remove_before(db::Tx& tx, Micros time, std::int64_t limit) {
  return tx.execute(
      "DELETE FROM inbox_items WHERE id IN (SELECT id FROM inbox_items WHERE created_at < $1 LIMIT "
      "$2)",
      {time, limit});
}

void plan(db::Tx& tx, const Due& due, Micros at) {
  tx.execute(
      "INSERT INTO inbox_letters (user_id, object_type, object_id, since, due_at) VALUES ($1, $2, "
      "$3, $4, $5) ON CONFLICT (user_id, object_type, object_id) DO NOTHING",
      {due.user, due.object_type, due.object, due.since, at});
}

std::optional<Micros> next_due(db::Tx& tx) {
  const auto row = tx.query_one("SELECT due_at FROM inbox_letters ORDER BY due_at LIMIT 1");
  return row ? std::optional(row->integer(0)) : std::nullopt;
}

std::optional<Due> claim(db::Tx& tx, Micros now) {
  const auto row = tx.query_one(
      "SELECT user_id, object_type, object_id, since FROM inbox_letters WHERE due_at <= $1 ORDER "
      "BY due_at LIMIT 1",
      {now});
  if (!row) return std::nullopt;
  Due out{row->text(0), row->text(1), row->text(2), row->integer(3)};
  tx.execute("DELETE FROM inbox_letters WHERE user_id = $1 AND object_type = $2 AND object_id = $3",
             {out.user, out.object_type, out.object});
  return out;
}

std::vector<Item> unread_since(db::Tx& tx, const Due& due, std::size_t limit) {
  return items_of(tx.query(
      std::string(kItem) + " WHERE user_id = $1 AND read_at IS NULL AND object_id = $2 AND "
                           "object_type = $3 AND created_at >= $4 ORDER BY created_at, id LIMIT $5",
      {due.user, due.object, due.object_type, due.since, static_cast<std::int64_t>(limit)}));
}

}  // namespace store
}  // namespace ob::notify
