// The person's part in the sign-in of a program; the program's is at the token endpoint.
#include "identity/api.h"

namespace ob::identity {

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
