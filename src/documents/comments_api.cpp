// Endpoints of comments.
#include "documents/api_types.h"
#include "documents/companions.h"

namespace ob::documents {

struct CommentReply {
  std::string id, thread, text;
  std::optional<DocumentPerson> author;
  std::vector<DocumentPerson> mentions;
  wire::Instant created_at;
  std::optional<wire::Instant> edited_at;
};
BOOST_DESCRIBE_STRUCT(CommentReply, (), (id, thread, text, author, mentions, created_at, edited_at))
struct CommentAnswer {
  std::string id, thread, text;
  std::optional<DocumentPerson> author;
  std::vector<DocumentPerson> mentions;
  std::optional<std::string> quote, anchor;
  wire::Instant created_at;
  std::optional<wire::Instant> edited_at, resolved_at;
  std::optional<DocumentPerson> resolved_by;
  std::vector<CommentReply> replies;
};
BOOST_DESCRIBE_STRUCT(CommentAnswer, (),
                      (id, thread, text, author, mentions, quote, anchor, created_at, edited_at,
                       resolved_at, resolved_by, replies))
struct CommentList {
  std::vector<CommentAnswer> comments;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(CommentList, (), (comments, next))
struct ListComments {
  std::string id, resolved = "all", after;
  std::int64_t limit = 100;
};
BOOST_DESCRIBE_STRUCT(ListComments, (), (id, resolved, after, limit))
struct CreateComment {
  std::string id, text, anchor, quote;
  std::vector<std::string> mentions;
};
BOOST_DESCRIBE_STRUCT(CreateComment, (), (id, text, anchor, quote, mentions))
struct ReplyToComment {
  std::string id, comment, text;
  std::vector<std::string> mentions;
};
BOOST_DESCRIBE_STRUCT(ReplyToComment, (), (id, comment, text, mentions))
struct ChangeComment {
  std::string id, comment;
  std::optional<std::string> text;
  std::optional<bool> resolved;
};
BOOST_DESCRIBE_STRUCT(ChangeComment, (), (id, comment, text, resolved))
struct CommentPath {
  std::string id, comment;
};
BOOST_DESCRIBE_STRUCT(CommentPath, (), (id, comment))

}  // namespace ob::documents

namespace ob::wire {

constexpr std::int64_t kLongestComment = 5000, kLongestQuote = 2000, kLongestAnchor = 4000,
                       kMostMentions = 50;
constexpr std::string_view kMentions = "Ids of users who may see the document; they are told.";

template <>
struct Rules<documents::ListComments> {
  static constexpr auto value =
      rules(rule(&documents::ListComments::resolved,
                 {.values = {"all", "open"}, .optional = true, .text = "open: unresolved ones."}),
            rule(&documents::ListComments::after,
                 {.max = 64, .optional = true, .text = "The `next` of the page before."}),
            rule(&documents::ListComments::limit,
                 {.min = 1, .max = 200, .optional = true, .text = "Threads; may be fewer."}));
};
template <>
struct Rules<documents::CreateComment> {
  static constexpr auto value =
      rules(rule(&documents::CreateComment::text, {.min = 1, .max = kLongestComment}),
            rule(&documents::CreateComment::anchor,
                 {.max = kLongestAnchor,
                  .optional = true,
                  .text = "The place in the text by the editor's own means, such as base64 of two "
                          "relative positions of Yjs."}),
            rule(&documents::CreateComment::quote,
                 {.max = kLongestQuote, .optional = true, .text = "The text that it is about."}),
            rule(&documents::CreateComment::mentions,
                 {.max = kMostMentions, .each_max = 64, .optional = true, .text = kMentions}));
};
template <>
struct Rules<documents::ReplyToComment> {
  static constexpr auto value =
      rules(rule(&documents::ReplyToComment::text, {.min = 1, .max = kLongestComment}),
            rule(&documents::ReplyToComment::mentions,
                 {.max = kMostMentions, .each_max = 64, .optional = true, .text = kMentions}));
};
template <>
struct Rules<documents::ChangeComment> {
  static constexpr auto value =
      rules(rule(&documents::ChangeComment::text, {.min = 1, .max = kLongestComment}),
            rule(&documents::ChangeComment::resolved, {.text = "Of a whole thread."}));
};
template <>
struct Rules<documents::CommentAnswer> {
  static constexpr auto value =
      rules(rule(&documents::CommentAnswer::author, {.text = "Absent: a guest."}),
            rule(&documents::CommentAnswer::resolved_by, {.text = "Absent: a guest."}));
};
template <>
struct Rules<documents::CommentReply> {
  static constexpr auto value =
      rules(rule(&documents::CommentReply::author, {.text = "Absent: a guest."}));
};

}  // namespace ob::wire

namespace ob::documents {
namespace {

std::optional<DocumentPerson> person(Names& names, const std::string& id) {
  return id.empty() ? std::nullopt : std::optional(DocumentPerson{id, names.of(id)});
}

std::optional<wire::Instant> optional(const std::optional<Micros>& time) {
  return time ? std::optional(wire::Instant{*time}) : std::nullopt;
}

std::vector<DocumentPerson> people(Names& names, const std::vector<std::string>& ids) {
  std::vector<DocumentPerson> out;
  for (const auto& id : ids) out.push_back({id, names.of(id)});
  return out;
}

CommentReply reply_of(Names& names, const Comment& c) {
  return {.id = c.id,
          .thread = c.thread,
          .text = c.text,
          .author = person(names, c.author),
          .mentions = people(names, c.mentions),
          .created_at = {c.created_at},
          .edited_at = optional(c.edited_at)};
}

CommentAnswer answer_of(Names& names, const Comment& c) {
  CommentAnswer out{.id = c.id,
                    .thread = c.thread,
                    .text = c.text,
                    .author = person(names, c.author),
                    .mentions = people(names, c.mentions),
                    .created_at = {c.created_at},
                    .edited_at = optional(c.edited_at),
                    .resolved_at = optional(c.resolved_at),
                    .resolved_by = person(names, c.resolved_by)};
  if (!c.quote.empty()) out.quote = c.quote;
  if (!c.anchor.empty()) out.anchor = c.anchor;
  return out;
}

CommentList answer_of(Names& names, const ThreadPage& page) {
  CommentList out;
  for (const Thread& thread : page.threads) {
    out.comments.push_back(answer_of(names, thread.comment));
    for (const Comment& each : thread.replies)
      out.comments.back().replies.push_back(reply_of(names, each));
  }
  if (!page.next.empty()) out.next = page.next;
  return out;
}

void register_writing(api::Registry& registry, const Companions& all) {
  registry.add<CreateComment, CommentAnswer>(
      "POST", "/api/v1/documents/{id}/comments",
      {.operation = "createComment",
       .tag = "documents",
       .summary = "Comment on a document",
       .description = "Its owner and those who are mentioned are told. Guests comment where a link "
                      "lets them.",
       .status = 201,
       .errors = {404, 409},
       .guests = true},
      [&all](api::Context& ctx, const CreateComment& request) {
        Names names(all.identity());
        return answer_of(names, all.comments().create(visitor_of(ctx), request.id,
                                                      {request.text, request.quote, request.anchor,
                                                       request.mentions}));
      });
  registry.add<ReplyToComment, CommentReply>(
      "POST", "/api/v1/documents/{id}/comments/{comment}/replies",
      {.operation = "replyToComment",
       .tag = "documents",
       .summary = "Reply in a thread of comments",
       .description = "Those who wrote in it are told.",
       .status = 201,
       .errors = {404, 409},
       .guests = true},
      [&all](api::Context& ctx, const ReplyToComment& request) {
        Names names(all.identity());
        return reply_of(names, all.comments().reply(visitor_of(ctx), request.id, request.comment,
                                                    {request.text, "", "", request.mentions}));
      });
  registry.add<ChangeComment, CommentAnswer>(
      "PATCH", "/api/v1/documents/{id}/comments/{comment}",
      {.operation = "changeComment",
       .tag = "documents",
       .summary = "Change the text of your comment, or resolve or reopen a thread",
       .errors = {404},
       .guests = true},
      [&all](api::Context& ctx, const ChangeComment& request) {
        if (request.text.has_value() == request.resolved.has_value()) {
          throw bad_request("documents.badComment", "Give either the text or resolved.");
        }
        Names names(all.identity());
        const Visitor visitor = visitor_of(ctx);
        return answer_of(
            names,
            request.text
                ? all.comments().edit(visitor, request.id, request.comment, *request.text)
                : all.comments().resolve(visitor, request.id, request.comment, *request.resolved));
      });
}

}  // namespace

void register_comments(api::Registry& registry, const Companions& all) {
  registry.add<ListComments, CommentList>(
      "GET", "/api/v1/documents/{id}/comments",
      {.operation = "listComments",
       .tag = "documents",
       .summary = "Threads of comments on a document, oldest first",
       .errors = {404},
       .guests = true},
      [&all](api::Context& ctx, const ListComments& request) {
        Names names(all.identity());
        return answer_of(
            names, all.comments().list(visitor_of(ctx), request.id, request.resolved == "open",
                                       request.after, static_cast<std::size_t>(request.limit)));
      });
  register_writing(registry, all);
  registry.add<CommentPath, api::Empty>(
      "DELETE", "/api/v1/documents/{id}/comments/{comment}",
      {.operation = "deleteComment",
       .tag = "documents",
       .summary = "Delete your comment; a thread goes with its replies",
       .status = 204,
       .errors = {404},
       .guests = true},
      [&all](api::Context& ctx, const CommentPath& path) {
        all.comments().remove(visitor_of(ctx), path.id, path.comment);
        return api::Empty{};
      });
}

}  // namespace ob::documents
