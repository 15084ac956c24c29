#pragma once
// All SQL of the inbox.
#include <span>

#include "notify/notify.h"

namespace ob::notify::store {

std::span<const db::Migration> migrations();

void insert(db::Tx&, const std::string& user, const Item&);
// Of one object, at most `limit` are counted.
std::int64_t unread_of(db::Tx&, const std::string& user, const Note&, std::int64_t limit);
bool has_unread_share(db::Tx&, const std::string& user, const Note& note);
std::int64_t unread(db::Tx&, const std::string& user);
std::vector<Item> list(db::Tx&, const std::string& user, bool unread_only, const std::string& after,
                       std::size_t limit);
void mark_all(db::Tx&, const std::string& user, Micros now);
void mark(db::Tx&, const std::string& user, const std::string& id, Micros now);
void forget(db::Tx&, std::string_view object_type, const std::string& object);
// At most `limit`; how many there were.
std::int64_t remove_before(db::Tx&, Micros time, std::int64_t limit);

// --- letters that are due
struct Due {
  std::string user, object_type, object;
  Micros since = 0;
};
void plan(db::Tx&, const Due&, Micros at);  // unless one is planned
std::optional<Micros> next_due(db::Tx&);
std::optional<Due> claim(db::Tx&, Micros now);
// What is unread of an object since then, oldest first, at most `limit`.
std::vector<Item> unread_since(db::Tx&, const Due&, std::size_t limit);

}  // namespace ob::notify::store
