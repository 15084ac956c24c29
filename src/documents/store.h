#pragma once
// All SQL of documents, their texts, stars and links. It joins the items of workspaces, which hold
// a document's name, owner, place and trash.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/db.h"
#include "documents/documents.h"

namespace ob::documents::store {

struct Row {
  workspaces::Item item;
  Level link_access = Level::none;
  bool is_template = false;
  Micros updated_at = 0;
  std::string updated_by;
  std::int64_t words = 0;
  std::optional<Micros> starred_at, opened_at;  // by the user that was asked for
  std::string title_key;
};

std::optional<Row> find(db::Tx&, const std::string& id, const std::string& user);
void insert(db::Tx&, const workspaces::Item&);
// After the item changed.
void set_title(db::Tx&, const std::string& id, const std::string& title_key, Micros now,
               const std::string& by);
std::string title_key(db::Tx&, const std::string& id);
void set_link_access(db::Tx&, const std::string& id, Level);
void set_template(db::Tx&, const std::string& id, bool);
// With texts, stars and links; the content is noted to be removed.
void remove(db::Tx&, const std::string& id, Micros now);
bool was_removed(db::Tx&, const std::string& id);  // ever
std::vector<std::string> removals(db::Tx&, std::size_t limit);
void forget_removal(db::Tx&, const std::string& id);

// --- lists
struct Wanted {
  std::string user;
  workspaces::Reach reach;
  const Query* query = nullptr;
  std::vector<std::string> words;  // folded
  bool templates = false;          // only these
};
// What a page goes on after: the value that is sorted by, and the id.
using Position = std::pair<std::string, std::string>;
Position position_of(const Query&, const Row&);
std::vector<Row> list(db::Tx&, const Wanted&, const std::optional<Position>& after,
                      std::size_t limit);

// --- what the search looks at. Whether there is such a document.
bool set_text(db::Tx&, const std::string& id, const std::string& text, std::int64_t words);
void set_updated(db::Tx&, const std::string& id, Micros now, const std::string& by);
std::optional<std::string> text(db::Tx&, const std::string& id);

// --- stars
void set_star(db::Tx&, const std::string& user, const std::string& id, std::optional<Micros> at);
void set_opened(db::Tx&, const std::string& user, const std::string& id, Micros now);

// --- links
struct LinkRow {
  Link link;  // without its token
  std::string token_hash, sealed, password_hash;
};
std::vector<LinkRow> links(db::Tx&, const std::string& document);
std::optional<LinkRow> link_by_hash(db::Tx&, const std::string& hash);
std::optional<LinkRow> link_by_id(db::Tx&, const std::string& id);
void insert_link(db::Tx&, const LinkRow&);
bool remove_link(db::Tx&, const std::string& document, const std::string& id);
void touch_link(db::Tx&, const std::string& id, Micros now);

// --- what others learn of
void raise(db::Tx&);
std::int64_t generation(db::Tx&);
bool any_link_expired(db::Tx&, Micros from, Micros to);

}  // namespace ob::documents::store
