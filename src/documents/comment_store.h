#pragma once
// All SQL of comments.
#include <span>

#include "documents/comments.h"

namespace ob::documents::comment_store {

std::span<const db::Migration> migrations();

void insert(db::Tx&, const Comment&);
std::optional<Comment> find(db::Tx&, const std::string& document, const std::string& id);
void set_text(db::Tx&, const Comment&);
void set_resolved(db::Tx&, const Comment&);
void remove_one(db::Tx&, const std::string& id);
void remove_thread(db::Tx&, const std::string& thread);
void remove_of(db::Tx&, const std::string& document);

std::int64_t count(db::Tx&, const std::string& document);
std::int64_t count_thread(db::Tx&, const std::string& thread);
// First comments after the cursor, a comment's id; oldest first.
std::vector<Comment> first_ones(db::Tx&, const std::string& document, bool open_only,
                                const std::string& after, std::size_t limit);
std::vector<Comment> replies(db::Tx&, const std::string& thread);
// Who wrote in it, by id; no guests.
std::vector<std::string> authors(db::Tx&, const std::string& thread);

}  // namespace ob::documents::comment_store
