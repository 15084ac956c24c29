#include "documents/comments.h"

#include <algorithm>

#include "base/error.h"
#include "base/ids.h"
#include "documents/comment_store.h"

namespace ob::documents {
namespace {

namespace store = comment_store;

constexpr std::int64_t kMostComments = 10'000;  // of a document
constexpr std::int64_t kMostInThread = 200;
constexpr std::size_t kLongestAnswer = 4 << 20;  // bytes of comments in a page

Error no_such_comment() {
  return not_found("documents.commentNotFound",
                   "There is no such comment; it may have been deleted.");
}

bool blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

class CommentService final : public Comments {
 public:
  CommentService(Surroundings around, notify::Inbox& inbox)
      : around_(std::move(around)), db_(around_.database), inbox_(inbox) {
    around_.on_remove([this](db::Tx& tx, const std::string& document) {
      store::remove_of(tx, document);
      inbox_.forget(tx, "document", document);
    });
  }

  ThreadPage list(const Visitor& visitor, const std::string& document, bool open_only,
                  const std::string& after, std::size_t limit) override {
    around_.require(visitor, document, Level::viewer);
    return db_.reading([&](db::Tx& tx) {
      auto first = store::first_ones(tx, document, open_only, after, limit + 1);
      ThreadPage out;
      std::size_t bytes = 0;
      for (Comment& comment : first) {
        if (out.threads.size() == limit || bytes > kLongestAnswer) {
          out.next = out.threads.back().comment.id;
          break;
        }
        Thread thread{comment, store::replies(tx, comment.id)};
        bytes += size_of(comment);
        for (const Comment& each : thread.replies) bytes += size_of(each);
        out.threads.push_back(std::move(thread));
      }
      return out;
    });
  }

  Comment create(const Visitor& visitor, const std::string& document,
                 const NewComment& fresh) override {
    const Document of = require(visitor, document);
    Comment comment = made(visitor, document, fresh);
    comment.thread = comment.id;
    comment.quote = fresh.quote, comment.anchor = fresh.anchor;
    Told told;
    add_mentions(told, comment, of);
    if (of.owner != comment.author) told.others = seeing({of.owner}, comment);
    told.kind = notify::Kind::comment;
    write(comment, of, told);
    return comment;
  }

  Comment reply(const Visitor& visitor, const std::string& document, const std::string& to,
                const NewComment& fresh) override {
    const Document of = require(visitor, document);
    Comment comment = made(visitor, document, fresh);
    comment.thread = find(document, to).thread;
    Told told;
    add_mentions(told, comment, of);
    told.others = seeing(
        db_.reading([&](db::Tx& tx) { return store::authors(tx, comment.thread); }), comment);
    told.kind = notify::Kind::reply;
    write(comment, of, told);
    return comment;
  }

  Comment edit(const Visitor& visitor, const std::string& document, const std::string& id,
               const std::string& text) override {
    require(visitor, document);
    Comment comment = find(document, id);
    if (!own(visitor, comment)) {
      throw forbidden("documents.notYourComment", "Only who wrote a comment can change its text.");
    }
    check_text(text);
    comment.text = text;
    comment.edited_at = now_micros();
    db_.write([&](db::Tx& tx) { store::set_text(tx, comment); });
    tell_document(around_, document, "comments", comment.thread);
    return comment;
  }

  Comment resolve(const Visitor& visitor, const std::string& document, const std::string& id,
                  bool resolved) override {
    const Document of = require(visitor, document);
    if (visitor.caller.user_id.empty() && of.access < Level::editor)
      throw forbidden("documents.guestMayNot", "Sign in to resolve comments.");
    Comment comment = find(document, id);
    if (comment.id != comment.thread) {
      throw bad_request("documents.notAThread",
                        "Only a thread can be resolved: name its first comment.");
    }
    if (comment.resolved_at.has_value() == resolved) return comment;
    comment.resolved_at = resolved ? std::optional(now_micros()) : std::nullopt;
    comment.resolved_by = resolved ? visitor.caller.user_id : "";
    Comment note = comment;
    note.author = visitor.caller.user_id;
    Told told{.kind = notify::Kind::resolved};
    if (resolved)
      told.others = seeing(db_.reading([&](db::Tx& tx) { return store::authors(tx, id); }), note);
    db_.write([&](db::Tx& tx) {
      store::set_resolved(tx, comment);
      notify(tx, note, of, told);
    });
    announce(comment, told);
    return comment;
  }

  void remove(const Visitor& visitor, const std::string& document, const std::string& id) override {
    const Document of = require(visitor, document);
    const Comment comment = find(document, id);
    if (!own(visitor, comment) && of.access < Level::owner) {
      throw forbidden("documents.notYourComment",
                      "Only who wrote a comment and owners of the document can delete it.");
    }
    db_.write([&](db::Tx& tx) {
      comment.id == comment.thread ? store::remove_thread(tx, comment.thread)
                                   : store::remove_one(tx, comment.id);
    });
    tell_document(around_, document, "comments", comment.thread);
  }

 private:
  struct Told {
    std::vector<std::string> mentioned, others;
    notify::Kind kind = notify::Kind::comment;  // for the others
  };

  Document require(const Visitor& visitor, const std::string& document) {
    Document out = around_.require(visitor, document, Level::commenter);
    if (visitor.caller.read_only)
      throw forbidden("identity.forbidden", "This sign-in may only read.");
    return out;
  }

  Comment find(const std::string& document, const std::string& id) {
    auto found = db_.reading([&](db::Tx& tx) { return store::find(tx, document, id); });
    if (!found) throw no_such_comment();
    return std::move(*found);
  }

  static bool own(const Visitor& visitor, const Comment& comment) {
    return !comment.author.empty() && comment.author == visitor.caller.user_id;
  }

  static std::size_t size_of(const Comment& c) {
    return c.text.size() + c.quote.size() + c.anchor.size() + 500;
  }

  static void check_text(const std::string& text) {
    if (blank(text)) throw bad_request("documents.emptyComment", "A comment needs a text.");
  }

  static Comment made(const Visitor& visitor, const std::string& document,
                      const NewComment& fresh) {
    check_text(fresh.text);
    Comment out;
    out.id = new_uuid();
    out.document = document;
    out.author = visitor.caller.user_id;
    out.text = fresh.text;
    out.mentions = fresh.mentions;
    std::ranges::sort(out.mentions);
    out.mentions.erase(std::ranges::unique(out.mentions).begin(), out.mentions.end());
    out.created_at = now_micros();
    return out;
  }

  // Refuses who may not see the document, by name only where the caller may know the name anyhow.
  void add_mentions(Told& told, const Comment& comment, const Document& of) {
    if (comment.mentions.empty()) return;
    if (comment.author.empty())
      throw forbidden("documents.guestMayNot", "Sign in to mention people.");
    for (const std::string& user : comment.mentions) {
      const auto found = around_.identity.permissions().find_by_id(user);
      const bool person = found && found->kind == identity::PrincipalKind::user;
      if (!person || !around_.may_see(user, of.id)) {
        throw bad_request("documents.mentionUnseen",
                          "Somebody mentioned may not see this document. Share it with them "
                          "first, or leave the mention out.")
            .with_member("user", user);
      }
      told.mentioned.push_back(user);
    }
  }

  // Without the author and those who do not see the document any more.
  std::vector<std::string> seeing(std::vector<std::string> users, const Comment& comment) {
    std::erase_if(users, [&](const std::string& user) {
      if (user.empty() || user == comment.author) return true;
      const auto found = around_.identity.permissions().find_by_id(user);
      return !found || found->kind != identity::PrincipalKind::user ||
             !around_.may_see(user, comment.document);
    });
    return users;
  }

  void write(const Comment& comment, const Document& of, const Told& told) {
    db_.write([&](db::Tx& tx) {
      const bool first = comment.id == comment.thread;
      if (!first && !store::find(tx, comment.document, comment.thread)) throw no_such_comment();
      if (store::count(tx, comment.document) >= kMostComments) {
        throw conflict("documents.tooManyComments",
                       "The document has " + std::to_string(kMostComments) +
                           " comments, which is the most. Delete some that are done.");
      }
      if (!first && store::count_thread(tx, comment.thread) >= kMostInThread) {
        throw conflict("documents.tooManyComments",
                       "The thread has " + std::to_string(kMostInThread) +
                           " comments, which is the most. Begin another.");
      }
      store::insert(tx, comment);
      notify(tx, comment, of, told);
    });
    announce(comment, told);
  }

  void notify(db::Tx& tx, const Comment& comment, const Document& of, const Told& told) {
    notify::Note note{.kind = notify::Kind::mention,
                      .object_type = "document",
                      .object = of.id,
                      .title = of.title,
                      .reference = comment.id,
                      .text = comment.text,
                      .from = comment.author,
                      .path = "/documents/" + of.id + "?comment=" + comment.thread};
    inbox_.tell(tx, told.mentioned, note);
    std::vector<std::string> rest = told.others;
    std::erase_if(rest, [&](const std::string& user) {
      return std::ranges::find(told.mentioned, user) != told.mentioned.end();
    });
    note.kind = told.kind;
    inbox_.tell(tx, rest, note);
  }

  void announce(const Comment& comment, const Told& told) {
    inbox_.told(told.mentioned);
    inbox_.told(told.others);
    tell_document(around_, comment.document, "comments", comment.thread);
  }

  const Surroundings around_;
  db::Database& db_;
  notify::Inbox& inbox_;
};

}  // namespace

std::unique_ptr<Comments> open_comments(const Surroundings& around, notify::Inbox& inbox) {
  around.database.migrate("document_comments", comment_store::migrations());
  return std::make_unique<CommentService>(around, inbox);
}

}  // namespace ob::documents
