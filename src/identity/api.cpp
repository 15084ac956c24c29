#include "identity/api.h"

#include <algorithm>

#include "identity/api_pages.h"
#include "identity/permissions_api.h"
#include "identity/user_answer.h"

namespace ob::identity {

using wire::Instant;

struct LogoutRequest {
  std::optional<std::string> refresh_token;
};
BOOST_DESCRIBE_STRUCT(LogoutRequest, (), (refresh_token))

struct UserList {
  std::vector<UserAnswer> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(UserList, (), (items, next))

struct CreateUserRequest {
  std::string email, name, password;
};
BOOST_DESCRIBE_STRUCT(CreateUserRequest, (), (email, name, password))

struct ViewingAnswer {
  std::string access_token, token_type;
  std::int64_t expires_in = 0;  // seconds
};
BOOST_DESCRIBE_STRUCT(ViewingAnswer, (), (access_token, token_type, expires_in))

struct KeyAnswer {
  std::string id, name, prefix;
  Instant created_at;
  std::optional<Instant> expires_at, last_used_at;
  std::vector<std::string> scopes;
};
BOOST_DESCRIBE_STRUCT(KeyAnswer, (),
                      (id, name, prefix, created_at, expires_at, last_used_at, scopes))

struct KeyList {
  std::vector<KeyAnswer> items;
  std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(KeyList, (), (items, next))

struct CreateKeyRequest {
  std::string name;
  std::optional<Instant> expires_at;
  std::vector<std::string> scopes;
};
BOOST_DESCRIBE_STRUCT(CreateKeyRequest, (), (name, expires_at, scopes))

struct KeyCreated {
  std::string id, name, prefix;
  Instant created_at;
  std::optional<Instant> expires_at;
  std::vector<std::string> scopes;
  std::string key;
};
BOOST_DESCRIBE_STRUCT(KeyCreated, (), (id, name, prefix, created_at, expires_at, scopes, key))

}  // namespace ob::identity

namespace ob::wire {

template <>
struct Rules<identity::LogoutRequest> {
  static constexpr auto value =
      rules(rule(&identity::LogoutRequest::refresh_token,
                 {.min = 1, .max = 256, .text = "Left out where it is in the cookie."}));
};
template <>
struct Rules<identity::CreateUserRequest> {
  static constexpr auto value =
      rules(rule(&identity::CreateUserRequest::email, {.min = 3, .max = 254}),
            rule(&identity::CreateUserRequest::name, {.min = 1, .max = 200}),
            rule(&identity::CreateUserRequest::password,
                 {.min = 10, .max = 72, .text = "At most 72 bytes of UTF-8."}));
};
template <>
struct Rules<identity::CreateKeyRequest> {
  static constexpr auto value =
      rules(rule(&identity::CreateKeyRequest::name,
                 {.min = 1, .max = 100, .text = "Shown in the list of keys."}),
            rule(&identity::CreateKeyRequest::expires_at, {.text = "Never, when it is left out."}),
            rule(&identity::CreateKeyRequest::scopes,
                 {.max = 16,
                  .values = identity::kScopeWords,
                  .optional = true,
                  .text = "What it is limited to; nothing: it may do all that its owner may."}));
};
template <>
struct Rules<identity::KeyAnswer> {
  static constexpr auto value =
      rules(rule(&identity::KeyAnswer::scopes, {.text = "Empty: no limit."}));
};
template <>
struct Rules<identity::KeyCreated> {
  static constexpr auto value =
      rules(rule(&identity::KeyCreated::key, {.text = "The key itself; it is shown only now."}));
};

}  // namespace ob::wire

namespace ob::identity {
namespace {

std::optional<Instant> to_instant(const std::optional<Micros>& time) {
  return time ? std::optional(Instant{*time}) : std::nullopt;
}

KeyAnswer to_key_answer(const ApiKey& key) {
  return {key.id,
          key.name,
          key.prefix,
          {key.created_at},
          to_instant(key.expires_at),
          to_instant(key.last_used_at),
          key.scopes.names()};
}

void register_sessions(api::Registry& registry, Identity& identity) {
  registry.add<LogoutRequest, api::Empty>(
      "POST", "/api/v1/auth/logout",
      {.operation = "logout",
       .tag = "auth",
       .summary = "End the session of a refresh token",
       .status = 204,
       .errors = {401, 403},
       .anonymous = true},
      [&identity](api::Context& context, const LogoutRequest& request) {
        identity.sign_out(refresh_token_of(context, request.refresh_token), origin_of(context));
        drop_refresh_cookie(context);
        return api::Empty{};
      });
  registry.add<api::Empty, UserAnswer>(
      "GET", "/api/v1/auth/me",
      {.operation = "me", .tag = "auth", .summary = "Who is signed in", .errors = {404}},
      [&identity](api::Context& context, const api::Empty&) {
        return to_answer(identity.me(context.caller));
      });
}

void register_keys(api::Registry& registry, Identity& identity) {
  registry.add<ListRequest, KeyList>(
      "GET", "/api/v1/keys",
      {.operation = "listKeys", .tag = "keys", .summary = "The own API keys"},
      [&identity](api::Context& context, const ListRequest& request) {
        const auto keys = identity.keys(context.caller);
        return page_of<KeyList>(keys, request, &ApiKey::id, to_key_answer);
      });
  registry.add<CreateKeyRequest, KeyCreated>(
      "POST", "/api/v1/keys",
      {.operation = "createKey",
       .tag = "keys",
       .summary = "Create an API key",
       .status = 201,
       .errors = {404, 409}},
      [&identity](api::Context& context, const CreateKeyRequest& request) {
        const auto expires =
            request.expires_at ? std::optional(request.expires_at->micros) : std::nullopt;
        const auto [key, secret] = identity.create_key(context.caller, request.name, expires,
                                                       Scopes::parse(request.scopes));
        return KeyCreated{key.id,
                          key.name,
                          key.prefix,
                          {key.created_at},
                          to_instant(key.expires_at),
                          key.scopes.names(),
                          secret};
      });
  registry.add<IdRequest, api::Empty>("DELETE", "/api/v1/keys/{id}",
                                      {.operation = "deleteKey",
                                       .tag = "keys",
                                       .summary = "Delete an API key",
                                       .status = 204,
                                       .errors = {404}},
                                      [&identity](api::Context& context, const IdRequest& request) {
                                        identity.delete_key(context.caller, request.id);
                                        return api::Empty{};
                                      });
}

void register_users(api::Registry& registry, Identity& identity) {
  registry.add<ListRequest, UserList>(
      "GET", "/api/v1/users",
      {.operation = "listUsers", .tag = "users", .summary = "All users (administrators)"},
      [&identity](api::Context& context, const ListRequest& request) {
        auto users = identity.users(context.caller);
        std::erase_if(users, &User::service);
        std::ranges::sort(users, {}, &User::id);
        return page_of<UserList>(users, request, &User::id,
                                 [](const User& user) { return to_answer(user); });
      });
  registry.add<CreateUserRequest, UserAnswer>(
      "POST", "/api/v1/users",
      {.operation = "createUser",
       .tag = "users",
       .summary = "Create a user (administrators)",
       .status = 201,
       .errors = {409, 503}},
      [&identity](api::Context& context, const CreateUserRequest& request) {
        return to_answer(
            identity.create_user(context.caller, request.email, request.name, request.password));
      });
  registry.add<IdRequest, api::Empty>("DELETE", "/api/v1/users/{id}",
                                      {.operation = "deleteUser",
                                       .tag = "users",
                                       .summary = "Delete a user (administrators)",
                                       .status = 204,
                                       .errors = {404, 409}},
                                      [&identity](api::Context& context, const IdRequest& request) {
                                        identity.delete_user(context.caller, request.id);
                                        return api::Empty{};
                                      });
}

void register_viewing(api::Registry& registry, Identity& identity) {
  registry.add<IdRequest, ViewingAnswer>(
      "POST", "/api/v1/users/{id}/view-as",
      {.operation = "viewAs",
       .tag = "users",
       .summary = "A token that sees what a user sees, and can change nothing (administrators)",
       .description = "It lives 15 minutes and no longer than the session that asked for it. The "
                      "audit log names both.",
       .errors = {404}},
      [&identity](api::Context& context, const IdRequest& request) {
        const Tokens tokens = identity.view_as(context.caller, request.id);
        context.response_headers.emplace_back("Cache-Control", "no-store");
        return ViewingAnswer{tokens.access_token, tokens.token_type, tokens.expires_in};
      });
}

}  // namespace

void register_api(api::Registry& registry, Identity& identity) {
  register_viewing(registry, identity);
  register_sessions(registry, identity);
  register_keys(registry, identity);
  register_users(registry, identity);
  register_permissions(registry, identity.permissions());
  register_groups(registry, identity.permissions());
}

}  // namespace ob::identity
