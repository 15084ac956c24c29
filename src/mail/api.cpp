#include "mail/api.h"

namespace ob::mail {

struct OutboxRequest {
  std::int64_t limit = 100;
  std::string after;
};
BOOST_DESCRIBE_STRUCT(OutboxRequest, (), (limit, after))

struct PostedAnswer {
  std::string id, to, subject, state;
  std::optional<std::string> error;
  std::int64_t attempts = 0;
  wire::Instant created_at;
  std::optional<wire::Instant> sent_at;
};
BOOST_DESCRIBE_STRUCT(PostedAnswer, (),
                      (id, to, subject, state, error, attempts, created_at, sent_at))

struct OutboxAnswer {
  bool has_server = false;
  std::vector<PostedAnswer> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(OutboxAnswer, (), (has_server, items, next))

}  // namespace ob::mail

namespace ob::wire {

template <>
struct Rules<mail::OutboxRequest> {
  static constexpr auto value =
      rules(rule(&mail::OutboxRequest::limit, {.min = 1, .max = 1000, .optional = true}),
            rule(&mail::OutboxRequest::after,
                 {.max = 64, .optional = true, .text = "The `next` of the page before."}));
};
template <>
struct Rules<mail::PostedAnswer> {
  static constexpr auto value =
      rules(rule(&mail::PostedAnswer::state,
                 {.values = {"waiting", "sent", "previewed", "failed"},
                  .text = "previewed: shown in the server's log, as no server is set."}),
            rule(&mail::PostedAnswer::error, {.text = "Of the last attempt."}));
};
template <>
struct Rules<mail::OutboxAnswer> {
  static constexpr auto value =
      rules(rule(&mail::OutboxAnswer::has_server,
                 {.text = "Whether letters leave the server: smtp_url is set."}));
};

}  // namespace ob::wire

namespace ob::mail {

void register_api(api::Registry& registry, Mail& mail) {
  registry.add<OutboxRequest, OutboxAnswer>(
      "GET", "/api/v1/admin/mail",
      {.operation = "listMail",
       .tag = "admin",
       .summary = "Letters of the last 30 days, newest first (administrators)",
       .description = "Never their content: letters hold links that sign people in."},
      [&mail](api::Context& context, const OutboxRequest& request) {
        auto posted = mail.outbox(context.caller, request.limit + 1, request.after);
        OutboxAnswer answer{.has_server = mail.has_server()};
        if (static_cast<std::int64_t>(posted.size()) > request.limit) {
          posted.pop_back();
          answer.next = posted.back().id;
        }
        for (const Posted& one : posted) {
          answer.items.push_back(
              {.id = one.id,
               .to = one.to,
               .subject = one.subject,
               .state = one.state,
               .error = one.error.empty() ? std::nullopt : std::optional(one.error),
               .attempts = one.attempts,
               .created_at = {one.created_at},
               .sent_at = one.sent_at ? std::optional(wire::Instant{*one.sent_at}) : std::nullopt});
        }
        return answer;
      });
}

}  // namespace ob::mail
