// Requests for access: who was refused something asks those who can allow it.
#include <algorithm>
#include <boost/json.hpp>

#include "base/error.h"
#include "base/ids.h"
#include "workspaces/service.h"
#include "workspaces/store.h"

namespace ob::workspaces {

namespace json = boost::json;

namespace {

constexpr std::int64_t kMostOpen = 100;    // by one account
constexpr std::size_t kMostLooked = 1000;  // open ones, in search of those to decide on
constexpr Micros kDay = 86'400LL * 1'000'000;
constexpr Micros kLetterLife = 7 * kDay, kOpenLife = 30 * kDay;
constexpr const char* kNote = "workspaces.accessRequest";
constexpr std::size_t kMaxMessage = 2000, kMaxReference = 800;

Error no_such_request() {
  return not_found("workspaces.requestNotFound",
                   "There is no such open request that you decide on.");
}

}  // namespace

void WorkspaceService::request_access(const Caller& caller, ObjectType type,
                                      const std::string& reference, const std::string& role,
                                      const std::string& message) {
  if (caller.read_only) throw forbidden("identity.forbidden", "This sign-in may only read.");
  if (message.size() > kMaxMessage || reference.empty() || reference.size() > kMaxReference)
    throw bad_request("workspaces.badRequest", "The message has at most 2,000 bytes.");
  const auto roles = permissions().roles(caller);
  if (std::ranges::find(roles, role, &identity::Role::id) == roles.end())
    throw not_found("identity.roleNotFound", "There is no role '" + role + "'.");
  // Neither the answer nor its time tells whether there is such an object: all is done afterwards.
  const std::string note = json::serialize(json::object{{"type", identity::to_text(type)},
                                                        {"reference", reference},
                                                        {"requester", caller.user_id},
                                                        {"role", role},
                                                        {"message", message}});
  db_.write([&](db::Tx& tx) {
    store::delete_open_requests(tx, now_micros() - kOpenLife);
    if (store::open_requests(tx, caller.user_id) >= kMostOpen)
      throw conflict("workspaces.tooManyRequests", "100 of your requests are open: wait for some.");
    mail_.defer(tx, kNote, note);
  });
  mail_.wake();
}

void WorkspaceService::handle_notes() {
  mail_.handle(kNote, [this](db::Tx& tx, const std::string& note) { file_request(tx, note); });
}

void WorkspaceService::file_request(db::Tx& tx, const std::string& note) {
  const json::object told = json::parse(note).as_object();
  const auto text = [&](const char* name) { return std::string(told.at(name).as_string()); };
  AccessRequest request{.id = new_uuid(),
                        .type = identity::object_type_named(text("type")).value(),
                        .object = "",
                        .reference = text("reference"),
                        .requester = text("requester"),
                        .role = text("role"),
                        .message = text("message"),
                        .state = AccessRequest::State::open,
                        .decided_by = "",
                        .created_at = now_micros(),
                        .decided_at = {}};
  // The same is kept, and by what was asked for alone, whether or not there is such an object: who
  // asks sees their own requests.
  if (store::has_open_request(tx, request) ||
      store::open_requests(tx, request.requester) >= kMostOpen)
    return;
  const auto path = resolve_as(identity::Identity::system(), request);
  if (path) request.object = path->front().id;
  store::insert_request(tx, request);
  if (!path) return;
  const auto owner = permissions().find_by_id(path->front().owner);
  if (!owner || owner->email.empty()) return;
  mail_.post(tx, {.to = owner->email,
                  .subject = "Somebody asks for access",
                  .paragraphs = {"Somebody asks you for access to something that you own."},
                  .link_text = "See the request",
                  .link = public_url_() + "/requests",
                  .after = {},
                  .good_until = request.created_at + kLetterLife});
}

std::optional<Path> WorkspaceService::resolve_as(const Caller& caller,
                                                 const AccessRequest& request) {
  try {
    auto path = permissions().resolve(caller, request.type, request.reference);
    // Another object may have got that name since.
    if (!request.object.empty() && path.front().id != request.object) return std::nullopt;
    return path;
  } catch (const Error& error) {
    if (error.status() != 404 && error.status() != 400) throw;
    return std::nullopt;
  }
}

std::optional<Path> WorkspaceService::to_decide(const Caller& caller,
                                                const AccessRequest& request) {
  if (request.object.empty()) return std::nullopt;  // there was no such object
  auto path = resolve_as(caller, request);
  return path && permissions().may(caller, Privilege::manage, *path) ? std::move(path)
                                                                     : std::nullopt;
}

std::vector<AccessRequest> WorkspaceService::access_requests(const Caller& caller, bool open_only) {
  const auto [open, own] = db_.reading([&](db::Tx& tx) {
    return std::pair(store::requests(tx, true, "", kMostLooked),
                     store::requests(tx, open_only, caller.user_id, kMostLooked));
  });
  std::vector<AccessRequest> out = own;
  for (const auto& request : open) {
    if (request.requester != caller.user_id && to_decide(caller, request)) out.push_back(request);
  }
  std::ranges::sort(out, std::ranges::greater{},
                    [](const AccessRequest& r) { return std::pair(r.created_at, r.id); });
  return out;
}

void WorkspaceService::decide(const Caller& caller, const std::string& id, bool grant,
                              const std::string& role) {
  auto found = db_.reading([&](db::Tx& tx) { return store::find_request(tx, id); });
  if (!found || found->state != AccessRequest::State::open) throw no_such_request();
  const auto path = to_decide(caller, *found);
  if (!path) throw no_such_request();
  if (!role.empty()) found->role = role;
  if (grant) permissions().grant(caller, *path, found->requester, {{}, found->role});
  found->state = grant ? AccessRequest::State::granted : AccessRequest::State::refused;
  found->decided_by = caller.user_id;
  found->decided_at = now_micros();
  db_.write([&](db::Tx& tx) {
    if (!store::decide_request(tx, *found)) throw no_such_request();
  });
  const auto requester = permissions().find_by_id(found->requester);
  if (requester && !requester->email.empty())
    tell({{.to = requester->email,
           .subject = grant ? "You have access now" : "Your request was refused",
           .paragraphs = {grant ? "You were given the access that you asked for."
                                : "You were not given the access that you asked for."},
           .link_text = "Your requests",
           .link = public_url_() + "/requests",
           .after = {},
           .good_until = *found->decided_at + kLetterLife}});
}

}  // namespace ob::workspaces
