// Sign-in of programs by a person's approval.
#include "identity/api.h"
#include "identity/user_answer.h"

namespace ob::identity {

struct DeviceStarted {
  std::string device_code, user_code, verification_uri, verification_uri_complete;
  std::int64_t expires_in = 0, interval = 0;
};
BOOST_DESCRIBE_STRUCT(DeviceStarted, (),
                      (device_code, user_code, verification_uri, verification_uri_complete,
                       expires_in, interval))

struct DevicePoll {
  std::string device_code;
};
BOOST_DESCRIBE_STRUCT(DevicePoll, (), (device_code))

struct DeviceCode {
  std::string user_code;
};
BOOST_DESCRIBE_STRUCT(DeviceCode, (), (user_code))

struct DeviceDecision {
  std::string user_code;
  bool approve = false;
};
BOOST_DESCRIBE_STRUCT(DeviceDecision, (), (user_code, approve))

struct DeviceView {
  std::string user_agent, address;
  wire::Instant created_at;
};
BOOST_DESCRIBE_STRUCT(DeviceView, (), (user_agent, address, created_at))

}  // namespace ob::identity

namespace ob::wire {

template <>
struct Rules<identity::DeviceStarted> {
  static constexpr auto value =
      rules(rule(&identity::DeviceStarted::device_code, {.text = "The program's own secret."}),
            rule(&identity::DeviceStarted::user_code, {.text = "To be shown to the person."}),
            rule(&identity::DeviceStarted::interval,
                 {.text = "Seconds between two questions whether it was approved."}));
};
template <>
struct Rules<identity::DevicePoll> {
  static constexpr auto value =
      rules(rule(&identity::DevicePoll::device_code, {.min = 1, .max = 100}));
};
template <>
struct Rules<identity::DeviceCode> {
  static constexpr auto value =
      rules(rule(&identity::DeviceCode::user_code, {.min = 1, .max = 32}));
};
template <>
struct Rules<identity::DeviceDecision> {
  static constexpr auto value =
      rules(rule(&identity::DeviceDecision::user_code, {.min = 1, .max = 32}));
};

}  // namespace ob::wire

namespace ob::identity {

void register_device_api(api::Registry& registry, DeviceFlow& devices) {
  registry.add<api::Empty, DeviceStarted>(
      "POST", "/api/v1/auth/device",
      {.operation = "startDeviceSignIn",
       .tag = "auth",
       .summary = "Start to sign in a program through the browser (after RFC 8628)",
       .anonymous = true},
      [&devices](api::Context& context, const api::Empty&) {
        const DeviceStart made = devices.start(origin_of(context));
        context.response_headers.emplace_back("Cache-Control", "no-store");
        return DeviceStarted{made.device_code,    made.user_code,  made.page,
                             made.page_with_code, made.expires_in, made.interval};
      });
  registry.add<DevicePoll, TokensAnswer>(
      "POST", "/api/v1/auth/device/token",
      {.operation = "completeDeviceSignIn",
       .tag = "auth",
       .summary = "The program's tokens, once its code was approved",
       .description = "Until then 400 identity.authorizationPending; identity.slowDown when asked "
                      "too often, 403 identity.accessDenied when it was refused.",
       .errors = {403},
       .anonymous = true},
      [&devices](api::Context& context, const DevicePoll& request) {
        return to_answer(context, devices.poll(request.device_code, origin_of(context)));
      });
  registry.add<DeviceCode, DeviceView>(
      "POST", "/api/v1/auth/device/show",
      {.operation = "showDeviceSignIn",
       .tag = "auth",
       .summary = "Which program waits for approval with a code",
       .errors = {404}},
      [&devices](api::Context& context, const DeviceCode& request) {
        const DeviceRequest one = devices.show(context.caller, request.user_code);
        return DeviceView{one.user_agent, one.address, {one.created_at}};
      });
  registry.add<DeviceDecision, api::Empty>(
      "POST", "/api/v1/auth/device/decide",
      {.operation = "decideDeviceSignIn",
       .tag = "auth",
       .summary = "Approve or refuse the sign-in of a program",
       .description = "Approved, the program acts as the caller. Not with API keys.",
       .status = 204,
       .errors = {404}},
      [&devices](api::Context& context, const DeviceDecision& request) {
        devices.decide(context.caller, request.user_code, request.approve);
        return api::Empty{};
      });
}

}  // namespace ob::identity
