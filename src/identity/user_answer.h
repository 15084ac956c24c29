#pragma once
// Wire types that several files of endpoints share.
#include <array>

#include "api/api.h"
#include "identity/accounts.h"

namespace ob::identity {

struct UserAnswer {
  std::string id, email, name;
  bool admin = false;
  wire::Instant created_at;
  bool verified = true, disabled = false;
};
BOOST_DESCRIBE_STRUCT(UserAnswer, (), (id, email, name, admin, created_at, verified, disabled))

inline UserAnswer to_answer(const User& user) {
  return {user.id,           user.email,    user.name,    user.admin,
          {user.created_at}, user.verified, user.disabled};
}

// As scope_names(), for the rules of requests.
inline constexpr std::array<std::string_view, 16> kScopeWords{
    "sql:read",         "sql:write",         "catalog:read",    "catalog:write", "files:read",
    "files:write",      "documents:read",    "documents:write", "account:read",  "account:write",
    "permissions:read", "permissions:write", "admin:read",      "admin:write",   "admin"};

struct TokensAnswer {
  std::string access_token;
  std::optional<std::string> refresh_token;
  std::string token_type;
  std::int64_t expires_in = 0;
};
BOOST_DESCRIBE_STRUCT(TokensAnswer, (), (access_token, refresh_token, token_type, expires_in))

// The tokens, with the cookie by which this device is known later. Where the request says
// "X-Session: cookie", as the page does, the refresh token is in a cookie that no script reads.
TokensAnswer to_answer(api::Context& context, const SignedIn& signed_in);

// The refresh token that was given, else that of the cookie; throws 400 request.invalid when there
// is neither. The cookie counts only with the header, which other sites cannot send.
std::string refresh_token_of(const api::Context& context, const std::optional<std::string>& given);
void drop_refresh_cookie(api::Context& context);

Origin origin_of(const api::Context& context);

}  // namespace ob::identity

namespace ob::wire {

template <>
struct Rules<identity::TokensAnswer> {
  static constexpr auto value = rules(
      rule(&identity::TokensAnswer::refresh_token,
           {.text = "Left out where it is in a cookie: the request said X-Session: cookie."}));
};
template <>
struct Rules<identity::UserAnswer> {
  static constexpr auto value =
      rules(rule(&identity::UserAnswer::verified,
                 {.text = "The email is known to be theirs: they opened a link that was sent "
                          "there, or an administrator made the account."}),
            rule(&identity::UserAnswer::disabled, {.text = "They cannot sign in."}));
};

}  // namespace ob::wire
