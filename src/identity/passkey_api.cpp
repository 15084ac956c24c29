// Passkeys: the own ones, and signing in with them.
#include "identity/api.h"
#include "identity/user_answer.h"

namespace ob::identity {

struct PasskeyAnswer {
  std::string id, name;
  wire::Instant created_at;
  std::optional<wire::Instant> last_used_at;
  bool backed_up = false;
};
BOOST_DESCRIBE_STRUCT(PasskeyAnswer, (), (id, name, created_at, last_used_at, backed_up))

struct PasskeyList {
  std::vector<PasskeyAnswer> items;
  bool password = false;
};
BOOST_DESCRIBE_STRUCT(PasskeyList, (), (items, password))

struct PasskeyStart {
  std::string password, code;
};
BOOST_DESCRIBE_STRUCT(PasskeyStart, (), (password, code))

struct PasskeyCredential {
  std::string credential_id;
  std::vector<std::string> transports;
};
BOOST_DESCRIBE_STRUCT(PasskeyCredential, (), (credential_id, transports))

struct PasskeyCreationAnswer {
  std::string ticket, challenge, rp_id, rp_name, user_handle, user_name, display_name;
  std::vector<PasskeyCredential> exclude;
};
BOOST_DESCRIBE_STRUCT(PasskeyCreationAnswer, (),
                      (ticket, challenge, rp_id, rp_name, user_handle, user_name, display_name,
                       exclude))

struct PasskeyCreated {
  std::string ticket, name, client_data, attestation;
  std::vector<std::string> transports;
};
BOOST_DESCRIBE_STRUCT(PasskeyCreated, (), (ticket, name, client_data, attestation, transports))

struct PasskeyName {
  std::string id, name;
};
BOOST_DESCRIBE_STRUCT(PasskeyName, (), (id, name))

struct PasskeyRemoval {
  std::string id, password, code;
};
BOOST_DESCRIBE_STRUCT(PasskeyRemoval, (), (id, password, code))

struct PasskeyOwner {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(PasskeyOwner, (), (id))

struct PasskeyRequestAnswer {
  std::string ticket, challenge, rp_id;
  std::vector<PasskeyCredential> allow;
};
BOOST_DESCRIBE_STRUCT(PasskeyRequestAnswer, (), (ticket, challenge, rp_id, allow))

struct PasskeySignIn {
  std::string ticket, credential_id, client_data, authenticator_data, signature, user_handle;
};
BOOST_DESCRIBE_STRUCT(PasskeySignIn, (),
                      (ticket, credential_id, client_data, authenticator_data, signature,
                       user_handle))

struct PasskeyChallenge {
  std::string challenge;
};
BOOST_DESCRIBE_STRUCT(PasskeyChallenge, (), (challenge))

struct PasskeySecondFactor {
  std::string challenge, ticket, credential_id, client_data, authenticator_data, signature,
      user_handle;
};
BOOST_DESCRIBE_STRUCT(PasskeySecondFactor, (),
                      (challenge, ticket, credential_id, client_data, authenticator_data, signature,
                       user_handle))

}  // namespace ob::identity

namespace ob::wire {

inline constexpr Spec kPasskeyName{.min = 1, .max = 100};
inline constexpr Spec kPasskeyTicket{
    .min = 1, .max = 1024, .text = "Of the request that began it."};
inline constexpr Spec kPasskeyCredentialId{.min = 1, .max = 1400, .text = "Base64url."};
inline constexpr Spec kPasskeyClientData{
    .min = 1, .max = 8192, .text = "The bytes of clientDataJSON, base64url."};
inline constexpr Spec kPasskeyAuthenticatorData{
    .min = 1, .max = 8192, .text = "The bytes of authenticatorData, base64url."};
inline constexpr Spec kPasskeySignature{.min = 1, .max = 2048, .text = "Base64url."};
inline constexpr Spec kPasskeyUserHandle{
    .max = 128, .optional = true, .text = "Base64url; left out where the device told none."};
inline constexpr Spec kPasskeyProofPassword{
    .max = 1024, .optional = true, .text = "The own password, where the account has one."};
inline constexpr Spec kPasskeyProofCode{
    .max = 64, .optional = true, .text = "Of the second factor, where there is one."};

template <>
struct Rules<identity::PasskeyAnswer> {
  static constexpr auto value =
      rules(rule(&identity::PasskeyAnswer::backed_up,
                 {.text = "It is synced by its maker, so it does not go with the device."}));
};
template <>
struct Rules<identity::PasskeyList> {
  static constexpr auto value =
      rules(rule(&identity::PasskeyList::password,
                 {.text = "The account has a password, which changes of passkeys ask for. Others "
                          "are open for ten minutes after a sign-in."}));
};
template <>
struct Rules<identity::PasskeyStart> {
  static constexpr auto value =
      rules(rule(&identity::PasskeyStart::password, kPasskeyProofPassword),
            rule(&identity::PasskeyStart::code, kPasskeyProofCode));
};
template <>
struct Rules<identity::PasskeyCreated> {
  static constexpr auto value = rules(
      rule(&identity::PasskeyCreated::ticket, kPasskeyTicket),
      rule(&identity::PasskeyCreated::name, kPasskeyName),
      rule(&identity::PasskeyCreated::client_data, kPasskeyClientData),
      rule(&identity::PasskeyCreated::attestation,
           {.min = 1, .max = 65536, .text = "The bytes of attestationObject, base64url."}),
      rule(&identity::PasskeyCreated::transports,
           {.max = 10, .each_max = 32, .optional = true, .text = "What getTransports() gave."}));
};
template <>
struct Rules<identity::PasskeyName> {
  static constexpr auto value = rules(rule(&identity::PasskeyName::name, kPasskeyName));
};
template <>
struct Rules<identity::PasskeyRemoval> {
  static constexpr auto value =
      rules(rule(&identity::PasskeyRemoval::password, kPasskeyProofPassword),
            rule(&identity::PasskeyRemoval::code, kPasskeyProofCode));
};
template <>
struct Rules<identity::PasskeySignIn> {
  static constexpr auto value =
      rules(rule(&identity::PasskeySignIn::ticket, kPasskeyTicket),
            rule(&identity::PasskeySignIn::credential_id, kPasskeyCredentialId),
            rule(&identity::PasskeySignIn::client_data, kPasskeyClientData),
            rule(&identity::PasskeySignIn::authenticator_data, kPasskeyAuthenticatorData),
            rule(&identity::PasskeySignIn::signature, kPasskeySignature),
            rule(&identity::PasskeySignIn::user_handle, kPasskeyUserHandle));
};
template <>
struct Rules<identity::PasskeyChallenge> {
  static constexpr auto value =
      rules(rule(&identity::PasskeyChallenge::challenge,
                 {.min = 1, .max = 1024, .text = "That of identity.secondFactorNeeded."}));
};
template <>
struct Rules<identity::PasskeySecondFactor> {
  static constexpr auto value =
      rules(rule(&identity::PasskeySecondFactor::challenge,
                 {.min = 1, .max = 1024, .text = "That of identity.secondFactorNeeded."}),
            rule(&identity::PasskeySecondFactor::ticket, kPasskeyTicket),
            rule(&identity::PasskeySecondFactor::credential_id, kPasskeyCredentialId),
            rule(&identity::PasskeySecondFactor::client_data, kPasskeyClientData),
            rule(&identity::PasskeySecondFactor::authenticator_data, kPasskeyAuthenticatorData),
            rule(&identity::PasskeySecondFactor::signature, kPasskeySignature),
            rule(&identity::PasskeySecondFactor::user_handle, kPasskeyUserHandle));
};

}  // namespace ob::wire

namespace ob::identity {
namespace {

PasskeyAnswer to_answer(const Passkey& one) {
  return {one.id,
          one.name,
          {one.created_at},
          one.last_used_at ? std::optional(wire::Instant{*one.last_used_at}) : std::nullopt,
          one.backed_up};
}

std::vector<PasskeyCredential> to_answer(const std::vector<PasskeyReference>& references) {
  std::vector<PasskeyCredential> out;
  for (const auto& one : references) out.push_back({one.credential_id, one.transports});
  return out;
}

PasskeyRequestAnswer to_answer(api::Context& context, const PasskeyRequest& asked) {
  context.response_headers.emplace_back("Cache-Control", "no-store");
  return {asked.ticket, asked.challenge, asked.rp_id, to_answer(asked.allow)};
}

template <class Request>
PasskeyProof proof_of(const Request& request) {
  return {.ticket = request.ticket,
          .credential_id = request.credential_id,
          .client_data = request.client_data,
          .authenticator_data = request.authenticator_data,
          .signature = request.signature,
          .user_handle = request.user_handle};
}

api::Doc doc(const char* operation, const char* summary, int status, std::vector<int> errors,
             Pool* pool = nullptr) {
  return {.operation = operation,
          .tag = "auth",
          .summary = summary,
          .status = status,
          .errors = std::move(errors),
          .pool = pool};
}

void register_own_passkeys(api::Registry& registry, Passkeys& passkeys, Pool& slow) {
  registry.add<api::Empty, PasskeyList>(
      "GET", "/api/v1/auth/passkeys", doc("listPasskeys", "The own passkeys", 200, {}),
      [&passkeys](api::Context& context, const api::Empty&) {
        PasskeyList answer{.password = passkeys.proves_by_password(context.caller)};
        for (const auto& one : passkeys.list(context.caller)) {
          answer.items.push_back(to_answer(one));
        }
        return answer;
      });
  auto start = doc("startPasskey", "Start to add a passkey", 200, {404, 409, 503}, &slow);
  start.description =
      "What the browser needs to make one; what it made goes to POST /auth/passkeys within five "
      "minutes. Takes the password, and a code where the second factor is on. Not with API keys.";
  registry.add<PasskeyStart, PasskeyCreationAnswer>(
      "POST", "/api/v1/auth/passkeys/start", start,
      [&passkeys](api::Context& context, const PasskeyStart& request) {
        const auto made = passkeys.begin(context.caller, request.password, request.code);
        context.response_headers.emplace_back("Cache-Control", "no-store");
        return PasskeyCreationAnswer{made.ticket,       made.challenge,         made.rp_id,
                                     made.rp_name,      made.user_handle,       made.user_name,
                                     made.display_name, to_answer(made.exclude)};
      });
  registry.add<PasskeyCreated, PasskeyAnswer>(
      "POST", "/api/v1/auth/passkeys",
      doc("addPasskey", "Add a passkey that the browser made", 201, {409}),
      [&passkeys](api::Context& context, const PasskeyCreated& request) {
        return to_answer(passkeys.add(context.caller, {.ticket = request.ticket,
                                                       .name = request.name,
                                                       .client_data = request.client_data,
                                                       .attestation = request.attestation,
                                                       .transports = request.transports}));
      });
  registry.add<PasskeyName, PasskeyAnswer>(
      "PATCH", "/api/v1/auth/passkeys/{id}", doc("renamePasskey", "Rename a passkey", 200, {404}),
      [&passkeys](api::Context& context, const PasskeyName& request) {
        return to_answer(passkeys.rename(context.caller, request.id, request.name));
      });
  auto removal = doc("removePasskey", "Remove a passkey", 204, {404, 409, 503}, &slow);
  removal.description =
      "Takes the same proof as adding one. 409 identity.lastWayToSignIn where nothing else would "
      "be left to sign in with.";
  registry.add<PasskeyRemoval, api::Empty>(
      "POST", "/api/v1/auth/passkeys/{id}/remove", removal,
      [&passkeys](api::Context& context, const PasskeyRemoval& request) {
        passkeys.remove(context.caller, request.id, request.password, request.code);
        return api::Empty{};
      });
  auto all = doc("removePasskeysOf", "Remove all passkeys of a user (administrators)", 204, {404});
  all.tag = "users";
  registry.add<PasskeyOwner, api::Empty>(
      "DELETE", "/api/v1/users/{id}/passkeys", all,
      [&passkeys](api::Context& context, const PasskeyOwner& request) {
        passkeys.remove_all(context.caller, request.id);
        return api::Empty{};
      });
}

void register_passkey_sign_in(api::Registry& registry, Passkeys& passkeys) {
  auto start = doc("startPasskeySignIn", "Start to sign in with a passkey", 200, {409});
  start.description = "The challenge for the browser, good for five minutes and once.";
  start.anonymous = true;
  start.changes = false;
  registry.add<api::Empty, PasskeyRequestAnswer>(
      "POST", "/api/v1/auth/passkey-sign-in/start", start,
      [&passkeys](api::Context& context, const api::Empty&) {
        return to_answer(context, passkeys.ask());
      });
  auto finish = doc("passkeySignIn", "Sign in with a passkey", 200, {401, 403, 409});
  finish.description =
      "It stands for both factors. 401 identity.badPasskey says nothing of what is wrong; 403 as "
      "after a right password.";
  finish.anonymous = true;
  registry.add<PasskeySignIn, TokensAnswer>(
      "POST", "/api/v1/auth/passkey-sign-in", finish,
      [&passkeys](api::Context& context, const PasskeySignIn& request) {
        return to_answer(context, passkeys.sign_in(proof_of(request), origin_of(context)));
      });
  auto second = doc("startPasskeySecondFactor", "Start to use a passkey as second factor", 200,
                    {401, 404, 409});
  second.anonymous = true;
  second.changes = false;
  registry.add<PasskeyChallenge, PasskeyRequestAnswer>(
      "POST", "/api/v1/auth/passkey-second-factor/start", second,
      [&passkeys](api::Context& context, const PasskeyChallenge& request) {
        return to_answer(context, passkeys.ask_second(request.challenge));
      });
  auto complete =
      doc("passkeySecondFactor", "Complete a sign-in with a passkey", 200, {401, 403, 409});
  complete.anonymous = true;
  registry.add<PasskeySecondFactor, TokensAnswer>(
      "POST", "/api/v1/auth/passkey-second-factor", complete,
      [&passkeys](api::Context& context, const PasskeySecondFactor& request) {
        return to_answer(context, passkeys.second_factor(request.challenge, proof_of(request),
                                                         origin_of(context)));
      });
}

}  // namespace

void register_passkey_api(api::Registry& registry, Passkeys& passkeys, Pool& slow) {
  register_own_passkeys(registry, passkeys, slow);
  register_passkey_sign_in(registry, passkeys);
}

}  // namespace ob::identity
