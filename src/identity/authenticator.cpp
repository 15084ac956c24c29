#include "identity/authenticator.h"

namespace ob::identity {

namespace asio = boost::asio;

namespace {

Caller with_request(Caller caller, const Caller& request) {
  caller.request_id = request.request_id;
  caller.address = request.address;
  caller.user_agent = request.user_agent;
  caller.noted = request.noted;
  return caller;
}

class AuthenticatorImpl final : public api::Authenticator {
 public:
  AuthenticatorImpl(Identity& identity, Pool& blocking, audit::Audit& audit)
      : identity_(identity), blocking_(blocking), audit_(audit) {}

  asio::awaitable<Caller> sign_in(Caller request, std::string bearer) override {
    if (bearer.empty()) co_return request;
    if (identity_.knows_offhand(bearer)) {
      try {
        co_return with_request(identity_.authenticate(bearer), request);
      } catch (const Error&) {
        // Again below, where it can be recorded.
      }
    }
    auto work = [this, &request, &bearer] { return known_or_recorded(request, bearer); };
    co_return co_await blocking_.run(std::move(work));
  }

  Caller sign_in_now(const Caller& request, const std::string& bearer) override {
    return bearer.empty() ? request : known_or_recorded(request, bearer);
  }

  Caller again(const Caller& caller, const std::string&) override {
    return caller.user_id.empty() ? caller : with_request(identity_.renewed(caller), caller);
  }

 private:
  Caller known_or_recorded(const Caller& request, const std::string& bearer) {
    try {
      return with_request(identity_.authenticate(bearer), request);
    } catch (const Error& error) {
      audit::Event event{.action = "auth.badToken"};
      event.address = request.address;
      event.user_agent = request.user_agent;
      event.request_id = request.request_id;
      event.fail(error);
      audit_.record(std::move(event));
      throw;
    }
  }

  Identity& identity_;
  Pool& blocking_;
  audit::Audit& audit_;
};

}  // namespace

std::unique_ptr<api::Authenticator> make_authenticator(Identity& identity, Pool& blocking,
                                                       audit::Audit* audit) {
  return std::make_unique<AuthenticatorImpl>(identity, blocking, audit ? *audit : audit::nowhere());
}

}  // namespace ob::identity
