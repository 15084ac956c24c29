#include "audit/api.h"

#include <boost/json.hpp>
#include <charconv>

#include "audit/store.h"
#include "base/ids.h"

namespace ob::audit {

struct ActorAnswer {
  std::string kind, id, name;
};
BOOST_DESCRIBE_STRUCT(ActorAnswer, (), (kind, id, name))

struct ActingAsAnswer {
  std::string id, name;
};
BOOST_DESCRIBE_STRUCT(ActingAsAnswer, (), (id, name))

struct ObjectAnswer {
  std::string type, id, name;
};
BOOST_DESCRIBE_STRUCT(ObjectAnswer, (), (type, id, name))

struct EntryAnswer {
  std::string id;
  wire::Instant time;
  std::string action, outcome;
  ActorAnswer actor;
  std::optional<ActingAsAnswer> acting_as;
  ObjectAnswer object;
  std::string address, user_agent, request_id, session_id, credential_id, statement_id;
  std::optional<std::int64_t> status;
  std::optional<std::string> error;
  boost::json::value details;
};
BOOST_DESCRIBE_STRUCT(EntryAnswer, (),
                      (id, time, action, outcome, actor, acting_as, object, address, user_agent,
                       request_id, session_id, credential_id, statement_id, status, error, details))

struct EntryList {
  std::vector<EntryAnswer> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(EntryList, (), (items, next))

struct ListRequest {
  std::optional<std::string> actor, action, object, address, outcome;
  std::optional<wire::Instant> from, to;
  std::string format = "json";
  std::int64_t limit = 100;
  std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(ListRequest, (),
                      (actor, action, object, address, outcome, from, to, format, limit, after))

}  // namespace ob::audit

namespace ob::wire {

template <>
struct Rules<audit::ActorAnswer> {
  static constexpr auto value = rules(rule(
      &audit::ActorAnswer::kind, {.values = {"user", "service", "key", "anonymous", "system"}}));
};
template <>
struct Rules<audit::EntryAnswer> {
  static constexpr auto value =
      rules(rule(&audit::EntryAnswer::outcome, {.values = {"allowed", "denied", "failed"}}),
            rule(&audit::EntryAnswer::acting_as,
                 {.text = "Whom the administrator looked at the server as."}),
            rule(&audit::EntryAnswer::details,
                 {.text = "An object; what it holds depends on the action."}));
};
template <>
struct Rules<audit::ListRequest> {
  static constexpr auto value = rules(
      rule(&audit::ListRequest::actor,
           {.min = 1,
            .max = 300,
            .text = "Id, or email or name; a * at its end stands for all that begin so."}),
      rule(&audit::ListRequest::action,
           {.min = 1, .max = 100, .text = "\"table.read\", \"auth.*\""}),
      rule(&audit::ListRequest::object,
           {.min = 1, .max = 1000, .text = "Id or full name, \"main.sales.*\""}),
      rule(&audit::ListRequest::address, {.min = 1, .max = 100}),
      rule(&audit::ListRequest::outcome, {.values = {"allowed", "denied", "failed"}}),
      rule(&audit::ListRequest::to, {.text = "Excluded."}),
      rule(
          &audit::ListRequest::format,
          {.values = {"json", "csv", "ndjson"},
           .optional = true,
           .text = "csv and ndjson give all that fit, as a stream; limit and after are for json."}),
      rule(&audit::ListRequest::limit, {.min = 1, .max = 1000, .optional = true}),
      rule(&audit::ListRequest::after, {.max = 100, .text = "The `next` of the page before."}));
};

}  // namespace ob::wire

namespace ob::audit {
namespace {

namespace json = boost::json;
namespace asio = boost::asio;

constexpr std::size_t kExported = 1'000;  // entries read at a time

std::string cursor_of(const Entry& entry) {
  return base64url_encode(std::to_string(entry.event.time) + "." + entry.id);
}

Position position_of(const std::string& cursor) {
  std::string text;
  Position out;
  const auto wrong = [] {
    return bad_request("audit.badCursor", "The cursor is not one that a list gave.");
  };
  if (!base64url_decode(cursor, text)) throw wrong();
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out.time);
  if (code != std::errc{} || end == text.data() + text.size() || *end != '.') throw wrong();
  out.id = text.substr(static_cast<std::size_t>(end + 1 - text.data()));
  if (!valid_utf8(out.id) || out.id.find('\0') != std::string::npos) throw wrong();
  return out;
}

Filter filter_of(const ListRequest& request) {
  Filter out{.actor = request.actor.value_or(""),
             .action = request.action.value_or(""),
             .object = request.object.value_or(""),
             .address = request.address.value_or("")};
  for (const Outcome outcome : {Outcome::allowed, Outcome::denied, Outcome::failed})
    if (request.outcome == store::to_text(outcome)) out.outcome = outcome;
  if (request.from) out.from = request.from->micros;
  if (request.to) out.to = request.to->micros;
  return out;
}

EntryAnswer answer_of(Entry entry) {
  Event& e = entry.event;
  EntryAnswer out{.id = std::move(entry.id),
                  .time = {e.time},
                  .action = std::move(e.action),
                  .outcome = std::string(store::to_text(e.outcome)),
                  .actor = {std::string(store::to_text(e.actor_kind)), e.actor_id, e.actor},
                  .object = {e.object.type, e.object.id, e.object.name},
                  .address = std::move(e.address),
                  .user_agent = std::move(e.user_agent),
                  .request_id = std::move(e.request_id),
                  .session_id = std::move(e.session_id),
                  .credential_id = std::move(e.credential),
                  .statement_id = std::move(e.statement_id),
                  .details = std::move(e.details)};
  if (!e.acting_as_id.empty()) out.acting_as = ActingAsAnswer{e.acting_as_id, e.acting_as};
  if (e.status != 0) out.status = e.status;
  if (!e.error.empty()) out.error = std::move(e.error);
  return out;
}

// RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it: others
// chose it.
void append_cell(std::string& out, std::string text) {
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_csv(std::string& out, const Entry& entry) {
  const Event& e = entry.event;
  out += format_instant(e.time) + "," + entry.id;
  const std::string status = e.status == 0 ? "" : std::to_string(e.status);
  const std::string details = e.details.empty() ? "" : json::serialize(e.details);
  for (const std::string& text :
       {e.action, std::string(store::to_text(e.outcome)), std::string(store::to_text(e.actor_kind)),
        e.actor_id, e.actor, e.acting_as_id, e.acting_as, e.object.type, e.object.id, e.object.name,
        e.address, e.user_agent, e.request_id, e.session_id, e.credential, e.statement_id, status,
        e.error, details}) {
    out += ',';
    append_cell(out, text);
  }
  out += "\r\n";
}

std::string csv_head() {
  std::string out;
  for (const Column& column : columns()) out += (out.empty() ? "" : ",") + column.name;
  return out + "\r\n";
}

// Entries for an export, a piece at a time, newest first.
class Export {
 public:
  Export(Audit& audit, Filter filter, bool csv)
      : audit_(audit), filter_(std::move(filter)), csv_(csv) {}
  bool next(std::string& out) {
    if (!after_ && csv_) out += csv_head();
    auto entries = audit_.list(filter_, after_, kExported);
    if (entries.empty()) return false;
    after_ = Position{entries.back().event.time, entries.back().id};
    for (Entry& entry : entries) {
      if (csv_) {
        append_csv(out, entry);
      } else {
        out += json::serialize(wire::encode<EntryAnswer>(answer_of(std::move(entry)))) + "\n";
      }
    }
    return entries.size() == kExported;
  }

 private:
  Audit& audit_;
  const Filter filter_;
  const bool csv_;
  std::optional<Position> after_;
};

// Throws unless the caller is an administrator; that somebody reads the log stands in it too.
void authorise(Audit& audit, const Caller& caller, const ListRequest& request) {
  Event event =
      event_of(caller, request.format == "json" ? "audit.read" : "audit.export", {"audit", "", ""});
  act(audit, std::move(event), [&](Event& e) {
    for (const auto& [name, value] :
         {std::pair("actor", request.actor), std::pair("action", request.action),
          std::pair("object", request.object), std::pair("address", request.address),
          std::pair("outcome", request.outcome)})
      if (value) e.details[name] = *value;
    if (!caller.admin) throw forbidden("identity.notAdmin", "Only an administrator may do this.");
  });
}

std::string page(Audit& audit, const Caller& caller, const ListRequest& request) {
  authorise(audit, caller, request);
  const auto limit = static_cast<std::size_t>(request.limit);
  auto entries = audit.list(
      filter_of(request), request.after ? std::optional(position_of(*request.after)) : std::nullopt,
      limit + 1);
  EntryList out;
  if (entries.size() > limit) {
    entries.pop_back();
    out.next = cursor_of(entries.back());
  }
  for (Entry& entry : entries) out.items.push_back(answer_of(std::move(entry)));
  return json::serialize(wire::encode<EntryList>(out));
}

asio::awaitable<void> answer(Audit& audit, Pool& pool, Caller caller, ListRequest request,
                             net::Exchange& exchange) {
  if (request.format == "json") {
    auto work = [&] { return page(audit, caller, request); };
    net::Response response{200, {{"Content-Type", "application/json"}}, {}};
    response.body = co_await pool.run(work);
    co_await exchange.respond(std::move(response));
    co_return;
  }
  auto check = [&] { authorise(audit, caller, request); };
  co_await pool.run(check);
  const bool csv = request.format == "csv";
  auto pieces = std::make_shared<Export>(audit, filter_of(request), csv);
  net::Response head{200,
                     {{"Content-Type", csv ? "text/csv; charset=utf-8" : "application/x-ndjson"},
                      {"Content-Disposition", csv ? "attachment; filename=\"audit.csv\""
                                                  : "attachment; filename=\"audit.ndjson\""}},
                     {}};
  auto next = [pieces](std::string& out) { return pieces->next(out); };
  co_await api::stream_from(pool, exchange, std::move(head), std::move(next));
}

}  // namespace

void register_api(api::Registry& registry, Audit& audit, Pool& blocking) {
  registry.add_stream<ListRequest>(
      "GET", "/api/v1/audit",
      {.operation = "listAudit",
       .tag = "audit",
       .summary = "Who did what: the audit log, newest first (administrators)",
       .description = "Also in SQL, as the table system.access.audit.",
       .produces = {"application/json", "text/csv", "application/x-ndjson"}},
      [&audit, &blocking](api::Context& context, ListRequest request, net::Exchange& exchange) {
        return answer(audit, blocking, context.caller, std::move(request), exchange);
      });
  registry.describe_response<EntryList>("listAudit");
}

}  // namespace ob::audit
