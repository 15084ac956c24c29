#include "gateway/entries.h"

namespace ob::gateway {

void require_scope(const api::Endpoint& endpoint, const Caller& caller) {
  ob::require_scope(caller.scopes, endpoint.scope);
  if (caller.read_only && endpoint.changes) {
    throw forbidden("identity.readOnly", "With this credential nothing can be changed.");
  }
}

std::optional<audit::Event> missing_entry(const api::Endpoint& endpoint, const Caller& caller,
                                          const std::string& path,
                                          const std::optional<Error>& error) {
  if (endpoint.doc.anonymous) return std::nullopt;
  // Guests who are asked to sign in are nobody yet, as where no guest is answered.
  if (endpoint.doc.guests && caller.user_id.empty() && error && error->status() == 401)
    return std::nullopt;
  auto event =
      audit::event_of(caller, "api." + endpoint.doc.operation, {endpoint.doc.tag, "", path});
  if (error) event.fail(*error);
  const bool wanted = error ? event.outcome == audit::Outcome::denied && !caller.noted->refused
                            : endpoint.changes && !caller.noted->done;
  return wanted ? std::optional(std::move(event)) : std::nullopt;
}

audit::Event refused_token(const net::Request& request, const std::string& request_id,
                           const Error& error) {
  audit::Event event{.action = "auth.badToken"};
  event.address = request.remote_address;
  event.user_agent = std::string(request.header("user-agent"));
  event.request_id = request_id;
  event.fail(error);
  return event;
}

}  // namespace ob::gateway
