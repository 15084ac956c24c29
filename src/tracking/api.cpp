#include "tracking/api.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/lru.h"
#include "tracking/scrub.h"

namespace ob::tracking {

struct PageError {
  std::string kind, message, page;
  std::optional<std::string> stack;
};
BOOST_DESCRIBE_STRUCT(PageError, (), (kind, message, page, stack))

}  // namespace ob::tracking

template <>
struct ob::wire::Rules<ob::tracking::PageError> {
  using T = tracking::PageError;
  static constexpr auto value = rules(
      rule(&T::kind, {.max = 100, .text = "The error's name: TypeError."}),
      rule(&T::message, {.max = 2000}),
      rule(&T::page, {.max = 200, .text = "The pattern of the page's address: /documents/$id."}),
      rule(&T::stack, {.max = 20'000, .text = "As the browser writes it."}));
};

namespace ob::tracking {
namespace {

constexpr double kErrors = 20;  // of one person at once, and a minute
constexpr std::size_t kPeople = 10'000;
constexpr double kMinute = 60;

// Thread-safe. A broken page in a loop must not fill the log.
class Allowances {
 public:
  bool spend(const std::string& user) {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    Left left = people_.find(user).value_or(Left{kErrors, now});
    const double passed = std::chrono::duration<double>(now - left.at).count();
    left = {std::min(kErrors, left.errors + passed * kErrors / kMinute), now};
    const bool enough = left.errors >= 1;
    if (enough) left.errors -= 1;
    people_.put(user, left, 1);
    return enough;
  }

 private:
  struct Left {
    double errors;
    std::chrono::steady_clock::time_point at;
  };
  std::mutex mutex_;
  LruCache<Left> people_{kPeople};
};

}  // namespace

void register_api(api::Registry& registry, Tracker* tracker) {
  registry.add<PageError, api::Empty>(
      "POST", "/api/v1/page-errors",
      {.operation = "reportPageError",
       .tag = "account",
       .summary = "Tell that the page failed in your browser",
       .description = "For the server's log and the administrators' error tracker; data of people "
                      "is taken out. 20 a minute.",
       .status = 204,
       .changes = false},
      [tracker, allowances = std::make_shared<Allowances>()](api::Context& ctx,
                                                             const PageError& request) {
        if (!allowances->spend(ctx.caller.user_id)) {
          throw Error(429, "tracking.tooMany",
                      "This account told of many errors in a minute; tell later ones later.");
        }
        log::warn("a page failed in a browser", {{"request_id", ctx.request_id},
                                                 {"kind", scrubbed(request.kind)},
                                                 {"page", scrubbed_route(request.page)},
                                                 {"error", scrubbed(request.message)},
                                                 {"user", ctx.caller.user_id}});
        if (tracker) {
          tracker->tell({.kind = request.kind,
                         .text = request.message,
                         .what = "a page failed in a browser",
                         .where = request.page,
                         .tags = {{"request_id", ctx.request_id}},
                         .stack = request.stack.value_or(""),
                         .page = true});
        }
        return api::Empty{};
      });
}

}  // namespace ob::tracking
