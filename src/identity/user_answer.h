#pragma once
// Wire types that several files of endpoints share.
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

struct TokensAnswer {
  std::string access_token, refresh_token, token_type;
  std::int64_t expires_in = 0;
};
BOOST_DESCRIBE_STRUCT(TokensAnswer, (), (access_token, refresh_token, token_type, expires_in))

// The tokens, with the cookie by which this device is known later.
TokensAnswer to_answer(api::Context& context, const SignedIn& signed_in);

Origin origin_of(const api::Context& context);

}  // namespace ob::identity

namespace ob::wire {

template <>
struct Rules<identity::UserAnswer> {
  static constexpr auto value =
      rules(rule(&identity::UserAnswer::verified,
                 {.text = "The email is known to be theirs: they opened a link that was sent "
                          "there, or an administrator made the account."}),
            rule(&identity::UserAnswer::disabled, {.text = "They cannot sign in."}));
};

}  // namespace ob::wire
