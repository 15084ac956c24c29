// What people do with their own account.
#include "identity/api.h"
#include "identity/user_answer.h"

namespace ob::identity {

BOOST_DEFINE_ENUM_CLASS(RegistrationName, open, invitation, off)

struct AuthSettings {
  RegistrationName registration = RegistrationName::off;
  bool mail = false;
  std::string passkey_origin;
};
BOOST_DESCRIBE_STRUCT(AuthSettings, (), (registration, mail, passkey_origin))

struct RegisterRequest {
  std::string email, name, password;
};
BOOST_DESCRIBE_STRUCT(RegisterRequest, (), (email, name, password))

struct EmailRequest {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(EmailRequest, (), (email))

struct LinkRequest {
  std::string token;
};
BOOST_DESCRIBE_STRUCT(LinkRequest, (), (token))

struct InvitationView {
  std::string email, invited_by;
  wire::Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(InvitationView, (), (email, invited_by, expires_at))

struct AcceptRequest {
  std::string token, name, password;
};
BOOST_DESCRIBE_STRUCT(AcceptRequest, (), (token, name, password))

struct ResetRequest {
  std::string token, password;
};
BOOST_DESCRIBE_STRUCT(ResetRequest, (), (token, password))

struct PasswordRequest {
  std::string current, password;
};
BOOST_DESCRIBE_STRUCT(PasswordRequest, (), (current, password))

struct NameRequest {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(NameRequest, (), (name))

struct ChangeEmailRequest {
  std::string email, password;
};
BOOST_DESCRIBE_STRUCT(ChangeEmailRequest, (), (email, password))

struct ProofRequest {
  std::string password, code;
};
BOOST_DESCRIBE_STRUCT(ProofRequest, (), (password, code))

struct EnrolRequest {
  std::string password;
};
BOOST_DESCRIBE_STRUCT(EnrolRequest, (), (password))

struct CodeRequest {
  std::string code;
};
BOOST_DESCRIBE_STRUCT(CodeRequest, (), (code))

struct SecondFactorAnswer {
  bool enabled = false;
  std::int64_t recovery_codes = 0;
};
BOOST_DESCRIBE_STRUCT(SecondFactorAnswer, (), (enabled, recovery_codes))

struct EnrolmentAnswer {
  std::string secret, url;
};
BOOST_DESCRIBE_STRUCT(EnrolmentAnswer, (), (secret, url))

struct RecoveryCodes {
  std::vector<std::string> recovery_codes;
};
BOOST_DESCRIBE_STRUCT(RecoveryCodes, (), (recovery_codes))

}  // namespace ob::identity

namespace ob::wire {

inline constexpr Spec kEmail{.min = 3, .max = 254};
inline constexpr Spec kName{.min = 1, .max = 200};
inline constexpr Spec kFresh{.min = 10, .max = 72, .text = "At most 72 bytes of UTF-8."};
inline constexpr Spec kOwn{.min = 1, .max = 1024, .text = "The own password, once more."};
inline constexpr Spec kLink{.min = 1, .max = 100, .text = "What follows #token= in the link."};
inline constexpr Spec kCode{.min = 1, .max = 64};

template <>
struct Rules<identity::AuthSettings> {
  static constexpr auto value =
      rules(rule(&identity::AuthSettings::registration, {.text = "Who can make accounts."}),
            rule(&identity::AuthSettings::mail, {.text = "Whether the server sends letters."}),
            rule(&identity::AuthSettings::passkey_origin,
                 {.text = "Where the page must be opened for passkeys to work, such as "
                          "https://bricks.example.org; empty: they work nowhere."}));
};
template <>
struct Rules<identity::RegisterRequest> {
  static constexpr auto value = rules(rule(&identity::RegisterRequest::email, kEmail),
                                      rule(&identity::RegisterRequest::name, kName),
                                      rule(&identity::RegisterRequest::password, kFresh));
};
template <>
struct Rules<identity::EmailRequest> {
  static constexpr auto value = rules(rule(&identity::EmailRequest::email, kEmail));
};
template <>
struct Rules<identity::LinkRequest> {
  static constexpr auto value = rules(rule(&identity::LinkRequest::token, kLink));
};
template <>
struct Rules<identity::AcceptRequest> {
  static constexpr auto value = rules(rule(&identity::AcceptRequest::token, kLink),
                                      rule(&identity::AcceptRequest::name, kName),
                                      rule(&identity::AcceptRequest::password, kFresh));
};
template <>
struct Rules<identity::ResetRequest> {
  static constexpr auto value = rules(rule(&identity::ResetRequest::token, kLink),
                                      rule(&identity::ResetRequest::password, kFresh));
};
template <>
struct Rules<identity::PasswordRequest> {
  static constexpr auto value = rules(rule(&identity::PasswordRequest::current, kOwn),
                                      rule(&identity::PasswordRequest::password, kFresh));
};
template <>
struct Rules<identity::NameRequest> {
  static constexpr auto value = rules(rule(&identity::NameRequest::name, kName));
};
template <>
struct Rules<identity::ChangeEmailRequest> {
  static constexpr auto value = rules(rule(&identity::ChangeEmailRequest::email, kEmail),
                                      rule(&identity::ChangeEmailRequest::password, kOwn));
};
template <>
struct Rules<identity::ProofRequest> {
  static constexpr auto value = rules(
      rule(&identity::ProofRequest::password, kOwn),
      rule(&identity::ProofRequest::code,
           {.max = 64, .optional = true, .text = "Of the second factor, where there is one."}));
};
template <>
struct Rules<identity::EnrolRequest> {
  static constexpr auto value = rules(rule(&identity::EnrolRequest::password, kOwn));
};
template <>
struct Rules<identity::CodeRequest> {
  static constexpr auto value = rules(rule(&identity::CodeRequest::code, kCode));
};
template <>
struct Rules<identity::SecondFactorAnswer> {
  static constexpr auto value =
      rules(rule(&identity::SecondFactorAnswer::recovery_codes, {.text = "Those that are left."}));
};
template <>
struct Rules<identity::EnrolmentAnswer> {
  static constexpr auto value =
      rules(rule(&identity::EnrolmentAnswer::secret, {.text = "To be typed into the app."}),
            rule(&identity::EnrolmentAnswer::url, {.text = "To be scanned, as a QR code."}));
};
template <>
struct Rules<identity::RecoveryCodes> {
  static constexpr auto value =
      rules(rule(&identity::RecoveryCodes::recovery_codes,
                 {.text = "Each works once in place of a code. They are shown only now."}));
};

}  // namespace ob::wire

namespace ob::identity {
namespace {

constexpr const char* kSilent =
    "The answer is the same whether there is such an account or not: a letter tells.";

// A declaration without an answer beside the status.
api::Doc doc(const char* operation, const char* summary, int status, std::vector<int> errors,
             Pool* pool = nullptr) {
  return {.operation = operation,
          .tag = "auth",
          .summary = summary,
          .status = status,
          .errors = std::move(errors),
          .pool = pool};
}

api::Doc open_doc(api::Doc doc, const char* description = "") {
  doc.anonymous = true;
  doc.description = description;
  return doc;
}

void register_registration(api::Registry& registry, Accounts& accounts, Pool& slow) {
  registry.add<api::Empty, AuthSettings>(
      "GET", "/api/v1/auth/settings",
      open_doc(doc("authSettings", "How people get accounts here", 200, {})),
      [&accounts](api::Context&, const api::Empty&) {
        return AuthSettings{static_cast<RegistrationName>(accounts.registration()),
                            accounts.has_mail(), accounts.passkey_origin()};
      });
  registry.add<RegisterRequest, api::Empty>(
      "POST", "/api/v1/auth/register",
      open_doc(doc("register", "Make an account", 202, {403, 503}, &slow),
               "It works once the link in a letter was opened; where no mail server is set, at "
               "once. The answer is the same for an email that has an account."),
      [&accounts](api::Context& context, const RegisterRequest& request) {
        accounts.register_account(request.email, request.name, request.password,
                                  origin_of(context));
        return api::Empty{};
      });
  registry.add<EmailRequest, api::Empty>(
      "POST", "/api/v1/auth/resend",
      open_doc(doc("resendVerification", "Send the link that confirms an email again", 202, {503}),
               kSilent),
      [&accounts](api::Context& context, const EmailRequest& request) {
        accounts.resend(request.email, origin_of(context));
        return api::Empty{};
      });
  registry.add<LinkRequest, api::Empty>(
      "POST", "/api/v1/auth/verify",
      open_doc(doc("verifyEmail", "Confirm an email with the link of a letter", 204, {})),
      [&accounts](api::Context& context, const LinkRequest& request) {
        accounts.verify(request.token, origin_of(context));
        return api::Empty{};
      });
  registry.add<LinkRequest, InvitationView>(
      "POST", "/api/v1/auth/invitation",
      open_doc(doc("showInvitation", "Whom an invitation is for", 200, {})),
      [&accounts](api::Context&, const LinkRequest& request) {
        const Invitation one = accounts.invitation(request.token);
        return InvitationView{one.email, one.invited_by, {one.expires_at}};
      });
  registry.add<AcceptRequest, TokensAnswer>(
      "POST", "/api/v1/auth/accept",
      open_doc(doc("acceptInvitation", "Accept an invitation, and sign in", 201, {503}, &slow)),
      [&accounts](api::Context& context, const AcceptRequest& request) {
        return to_answer(context, accounts.accept(request.token, request.name, request.password,
                                                  origin_of(context)));
      });
}

void register_recovery(api::Registry& registry, Accounts& accounts, Pool& slow) {
  registry.add<EmailRequest, api::Empty>(
      "POST", "/api/v1/auth/forgot",
      open_doc(doc("forgotPassword", "Send a link that sets a new password", 202, {503}), kSilent),
      [&accounts](api::Context& context, const EmailRequest& request) {
        accounts.forgot_password(request.email, origin_of(context));
        return api::Empty{};
      });
  registry.add<ResetRequest, api::Empty>(
      "POST", "/api/v1/auth/reset",
      open_doc(
          doc("resetPassword", "Set a new password with the link of a letter", 204, {503}, &slow),
          "Ends all sessions of the account; API keys and the second factor stay."),
      [&accounts](api::Context& context, const ResetRequest& request) {
        accounts.reset_password(request.token, request.password, origin_of(context));
        return api::Empty{};
      });
}

void register_own(api::Registry& registry, Identity& identity, Accounts& accounts, Pool& slow) {
  auto password = doc("changePassword", "Change the own password", 204, {404, 409, 503}, &slow);
  password.description = "Ends all sessions of the account, this one too; API keys stay.";
  registry.add<PasswordRequest, api::Empty>(
      "POST", "/api/v1/auth/password", password,
      [&identity](api::Context& context, const PasswordRequest& request) {
        identity.change_password(context.caller, request.current, request.password);
        return api::Empty{};
      });
  registry.add<NameRequest, UserAnswer>(
      "PATCH", "/api/v1/auth/me", doc("renameMe", "Change the own name", 200, {404}),
      [&accounts](api::Context& context, const NameRequest& request) {
        return to_answer(accounts.rename(context.caller, request.name));
      });
  auto email = doc("changeEmail", "Change the own email", 202, {404, 503}, &slow);
  email.description = "It changes once the link in a letter to the new address was opened.";
  registry.add<ChangeEmailRequest, api::Empty>(
      "POST", "/api/v1/auth/email", email,
      [&accounts](api::Context& context, const ChangeEmailRequest& request) {
        accounts.change_email(context.caller, request.password, request.email);
        return api::Empty{};
      });
  registry.add<LinkRequest, api::Empty>(
      "POST", "/api/v1/auth/email/confirm",
      open_doc(doc("confirmEmail", "Confirm a change of email with the link of a letter", 204, {})),
      [&accounts](api::Context& context, const LinkRequest& request) {
        accounts.confirm_email(request.token, origin_of(context));
        return api::Empty{};
      });
  registry.add<ProofRequest, api::Empty>(
      "POST", "/api/v1/auth/delete",
      doc("deleteMe", "Delete the own account", 204, {404, 409, 503}, &slow),
      [&accounts](api::Context& context, const ProofRequest& request) {
        accounts.delete_own_account(context.caller, request.password, request.code);
        return api::Empty{};
      });
}

void register_second_factor(api::Registry& registry, Accounts& accounts, Pool& slow) {
  registry.add<api::Empty, SecondFactorAnswer>(
      "GET", "/api/v1/auth/second-factor",
      doc("secondFactor", "Whether signing in takes a second factor", 200, {}),
      [&accounts](api::Context& context, const api::Empty&) {
        const SecondFactor state = accounts.second_factor_state(context.caller);
        return SecondFactorAnswer{state.enabled, state.recovery_codes};
      });
  registry.add<EnrolRequest, EnrolmentAnswer>(
      "POST", "/api/v1/auth/second-factor/enrol",
      doc("enrolSecondFactor", "Start to turn on the second factor", 200, {404, 409, 503}, &slow),
      [&accounts](api::Context& context, const EnrolRequest& request) {
        const Enrolment made = accounts.enrol(context.caller, request.password);
        return EnrolmentAnswer{made.secret, made.url};
      });
  registry.add<CodeRequest, RecoveryCodes>(
      "POST", "/api/v1/auth/second-factor/confirm",
      doc("confirmSecondFactor", "Turn on the second factor with a first code", 200, {409}),
      [&accounts](api::Context& context, const CodeRequest& request) {
        return RecoveryCodes{accounts.confirm_enrolment(context.caller, request.code)};
      });
  registry.add<ProofRequest, api::Empty>(
      "POST", "/api/v1/auth/second-factor/disable",
      doc("disableSecondFactor", "Turn off the second factor", 204, {404, 503}, &slow),
      [&accounts](api::Context& context, const ProofRequest& request) {
        accounts.disable_second_factor(context.caller, request.password, request.code);
        return api::Empty{};
      });
}

}  // namespace

void register_account_api(api::Registry& registry, Identity& identity, Accounts& accounts,
                          Pool& slow) {
  register_session_api(registry, accounts, slow);
  register_registration(registry, accounts, slow);
  register_recovery(registry, accounts, slow);
  register_own(registry, identity, accounts, slow);
  register_second_factor(registry, accounts, slow);
  register_admin_api(registry, accounts, slow);
}

}  // namespace ob::identity
