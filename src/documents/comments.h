#pragma once
// Comments on documents: threads of a comment and its replies, open or resolved. Those who may
// comment write them, those who may read see them. Guests, whom a link lets comment, have no name.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "documents/surroundings.h"

namespace ob::documents {

struct Comment {
  std::string id, document;
  std::string thread;  // the id of its first comment
  std::string author;  // id of a user; empty: a guest
  std::string text;
  std::vector<std::string> mentions;  // ids of users
  // Of a first comment: what it is about, as it was, and the place by the editor's own means.
  std::string quote, anchor;
  Micros created_at = 0;
  std::optional<Micros> edited_at, resolved_at;
  std::string resolved_by;
};
struct Thread {
  Comment comment;
  std::vector<Comment> replies;  // oldest first
};
struct ThreadPage {
  std::vector<Thread> threads;  // oldest first
  std::string next;             // cursor; empty at the end
};
struct NewComment {
  std::string text, quote, anchor;
  std::vector<std::string> mentions;
};

// All block and are thread-safe. 404 documents.commentNotFound.
class Comments {
 public:
  virtual ~Comments() = default;

  virtual ThreadPage list(const Visitor&, const std::string& document, bool open_only,
                          const std::string& after, std::size_t limit) = 0;
  // Who is mentioned must be able to see the document: 400 documents.mentionUnseen otherwise.
  // Guests mention nobody.
  virtual Comment create(const Visitor&, const std::string& document, const NewComment&) = 0;
  virtual Comment reply(const Visitor&, const std::string& document, const std::string& comment,
                        const NewComment&) = 0;
  // One's own.
  virtual Comment edit(const Visitor&, const std::string& document, const std::string& comment,
                       const std::string& text) = 0;
  // Of a thread; everybody who may comment and is signed in, and guests who may edit.
  virtual Comment resolve(const Visitor&, const std::string& document, const std::string& comment,
                          bool resolved) = 0;
  // One's own; owners of the document any. A first comment goes with its replies.
  virtual void remove(const Visitor&, const std::string& document, const std::string& comment) = 0;
};

// `documents` forgets comments together with their document. Both outlive it.
std::unique_ptr<Comments> open_comments(const Surroundings&, notify::Inbox&);

}  // namespace ob::documents
