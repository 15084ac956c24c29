#include "objects/remote_call.h"

#include <cstdlib>
#include <string_view>

#include "base/error.h"

namespace ob::objects {
namespace {

thread_local const CancelToken* cancelling = nullptr;

constexpr const char* kUnknownOutcome =
    " If this was a write, it may or may not have taken effect. Try again later.";

Error settings_error(const std::string& where, const std::string& text) {
  return {400, "objects.badSettings",
          "The settings of the object store " + where + " are not right: " + text + ".", text};
}

Error to_error(native::Kind kind, const std::string& where, const std::string& what,
               const std::string& text) {
  const std::string cause = what + " in " + where + ": " + text;
  switch (kind) {
    case native::Kind::NotFound:
      return {404, "objects.notFound", "There is no such object.", cause};
    case native::Kind::NoBucket:
      return {502, "objects.noBucket",
              "The bucket of the object store " + where +
                  " does not exist; make it, or correct "
                  "the URL.",
              cause};
    case native::Kind::Changed:
      return {409, "objects.changed",
              "The object was replaced while it was being read. Read it again.", cause};
    case native::Kind::TooLarge:
      return {413, "objects.tooLarge", "The object is larger than can be read at once.", cause};
    case native::Kind::Denied:
      return {502, "objects.denied",
              "The object store " + where + " refused the access (" + text +
                  "). Check its credentials and their rights.",
              cause};
    case native::Kind::Throttled:
      return {503, "objects.throttled",
              "The object store " + where + " has too many requests." + kUnknownOutcome, cause};
    case native::Kind::Unavailable:
      return {503, "objects.unavailable",
              "The object store " + where + " does not work (" + text + ")." + kUnknownOutcome,
              cause};
    case native::Kind::Timeout:
      return {504, "objects.timeout",
              "The object store " + where + " did not answer in time." + kUnknownOutcome, cause};
    case native::Kind::Cancelled:
      return {499, "objects.cancelled", "The access to the object store was cancelled.", cause};
    case native::Kind::Invalid:
      return {502, "objects.refused",
              "The object store " + where + " did not take the request (" + text +
                  "). Check its region and endpoint.",
              cause};
    case native::Kind::Unsupported:
      return {501, "objects.unsupported",
              "The object store " + where + " cannot do this: " + text + ".", cause};
    default:
      return internal(cause);
  }
}

}  // namespace

Cancelling::Cancelling(CancelToken token) : token_(std::move(token)), outer_(cancelling) {
  cancelling = &token_;
}
Cancelling::~Cancelling() {
  cancelling = outer_;
}

CancelToken::Handle on_cancelling(std::function<void()> stop) {
  return cancelling ? cancelling->on_cancel(std::move(stop)) : nullptr;
}

BridgeCall::BridgeCall()
    : call_(std::make_shared<rust::Box<native::Call>>(native::new_call())),
      handle_(on_cancelling([call = call_] { (*call)->cancel(); })) {}

void throw_bridge_error(const rust::Error& error, const std::string& where, const std::string& what,
                        bool opening) {
  // "<number of the kind> <text>"
  const std::string_view said = error.what();
  const auto kind = static_cast<native::Kind>(std::strtol(error.what(), nullptr, 10));
  const std::string text(said.substr(std::min(said.find(' ') + 1, said.size())));
  if (opening && kind == native::Kind::Invalid) throw settings_error(where, text);
  throw to_error(kind, where, what, text);
}

rust::Str bridge_text(const std::string& text) {
  try {
    return {text.data(), text.size()};
  } catch (const std::invalid_argument&) {
    throw bad_request("objects.badKey", "The key is not UTF-8 text.");
  }
}

}  // namespace ob::objects
