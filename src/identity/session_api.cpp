// Signing in, and what is signed in.
#include "identity/api.h"
#include "identity/external.h"
#include "identity/user_answer.h"

namespace ob::identity {

struct LoginRequest {
  std::string email, password;
};
BOOST_DESCRIBE_STRUCT(LoginRequest, (), (email, password))

struct RefreshRequest {
  std::optional<std::string> refresh_token;
};
BOOST_DESCRIBE_STRUCT(RefreshRequest, (), (refresh_token))

struct CodeChallenge {
  std::string challenge, code;
};
BOOST_DESCRIBE_STRUCT(CodeChallenge, (), (challenge, code))

struct PasswordChallenge {
  std::string challenge, password;
};
BOOST_DESCRIBE_STRUCT(PasswordChallenge, (), (challenge, password))

struct Jwk {
  std::string kty, crv, x, y, kid, use, alg;
};
BOOST_DESCRIBE_STRUCT(Jwk, (), (kty, crv, x, y, kid, use, alg))

struct JwkSet {
  std::vector<Jwk> keys;
};
BOOST_DESCRIBE_STRUCT(JwkSet, (), (keys))

struct SessionAnswer {
  std::string id, address, user_agent;
  wire::Instant created_at, last_used_at;
  bool current = false;
  std::optional<std::string> via;
};
BOOST_DESCRIBE_STRUCT(SessionAnswer, (),
                      (id, address, user_agent, created_at, last_used_at, current, via))

struct SessionList {
  std::vector<SessionAnswer> items;
};
BOOST_DESCRIBE_STRUCT(SessionList, (), (items))

struct SessionRequest {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(SessionRequest, (), (id))

}  // namespace ob::identity

namespace ob::wire {

template <>
struct Rules<identity::LoginRequest> {
  static constexpr auto value =
      rules(rule(&identity::LoginRequest::email, {.min = 1, .max = 254}),
            rule(&identity::LoginRequest::password, {.min = 1, .max = 1024}));
};
template <>
struct Rules<identity::RefreshRequest> {
  static constexpr auto value =
      rules(rule(&identity::RefreshRequest::refresh_token,
                 {.min = 1, .max = 256, .text = "Left out where it is in the cookie."}));
};
template <>
struct Rules<identity::CodeChallenge> {
  static constexpr auto value =
      rules(rule(&identity::CodeChallenge::challenge,
                 {.min = 1, .max = 1024, .text = "That of identity.secondFactorNeeded."}),
            rule(&identity::CodeChallenge::code,
                 {.min = 1, .max = 64, .text = "Of the authenticator app, or a recovery code."}));
};
template <>
struct Rules<identity::PasswordChallenge> {
  static constexpr auto value =
      rules(rule(&identity::PasswordChallenge::challenge,
                 {.min = 1, .max = 1024, .text = "That of identity.passwordChangeNeeded."}),
            rule(&identity::PasswordChallenge::password,
                 {.min = 10, .max = 72, .text = "At most 72 bytes of UTF-8."}));
};
template <>
struct Rules<identity::SessionAnswer> {
  static constexpr auto value = rules(
      rule(&identity::SessionAnswer::address, {.text = "Where it was used last."}),
      rule(&identity::SessionAnswer::user_agent, {.text = "What the device said it is."}),
      rule(&identity::SessionAnswer::current, {.text = "The one that asks."}),
      rule(&identity::SessionAnswer::via,
           {.text = "The provider of single sign-on, or a passkey; left out after a password."}));
};

}  // namespace ob::wire

namespace ob::identity {
namespace {

constexpr std::string_view kDeviceCookie = "openbricks_device";
constexpr std::string_view kAuthPath = "; Path=/api/v1/auth; HttpOnly; Max-Age=";
constexpr std::string_view kMonth = "2592000", kHalfYear = "15552000";  // seconds

bool wants_cookie(const api::Context& context) {
  return context.request && context.request->header("x-session") == "cookie";
}

std::string refresh_cookie_name(const api::Context& context) {
  return is_secure(context) ? "__Secure-openbricks_refresh" : "openbricks_refresh";
}

void set_cookie(api::Context& context, std::string_view name, std::string_view value,
                std::string_view seconds, std::string_view same_site) {
  std::string text(name);
  text.append("=").append(value).append(kAuthPath).append(seconds);
  text.append("; SameSite=").append(same_site);
  if (is_secure(context)) text += "; Secure";
  context.response_headers.emplace_back("Set-Cookie", text);
}

void set_device_cookie(api::Context& context, const SignedIn& signed_in) {
  if (!signed_in.device.empty()) {
    set_cookie(context, kDeviceCookie, signed_in.device, kHalfYear, "Lax");
  }
  context.response_headers.emplace_back("Cache-Control", "no-store");
}

std::string cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto end = header.find(';');
    std::string_view part = header.substr(0, end);
    header = end == header.npos ? std::string_view() : header.substr(end + 1);
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
      return std::string(part.substr(name.size() + 1));
    }
  }
  return {};
}

void register_sign_in(api::Registry& registry, Accounts& accounts, Pool& slow) {
  registry.add<LoginRequest, TokensAnswer>(
      "POST", "/api/v1/auth/login",
      {.operation = "login",
       .tag = "auth",
       .summary = "Sign in with email and password",
       .description =
           "401 identity.secondFactorNeeded and 403 identity.passwordChangeNeeded carry a "
           "`challenge`, good for five minutes, to go on with at /auth/second-factor and "
           "/auth/temporary-password. A cookie marks the device, so that strangers who guess the "
           "password do not keep it from signing in again.",
       .errors = {401, 403, 503},
       .anonymous = true,
       .pool = &slow},
      [&accounts](api::Context& context, const LoginRequest& request) {
        return to_answer(context,
                         accounts.sign_in(request.email, request.password, origin_of(context)));
      });
  registry.add<CodeChallenge, TokensAnswer>(
      "POST", "/api/v1/auth/second-factor",
      {.operation = "completeSignIn",
       .tag = "auth",
       .summary = "Complete a sign-in with a second factor",
       .errors = {401, 403},
       .anonymous = true},
      [&accounts](api::Context& context, const CodeChallenge& request) {
        return to_answer(
            context, accounts.second_factor(request.challenge, request.code, origin_of(context)));
      });
  registry.add<PasswordChallenge, TokensAnswer>(
      "POST", "/api/v1/auth/temporary-password",
      {.operation = "replaceTemporaryPassword",
       .tag = "auth",
       .summary = "Complete a sign-in with an own password in place of a temporary one",
       .errors = {401, 403, 503},
       .anonymous = true,
       .pool = &slow},
      [&accounts](api::Context& context, const PasswordChallenge& request) {
        return to_answer(context, accounts.replace_password(request.challenge, request.password,
                                                            origin_of(context)));
      });
  registry.add<RefreshRequest, TokensAnswer>(
      "POST", "/api/v1/auth/refresh",
      {.operation = "refresh",
       .tag = "auth",
       .summary = "Exchange a refresh token for new tokens",
       .description = "Each refresh token works once. A second use ends the session. Browsers keep "
                      "it in a cookie that no script reads: with the header X-Session: cookie, "
                      "here and where one signs in.",
       .errors = {401, 403},
       .anonymous = true},
      [&accounts](api::Context& context, const RefreshRequest& request) {
        const std::string token = refresh_token_of(context, request.refresh_token);
        try {
          return to_answer(context, accounts.refresh(token, origin_of(context)));
        } catch (const Error&) {
          drop_refresh_cookie(context);
          throw;
        }
      });
}

}  // namespace

bool is_secure(const api::Context& context) {
  // The header only makes the caller's own cookie stricter.
  return context.request &&
         (context.request->secure || context.request->header("x-forwarded-proto") == "https");
}

std::string cookie_of(const api::Context& context, std::string_view name) {
  return context.request ? cookie(context.request->header("cookie"), name) : std::string();
}

void set_session_cookies(api::Context& context, const SignedIn& signed_in) {
  set_device_cookie(context, signed_in);
  set_cookie(context, refresh_cookie_name(context), signed_in.tokens.refresh_token, kMonth,
             "Strict");
}

Origin origin_of(const api::Context& context) {
  Origin origin{.address = context.caller.address, .request_id = context.request_id};
  if (context.request) {
    origin.user_agent = std::string(context.request->header("user-agent"));
    origin.device = cookie(context.request->header("cookie"), kDeviceCookie);
  }
  return origin;
}

TokensAnswer to_answer(api::Context& context, const SignedIn& signed_in) {
  const bool with_cookie = wants_cookie(context);
  if (with_cookie) {
    set_session_cookies(context, signed_in);
  } else {
    set_device_cookie(context, signed_in);
  }
  const Tokens& tokens = signed_in.tokens;
  TokensAnswer answer{tokens.access_token, tokens.refresh_token, tokens.token_type,
                      tokens.expires_in};
  if (with_cookie) answer.refresh_token.reset();
  return answer;
}

std::string refresh_token_of(const api::Context& context, const std::optional<std::string>& given) {
  if (given) return *given;
  if (wants_cookie(context)) {
    const std::string_view site = context.request->header("sec-fetch-site");
    if (!site.empty() && site != "same-origin") {
      throw forbidden("identity.crossSite", "Another site may not use this session.");
    }
    std::string token = cookie(context.request->header("cookie"), refresh_cookie_name(context));
    if (!token.empty() && token.size() <= 256) return token;
    throw unauthenticated("identity.badRefreshToken", "There is no session. Sign in.");
  }
  Error error(400, "request.invalid", "The request is not valid.");
  error.with_fields({{"refresh_token", "is missing"}});
  throw error;
}

void drop_refresh_cookie(api::Context& context) {
  if (wants_cookie(context)) set_cookie(context, refresh_cookie_name(context), "", "0", "Strict");
}

void register_session_api(api::Registry& registry, Accounts& accounts, Pool& slow) {
  register_sign_in(registry, accounts, slow);
  registry.add<api::Empty, JwkSet>(
      "GET", "/.well-known/jwks.json",
      {.operation = "publicKeys",
       .tag = "auth",
       .summary = "The keys that verify access tokens (RFC 7517)",
       .description = "A new key is listed a minute before it signs, an old one until its last "
                      "token has expired.",
       .anonymous = true},
      [&accounts](api::Context& context, const api::Empty&) {
        context.response_headers.emplace_back("Cache-Control", "public, max-age=30");
        JwkSet answer;
        for (auto& key : accounts.public_keys()) {
          answer.keys.push_back({key.kty, key.crv, key.x, key.y, key.kid, key.use, key.alg});
        }
        return answer;
      });
  registry.add<api::Empty, SessionList>(
      "GET", "/api/v1/auth/sessions",
      {.operation = "listSessions", .tag = "auth", .summary = "Where the own account is signed in"},
      [&accounts](api::Context& context, const api::Empty&) {
        SessionList answer;
        for (const Session& one : accounts.sessions(context.caller)) {
          answer.items.push_back({one.id,
                                  one.address,
                                  one.user_agent,
                                  {one.created_at},
                                  {one.last_used_at},
                                  one.current,
                                  one.via.empty() ? std::nullopt : std::optional(one.via)});
        }
        return answer;
      });
  registry.add<SessionRequest, api::Empty>(
      "DELETE", "/api/v1/auth/sessions/{id}",
      {.operation = "endSession",
       .tag = "auth",
       .summary = "End a session of the own account",
       .status = 204,
       .errors = {404}},
      [&accounts](api::Context& context, const SessionRequest& request) {
        accounts.end_session(context.caller, request.id);
        return api::Empty{};
      });
  registry.add<api::Empty, api::Empty>(
      "DELETE", "/api/v1/auth/sessions",
      {.operation = "endOtherSessions",
       .tag = "auth",
       .summary = "End all sessions of the own account but the one that asks",
       .status = 204},
      [&accounts](api::Context& context, const api::Empty&) {
        accounts.end_other_sessions(context.caller);
        return api::Empty{};
      });
}

}  // namespace ob::identity
