#include "notify/api.h"

#include "base/error.h"

namespace ob::notify {

struct InboxPerson {
  std::string id, name;
};
BOOST_DESCRIBE_STRUCT(InboxPerson, (), (id, name))
struct InboxItem {
  std::string id, kind, title, text, path;
  std::optional<std::string> document, comment;
  std::optional<InboxPerson> from;
  wire::Instant created_at;
  std::optional<wire::Instant> read_at;
};
BOOST_DESCRIBE_STRUCT(InboxItem, (),
                      (id, kind, title, text, path, document, comment, from, created_at, read_at))
struct InboxList {
  std::vector<InboxItem> items;
  std::int64_t unread = 0;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(InboxList, (), (items, unread, next))
struct ListInbox {
  bool unread = false;
  std::string after;
  std::int64_t limit = 50;
};
BOOST_DESCRIBE_STRUCT(ListInbox, (), (unread, after, limit))
struct MarkRead {
  std::optional<std::vector<std::string>> ids;
  bool all = false;
};
BOOST_DESCRIBE_STRUCT(MarkRead, (), (ids, all))
struct Unread {
  std::int64_t unread = 0;
};
BOOST_DESCRIBE_STRUCT(Unread, (), (unread))

}  // namespace ob::notify

namespace ob::wire {

template <>
struct Rules<notify::ListInbox> {
  static constexpr auto value =
      rules(rule(&notify::ListInbox::unread, {.optional = true, .text = "Only what is not read."}),
            rule(&notify::ListInbox::after,
                 {.max = 64, .optional = true, .text = "The `next` of the page before."}),
            rule(&notify::ListInbox::limit, {.min = 1, .max = 200, .optional = true}));
};
template <>
struct Rules<notify::MarkRead> {
  static constexpr auto value =
      rules(rule(&notify::MarkRead::ids, {.max = 500, .each_max = 64}),
            rule(&notify::MarkRead::all, {.optional = true, .text = "Instead of ids."}));
};
template <>
struct Rules<notify::InboxItem> {
  static constexpr auto value =
      rules(rule(&notify::InboxItem::kind,
                 {.values = {"mention", "comment", "reply", "share", "resolved"}}),
            rule(&notify::InboxItem::title, {.text = "Of the object, then."}),
            rule(&notify::InboxItem::path, {.text = "Where the page shows it."}),
            rule(&notify::InboxItem::from, {.text = "Absent: somebody without an account."}));
};

}  // namespace ob::wire

namespace ob::notify {
namespace {

InboxItem answer_of(Inbox& inbox, const Item& item) {
  const Note& note = item.note;
  InboxItem out{.id = item.id,
                .kind = std::string(to_text(note.kind)),
                .title = note.title,
                .text = note.text,
                .path = note.path,
                .created_at = {item.created_at}};
  if (note.object_type == "document") out.document = note.object;
  if (!note.reference.empty()) out.comment = note.reference;
  if (!note.from.empty()) out.from = InboxPerson{note.from, inbox.display_name(note.from)};
  if (item.read_at) out.read_at = wire::Instant{*item.read_at};
  return out;
}

}  // namespace

void register_api(api::Registry& registry, Inbox& inbox) {
  registry.add<ListInbox, InboxList>(
      "GET", "/api/v1/inbox",
      {.operation = "listInbox",
       .tag = "inbox",
       .summary = "What you were told: mentions, comments, replies, shares; newest first",
       .description = "Kept for 90 days."},
      [&inbox](api::Context& ctx, const ListInbox& request) {
        const Page page = inbox.list(ctx.caller, request.unread, request.after,
                                     static_cast<std::size_t>(request.limit));
        InboxList out{.unread = page.unread};
        for (const Item& item : page.items) out.items.push_back(answer_of(inbox, item));
        if (!page.next.empty()) out.next = page.next;
        return out;
      });
  registry.add<MarkRead, Unread>(
      "POST", "/api/v1/inbox/read",
      {.operation = "markInboxRead", .tag = "inbox", .summary = "Mark some or all as read"},
      [&inbox](api::Context& ctx, const MarkRead& request) {
        const bool some = request.ids && !request.ids->empty();
        if (some == request.all) {
          throw bad_request("notify.badRequest",
                            "Give either ids, of what is to be marked as read, or all.");
        }
        return Unread{
            inbox.mark_read(ctx.caller, some ? *request.ids : std::vector<std::string>())};
      });
}

}  // namespace ob::notify
